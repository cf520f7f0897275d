"""Matrices made of few elements: values and dtypes of SciPy's, derivatives against torch's."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from batch import Batch, Case
from derivatives import Derivatives, Pair
from scipy import linalg as scipy_linalg
from xform import frontend
from xform.errors import XformValueError
from xform.scipy import linalg

rng = np.random.default_rng(10)

C, R, INTS = rng.normal(size=4), rng.normal(size=3), np.array([3, 1, 2])
CS, RS = rng.normal(size=(2, 4)), rng.normal(size=(2, 3))
M = rng.normal(size=(2, 3))


def same(name: str, *args: Any, **options: Any) -> Case:
    """A call, which gives the same in both libraries."""
    given = ", ".join(str(getattr(x, "shape", x)) for x in (*args, *options.values()))

    def called(library: Any) -> Any:
        # Numbers reach the functions as they are.
        arrays = [i for i, x in enumerate(args) if isinstance(x, np.ndarray)]

        def call(*xs: Any) -> Any:
            filled = list(args)
            for i, x in zip(arrays, xs, strict=True):
                filled[i] = x
            return getattr(library, name)(*filled, **options)

        return call

    dtypes = " ".join(sorted({x.dtype.name for x in args if isinstance(x, np.ndarray)}))
    return Case(f"{name}({given}) {dtypes}", called(linalg),
                *(x for x in args if isinstance(x, np.ndarray)),
                expected=called(scipy_linalg))  # fmt: skip


def each(function: Any, *batches: np.ndarray) -> np.ndarray:
    """The results for each vector of batches that broadcast."""
    return np.stack([function(*xs) for xs in zip(*batches, strict=True)])


CASES = Batch([
    *[same(name, *args) for name in ("toeplitz", "hankel")
      for args in ((C,), (C, R), (R, C), (INTS,), (INTS, C), (np.zeros(0),), (C[:1],),
                   (C[:1].astype(np.float32),), (C.astype(np.float32), R.astype(np.float32)))],
    *[same("circulant", x) for x in (C, INTS, CS, np.zeros(0), C[:1])],
    *[same("toeplitz", *args) for args in ((CS,), (CS, RS), (CS, R))],
    *[same("convolution_matrix", C, n, mode) for mode in ("full", "same", "valid")
      for n in (1, 2, 4, 5, 7)],
    *[same("companion", x) for x in (C, INTS, CS, C[:2], C.astype(np.float32))],
    *[same("leslie", *x) for x in ((C, R), (CS, RS), (CS, R), (INTS, INTS[:2]))],
    *[same("fiedler", x) for x in (C, INTS, CS, C[:1])],
    *[same("block_diag", *x) for x in ((M, INTS, 3.0), (), (rng.normal(size=(2, 2, 2)), M),
                                       (np.zeros((0, 2)), INTS), (INTS, M.astype(np.float32)))],
    *[same("khatri_rao", *x) for x in ((M, rng.normal(size=(4, 3))), (M, INTS[None]),
                                       (rng.normal(size=(2, 2, 3)), M),
                                       (np.zeros((0, 3)), M))],
    # What SciPy says that it will do from 1.19 on.
    Case("hankel of batches", linalg.hankel, CS, RS,
         expected=lambda c, r: each(scipy_linalg.hankel, c, r)),
    Case("convolution_matrix of a batch", lambda a: linalg.convolution_matrix(a, 3, "same"), CS,
         expected=lambda a: each(lambda x: scipy_linalg.convolution_matrix(x, 3, "same"), a)),
    Case("fiedler of nothing", linalg.fiedler, np.zeros(0), expected=lambda a: a[:, None] * a),
    Case("numbers", lambda: [linalg.toeplitz(2.0), linalg.circulant(3), linalg.hankel(1.5)],
         expected=lambda: [np.array([[2.0]]), np.array([[3]]), np.array([[1.5]])]),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        CASES.check(case)


def torch_toeplitz(c: torch.Tensor, r: torch.Tensor) -> torch.Tensor:
    return torch.stack([
        torch.stack([c[i - j] if i >= j else r[j - i] for j in range(len(r))])
        for i in range(len(c))
    ])  # fmt: skip


def torch_companion(a: torch.Tensor) -> torch.Tensor:
    n = len(a) - 1
    below = torch.eye(n, dtype=a.dtype)[: n - 1]
    return torch.cat([(-a[1:] / a[0])[None], below])


DERIVATIVES = Derivatives({
    "toeplitz": Pair(linalg.toeplitz, torch_toeplitz, (C, R)),
    "companion": Pair(lambda a: linalg.companion(a), torch_companion, (C,), True),
    "block_diag": Pair(linalg.block_diag, torch.block_diag, (M, RS)),
    "khatri_rao": Pair(linalg.khatri_rao,
                       lambda a, b: (a[:, None] * b).reshape(-1, a.shape[1]), (M, RS)),
})  # fmt: skip


@pytest.mark.parametrize("name", DERIVATIVES.pairs)
def test_derivatives(name: str) -> None:
    DERIVATIVES.check(name)


def test_vmap_and_concrete_arrays() -> None:
    rows = frontend.vmap(linalg.toeplitz, (0, None))(CS, R)
    np.testing.assert_array_equal(np.asarray(rows), scipy_linalg.toeplitz(CS, R))
    blocks = frontend.vmap(lambda x: linalg.block_diag(x, M))(CS)
    wanted = np.stack([scipy_linalg.block_diag(x, M) for x in CS])
    np.testing.assert_array_equal(np.asarray(blocks), wanted)
    np.testing.assert_array_equal(
        np.asarray(linalg.block_diag(M, 2.0)), scipy_linalg.block_diag(M, 2.0)
    )


MISTAKES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "one coefficient": (lambda: linalg.companion(C[:1]), ("companion", "two", "(1,)")),
    "rates": (lambda: linalg.leslie(C, C), ("leslie", "(4,)")),
    "one age": (lambda: linalg.leslie(C[:1], C[:0]), ("leslie", "(1,)", "(0,)")),
    "columns": (lambda: linalg.khatri_rao(M, CS), ("khatri_rao", "(2, 3)", "(2, 4)")),
    "mode": (lambda: linalg.convolution_matrix(C, 2, "whole"), ("'whole'", "'full'")),
    "n": (lambda: linalg.convolution_matrix(C, 0), ("positive n", "n 0")),
    "batches": (lambda: linalg.toeplitz(CS, rng.normal(size=(3, 4))), ("toeplitz", "broadcast")),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, parts = MISTAKES[name]
    with pytest.raises(XformValueError) as caught:
        frontend.jit(function).lower()
    for part in (*parts, "test_patterned.py"):
        assert part in str(caught.value)
