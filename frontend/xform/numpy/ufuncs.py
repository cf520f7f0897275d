"""NumPy's universal functions, each a row: its dtype rule and what it is in primitives.

A row may give other forms for bool, integer and unsigned operands; without one, the common form
is used for all dtypes that NumPy's own rule lets through.
"""

from __future__ import annotations

import builtins
import math
import operator as python_operator
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np

from .. import primitives, tracing
from ..array import ArrayLike, DType, TracedArray
from ..errors import XformTypeError, XformValueError, at_user_line
from . import views
from .promotion import (
    BOOL,
    INT_RANGES,
    Operand,
    Promotion,
    Scalar,
    as_weak,
    broadcast_shapes,
    constant,
    fit,
    is_float,
    operand,
    operand_or_none,
    resolve,
    supported_dtype,
)

# What a row is in primitives: a function, or the name of the primitive.
Form: TypeAlias = Callable[..., TracedArray] | str

# How each ufunc is carried out on traced operands; other modules add the contractions.
UFUNCS: dict[np.ufunc, Callable[..., Any]] = {}


_Function: TypeAlias = Callable[..., TracedArray]
_Resolution: TypeAlias = tuple[_Function, tuple[DType, ...], bool]


def _function(form: Form) -> _Function:
    return getattr(primitives, form) if isinstance(form, str) else form


class Ufunc:
    """One of NumPy's universal functions with one result.

    Args:
        numpy: the ufunc whose dtype rule and name it has.
        form: what it is in primitives, on operands of one shape and the rule's dtypes.
        boolean, integer, unsigned: forms for these kinds of operands, where they differ.
            `unsigned` is `integer` if not given.

    Calling it:
        Takes arrays or numbers that broadcast together, and NumPy's `out`, `where` (with `out`)
        and `dtype`. Outside of traced functions it is NumPy's.

    Raises:
        XformTypeError: NumPy has no such operation on the operands' dtypes.
        XformValueError: the shapes do not broadcast together.

    >>> add(2, 3)
    np.int64(5)
    """

    def __init__(
        self,
        numpy: np.ufunc,
        form: Form,
        *,
        boolean: Form | None = None,
        integer: Form | None = None,
        unsigned: Form | None = None,
    ) -> None:
        self.numpy = numpy
        self.nin = numpy.nin
        self.__name__ = numpy.__name__
        self.__doc__ = (numpy.__doc__ or "").partition("\n\n")[2].partition("\n")[0]
        signed = integer or form
        self.forms = {"b": boolean or form, "i": signed, "u": unsigned or signed, "f": form}
        self._resolved: dict[Any, _Resolution] = {}
        UFUNCS[numpy] = self

    def __repr__(self) -> str:
        return f"<xform.numpy ufunc {self.__name__!r}>"

    def __call__(
        self,
        *operands: ArrayLike,
        out: Any = None,
        where: Any = True,
        dtype: Any = None,
        casting: str = "same_kind",
        order: str = "K",
        subok: bool = True,
    ) -> TracedArray:
        """The operation on each element."""
        if len(operands) > self.nin and out is None:
            operands, out = operands[: self.nin], operands[self.nin :]
        if len(operands) != self.nin:
            raise XformTypeError(
                at_user_line(f"{self.__name__} takes {self.nin} operands, got {len(operands)}")
            )
        if tracing.current_trace() is None and not any(map(tracing.is_traced, operands)):
            own: Any = self.numpy
            result = own(*operands, out=out, where=where, dtype=dtype, casting=casting)
            return result  # type: ignore[no-any-return]
        loop = None if dtype is None else supported_dtype(dtype, self.__name__)
        result = self.apply(tuple([operand(x) for x in operands]), loop)
        if isinstance(out, tuple):
            (out,) = out
        if where is not True:
            if out is None:
                raise XformTypeError(
                    at_user_line(
                        f"{self.__name__}: `where` without `out` leaves elements undefined; "
                        "use xform.numpy.where"
                    )
                )
            from .selection import where as choose

            result = choose(where, result, out)
        return result if out is None else views.write_whole(out, result)

    def operator(self, x: Any, y: Any) -> TracedArray:
        """`x` op `y` as Python's operators want it: NotImplemented for what is no operand."""
        left: Operand | None = x if type(x) is TracedArray else operand_or_none(x)
        right: Operand | None = y if type(y) is TracedArray else operand_or_none(y)
        if left is None or right is None:
            return NotImplemented  # type: ignore[no-any-return]
        return self.apply((left, right))

    def apply(self, operands: tuple[Operand, ...], dtype: DType | None = None) -> TracedArray:
        """The result for operands, at least one of them traced or a trace being active."""
        key: Any = (
            (operands[0].promotion, operands[1].promotion)
            if len(operands) == 2
            else operands[0].promotion
        )
        found = self._resolved.get(key) if dtype is None else None
        if found is None:
            found = self._resolve(tuple(x.promotion for x in operands), dtype)
            if dtype is None:
                self._resolved[key] = found
        form, dtypes, weak = found
        shape = operands[0].shape
        other = operands[-1].shape
        if shape != other:
            shape = broadcast_shapes(shape, other) if shape and other else shape or other
        result = form(
            *[
                x if type(x) is TracedArray and x.dtype is d and x.shape == shape
                else fit(x, d, shape)
                for x, d in zip(operands, dtypes, strict=True)
            ]
        )  # fmt: skip
        return as_weak(result) if weak else result

    def _resolve(self, promotions: tuple[Promotion, ...], dtype: DType | None) -> _Resolution:
        dtypes, weak = resolve(self.numpy, promotions, dtype)
        kind = "f" if is_float(dtypes[-1]) else dtypes[-1].kind
        form = self.forms.get(kind)
        if form is None:
            raise XformTypeError(
                at_user_line(f"{self.__name__}: dtype {dtypes[-1]} is not supported")
            )
        return _function(form), dtypes, weak

    def outer(self, x: ArrayLike, y: ArrayLike) -> TracedArray:
        """The operation on every pair of elements of `x` and `y`."""
        left, right = operand(x), operand(y)
        if isinstance(left, TracedArray) and right.ndim:
            left = primitives.reshape(left, left.shape + (1,) * right.ndim)
        return self.apply((left, right))


