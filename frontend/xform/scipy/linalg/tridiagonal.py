"""Tridiagonal matrices, by the elimination of `banded` with each element of a window by itself.

Numbers that a loop carries stay in registers, where arrays of a few elements do not; it takes half
the time.
"""

from __future__ import annotations

from typing import TypeAlias

from ...numpy import ufuncs
from ...numpy.promotion import constant
from ...numpy.selection import where
from ...tracing.array import TracedArray
from ...transforms.scan import scan
from .band_matrices import band_product, padded
from .implicit import Systems

Numbers: TypeAlias = tuple[TracedArray, ...]


class Tridiagonal(Systems):
    """Matrices with one diagonal on either side of the main one, by their rows (n, 3)."""

    def multiply(self, matrix: TracedArray, x: TracedArray) -> TracedArray:
        """The product with columns."""
        return band_product(matrix, x, 1, 1)

    def factors(self, matrix: TracedArray) -> Numbers:
        """Three diagonals of the upper triangle, what was subtracted, and where rows exchanged."""
        zero = constant((), matrix.dtype, 0.0)

        def eliminate(row: Numbers, following: TracedArray) -> tuple[Numbers, Numbers]:
            on, right = row
            left, next_on, next_right = (following[i] for i in range(3))
            exchange = ufuncs.greater(ufuncs.absolute(left), ufuncs.absolute(on))
            pivot = where(exchange, left, on)
            beside = where(exchange, next_on, right)
            multiple = where(exchange, on, left) / pivot
            rest = where(exchange, right, next_on) - multiple * beside
            farther = where(exchange, next_right, zero)
            next_rest = where(exchange, zero, next_right) - multiple * farther
            return (rest, next_rest), (pivot, beside, farther, multiple, exchange)

        start = (matrix[0, 1], matrix[0, 2])
        return scan(eliminate, start, padded(matrix, 0, -1, 1))[1]  # type: ignore[no-any-return]

    def solve(self, factors: Numbers, b: TracedArray) -> TracedArray:
        """What elimination makes of the columns, then the upper triangle from its end."""
        *upper, multiples, exchanges = factors

        def eliminate(row: TracedArray, step: Numbers) -> tuple[TracedArray, TracedArray]:
            multiple, exchange, following = step
            y = where(exchange, following, row)
            return where(exchange, row, following) - multiple * y, y

        def substitute(known: Numbers, step: Numbers) -> tuple[Numbers, TracedArray]:
            pivot, beside, farther, right = step
            x = (right - beside * known[0] - farther * known[1]) / pivot
            return (x, known[0]), x

        _, y = scan(eliminate, b[0], (multiples, exchanges, padded(b, 0, -1, 1)))
        none = constant((b.shape[1],), b.dtype, 0.0)
        return scan(substitute, (none, none), (*upper, y), reverse=True)[1]  # type: ignore[no-any-return]
