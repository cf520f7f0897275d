"""Inverse trigonometric and hyperbolic functions of complex numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from complex_derivatives import Closed, check_derivatives, plus, times_i
from complex_grid import DTYPES, assert_as_numpy, assert_near, exact, grid, scattered
from mpmath import mp
from xform.frontend import jit, jvp

EXACT: dict[str, Any] = {
    "arcsin": mp.asin,
    "arccos": mp.acos,
    "arctan": mp.atan,
    "arcsinh": mp.asinh,
    "arccosh": mp.acosh,
    "arctanh": mp.atanh,
}


def root(x: Any) -> Any:
    """The square root of 1 - x x, on the side of its cuts on which x is."""
    return np.sqrt(-plus(x, -1)) * np.sqrt(plus(x, 1))


def other_root(x: Any) -> Any:
    """That of x x - 1."""
    return np.sqrt(plus(x, -1)) * np.sqrt(plus(x, 1))


DERIVATIVES: dict[str, Closed] = {
    "arcsin": Closed(np.arcsin, lambda x: 1 / root(x), lambda x: x / root(x) ** 3),
    "arccos": Closed(np.arccos, lambda x: -1 / root(x), lambda x: -x / root(x) ** 3),
    "arctan": Closed(
        np.arctan,
        lambda x: 1 / (1 - 1j * x) / (1 + 1j * x),
        lambda x: -2 * x / (1 - 1j * x) ** 2 / (1 + 1j * x) ** 2,
    ),
    "arcsinh": Closed(
        np.arcsinh, lambda x: 1 / root(times_i(x)), lambda x: -x / root(times_i(x)) ** 3
    ),
    "arccosh": Closed(
        np.arccosh, lambda x: 1 / other_root(x), lambda x: -x / other_root(x) ** 3
    ),
    "arctanh": Closed(
        np.arctanh,
        lambda x: 1 / (1 - x) / (1 + x),
        lambda x: 2 * x / (1 - x) ** 2 / (1 + x) ** 2,
    ),
}  # fmt: skip


@cache
def computed(dtype: str) -> dict[str, Any]:
    """All functions at all numbers, in one program."""
    program = jit(lambda x: {name: getattr(np, name)(x) for name in EXACT})
    return program(np.concatenate([grid(dtype), scattered(dtype)]))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", EXACT)
def test_special_numbers(name: str, dtype: str) -> None:
    x = grid(dtype)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x)
    assert_as_numpy(computed(dtype)[name][:256], expected, x)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", EXACT)
def test_numbers_near_branch_points(name: str, dtype: str) -> None:
    x = scattered(dtype)
    assert_near(computed(dtype)[name][256:], exact(EXACT[name], x), x, 6)


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives(name: str) -> None:
    check_derivatives(DERIVATIVES[name])


def test_derivatives_far_out_in_single_precision() -> None:
    x = np.array([30 + 1j, -3e4 + 1j, 1e12j, 1e15, 0.999 + 1e-4j], np.complex64)
    _, slope = jit(lambda x: jvp(np.arctanh, (x,), (np.ones_like(x),)))(x)
    wide = x.astype(np.complex128)
    assert_near(slope, 1 / (1 - wide) / (1 + wide), x, 64)
