"""Primitives that compute each element from those at the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._xform import Type
from ..tracing import traces
from ..tracing.avals import checked_dtype
from .emission import Operand, emit, strong

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


def neg(x: Operand) -> TracedArray:
    """-x, wrapping for integers."""
    return emit("neg", [x])


def add(x: Operand, y: Operand) -> TracedArray:
    """x + y, wrapping for integers."""
    return emit("add", [x, y])


def sub(x: Operand, y: Operand) -> TracedArray:
    """x - y, wrapping for integers."""
    return emit("sub", [x, y])


def mul(x: Operand, y: Operand) -> TracedArray:
    """x * y, wrapping for integers."""
    return emit("mul", [x, y])


def div(x: Operand, y: Operand) -> TracedArray:
    """x / y; integers truncate towards zero, y = 0 is undefined."""
    return emit("div", [x, y])


def rem(x: Operand, y: Operand) -> TracedArray:
    """x - y * trunc(x / y), with the sign of x."""
    return emit("rem", [x, y])


def max_(x: Operand, y: Operand) -> TracedArray:
    """The larger of x and y; NaN if either is."""
    return emit("max", [x, y])


def min_(x: Operand, y: Operand) -> TracedArray:
    """The smaller of x and y; NaN if either is."""
    return emit("min", [x, y])


def abs_(x: Operand) -> TracedArray:
    """|x|."""
    return emit("abs", [x])


def sign(x: Operand) -> TracedArray:
    """-1, 0 or 1; NaN stays NaN, a zero keeps its sign."""
    return emit("sign", [x])


def pow_(x: Operand, y: Operand) -> TracedArray:
    """x to the power y, with the special cases of C's pow."""
    return emit("pow", [x, y])


def floor(x: Operand) -> TracedArray:
    """The largest integer not above x."""
    return emit("floor", [x])


def ceil(x: Operand) -> TracedArray:
    """The smallest integer not below x."""
    return emit("ceil", [x])


def round_(x: Operand) -> TracedArray:
    """The nearest integer, ties to even."""
    return emit("round", [x])


def trunc(x: Operand) -> TracedArray:
    """x without its fraction."""
    return emit("trunc", [x])


def sqrt(x: Operand) -> TracedArray:
    """The square root."""
    return emit("sqrt", [x])


def rsqrt(x: Operand) -> TracedArray:
    """1 / sqrt(x)."""
    return emit("rsqrt", [x])


def cbrt(x: Operand) -> TracedArray:
    """The real cube root."""
    return emit("cbrt", [x])


def exp(x: Operand) -> TracedArray:
    """e to the power x."""
    return emit("exp", [x])


def exp2(x: Operand) -> TracedArray:
    """2 to the power x."""
    return emit("exp2", [x])


def expm1(x: Operand) -> TracedArray:
    """Exp(x) - 1, exact near 0."""
    return emit("expm1", [x])


def log(x: Operand) -> TracedArray:
    """The natural logarithm."""
    return emit("log", [x])


def log2(x: Operand) -> TracedArray:
    """The logarithm to base 2."""
    return emit("log2", [x])


def log10(x: Operand) -> TracedArray:
    """The logarithm to base 10."""
    return emit("log10", [x])


def log1p(x: Operand) -> TracedArray:
    """Log(1 + x), exact near 0."""
    return emit("log1p", [x])


def sin(x: Operand) -> TracedArray:
    """The sine of x radians."""
    return emit("sin", [x])


def cos(x: Operand) -> TracedArray:
    """The cosine of x radians."""
    return emit("cos", [x])


def tan(x: Operand) -> TracedArray:
    """The tangent of x radians."""
    return emit("tan", [x])


def asin(x: Operand) -> TracedArray:
    """The inverse sine, in radians."""
    return emit("asin", [x])


def acos(x: Operand) -> TracedArray:
    """The inverse cosine, in radians."""
    return emit("acos", [x])


def atan(x: Operand) -> TracedArray:
    """The inverse tangent, in radians."""
    return emit("atan", [x])


def atan2(x: Operand, y: Operand) -> TracedArray:
    """The angle of the point (y, x), here named (x, y), in radians."""
    return emit("atan2", [x, y])


def sinh(x: Operand) -> TracedArray:
    """The hyperbolic sine."""
    return emit("sinh", [x])


def cosh(x: Operand) -> TracedArray:
    """The hyperbolic cosine."""
    return emit("cosh", [x])


def tanh(x: Operand) -> TracedArray:
    """The hyperbolic tangent."""
    return emit("tanh", [x])


def asinh(x: Operand) -> TracedArray:
    """The inverse hyperbolic sine."""
    return emit("asinh", [x])


def acosh(x: Operand) -> TracedArray:
    """The inverse hyperbolic cosine."""
    return emit("acosh", [x])


def atanh(x: Operand) -> TracedArray:
    """The inverse hyperbolic tangent."""
    return emit("atanh", [x])


def logistic(x: Operand) -> TracedArray:
    """1 / (1 + exp(-x))."""
    return emit("logistic", [x])


def erf(x: Operand) -> TracedArray:
    """The error function."""
    return emit("erf", [x])


def erfc(x: Operand) -> TracedArray:
    """1 - erf(x), exact for large x."""
    return emit("erfc", [x])


def and_(x: Operand, y: Operand) -> TracedArray:
    """x & y, bit by bit."""
    return emit("and", [x, y])


def or_(x: Operand, y: Operand) -> TracedArray:
    """x | y, bit by bit."""
    return emit("or", [x, y])


def xor(x: Operand, y: Operand) -> TracedArray:
    """x ^ y, bit by bit."""
    return emit("xor", [x, y])


def not_(x: Operand) -> TracedArray:
    """~x, bit by bit."""
    return emit("not", [x])


def eq(x: Operand, y: Operand) -> TracedArray:
    """x == y."""
    return emit("eq", [x, y])


def ne(x: Operand, y: Operand) -> TracedArray:
    """x != y."""
    return emit("ne", [x, y])


def lt(x: Operand, y: Operand) -> TracedArray:
    """x < y."""
    return emit("lt", [x, y])


def le(x: Operand, y: Operand) -> TracedArray:
    """x <= y."""
    return emit("le", [x, y])


def gt(x: Operand, y: Operand) -> TracedArray:
    """x > y."""
    return emit("gt", [x, y])


def ge(x: Operand, y: Operand) -> TracedArray:
    """x >= y."""
    return emit("ge", [x, y])


def stop_gradient(x: Operand) -> TracedArray:
    """X, as if it were a constant to every derivative."""
    return emit("stop_gradient", [x])


def checkpoint_name(x: Operand, name: str) -> TracedArray:
    """X, with a name that the policies of checkpoint know."""
    return emit("checkpoint_name", [x], {"name": name})


def integer_pow(x: Operand, exponent: int) -> TracedArray:
    """x to a fixed integer power."""
    return emit("integer_pow", [x], {"exponent": int(exponent)})


def select(pred: Operand, x: Operand, y: Operand) -> TracedArray:
    """x where the bool predicate is true, y elsewhere."""
    return emit("select", [pred, x, y])


def convert(x: Operand, dtype: Any) -> TracedArray:
    """Each element as another dtype; the result is never weak."""
    target = checked_dtype(dtype, "convert")
    shape = traces.aval(x, "convert: operand 0").shape
    result = emit("convert", [x], result_type=Type(shape, target.name))
    return strong(result)
