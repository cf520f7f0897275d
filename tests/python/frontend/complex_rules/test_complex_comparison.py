"""Comparisons, extremes and tests of complex numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from complex_grid import DTYPES, assert_as_numpy, grid, of_parts
from xform.frontend import grad, jit

OF_TWO = (
    "equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "maximum", "minimum",
    "fmax", "fmin", "logical_and", "logical_or", "logical_xor",
)  # fmt: skip
OF_ONE = ("isnan", "isinf", "isfinite", "logical_not", "isreal", "iscomplex")


def pairs(dtype: Any) -> tuple[Any, Any]:
    """Every pair of 49 numbers."""
    each = np.array([0.0, -0.0, 1.0, -2.0, np.inf, -np.inf, np.nan])
    x = of_parts(*np.meshgrid(each, each), dtype).ravel()
    first, second = np.meshgrid(x, x)
    return first.ravel(), second.ravel()


@cache
def computed(dtype: str) -> Any:
    """All functions, in one program."""

    def functions(x: Any, y: Any, z: Any) -> Any:
        of_two = {name: getattr(np, name)(x, y) for name in OF_TWO}
        of_two["where"] = np.where(x < y, x, y)
        return of_two, {name: getattr(np, name)(z) for name in OF_ONE}

    return jit(functions)(*pairs(dtype), grid(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [*OF_TWO, "where"])
def test_pairs(name: str, dtype: str) -> None:
    x, y = pairs(dtype)
    with np.errstate(invalid="ignore"):
        expected = np.where(x < y, x, y) if name == "where" else getattr(np, name)(x, y)
    found = np.asarray(computed(dtype)[0][name])
    assert found.dtype == expected.dtype
    # NumPy takes either zero for the larger one.
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OF_ONE)
def test_tests(name: str, dtype: str) -> None:
    x = grid(dtype)
    assert_as_numpy(computed(dtype)[1][name], getattr(np, name)(x), x)


def test_derivatives_of_extremes_go_to_the_number_that_is_taken() -> None:
    x, y = np.array([1 + 2j, 3 - 1j, 2 + 5j]), np.array([1 + 3j, 2 + 9j, 2 - 5j])

    def total(x: Any, y: Any) -> Any:
        return xnp.sum((np.maximum(x, y) * (2 - 1j) + np.minimum(x, y) * 3j).real)

    of_x, of_y = jit(lambda x, y: grad(total, argnums=(0, 1))(x, y))(x, y)
    larger = np.conj(2 - 1j)
    smaller = np.conj(3j)
    np.testing.assert_array_equal(np.asarray(of_x), [smaller, larger, larger])
    np.testing.assert_array_equal(np.asarray(of_y), [larger, smaller, smaller])
