"""Exponentials, logarithms, square roots, and the trigonometric and hyperbolic functions.

Where a formula has no value at infinities and zeros, NumPy's and C's Annex G are followed. No
`select` stands where the branches are numbers and differ in their derivatives: at b = 0, a + bi may
move away.
"""

from __future__ import annotations

import math
from typing import Final

from .. import primitives as of_parts
from ..primitives import (
    abs_,
    and_,
    copy_sign,
    hypot,
    lt,
    not_,
    or_,
    select,
    stop_gradient,
)
from ..tracing.array import TracedArray
from .infinities import angle, ends, is_finite, is_infinite, is_nan, is_zero
from .rules import complex_of, like, parts, rule, select_complex, times_i, times_minus_i

# Beyond the first number, an exponential is computed of an exponent that is smaller by the second:
# it may overflow where its product with a sine does not.
_EXPONENTS: Final[dict[str, tuple[float, float]]] = {
    "float32": (85.0, 60.0),
    "float64": (700.0, 600.0),
}
_POWERS_OF_2: Final[dict[str, tuple[float, float]]] = {
    "float32": (120.0, 100.0),
    "float64": (1000.0, 900.0),
}

# Above the first the sum of two sizes may overflow, below the second its half may be subnormal.
_HUGE: Final[dict[str, float]] = {"float32": 2.0**120, "float64": 2.0**1000}
_TINY: Final[dict[str, float]] = {"float32": 2.0**-100, "float64": 2.0**-1000}

# What numbers beyond the first are multiplied by.
_SHRUNK: Final = 2.0**-40


@rule("exp")
def exp(x: TracedArray) -> TracedArray:
    """e^a (cos b + i sin b)."""
    a, b = parts(x)
    limit, shift = _EXPONENTS[a.dtype.name]
    beyond = lt(like(a, limit), a)
    size = of_parts.exp(select(beyond, a - shift, a))
    return _in_direction(size, _where(beyond, math.exp(shift), size), a, b)


@rule("exp2")
def exp2(x: TracedArray) -> TracedArray:
    """2^a (cos(b log 2) + i sin(b log 2))."""
    a, b = parts(x)
    limit, shift = _POWERS_OF_2[a.dtype.name]
    beyond = lt(like(a, limit), a)
    size = of_parts.exp2(select(beyond, a - shift, a))
    return _in_direction(size, _where(beyond, 2.0**shift, size), a, b * math.log(2))


def _where(condition: TracedArray, factor: float, x: TracedArray) -> TracedArray:
    """A factor for `x`, and 1 where the condition does not hold."""
    return select(condition, like(x, factor), like(x, 1.0))


def _in_direction(
    size: TracedArray, factor: TracedArray, a: TracedArray, b: TracedArray
) -> TracedArray:
    """The number of a size, two factors that are an exponential of `a`, and an angle `b`."""
    real, imag = size * of_parts.cos(b) * factor, size * of_parts.sin(b) * factor
    imag = select(and_(is_zero(b), not_(is_finite(size))), b, imag)
    nowhere = and_(is_infinite(a), not_(is_finite(b)))
    return complex_of(
        select(nowhere, size, real),
        select(and_(nowhere, is_zero(size)), copy_sign(size, b), imag),
    )


@rule("expm1")
def expm1(x: TracedArray) -> TracedArray:
    """e^x - 1, near 0 too."""
    a, b = parts(x)
    real, imag = parts(exp(x))
    # Elsewhere the derivatives of this formula would lose digits.
    near = lt(abs_(a), like(a, 1.0))
    half = of_parts.sin(b * 0.5)
    small = of_parts.expm1(select(near, a, like(a, 0.0))) * of_parts.cos(b) - 2.0 * half * half
    return complex_of(select(near, small, real - 1.0), imag)


@rule("log")
def log(x: TracedArray) -> TracedArray:
    """log |x| and the angle, from -pi to pi."""
    end = ends(x)
    a, b = parts(end.finite)
    size = select(end.reached, like(a, math.inf), _log_of_size(a, b))
    return complex_of(size, angle(b, a, end))


@rule("log2")
def log2(x: TracedArray) -> TracedArray:
    """log x / log 2."""
    real, imag = parts(log(x))
    return complex_of(real * (1 / math.log(2)), imag * (1 / math.log(2)))


@rule("log10")
def log10(x: TracedArray) -> TracedArray:
    """log x / log 10."""
    real, imag = parts(log(x))
    return complex_of(real * (1 / math.log(10)), imag * (1 / math.log(10)))


@rule("log1p")
def log1p(x: TracedArray) -> TracedArray:
    """log(1 + x), near 0 too."""
    end = ends(x)
    a, b = parts(end.finite)
    beyond = a * (a + 2.0) + b * b
    near = lt(abs_(beyond), like(a, 0.5))
    small = select(near, beyond, like(a, 0.0))
    far = _log_of_size(select(near, like(a, 2.0), a + 1.0), b)
    size = select(near, 0.5 * of_parts.log1p(small), far)
    size = select(end.reached, like(a, math.inf), size)
    return complex_of(size, angle(b, a + 1.0, end))


def _log_of_size(a: TracedArray, b: TracedArray) -> TracedArray:
    """log |a + bi|; where that is near 1, of what it is beyond 1."""
    flipped = lt(abs_(a), abs_(b))
    large, small = select(flipped, b, a), select(flipped, a, b)
    huge = lt(like(a, _HUGE[a.dtype.name]), abs_(large))
    factor = _where(huge, _SHRUNK, a)
    size = hypot(factor * a, factor * b)
    near = and_(lt(like(a, 0.5), size), lt(size, like(a, 2.0)))
    large, small = (select(near, part, like(part, 1.0)) for part in (large, small))
    beyond = (abs_(large) - 1.0) * (abs_(large) + 1.0) + small * small
    far = of_parts.log(size) + select(huge, like(a, -math.log(_SHRUNK)), like(a, 0.0))
    return select(near, 0.5 * of_parts.log1p(beyond), far)