class Comparison(Ufunc):
    """A ufunc from two operands to bool; Python ints of any size can be compared with."""

    def __init__(
        self, numpy: np.ufunc, form: Form, compare: Callable[[float, float], bool]
    ) -> None:
        super().__init__(numpy, form)
        self.compare = compare

    def apply(self, operands: tuple[Operand, ...], dtype: DType | None = None) -> TracedArray:
        """The result for operands."""
        x, y = operands
        # Every element stands to a number out of the dtype's range as 0 does.
        if isinstance(x, Scalar) and isinstance(y, TracedArray) and _is_beyond(x, y.dtype):
            return constant(y.shape, BOOL, self.compare(x.number, 0))
        if isinstance(y, Scalar) and isinstance(x, TracedArray) and _is_beyond(y, x.dtype):
            return constant(x.shape, BOOL, self.compare(0, y.number))
        return super().apply(operands, dtype)


def _is_beyond(x: Scalar, dtype: DType) -> bool:
    limits = INT_RANGES.get(dtype)
    return x.promotion is int and limits is not None and not limits[0] <= x.number <= limits[1]


# Constants of an operand's shape and dtype -----------------------------------


def _like(x: TracedArray, number: bool | int | float) -> TracedArray:
    return constant(x.shape, x.dtype, number)


def _truth(x: TracedArray) -> TracedArray:
    return x if x.dtype == BOOL else primitives.ne(x, _like(x, 0))


def _same(x: TracedArray) -> TracedArray:
    return x.copy()


def _always(number: bool) -> Form:
    return lambda x: constant(x.shape, BOOL, number)


def _scaled(factor: float) -> Form:
    return lambda x: primitives.mul(x, _like(x, factor))


# Arithmetic ------------------------------------------------------------------


def _square(x: TracedArray) -> TracedArray:
    return primitives.integer_pow(x, 2)


