"""Random bits, and floating numbers that are equally likely."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, at_user_line
from ..numpy.axes import shape_of
from ..numpy.float_parts import isfinite
from ..numpy.promotion import Shape, array, computed_dtype, constant, supported_dtype
from ..tracing.array import ArrayLike, DType, TracedArray
from .arguments import (
    UINT32,
    checked_key,
    drawing,
    drawn_shape,
    fitted,
    float_dtype,
    impossible,
    is_number,
)

# How many bits the numbers of `unit` have behind the point.
FRACTIONS = {"float16": 10, "bfloat16": 7, "float32": 23, "float64": 52}


@drawing
def bits(key: ArrayLike, shape: Any = (), dtype: Any = UINT32) -> TracedArray:
    """Integers of which every bit is random.

    Args:
        key: uint32[2].
        shape: the shape to draw.
        dtype: uint8, uint16, uint32 or uint64.

    Returns:
        An array of `shape` and `dtype`.

    Raises:
        XformTypeError: `key` is not a key, or another dtype.
        XformValueError: `key` is not one key.

    >>> from xform.random import key
    >>> bits(key(0), (2,)).numpy()
    array([4070199207, 4202968722], dtype=uint32)
    """
    words = checked_key(key, "bits")
    target = supported_dtype(dtype, "random.bits")
    if target.kind != "u":
        raise XformTypeError(
            at_user_line(f"random.bits: dtype must be an unsigned integer, got {target.name}")
        )
    return primitives.rng_bits(words, shape_of(shape, "random.bits"), target)


@drawing
def uniform(
    key: ArrayLike,
    shape: Any = (),
    dtype: Any = None,
    minval: ArrayLike = 0.0,
    maxval: ArrayLike = 1.0,
) -> TracedArray:
    """Numbers of an interval, all equally likely.

    Args:
        key: uint32[2].
        shape: the shape to draw; the limits broadcast to it.
        dtype: a floating dtype; None for float64.
        minval: the lower limit, which can be drawn.
        maxval: the upper limit, which is never drawn unless it is not above the lower.

    Returns:
        An array of `shape` and `dtype`, differentiable in the limits; NaN where a limit is not
        finite.

    Raises:
        XformTypeError: `key` is not a key, or a dtype that is not floating.
        XformValueError: `key` is not one key, or a limit does not broadcast.

    >>> from xform.random import key
    >>> bool((uniform(key(0), (5,), minval=-1.0) < 1.0).all())
    True
    """
    words = checked_key(key, "uniform")
    target = float_dtype(dtype, "uniform")
    sizes = drawn_shape(shape, "uniform", minval=minval, maxval=maxval)
    drawn = unit(words, sizes, target)
    if is_number(minval, 0) and is_number(maxval, 1):
        return drawn
    low, high = (_limit(x, target, sizes) for x in (minval, maxval))
    drawn = array(drawn, low.dtype)
    span = primitives.sub(high, low)
    # A span beyond the dtype's range is drawn at half its size. Otherwise the factors are 1.
    is_wide = primitives.eq(span, constant(sizes, span.dtype, math.inf))
    one = constant(sizes, span.dtype, 1.0)
    shrink = primitives.select(is_wide, constant(sizes, span.dtype, 0.5), one)
    grow = primitives.select(is_wide, constant(sizes, span.dtype, 2.0), one)
    low_, high_ = primitives.mul(low, shrink), primitives.mul(high, shrink)
    result = primitives.add(low_, primitives.mul(drawn, primitives.sub(high_, low_)))
    result = array(primitives.mul(result, grow), target)
    low, high = array(low, target), array(high, target)
    # The sum may be rounded up to the upper limit.
    result = primitives.select(primitives.ge(result, high), low, result)
    is_range = primitives.and_(isfinite(low), isfinite(high))
    return impossible(result, primitives.not_(is_range))


def _limit(x: ArrayLike, dtype: DType, shape: Shape) -> TracedArray:
    """A limit that the dtype holds, to compute with."""
    return array(fitted(x, dtype, shape), computed_dtype(dtype))


def unit(words: TracedArray, shape: Shape, dtype: DType) -> TracedArray:
    """Numbers of [0, 1) on an even grid."""
    raw = primitives.rng_bits(words, shape, np.dtype(f"uint{8 * dtype.itemsize}"))
    return primitives.unit_float(raw, dtype)


def open_unit(words: TracedArray, shape: Shape, dtype: DType) -> TracedArray:
    """Numbers of (0, 1): the middles of the even grid's cells, which are exact.

    They lie symmetrically to 1/2, and logarithms of them and of what they lack to 1 are finite.
    """
    half = constant(shape, dtype, 2.0 ** -(FRACTIONS[dtype.name] + 1))
    return primitives.add(unit(words, shape, dtype), half)
