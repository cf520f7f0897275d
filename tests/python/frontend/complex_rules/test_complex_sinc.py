"""The sine of complex numbers divided by the numbers."""

from __future__ import annotations

import numpy as np
import pytest
from complex_derivatives import Closed, check_derivatives
from complex_grid import DTYPES, exact, scattered
from mpmath import mp
from xform.frontend import jit


@pytest.mark.parametrize("dtype", DTYPES)
def test_numbers_near_zeros(dtype: str) -> None:
    x = scattered(dtype)
    x = np.concatenate([x[np.abs(x) < 20], np.array([0, -0.0, 1e-30, 1e-30j], dtype)])
    expected = exact(lambda z: mp.sincpi(z) if z else mp.mpf(1), x)
    # What pi x is off by, the angle is.
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(np.asarray(jit(np.sinc)(x)), expected, 50 * eps, 8 * eps)


def _first(x: np.ndarray) -> np.ndarray:
    y = np.pi * x
    series = -y / 3 + y**3 / 30
    return np.pi * np.where(np.abs(y) < 1e-3, series, (np.cos(y) - np.sin(y) / y) / y)


def _second(x: np.ndarray) -> np.ndarray:
    y = np.pi * x
    series = -1 / 3 + y**2 / 10 - y**4 / 168
    rest = (-np.sin(y) - 2 * (np.cos(y) - np.sin(y) / y) / y) / y
    return np.pi**2 * np.where(np.abs(y) < 1e-2, series, rest)


def test_derivatives() -> None:
    check_derivatives(Closed(np.sinc, _first, _second), 3e5)
