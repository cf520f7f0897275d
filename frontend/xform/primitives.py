"""The primitives: one function for each, from arrays to a traced array.

Operands of elementwise primitives have one shape and one dtype already; `xform.numpy` broadcasts
and promotes. What each one computes is said once, in the dialect. Called outside of a transform,
a primitive is compiled and run at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from xform_runtime import Array

from . import tracing
from ._xform import Diagnostic, Type, Value
from .avals import checked_dtype
from .errors import XformError, XformTypeError, XformValueError, at_user_line
from .source import user_location

if TYPE_CHECKING:
    from ._xform import Attribute
    from .array import TracedArray

Operand: TypeAlias = "TracedArray | np.ndarray[Any, Any] | Array | np.generic | bool | int | float"


def _emit(
    op: str,
    operands: Sequence[Operand],
    attributes: Mapping[str, Attribute] | None = None,
    result_type: Type | None = None,
) -> TracedArray:
    trace = tracing.current_trace()
    if trace is None:
        from . import direct

        result: TracedArray = direct.call(
            lambda *xs: _emit(op, xs, attributes, result_type), operands, {}, name=op, transform=op
        )
        return result
    values = [tracing.lift(x, f"{op}: operand {i}") for i, x in enumerate(operands)]
    try:
        value = trace.function.emit(op, values, user_location(), attributes, result_type)
    except Diagnostic as diagnostic:
        raise rejected(op, values, diagnostic) from None
    weak = bool(operands) and all(map(_is_weak, operands))
    return tracing.wrap(value, trace, weak)


def _is_weak(x: Operand) -> bool:
    if tracing.is_traced(x):
        return x.weak  # type: ignore[union-attr]
    return isinstance(x, bool | int | float) and not isinstance(x, np.generic)


def rejected(op: str, operands: Sequence[Value], diagnostic: Diagnostic) -> XformError:
    """The user's error for what an op's inference or verifier said.

    Args:
        op: the operation's name.
        operands: its operands.
        diagnostic: what the compiler said.
    """
    given = ", ".join(_describe(x) for x in operands)
    message = diagnostic.message.removeprefix(f"'xform.{op}' op ")
    text = "\n".join([f"{op}({given}): {message}", *(f"  {note}" for note in diagnostic.notes)])
    dtypes = {x.dtype for x in operands}
    about_dtype = "element type" in message or "must be ranked tensor of" in message
    kind = XformTypeError if about_dtype or (len(dtypes) > 1 and "shape" not in message) else None
    return (kind or XformValueError)(at_user_line(text))


def _describe(value: Value) -> str:
    return f"{value.dtype}[{','.join('?' if n < 0 else str(n) for n in value.shape)}]"


def _ints(values: Sequence[int]) -> list[int]:
    return [int(v) for v in values]


def neg(x: Operand) -> TracedArray:
    """-x, wrapping for integers."""
    return _emit("neg", [x])


def add(x: Operand, y: Operand) -> TracedArray:
    """x + y, wrapping for integers."""
    return _emit("add", [x, y])


def sub(x: Operand, y: Operand) -> TracedArray:
    """x - y, wrapping for integers."""
    return _emit("sub", [x, y])


def mul(x: Operand, y: Operand) -> TracedArray:
    """x * y, wrapping for integers."""
    return _emit("mul", [x, y])


def div(x: Operand, y: Operand) -> TracedArray:
    """x / y; integers truncate towards zero, y = 0 is undefined."""
    return _emit("div", [x, y])


def rem(x: Operand, y: Operand) -> TracedArray:
    """x - y * trunc(x / y), with the sign of x."""
    return _emit("rem", [x, y])


def max_(x: Operand, y: Operand) -> TracedArray:
    """The larger of x and y; NaN if either is."""
    return _emit("max", [x, y])


def min_(x: Operand, y: Operand) -> TracedArray:
    """The smaller of x and y; NaN if either is."""
    return _emit("min", [x, y])


def abs_(x: Operand) -> TracedArray:
    """|x|."""
    return _emit("abs", [x])


def sign(x: Operand) -> TracedArray:
    """-1, 0 or 1; NaN stays NaN, a zero keeps its sign."""
    return _emit("sign", [x])


def pow_(x: Operand, y: Operand) -> TracedArray:
    """x to the power y, with the special cases of C's pow."""
    return _emit("pow", [x, y])


def floor(x: Operand) -> TracedArray:
    """The largest integer not above x."""
    return _emit("floor", [x])


def ceil(x: Operand) -> TracedArray:
    """The smallest integer not below x."""
    return _emit("ceil", [x])


def round_(x: Operand) -> TracedArray:
    """The nearest integer, ties to even."""
    return _emit("round", [x])


def trunc(x: Operand) -> TracedArray:
    """x without its fraction."""
    return _emit("trunc", [x])


def sqrt(x: Operand) -> TracedArray:
    """The square root."""
    return _emit("sqrt", [x])


def rsqrt(x: Operand) -> TracedArray:
    """1 / sqrt(x)."""
    return _emit("rsqrt", [x])


