"""The inverse trigonometric and hyperbolic functions.

William Kahan, Branch cuts for complex elementary functions, in: The state of the art in numerical
analysis, 1987. Signed zeros say on which side of a cut a number lies.
"""

from __future__ import annotations

import math

from .. import primitives as of_parts
from ..primitives import abs_, and_, atan2, copy_sign, hypot, lt, select
from ..tracing.array import TracedArray
from .arithmetic import reciprocal
from .exponential import sqrt
from .infinities import Ends, angle, ends, is_nan, is_zero
from .rules import complex_of, like, parts, rule, select_complex, times_i, times_minus_i


def _roots_around_1(x: TracedArray) -> tuple[TracedArray, TracedArray]:
    """The square roots of 1 - x and 1 + x."""
    a, b = parts(x)
    return sqrt(complex_of(1.0 - a, -b)), sqrt(complex_of(1.0 + a, b))


def _crossed(x: TracedArray, y: TracedArray) -> TracedArray:
    """The imaginary part of conj(x) y."""
    (a, b), (c, d) = parts(x), parts(y)
    return a * d - b * c


def _at_zero(part: TracedArray, x: TracedArray, value: TracedArray) -> TracedArray:
    """A part of a result, or its value where `x` has a real part of 0 and no imaginary one."""
    a, b = parts(x)
    return select(and_(is_zero(a), is_nan(b)), value, part)


@rule("acos")
def acos(x: TracedArray) -> TracedArray:
    """The inverse cosine, with a real part from 0 to pi."""
    end = ends(x)
    below, above = _roots_around_1(end.finite)
    upwards = end._replace(imag=abs_(end.imag))
    real = _turns(end) * angle(parts(below)[0], parts(above)[0], upwards)
    real = _at_zero(real, x, like(real, math.pi / 2))
    imag = of_parts.asinh(_crossed(above, below))
    limit = copy_sign(like(imag, math.inf), -end.imag)
    return complex_of(real, select(end.reached, limit, imag))


@rule("asin")
def asin(x: TracedArray) -> TracedArray:
    """The inverse sine, with a real part from -pi / 2 to pi / 2."""
    end = ends(x)
    below, above = _roots_around_1(end.finite)
    (a, b), (c, d) = parts(below), parts(above)
    # This angle is the one from the imaginary axis.
    mirrored = end._replace(real=abs_(end.imag), imag=end.real)
    real = _at_zero(angle(parts(end.finite)[0], a * c - b * d, mirrored), x, parts(x)[0])
    imag = of_parts.asinh(_crossed(below, above))
    limit = copy_sign(like(imag, math.inf), end.imag)
    return complex_of(real, select(end.reached, limit, imag))


@rule("acosh")
def acosh(x: TracedArray) -> TracedArray:
    """The inverse hyperbolic cosine, with a real part of at least 0."""
    end = ends(x)
    a, b = parts(end.finite)
    below, above = sqrt(complex_of(a - 1.0, b)), sqrt(complex_of(a + 1.0, b))
    (p, q), (r, s) = parts(below), parts(above)
    imag = _turns(end) * angle(q, r, end)
    imag = _at_zero(imag, x, like(imag, math.pi / 2))
    real = of_parts.asinh(p * r + q * s)
    return complex_of(select(end.reached, like(real, math.inf), real), imag)


def _turns(end: Ends) -> TracedArray:
    """2 for an angle of square roots, and 1 for that of an infinite number."""
    return select(end.reached, like(end.real, 1.0), like(end.real, 2.0))


@rule("asinh")
def asinh(x: TracedArray) -> TracedArray:
    """The inverse hyperbolic sine."""
    return times_minus_i(asin(times_i(x)))


@rule("atanh")
def atanh(x: TracedArray) -> TracedArray:
    """The inverse hyperbolic tangent, with an imaginary part from -pi / 2 to pi / 2.

    Half the logarithm of (1 + x) / (1 - x); beyond 2, that of 1 / x and a quarter of a turn.
    """
    end = ends(x)
    a, b = parts(end.finite)
    zero, one = like(a, 0.0), like(a, 1.0)
    far = lt(like(a, 2.0), hypot(a, b))
    inverse = reciprocal(select_complex(far, (a, b), (one, one)))
    c, d = parts(select_complex(far, parts(inverse), (a, b)))

    negative = lt(c, zero)
    size = select(negative, -c, c)
    distance = hypot(1.0 - size, d)
    near = lt(distance, like(a, 0.5))
    ratio = hypot(1.0 + size, d) / select(near, distance, one)
    safe = select(near, one, distance)
    gain = 4.0 * select(near, zero, size) / (safe * safe)
    real = select(near, 0.5 * of_parts.log(ratio), 0.25 * of_parts.log1p(gain))
    real = _at_zero(select(negative, -real, real), x, parts(x)[0])
    quarter = copy_sign(like(b, math.pi / 2), b)
    angle = 0.5 * (atan2(d, 1.0 + c) + atan2(d, 1.0 - c))
    imag = select(far, angle + quarter, angle)

    ended = select(is_nan(end.imag), end.imag, copy_sign(quarter, end.imag))
    limit = (copy_sign(zero, end.real), ended)
    return select_complex(end.reached, limit, (real, imag))


@rule("atan")
def atan(x: TracedArray) -> TracedArray:
    """The inverse tangent."""
    return times_minus_i(atanh(times_i(x)))
