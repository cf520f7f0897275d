"""What simplification makes of contractions, against NumPy: transposed, summed, and both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xform import frontend

RNG = np.random.default_rng(0)
W, X = RNG.normal(size=(3, 4, 5)), RNG.normal(size=(7, 3, 5))  # k i j, n k j
A, B = RNG.normal(size=(4, 5, 6)), RNG.normal(size=(6, 2, 5, 3))  # i j c, c p j q

CASES: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "operands in the other order": lambda w, x, a, b: np.einsum("kij,nkj->nki", w, x),
    "and no transpose left": lambda w, x, a, b: (a[:, :, 0] @ w[0].T).T,
    "last axis already last": lambda w, x, a, b: np.einsum("kij,nkj->ikn", w, x),
    "two free axes a side": lambda w, x, a, b: np.einsum("ijc,cpjq->qipj", a, b),
    "two contracted axes": lambda w, x, a, b: np.einsum("ijc,cpjq->pqi", a, b),
    "sum over the rows": lambda w, x, a, b: np.einsum("kij,nkj->nki", w, x).sum(0),
    "sum over the columns": lambda w, x, a, b: np.einsum("kij,nkj->nki", w, x).sum(2),
    "sum over both": lambda w, x, a, b: np.einsum("kij,nkj->nki", w, x).sum((0, 2)),
    "sum over the batch": lambda w, x, a, b: np.einsum("kij,nkj->nki", w, x).sum(1),
    "sum over batch and rows": lambda w, x, a, b: np.einsum("kij,nkj->nki", w, x).sum((0, 1)),
    "sum over inner axes": lambda w, x, a, b: np.tensordot(a, b, (2, 0)).sum((1, 3)),
    "sum that leaves a transpose": lambda w, x, a, b: np.tensordot(a, b, (2, 0)).T.sum((0, 3)),
    "sum of an outer product": lambda w, x, a, b: np.multiply.outer(a[:, 0, 0], x[:, 0]).sum(1),
    "used twice": lambda w, x, a, b: (lambda y: y.sum(0) + y[0])(np.einsum("kij,nkj->nki", w, x)),
}


@pytest.mark.parametrize("rows", [7, 1, 0])
def test_contractions(rows: int) -> None:
    """Also of a single row and of none, whose sum is zero."""
    inputs = (W, X[:rows], A, B)
    cases = {name: f for name, f in CASES.items() if rows or name != "used twice"}
    got = frontend.jit(lambda *xs: {name: f(*xs) for name, f in cases.items()})(*inputs)
    for name, f in cases.items():
        np.testing.assert_allclose(got[name], f(*inputs), rtol=1e-12, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_dtypes(dtype: Any) -> None:
    w, x = (np.round(8 * a).astype(dtype) for a in (W, X))

    def sums(w: Any, x: Any) -> Any:
        y = np.einsum("kij,nkj->nki", w, x)
        return y, y.sum(0, dtype=dtype)

    for got, want in zip(frontend.jit(sums)(w, x), sums(w, x), strict=True):
        assert got.dtype == want.dtype == dtype
        np.testing.assert_array_equal(got, want)
