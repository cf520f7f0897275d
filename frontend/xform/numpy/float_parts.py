"""What NumPy's ufuncs on the parts of floats are in primitives: signs, exponents, neighbours.

Exponents are read from the bits, because compiled programs flush subnormal numbers to zero.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import ml_dtypes
import numpy as np

from .. import primitives
from ..tracing.array import DType, TracedArray
from .promotion import FLOAT32, INT32, constant


class Layout(NamedTuple):
    """How a float dtype's bits are read.

    Attributes:
        bits: the signed integer of the same width.
        mantissa: the number of stored mantissa bits.
        bias: of the exponent.
    """

    bits: DType
    mantissa: int
    bias: int


LAYOUTS: Final[dict[DType, Layout]] = {
    np.dtype(np.float16): Layout(np.dtype(np.int16), 10, 15),
    np.dtype(ml_dtypes.bfloat16): Layout(np.dtype(np.int16), 7, 127),
    np.dtype(np.float32): Layout(np.dtype(np.int32), 23, 127),
    np.dtype(np.float64): Layout(np.dtype(np.int64), 52, 1023),
}


def like(x: TracedArray, number: complex) -> TracedArray:
    """A constant of the shape and dtype of `x`."""
    return constant(x.shape, x.dtype, number)


def isnan(x: TracedArray) -> TracedArray:
    """Whether each element is NaN."""
    return primitives.ne(x, x)


def isinf(x: TracedArray) -> TracedArray:
    """Whether each element is infinite."""
    return primitives.eq(primitives.abs_(x), like(x, math.inf))


def isfinite(x: TracedArray) -> TracedArray:
    """Whether each element is neither infinite nor NaN."""
    return primitives.lt(primitives.abs_(x), like(x, math.inf))


def is_negative(x: TracedArray) -> TracedArray:
    """Whether each element is below 0."""
    return primitives.lt(x, like(x, 0))


def signbit(x: TracedArray) -> TracedArray:
    """Whether the sign bit is set, in -0.0 too."""
    return is_negative(primitives.bitcast(x, LAYOUTS[x.dtype].bits))


def modf(x: TracedArray) -> tuple[TracedArray, TracedArray]:
    """Fractional and integral part, both with the sign of `x`."""
    whole = primitives.trunc(x)
    # A zero gets its sign from the order of the operands.
    fraction = primitives.select(
        signbit(x), primitives.neg(primitives.sub(whole, x)), primitives.sub(x, whole)
    )
    zero = primitives.copy_sign(like(x, 0), x)
    return primitives.select(isinf(x), zero, fraction), whole


def _power_of_two(exponent: TracedArray, dtype: DType) -> TracedArray:
    """2 to an integer power within the range of normal numbers; of the width of `dtype`."""
    layout = LAYOUTS[dtype]
    biased = primitives.add(exponent, like(exponent, layout.bias))
    shifted = primitives.shift_left(biased, like(biased, layout.mantissa))
    return primitives.bitcast(shifted, dtype)


def normalizer(x: TracedArray) -> TracedArray:
    """The power of 2 that takes a positive normal number to [1, 2), or [2, 4) in the last binade.

    Of 0 and of subnormal numbers it is 1; of infinity and NaN some power of 2.
    """
    layout = LAYOUTS[x.dtype]
    bits = primitives.bitcast(x, layout.bits)
    field = primitives.shift_right_logical(bits, like(bits, layout.mantissa))
    opposite = primitives.max_(primitives.sub(like(field, 2 * layout.bias), field), like(field, 1))
    chosen = primitives.select(
        primitives.eq(field, like(field, 0)), like(field, layout.bias), opposite
    )
    return primitives.bitcast(primitives.shift_left(chosen, like(chosen, layout.mantissa)), x.dtype)


def frexp(x: TracedArray) -> tuple[TracedArray, TracedArray]:
    """Mantissa in [1/2, 1) and exponent; zeros, infinities and NaN have exponent 0."""
    layout = LAYOUTS[x.dtype]
    bits = primitives.bitcast(x, layout.bits)
    top = like(bits, layout.mantissa)
    size = primitives.and_(bits, like(bits, np.iinfo(layout.bits).max))
    field = primitives.shift_right_logical(size, top)
    # A subnormal number is shifted until its first bit stands where normal ones have theirs.
    width = layout.bits.itemsize * 8
    missing = primitives.sub(primitives.clz(size), like(bits, width - 1 - layout.mantissa))
    subnormal = primitives.eq(field, like(field, 0))
    field = primitives.select(subnormal, primitives.sub(like(field, 1), missing), field)
    shifted = primitives.select(subnormal, primitives.shift_left(size, missing), size)
    digits = primitives.and_(shifted, like(bits, 2**layout.mantissa - 1))
    half = like(bits, (layout.bias - 1) << layout.mantissa)
    magnitude = primitives.bitcast(primitives.or_(digits, half), x.dtype)
    mantissa = primitives.copy_sign(magnitude, x)
    exponent = primitives.sub(field, like(field, layout.bias - 1))

    # A normal number has a derivative: its mantissa is itself times a power of two, which may
    # be out of range and is taken in two factors.
    first = primitives.shift_right_arithmetic(exponent, like(exponent, 1))
    scaled = x
    for part in (first, primitives.sub(exponent, first)):
        scaled = primitives.mul(scaled, _power_of_two(primitives.neg(part), x.dtype))
    mantissa = primitives.select(subnormal, mantissa, scaled)
    plain = primitives.and_(isfinite(x), primitives.ne(size, like(size, 0)))
    mantissa = primitives.select(plain, mantissa, x)
    exponent = primitives.select(plain, exponent, like(exponent, 0))
    return mantissa, exponent if exponent.dtype == INT32 else primitives.convert(exponent, INT32)


def ldexp(x: TracedArray, exponent: TracedArray) -> TracedArray:
    """X times 2 to the power of an integer, in four factors that are all within range."""
    if x.dtype.itemsize < FLOAT32.itemsize:
        # Rounded once, at the end.
        wide = ldexp(primitives.convert(x, FLOAT32), exponent)
        return primitives.convert(wide, x.dtype)
    layout = LAYOUTS[x.dtype]
    limit = 4 * (layout.bias - 7)
    # The limits fit into every integer that NumPy has a loop for once they are converted.
    n = exponent
    if n.dtype.itemsize > layout.bits.itemsize:
        n = primitives.min_(primitives.max_(n, like(n, -limit)), like(n, limit))
    if n.dtype != layout.bits:
        n = primitives.convert(n, layout.bits)
    n = primitives.min_(primitives.max_(n, like(n, -limit)), like(n, limit))
    quarter = primitives.shift_right_arithmetic(n, like(n, 2))
    rest = primitives.sub(n, primitives.mul(quarter, like(n, 3)))
    factor = _power_of_two(quarter, x.dtype)
    result = x
    for part in (factor, factor, factor, _power_of_two(rest, x.dtype)):
        result = primitives.mul(result, part)
    return result


def spacing(x: TracedArray) -> TracedArray:
    """The distance to the next number away from zero, with the sign of `x`."""
    layout = LAYOUTS[x.dtype]
    bits = primitives.bitcast(x, layout.bits)
    top, one = like(bits, layout.mantissa), like(bits, 1)
    size = primitives.and_(bits, like(bits, np.iinfo(layout.bits).max))
    field = primitives.max_(primitives.shift_right_logical(size, top), one)
    normal = primitives.shift_left(primitives.sub(field, top), top)
    subnormal = primitives.shift_left(one, primitives.sub(field, one))
    unit = primitives.select(primitives.gt(field, top), normal, subnormal)
    magnitude = primitives.bitcast(unit, x.dtype)
    # Behind the largest number comes infinity.
    above = like(bits, (2 * layout.bias + 1) * 2**layout.mantissa - 1)
    magnitude = primitives.select(primitives.eq(size, above), like(x, math.inf), magnitude)
    distance = primitives.copy_sign(magnitude, x)
    return primitives.select(isfinite(x), distance, like(x, math.nan))
