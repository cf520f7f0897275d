"""Systems whose matrix has few diagonals, solved by elimination that exchanges rows.

A loop over the columns holds the rows that the column reaches, a window of 1 + l rows and
1 + l + u columns, picks the row with the largest element and subtracts it from the others. So
every regular matrix is solved, in the order of n l (l + u) multiplications (G. Golub and C. Van
Loan, "Matrix Computations", section 4.3.5).
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Any, TypeAlias

from ... import primitives
from ...errors import XformTypeError, XformValueError, at_user_line
from ...numpy import contraction, joining, reductions, ufuncs
from ...numpy.arguments import explained
from ...numpy.dispatch import extension
from ...numpy.promotion import INT32
from ...numpy.selection import where
from ...tracing.array import ArrayLike, TracedArray
from ...transforms.scan import scan
from .band_matrices import band_product, by_rows, first_window, padded
from .batches import on_batches
from .implicit import Systems, solution
from .tridiagonal import Tridiagonal

# The rows of the upper triangle, what was subtracted below each pivot, and where each pivot was;
# the first alone if nothing is below the diagonal.
Factors: TypeAlias = tuple[TracedArray, ...]


@dataclass(frozen=True)
class Banded(Systems):
    """Matrices with `below` diagonals below the main one and `above` above it, by their rows."""

    below: int
    above: int

    def multiply(self, matrix: TracedArray, x: TracedArray) -> TracedArray:
        """The product with columns."""
        return band_product(matrix, x, self.below, self.above)

    def factors(self, matrix: TracedArray) -> Factors:
        """The factors with rows exchanged, which widen the upper triangle by `below`."""
        below = self.below
        if not below:
            return (matrix,)
        coming = padded(matrix, 0, -below - 1, below + 1)

        def eliminate(
            window: TracedArray, row: TracedArray
        ) -> tuple[TracedArray, tuple[TracedArray, ...]]:
            place = primitives.argmax(ufuncs.absolute(window[:, 0]), 0, INT32)
            pivot, others = exchanged(window, place)
            multiples = others[:, 0] / pivot[0]
            rest = others[:, 1:] - multiples[:, None] * pivot[1:]
            return joining.concatenate([padded(rest, 1, 0, 1), row[None]]), (
                pivot,
                multiples,
                place,
            )

        _, factors = scan(eliminate, first_window(matrix, below), coming)
        return factors  # type: ignore[no-any-return]

    def solve(self, factors: Factors, b: TracedArray) -> TracedArray:
        """What elimination makes of the columns, then the upper triangle from its end."""
        upper, *eliminated = factors
        below, width = self.below, self.below + self.above
        if not below:
            return solve_upper(upper, b, width)

        def eliminate(
            window: TracedArray, step: tuple[TracedArray, ...]
        ) -> tuple[TracedArray, TracedArray]:
            multiple, place, row = step
            pivot, others = exchanged(window, place)
            rest = others - multiple[:, None] * pivot
            return joining.concatenate([rest, row[None]]), pivot

        coming = padded(b, 0, -below - 1, below + 1)
        first = padded(b, 0, 0, below + 1 - b.shape[0])
        _, y = scan(eliminate, first, (*eliminated, coming))
        return solve_upper(upper, y, width)


def exchanged(window: TracedArray, place: TracedArray) -> tuple[TracedArray, TracedArray]:
    """The row at a place, and the others, the first one where that row was."""
    chosen = ufuncs.equal(primitives.iota((window.shape[0], 1), INT32, 0), place)
    pivot = reductions.sum(where(chosen, window, 0.0), 0)
    return pivot, where(chosen, window[0], window)[1:]


def solve_upper(upper: TracedArray, y: TracedArray, width: int) -> TracedArray:
    """X of an upper triangle with `width` diagonals beside the main one, by rows from it on."""
    if not width:
        return y / upper

    def substitute(
        known: TracedArray, step: tuple[TracedArray, TracedArray]
    ) -> tuple[TracedArray, TracedArray]:
        row, right = step
        x = (right - contraction.matmul(row[1:], known)) / row[0]
        return joining.concatenate([x[None], known])[:width], x

    start = primitives.full((width, y.shape[1]), y.dtype, 0.0)
    return scan(substitute, start, (upper, y), reverse=True)[1]  # type: ignore[no-any-return]


def width_of(count: Any, name: str) -> int:
    """A number of diagonals.

    Raises:
        XformTypeError: it is not an int.
        XformValueError: it is negative.
    """
    try:
        found = operator.index(count)
    except TypeError:
        raise XformTypeError(
            at_user_line(f"{name}: expected numbers of diagonals, got {type(count).__name__}")
        ) from None
    if found < 0:
        raise XformValueError(at_user_line(f"{name}: {found} diagonals"))
    return found


@extension("scipy.linalg", arrays=2)
def _solve_banded(ab: ArrayLike, b: ArrayLike, *, below: int, above: int) -> TracedArray:
    def solved(diagonals: TracedArray, rhs: TracedArray) -> TracedArray:
        kind = Tridiagonal() if (below, above) == (1, 1) else Banded(below, above)
        return solution(kind, by_rows(diagonals, below, above), rhs)

    return on_batches(ab, b, solved, "solve_banded", rows=below + above + 1)


@explained
def solve_banded(
    l_and_u: tuple[int, int],
    ab: ArrayLike,
    b: ArrayLike,
    overwrite_ab: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> TracedArray:
    """The solution x of a x = b for matrices with few diagonals.

    Rows are exchanged, so any regular matrix is solved; a singular one gives infinities or NaN.
    The derivative is that of the solution.

    Args:
        l_and_u: how many diagonals there are below the main one, and above.
        ab: the diagonals (..., l + u + 1, n), with a[i, j] at (u + i - j, j); the corners that are
            outside of the matrix are not read.
        b: a vector (n,) or matrices (..., n, m); the axes before broadcast.
        overwrite_ab, overwrite_b, check_finite: without effect.

    Returns:
        x, (..., n) or (..., n, m), in the common floating dtype.

    Raises:
        XformValueError: the shapes do not fit each other or l and u.

    >>> import numpy as np
    >>> ab = np.array([[0.0, 1.0, 1.0], [2.0, 2.0, 2.0], [1.0, 1.0, 0.0]])
    >>> solve_banded((1, 1), ab, np.array([3.0, 4.0, 3.0])).numpy().round(6)
    array([1., 1., 1.])
    """
    below, above = l_and_u
    return _solve_banded(
        ab, b, below=width_of(below, "solve_banded"), above=width_of(above, "solve_banded")
    )


__all__ = ["solve_banded"]
