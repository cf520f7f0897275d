"""Positive definite matrices with few diagonals: Cholesky factors, and systems solved by them.

Of the diagonals those on and below the main one are given, or those on and above it; the others
follow from symmetry (G. Golub and C. Van Loan, "Matrix Computations", section 4.3.5).
"""

from __future__ import annotations

import numpy as np

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...numpy import joining, manipulation, ufuncs
from ...numpy.arguments import explained
from ...numpy.dispatch import extension
from ...numpy.linalg.matrices import floating, require_real
from ...numpy.selection import where
from ...tracing.array import ArrayLike, TracedArray
from ...transforms.scan import scan
from .band_matrices import band_product, by_rows, first_window, padded, skewed
from .banded import solve_upper
from .batches import on_batches, over_batch
from .implicit import Systems, solution


class PositiveBanded(Systems):
    """Symmetric positive definite matrices, by the lower form of their diagonals."""

    def multiply(self, matrix: TracedArray, x: TracedArray) -> TracedArray:
        """The product with columns, of both triangles."""
        below = matrix.shape[0] - 1
        lower = by_rows(matrix, below, 0)
        strictly_upper = padded(manipulation.transpose(matrix), 1, -1, 0)
        shifted = padded(x, 0, -1, 1)
        product = band_product(lower, x, below, 0)
        if not below:
            return product
        return product + band_product(strictly_upper, shifted, 0, below - 1)

    def factors(self, matrix: TracedArray) -> TracedArray:
        """The lower form of the Cholesky factor."""
        return factor(matrix)

    def solve(self, factors: TracedArray, b: TracedArray) -> TracedArray:
        """Both triangular solutions."""
        return solve_factored(factors, b)


def factor(lower: TracedArray) -> TracedArray:
    """The lower form of the Cholesky factor of a matrix in lower form; NaN if there is none."""
    below = lower.shape[0] - 1
    rows = by_rows(lower, below, 0)

    def eliminate(window: TracedArray, row: TracedArray) -> tuple[TracedArray, TracedArray]:
        column = window[:, 0] / ufuncs.sqrt(window[0, 0])
        rest = window[1:, 1:] - column[1:, None] * column[1:]
        return joining.concatenate([padded(rest, 1, 0, 1), row[None]]), column

    coming = padded(rows, 0, -below - 1, below + 1)
    return manipulation.transpose(scan(eliminate, first_window(rows, below), coming)[1])


def solve_factored(factors: TracedArray, b: TracedArray) -> TracedArray:
    """The columns x with l l^T x = b, of l in lower form."""
    below = factors.shape[0] - 1
    columns = manipulation.transpose(factors)

    def substitute(
        window: TracedArray, step: tuple[TracedArray, TracedArray]
    ) -> tuple[TracedArray, TracedArray]:
        column, right = step
        y = window[0] / column[0]
        rest = window[1:] - column[1:, None] * y
        return joining.concatenate([rest, right[None]]), y

    first = padded(b, 0, 0, below + 1 - b.shape[0])
    _, y = scan(substitute, first, (columns, padded(b, 0, -below - 1, below + 1)))
    return solve_upper(columns, y, below)


def in_lower_form(diagonals: TracedArray, lower: bool) -> TracedArray:
    """The lower form of diagonals, zeros in the corners, whichever form they have."""
    below, n = diagonals.shape[0] - 1, diagonals.shape[1]
    if lower:
        return where(np.add.outer(np.arange(below + 1), np.arange(n)) < n, diagonals, 0.0)
    return skewed(padded(primitives.reverse(diagonals, [0]), 1, 0, below))


def in_upper_form(lower: TracedArray) -> TracedArray:
    """The upper form of diagonals in lower form."""
    return skewed(padded(primitives.reverse(lower, [0]), 1, lower.shape[0] - 1, 0))


def _require_diagonals(ab: TracedArray, name: str) -> None:
    if ab.ndim < 2 or not ab.shape[-2]:
        raise XformValueError(
            at_user_line(
                f"{name}: expected at least one diagonal in the rows of ab, got shape {ab.shape}"
            )
        )


