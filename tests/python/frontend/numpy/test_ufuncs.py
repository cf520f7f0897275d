"""Universal functions: values and dtypes of every one that is covered, against NumPy's."""

from __future__ import annotations

import itertools
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import xform.numpy as xnp
from batch import Batch, Case
from xform import frontend
from xform.numpy.ufuncs import UFUNCS

ANY = [-3.7, -1.5, -0.5, -0.0, 0.0, 0.25, 0.5, 1.0, 2.5, 40.0, np.inf, -np.inf, np.nan]
MODERATE = [-3.7, -1.5, -0.5, -1e-3, 0.0, 1e-3, 0.25, 1.0, 2.5, 7.0]
POSITIVE = [1e-3, 0.25, 0.5, 1.0, 2.5, 40.0, 1e4]
UNIT = [-0.999, -0.5, -0.1, 0.0, 1e-3, 0.5, 0.9]

UNARY: dict[str, list[float]] = {
    **dict.fromkeys(
        ["positive", "negative", "absolute", "fabs", "sign", "square", "floor", "ceil", "trunc",
         "rint", "conjugate", "isnan", "isinf", "isfinite", "signbit", "logical_not", "deg2rad",
         "rad2deg", "radians", "degrees", "cbrt", "arctan"],
        ANY,
    ),
    **dict.fromkeys(["sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "exp2", "expm1",
                     "arcsinh"], MODERATE),
    **dict.fromkeys(["sqrt", "log", "log2", "log10", "log1p", "reciprocal"], POSITIVE),
    **dict.fromkeys(["arcsin", "arccos", "arctanh"], UNIT),
    "arccosh": [1.0, 1.5, 40.0],
}  # fmt: skip

PAIRS = list(
    itertools.product([-3.5, -1.0, -0.0, 0.0, 0.5, 2.0, np.inf, -np.inf, np.nan], repeat=2)
)
FINITE_PAIRS = [(x, y) for x, y in PAIRS if np.isfinite(x) and np.isfinite(y)]
DIVISIONS = list(itertools.product([-7.5, -6.0, -0.3, 0.0, 0.3, 5.0, 7.9],
                                   [-2.5, -2.0, 0.7, 2.0, 3.0, np.inf]))  # fmt: skip
POWERS = [*itertools.product([0.0, 0.3, 1.0, 2.5], [0.0, 0.5, 2.0, 3.3]), (-2.0, 3.0), (-2.0, 2.0)]
BINARY: dict[str, list[tuple[float, float]]] = {
    **dict.fromkeys(
        ["add", "subtract", "multiply", "divide", "maximum", "minimum", "fmax", "fmin", "equal",
         "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and",
         "logical_or", "logical_xor", "heaviside", "copysign", "hypot", "logaddexp",
         "logaddexp2"],
        PAIRS,
    ),
    "arctan2": FINITE_PAIRS,
    **dict.fromkeys(["remainder", "fmod", "floor_divide"], DIVISIONS),
    **dict.fromkeys(["power", "float_power"], POWERS),
}  # fmt: skip

INTEGER_UNARY = ["positive", "negative", "absolute", "sign", "square", "floor", "invert",
                 "isnan", "isfinite", "logical_not", "sqrt", "reciprocal"]  # fmt: skip
INTEGER_BINARY = ["add", "subtract", "multiply", "divide", "floor_divide", "remainder", "fmod",
                  "maximum", "minimum", "fmax", "equal", "less", "bitwise_and", "bitwise_or",
                  "bitwise_xor", "logical_and"]  # fmt: skip
BOOLEAN_BINARY = ["add", "multiply", "maximum", "minimum", "logical_xor", "bitwise_and",
                  "bitwise_or", "bitwise_xor", "equal", "less", "greater_equal"]  # fmt: skip
TWO_RESULTS = ["divmod", "modf"]

INTS = np.array([-128, -7, -1, 0, 1, 3, 100, 127])
INT_PAIRS = np.array(list(itertools.product([-(2**31), -7, -1, 0, 1, 3, 2**31 - 1], repeat=2)))