def cbrt(x: Operand) -> TracedArray:
    """The real cube root."""
    return _emit("cbrt", [x])


def exp(x: Operand) -> TracedArray:
    """e to the power x."""
    return _emit("exp", [x])


def exp2(x: Operand) -> TracedArray:
    """2 to the power x."""
    return _emit("exp2", [x])


def expm1(x: Operand) -> TracedArray:
    """Exp(x) - 1, exact near 0."""
    return _emit("expm1", [x])


def log(x: Operand) -> TracedArray:
    """The natural logarithm."""
    return _emit("log", [x])


def log2(x: Operand) -> TracedArray:
    """The logarithm to base 2."""
    return _emit("log2", [x])


def log10(x: Operand) -> TracedArray:
    """The logarithm to base 10."""
    return _emit("log10", [x])


def log1p(x: Operand) -> TracedArray:
    """Log(1 + x), exact near 0."""
    return _emit("log1p", [x])


def sin(x: Operand) -> TracedArray:
    """The sine of x radians."""
    return _emit("sin", [x])


def cos(x: Operand) -> TracedArray:
    """The cosine of x radians."""
    return _emit("cos", [x])


def tan(x: Operand) -> TracedArray:
    """The tangent of x radians."""
    return _emit("tan", [x])


def asin(x: Operand) -> TracedArray:
    """The inverse sine, in radians."""
    return _emit("asin", [x])


def acos(x: Operand) -> TracedArray:
    """The inverse cosine, in radians."""
    return _emit("acos", [x])


def atan(x: Operand) -> TracedArray:
    """The inverse tangent, in radians."""
    return _emit("atan", [x])


def atan2(x: Operand, y: Operand) -> TracedArray:
    """The angle of the point (y, x), here named (x, y), in radians."""
    return _emit("atan2", [x, y])


def sinh(x: Operand) -> TracedArray:
    """The hyperbolic sine."""
    return _emit("sinh", [x])


def cosh(x: Operand) -> TracedArray:
    """The hyperbolic cosine."""
    return _emit("cosh", [x])


def tanh(x: Operand) -> TracedArray:
    """The hyperbolic tangent."""
    return _emit("tanh", [x])


def asinh(x: Operand) -> TracedArray:
    """The inverse hyperbolic sine."""
    return _emit("asinh", [x])


def acosh(x: Operand) -> TracedArray:
    """The inverse hyperbolic cosine."""
    return _emit("acosh", [x])


def atanh(x: Operand) -> TracedArray:
    """The inverse hyperbolic tangent."""
    return _emit("atanh", [x])


def logistic(x: Operand) -> TracedArray:
    """1 / (1 + exp(-x))."""
    return _emit("logistic", [x])


def erf(x: Operand) -> TracedArray:
    """The error function."""
    return _emit("erf", [x])


def erfc(x: Operand) -> TracedArray:
    """1 - erf(x), exact for large x."""
    return _emit("erfc", [x])


def and_(x: Operand, y: Operand) -> TracedArray:
    """x & y, bit by bit."""
    return _emit("and", [x, y])


def or_(x: Operand, y: Operand) -> TracedArray:
    """x | y, bit by bit."""
    return _emit("or", [x, y])


def xor(x: Operand, y: Operand) -> TracedArray:
    """x ^ y, bit by bit."""
    return _emit("xor", [x, y])


def not_(x: Operand) -> TracedArray:
    """~x, bit by bit."""
    return _emit("not", [x])


def eq(x: Operand, y: Operand) -> TracedArray:
    """x == y."""
    return _emit("eq", [x, y])


def ne(x: Operand, y: Operand) -> TracedArray:
    """x != y."""
    return _emit("ne", [x, y])


def lt(x: Operand, y: Operand) -> TracedArray:
    """x < y."""
    return _emit("lt", [x, y])


def le(x: Operand, y: Operand) -> TracedArray:
    """x <= y."""
    return _emit("le", [x, y])


def gt(x: Operand, y: Operand) -> TracedArray:
    """x > y."""
    return _emit("gt", [x, y])


def ge(x: Operand, y: Operand) -> TracedArray:
    """x >= y."""
    return _emit("ge", [x, y])


def stop_gradient(x: Operand) -> TracedArray:
    """X, as if it were a constant to every derivative."""
    return _emit("stop_gradient", [x])


def integer_pow(x: Operand, exponent: int) -> TracedArray:
    """x to a fixed integer power."""
    return _emit("integer_pow", [x], {"exponent": int(exponent)})


def select(pred: Operand, x: Operand, y: Operand) -> TracedArray:
    """x where the bool predicate is true, y elsewhere."""
    return _emit("select", [pred, x, y])


def convert(x: Operand, dtype: Any) -> TracedArray:
    """Each element as another dtype; the result is never weak."""
    target = checked_dtype(dtype, "convert")
    shape = tracing.aval(x, "convert: operand 0").shape
    result = _emit("convert", [x], result_type=Type(shape, target.name))
    return _strong(result)


