"""Which dtypes complex numbers and others have together, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from xform.errors import XformTypeError
from xform.frontend import jit

REAL = ("bool", "int8", "uint8", "int16", "int32", "uint32", "int64", "uint64", "float16",
        "bfloat16", "float32", "float64")  # fmt: skip
COMPLEX = ("complex64", "complex128")
BINARY = ("add", "subtract", "multiply", "divide", "power", "float_power", "equal", "less",
          "maximum", "logical_and")  # fmt: skip
NUMBERS = {
    "an int": 1,
    "a float": 1.5,
    "a complex": 1j,
    "a bool": True,
    "a complex64": np.complex64(1j),
    "a complex128": np.complex128(1j),
    "a float32": np.float32(1),
    "a float64": np.float64(2),
    "an int64": np.int64(3),
}


def dtype_of(name: str) -> np.dtype[Any]:
    return np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)


def traced_dtypes(functions: dict[Any, Callable[..., Any]], *arrays: Any) -> dict[Any, Any]:
    """The dtypes of results of each function, by its key; None where it is refused."""
    found: dict[Any, Any] = {}

    def program(*xs: Any) -> Any:
        for key, function in functions.items():
            try:
                found[key] = np.dtype(function(*xs).dtype)
            except XformTypeError:
                found[key] = None
        return xs[0]

    jit(program)(*arrays)
    return found


def numpy_dtype(function: Callable[..., Any], *args: Any) -> Any:
    try:
        with np.errstate(all="ignore"):
            return function(*args).dtype
    except TypeError:
        return None


def test_result_types_of_all_pairs() -> None:
    every = (*REAL, *COMPLEX)
    pairs = [pair for pair in product(every, every) if set(pair) & set(COMPLEX)]
    arrays = {name: np.ones(2, dtype_of(name)) for name in every}
    found: dict[Any, Any] = {}

    def program(arrays: Any) -> Any:
        for a, b in pairs:
            found[a, b] = np.result_type(arrays[a], arrays[b])
            for name in BINARY:
                found[a, b, name] = getattr(np, name)(arrays[a], arrays[b]).dtype
        return arrays["bool"]

    jit(program)(arrays)
    assert len(found) == 52 * (1 + len(BINARY))
    for (a, b, *names), dtype in found.items():
        function = getattr(np, names[0]) if names else np.result_type
        given = arrays[a], arrays[b]
        expected = numpy_dtype(function, *given) if names else function(*given)
        assert dtype == expected, (a, b, *names)


@pytest.mark.parametrize("left", [False, True])
def test_numbers_and_arrays(left: bool) -> None:
    for name in (*REAL, *COMPLEX):
        x = np.ones(2, dtype_of(name))
        functions: dict[Any, Callable[..., Any]] = {}
        for (kind, number), ufunc in product(NUMBERS.items(), BINARY[:5]):
            if name == "bfloat16" and kind == "a float":
                continue  # stays bfloat16
            of_pair = getattr(np, ufunc)
            functions[kind, ufunc] = (
                (lambda x, f=of_pair, n=number: f(n, x))
                if left
                else (lambda x, f=of_pair, n=number: f(x, n))
            )
        found = traced_dtypes(functions, x)
        for key, function in functions.items():
            assert found[key] == numpy_dtype(function, x), (name, *key)


def test_dtypes_of_results_of_one_operand() -> None:
    for name in COMPLEX:
        x = np.ones(2, name)
        functions = {
            f: getattr(np, f)
            for f in ("absolute", "angle", "real", "imag", "sign", "conjugate", "exp", "isnan",
                      "reciprocal", "rint", "square", "sqrt", "logical_not", "sinc")
        }  # fmt: skip
        found = traced_dtypes(functions, x)
        for key, function in functions.items():
            assert found[key] == numpy_dtype(function, x), (name, key)


def test_values_of_mixed_operands() -> None:
    x = np.array([1.5, -2.0], np.float32)
    z = np.array([1 + 2j, 3 - 4j], np.complex64)
    n = np.array([2, -3])
    flags = np.array([True, False])

    def program(x: Any, z: Any, n: Any, flags: Any) -> Any:
        return (
            x * 1j, z + 1, 2 - z, z / x, n * z, flags + z, flags * 2j, x * np.complex128(1 + 1j),
            1j**x, np.where(flags, z, x), z == x, (z * 0 + 1) == flags,
        )  # fmt: skip

    for found, expected in zip(jit(program)(x, z, n, flags), program(x, z, n, flags), strict=True):
        assert np.asarray(found).dtype == expected.dtype
        np.testing.assert_allclose(np.asarray(found), expected, 1e-6)


def test_weak_complex_numbers_stay_weak() -> None:
    """A Python number times i takes the precision of the array it meets next."""
    x = np.ones(2, np.float32)
    found = traced_dtypes({"product": lambda x: (1j * 2.0) * x}, x)
    assert found["product"] == np.complex64


def test_dtype_arguments() -> None:
    z = np.array([1 + 2j, 3 - 4j])
    wide, narrow, summed, real = jit(
        lambda z: (
            np.add(z.real, 1, dtype=np.complex128),
            np.multiply(z, 2, dtype=np.complex64),
            np.exp(z.real, dtype=complex),
            z.astype(np.float32),
        )
    )(z)
    for found, dtype, expected in (
        (wide, "complex128", z.real + 1),
        (narrow, "complex64", z * 2),
        (summed, "complex128", np.exp(z.real)),
        (real, "float32", z.real),
    ):
        assert np.asarray(found).dtype == dtype
        np.testing.assert_allclose(np.asarray(found), expected, 1e-6)


OF_ONE = ("floor", "ceil", "trunc", "cbrt", "fabs", "signbit", "deg2rad", "rad2deg", "degrees",
          "radians", "spacing", "modf", "frexp", "invert", "bitwise_count")  # fmt: skip
OF_TWO = ("floor_divide", "remainder", "fmod", "divmod", "arctan2", "hypot", "copysign",
          "nextafter", "heaviside", "ldexp", "logaddexp", "logaddexp2", "bitwise_and",
          "bitwise_or", "bitwise_xor", "left_shift", "right_shift", "gcd", "lcm")  # fmt: skip


def of_one(name: str) -> Callable[..., Any]:
    return lambda z, x: getattr(np, name)(z)


def of_two(name: str) -> Callable[..., Any]:
    return lambda z, x: getattr(np, name)(x, z)


REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    **{name: (of_one(name), name) for name in OF_ONE},
    **{name: (of_two(name), name) for name in OF_TWO},
    "//": (lambda z, x: z // 2, "floor_divide(complex128, int)"),
    "%": (lambda z, x: 2 % z, "remainder(int, complex128)"),
    "~": (lambda z, x: ~z, "invert(complex128)"),
    "&": (lambda z, x: z & 1, "bitwise_and(complex128, int)"),
    "+= to real": (lambda z, x: x.__iadd__(z), "result of dtype complex128 into an array of dtype"),
    "a complex in a real array": (lambda z, x: x.__setitem__(0, 1j), "1j has no value of float64"),
    "dtype": (lambda z, x: np.add(z, 1, dtype=float), "add(complex128, int)"),
    "out": (lambda z, x: np.add(z, 1, out=x), "complex128 into an array of dtype float64"),
    "safe cast": (lambda z, x: z.astype(np.float32, casting="safe"), "complex128 to float32"),
    "view of parts": (lambda z, x: z.view(np.float64), "complex128"),
    "view as complex": (lambda z, x: x.view(np.complex128), "complex128"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, error_of: Callable[..., None]) -> None:
    function, said = REFUSED[name]
    z, x = np.array([1 + 2j, 3 - 4j]), np.array([1.0, 2.0])
    if not name.startswith("view"):
        with pytest.raises(TypeError):
            function(z.copy(), x.copy())
    error_of(lambda: jit(lambda z, x: function(z, x))(z, x), XformTypeError, [said])
