"""The `xform.numpy.emath` namespace: functions that are complex beyond the real line's domain.

In NumPy the elements decide whether a result is complex. What is traced has no elements to look
at, so that these take complex numbers only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib import scimath

from ..errors import XformTypeError, at_user_line
from ..tracing import traces
from ..tracing.array import ArrayLike, TracedArray
from . import ufuncs
from .complex_parts import is_complex
from .dispatch import function
from .promotion import operand


def _require_complex(name: str, *xs: Any) -> None:
    """Raises XformTypeError if none of the operands is complex."""
    if not any(is_complex(operand(x)) for x in xs):
        raise XformTypeError(
            at_user_line(
                f"{name}: whether the result is complex depends on the elements, which are not "
                "known while the function is traced; give complex numbers, as x.astype(complex), "
                f"or call numpy.{name}, which is NaN where the result is not real"
            )
        )


@function(scimath.sqrt)
def sqrt(x: ArrayLike) -> TracedArray:
    """The square root of complex numbers.

    Raises:
        XformTypeError: the numbers are real, here and in the other functions.
    """
    _require_complex("sqrt", x)
    return ufuncs.sqrt(x)


@function(scimath.log)
def log(x: ArrayLike) -> TracedArray:
    """The natural logarithm of complex numbers."""
    _require_complex("log", x)
    return ufuncs.log(x)


@function(scimath.log2)
def log2(x: ArrayLike) -> TracedArray:
    """The logarithm to base 2 of complex numbers."""
    _require_complex("log2", x)
    return ufuncs.log2(x)


@function(scimath.log10)
def log10(x: ArrayLike) -> TracedArray:
    """The logarithm to base 10 of complex numbers."""
    _require_complex("log10", x)
    return ufuncs.log10(x)


@function(scimath.logn)
def logn(n: ArrayLike, x: ArrayLike) -> TracedArray:
    """The logarithm of `x` to base `n`; what is traced of the two is complex."""
    logarithm: Any = scimath.log
    top, bottom = (log(y) if traces.is_traced(y) else logarithm(y) for y in (x, n))
    return ufuncs.divide(top, bottom)


@function(scimath.power)
def power(x: ArrayLike, p: ArrayLike) -> TracedArray:
    """Numbers to powers, one of the two complex."""
    _require_complex("power", x, p)
    # Python numbers are no weaker than arrays here, as in NumPy.
    base, exponent = (y if traces.is_traced(y) else np.asarray(y) for y in (x, p))
    return ufuncs.power(base, exponent)


@function(scimath.arccos)
def arccos(x: ArrayLike) -> TracedArray:
    """The inverse cosine of complex numbers."""
    _require_complex("arccos", x)
    return ufuncs.arccos(x)


@function(scimath.arcsin)
def arcsin(x: ArrayLike) -> TracedArray:
    """The inverse sine of complex numbers."""
    _require_complex("arcsin", x)
    return ufuncs.arcsin(x)


@function(scimath.arctanh)
def arctanh(x: ArrayLike) -> TracedArray:
    """The inverse hyperbolic tangent of complex numbers."""
    _require_complex("arctanh", x)
    return ufuncs.arctanh(x)


__all__ = [
    "arccos",
    "arcsin",
    "arctanh",
    "log",
    "log2",
    "log10",
    "logn",
    "power",
    "sqrt",
]
