"""Solutions, inverses and determinants of matrices of every kind, against NumPy's and SciPy's."""

from __future__ import annotations

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

rng = np.random.default_rng(9)

A = rng.normal(size=(5, 5))
S = A + A.T
P = A @ A.T + 5 * np.eye(5)
B, V = rng.normal(size=(5, 2)), rng.normal(size=5)
STACK = rng.normal(size=(2, 5, 5))
LOWER = np.tri(5, dtype=bool)
TRIDIAGONAL = LOWER & ~np.tri(5, k=-2, dtype=bool) | (LOWER & ~np.tri(5, k=-2, dtype=bool)).T

# Of each name the matrix, the elements that are read, and `lower`.
KINDS: dict[str, tuple[Any, np.ndarray, bool]] = {
    "general": (A, np.ones((5, 5), bool), False),
    "gen": (A, np.ones((5, 5), bool), False),
    "banded": (A, np.ones((5, 5), bool), False),
    "diagonal": (np.diag(V), np.eye(5, dtype=bool), False),
    "tridiagonal": (np.where(TRIDIAGONAL, A, 0.0), TRIDIAGONAL, False),
    "upper triangular": (np.triu(A), LOWER.T, False),
    "lower triangular": (np.tril(A), LOWER, False),
    "symmetric": (S, LOWER.T, False),
    "sym": (S, LOWER, True),
    "hermitian": (S, LOWER, True),
    "her": (S, LOWER.T, False),
    "positive definite": (P, LOWER.T, False),
    "pos": (P, LOWER, True),
}
# Names of a kind that is among the others.
OTHER_NAMES = ("gen", "banded", "hermitian", "her")


def case(kind: str) -> Case:
    matrix, read, lower = KINDS[kind]

    def run(a: Any, b: Any, v: Any) -> list[Any]:
        options = {"assume_a": kind, "lower": lower}
        if kind in OTHER_NAMES:
            return [linalg.solve(a, b, **options)]
        return [
            linalg.solve(a, b, **options),
            linalg.solve(a, v, transposed=True, **options),
            linalg.solve(np.stack([a, 2 * a]), b, **options),
            linalg.solve(np.stack([a, 2 * a])[:, None], np.stack([b, -b, 3 * b]), **options),
            linalg.inv(a, **options),
        ]

    def expected(_: Any, b: Any, v: Any) -> list[Any]:
        solve, both = np.linalg.solve, np.stack([matrix, 2 * matrix])
        if kind in OTHER_NAMES:
            return [solve(matrix, b)]
        return [
            solve(matrix, b),
            solve(matrix.T, v),
            solve(both, b),
            solve(both[:, None], np.stack([b, -b, 3 * b])),
            np.linalg.inv(matrix),
        ]

    poisoned = np.where(read, matrix, np.nan)
    return Case(kind, run, poisoned, B, V, expected=expected, rtol=1e-10, atol=1e-11)


CASES = Batch([
    *map(case, KINDS),
    Case("of which nothing is said", lambda a, b: [linalg.solve(a, b), linalg.inv(a),
                                                   linalg.det(a)], STACK, B, rtol=1e-10,
         expected=lambda a, b: [np.linalg.solve(a, b), np.linalg.inv(a), np.linalg.det(a)]),
    *[
        Case(f"small {kind} of size {n}", lambda a, kind=kind: [
            linalg.solve(a, a[:, :1], assume_a=kind), linalg.inv(a, assume_a=kind)],
             np.diag(np.arange(2.0, 2 + n)),
             expected=lambda a: [np.linalg.solve(a, a[:, :1]), np.linalg.inv(a)])
        for n in (1, 2) for kind in ("tridiagonal", "sym", "pos", "gen")
    ],
    Case("nothing", lambda a, b: [
        linalg.solve(a, b, assume_a=kind) for kind in ("tridiagonal", "sym", "pos", "gen")],
         np.zeros((0, 0)), np.zeros((0, 2)), expected=lambda a, b: [b] * 4),
    Case("float32", lambda a, b: [linalg.solve(a, b), linalg.solve(a, b, assume_a="tridiagonal")],
         np.where(TRIDIAGONAL, P, 0).astype(np.float32), B.astype(np.float32), rtol=1e-4,
         expected=lambda a, b: [np.linalg.solve(a, b)] * 2),
    Case("ints", lambda a: [linalg.solve(a, a[0]), linalg.inv(a), linalg.det(a)],
         np.array([[4, 2], [2, 2]]),
         expected=lambda a: [scipy_linalg.solve(a, a[0]), scipy_linalg.inv(a), np.linalg.det(a)]),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


def test_a_singular_matrix_is_not_solved() -> None:
    ones = np.ones((4, 4))
    results = frontend.jit(
        lambda a: [linalg.inv(a), *(linalg.solve(a, a[0], assume_a=kind)
                                    for kind in ("gen", "sym", "pos", "tridiagonal"))]
    )(0 * ones)  # fmt: skip
    assert all(not np.isfinite(np.asarray(x)).all() for x in results)


def tridiagonal(a: torch.Tensor) -> torch.Tensor:
    return torch.triu(torch.tril(a, 1), -1)


def symmetric(a: torch.Tensor) -> torch.Tensor:
    return torch.triu(a) + torch.triu(a, 1).mT


DERIVATIVES = Derivatives({
    "symmetric": Pair(lambda a, b: linalg.solve(a, b, assume_a="sym"),
                      lambda a, b: torch.linalg.inv(symmetric(a)) @ b, (A, B)),
    "tridiagonal": Pair(lambda a, b: linalg.solve(a, b, assume_a="tridiagonal"),
                        lambda a, b: torch.linalg.inv(tridiagonal(a)) @ b, (A, B)),
    "transposed": Pair(lambda a, b: linalg.solve(a, b, transposed=True),
                       lambda a, b: torch.linalg.inv(a).mT @ b, (A, B)),
    "inv and det": Pair(lambda a: (linalg.inv(a), linalg.det(a)),
                        lambda a: (torch.linalg.inv(a), torch.linalg.det(a)), (A,)),
})  # fmt: skip


@pytest.mark.parametrize("name", DERIVATIVES.pairs)
def test_derivatives(name: str) -> None:
    DERIVATIVES.check(name)


def test_concrete_arrays() -> None:
    got = linalg.solve(A, V, overwrite_a=True, overwrite_b=True, check_finite=False)
    np.testing.assert_allclose(np.asarray(got), np.linalg.solve(A, V), rtol=1e-11)


MISTAKES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "kind": (lambda a: linalg.solve(a, V, assume_a="square"), ("solve", "'square'", "'sym'")),
    "no name": (lambda a: linalg.inv(a, assume_a=1), ("inv", "assume_a 1")),
    "rows": (lambda a: linalg.solve(a, V[:3]), ("5 rows", "(3,)")),
    "not square": (lambda a: linalg.det(a[:3]), ("det", "(3, 5)")),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, parts = MISTAKES[name]
    with pytest.raises(XformValueError) as caught:
        frontend.jit(function).lower(A)
    for part in (*parts, "test_systems.py"):
        assert part in str(caught.value)
