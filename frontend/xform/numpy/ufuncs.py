"""NumPy's universal functions, each a row: its dtype rule and what it is in primitives.

A row may give other forms for bool, integer and unsigned operands; without one, the common form
is used for all dtypes that NumPy's own rule lets through.
"""

from __future__ import annotations

import builtins
import math
import operator as python_operator
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from .. import primitives
from ..errors import XformValueError, at_user_line
from ..tracing import traces
from ..tracing.array import DType, TracedArray
from . import float_parts, integers
from .float_parts import like
from .promotion import BOOL, FLOAT32, Operand, Scalar, as_weak, constant, fit, is_inexact, resolve
from .ufunc import Comparison, Form, Ufunc

# Forms -----------------------------------------------------------------------


def _truth(x: TracedArray) -> TracedArray:
    return x if x.dtype == BOOL else primitives.ne(x, like(x, 0))


def _same(x: TracedArray) -> TracedArray:
    return x.copy()


def _conjugate(x: TracedArray) -> TracedArray:
    return traces.complex_of(traces.real_of(x), primitives.neg(traces.imag_of(x)))


def _of_parts(test: Form, combined: Callable[[TracedArray, TracedArray], TracedArray]) -> Form:
    """A test of numbers, of both parts of complex ones."""
    return lambda x: combined(test(traces.real_of(x)), test(traces.imag_of(x)))  # type: ignore[operator]


def _always(number: bool) -> Form:
    return lambda x: constant(x.shape, BOOL, number)


def _scaled(factor: float) -> Form:
    def form(x: TracedArray) -> TracedArray:
        if x.dtype.itemsize > 2:
            return primitives.mul(x, like(x, factor))
        # A factor of 16 bits would be off by more than the product is rounded.
        wide = primitives.convert(x, FLOAT32)
        return primitives.convert(primitives.mul(wide, like(wide, factor)), x.dtype)

    return form


def _square(x: TracedArray) -> TracedArray:
    return primitives.integer_pow(x, 2)


def _reciprocal(x: TracedArray) -> TracedArray:
    return primitives.div(like(x, 1), x)


def _complex_reciprocal(x: TracedArray) -> TracedArray:
    return primitives.integer_pow(x, -1)


def _divmod(x: TracedArray, y: TracedArray) -> tuple[TracedArray, TracedArray]:
    return primitives.floor_div(x, y), primitives.floor_rem(x, y)


def _logical(name: str) -> Form:
    return lambda x, y: getattr(primitives, name)(_truth(x), _truth(y))


def _logical_not(x: TracedArray) -> TracedArray:
    return primitives.not_(x) if x.dtype == BOOL else primitives.eq(x, like(x, 0))


def _but_nan(extreme: Callable[[TracedArray, TracedArray], TracedArray]) -> Form:
    """The extreme of two numbers, or the one that is not NaN; the first of two NaN."""

    def of_two(x: TracedArray, y: TracedArray) -> TracedArray:
        either = primitives.select(float_parts.isnan(x), y, extreme(x, y))
        return primitives.select(float_parts.isnan(y), x, either)

    return of_two


def _heaviside(x: TracedArray, y: TracedArray) -> TracedArray:
    zero = like(x, 0)
    step = primitives.select(primitives.lt(x, zero), zero, like(x, 1))
    step = primitives.select(primitives.eq(x, zero), y, step)
    return primitives.select(float_parts.isnan(x), x, step)


def _sign(x: TracedArray) -> TracedArray:
    # Adding makes 0.0 of -0.0, as NumPy does.
    return primitives.add(primitives.sign(x), like(x, 0))


def _logaddexp2(x: TracedArray, y: TracedArray) -> TracedArray:
    # Only the difference is scaled: a number far above the other stays as it is.
    largest, scale = primitives.max_(x, y), like(x, math.log(2))
    finite = float_parts.isfinite(largest)
    base = primitives.select(finite, primitives.stop_gradient(largest), like(x, 0))
    terms = (primitives.mul(primitives.sub(part, base), scale) for part in (x, y))
    return primitives.add(base, primitives.div(primitives.log_add_exp(*terms), scale))


# What the attribute of the operation holds; what is beyond is a float without a fraction.
_LARGEST_INTEGER_POWER: Final = 2**63 - 1