def _reciprocal(x: TracedArray) -> TracedArray:
    return primitives.div(_like(x, 1), x)


def _signed_quotient(x: TracedArray, y: TracedArray) -> tuple[TracedArray, TracedArray]:
    """Truncated quotient and remainder of integers; both are 0 where y is 0, as in NumPy.

    Dividing by 0, and the least number by -1, are traps of the hardware.
    """
    zero, one = _like(x, 0), _like(x, 1)
    by_zero = primitives.eq(y, zero)
    if x.dtype.kind == "u":
        safe = primitives.select(by_zero, one, y)
        quotient = primitives.select(by_zero, zero, primitives.div(x, safe))
        return quotient, primitives.select(by_zero, zero, primitives.rem(x, safe))
    by_minus_one = primitives.eq(y, _like(x, -1))
    plain = primitives.or_(by_zero, by_minus_one)
    safe = primitives.select(plain, one, y)
    quotient = primitives.select(
        plain,
        primitives.select(by_zero, zero, primitives.neg(x)),
        primitives.div(x, safe),
    )
    return quotient, primitives.select(plain, zero, primitives.rem(x, safe))


def _other_side(remainder: TracedArray, y: TracedArray) -> TracedArray:
    """Whether a truncated division's remainder has not the divisor's sign."""
    zero = _like(y, 0)
    signs = primitives.ne(primitives.lt(remainder, zero), primitives.lt(y, zero))
    return primitives.and_(primitives.ne(remainder, zero), signs)


def _floor_divide_integer(x: TracedArray, y: TracedArray) -> TracedArray:
    quotient, remainder = _signed_quotient(x, y)
    if x.dtype.kind == "u":
        return quotient
    lower = primitives.sub(quotient, _like(x, 1))
    return primitives.select(_other_side(remainder, y), lower, quotient)


def _remainder_integer(x: TracedArray, y: TracedArray) -> TracedArray:
    remainder = _signed_quotient(x, y)[1]
    if x.dtype.kind == "u":
        return remainder
    return primitives.select(_other_side(remainder, y), primitives.add(remainder, y), remainder)


def _fmod_integer(x: TracedArray, y: TracedArray) -> TracedArray:
    return _signed_quotient(x, y)[1]


def _remainder(x: TracedArray, y: TracedArray) -> TracedArray:
    remainder = primitives.rem(x, y)
    return primitives.select(_other_side(remainder, y), primitives.add(remainder, y), remainder)


def _floor_divide(x: TracedArray, y: TracedArray) -> TracedArray:
    """The floor of the exact quotient, which the rounded quotient may exceed."""
    remainder = primitives.rem(x, y)
    quotient = primitives.div(primitives.sub(x, remainder), y)
    lower = primitives.sub(quotient, _like(x, 1))
    whole = primitives.select(_other_side(remainder, y), lower, quotient)
    # `whole` is an integer up to rounding.
    result = primitives.floor(primitives.add(whole, _like(x, 0.5)))
    by_zero = primitives.eq(y, _like(y, 0))
    return primitives.select(by_zero, primitives.div(x, y), result)


def _logical(name: str) -> Form:
    return lambda x, y: _function(name)(_truth(x), _truth(y))


def _logical_not(x: TracedArray) -> TracedArray:
    return primitives.not_(x) if x.dtype == BOOL else primitives.eq(x, _like(x, 0))


def _fmax(x: TracedArray, y: TracedArray) -> TracedArray:
    return _without_nan(primitives.max_, x, y)


def _fmin(x: TracedArray, y: TracedArray) -> TracedArray:
    return _without_nan(primitives.min_, x, y)


def _without_nan(form: _Function, x: TracedArray, y: TracedArray) -> TracedArray:
    either = primitives.select(_isnan(y), x, form(x, y))
    return primitives.select(_isnan(x), y, either)


def _heaviside(x: TracedArray, y: TracedArray) -> TracedArray:
    zero = _like(x, 0)
    step = primitives.select(primitives.lt(x, zero), zero, _like(x, 1))
    step = primitives.select(primitives.eq(x, zero), y, step)
    return primitives.select(_isnan(x), x, step)


