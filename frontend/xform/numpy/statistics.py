"""Quantiles, medians and interpolation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..family import family
from ..tracing import traces
from ..tracing.array import ArrayLike, Axis, TracedArray
from . import ufuncs, weighted_quantiles
from .axes import keeps, normalized_axes
from .complex_parts import is_complex
from .dispatch import function
from .float_parts import like
from .indexing import select_along
from .joining import concatenate, stack
from .ordering import searchsorted, sort
from .promotion import (
    BOOL,
    COMPLEX128,
    FLOAT64,
    INT64,
    UINT8,
    Shape,
    array,
    broadcast,
    constant,
    is_float,
    is_inexact,
    operand,
)
from .reductions import mean
from .selection import where
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


def _place(n: Any, q: Any, method: str) -> Any:
    """Where, perhaps between two elements, the quantile of an averaging method lies."""
    if method == "linear":
        return (n - 1) * q
    if method == "averaged_inverted_cdf":
        return n * q - 1
    if method == "midpoint":
        return 0.5 * (np.floor((n - 1) * q) + np.ceil((n - 1) * q))
    a, b = _CONTINUOUS[method]
    return n * q + (a + q * (1 - a - b)) - 1


def _at_or_behind(place: Any, stays: Any) -> Any:
    """The element before a place where it stays there, the next one elsewhere."""
    return np.where(stays, np.floor(place), np.floor(place) + 1)


# The methods that choose an element, from the count n and q.
_CHOOSING: dict[str, Callable[[Any, Any], Any]] = {
    "lower": lambda n, q: np.floor((n - 1) * q),
    "higher": lambda n, q: np.ceil((n - 1) * q),
    "nearest": lambda n, q: np.round((n - 1) * q),
    "inverted_cdf": lambda n, q: _at_or_behind(n * q - 1, (n * q - 1) % 1 == 0),
    "closest_observation": lambda n, q: _at_or_behind(
        n * q - 1 - 0.5, ((n * q - 1 - 0.5) % 1 == 0) & (np.floor(n * q - 1 - 0.5) % 2 == 1)
    ),
}
_AVERAGING = (*_CONTINUOUS, "midpoint", "averaged_inverted_cdf")
_METHODS = (*_CONTINUOUS, *_CHOOSING, "midpoint", "averaged_inverted_cdf")


def _around(n: Any, q: Any, method: str) -> tuple[Any, Any, Any]:
    """The elements around the quantile and the weight of the second one, as NumPy has them.

    Both the count `n` and `q` may be traced; the weight is None where one element is chosen.
    """
    if method in _CHOOSING:
        index = np.maximum(np.minimum(_CHOOSING[method](n, q), n - 1), 0)
        return index, index, None
    place = _place(n, q, method)
    low = np.floor(place)
    weight = place - low
    if method == "averaged_inverted_cdf":
        weight = np.where(weight == 0, 0.5, 1.0)
    elif method == "midpoint":
        weight = np.where(weight == 0, 0.0, 0.5)
    high = np.where(place < 0, 0, np.minimum(low + 1, n - 1))
    return np.maximum(np.minimum(low, n - 1), 0), high, weight


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
    return primitives.reshape(select_along(ordered, last, index, index + 1), ordered.shape[:last])


def _between(low: TracedArray, high: TracedArray, weight: Any) -> TracedArray:
    """Low at 0, high at 1; from the nearer end, so that both ends are exact."""
    step = ufuncs.subtract(high, low)
    if not traces.is_traced(weight):
        if weight >= 0.5:
            return ufuncs.subtract(high, ufuncs.multiply(step, 1 - weight))
        return ufuncs.add(low, ufuncs.multiply(step, weight))
    from_low = ufuncs.add(low, ufuncs.multiply(step, weight))
    from_high = ufuncs.subtract(high, ufuncs.multiply(step, ufuncs.subtract(1.0, weight)))
    return where(ufuncs.greater_equal(weight, 0.5), from_high, from_low)


def _masked(ordered: TracedArray, index: TracedArray) -> TracedArray:
    """The element whose place along the last axis is computed."""
    last = ordered.ndim - 1
    counter = primitives.iota(ordered.shape, index.dtype, last)
    wanted = primitives.broadcast_in_dim(index, ordered.shape, range(index.ndim))
    zero = like(ordered, 0)
    chosen = primitives.select(primitives.eq(counter, wanted), ordered, zero)
    return primitives.reduce_sum(chosen, [last])


def _quantile_at(ordered: TracedArray, n: Any, q: Any, method: str) -> TracedArray:
    """The quantile of sorted elements along the last axis, of which the first `n` count."""
    low, high, weight = _around(n, q, method)

    def element(index: Any) -> TracedArray:
        if not traces.is_traced(index):
            return _element(ordered, int(index))
        place = broadcast(array(index, FLOAT64), ordered.shape[:-1])
        return _masked(ordered, primitives.stop_gradient(place))

    first = element(low)
    if weight is None:
        return first
    # The elements already have the dtype of the result.
    weight = array(weight, ordered.dtype) if traces.is_traced(weight) else float(weight)
    return _between(first, element(high), weight)


def _leaving_nan(ordered: TracedArray) -> tuple[TracedArray, TracedArray]:
    """Sorted elements with zeros in place of NaN, and how many are not NaN."""
    there = primitives.eq(ordered, ordered)
    count = primitives.reduce_sum(primitives.convert(there, FLOAT64), [ordered.ndim - 1])
    zero = like(ordered, 0)
    return primitives.select(there, ordered, zero), count


class _Scale(NamedTuple):
    """What q is a part of, and whether the elements that are NaN are left out."""

    whole: float
    leave_nan: bool


@family
def _quantiles(
    name: str,
    by: _Scale,
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
    scale, leave_nan = by
    if weights is not None and method != "inverted_cdf":
        raise XformValueError(
            at_user_line(f"{name}: weights need method='inverted_cdf', got {method!r}")
        )
    if method not in _METHODS:
        raise XformValueError(
            at_user_line(f"{name}: unknown method {method!r}; known: {', '.join(_METHODS)}")
        )
    x = array(a)
    if is_complex(x):
        raise XformTypeError(
            at_user_line(f"{name}: complex numbers have nothing between them, got {x.dtype}")
        )
    line, axes, kept = _in_one_line(x, axis, name)
    if 0 in line.shape:
        return _of_nothing(line, np.shape(q), keepdims, axes, x, out, name, leave_nan)
    weak = type(q) in (int, float) or (isinstance(q, TracedArray) and q._weak)
    if traces.is_traced(q):
        flat_q: Any = ufuncs.divide(q.reshape(-1), scale)
        numbers: list[Any] = [flat_q[i] for i in range(flat_q.shape[0])]
        q_shape, q_dtype = q.shape, flat_q.dtype
    else:
        # Only q itself may be an integer; then it takes an element, as in NumPy.
        concrete = np.asarray(q) if scale == 1 else np.true_divide(q, scale)
        if np.any((concrete < 0) | (concrete > 1)):
            raise XformValueError(at_user_line(f"{name}: q must be from 0 to {scale:g}, got {q}"))
        numbers, q_shape, q_dtype = list(concrete.ravel()), concrete.shape, concrete.dtype
    takes = method in _CHOOSING or (method == "linear" and q_dtype.kind in "iu")
    if x.dtype == BOOL:
        if not takes:
            raise XformTypeError(
                at_user_line(
                    f"{name}: truth values have nothing between them; method={method!r} needs "
                    "numbers"
                )
            )
        line = array(line, UINT8)
    elif not takes:
        if not is_float(x.dtype):
            line = array(line, FLOAT64)
        elif not weak:
            line = array(line, np.promote_types(line.dtype, q_dtype))
    cumulated = None
    if weights is None:
        ordered = sort(line)
    else:
        wide = weighted_quantiles.weights_of(weights, x, axis, name)
        w = _in_one_line(wide, axis, name)[0]
        ordered, cumulated = weighted_quantiles.distribution(line, w, leave_nan=leave_nan)
    n: Any = line.shape[-1]
    most: Any = n - 1
    if leave_nan and is_float(line.dtype):
        ordered, n = _leaving_nan(ordered)
        bad = primitives.eq(n, constant(kept, FLOAT64, 0))
        most = ufuncs.subtract(array(n, INT64), 1)
    else:
        last = _element(ordered, n - 1)
        bad = primitives.ne(last, last)
    results = []
    for number in numbers:
        if cumulated is not None:
            found = weighted_quantiles.element(ordered, cumulated, number, most)
        else:
            chosen = "lower" if takes and method == "linear" else method
            found = _quantile_at(ordered, n, number, chosen)
        if is_float(found.dtype):
            found = primitives.select(bad, constant(kept, found.dtype, math.nan), found)
        results.append(found)
    result = results[0] if q_shape == () else stack(results).reshape((*q_shape, *kept))
    if x.dtype == BOOL:
        result = array(result, BOOL)
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
    dtype = x.dtype if is_inexact(x.dtype) else FLOAT64
    number = complex(math.nan, math.nan) if is_complex(x) else math.nan
    result = constant((*q_shape, *line.shape[:-1]), dtype, number)
    return _finished(result, q_shape, keepdims, axes, x, out)


@function(np.quantile)
@_quantiles(_Scale(1, False))
def quantile() -> None:
    """The elements below which a part q of all lies, q from 0 to 1; NaN if one is NaN.

    With weights, of which there are as many as elements or as many as along the axis, q is a
    part of their sum; the method is then "inverted_cdf".
    """


@function(np.percentile)
@_quantiles(_Scale(100, False))
def percentile() -> None:
    """As `quantile`, with q from 0 to 100."""


@function(np.nanquantile)
@_quantiles(_Scale(1, True))
def nanquantile() -> None:
    """As `quantile`, of the elements that are not NaN."""


@function(np.nanpercentile)
@_quantiles(_Scale(100, True))
def nanpercentile() -> None:
    """As `percentile`, of the elements that are not NaN."""


@family
def _median(
    name: str,
    leave_nan: bool,
    a: ArrayLike,
    axis: Axis = None,
    out: Any = None,
    overwrite_input: bool = False,
    keepdims: Any = False,
) -> TracedArray:
    x = array(a)
    x = array(x, FLOAT64) if x.dtype == BOOL else x
    line, axes, kept = _in_one_line(x, axis, name)
    size = line.shape[-1]
    if 0 in line.shape:
        return _of_nothing(line, (), keepdims, axes, x, out, name, leave_nan=True)
    ordered = sort(line)
    if leave_nan and is_inexact(x.dtype):
        ordered, count = _leaving_nan(ordered)
        first = ufuncs.floor(ufuncs.multiply(ufuncs.subtract(count, 1), 0.5))
        second = ufuncs.floor(ufuncs.multiply(count, 0.5))
        middle = [_masked(ordered, place) for place in (first, second)]
        bad = primitives.eq(count, constant(count.shape, FLOAT64, 0))
    else:
        middle = [_element(ordered, place) for place in ((size - 1) // 2, size // 2)]
        last = _element(ordered, size - 1)
        bad = primitives.ne(last, last)
    result = mean(stack(middle), 0)
    result = primitives.select(bad, constant(kept, result.dtype, math.nan), result)
    return _finished(result, (), keepdims, axes, x, out)


@function(np.median)
@_median(False)
def median() -> None:
    """The middle element in sorted order, or the mean of both; NaN if one is NaN, or of none."""


@function(np.nanmedian)
@_median(True)
def nanmedian() -> None:
    """The median of the elements that are not NaN."""


# Interpolation -------------------------------------------------------------------------------


Point = tuple[TracedArray, TracedArray]


def _along_segment(x: TracedArray, low: Point, high: Point, slope: TracedArray) -> TracedArray:
    """The line through two points of a slope at x; from either end if infinities forbid one."""

    def from_end(point: Point) -> TracedArray:
        rise = primitives.mul(slope, primitives.sub(x, point[0]))
        # At the point itself nothing is added, where infinity times 0 would be NaN.
        at_point = primitives.and_(primitives.eq(x, point[0]), ufuncs.isnan(rise))
        nothing = constant(x.shape, FLOAT64, -0.0)
        return primitives.add(point[1], primitives.select(at_point, nothing, rise))

    from_low, from_high = from_end(low), from_end(high)
    level = primitives.and_(ufuncs.isnan(from_high), primitives.eq(low[1], high[1]))
    otherwise = primitives.select(level, low[1], from_high)
    found = primitives.select(ufuncs.isnan(from_low), otherwise, from_low)
    return primitives.select(ufuncs.isnan(x), x, found)


@function(np.interp)
def interp(
    x: ArrayLike,
    xp: ArrayLike,
    fp: ArrayLike,
    left: Any = None,
    right: Any = None,
    period: float | None = None,
) -> TracedArray:
    """The piecewise linear function through points (xp, fp), whose xp ascend, at x.

    Where `fp` is complex, both parts are such functions.
    """
    if is_complex(operand(fp)):

        def of_part(part: Callable[[TracedArray], TracedArray]) -> TracedArray:
            first, last = (
                None if end is None else part(array(end, COMPLEX128)) for end in (left, right)
            )
            return interp(x, xp, part(array(fp, COMPLEX128)), first, last, period)

        return traces.complex_of(of_part(traces.real_of), of_part(traces.imag_of))
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
        start, end, after = read(points, 0), read(points, 1), read(values, 1)
        width = ufuncs.subtract(end, start)
        width = primitives.select(
            primitives.eq(start, end), constant(width.shape, FLOAT64, 1), width
        )
        slope = ufuncs.divide(ufuncs.subtract(after, result), width)
        result = _along_segment(flat, (start, result), (end, after), slope)
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
