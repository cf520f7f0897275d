"""Numbers with an infinite part: what functions are there is said apart from their formulas."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..primitives import abs_, atan2, copy_sign, eq, lt, ne, or_, select, stop_gradient
from ..tracing.array import TracedArray
from .rules import like, parts, select_complex


def is_zero(x: TracedArray) -> TracedArray:
    """Whether each element is 0.0 or -0.0."""
    return eq(x, like(x, 0.0))


def is_infinite(x: TracedArray) -> TracedArray:
    """Whether each element is infinite."""
    return eq(abs_(x), like(x, math.inf))


def is_nan(x: TracedArray) -> TracedArray:
    """Whether each element is NaN."""
    return ne(x, x)


def is_finite(x: TracedArray) -> TracedArray:
    """Whether each element is neither infinite nor NaN."""
    return lt(abs_(x), like(x, math.inf))


class Ends(NamedTuple):
    """Which numbers are infinite, and where they lie.

    Attributes:
        reached: whether a part is infinite.
        real, imag: the number's direction: 1 or -1 for an infinite part, a zero of the same sign
            for a finite one.
        finite: the number, or another one where it is infinite. Formulas are computed of these, so
            that their derivatives by an infinite number are 0 and not NaN.
    """

    reached: TracedArray
    real: TracedArray
    imag: TracedArray
    finite: TracedArray


def ends(x: TracedArray) -> Ends:
    """Takes infinite numbers apart from the others."""
    a, b = parts(x)
    p, q = stop_gradient(a), stop_gradient(b)
    reached = or_(is_infinite(p), is_infinite(q))
    # Every function that asks has derivatives at i / 2.
    finite = select_complex(reached, (like(a, 0.0), like(b, 0.5)), (a, b))
    return Ends(reached, _direction(p), _direction(q), finite)


def angle(y: TracedArray, x: TracedArray, end: Ends) -> TracedArray:
    """The angle of x + yi, or of an infinite number's direction."""
    return atan2(select(end.reached, end.imag, y), select(end.reached, end.real, x))


def _direction(x: TracedArray) -> TracedArray:
    return select(is_infinite(x), copy_sign(like(x, 1.0), x), x * 0.0)
