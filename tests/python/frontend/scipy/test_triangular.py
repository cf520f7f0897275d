"""Triangular and Cholesky systems under SciPy's names, against SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from batch import Batch, Case
from scipy import linalg as scipy_linalg
from xform import frontend
from xform.errors import XformValueError
from xform.scipy import linalg

rng = np.random.default_rng(8)

L = np.tril(rng.normal(size=(4, 4))) + 3 * np.eye(4)
U = L.T.copy()
X = rng.normal(size=(2, 4, 4))
STACK = X @ X.swapaxes(-1, -2) + 4 * np.eye(4)
S = STACK[0]
B, V = rng.normal(size=(4, 2)), rng.normal(size=4)


def poisoned(x: np.ndarray, lower: bool) -> np.ndarray:
    """With NaN in the triangle that must not be read."""
    keep = np.tri(len(x), dtype=bool)
    return np.where(keep if lower else keep.T, x, np.nan)


def factored(library: Any, a: Any, b: Any, lower: bool) -> list[Any]:
    factor = library.cho_factor(a, lower)
    return [
        library.cholesky(a, lower),
        library.cho_solve(factor, b),
        library.cho_solve(factor, b[..., 0], overwrite_b=True),
    ]


CASES = Batch([
    *[
        Case(f"solve_triangular, trans {trans!r}, lower {lower}, unit {unit}",
             lambda a, b, trans=trans, lower=lower, unit=unit:
             linalg.solve_triangular(a, b, trans, lower, unit),
             poisoned(L if lower else U, lower), B,
             expected=lambda a, b, trans=trans, lower=lower, unit=unit:
             scipy_linalg.solve_triangular(L if lower else U, b, trans, lower, unit))
        for trans, lower, unit in ((0, True, False), ("N", False, True), (1, False, False),
                                   ("T", True, False), (2, True, True), ("C", False, False))
    ],
    Case("solve_triangular of a vector", linalg.solve_triangular, U, V,
         expected=scipy_linalg.solve_triangular),
    *[
        Case(f"Cholesky, lower {lower}", lambda a, b, lower=lower: factored(linalg, a, b, lower),
             poisoned(S, lower), B,
             expected=lambda a, b, lower=lower: factored(scipy_linalg, S, b, lower))
        for lower in (True, False)
    ],
    Case("the factor for cho_solve", lambda a: linalg.cho_factor(a, lower=True)[0], S,
         expected=np.linalg.cholesky),
    Case("Cholesky of a batch", lambda a, b: factored(linalg, a, b, False)[:2], STACK, B,
         expected=lambda a, b: [np.linalg.cholesky(a).swapaxes(-1, -2), np.linalg.solve(a, b)]),
    Case("Cholesky of ints", lambda a: [linalg.cholesky(a), linalg.cho_factor(a)[0]],
         np.array([[4, 2], [2, 2]]), expected=lambda a: [scipy_linalg.cholesky(a)] * 2),
    Case("float32", lambda a, b: factored(linalg, a, b, True), S.astype(np.float32),
         B.astype(np.float32), expected=lambda a, b: factored(scipy_linalg, a, b, True)),
    Case("nothing", lambda a, b: factored(linalg, a, b, True)[:2], np.zeros((0, 0)),
         np.zeros((0, 3)), expected=lambda a, b: [a, b]),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


def test_the_flag_of_a_factor_is_known() -> None:
    assert linalg.cho_factor(S)[1] is False
    assert linalg.cho_factor(S, lower=1)[1] is True


def test_what_cannot_be_solved() -> None:
    results = frontend.jit(
        lambda: [linalg.cholesky(-S), linalg.solve_triangular(0 * L, V, lower=True)]
    )()
    assert all(not np.isfinite(np.asarray(x)).all() for x in results)


MISTAKES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "trans": (lambda a: linalg.solve_triangular(a, V, 3), ("solve_triangular", "trans 3", "'C'")),
    "a list": (lambda a: linalg.solve_triangular(a, V, ["N"]), ("trans ['N']",)),
    "rows": (lambda a: linalg.cho_solve((a, True), V[:3]), ("cho_solve", "4 rows", "(3,)")),
    "not square": (lambda a: linalg.cho_factor(a[:3]), ("cho_factor", "(3, 4)")),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, parts = MISTAKES[name]
    with pytest.raises(XformValueError) as caught:
        frontend.jit(function).lower(L)
    for part in (*parts, "test_triangular.py"):
        assert part in str(caught.value)
