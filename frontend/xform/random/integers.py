"""Integers of a range, truth values and signs."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..numpy import ufuncs
from ..numpy.axes import shape_of
from ..numpy.float_parts import like
from ..numpy.promotion import (
    FLOAT64,
    INT32,
    INT64,
    INT_RANGES,
    Scalar,
    Shape,
    array,
    broadcast,
    computed_dtype,
    constant,
    is_float,
    operand,
    supported_dtype,
)
from ..tracing.array import ArrayLike, DType, TracedArray
from .arguments import checked_key, drawing, drawn_shape, fitted
from .gamma import subkeys
from .uniform import FRACTIONS

_UINT64 = np.dtype(np.uint64)
# Of 64 bits the remainder by at most this many values makes none noticeably more likely.
_SMALL_SPAN = 2**32


@drawing
def randint(
    key: ArrayLike, shape: Any, minval: ArrayLike, maxval: ArrayLike, dtype: Any = None
) -> TracedArray:
    """Integers of a range, all equally likely.

    Args:
        key: uint32[2].
        shape: the shape to draw; the limits broadcast to it.
        minval: the smallest that is drawn.
        maxval: the first that is not, above `minval`; where it is not, `minval` is drawn. Limits
            in arrays that `dtype` does not hold are moved to its ends.
        dtype: an integer dtype; None for int64.

    Returns:
        An array of `shape` and `dtype`.

    Raises:
        XformTypeError: `key` is not a key, or a limit or the dtype is not an integer.
        XformValueError: `key` is not one key, a limit does not broadcast, or limits that are
            Python ints make an empty range or one that `dtype` does not hold.

    >>> from xform.random import key
    >>> randint(key(0), (4,), 0, 10).numpy()
    array([0, 7, 9, 6])
    """
    words = checked_key(key, "randint")
    target = supported_dtype(dtype, "random.randint", INT64)
    if target not in INT_RANGES:
        raise XformTypeError(
            at_user_line(f"random.randint: dtype must be an integer, got {target.name}")
        )
    low, high = operand(minval), operand(maxval)
    for name, limit in (("minval", low), ("maxval", high)):
        if limit.dtype.kind not in "iu":
            raise XformTypeError(
                at_user_line(
                    f"random.randint: {name} must be an integer, got one of dtype "
                    f"{limit.dtype.name}"
                )
            )
    sizes = drawn_shape(shape, "randint", minval=minval, maxval=maxval)
    if isinstance(low, Scalar) and isinstance(high, Scalar):
        first, span = int(low.number), int(high.number) - int(low.number)
        _check_range(first, span, target)
        start = constant(sizes, target, first)
        if span == 2**64:
            raw = primitives.rng_bits(words, sizes, _UINT64)
            return primitives.add(start, primitives.convert(raw, target))
        spans = constant(sizes, _UINT64, span)
        is_small = span <= _SMALL_SPAN
    else:
        is_range = broadcast(primitives.convert(ufuncs.less(minval, maxval), np.dtype(bool)), sizes)
        start, spans = _held_range(minval, maxval, target, sizes)
        spans = primitives.select(is_range, spans, constant(sizes, _UINT64, 1))
        is_small = target.itemsize < 8
    offset = _below(words, spans, is_small)
    return primitives.add(start, primitives.convert(offset, target))


def _held_range(
    low: ArrayLike, high: ArrayLike, dtype: DType, shape: Shape
) -> tuple[TracedArray, TracedArray]:
    """The smallest number of a range and the count of those that the dtype holds."""
    least, largest = INT_RANGES[dtype]

    def held(limit: ArrayLike, upper: int) -> TracedArray:
        given = fitted(limit, operand(limit).dtype, shape)
        bottom, top = INT_RANGES[given.dtype]
        if bottom < least:
            given = primitives.max_(given, like(given, least))
        if top > upper:
            given = primitives.min_(given, like(given, upper))
        return given

    start, end = held(low, largest), held(high, largest + 1)
    # Modulo 2^64, so that it does not matter whether the difference is negative on the way.
    spans = primitives.sub(_in_64_bits(end), _in_64_bits(start))
    return primitives.convert(start, dtype), spans


def _in_64_bits(x: TracedArray) -> TracedArray:
    return primitives.convert(x if x.dtype.kind == "u" else array(x, INT64), _UINT64)


def _check_range(first: int, span: int, dtype: DType) -> None:
    least, largest = INT_RANGES[dtype]
    if span < 1:
        raise XformValueError(
            at_user_line(f"random.randint: no integer lies between {first} and {first + span}")
        )
    if first < least or first + span - 1 > largest:
        raise XformValueError(
            at_user_line(
                f"random.randint: the integers from {first} to {first + span - 1} do not fit "
                f"{dtype.name}"
            )
        )


def _below(words: TracedArray, spans: TracedArray, is_small: bool) -> TracedArray:
    """uint64 numbers below `spans`, from 64 bits for small ones, else from 128."""
    sizes = spans.shape
    if is_small:
        return primitives.rem(primitives.rng_bits(words, sizes, _UINT64), spans)
    upper, lower = (primitives.rng_bits(k, sizes, _UINT64) for k in subkeys(words, 2))
    # The upper bits count 2^64 each, of which the remainder is found by squaring that of 2^32. It
    # is right where the square does not overflow, and for powers of two, which divide 2^64.
    unit = primitives.rem(constant(sizes, _UINT64, 2**32), spans)
    unit = primitives.rem(primitives.mul(unit, unit), spans)
    sum_ = primitives.add(
        primitives.mul(primitives.rem(upper, spans), unit), primitives.rem(lower, spans)
    )
    one = constant(sizes, _UINT64, 1)
    is_power = primitives.eq(
        primitives.and_(spans, primitives.sub(spans, one)), constant(sizes, _UINT64, 0)
    )
    is_few = primitives.le(spans, constant(sizes, _UINT64, _SMALL_SPAN))
    # For others all bits, taken as a number below 1, count for a share of the span.
    high, low = _product(upper, spans)
    carried = primitives.add(low, _product(lower, spans)[0])
    share = primitives.add(high, primitives.convert(primitives.lt(carried, low), _UINT64))
    return primitives.select(primitives.or_(is_few, is_power), primitives.rem(sum_, spans), share)


def _product(x: TracedArray, y: TracedArray) -> tuple[TracedArray, TracedArray]:
    """The upper and the lower 64 bits of the product of two uint64."""
    half, mask = like(x, 32), like(x, 2**32 - 1)
    x_high, y_high = (primitives.shift_right_logical(z, half) for z in (x, y))
    x_low, y_low = (primitives.and_(z, mask) for z in (x, y))
    first = primitives.add(
        primitives.mul(x_high, y_low),
        primitives.shift_right_logical(primitives.mul(x_low, y_low), half),
    )
    second = primitives.add(primitives.mul(x_low, y_high), primitives.and_(first, mask))
    high = primitives.add(
        primitives.add(primitives.mul(x_high, y_high), primitives.shift_right_logical(first, half)),
        primitives.shift_right_logical(second, half),
    )
    return high, primitives.mul(x, y)


@drawing
def bernoulli(key: ArrayLike, p: ArrayLike = 0.5, shape: Any = None) -> TracedArray:
    """Truth values that are true with a given probability.

    Args:
        key: uint32[2].
        p: the probability; none is true where it is NaN or below 0, all are where it is above 1.
        shape: the shape to draw, to which `p` broadcasts; None for that of `p`.

    Returns:
        An array of bool.

    Raises:
        XformTypeError: `key` is not a key.
        XformValueError: `key` is not one key, or `p` does not broadcast.

    >>> from xform.random import key
    >>> bernoulli(key(0), 1.0, (2,)).numpy()
    array([ True,  True])
    """
    words = checked_key(key, "bernoulli")
    sizes = drawn_shape(shape, "bernoulli", p=p)
    dtype = operand(p).dtype
    computed = computed_dtype(dtype) if is_float(dtype) else FLOAT64
    probability = fitted(p, computed, sizes)
    # A uniform number has fewer bits than are drawn. The others decide where it is the last one
    # below the probability, so that tiny ones have their due.
    raw = primitives.rng_bits(words, sizes, np.dtype(f"uint{8 * computed.itemsize}"))
    spare = 8 * computed.itemsize - FRACTIONS[computed.name]
    rest = primitives.convert(primitives.and_(raw, like(raw, 2**spare - 1)), computed)
    rest = primitives.mul(rest, like(rest, 2.0 ** (-8 * computed.itemsize)))
    return primitives.lt(rest, primitives.sub(probability, primitives.unit_float(raw, computed)))


@drawing
def rademacher(key: ArrayLike, shape: Any = (), dtype: Any = None) -> TracedArray:
    """Signs, 1 and -1, equally likely.

    Args:
        key: uint32[2].
        shape: the shape to draw.
        dtype: a signed integer or floating dtype; None for int64.

    Returns:
        An array of `shape` and `dtype`.

    Raises:
        XformTypeError: `key` is not a key, or another dtype.
        XformValueError: `key` is not one key.

    >>> from xform.random import key
    >>> set(rademacher(key(0), (9,)).numpy().tolist())
    {1, -1}
    """
    words = checked_key(key, "rademacher")
    target = supported_dtype(dtype, "random.rademacher", INT64)
    if not (target.kind == "i" or is_float(target)):
        raise XformTypeError(
            at_user_line(
                f"random.rademacher: dtype must be a signed integer or floating, got {target.name}"
            )
        )
    sizes = shape_of(shape, "random.rademacher")
    raw = primitives.convert(primitives.rng_bits(words, sizes, np.dtype(np.uint32)), INT32)
    is_negative = primitives.lt(raw, constant(sizes, INT32, 0))
    return primitives.select(is_negative, constant(sizes, target, -1), constant(sizes, target, 1))
