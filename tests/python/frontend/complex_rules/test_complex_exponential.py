"""Exponentials, logarithms, roots, trigonometric and hyperbolic functions of complex numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from complex_derivatives import Closed, check_derivatives, plus
from complex_grid import DTYPES, assert_as_numpy, assert_near, exact, grid, of_parts, scattered
from mpmath import mp
from xform.frontend import grad, jit, jvp

LN2, LN10 = np.log(2), np.log(10)

# By name, the function that mpmath has.
EXACT: dict[str, Any] = {
    "exp": mp.exp,
    "exp2": lambda x: mp.mpf(2) ** x,
    "expm1": mp.expm1,
    "log": mp.log,
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log10": lambda x: mp.log(x) / mp.log(10),
    "log1p": mp.log1p,
    "sqrt": mp.sqrt,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
}
# What docs/numpy-differences.md says of them.
LESS_EXACT_IN_NUMPY = ("exp2", "expm1", "log1p")

DERIVATIVES: dict[str, Closed] = {
    "exp": Closed(np.exp, np.exp, np.exp),
    "expm1": Closed(np.expm1, np.exp, np.exp),
    "exp2": Closed(np.exp2, lambda x: LN2 * np.exp(LN2 * x), lambda x: LN2**2 * np.exp(LN2 * x)),
    "log": Closed(np.log, lambda x: 1 / x, lambda x: -1 / x / x),
    "log2": Closed(np.log2, lambda x: 1 / x / LN2, lambda x: -1 / x / x / LN2),
    "log10": Closed(np.log10, lambda x: 1 / x / LN10, lambda x: -1 / x / x / LN10),
    "log1p": Closed(np.log1p, lambda x: 1 / (1 + x), lambda x: -1 / (1 + x) / (1 + x)),
    "sqrt": Closed(np.sqrt, lambda x: 0.5 / np.sqrt(x), lambda x: -0.25 / np.sqrt(x) / x),
    "sin": Closed(np.sin, np.cos, lambda x: -np.sin(x)),
    "cos": Closed(np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)),
    "tan": Closed(
        np.tan,
        lambda x: 1 / np.cos(x) / np.cos(x),
        lambda x: 2 * np.tan(x) / np.cos(x) / np.cos(x),
    ),
    "sinh": Closed(np.sinh, np.cosh, np.sinh),
    "cosh": Closed(np.cosh, np.sinh, np.cosh),
    "tanh": Closed(
        np.tanh,
        lambda x: 1 / np.cosh(x) / np.cosh(x),
        lambda x: -2 * np.tanh(x) / np.cosh(x) / np.cosh(x),
    ),
}


@cache
def computed(dtype: str) -> dict[str, Any]:
    """All functions at all numbers, in one program."""
    program = jit(lambda x: {name: getattr(np, name)(x) for name in EXACT})
    return program(np.concatenate([grid(dtype), scattered(dtype)]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in EXACT if name not in LESS_EXACT_IN_NUMPY])
def test_special_numbers(name: str, dtype: str) -> None:
    x = grid(dtype)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x)
    assert_as_numpy(computed(dtype)[name][:256], expected, x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", EXACT)
def test_numbers_near_zeros_poles_and_branch_points(name: str, dtype: str) -> None:
    x = scattered(dtype)
    # The angle of a power of 2 is a product that is rounded.
    assert_near(computed(dtype)[name][256:], exact(EXACT[name], x), x, 60 if name == "exp2" else 6)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LESS_EXACT_IN_NUMPY)
def test_special_numbers_where_numpy_loses_digits(name: str, dtype: str) -> None:
    x = grid(dtype)
    found = np.asarray(computed(dtype)[name][:256])
    with np.errstate(all="ignore"):
        theirs = getattr(np, name)(x)
        # mpmath knows no signs of zero: NumPy says on which side of the cut a number lies.
        known = np.isfinite(x) & np.isfinite(theirs) & (np.abs(x) < 1e4)
    side = np.where(np.signbit(theirs.imag), -1, 1)
    values = exact(EXACT[name], x[known])
    on_cut = (x[known].imag == 0) & (values.imag != 0)
    values.imag = np.where(on_cut, np.abs(values.imag) * side[known], values.imag)
    # An angle of 1000 is multiplied by log 2.
    assert_near(found[known], values, x[known], 1000 if name == "exp2" else 4)
    zeros = (found.imag == 0) & (theirs.imag == 0) & ~np.isnan(theirs)
    assert np.array_equal(np.signbit(found.imag[zeros]), np.signbit(theirs.imag[zeros]))


def test_exponentials_of_infinities() -> None:
    x = of_parts(
        [np.inf, np.inf, np.inf, -np.inf, -np.inf, np.inf, np.nan, 1e300],
        [0.0, -0.0, 1.0, 1.0, np.nan, np.nan, 0.0, 0.0],
    )
    found = [np.asarray(f) for f in jit(lambda x: (np.expm1(x), np.exp2(x)))(x)]
    np.testing.assert_array_equal(found[0].real, [np.inf] * 3 + [-1, -1, np.inf, np.nan, np.inf])
    np.testing.assert_array_equal(found[0].imag, [0, 0, np.inf, 0, 0, np.nan, 0, 0])
    np.testing.assert_array_equal(found[1].real, [np.inf] * 3 + [0, 0, np.inf, np.nan, np.inf])
    np.testing.assert_array_equal(found[1].imag, [0, 0, np.inf, 0, 0, np.nan, 0, 0])
    assert np.signbit(found[0].imag[1])
    assert np.signbit(found[1].imag[1])


@pytest.mark.parametrize("dtype", DTYPES)
def test_numbers_that_fit_where_an_exponential_overflows(dtype: str) -> None:
    end = 709.9 if dtype == "complex128" else 88.8
    x = np.array([end + 0.8j, end - 0.8j, end + 2.2j, end - 2.2j], dtype)
    arguments = {"exp": x, "expm1": x, "sinh": -x, "cosh": -x, "exp2": (x / LN2).astype(dtype)}
    with np.errstate(over="ignore"):
        assert np.isinf(np.exp(x.real)).all()
    found = jit(lambda given: {name: getattr(np, name)(y) for name, y in given.items()})(arguments)
    for name, y in arguments.items():
        assert_near(found[name], exact(EXACT[name], y), y, 8)


@pytest.mark.parametrize("dtype", DTYPES)
def test_roots_and_logarithms_of_the_largest_and_smallest_numbers(dtype: str) -> None:
    limits = np.finfo(dtype)
    x = np.array(
        [complex(limits.max, limits.max), complex(-limits.max, limits.max), 1j * limits.max,
         complex(4 * limits.tiny, -3 * limits.tiny), -2j * limits.tiny, -3.0 * limits.tiny],
        dtype,
    )  # fmt: skip
    roots, logarithms = jit(lambda x: (np.sqrt(x), np.log(x)))(x)
    assert_near(roots, exact(mp.sqrt, x), x, 2)
    assert_near(logarithms, exact(mp.log, x), x, 2)


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives(name: str) -> None:
    check_derivatives(DERIVATIVES[name], 900 if name == "exp2" else 64)


def test_hyperbolic_tangents_of_both_precisions_grow_where_they_are_flat() -> None:
    for dtype in DTYPES:
        x = np.array([15 + 1j, -15 + 1j, 40 + 1j, 200 + 1j], dtype)
        _, slope = jit(lambda x: jvp(np.tanh, (x,), (np.ones_like(x),)))(x)
        wide = x.astype(np.complex128)
        assert_near(slope, 1 / np.cosh(wide) ** 2, x, 64)


def test_poles_have_no_derivative_that_is_a_number() -> None:
    zero = np.array([0j, 1.0 + 0j])
    found = jit(
        lambda x: [grad(lambda x, f=f: np.sum(f(x).real))(x) for f in (np.sqrt, np.log, np.log2)]
    )(zero)
    for g in map(np.asarray, found):
        assert not np.isfinite(g[0])
        assert np.isfinite(g[1])


def test_plus_keeps_signs_of_zero() -> None:
    assert np.signbit(plus(of_parts([1.0], [-0.0]), -1).imag[0])