def _cases() -> list[Case]:
    cases = []
    for dtype in (np.float32, np.float64):
        for name, points in UNARY.items():
            cases.append(Case(f"{name}-{np.dtype(dtype)}", getattr(np, name),
                              np.array(points, dtype)))  # fmt: skip
        for name, pairs in BINARY.items():
            x, y = np.array(pairs, dtype).T.copy()
            cases.append(Case(f"{name}-{np.dtype(dtype)}", getattr(np, name), x, y))
    for name in INTEGER_UNARY:
        points = {"sqrt": abs(INTS), "reciprocal": INTS[INTS != 0]}.get(name, INTS)
        cases.append(Case(f"{name}-int32", getattr(np, name), points.astype(np.int32)))
    for name in INTEGER_BINARY:
        x, y = INT_PAIRS.astype(np.int32).T.copy()
        cases.append(Case(f"{name}-int32", getattr(np, name), x, y))
    for name in ("floor_divide", "remainder", "less", "maximum", "divide"):
        x, y = np.array(list(itertools.product([0, 1, 7, 250], repeat=2)), np.uint8).T.copy()
        cases.append(Case(f"{name}-uint8", getattr(np, name), x, y))
    x, y = np.array([(False, False), (False, True), (True, False), (True, True)]).T.copy()
    for name in BOOLEAN_BINARY:
        cases.append(Case(f"{name}-bool", getattr(np, name), x, y))
    f = np.array([-2.5, -0.0, 1.75, 7.0])
    cases += [
        Case("divmod", np.divmod, f, np.array([2.0, 3.0, -0.5, 2.0])),
        Case("modf", np.modf, np.array([-2.5, 0.0, 1.75, np.inf])),
        Case("invert-bool", np.invert, np.array([True, False])),
        Case("maximum-outer", np.maximum.outer, f, f),
        Case("add-reduce", np.add.reduce, np.ones((3, 4))),
        Case("multiply-accumulate", np.multiply.accumulate, f),
    ]
    return cases


VALUES = Batch(_cases())


@pytest.mark.parametrize("case", VALUES.cases, ids=str)
def test_values(case: Case) -> None:
    VALUES.check(case)


def test_every_ufunc_is_in_a_table_above() -> None:
    tested = {*UNARY, *BINARY, *INTEGER_UNARY, *INTEGER_BINARY, *BOOLEAN_BINARY, *TWO_RESULTS}
    contractions = {"matmul", "vecdot", "matvec", "vecmat"}
    assert {u.__name__ for u in UFUNCS} == tested | contractions


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda u: u.__name__)
def test_namespace_has_it(ufunc: np.ufunc) -> None:
    assert hasattr(xnp, ufunc.__name__)