def _isnan(x: TracedArray) -> TracedArray:
    return primitives.ne(x, x)


def _isinf(x: TracedArray) -> TracedArray:
    return primitives.eq(primitives.abs_(x), _like(x, math.inf))


def _isfinite(x: TracedArray) -> TracedArray:
    return primitives.lt(primitives.abs_(x), _like(x, math.inf))


def _is_negative(x: TracedArray) -> TracedArray:
    return primitives.lt(x, _like(x, 0))


def _signbit(x: TracedArray) -> TracedArray:
    # 1 / -0.0 is -inf.
    return primitives.or_(_is_negative(x), _is_negative(_reciprocal(x)))


def _copysign(x: TracedArray, y: TracedArray) -> TracedArray:
    magnitude = primitives.abs_(x)
    return primitives.select(_signbit(y), primitives.neg(magnitude), magnitude)


# Powers, roots, logarithms ---------------------------------------------------

# Beyond this, repeated squaring loses more digits than pow.
_LARGEST_SQUARED_POWER: Final = 32


def _integer_base_power(x: TracedArray, y: TracedArray) -> TracedArray:
    raise XformTypeError(
        at_user_line(
            "power of integers needs an exponent that is known while tracing, a Python int that "
            "is not negative; convert one operand to float"
        )
    )


def _hypot(x: TracedArray, y: TracedArray) -> TracedArray:
    """The root of the sum of squares, scaled by the larger operand so that they stay in range.

    The scale is a constant to derivatives: it cancels. At (0, 0) value and derivatives are 0.
    """
    zero, one = _like(x, 0), _like(x, 1)
    largest = primitives.stop_gradient(primitives.max_(primitives.abs_(x), primitives.abs_(y)))
    usable = primitives.and_(primitives.gt(largest, zero), _isfinite(largest))
    scale = primitives.select(usable, largest, one)
    squares = primitives.add(_square(primitives.div(x, scale)), _square(primitives.div(y, scale)))
    at_origin = primitives.eq(squares, zero)
    root = primitives.sqrt(primitives.select(at_origin, one, squares))
    result = primitives.select(at_origin, zero, primitives.mul(scale, root))
    return primitives.select(primitives.or_(_isinf(x), _isinf(y)), _like(x, math.inf), result)


def _log_of_sum(x: TracedArray, y: TracedArray, exp: _Function, scale: float) -> TracedArray:
    """max(x, y) + log1p(exp(-|x - y|)) * scale; equal infinities have no difference."""
    equal = primitives.eq(x, y)
    difference = primitives.select(equal, _like(x, 0), primitives.sub(x, y))
    tail = primitives.log1p(exp(primitives.neg(primitives.abs_(difference))))
    if scale != 1:
        tail = primitives.mul(tail, _like(tail, scale))
    return primitives.add(primitives.max_(x, y), tail)


def _logaddexp(x: TracedArray, y: TracedArray) -> TracedArray:
    return _log_of_sum(x, y, primitives.exp, 1)


def _logaddexp2(x: TracedArray, y: TracedArray) -> TracedArray:
    return _log_of_sum(x, y, primitives.exp2, 1 / math.log(2))