class Power(Ufunc):
    """The ufunc x ** y; an exponent known while tracing becomes an integer power or a root."""

    def operator(self, x: Any, y: Any) -> TracedArray:
        """`x ** y`; in NumPy the operator, and not the ufunc, takes a Python 2 for square."""
        if type(y) is int and y == 2 and type(x) is TracedArray and x.dtype == BOOL:
            return square.apply((x,))
        return super().operator(x, y)

    def apply(
        self, operands: tuple[Operand, ...], dtype: DType | None = None, casting: str = "same_kind"
    ) -> TracedArray:
        """The result for operands."""
        base, exponent = operands
        if dtype is None and isinstance(base, TracedArray) and isinstance(exponent, Scalar):
            result = self._constant_power(base, exponent)
            if result is not None:
                return result
        return super().apply(operands, dtype, casting)

    def _constant_power(self, base: TracedArray, exponent: Scalar) -> TracedArray | None:
        dtypes, weak = resolve(self.numpy, (base._promotion, exponent._promotion))
        number = exponent.number
        x = fit(base, dtypes[0], base.shape)
        if isinstance(number, complex):
            if number.imag:
                return None
            number = number.real
        if not is_inexact(x.dtype):
            if number < 0:
                raise XformValueError(
                    at_user_line(
                        "integers cannot be raised to negative integer powers; convert to float"
                    )
                )
            result = primitives.integer_pow(x, int(number))
        elif math.isfinite(number) and number == int(number):
            n = int(number)
            if builtins.abs(n) > _LARGEST_INTEGER_POWER:
                return None
            result = x.copy() if n == 1 else primitives.integer_pow(x, n)
        elif number == 0.5:
            result = primitives.sqrt(x)
        else:
            return None
        return as_weak(result) if weak else result


# The table -------------------------------------------------------------------

positive = Ufunc(np.positive, _same)
negative = Ufunc(np.negative, "neg")
absolute = Ufunc(np.absolute, "abs_", boolean=_same, unsigned=_same)
fabs = Ufunc(np.fabs, "abs_")
sign = Ufunc(np.sign, _sign, integer="sign", complex="sign")
square = Ufunc(np.square, _square)
reciprocal = Ufunc(np.reciprocal, _reciprocal, complex=_complex_reciprocal)
add = Ufunc(np.add, "add", boolean="or_")
subtract = Ufunc(np.subtract, "sub")
multiply = Ufunc(np.multiply, "mul", boolean="and_")
divide = Ufunc(np.divide, "div")
floor_divide = Ufunc(np.floor_divide, "floor_div")
remainder = Ufunc(np.remainder, "floor_rem")
divmod = Ufunc(np.divmod, _divmod)
fmod = Ufunc(np.fmod, "rem")
maximum = Ufunc(np.maximum, "max_", boolean="or_")
minimum = Ufunc(np.minimum, "min_", boolean="and_")
fmax = Ufunc(np.fmax, _but_nan(primitives.max_), boolean="or_", integer="max_")
fmin = Ufunc(np.fmin, _but_nan(primitives.min_), boolean="and_", integer="min_")
heaviside = Ufunc(np.heaviside, _heaviside)
copysign = Ufunc(np.copysign, "copy_sign")
nextafter = Ufunc(np.nextafter, "next_after")
spacing = Ufunc(np.spacing, float_parts.spacing)
modf = Ufunc(np.modf, float_parts.modf)
frexp = Ufunc(np.frexp, float_parts.frexp)
ldexp = Ufunc(np.ldexp, float_parts.ldexp)

power = Power(np.power, "pow_", integer="wrapping_pow")
float_power = Ufunc(np.float_power, "pow_")
sqrt = Ufunc(np.sqrt, "sqrt")
cbrt = Ufunc(np.cbrt, "cbrt")
hypot = Ufunc(np.hypot, "hypot")
exp = Ufunc(np.exp, "exp")
exp2 = Ufunc(np.exp2, "exp2")
expm1 = Ufunc(np.expm1, "expm1")
log = Ufunc(np.log, "log")
log2 = Ufunc(np.log2, "log2")
log10 = Ufunc(np.log10, "log10")
log1p = Ufunc(np.log1p, "log1p")
logaddexp = Ufunc(np.logaddexp, "log_add_exp")
logaddexp2 = Ufunc(np.logaddexp2, _logaddexp2)