@rule("sqrt")
def sqrt(x: TracedArray) -> TracedArray:
    """The square root with a real part of at least 0.

    William Kahan, Branch cuts for complex elementary functions, in: The state of the art in
    numerical analysis, 1987; so are the inverse functions.
    """
    end = ends(x)
    a, b = parts(end.finite)
    negative = lt(a, like(a, 0.0))
    side = stop_gradient(copy_sign(like(b, 1.0), b))
    scale, root = _scales(a, b)
    c, d = scale * select(negative, -a, a), scale * b
    size = of_parts.sqrt(0.5 * (c + hypot(c, d)))
    zero = is_zero(size)
    other = root * d / (2.0 * select(zero, like(size, 1.0), size))
    size = root * size
    real, imag = select(negative, side * other, size), select(negative, side * size, other)
    imag = select(zero, copy_sign(size, b), imag)
    upwards, rightwards = is_infinite(parts(x)[1]), lt(like(a, 0.0), end.real)
    limit = (
        select(or_(upwards, rightwards), like(a, math.inf), abs_(end.imag)),
        select(
            upwards,
            parts(x)[1],
            select(rightwards, end.imag, copy_sign(like(a, math.inf), end.imag)),
        ),
    )
    return select_complex(end.reached, limit, (real, imag))


def _scales(a: TracedArray, b: TracedArray) -> tuple[TracedArray, TracedArray]:
    """A power of 4 that brings the parts of a number near 1, and the root of its inverse."""
    largest = stop_gradient(of_parts.max_(abs_(a), abs_(b)))
    huge = lt(like(a, _HUGE[a.dtype.name]), largest)
    tiny = lt(largest, like(a, _TINY[a.dtype.name]))
    one = like(a, 1.0)
    grown = 2.0**60
    scale = select(huge, like(a, _SHRUNK), select(tiny, like(a, grown), one))
    root = select(huge, like(a, _SHRUNK**-0.5), select(tiny, like(a, grown**-0.5), one))
    return scale, root


@rule("sinh")
def sinh(x: TracedArray) -> TracedArray:
    """sinh a cos b + i cosh a sin b."""
    a, b = parts(x)
    odd, even, factor = _hyperbolic(a)
    real, imag = odd * of_parts.cos(b) * factor, even * of_parts.sin(b) * factor
    real = select(and_(or_(is_zero(a), is_infinite(a)), not_(is_finite(b))), a, real)
    return complex_of(real, select(and_(is_zero(b), not_(is_finite(even))), b, imag))


@rule("cosh")
def cosh(x: TracedArray) -> TracedArray:
    """cosh a cos b + i sinh a sin b."""
    a, b = parts(x)
    odd, even, factor = _hyperbolic(a)
    real, imag = even * of_parts.cos(b) * factor, odd * of_parts.sin(b) * factor
    real = select(and_(is_infinite(a), not_(is_finite(b))), even, real)
    imag = select(and_(is_zero(a), not_(is_finite(b))), a, imag)
    flat = and_(is_zero(b), not_(is_finite(even)))
    return complex_of(real, select(flat, b * copy_sign(like(a, 1.0), a), imag))


def _hyperbolic(a: TracedArray) -> tuple[TracedArray, TracedArray, TracedArray]:
    """sinh a and cosh a, but for a factor of both."""
    limit, shift = _EXPONENTS[a.dtype.name]
    beyond = lt(like(a, limit), abs_(a))
    steep = select(beyond, a - copy_sign(like(a, shift), a), a)
    return of_parts.sinh(steep), of_parts.cosh(steep), _where(beyond, math.exp(shift), a)


@rule("tanh")
def tanh(x: TracedArray) -> TracedArray:
    """The hyperbolic tangent; the formula for small real parts is Kahan's."""
    a, b = parts(x)
    zero, one = like(a, 0.0), like(a, 1.0)
    steep = lt(abs_(a), one)
    slope = of_parts.tan(select(steep, b, zero))
    inner = select(steep, a, zero)
    odd, even = of_parts.sinh(inner), of_parts.cosh(inner)
    growth = 1.0 + slope * slope
    scale = 1.0 + growth * odd * odd
    real, imag = growth * even * odd / scale, slope / scale
    real = select(and_(is_zero(a), not_(is_finite(b))), a, real)

    # With w = e^(-2 |a| - 2bi), it is 1 - 2w / (1 + w), whose derivatives do not vanish before w.
    outer = select(steep, one, abs_(a))
    turned = select(and_(is_infinite(a), not_(is_finite(b))), copy_sign(one, b), b)
    decay = of_parts.exp(-2.0 * outer)
    p, q = decay * of_parts.cos(2.0 * turned), decay * of_parts.sin(2.0 * turned)
    size = decay * decay
    whole = 1.0 + 2.0 * p + size
    far = (copy_sign(1.0 - 2.0 * (p + size) / whole, a), 2.0 * q / whole)
    real, imag = parts(select_complex(steep, (real, imag), far))
    return complex_of(real, select(and_(is_zero(b), is_nan(a)), b, imag))


@rule("sin")
def sin(x: TracedArray) -> TracedArray:
    """The sine."""
    return times_minus_i(sinh(times_i(x)))


@rule("cos")
def cos(x: TracedArray) -> TracedArray:
    """The cosine."""
    return cosh(times_i(x))


@rule("tan")
def tan(x: TracedArray) -> TracedArray:
    """The tangent."""
    return times_minus_i(tanh(times_i(x)))


__all__ = ["exp", "log", "sin", "sqrt"]
