"""Systems with few diagonals: values against SciPy's, derivatives against dense ones of torch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from batch import Batch, Case
from derivatives import Derivatives, Pair, to_torch
from scipy import linalg as scipy_linalg
from xform import frontend
from xform.errors import XformTypeError, XformValueError
from xform.scipy import linalg

rng = np.random.default_rng(3)


def places(n: int, below: int, above: int) -> np.ndarray:
    """Which element (k, l) of the diagonals is at (i, j): ones of shape (w, n, n, n)."""
    found = np.zeros((below + above + 1, n, n, n))
    for i in range(n):
        for j in range(max(i - below, 0), min(i + above + 1, n)):
            found[above + i - j, j, i, j] = 1.0
    return found


def dense(ab: np.ndarray, below: int, above: int) -> np.ndarray:
    return np.einsum("rk,rkij->ij", np.nan_to_num(ab), places(ab.shape[-1], below, above))


def diagonals(n: int, below: int, above: int) -> np.ndarray:
    """Random ones, NaN in the corners that must not be read; rows have to be exchanged."""
    ab = rng.normal(size=(below + above + 1, n))
    inside = places(n, below, above).sum((2, 3)) > 0
    return np.where(inside, ab, np.nan)


SIZES = [(1, 0, 0), (1, 1, 1), (2, 1, 1), (3, 4, 3), (5, 1, 2), (6, 2, 0), (6, 0, 2), (4, 0, 0),
         (9, 3, 2), (12, 1, 1)]  # fmt: skip
# Each row has one element, beside the diagonal: the solution exchanges neighbours.
FLIPPED = np.zeros((3, 4))
FLIPPED[0, 1::2] = FLIPPED[2, ::2] = [2.0, 4.0]
STACK = np.stack([diagonals(5, 1, 2), diagonals(5, 1, 2)])
B, V = rng.normal(size=(5, 2)), rng.normal(size=5)
INTS = np.array([[0, 1, 1], [4, 5, 6], [1, 1, 0]])


def every_right_hand_side(solve: Any, stack: Any, b: Any, v: Any, stacked: Any) -> list[Any]:
    """Vectors, matrices, a batch of either, and both batches broadcast."""
    return [
        solve(stack[0], v),
        solve(stack[0], b),
        solve(stack, v),
        solve(stack, b),
        solve(stack[0], stacked(b)),
        solve(stack[:, None], stacked(b)),
    ]


def by_dense(ab: Any, b: Any) -> np.ndarray:
    flat = ab.reshape(-1, *ab.shape[-2:])
    matrices = np.stack([dense(x, 1, 2) for x in flat]).reshape(*ab.shape[:-2], 5, 5)
    return np.linalg.solve(matrices, b)


def stacked(b: Any) -> Any:
    return np.stack([b, 2 * b, -b])


CASES = Batch([
    *[
        Case(f"{n} with {below} below and {above} above",
             lambda ab, b, below=below, above=above: linalg.solve_banded((below, above), ab, b),
             diagonals(n, below, above), rng.normal(size=(n, 2)), rtol=1e-9,
             expected=lambda ab, b, below=below, above=above:
             np.linalg.solve(dense(ab, below, above), b))
        for n, below, above in SIZES
    ],
    Case("zeros on the diagonal", lambda ab, b: [
        linalg.solve_banded((1, 1), ab, b),
        linalg.solve_banded((1, 2), np.stack([0 * ab[0], *ab]), b),
    ], FLIPPED, np.array([2.0, 4.0, 8.0, 12.0]), expected=lambda ab, b: [
        np.array([2.0, 1.0, 3.0, 2.0])] * 2),
    Case("batches", lambda ab, b, v: every_right_hand_side(
        lambda ab, b: linalg.solve_banded((1, 2), ab, b), ab, b, v, stacked), STACK, B, V,
         expected=lambda ab, b, v: every_right_hand_side(by_dense, ab, b, v, stacked), rtol=1e-10),
    Case("float32", lambda ab, b: linalg.solve_banded((1, 1), ab, b),
         INTS.astype(np.float32), B[:3].astype(np.float32),
         expected=lambda ab, b: scipy_linalg.solve_banded((1, 1), ab, b)),
    Case("ints", lambda ab, b: linalg.solve_banded((1, 1), ab, b), INTS, np.array([1, 2, 3]),
         expected=lambda ab, b: scipy_linalg.solve_banded((1, 1), ab, b)),
    Case("nothing", lambda ab, b: linalg.solve_banded((1, 1), ab, b),
         np.zeros((3, 0)), np.zeros(0), expected=lambda ab, b: np.zeros(0)),
    Case("no right-hand side", lambda a, b: linalg.solve_banded((1, 1), a, b),
         np.ones((2, 3, 4)), np.zeros((4, 0)), expected=lambda a, b: np.zeros((2, 4, 0))),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


def test_a_singular_matrix_is_not_solved() -> None:
    ab = np.array([[0.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    results = frontend.jit(
        lambda ab: [
            linalg.solve_banded((1, 1), ab, np.ones(3)),
            linalg.solve_banded((1, 1), 0 * ab, np.ones(3)),
        ]
    )(ab)
    for x in map(np.asarray, results):
        assert not np.isfinite(x).all()


# Derivatives -------------------------------------------------------------------------------------


def by_torch(below: int, above: int) -> Any:
    def solve(ab: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        basis = to_torch(places(ab.shape[-1], below, above))
        # torch.linalg.solve loses a term where its forward derivative is differentiated.
        return torch.linalg.inv(torch.einsum("...rk,rkij->...ij", ab, basis)) @ b

    return solve


def pair(n: int, below: int, above: int, *batch: int, twice: bool = False) -> Pair:
    ab = np.nan_to_num(rng.normal(size=(*batch, below + above + 1, n)))
    return Pair(
        lambda ab, b: linalg.solve_banded((below, above), ab, b),
        by_torch(below, above),
        (ab, rng.normal(size=(n, 2))),
        twice,
        1e-8,
    )


DERIVATIVES = Derivatives({
    "two below, one above": pair(6, 2, 1, twice=True),
    "one below": pair(4, 1, 0),
    "one above": pair(4, 0, 1),
    "one diagonal": pair(3, 0, 0),
    "wider than the matrix": pair(2, 2, 2),
    "batch": pair(5, 1, 1, 3),
})  # fmt: skip


@pytest.mark.parametrize("name", DERIVATIVES.pairs)
def test_derivatives(name: str) -> None:
    DERIVATIVES.check(name)


def test_vmap() -> None:
    """Over matrices, over right-hand sides, over both, and of a gradient."""
    ab, b = np.nan_to_num(STACK), np.stack([B, -B])

    def solve(ab: Any, b: Any) -> Any:
        return linalg.solve_banded((1, 2), ab, b)

    gradient = frontend.grad(lambda ab, b: (solve(ab, b) ** 2).sum())
    got = frontend.jit(
        lambda ab, b: [
            frontend.vmap(solve)(ab, b),
            frontend.vmap(solve, (None, 2))(ab[0], np.moveaxis(b, 0, 2)),
            frontend.vmap(solve, (1, None), 1)(np.moveaxis(ab, 0, 1), b[0]),
            frontend.vmap(gradient)(ab, b),
            gradient(ab[1], b[1]),
        ]
    )(ab, b)
    both, sides, matrices, gradients, one = map(np.asarray, got)
    np.testing.assert_allclose(both, by_dense(ab, b), rtol=1e-10)
    np.testing.assert_allclose(sides, by_dense(ab[[0, 0]], b), rtol=1e-10)
    np.testing.assert_allclose(matrices.swapaxes(0, 1), by_dense(ab, b[[0, 0]]), rtol=1e-10)
    np.testing.assert_allclose(gradients[1], one, rtol=1e-10, atol=1e-12)


# On concrete arrays, and mistakes ----------------------------------------------------------------


def test_concrete_arrays() -> None:
    got = linalg.solve_banded((1, 2), STACK[0], V, overwrite_b=True, check_finite=False)
    np.testing.assert_allclose(np.asarray(got), by_dense(STACK[0], V), rtol=1e-10)


MISTAKES: dict[str, tuple[Any, type[Exception], tuple[str, ...]]] = {
    "rows": (lambda ab: linalg.solve_banded((1, 1), ab, V), XformValueError,
             ("solve_banded", "3 diagonals", "(4, 5)")),
    "right-hand side": (lambda ab: linalg.solve_banded((1, 2), ab, V[:3]), XformValueError,
                        ("5 rows", "(3,)")),
    "0-d": (lambda ab: linalg.solve_banded((1, 2), ab, 1.0), XformValueError, ("shape ()",)),
    "a vector": (lambda ab: linalg.solve_banded((1, 2), ab[0], V), XformValueError, ("(5,)",)),
    "negative": (lambda ab: linalg.solve_banded((-1, 2), ab, V), XformValueError,
                 ("solve_banded", "-1 diagonals")),
    "no int": (lambda ab: linalg.solve_banded((1.0, 2), ab, V), XformTypeError, ("float",)),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, kind, parts = MISTAKES[name]
    with pytest.raises(kind) as caught:
        frontend.jit(function).lower(STACK[0])
    for part in (*parts, "test_banded.py"):
        assert part in str(caught.value)
