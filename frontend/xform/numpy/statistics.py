"""Quantiles, covariances and interpolation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import primitives, tracing
from ..array import ArrayLike, Axis, TracedArray
from ..errors import XformTypeError, XformValueError, at_user_line
from . import ufuncs, weighted_quantiles
from .axes import keeps, normalized_axes
from .dispatch import function
from .indexing import select_along
from .joining import concatenate, stack
from .ordering import searchsorted, sort
from .promotion import BOOL, FLOAT64, INT64, Shape, array, broadcast, constant, is_float
from .views import write_whole

# Quantiles -----------------------------------------------------------------------------------

# The place of a quantile q among n sorted elements is n q + a + q (1 - a - b) - 1, see Hyndman and
# Fan, "Sample Quantiles in Statistical Packages" (1996).
_CONTINUOUS: dict[str, tuple[float, float]] = {
    "linear": (1.0, 1.0),
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}


def _continuous_place(n: Any, q: Any, method: str) -> Any:
    if method == "linear":
        return (n - 1) * q
    a, b = _CONTINUOUS[method]
    return n * q + (a + q * (1 - a - b)) - 1


def _at_or_behind(place: Any, stays: Any) -> Any:
    """The element before a place where it stays there, the next one elsewhere."""
    return np.where(stays, np.floor(place), np.floor(place) + 1)


# The methods that choose elements or their midpoint, from the place (n - 1) q or the count n and q.
_CHOOSING: dict[str, Callable[[int, Any], Any]] = {
    "lower": lambda n, q: np.floor((n - 1) * q),
    "higher": lambda n, q: np.ceil((n - 1) * q),
    "nearest": lambda n, q: np.round((n - 1) * q),
    "midpoint": lambda n, q: (np.floor((n - 1) * q) + np.ceil((n - 1) * q)) / 2,
    "inverted_cdf": lambda n, q: _at_or_behind(n * q - 1, (n * q) % 1 == 0),
    "averaged_inverted_cdf": lambda n, q: np.where(
        (n * q) % 1 == 0, n * q - 0.5, np.floor(n * q - 1) + 1
    ),
    "closest_observation": lambda n, q: _at_or_behind(
        n * q - 1.5, ((n * q - 1.5) % 1 == 0) & (np.floor(n * q - 1.5) % 2 == 1)
    ),
}
_METHODS = (*_CONTINUOUS, *_CHOOSING)
_AVERAGING = (*_CONTINUOUS, "midpoint", "averaged_inverted_cdf")


def _in_one_line(
    x: TracedArray, axis: Axis, name: str
) -> tuple[TracedArray, tuple[int, ...], tuple[int, ...]]:
    """The array with the chosen axes as its last one, these axes, and the shape of the others."""
    axes = normalized_axes(axis, x.ndim, name)
    others = tuple(i for i in range(x.ndim) if i not in axes)
    kept = tuple(x.shape[i] for i in others)
    moved = primitives.transpose(x, (*others, *axes))
    return primitives.reshape(moved, (*kept, math.prod(x.shape[i] for i in axes))), axes, kept


def _element(ordered: TracedArray, index: int) -> TracedArray:
    """The element at a place along the last axis."""
    last = ordered.ndim - 1
    place = min(max(index, 0), ordered.shape[last] - 1)
    return primitives.reshape(select_along(ordered, last, place, place + 1), ordered.shape[:last])


def _between(low: TracedArray, high: TracedArray, weight: float) -> TracedArray:
    """Low at 0, high at 1; from the nearer end, so that both ends are exact."""
    step = ufuncs.subtract(high, low)
    if weight >= 0.5:
        return ufuncs.subtract(high, ufuncs.multiply(step, 1 - weight))
    return ufuncs.add(low, ufuncs.multiply(step, weight))


def _quantile_at(ordered: TracedArray, q: float, method: str) -> TracedArray:
    n = ordered.shape[-1]
    if method in _CHOOSING:
        place = float(_CHOOSING[method](n, np.float64(q)))
    else:
        place = float(_continuous_place(n, q, method))
    place = min(max(place, 0.0), n - 1.0)
    index = math.floor(place)
    low = _element(ordered, index)
    if method not in _AVERAGING:
        return low
    return _between(low, _element(ordered, index + 1), place - index)


def _masked(ordered: TracedArray, index: TracedArray) -> TracedArray:
    """The element whose place along the last axis is computed."""
    last = ordered.ndim - 1
    counter = primitives.iota(ordered.shape, index.dtype, last)
    wanted = primitives.broadcast_in_dim(index, ordered.shape, range(index.ndim))
    zero = constant(ordered.shape, ordered.dtype, 0)
    chosen = primitives.select(primitives.eq(counter, wanted), ordered, zero)
    return primitives.reduce_sum(chosen, [last])


def _at_computed_place(
    ordered: TracedArray, q: TracedArray, count: Any, method: str
) -> TracedArray:
    """As `_quantile_at`, for a place, or a number of elements, that is traced."""
    if method not in _CONTINUOUS:
        raise XformTypeError(
            at_user_line(
                f"quantile: method {method!r} needs a concrete q and no NaN to leave out; with "
                f"traced ones {', '.join(_CONTINUOUS)} work"
            )
        )
    kept = ordered.shape[:-1]
    place = _continuous_place(count, q, method)
    most = ufuncs.subtract(count, 1)
    place = ufuncs.maximum(ufuncs.minimum(place, most), 0.0)
    place = broadcast(array(place, FLOAT64), kept)
    index = primitives.floor(place)
    weight = primitives.convert(primitives.sub(place, index), ordered.dtype)
    index = primitives.stop_gradient(index)
    following = ufuncs.minimum(ufuncs.add(index, 1.0), ufuncs.maximum(most, 0.0))
    low = _masked(ordered, index)
    high = _masked(ordered, broadcast(array(following, FLOAT64), kept))
    step = primitives.mul(primitives.sub(high, low), weight)
    flat = primitives.eq(weight, constant(kept, ordered.dtype, 0))
    # An infinity next to the element must not meet a weight of 0.
    return primitives.add(low, primitives.select(flat, constant(kept, ordered.dtype, 0), step))


def _quantiles(
    a: ArrayLike,
    q: Any,
    axis: Axis,
    out: Any,
    method: str,
    keepdims: Any,
    scale: float,
    name: str,
    leave_nan: bool,
    weights: Any = None,
) -> TracedArray:
    if weights is not None and method != "inverted_cdf":
        raise XformValueError(
            at_user_line(f"{name}: weights need method='inverted_cdf', got {method!r}")
        )
    if method not in _METHODS:
        raise XformValueError(
            at_user_line(f"{name}: unknown method {method!r}; known: {', '.join(_METHODS)}")
        )
    x = array(a)
    if x.dtype == BOOL:
        raise XformTypeError(at_user_line(f"{name}: truth values have no quantiles"))
    if not is_float(x.dtype) and method in _AVERAGING:
        x = array(x, FLOAT64)
    line, axes, kept = _in_one_line(x, axis, name)
    if 0 in line.shape:
        return _of_nothing(line, np.shape(q), keepdims, axes, x, out, name, leave_nan)
    cumulated = None
    if weights is None:
        ordered = sort(line)
    else:
        wide = weighted_quantiles.weights_of(weights, x, axis, name)
        w = _in_one_line(wide, axis, name)[0]
        ordered, cumulated = weighted_quantiles.distribution(line, w, leave_nan=leave_nan)
    nan = None
    if is_float(x.dtype):
        nan = primitives.ne(ordered, ordered)
    if tracing.is_traced(q):
        qs = q.reshape(-1)
        numbers: list[Any] = [ufuncs.divide(qs[i], scale) for i in range(qs.shape[0])]
        q_shape = q.shape
    else:
        concrete = np.asarray(q, dtype=np.float64) / scale
        if np.any((concrete < 0) | (concrete > 1)):
            raise XformValueError(at_user_line(f"{name}: q must be from 0 to {scale:g}, got {q}"))
        numbers, q_shape = [float(number) for number in concrete.ravel()], concrete.shape
        if not isinstance(q, int | float) and method in _AVERAGING:
            # Only a number takes the elements' dtype.
            ordered = array(ordered, FLOAT64)
    results = []
    bad: TracedArray | None
    for number in numbers:
        if leave_nan and nan is not None:
            there = primitives.reduce_sum(
                primitives.convert(primitives.not_(nan), FLOAT64), [ordered.ndim - 1]
            )
            zero = constant(ordered.shape, ordered.dtype, 0)
            numbers_only = primitives.select(nan, zero, ordered)
            if cumulated is not None:
                most: Any = ufuncs.subtract(array(there, INT64), 1)
                found = weighted_quantiles.element(numbers_only, cumulated, number, most)
            else:
                found = _at_computed_place(numbers_only, number, there, method)
            bad = primitives.eq(there, constant(there.shape, FLOAT64, 0))
        else:
            if cumulated is not None:
                most = ordered.shape[-1] - 1
                found = weighted_quantiles.element(ordered, cumulated, number, most)
            elif tracing.is_traced(number):
                found = _at_computed_place(ordered, number, float(ordered.shape[-1]), method)
            else:
                found = _quantile_at(ordered, number, method)
            bad = None if nan is None else _element(nan, nan.shape[-1] - 1)
        if bad is not None:
            found = primitives.select(bad, constant(kept, found.dtype, math.nan), found)
        results.append(found)
    result = results[0] if q_shape == () else stack(results).reshape((*q_shape, *kept))
    return _finished(result, q_shape, keepdims, axes, x, out)


def _finished(
    result: TracedArray, q_shape: Shape, keepdims: Any, axes: Shape, x: TracedArray, out: Any
) -> TracedArray:
    if keeps(keepdims):
        kept = [1 if i in axes else n for i, n in enumerate(x.shape)]
        result = primitives.reshape(result, (*q_shape, *kept))
    return result if out is None else write_whole(out, result)


def _of_nothing(
    line: TracedArray,
    q_shape: Shape,
    keepdims: Any,
    axes: Shape,
    x: TracedArray,
    out: Any,
    name: str,
    leave_nan: bool,
) -> TracedArray:
    """Quantiles where there are no elements: NaN where NaN is left out, and nothing of no lines.

    Raises:
        XformValueError: there are lines, and they have no elements.
    """
    if not leave_nan and 0 not in line.shape[:-1]:
        raise XformValueError(
            at_user_line(f"{name}: no elements along axes {axes} of an array of shape {x.shape}")
        )
    dtype = x.dtype if is_float(x.dtype) else FLOAT64
    result = constant((*q_shape, *line.shape[:-1]), dtype, math.nan)
    return _finished(result, q_shape, keepdims, axes, x, out)


@function(np.quantile)
def quantile(
    a: ArrayLike,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> TracedArray:
    """The elements below which a part q of all lies, q from 0 to 1; NaN if one is NaN.

    With weights, of which there are as many as elements or as many as along the axis, q is a part
    of their sum; the method is then "inverted_cdf".
    """
    return _quantiles(a, q, axis, out, method, keepdims, 1, "quantile", False, weights)


@function(np.percentile)
def percentile(
    a: ArrayLike,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> TracedArray:
    """As `quantile`, with q from 0 to 100."""
    return _quantiles(a, q, axis, out, method, keepdims, 100, "percentile", False, weights)


@function(np.nanquantile)
def nanquantile(
    a: ArrayLike,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> TracedArray:
    """As `quantile`, of the elements that are not NaN."""
    return _quantiles(a, q, axis, out, method, keepdims, 1, "nanquantile", True, weights)


@function(np.nanpercentile)
def nanpercentile(
    a: ArrayLike,
    q: Any,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    method: str = "linear",
    keepdims: Any = False,
    *,
    weights: Any = None,
) -> TracedArray:
    """As `percentile`, of the elements that are not NaN."""
    return _quantiles(a, q, axis, out, method, keepdims, 100, "nanpercentile", True, weights)


@function(np.median)
def median(
    a: ArrayLike,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: Any = False,
) -> TracedArray:
    """The middle element in sorted order, or the mean of both; NaN if one is NaN, or of none."""
    return _median(a, axis, out, keepdims, "median", False)


@function(np.nanmedian)
def nanmedian(
    a: ArrayLike,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: Any = False,
) -> TracedArray:
    """The median of the elements that are not NaN."""
    return _median(a, axis, out, keepdims, "nanmedian", True)


def _median(
    a: ArrayLike, axis: Axis, out: Any, keepdims: Any, name: str, leave_nan: bool
) -> TracedArray:
    x = array(a)
    x = array(x, FLOAT64) if x.dtype == BOOL else x
    leave_nan = leave_nan or 0 in x.shape
    return _quantiles(x, 0.5, axis, out, "linear", keepdims, 1, name, leave_nan)


# Covariances ---------------------------------------------------------------------------------


@function(np.interp)
def interp(
    x: ArrayLike,
    xp: ArrayLike,
    fp: ArrayLike,
    left: Any = None,
    right: Any = None,
    period: float | None = None,
) -> TracedArray:
    """The piecewise linear function through points (xp, fp), whose xp ascend, at x."""
    points, values, wanted = (array(part, FLOAT64) for part in (xp, fp, x))
    if points.ndim != 1 or points.shape != values.shape or not points.shape[0]:
        raise XformValueError(
            at_user_line(
                f"interp: xp and fp must be vectors of one size, got {points.shape} and "
                f"{values.shape}"
            )
        )
    if period is not None:
        if period == 0:
            raise XformValueError(at_user_line("interp: period must not be 0"))
        period, left, right = abs(period), None, None
        wanted, points = ufuncs.remainder(wanted, period), ufuncs.remainder(points, period)
        points, values = primitives.sort([points, values], 0)
        points = concatenate([points[-1:] - period, points, points[:1] + period])
        values = concatenate([values[-1:], values, values[:1]])
    size = points.shape[0]
    flat = wanted.reshape(-1)
    place = ufuncs.subtract(searchsorted(points, flat, "right"), 1)
    index = ufuncs.minimum(ufuncs.maximum(place, 0), max(size - 2, 0))
    # The points at both ends of each interval, read by comparing with its number.
    shape = (flat.shape[0], size)
    counter = primitives.iota(shape, index.dtype, 1)

    def read(line: TracedArray, offset: int) -> TracedArray:
        wide = primitives.broadcast_in_dim(line, shape, [1])
        at = primitives.broadcast_in_dim(ufuncs.add(index, offset), shape, [0])
        zero = constant(shape, FLOAT64, 0)
        return primitives.reduce_sum(primitives.select(primitives.eq(counter, at), wide, zero), [1])

    result = read(values, 0)
    if size > 1:
        start, end = read(points, 0), read(points, 1)
        width = ufuncs.subtract(end, start)
        width = primitives.select(
            primitives.eq(start, end), constant(width.shape, FLOAT64, 1), width
        )
        slope = ufuncs.divide(ufuncs.subtract(read(values, 1), result), width)
        result = ufuncs.add(result, ufuncs.multiply(slope, ufuncs.subtract(flat, start)))
    first, last = points[0], points[-1]
    for side, outside, at_end in (
        (left, ufuncs.less(flat, first), values[0]),
        (right, ufuncs.greater(flat, last), values[-1]),
    ):
        number = at_end if side is None else array(side, FLOAT64)
        result = primitives.select(outside, broadcast(number, result.shape), result)
    # At the last point itself the value is that point's.
    at_last = ufuncs.equal(flat, last)
    result = primitives.select(at_last, broadcast(values[-1], result.shape), result)
    return result.reshape(wanted.shape)


__all__ = [
    "interp",
    "median",
    "nanmedian",
    "nanpercentile",
    "nanquantile",
    "percentile",
    "quantile",
]
