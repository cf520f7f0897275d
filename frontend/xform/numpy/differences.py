"""Differences of neighbours along an axis, and slopes and integrals of samples."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.array import ArrayLike, Axis, TracedArray
from . import reductions, ufuncs
from .accumulation import cumsum
from .axes import normalized_axis
from .dispatch import function
from .indexing import select_along
from .joining import concatenate
from .promotion import BOOL, FLOAT64, array, fit, is_float, is_inexact, operand, result_type
from .selection import where


@function(np.diff)
def diff(
    a: ArrayLike, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None
) -> TracedArray:
    """The differences of neighbours along an axis, `n` times."""
    x = array(a)
    place = normalized_axis(axis, x.ndim, "diff")
    times = operator.index(n)
    if times < 0:
        raise XformValueError(at_user_line(f"diff: n cannot be negative, got {times}"))
    parts: list[Any] = [x]
    for extra, index in ((prepend, 0), (append, len(parts))):
        if extra is None:
            continue
        part = array(extra)
        if not part.ndim:
            row = tuple(1 if i == place else n for i, n in enumerate(x.shape))
            part = primitives.broadcast_in_dim(part, row, [])
        parts.insert(0 if index == 0 else len(parts), part)
    if len(parts) > 1:
        x = concatenate(parts, place)
    for _ in range(times):
        size = x.shape[place]
        later = select_along(x, place, 1 if size else 0, size)
        earlier = select_along(x, place, 0, size - 1 if size else 0)
        x = primitives.xor(later, earlier) if x.dtype == BOOL else primitives.sub(later, earlier)
    return x.copy() if x is a else x


def _between(values: TracedArray, axis: int, step: int) -> TracedArray:
    """The difference of each element to the one `step` before it."""
    size = values.shape[axis]
    return ufuncs.subtract(
        select_along(values, axis, step, size), select_along(values, axis, 0, size - step)
    )


def _slopes(values: TracedArray, points: TracedArray, axis: int, edge_order: int) -> TracedArray:
    """The derivative along an axis, by second differences within and one-sided ones at the ends.

    Args:
        values: the samples.
        points: 0-d, the step between all, or a vector of points.
        axis: where the samples lie.
        edge_order: of the differences at the ends.
    """

    def at(index: int) -> TracedArray:
        place = index % values.shape[axis]
        return select_along(values, axis, place, place + 1)

    def divided(index: int, step: TracedArray) -> TracedArray:
        return ufuncs.divide(ufuncs.subtract(at(index + 1), at(index)), step)

    if not points.ndim:
        inner = ufuncs.divide(_between(values, axis, 2), ufuncs.multiply(points, 2.0))
        if edge_order == 1:
            low, high = divided(0, points), divided(-2, points)
        else:
            weights = [ufuncs.divide(number, points) for number in (-1.5, 2.0, -0.5)]
            low = _weighted(weights, [at(0), at(1), at(2)])
            weights = [ufuncs.divide(number, points) for number in (0.5, -2.0, 1.5)]
            high = _weighted(weights, [at(-3), at(-2), at(-1)])
        return concatenate([low, inner, high], axis)

    steps = diff(points)
    before, after = (
        primitives.reshape(part, [part.shape[0] if i == axis else 1 for i in range(values.ndim)])
        for part in (steps[:-1], steps[1:])
    )
    size = values.shape[axis]
    both = ufuncs.add(before, after)
    inner = _weighted(
        [
            ufuncs.negative(ufuncs.divide(after, ufuncs.multiply(before, both))),
            ufuncs.divide(ufuncs.subtract(after, before), ufuncs.multiply(before, after)),
            ufuncs.divide(before, ufuncs.multiply(after, both)),
        ],
        [select_along(values, axis, i, size - 2 + i) for i in range(3)],
    )
    if edge_order == 1:
        low, high = divided(0, steps[0]), divided(-2, steps[-1])
    else:
        low = _weighted(_parabola(steps[0], steps[1]), [at(0), at(1), at(2)])
        # Backwards, each weight is negated: a negated sum of zeros would be -0.0.
        backwards = [ufuncs.negative(w) for w in _parabola(steps[-1], steps[-2])[::-1]]
        high = _weighted(backwards, [at(-3), at(-2), at(-1)])
    return concatenate([low, inner, high], axis)


def _weighted(weights: list[TracedArray], values: list[TracedArray]) -> TracedArray:
    first, second, third = map(ufuncs.multiply, weights, values)
    return ufuncs.add(ufuncs.add(first, second), third)


def _parabola(first: TracedArray, second: TracedArray) -> list[TracedArray]:
    """The weights of three points at the given steps in their parabola's slope at the first."""
    both = ufuncs.add(first, second)
    a = ufuncs.negative(
        ufuncs.divide(ufuncs.add(ufuncs.multiply(first, 2.0), second), ufuncs.multiply(first, both))
    )
    b = ufuncs.divide(both, ufuncs.multiply(first, second))
    c = ufuncs.negative(ufuncs.divide(first, ufuncs.multiply(second, both)))
    return [a, b, c]


def _spacing(points: TracedArray, given: ArrayLike) -> TracedArray:
    """Points as floats; the step between all of them where it is known to be one."""
    if not points.ndim:
        return points
    wide = array(points, FLOAT64) if points.dtype.kind in "iu" else points
    if traces.is_traced(given):
        return wide
    steps = np.diff(np.asarray(given).astype(wide.dtype))
    return array(steps[0]) if np.all(steps == steps[0]) else wide


