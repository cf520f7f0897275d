"""Elementwise operations and functions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from linalg_cases.case import FLOATS, INTS, NUMPY, Array, Cases, element, sample, tensor

CASES = Cases()


def quotient(x: Array, y: Array) -> Array:
    """Integer quotient rounded towards zero, 0 for a zero divisor, wrapping."""
    info = np.iinfo(x.dtype)
    wide = [
        0 if b == 0 else abs(a) // abs(b) * (-1 if (a < 0) != (b < 0) else 1)
        for a, b in zip(x.tolist(), y.tolist(), strict=True)
    ]
    return np.array([info.min if w > info.max else w for w in wide], x.dtype)


def integer_remainder(x: Array, y: Array) -> Array:
    """Remainder with the sign of x, 0 for a zero divisor."""
    rest = [
        0 if b == 0 else int(math.copysign(1, a)) * (abs(a) % abs(b))
        for a, b in zip(x.tolist(), y.tolist(), strict=True)
    ]
    return np.array(rest, x.dtype)


def unary(op: str, x: Array, want: Array, **more: Any) -> None:
    """Add a case of an operation with one operand."""
    name = f"{op.replace(', ', '_').replace('-', 'm')}_{element(x)}"
    operation, _, attribute = op.partition(", ")
    operand = f"%0, {attribute}" if attribute else "%0"
    CASES.add(name, f"%r0 = xform.{operation} {operand} : {tensor(x)}", [x], want, **more)


def binary(op: str, x: Array, y: Array, want: Array, **more: Any) -> None:
    """Add a case of an operation with two operands."""
    CASES.add(f"{op}_{element(x)}", f"%r0 = xform.{op} %0, %1 : {tensor(x)}", [x, y], want, **more)


Binary = Callable[[Array, Array], Array]

ARITHMETIC: dict[str, Binary] = {"add": np.add, "sub": np.subtract, "mul": np.multiply}
HALF: dict[str, Binary] = {
    **ARITHMETIC,
    "div": np.divide,
    "rem": np.fmod,
    "max": np.maximum,
}
BINARY_FUNCTIONS: dict[str, Binary] = {"pow": np.power, "atan2": np.arctan2}
COMPARISONS: dict[str, Binary] = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}

with np.errstate(all="ignore"):
    for _type in FLOATS + INTS:
        _x, _y = sample(_type), np.roll(sample(_type, seed=1), 2)
        _y[5] = _x[5]
        for _op, _binary in ARITHMETIC.items():
            binary(_op, _x, _y, _binary(_x, _y))
        binary("max", _x, _y, np.maximum(_x, _y))
        binary("min", _x, _y, np.minimum(_x, _y))
        for _op, _binary in COMPARISONS.items():
            binary(_op, _x, _y, _binary(_x, _y))
        unary("neg", _x, np.negative(_x))
        unary("abs", _x, np.abs(_x))
        unary("integer_pow, 0", _x, np.ones_like(_x))
        unary("integer_pow, 5", _x, _x * ((_x * _x) * (_x * _x)), ulps=0)
        unary("stop_gradient", _x, _x)
        _pred = sample("i1", seed=2)
        CASES.add(
            f"select_{_type}",
            f"%r0 = xform.select %0, %1, %2 : {tensor(_pred)}, {tensor(_x)}",
            [_pred, _x, _y],
            np.where(_pred, _x, _y),
        )
    for _type in INTS:
        _x, _y = sample(_type), np.roll(sample(_type, seed=1), 3)
        _info = np.iinfo(NUMPY[_type])
        _x[20], _y[20] = _info.min, -1 if _info.min else 0
        _y[21] = 0
        binary("div", _x, _y, quotient(_x, _y))
        binary("rem", _x, _y, integer_remainder(_x, _y))
        binary("and", _x, _y, _x & _y)
        binary("or", _x, _y, _x | _y)
        binary("xor", _x, _y, _x ^ _y)
        unary("not", _x, ~_x)
        unary("sign", _x, np.sign(_x))
    for _type in FLOATS:
        _x, _y = sample(_type), np.roll(sample(_type, seed=1), 2)
        binary("div", _x, _y, _x / _y)
        unary("sign", _x, np.where(np.isnan(_x) | (_x == 0), _x, np.sign(_x)))
        unary("integer_pow, -3", _x, 1 / (_x * (_x * _x)), ulps=1)
        for _op, _rounding in (
            ("floor", np.floor),
            ("ceil", np.ceil),
            ("round", np.round),
            ("trunc", np.trunc),
        ):
            unary(_op, _x, _rounding(_x))
        # Quotients up to the whole exponent range: a remainder has no rounding error.
        _range = 30 if _type == "f32" else 300
        _big = np.random.default_rng(3).uniform(-_range, _range, (2, 200))
        _x2, _y2 = (10.0**_big).astype(NUMPY[_type])
        _x2[:10], _y2[:10] = _x[:10], _y[:10]
        _x2[10:14], _y2[10:14] = [5.5, -5.5, math.inf, 1.0], [2.0, 2.0, 1.0, math.inf]
        binary("rem", _x2, _y2, np.fmod(_x2, _y2))
    _b0, _b1 = sample("i1"), sample("i1", seed=1)
    binary("and", _b0, _b1, _b0 & _b1)
    binary("or", _b0, _b1, _b0 | _b1)
    binary("xor", _b0, _b1, _b0 ^ _b1)
    binary("lt", _b0, _b1, _b0 < _b1)
    binary("eq", _b0, _b1, _b0 == _b1)
    unary("not", _b0, ~_b0)


def from_double(function: Callable[..., float]) -> Callable[..., Array]:
    """A function of the math module, elementwise in double precision, NaN outside its domain."""

    def at(*numbers: float) -> float:
        try:
            return function(*numbers)
        except (ValueError, OverflowError):
            return math.nan

    return np.vectorize(at, otypes=[np.float64])


UNARY_FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "cbrt": np.cbrt,
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "erf": from_double(math.erf),
    "erfc": from_double(math.erfc),
}

# The functions' accuracy is not tested here, only that each is the right one on every float type.
with np.errstate(all="ignore"):
    for _type, _ulps in (("f16", 1), ("f32", 20), ("f64", 20)):
        for _op, _function in UNARY_FUNCTIONS.items():
            _shift = 1.0 if _op == "acosh" else 0.0
            _x = (np.linspace(0.02, 0.97, 23) + _shift).astype(NUMPY[_type])
            unary(_op, _x, _function(_x.astype(np.float64)).astype(NUMPY[_type]), ulps=_ulps)
        _x = np.linspace(0.1, 3, 23).astype(NUMPY[_type])
        _y = np.linspace(-2, 2, 23).astype(NUMPY[_type])
        for _op, _binary in BINARY_FUNCTIONS.items():
            _want = _binary(_x.astype(np.float64), _y.astype(np.float64))
            binary(_op, _x, _y, _want.astype(NUMPY[_type]), ulps=_ulps)

# Half precision rounds once an operation.
with np.errstate(all="ignore"):
    _x, _y = sample("f16"), np.roll(sample("f16", seed=1), 2)
    for _op, _binary in HALF.items():
        binary(_op, _x, _y, _binary(_x, _y))
    binary("lt", _x, _y, _x < _y)
