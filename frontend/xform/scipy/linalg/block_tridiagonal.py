"""Systems of blocks, each of which is coupled to the one before it and the one after.

Two rows of blocks are factored at a time, the second of which reaches the next column. All rows
that a column reaches are among the two, so exchanging rows within them is the partial pivoting of
the whole matrix, and every regular matrix is solved (G. Golub and C. Van Loan, "Matrix
Computations", sections 3.4 and 4.5).
"""

from __future__ import annotations

from typing import TypeAlias

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...numpy import contraction, joining
from ...numpy.dispatch import extension
from ...numpy.elements import take
from ...numpy.linalg.matrices import common
from ...numpy.promotion import broadcast_shapes, constant
from ...tracing.array import ArrayLike, TracedArray
from ...transforms.scan import scan
from .band_matrices import padded
from .batches import over_batch
from .implicit import Systems, solution

# The blocks below the diagonal, on it and above it.
Blocks: TypeAlias = tuple[TracedArray, TracedArray, TracedArray]


class BlockTridiagonal(Systems):
    """Matrices of n x n blocks (k, k): n - 1 below the diagonal, n on it, n - 1 above."""

    def multiply(self, matrix: Blocks, x: TracedArray) -> TracedArray:
        """The product with columns (n, k, m)."""
        lower, diagonal, upper = matrix
        product = contraction.matmul(diagonal, x)
        product = product + padded(contraction.matmul(lower, x[:-1]), 0, 1, 0)
        return product + padded(contraction.matmul(upper, x[1:]), 0, 0, 1)

    def factors(self, matrix: Blocks) -> Blocks:
        """Of each pair of rows its column's factors, the permutation, and what is right of them."""
        lower, diagonal, upper = matrix
        k = diagonal.shape[-1]
        none = constant((k, k), diagonal.dtype, 0.0)
        # Above the diagonal there is nothing in the last row, and there is no row after it.
        above = padded(upper, 0, 0, 1)
        coming = (padded(lower, 0, 0, 1), padded(diagonal, 0, -1, 1), padded(above, 0, -1, 1))

        def eliminate(row: TracedArray, blocks: Blocks) -> tuple[TracedArray, Blocks]:
            first = joining.concatenate([row, none], 1)
            both = joining.concatenate([first, joining.concatenate(list(blocks), 1)])
            factors, _, permutation = primitives.lu(both[:, :k])
            right = take(both[:, k:], permutation, axis=0)
            beside = primitives.triangular_solve(factors[:k], right[:k], unit_diagonal=True)
            left = right[k:] - contraction.matmul(factors[k:], beside)
            return left, (factors, permutation, beside)

        start = joining.concatenate([diagonal[0], above[0]], 1)
        return scan(eliminate, start, coming)[1]  # type: ignore[no-any-return]

    def solve(self, factors: Blocks, b: TracedArray) -> TracedArray:
        """What elimination makes of the columns (n, k, m), then the blocks from the last one on."""
        k = b.shape[1]

        def eliminate(
            row: TracedArray, step: tuple[TracedArray, ...]
        ) -> tuple[TracedArray, TracedArray]:
            factors, permutation, following = step
            both = take(joining.concatenate([row, following]), permutation, axis=0)
            y = primitives.triangular_solve(factors[:k], both[:k], unit_diagonal=True)
            return both[k:] - contraction.matmul(factors[k:], y), y

        def substitute(
            known: TracedArray, step: tuple[TracedArray, ...]
        ) -> tuple[TracedArray, TracedArray]:
            factors, beside, y = step
            rest = y - contraction.matmul(beside, known)
            x = primitives.triangular_solve(factors[:k], rest, lower=False)
            return joining.concatenate([x, known[:k]]), x

        columns, permutations, beside = factors
        _, y = scan(eliminate, b[0], (columns, permutations, padded(b, 0, -1, 1)))
        start = constant((2 * k, b.shape[2]), b.dtype, 0.0)
        return scan(substitute, start, (columns, beside, y), reverse=True)[1]  # type: ignore[no-any-return]


@extension("scipy.linalg", arrays=4)
def solve_block_tridiagonal(
    lower: ArrayLike, diagonal: ArrayLike, upper: ArrayLike, b: ArrayLike
) -> TracedArray:
    """The solution x of a x = b for block tridiagonal matrices; SciPy has no such function.

    Rows are exchanged, so any regular matrix is solved; a singular one gives infinities or NaN.
    The derivative is that of the solution.

    Args:
        lower: the blocks (..., n - 1, k, k) below the diagonal.
        diagonal: those on the diagonal, (..., n, k, k).
        upper: those above it, (..., n - 1, k, k).
        b: a vector of n parts (n, k), or matrices (..., n, k, m); the axes before broadcast.

    Returns:
        x, (..., n, k) or (..., n, k, m), in the common floating dtype.

    Raises:
        XformValueError: the shapes do not fit.

    >>> import numpy as np
    >>> one = np.ones((1, 1, 1))
    >>> solve_block_tridiagonal(one, np.array([[[2.0]], [[2.0]]]), one, np.array([[4.0], [5.0]]))
    Array([[1.],
           [2.]], shape=(2, 1), dtype=float64, device='cpu')
    """
    below, on, above, rhs = common("solve_block_tridiagonal", lower, diagonal, upper, b)
    vector = rhs.ndim == 2
    columns = rhs[..., None] if vector else rhs
    n, k = on.shape[-3:-1] if on.ndim > 2 else (0, 0)
    beside = (max(n - 1, 0), k, k)
    if (
        min(x.ndim for x in (below, on, above, columns)) < 3
        or on.shape[-1] != k
        or below.shape[-3:] != beside
        or above.shape[-3:] != beside
        or columns.shape[-3:-1] != (n, k)
    ):
        raise XformValueError(
            at_user_line(
                "solve_block_tridiagonal: expected (..., n - 1, k, k), (..., n, k, k), "
                "(..., n - 1, k, k) and (n, k) or (..., n, k, m), got shapes "
                f"{below.shape}, {on.shape}, {above.shape} and {rhs.shape}"
            )
        )
    if not on.size or not columns.size:
        batch = broadcast_shapes(*(x.shape[:-3] for x in (below, on, above, columns)))
        result = constant((*batch, *columns.shape[-3:]), columns.dtype, 0.0)
    else:
        result = over_batch(_solved, (below, 3), (on, 3), (above, 3), (columns, 3))
    return result[..., 0] if vector else result


def _solved(
    lower: TracedArray, diagonal: TracedArray, upper: TracedArray, b: TracedArray
) -> TracedArray:
    return solution(BlockTridiagonal(), (lower, diagonal, upper), b)


__all__ = ["solve_block_tridiagonal"]
