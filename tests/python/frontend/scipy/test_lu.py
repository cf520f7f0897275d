"""Triangular factors with exchanged rows: values against SciPy's, derivatives against torch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from batch import Batch, Case
from derivatives import Derivatives, Pair
from scipy import linalg as scipy_linalg
from xform import frontend
from xform.errors import XformTypeError, XformValueError
from xform.scipy import linalg

rng = np.random.default_rng(7)

A = rng.normal(size=(4, 4))
B, V = rng.normal(size=(4, 2)), rng.normal(size=4)
STACK = rng.normal(size=(2, 3, 4, 4))


def every_form(library: Any, a: Any) -> list[Any]:
    return [
        library.lu(a),
        library.lu(a, permute_l=True),
        library.lu(a, p_indices=True),
        library.lu_factor(a),
    ]


def every_solution(library: Any, a: Any, b: Any, v: Any) -> list[Any]:
    """Of both systems, by all names; each library has its own factors."""
    factors = library.lu_factor(a)
    return [library.lu_solve(factors, b, trans) for trans in (0, "N", 1, "T", 2, "C")
            if library is linalg or not isinstance(trans, str)] + [
        library.lu_solve(factors, v), library.lu_solve(factors, v, 1)]  # fmt: skip


def solutions(a: np.ndarray, b: np.ndarray, v: np.ndarray) -> list[np.ndarray]:
    solve, transposed = np.linalg.solve, a.swapaxes(-1, -2)
    both = [solve(a, b), solve(transposed, b)]
    return [both[i] for i in (0, 0, 1, 1, 1, 1)] + [solve(a, v), solve(transposed, v)]


CASES = Batch([
    *[Case(f"factors of {m} x {n}", lambda a: every_form(linalg, a), rng.normal(size=(m, n)),
           expected=lambda a: every_form(scipy_linalg, a))
      for m, n in ((4, 4), (5, 3), (3, 5), (2, 1), (0, 3))],
    Case("factors of a batch", lambda a: every_form(linalg, a), STACK,
         expected=lambda a: every_form(scipy_linalg, a)),
    Case("factors of float32", lambda a: every_form(linalg, a), A.astype(np.float32),
         expected=lambda a: every_form(scipy_linalg, a)),
    Case("factors of ints", lambda a: every_form(linalg, a), np.array([[1, 2], [3, 4]]),
         expected=lambda a: every_form(scipy_linalg, a)),
    Case("factors of a singular matrix", lambda a: linalg.lu(a), np.ones((3, 3)),
         expected=scipy_linalg.lu),
    Case("systems", lambda a, b, v: every_solution(linalg, a, b, v), A, B, V, expected=solutions,
         rtol=1e-12),
    Case("systems of a batch", lambda a, b, v: every_solution(linalg, a, b, v), STACK, B, V,
         expected=solutions, rtol=1e-11, atol=1e-12),
    Case("one matrix, a batch of systems", lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b), A,
         STACK, expected=np.linalg.solve, rtol=1e-12),
    Case("systems of float32", lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b),
         A.astype(np.float32), B.astype(np.float32), expected=np.linalg.solve, rtol=1e-4),
    Case("SciPy's pivots", lambda f, p, b: linalg.lu_solve((f, p), b),
         *scipy_linalg.lu_factor(A), B, expected=lambda f, p, b: np.linalg.solve(A, b),
         rtol=1e-12),
    Case("nothing", lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b), np.zeros((0, 0)),
         np.zeros((0, 2)), expected=lambda a, b: b),
    Case("one", lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b), np.array([[2.0]]),
         np.array([3.0]), expected=lambda a, b: np.array([1.5])),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


def by_torch(a: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return torch.linalg.lu(a)[1:]


DERIVATIVES = Derivatives({
    "lu": Pair(lambda a: linalg.lu(a)[1:], by_torch, (A,)),
    "tall lu": Pair(lambda a: linalg.lu(a)[1:], by_torch, (rng.normal(size=(4, 2)),)),
    "lu, l permuted": Pair(lambda a: linalg.lu(a, permute_l=True)[0],
                           lambda a: torch.linalg.lu(a)[0] @ torch.linalg.lu(a)[1], (A,)),
    "systems": Pair(lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b),
                    lambda a, b: torch.linalg.inv(a) @ b, (A, B), True),
    "transposed systems": Pair(lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b, 1),
                               lambda a, b: torch.linalg.inv(a).mT @ b, (A, B)),
})  # fmt: skip


@pytest.mark.parametrize("name", DERIVATIVES.pairs)
def test_derivatives(name: str) -> None:
    DERIVATIVES.check(name)


def test_vmap() -> None:
    def solve(a: Any, b: Any) -> Any:
        return linalg.lu_solve(linalg.lu_factor(a), b)

    factors = linalg.lu_factor(A)
    got = frontend.jit(
        lambda a, b, f: (
            frontend.vmap(frontend.vmap(solve, (0, None)), (0, None))(a, b),
            frontend.vmap(lambda b: linalg.lu_solve(f, b), 1, 1)(b),
        )
    )(STACK, B, factors)
    np.testing.assert_allclose(np.asarray(got[0]), np.linalg.solve(STACK, B), rtol=1e-11)
    np.testing.assert_allclose(np.asarray(got[1]), np.linalg.solve(A, B), rtol=1e-12)


def test_concrete_arrays() -> None:
    factors, pivots = linalg.lu_factor(A)
    wanted = scipy_linalg.lu_factor(A)
    np.testing.assert_allclose(np.asarray(factors), wanted[0], rtol=1e-12)
    np.testing.assert_array_equal(np.asarray(pivots), wanted[1])
    got = linalg.lu_solve((factors, pivots), V, overwrite_b=True)
    np.testing.assert_allclose(np.asarray(got), np.linalg.solve(A, V), rtol=1e-12)


PIVOTS = np.arange(4)
MISTAKES: dict[str, tuple[Any, type[Exception], tuple[str, ...]]] = {
    "a vector": (lambda a: linalg.lu(a[0]), XformValueError, ("lu: expected matrices", "(4,)")),
    "not square": (lambda a: linalg.lu_solve((a[:3], PIVOTS[:3]), V), XformValueError,
                   ("lu_solve", "(3, 4)")),
    "pivots": (lambda a: linalg.lu_solve((a, PIVOTS[:3]), V), XformValueError, ("(3,)",)),
    "floats": (lambda a: linalg.lu_solve((a, V), V), XformTypeError, ("integer", "float64")),
    "right-hand side": (lambda a: linalg.lu_solve((a, PIVOTS), V[:3]), XformValueError,
                        ("4 rows", "(3,)")),
    "trans": (lambda a: linalg.lu_solve((a, PIVOTS), V, "H"), XformValueError, ("'H'", "'T'")),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, kind, parts = MISTAKES[name]
    with pytest.raises(kind) as caught:
        frontend.jit(function).lower(A)
    for part in (*parts, "test_lu.py"):
        assert part in str(caught.value)