def _strong(x: TracedArray) -> TracedArray:
    if tracing.is_traced(x) and x.weak:
        return tracing.wrap(x.value, x.trace)
    return x


def full(shape: Sequence[int], dtype: Any, value: bool | int | float) -> TracedArray:
    """A constant with one value in every element."""
    target = checked_dtype(dtype, "full")
    trace = tracing.current_trace()
    if trace is None:
        return np.full(tuple(shape), value, target)  # type: ignore[return-value]
    type_ = Type(_ints(shape), target.name)
    return tracing.wrap(trace.function.splat(value, type_, user_location()), trace)


def iota(shape: Sequence[int], dtype: Any, axis: int) -> TracedArray:
    """Each element's index along `axis`."""
    type_ = Type(_ints(shape), checked_dtype(dtype, "iota").name)
    return _emit("iota", [], {"axis": int(axis)}, type_)


def reshape(x: Operand, shape: Sequence[int]) -> TracedArray:
    """The same elements in row-major order, in another shape."""
    kind = tracing.aval(x, "reshape: operand 0")
    return _emit("reshape", [x], result_type=Type(_ints(shape), kind.dtype.name))


def broadcast_in_dim(x: Operand, shape: Sequence[int], dims: Sequence[int]) -> TracedArray:
    """x repeated: its axis i becomes axis dims[i] of the result; `dims` increases."""
    kind = tracing.aval(x, "broadcast_in_dim: operand 0")
    result_type = Type(_ints(shape), kind.dtype.name)
    return _emit("broadcast_in_dim", [x], {"dims": _ints(dims)}, result_type)


def transpose(x: Operand, permutation: Sequence[int]) -> TracedArray:
    """Axis i of the result is axis permutation[i] of x."""
    return _emit("transpose", [x], {"permutation": _ints(permutation)})


def reverse(x: Operand, axes: Sequence[int]) -> TracedArray:
    """The elements in opposite order along some axes."""
    return _emit("reverse", [x], {"axes": _ints(axes)})


def slice(
    x: Operand, starts: Sequence[int], limits: Sequence[int], strides: Sequence[int]
) -> TracedArray:
    """Every strides[i]-th element from starts[i] up to limits[i] along axis i."""
    attributes: dict[str, Attribute] = {
        "starts": _ints(starts),
        "limits": _ints(limits),
        "strides": _ints(strides),
    }
    return _emit("slice", [x], attributes)


def pad(
    x: Operand,
    value: Operand,
    low: Sequence[int],
    high: Sequence[int],
    interior: Sequence[int],
) -> TracedArray:
    """x with the 0-d `value` before, after and between its elements; negative amounts cut."""
    attributes: dict[str, Attribute] = {
        "low": _ints(low),
        "high": _ints(high),
        "interior": _ints(interior),
    }
    return _emit("pad", [x, value], attributes)


def concatenate(xs: Sequence[Operand], axis: int) -> TracedArray:
    """Arrays one after another along an axis."""
    return _emit("concatenate", list(xs), {"axis": int(axis)})


def reduce_sum(x: Operand, axes: Sequence[int]) -> TracedArray:
    """The sum over some axes; 0 over none."""
    return _emit("reduce_sum", [x], {"axes": _ints(axes)})


def reduce_prod(x: Operand, axes: Sequence[int]) -> TracedArray:
    """The product over some axes; 1 over none."""
    return _emit("reduce_prod", [x], {"axes": _ints(axes)})


def reduce_max(x: Operand, axes: Sequence[int]) -> TracedArray:
    """The largest element over some axes, NaN if there is one."""
    return _emit("reduce_max", [x], {"axes": _ints(axes)})


def reduce_min(x: Operand, axes: Sequence[int]) -> TracedArray:
    """The smallest element over some axes, NaN if there is one."""
    return _emit("reduce_min", [x], {"axes": _ints(axes)})


def reduce_and(x: Operand, axes: Sequence[int]) -> TracedArray:
    """Whether all elements over some axes are true."""
    return _emit("reduce_and", [x], {"axes": _ints(axes)})


def reduce_or(x: Operand, axes: Sequence[int]) -> TracedArray:
    """Whether any element over some axes is true."""
    return _emit("reduce_or", [x], {"axes": _ints(axes)})


def dot_general(
    lhs: Operand,
    rhs: Operand,
    lhs_batch: Sequence[int],
    rhs_batch: Sequence[int],
    lhs_contracting: Sequence[int],
    rhs_contracting: Sequence[int],
) -> TracedArray:
    """Products summed over contracted axes: batch axes, then the free ones of lhs, then of rhs."""
    attributes: dict[str, Attribute] = {
        "lhs_batch": _ints(lhs_batch),
        "rhs_batch": _ints(rhs_batch),
        "lhs_contracting": _ints(lhs_contracting),
        "rhs_contracting": _ints(rhs_contracting),
    }
    return _emit("dot_general", [lhs, rhs], attributes)