class Power(Ufunc):
    """x ** y; an exponent known while tracing becomes multiplications or a root."""

    def apply(self, operands: tuple[Operand, ...], dtype: DType | None = None) -> TracedArray:
        """The result for operands."""
        base, exponent = operands
        if dtype is None and isinstance(base, TracedArray) and isinstance(exponent, Scalar):
            result = self._constant_power(base, exponent)
            if result is not None:
                return result
        return super().apply(operands, dtype)

    def _constant_power(self, base: TracedArray, exponent: Scalar) -> TracedArray | None:
        dtypes, weak = resolve(self.numpy, (base.promotion, exponent.promotion))
        number = exponent.number
        x = fit(base, dtypes[0], base.shape)
        if not is_float(x.dtype):
            if number < 0:
                raise XformValueError(
                    at_user_line(
                        "integers cannot be raised to negative integer powers; convert to float"
                    )
                )
            result = primitives.integer_pow(x, int(number))
        elif math.isfinite(number) and number == int(number):
            n = int(number)
            if builtins.abs(n) > _LARGEST_SQUARED_POWER:
                return None
            result = x.copy() if n == 1 else primitives.integer_pow(x, builtins.abs(n))
            if n < 0:
                result = _reciprocal(result)
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
sign = Ufunc(np.sign, "sign")
square = Ufunc(np.square, _square)
reciprocal = Ufunc(
    np.reciprocal, _reciprocal, integer=lambda x: _signed_quotient(_like(x, 1), x)[0]
)
add = Ufunc(np.add, "add", boolean="or_")
subtract = Ufunc(np.subtract, "sub")
multiply = Ufunc(np.multiply, "mul", boolean="and_")
divide = Ufunc(np.divide, "div")
floor_divide = Ufunc(np.floor_divide, _floor_divide, integer=_floor_divide_integer)
remainder = Ufunc(np.remainder, _remainder, integer=_remainder_integer)
fmod = Ufunc(np.fmod, "rem", integer=_fmod_integer)
maximum = Ufunc(np.maximum, "max_", boolean="or_")
minimum = Ufunc(np.minimum, "min_", boolean="and_")
fmax = Ufunc(np.fmax, _fmax, boolean="or_", integer="max_")
fmin = Ufunc(np.fmin, _fmin, boolean="and_", integer="min_")
heaviside = Ufunc(np.heaviside, _heaviside)
copysign = Ufunc(np.copysign, _copysign)

power = Power(np.power, "pow_", integer=_integer_base_power)
float_power = Ufunc(np.float_power, "pow_")
sqrt = Ufunc(np.sqrt, "sqrt")
cbrt = Ufunc(np.cbrt, "cbrt")
hypot = Ufunc(np.hypot, _hypot)
exp = Ufunc(np.exp, "exp")
exp2 = Ufunc(np.exp2, "exp2")
expm1 = Ufunc(np.expm1, "expm1")
log = Ufunc(np.log, "log")
log2 = Ufunc(np.log2, "log2")
log10 = Ufunc(np.log10, "log10")
log1p = Ufunc(np.log1p, "log1p")
logaddexp = Ufunc(np.logaddexp, _logaddexp)
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
conjugate = Ufunc(np.conjugate, _same)

bitwise_and = Ufunc(np.bitwise_and, "and_")
bitwise_or = Ufunc(np.bitwise_or, "or_")
bitwise_xor = Ufunc(np.bitwise_xor, "xor")
invert = Ufunc(np.invert, "not_")
logical_and = Ufunc(np.logical_and, _logical("and_"))
logical_or = Ufunc(np.logical_or, _logical("or_"))
logical_xor = Ufunc(np.logical_xor, _logical("xor"))
logical_not = Ufunc(np.logical_not, _logical_not)
isnan = Ufunc(np.isnan, _isnan, boolean=_always(False), integer=_always(False))
isinf = Ufunc(np.isinf, _isinf, boolean=_always(False), integer=_always(False))
isfinite = Ufunc(np.isfinite, _isfinite, boolean=_always(True), integer=_always(True))
signbit = Ufunc(np.signbit, _signbit)

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
conj = conjugate
mod = remainder
pow = power
true_divide = divide


def divmod(x: ArrayLike, y: ArrayLike) -> tuple[TracedArray, TracedArray]:
    """Floored quotient and remainder: `(x // y, x % y)`."""
    return floor_divide(x, y), remainder(x, y)


def modf(x: ArrayLike) -> tuple[TracedArray, TracedArray]:
    """Fractional and integral part, both with the sign of `x`."""
    whole = trunc(x)
    if not isinstance(whole, TracedArray) or not is_float(whole.dtype):
        whole = trunc(multiply(x, 1.0))
    fraction = subtract(x, whole)
    infinite = isinf(x)
    from .selection import where

    return where(infinite, 0.0, fraction), whole


UFUNCS[np.divmod] = divmod
UFUNCS[np.modf] = modf
