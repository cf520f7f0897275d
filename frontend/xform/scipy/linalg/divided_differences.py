"""Divided differences of functions, also where points are equal or nearly so.

Of equal points they are derivatives, of distinct ones quotients, and of close ones the quotients
lose digits, as the values that they are made of are rounded. By Hermite and Genocchi a difference
of order k is the mean of the k-th derivative over the simplex of its points, over k!. A rule for
this mean, exact for polynomials of second degree, is taken wherever it agrees with the quotient up
to the rounding in that. Where the derivative is as good as constant it need not agree that well, as
a function's values may be rounded more than can be known (those of 1 - exp(-x) for small x).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np

from ...numpy import ufuncs
from ...numpy.promotion import constant
from ...numpy.selection import where
from ...tracing.array import TracedArray
from ...transforms.jvp import jvp

# A function of each element by itself.
Elementwise: TypeAlias = Callable[[TracedArray], TracedArray]

# How many roundings a value of the function may be off, and how many times more if need be.
_ROUNDINGS: Final = 8.0
_MORE: Final = 1024.0


def divided_difference(
    f: Elementwise, points: Sequence[TracedArray], least: TracedArray
) -> TracedArray:
    """The divided difference f[x0, ..., xk] for each k + 1 points.

    Args:
        f: the function.
        points: arrays of one shape and dtype, of which no element is less than the same one of the
            array before.
        least: a distance, of no axes, up to which points count as equal.
    """
    derivatives = [f]
    for _ in points[1:]:
        derivatives.append(_slope(derivatives[-1]))
    return _difference(derivatives, points, least)[0]


def _slope(f: Elementwise) -> Elementwise:
    def slope(x: TracedArray) -> TracedArray:
        tangent: TracedArray = jvp(f, (x,), (constant(x.shape, x.dtype, 1),))[1]
        return tangent

    return slope


def _difference(
    derivatives: Sequence[Elementwise], points: Sequence[TracedArray], least: TracedArray
) -> tuple[TracedArray, TracedArray]:
    """The difference, and how much it may be off."""
    order = len(points) - 1
    eps = _ROUNDINGS * float(np.finfo(points[0].dtype).eps)
    if not order:
        value = derivatives[0](points[0])
        return value, ufuncs.absolute(value) * eps
    above, above_error = _difference(derivatives, points[1:], least)
    below, below_error = _difference(derivatives, points[:-1], least)
    distance = points[-1] - points[0]
    is_equal = distance <= least
    distance = where(is_equal, 1.0, distance)
    quotient = (above - below) / distance
    error = (above_error + below_error) / distance
    smooth, spread = (x / math.factorial(order) for x in _mean(derivatives[order], points))
    apart = ufuncs.absolute(smooth - quotient)
    is_steady = (spread <= error) & (apart <= error * _MORE)
    is_smooth = is_equal | is_steady | (apart <= error)
    value = where(is_smooth, smooth, quotient)
    return value, where(is_smooth, ufuncs.absolute(value) * eps, error)


def _mean(f: Elementwise, points: Sequence[TracedArray]) -> tuple[TracedArray, TracedArray]:
    """The mean over the simplex of some points, and how far values there are from one another.

    By the values at the points and at their centre.
    """
    count = len(points)
    corners = sum((f(x) for x in points[1:]), f(points[0])) / count
    centre = f(sum(points[1:], points[0]) / count)
    return (centre * count + corners) / (count + 1), ufuncs.absolute(centre - corners)


__all__ = ["Elementwise", "divided_difference"]
