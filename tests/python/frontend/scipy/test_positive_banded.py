"""Positive definite systems with few diagonals, against SciPy's and dense ones of torch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from batch import Batch, Case
from derivatives import Derivatives, Pair, to_torch
from scipy import linalg as scipy_linalg
from xform import frontend
from xform.errors import XformValueError
from xform.scipy import linalg

rng = np.random.default_rng(4)


def corners(diagonals: np.ndarray, lower: bool, value: float) -> np.ndarray:
    """With a value in the corners, which are outside of the matrix."""
    below, n = diagonals.shape[0] - 1, diagonals.shape[1]
    inside = np.add.outer(np.arange(below + 1), np.arange(n)) < n
    if not lower:
        inside = np.add.outer(np.arange(below + 1), np.arange(n)) >= below
    return np.where(inside, diagonals, value)


def positive(n: int, below: int, lower: bool) -> np.ndarray:
    """Diagonals of a matrix whose main one dominates, zeros in the corners."""
    diagonals = rng.normal(size=(below + 1, n))
    diagonals[0 if lower else -1] = 4.0 + 2.0 * below
    return corners(diagonals, lower, 0.0)


def dense(diagonals: np.ndarray, lower: bool) -> np.ndarray:
    below, n = diagonals.shape[0] - 1, diagonals.shape[1]
    found = np.zeros((n, n))
    for i in range(n):
        for j in range(max(i - below, 0), i + 1):
            found[i, j] = diagonals[i - j, j] if lower else diagonals[below - i + j, i]
            found[j, i] = found[i, j]
    return found


def factors_and_solutions(library: Any, ab: Any, b: Any, lower: bool) -> list[Any]:
    factor = library.cholesky_banded(ab, lower=lower)
    return [
        factor,
        library.cho_solve_banded((factor, lower), b),
        library.solveh_banded(ab, b, lower=lower),
    ]


def case(n: int, below: int, lower: bool) -> Case:
    ab = positive(n, below, lower)
    return Case(
        f"{n} with {below} beside, {'lower' if lower else 'upper'} form",
        lambda ab, b: factors_and_solutions(linalg, ab, b, lower),
        corners(ab, lower, np.nan),
        rng.normal(size=(n, 2)),
        expected=lambda _, b: factors_and_solutions(scipy_linalg, ab, b, lower),
    )


STACK = np.stack([positive(5, 2, True), positive(5, 2, True)])
DENSE = np.stack([dense(ab, True) for ab in STACK])
B, V = rng.normal(size=(5, 2)), rng.normal(size=5)
ONE = np.array([[4.0], [np.nan]])

CASES = Batch([
    *[
        case(n, below, lower)
        for n, below in ((1, 0), (4, 0), (5, 1), (6, 2), (3, 4), (9, 3))
        for lower in (True, False)
    ],
    # SciPy refuses this one.
    Case("one with one beside", lambda ab: linalg.solveh_banded(ab, np.ones(1), lower=True), ONE,
         expected=lambda ab: np.array([0.25])),
    Case("batches", lambda ab, b, v: [
        linalg.cholesky_banded(ab, lower=True),
        linalg.solveh_banded(ab, v, lower=True),
        linalg.solveh_banded(ab[:, None], np.stack([b, -b, 2 * b]), lower=True),
        linalg.cho_solve_banded((linalg.cholesky_banded(ab, lower=True), True), b),
    ], STACK, B, V, expected=lambda ab, b, v: [
        np.stack([scipy_linalg.cholesky_banded(x, lower=True) for x in ab]),
        np.linalg.solve(DENSE, v),
        np.linalg.solve(DENSE[:, None], np.stack([b, -b, 2 * b])),
        np.linalg.solve(DENSE, b),
    ]),
    Case("float32", lambda ab, b: factors_and_solutions(linalg, ab, b, True),
         STACK[0].astype(np.float32), V.astype(np.float32),
         expected=lambda ab, b: factors_and_solutions(scipy_linalg, ab, b, True)),
    Case("ints", lambda ab, b: factors_and_solutions(linalg, ab, b, True),
         np.array([[4, 5, 6], [1, 1, 0]]), np.array([1, 2, 3]),
         expected=lambda ab, b: factors_and_solutions(scipy_linalg, ab, b, True)),
    Case("nothing", lambda ab, b: [linalg.cholesky_banded(ab), linalg.solveh_banded(ab, b)],
         np.zeros((2, 0)), np.zeros((0, 3)), expected=lambda ab, b: [ab, b]),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


def test_what_is_not_positive_definite_is_nan() -> None:
    ab = np.array([[4.0, 1.0, 9.0], [2.0, 1.0, 0.0]])
    factor, x = frontend.jit(
        lambda ab: (
            linalg.cholesky_banded(ab - [[0.0, 1.0, 0.0], [0.0] * 3], lower=True),
            linalg.solveh_banded(-ab, np.ones(3), lower=True),
        )
    )(ab)
    np.testing.assert_array_equal(np.asarray(factor)[:, 0], [2.0, 1.0])
    assert np.isnan(np.asarray(factor)[:, 1]).all()
    assert np.isnan(np.asarray(x)).all()


# Derivatives -------------------------------------------------------------------------------------


def torch_dense(ab: torch.Tensor, lower: bool) -> torch.Tensor:
    """The symmetric matrix, through a basis."""
    count, n = ab.shape
    units = np.eye(count * n).reshape(count * n, count, n)
    basis = np.stack([dense(unit, lower) for unit in units])
    return torch.einsum("k,kij->ij", ab.reshape(-1), to_torch(basis))


def torch_banded(factor: torch.Tensor, count: int) -> torch.Tensor:
    """Lower form of a lower triangle."""
    n = factor.shape[0]
    padded = torch.nn.functional.pad(factor, (0, 0, 0, count))
    return torch.stack([torch.stack([padded[j + i, j] for j in range(n)]) for i in range(count)])


def solve_pair(lower: bool) -> Pair:
    return Pair(
        lambda ab, b: linalg.solveh_banded(ab, b, lower=lower),
        lambda ab, b: torch.linalg.inv(torch_dense(ab, lower)) @ b,
        (positive(5, 2, lower), B),
    )


DERIVATIVES = Derivatives({
    "solveh_banded": solve_pair(True),
    "solveh_banded, upper form": solve_pair(False),
    "cholesky_banded": Pair(
        lambda ab: linalg.cholesky_banded(ab, lower=True),
        lambda ab: torch_banded(torch.linalg.cholesky(torch_dense(ab, True)), 3),
        (positive(4, 2, True),), True),
    "cho_solve_banded": Pair(
        lambda ab, b: linalg.cho_solve_banded((linalg.cholesky_banded(ab), False), b),
        lambda ab, b: torch.linalg.inv(torch_dense(ab, False)) @ b,
        (positive(5, 1, False), B)),
})  # fmt: skip


@pytest.mark.parametrize("name", DERIVATIVES.pairs)
def test_derivatives(name: str) -> None:
    DERIVATIVES.check(name)


def test_vmap() -> None:
    def gradient(ab: Any, b: Any) -> Any:
        return frontend.grad(lambda ab: (linalg.solveh_banded(ab, b, lower=True) ** 2).sum())(ab)

    factors, solutions, rows, one = frontend.jit(
        lambda ab, b: (
            frontend.vmap(lambda ab: linalg.cholesky_banded(ab, lower=True), 1)(ab.swapaxes(0, 1)),
            frontend.vmap(lambda b: linalg.solveh_banded(ab[0], b, lower=True), 1)(b),
            frontend.vmap(gradient, (0, None))(ab, b[:, 0]),
            gradient(ab[1], b[:, 0]),
        )
    )(STACK, B)
    wanted = [scipy_linalg.cholesky_banded(x, lower=True) for x in STACK]
    np.testing.assert_allclose(np.asarray(factors), wanted, atol=1e-14)
    np.testing.assert_allclose(np.asarray(solutions), np.linalg.solve(DENSE[0], B).T, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(rows)[1], np.asarray(one), rtol=1e-12, atol=1e-14)


MISTAKES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "a vector": (lambda ab: linalg.cholesky_banded(ab[0]), ("cholesky_banded", "(5,)")),
    "rows": (lambda ab: linalg.solveh_banded(ab, V[:3]), ("solveh_banded", "5 rows", "(3,)")),
    "no diagonal": (lambda ab: linalg.cho_solve_banded((ab[:0], True), V),
                    ("cho_solve_banded", "at least one diagonal", "(0, 5)")),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, parts = MISTAKES[name]
    with pytest.raises(XformValueError) as caught:
        frontend.jit(function).lower(STACK[0])
    for part in (*parts, "test_positive_banded.py"):
        assert part in str(caught.value)
