"""The sine of a number divided by the number, which has no quotient at 0."""

from __future__ import annotations

from math import factorial
from typing import Final

from ..primitives import hypot, lt
from ..tracing.array import TracedArray
from .arithmetic import div, mul, square
from .exponential import sin
from .rules import complex_of, like, parts, rule, select_complex

# The last one is below the last digit where a number's size is less than 1.
_TERMS: Final = 10


@rule("sinc")
def sinc(x: TracedArray, order: int) -> TracedArray:
    """sin(x) / x, near 0 by its Taylor series."""
    assert order == 0, "derivatives are taken of the parts"
    a, b = parts(x)
    zero, one = like(a, 0.0), like(a, 1.0)
    near = lt(hypot(a, b), one)
    small = square(select_complex(near, (a, b), (zero, zero)))
    series = complex_of(zero, zero)
    for k in reversed(range(_TERMS)):
        real, imag = parts(mul(series, small))
        series = complex_of(real + (-1) ** k / factorial(2 * k + 1), imag)
    large = select_complex(near, (one, zero), (a, b))
    return select_complex(near, parts(series), parts(div(sin(large), large)))
