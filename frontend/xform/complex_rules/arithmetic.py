"""Products, quotients, powers and absolute values."""

from __future__ import annotations

import math
from typing import Final

from ..primitives import abs_, and_, eq, full, hypot, lt, not_, or_, select, sqrt
from ..tracing.array import TracedArray
from .exponential import exp, log
from .infinities import ends, is_finite, is_infinite, is_zero
from .rules import complex_of, like, parts, rule, select_complex

# For integers from here on NumPy takes a logarithm.
_LARGE_EXPONENT: Final = 100


@rule("mul")
def mul(x: TracedArray, y: TracedArray) -> TracedArray:
    """(a + bi) (c + di), in four products as in NumPy."""
    (a, b), (c, d) = parts(x), parts(y)
    return complex_of(a * c - b * d, a * d + b * c)


@rule("div")
def div(x: TracedArray, y: TracedArray) -> TracedArray:
    """(a + bi) / (c + di), divided by the larger part of the divisor first.

    Robert L. Smith, Algorithm 116: Complex division, Communications of the ACM 5, 1962.
    """
    (a, b), (c, d) = parts(x), parts(y)
    flipped = lt(abs_(c), abs_(d))
    large, small = select(flipped, d, c), select(flipped, c, d)
    # By 0 each part is divided by itself, and is infinite or NaN.
    zero = _is_origin(large, small)
    ratio = small / select(zero, like(large, 1.0), large)
    scale = select(zero, like(large, 0.0), large + small * ratio)
    first, second = select(flipped, b, a), select(flipped, a, b)
    real = select(zero, a, first + second * ratio)
    imag = select(zero, b, select(flipped, b * ratio - a, b - a * ratio))
    return complex_of(real / scale, imag / scale)


@rule("abs")
def absolute(x: TracedArray) -> TracedArray:
    """The distance from 0, a real array."""
    return hypot(*parts(x))


@rule("sign")
def sign(x: TracedArray) -> TracedArray:
    """x / |x|; 0 at 0, and 1, -1, i or -i where one part is infinite."""
    end = ends(x)
    a, b = parts(end.finite)
    size = hypot(a, b)
    zero = is_zero(size)
    safe = select(zero, like(size, 1.0), size)
    nothing = like(a, 0.0)
    there = select_complex(zero, (nothing, nothing), (a / safe, b / safe))
    along, across = (is_infinite(part) for part in parts(x))
    nan = like(a, math.nan)
    one_end = (select(along, end.real, nothing), select(across, end.imag, nothing))
    limit = parts(select_complex(and_(along, across), (nan, nan), one_end))
    return select_complex(end.reached, limit, parts(there))


def square(x: TracedArray) -> TracedArray:
    """x x; factors keep the digits that a difference of squares loses."""
    a, b = parts(x)
    both = a * b
    # Adding makes 0.0 of -0.0.
    return complex_of((a - b) * (a + b) + 0.0, both + both)


def reciprocal(x: TracedArray) -> TracedArray:
    """1 / x, divided by the larger part first; NaN at 0."""
    c, d = parts(x)
    flipped = lt(abs_(c), abs_(d))
    large, small = select(flipped, d, c), select(flipped, c, d)
    ratio = small / large
    scale = large + small * ratio
    one = like(c, 1.0)
    return complex_of(select(flipped, ratio, one) / scale, -select(flipped, one, ratio) / scale)


@rule("integer_pow")
def integer_pow(x: TracedArray, exponent: int) -> TracedArray:
    """By repeated squares, as far as NumPy multiplies."""
    if exponent == 0:
        return full(x.shape, x.dtype, 1.0)
    if abs(exponent) >= _LARGE_EXPONENT:
        return pow_(x, full(x.shape, x.dtype, float(exponent)))
    found, power, left = None, x, abs(exponent)
    while left:
        if left % 2:
            found = power if found is None else mul(found, power)
        left //= 2
        if left:
            power = square(power)
    assert found is not None, "the exponent is not 0"
    return found if exponent > 0 else reciprocal(found)


@rule("pow")
def pow_(x: TracedArray, y: TracedArray) -> TracedArray:
    """e^(y log x); anything to 0 is 1, and 0 to what has a positive real part is 0."""
    (a, b), (c, d) = parts(x), parts(y)
    zero, one = like(a, 0.0), like(a, 1.0)
    of_zero = _is_origin(a, b)
    size, angle = parts(log(select_complex(of_zero, (one, zero), (a, b))))
    known = is_finite(size)
    turned = select(or_(known, not_(is_zero(d))), d * size, zero)
    power = parts(exp(complex_of(c * size - d * angle, c * angle + turned)))
    power = parts(select_complex(of_zero, _power_of_zero(a, b, c, d), power))
    unknown = or_(of_zero, not_(known))
    return select_complex(and_(_is_origin(c, d), unknown), (one, zero), power)


def _power_of_zero(
    a: TracedArray, b: TracedArray, c: TracedArray, d: TracedArray
) -> tuple[TracedArray, TracedArray]:
    """(a + bi)^(c + di) at 0, with the first two derivatives there by a and b."""
    zero, one = like(a, 0.0), like(a, 1.0)
    first, second = (and_(eq(c, like(c, n)), is_zero(d)) for n in (1.0, 2.0))
    endless = and_(and_(lt(zero, c), not_(lt(one, c))), not_(first))
    steep = and_(_is_origin(a, b), endless)
    squared = parts(square(complex_of(a, b)))

    def of(part: TracedArray, squared: TracedArray) -> TracedArray:
        root = sqrt(select(steep, part, one))
        value = select(first, part, select(second, squared, zero))
        return select(lt(zero, c), select(steep, root, value) + 0.0, like(a, math.nan))

    return of(a, squared[0]), of(b, squared[1])


def _is_origin(a: TracedArray, b: TracedArray) -> TracedArray:
    return and_(is_zero(a), is_zero(b))


__all__ = ["div", "integer_pow", "mul", "pow_", "square"]