@function(np.gradient)
def gradient(
    f: ArrayLike, *varargs: ArrayLike, axis: Axis = None, edge_order: int = 1
) -> TracedArray | tuple[TracedArray, ...]:
    """The derivative of samples along axes: central differences, one-sided ones at the ends.

    Args:
        f: floats or complex numbers; integers become float64.
        varargs: nothing for steps of 1, one step for all axes, or for each axis a step or the
            points along it.
        axis: None for all, an int or several.
        edge_order: 1 or 2, the order of the differences at the ends.

    Returns:
        One array, or a tuple of one for each of several axes.
    """
    values = array(f)
    if not is_inexact(values.dtype):
        values = array(values, FLOAT64)
    axes = (
        list(range(values.ndim))
        if axis is None
        else [
            normalized_axis(i, values.ndim, "gradient")
            for i in (axis if isinstance(axis, tuple | list) else (axis,))
        ]
    )
    if edge_order not in (1, 2):
        raise XformValueError(at_user_line(f"gradient: edge_order is 1 or 2, got {edge_order!r}"))
    if len(varargs) not in (0, 1, len(axes)):
        raise XformTypeError(
            at_user_line(f"gradient: expected 0, 1 or {len(axes)} spacings, got {len(varargs)}")
        )
    spacings = list(varargs) or [1.0]
    if len(spacings) != len(axes):
        spacings *= len(axes)
    slopes = []
    for place, spacing in zip(axes, spacings, strict=True):
        size = values.shape[place]
        if size < edge_order + 1:
            raise XformValueError(
                at_user_line(
                    f"gradient: axis {place} of shape {values.shape} needs at least "
                    f"{edge_order + 1} elements"
                )
            )
        points = array(spacing)
        if points.shape not in ((), (size,)):
            raise XformValueError(
                at_user_line(
                    f"gradient: spacing for axis {place} is a number or {size} points, "
                    f"got shape {points.shape}"
                )
            )
        spaced = _spacing(points, spacing)
        slopes.append(array(_slopes(values, spaced, place, edge_order), values.dtype))
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


@function(np.ediff1d)
def ediff1d(
    ary: ArrayLike, to_end: ArrayLike | None = None, to_begin: ArrayLike | None = None
) -> TracedArray:
    """The differences of neighbours among all elements, with others before and after them."""
    x = array(ary)
    parts = [diff(primitives.reshape(x, (x.size,)))]
    for extra, at_begin in ((to_begin, True), (to_end, False)):
        if extra is None:
            continue
        more = operand(extra)
        if not np.can_cast(more.dtype, x.dtype, casting="same_kind"):
            raise XformTypeError(
                at_user_line(f"ediff1d: {more.dtype} cannot be put among {x.dtype}")
            )
        part = fit(more, x.dtype, more.shape)
        parts.insert(0 if at_begin else len(parts), primitives.reshape(part, (part.size,)))
    return concatenate(parts) if len(parts) > 1 else parts[0]


@function(np.unwrap)
def unwrap(
    p: ArrayLike, discont: ArrayLike | None = None, axis: int = -1, *, period: ArrayLike = 2 * np.pi
) -> TracedArray:
    """Elements shifted by multiples of a period, so that neighbours differ by half of one at most.

    Args:
        p: numbers.
        discont: smaller jumps stay; half a period if not given.
        axis: the axis along which neighbours lie.
        period: the size of the steps.
    """
    x = array(p)
    place = normalized_axis(axis, x.ndim, "unwrap")
    steps = diff(x, axis=place)
    dtype = result_type(operand(steps), operand(period))
    if is_float(dtype):
        half = ufuncs.divide(period, 2)
        ambiguous: Any = True
    else:
        half = ufuncs.floor_divide(period, 2)
        ambiguous = ufuncs.equal(ufuncs.remainder(period, 2), 0)
    low = ufuncs.negative(half)
    wrapped = ufuncs.add(ufuncs.mod(ufuncs.subtract(steps, low), period), low)
    at_low = ufuncs.logical_and(ufuncs.equal(wrapped, low), ufuncs.greater(steps, 0))
    wrapped = where(ufuncs.logical_and(at_low, ambiguous), half, wrapped)
    correction = ufuncs.subtract(wrapped, steps)
    limit = half if discont is None else discont
    correction = where(ufuncs.less(ufuncs.absolute(steps), limit), 0, correction)
    first = array(select_along(x, place, 0, min(1, x.shape[place])), dtype)
    rest = select_along(array(x, dtype), place, 1, x.shape[place])
    moved = array(ufuncs.add(rest, cumsum(correction, place)), dtype)
    return concatenate([first, moved], place)


@function(np.trapezoid)
def trapezoid(
    y: ArrayLike, x: ArrayLike | None = None, dx: ArrayLike = 1.0, axis: int = -1
) -> TracedArray:
    """The integral along an axis by the trapezoidal rule."""
    values = array(y)
    place = normalized_axis(axis, values.ndim, "trapezoid")
    size = values.shape[place]
    pairs = ufuncs.add(
        select_along(values, place, 1 if size else 0, size),
        select_along(values, place, 0, size - 1 if size else 0),
    )
    if x is None:
        steps: Any = dx
    else:
        points = array(x)
        steps = diff(points, axis=0 if points.ndim == 1 else place)
        if points.ndim == 1:
            steps = primitives.broadcast_in_dim(
                steps, [n if i == place else 1 for i, n in enumerate(pairs.shape)], [place]
            )
    return reductions.sum(ufuncs.divide(ufuncs.multiply(steps, pairs), 2.0), place)


__all__ = [
    "diff",
    "ediff1d",
    "gradient",
    "trapezoid",
    "unwrap",
]