@extension("scipy.linalg")
def cholesky_banded(
    ab: ArrayLike, overwrite_ab: bool = False, lower: bool = False, check_finite: bool = True
) -> TracedArray:
    """The Cholesky factors of positive definite matrices with few diagonals.

    Args:
        ab: the diagonals (..., u + 1, n) on and above the main one, a[i, j] at (u + i - j, j); or
            those on and below it, a[i, j] at (i - j, j). Corners outside of the matrix are not
            read.
        overwrite_ab, check_finite: without effect.
        lower: whether `ab` has the lower ones.

    Returns:
        The diagonals (..., u + 1, n) of the upper factor u with u^T u = a, or of the lower one l
        with l l^T = a, in the form of `ab`, with zeros in the corners; NaN where a matrix is not
        positive definite.

    Raises:
        XformValueError: there is no diagonal.

    >>> cholesky_banded(np.array([[4.0, 5.0], [2.0, 0.0]]), lower=True).numpy()
    array([[2., 2.],
           [1., 0.]])
    """
    matrix = floating(ab)
    require_real("cholesky_banded", matrix)
    _require_diagonals(matrix, "cholesky_banded")
    if not matrix.size:
        return matrix.copy()

    def one(diagonals: TracedArray) -> TracedArray:
        found = factor(in_lower_form(diagonals, lower))
        return found if lower else in_upper_form(found)

    return over_batch(one, (matrix, 2))


@extension("scipy.linalg", arrays=2)
def _cho_solve_banded(cb: ArrayLike, b: ArrayLike, *, lower: bool) -> TracedArray:
    def solved(factors: TracedArray, rhs: TracedArray) -> TracedArray:
        return solve_factored(in_lower_form(factors, lower), rhs)

    return on_batches(cb, b, solved, "cho_solve_banded")


@explained
def cho_solve_banded(
    cb_and_lower: tuple[ArrayLike, bool],
    b: ArrayLike,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> TracedArray:
    """The solution x of a x = b, given the Cholesky factor of a.

    Args:
        cb_and_lower: what `cholesky_banded(ab, lower=lower)` returned, and `lower`.
        b: a vector (n,) or matrices (..., n, m); the axes before broadcast.
        overwrite_b, check_finite: without effect.

    Returns:
        x, (..., n) or (..., n, m), in the common floating dtype.

    Raises:
        XformValueError: the shapes do not fit.

    >>> factor = np.array([[2.0, 2.0], [1.0, 0.0]])
    >>> cho_solve_banded((factor, True), np.array([6.0, 7.0])).numpy()
    array([1., 1.])
    """
    cb, lower = cb_and_lower
    return _cho_solve_banded(cb, b, lower=bool(lower))


@extension("scipy.linalg", arrays=2)
def solveh_banded(
    ab: ArrayLike,
    b: ArrayLike,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    lower: bool = False,
    check_finite: bool = True,
) -> TracedArray:
    """The solution x of a x = b for symmetric positive definite matrices with few diagonals.

    The derivative is that of the solution, for symmetric changes of a: an element of `ab` beside
    the main diagonal stands for two of a.

    Args:
        ab: the diagonals (..., u + 1, n), as for `cholesky_banded`.
        b: a vector (n,) or matrices (..., n, m); the axes before broadcast.
        overwrite_ab, overwrite_b, check_finite: without effect.
        lower: whether `ab` has the lower diagonals.

    Returns:
        x, (..., n) or (..., n, m), in the common floating dtype; NaN where a matrix is not
        positive definite.

    Raises:
        XformValueError: the shapes do not fit.

    >>> solveh_banded(np.array([[4.0, 5.0], [2.0, 0.0]]), np.array([6.0, 7.0]), lower=True).numpy()
    array([1., 1.])
    """

    def solved(diagonals: TracedArray, rhs: TracedArray) -> TracedArray:
        return solution(PositiveBanded(), in_lower_form(diagonals, lower), rhs)

    return on_batches(ab, b, solved, "solveh_banded")


__all__ = ["cho_solve_banded", "cholesky_banded", "solveh_banded"]