sin = Ufunc(np.sin, "sin")
cos = Ufunc(np.cos, "cos")
tan = Ufunc(np.tan, "tan")
arcsin = Ufunc(np.arcsin, "asin")
arccos = Ufunc(np.arccos, "acos")
arctan = Ufunc(np.arctan, "atan")
arctan2 = Ufunc(np.arctan2, "atan2")
sinh = Ufunc(np.sinh, "sinh")
cosh = Ufunc(np.cosh, "cosh")
tanh = Ufunc(np.tanh, "tanh")
arcsinh = Ufunc(np.arcsinh, "asinh")
arccosh = Ufunc(np.arccosh, "acosh")
arctanh = Ufunc(np.arctanh, "atanh")
deg2rad = Ufunc(np.deg2rad, _scaled(math.pi / 180))
rad2deg = Ufunc(np.rad2deg, _scaled(180 / math.pi))
radians = Ufunc(np.radians, _scaled(math.pi / 180))
degrees = Ufunc(np.degrees, _scaled(180 / math.pi))

floor = Ufunc(np.floor, "floor", boolean=_same, integer=_same)
ceil = Ufunc(np.ceil, "ceil", boolean=_same, integer=_same)
trunc = Ufunc(np.trunc, "trunc", boolean=_same, integer=_same)
rint = Ufunc(np.rint, "round_")
conjugate = Ufunc(np.conjugate, _same, complex=_conjugate)

bitwise_and = Ufunc(np.bitwise_and, "and_")
bitwise_or = Ufunc(np.bitwise_or, "or_")
bitwise_xor = Ufunc(np.bitwise_xor, "xor")
invert = Ufunc(np.invert, "not_")
left_shift = Ufunc(np.left_shift, "shift_left")
right_shift = Ufunc(np.right_shift, "shift_right_arithmetic", unsigned="shift_right_logical")
bitwise_count = Ufunc(np.bitwise_count, integers.bitwise_count)
gcd = Ufunc(np.gcd, "gcd")
lcm = Ufunc(np.lcm, integers.lcm)
logical_and = Ufunc(np.logical_and, _logical("and_"))
logical_or = Ufunc(np.logical_or, _logical("or_"))
logical_xor = Ufunc(np.logical_xor, _logical("xor"))
logical_not = Ufunc(np.logical_not, _logical_not)
isnan = Ufunc(
    np.isnan, float_parts.isnan, boolean=_always(False), integer=_always(False),
    complex=_of_parts(float_parts.isnan, primitives.or_),
)  # fmt: skip
isinf = Ufunc(
    np.isinf, float_parts.isinf, boolean=_always(False), integer=_always(False),
    complex=_of_parts(float_parts.isinf, primitives.or_),
)  # fmt: skip
isfinite = Ufunc(
    np.isfinite, float_parts.isfinite, boolean=_always(True), integer=_always(True),
    complex=_of_parts(float_parts.isfinite, primitives.and_),
)  # fmt: skip
signbit = Ufunc(np.signbit, float_parts.signbit)

equal = Comparison(np.equal, "eq", python_operator.eq)
not_equal = Comparison(np.not_equal, "ne", python_operator.ne)
less = Comparison(np.less, "lt", python_operator.lt)
less_equal = Comparison(np.less_equal, "le", python_operator.le)
greater = Comparison(np.greater, "gt", python_operator.gt)
greater_equal = Comparison(np.greater_equal, "ge", python_operator.ge)

# NumPy's second names.
abs = absolute
acos, acosh, asin, asinh = arccos, arccosh, arcsin, arcsinh
atan, atan2, atanh = arctan, arctan2, arctanh
bitwise_invert = bitwise_not = invert
bitwise_left_shift, bitwise_right_shift = left_shift, right_shift
conj = conjugate
mod = remainder
pow = power
true_divide = divide


__all__ = [
    "abs",
    "absolute",
    "acos",
    "acosh",
    "add",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_count",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "cbrt",
    "ceil",
    "conj",
    "conjugate",
    "copysign",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "divide",
    "divmod",
    "equal",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "float_power",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "frexp",
    "gcd",
    "greater",
    "greater_equal",
    "heaviside",
    "hypot",
    "invert",
    "isfinite",
    "isinf",
    "isnan",
    "lcm",
    "ldexp",
    "left_shift",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "mod",
    "modf",
    "multiply",
    "negative",
    "nextafter",
    "not_equal",
    "positive",
    "pow",
    "power",
    "rad2deg",
    "radians",
    "reciprocal",
    "remainder",
    "right_shift",
    "rint",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "spacing",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "true_divide",
    "trunc",
]
