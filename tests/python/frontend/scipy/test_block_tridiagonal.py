"""Block tridiagonal systems, against dense ones of NumPy's and torch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from batch import Batch, Case
from derivatives import Derivatives, Pair
from xform import frontend
from xform.errors import XformValueError
from xform.scipy import linalg

rng = np.random.default_rng(5)

Blocks = tuple[Any, Any, Any]


def blocks(n: int, k: int, *batch: int) -> Blocks:
    return (
        rng.normal(size=(*batch, n - 1, k, k)),
        rng.normal(size=(*batch, n, k, k)),
        rng.normal(size=(*batch, n - 1, k, k)),
    )


def dense(lower: Any, diagonal: Any, upper: Any, n: Any = np) -> Any:
    """The whole matrix, by NumPy or torch."""
    count, zero = len(diagonal), 0 * diagonal[0]
    beside = {-1: lower, 1: upper}

    def block(i: int, j: int) -> Any:
        return diagonal[i] if i == j else beside[j - i][min(i, j)] if abs(i - j) == 1 else zero

    rows = [n.concatenate([block(i, j) for j in range(count)], 1) for i in range(count)]
    return n.concatenate(rows, 0)


def by_dense(lower: Any, diagonal: Any, upper: Any, b: Any) -> np.ndarray:
    """The solution of one system, by NumPy."""
    columns = b.reshape(b.shape[0] * b.shape[1], -1)
    return np.linalg.solve(dense(lower, diagonal, upper), columns).reshape(b.shape)


ZERO_FIRST = blocks(4, 2)
ZERO_FIRST[1][0] = 0.0
STACK = blocks(3, 2, 2)
B = rng.normal(size=(3, 2, 2))

CASES = Batch([
    *[
        Case(f"{n} blocks of {k}", linalg.solve_block_tridiagonal, *blocks(n, k),
             rng.normal(size=(n, k, 2)), expected=by_dense, rtol=1e-9, atol=1e-10)
        for n, k in ((1, 1), (1, 3), (2, 1), (5, 3), (7, 1))
    ],
    Case("a singular first block", linalg.solve_block_tridiagonal, *ZERO_FIRST,
         rng.normal(size=(4, 2)), expected=by_dense, rtol=1e-9),
    Case("batches", lambda w, d, u, b: [
        linalg.solve_block_tridiagonal(w, d, u, b),
        linalg.solve_block_tridiagonal(w, d, u, b[..., 0]),
        linalg.solve_block_tridiagonal(w[0], d[:, None], u[0], np.stack([b, -b, 2 * b])),
    ], *STACK, B, expected=lambda w, d, u, b: [
        np.stack([by_dense(*x, b) for x in zip(w, d, u, strict=True)]),
        np.stack([by_dense(*x, b[..., 0]) for x in zip(w, d, u, strict=True)]),
        np.stack([[by_dense(w[0], x, u[0], y) for y in (b, -b, 2 * b)] for x in d]),
    ], rtol=1e-9, atol=1e-10),
    Case("float32", linalg.solve_block_tridiagonal,
         *(x[0].astype(np.float32) for x in STACK), B.astype(np.float32),
         expected=by_dense, rtol=1e-3, atol=1e-3),
    Case("ints", linalg.solve_block_tridiagonal, np.full((1, 1, 1), 1), np.full((2, 1, 1), 2),
         np.full((1, 1, 1), 1), np.array([[4], [5]]),
         expected=lambda w, d, u, b: np.array([[1.0], [2.0]])),
    Case("nothing", lambda w, d, b: [linalg.solve_block_tridiagonal(w, d[:0], w, b[:0]),
                                     linalg.solve_block_tridiagonal(w, d, w, b[:, :, None])],
         np.zeros((0, 0, 0)), np.zeros((1, 0, 0)), np.zeros((1, 0)),
         expected=lambda w, d, b: [b[:0], b[:, :, None]]),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


def test_a_singular_matrix_is_not_solved() -> None:
    lower, diagonal, upper = (0 * x[0] for x in STACK)
    x = frontend.jit(linalg.solve_block_tridiagonal)(lower, diagonal, upper, B)
    assert not np.isfinite(np.asarray(x)).any()


# Derivatives -------------------------------------------------------------------------------------


def by_torch(
    lower: torch.Tensor, diagonal: torch.Tensor, upper: torch.Tensor, b: torch.Tensor
) -> torch.Tensor:
    # torch.linalg.solve loses a term where its forward derivative is differentiated.
    inverse = torch.linalg.inv(dense(lower, diagonal, upper, torch))
    return (inverse @ b.reshape(b.shape[0] * b.shape[1], -1)).reshape(b.shape)


def solve_pair(n: int, k: int, twice: bool = False) -> Pair:
    args = (*blocks(n, k), rng.normal(size=(n, k, 2)))
    return Pair(linalg.solve_block_tridiagonal, by_torch, args, twice, 1e-8)


DERIVATIVES = Derivatives({
    "3 blocks of 2": solve_pair(3, 2, True),
    "2 blocks of 1": solve_pair(2, 1),
    "a vector": Pair(
        lambda d, b: linalg.solve_block_tridiagonal(STACK[0][0], d, STACK[2][0], b),
        lambda d, b: by_torch(*map(torch.from_numpy, (STACK[0][0],)), d,
                              torch.from_numpy(STACK[2][0]), b),
        (STACK[1][0], B[..., 0])),
})  # fmt: skip


@pytest.mark.parametrize("name", DERIVATIVES.pairs)
def test_derivatives(name: str) -> None:
    DERIVATIVES.check(name)


def test_vmap() -> None:
    def gradient(d: Any, b: Any) -> Any:
        x = linalg.solve_block_tridiagonal
        return frontend.grad(lambda d: (x(STACK[0][0], d, STACK[2][0], b) ** 2).sum())(d)

    solved, rows, one = frontend.jit(
        lambda w, d, u, b: (
            frontend.vmap(linalg.solve_block_tridiagonal, (0, 0, 0, 2))(w, d, u, b),
            frontend.vmap(gradient, (0, None))(d, b),
            gradient(d[1], b),
        )
    )(*STACK, B)
    for x, *system, b in zip(np.asarray(solved), *STACK, np.moveaxis(B, 2, 0), strict=True):
        np.testing.assert_allclose(x, by_dense(*system, b), rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(np.asarray(rows)[1], np.asarray(one), rtol=1e-9, atol=1e-10)


def test_concrete_arrays() -> None:
    system = [x[0] for x in STACK]
    got = linalg.solve_block_tridiagonal(*system, B)
    np.testing.assert_allclose(np.asarray(got), by_dense(*system, B), rtol=1e-9, atol=1e-10)


MISTAKES: dict[str, Any] = {
    "too many below": lambda w, d, u: linalg.solve_block_tridiagonal(d, d, u, B),
    "too many above": lambda w, d, u: linalg.solve_block_tridiagonal(w, d, d, B),
    "not square": lambda w, d, u: linalg.solve_block_tridiagonal(w, d[..., :1], u, B),
    "no blocks": lambda w, d, u: linalg.solve_block_tridiagonal(w, d[0, 0], u, B),
    "right-hand side": lambda w, d, u: linalg.solve_block_tridiagonal(w, d, u, B[:2]),
    "0-d": lambda w, d, u: linalg.solve_block_tridiagonal(w, d, u, 1.0),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    with pytest.raises(XformValueError) as caught:
        frontend.jit(MISTAKES[name]).lower(*STACK)
    for part in ("solve_block_tridiagonal: expected", "(n, k)", "test_block_tridiagonal.py"):
        assert part in str(caught.value)