_M = np.array([[1.0, -2.0, 3.0], [0.5, 4.0, -1.0]])
_V = np.array([2.0, -3.0, 0.5])
SHAPES = Batch([
    Case("0-d", lambda x: np.tanh(x) + x * x, np.array(0.5)),
    Case("size-0", lambda x: np.exp(x) - 1, np.zeros((0, 3))),
    Case("size-1", lambda x: np.hypot(x, 2), np.ones((1, 1))),
    Case("broadcast row", lambda x, v: x * v, _M, _V),
    Case("broadcast column", lambda x, c: x - c, _M, _M[:, :1]),
    Case("broadcast both", lambda c, v: np.logaddexp(c, v), _M[:, :1], _V),
    Case("broadcast size-0", lambda x, v: x + v, np.zeros((0, 3)), _V),
    Case("broadcast 0-d", lambda x, s: x / s, _M, np.array(4.0)),
    Case("scalar left", lambda x: 1 / x + (2 - x) + 3 ** x + (5 // x) + 7 % x, _V),
    Case("numpy array left", lambda x: _M * x, _V),
    Case("numpy scalar left", lambda x: np.float32(2) * x, _V.astype(np.float32)),
    Case("list right", lambda x: np.add(x, [1, 2, 3]) * [2, 1, 0], _V),
    Case("operators", lambda x, y: [x + y, x - y, x * y, x / y, x // y, x % y, -x, +x, abs(x)],
         _M, _V),
    Case("comparisons", lambda x, y: [x < y, x <= y, x > y, x >= y, x == y, x != y], _M, _V),
    Case("bits", lambda x: [x & 3, x | 4, x ^ 7, ~x, 6 & x], np.arange(-3, 5)),
    Case("divmod", lambda x, y: [*divmod(x, y)], _M, _V),
    Case("int powers", lambda x: [x**0, x**1, x**2, x**3, x**-1, x**-2, x**2.0], _V),
    Case("root", lambda x: x**0.5, abs(_V)),
    Case("high power", lambda x: x**40, _V),
    Case("power of ints", lambda x: [x**0, x**2, x**5], np.arange(-3, 4)),
    Case("float power of int", lambda x: x**2.5, np.arange(4)),
    Case("int out of range", lambda x: [x < 300, x > -1, x == 256, x != 256, x <= 300],
         np.arange(5, dtype=np.uint8)),
    Case("dtype", lambda x: np.add(x, x, dtype=np.float64), _V.astype(np.float32)),
    Case("big floor_divide", lambda x, y: [x // y, x % y], np.array([1.0, 1e9, -1.0]),
         np.array([0.1, 0.1, 0.1])),
])  # fmt: skip


@pytest.mark.parametrize("case", SHAPES.cases, ids=str)
def test_shapes(case: Case) -> None:
    SHAPES.check(case)


def traced_dtype(function: Any, *args: Any) -> np.dtype[Any]:
    """The dtype of a result, without compiling."""
    seen: list[np.dtype[Any]] = []

    def watch(*xs: Any) -> Any:
        result = function(*xs)
        seen.append(result.dtype)
        return result

    frontend.jit(watch).lower(*args)
    return seen[0]


ALL_DTYPES = ["bool", "int8", "int32", "int64", "uint8", "uint32", "float16", "float32", "float64"]


@pytest.mark.parametrize("name", ["add", "divide", "maximum", "power", "logaddexp", "less"])
def test_promotion_of_every_pair_is_numpys(name: str) -> None:
    ufunc = getattr(np, name)
    for left, right in itertools.product(ALL_DTYPES, repeat=2):
        x, y = np.ones(2, left), np.ones(2, right)
        if name == "power" and ufunc(x, y).dtype.kind in "iu":
            continue
        assert traced_dtype(ufunc, x, y) == ufunc(x, y).dtype, (left, right)


@pytest.mark.parametrize("number", [True, 2, 2.5])
def test_python_numbers_are_weak(number: float) -> None:
    for dtype in ALL_DTYPES:
        x = np.ones(2, dtype)
        assert traced_dtype(lambda a: a * number, x) == (x * number).dtype, dtype
        assert traced_dtype(lambda a: number + a, x) == (number + x).dtype, dtype
        # A number that is an argument is as weak as one in the function's text.
        assert traced_dtype(lambda a, b: a * b, x, number) == (x * number).dtype, dtype


def test_bfloat16_stays_itself_beside_python_numbers() -> None:
    x = np.ones(2, ml_dtypes.bfloat16)
    for function in (lambda a: a * 2.5, lambda a: 1 - a, np.exp, lambda a: a**2, np.sum, np.mean):
        assert traced_dtype(function, x) == x.dtype


@pytest.mark.parametrize("dtype", ["bool", "int8", "int16", "int32", "uint8", "float16"])
@pytest.mark.parametrize("name", ["sin", "sqrt", "square", "floor", "rint", "isnan", "absolute"])
def test_unary_dtypes_are_numpys(name: str, dtype: str) -> None:
    ufunc = getattr(np, name)
    x = np.ones(2, dtype)
    assert traced_dtype(ufunc, x) == ufunc(x).dtype


def test_outside_of_a_function_they_are_numpys() -> None:
    result = xnp.sin(np.ones(3, np.float32))
    assert type(result) is np.ndarray
    np.testing.assert_array_equal(result, np.sin(np.ones(3, np.float32)))
    assert xnp.add(2, 3) == 5
