"""Divided differences of points from equal to far apart, against closed forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xform import frontend
from xform.scipy.linalg.divided_differences import divided_difference

PATTERNS = ((0.0,), (0.0, 0.0), (0.0, 1.0), (0.0, 0.5, 1.0), (0.0, 0.0, 1.0), (0.0, 0.4, 0.4, 1.0))


def pairs(points: list[Any], term: Callable[[Any, Any], Any]) -> Any:
    """The product of what each two points give."""
    found: Any = 1.0
    for i, x in enumerate(points):
        for y in points[:i]:
            found = found * term(x, y)
    return found


def of_inverse(points: list[Any]) -> Any:
    return (-1) ** (len(points) - 1) / np.prod(points, axis=0)


def of_root(points: list[Any]) -> Any:
    if len(points) == 4:
        # By the definition, the numerator being symmetric.
        total = sum(np.sqrt(x) for x in points)
        return total / pairs(points, lambda x, y: np.sqrt(x) + np.sqrt(y))
    sign = -1 if len(points) == 3 else 1
    value = sign / pairs(points, lambda x, y: np.sqrt(x) + np.sqrt(y))
    return np.sqrt(points[0]) if len(points) == 1 else value


def of_cube(points: list[Any]) -> Any:
    """Complete homogeneous polynomials, of degrees 3 to 0."""
    degree = 4 - len(points)
    powers: list[Any] = [1.0, 0.0, 0.0, 0.0]
    for x in points:
        for k in range(1, 4):
            powers[k] = powers[k] + x * powers[k - 1]
    return powers[degree] + 0 * points[0]


def of_half(points: list[Any]) -> Any:
    """Of 1 - exp(-x), whose values are rounded more than their size tells, at up to two points."""
    if len(points) == 1:
        return -np.expm1(-points[0])
    middle, half = (points[0] + points[1]) / 2, (points[1] - points[0]) / 2
    return np.exp(-middle) * np.sinc(1j * half / np.pi).real


FUNCTIONS: dict[str, tuple[Any, Any, float]] = {
    "inverse": (lambda x: 1 / x, of_inverse, 0.8),
    "root": (np.sqrt, of_root, 1.5),
    "cube": (lambda x: x**3, of_cube, 0.3),
    "cancelling": (lambda x: 1 - np.exp(-x), of_half, 1e-3),
}
# By the order, and the size of the dtype.
ERRORS = {8: (1e-15, 1e-12, 1e-8, 2e-6), 4: (1e-6, 3e-5, 1e-3, 5e-3)}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_closed_forms(dtype: Any) -> None:
    """At 40 distances for each pattern of points."""
    smallest = -10.0 if dtype is np.float64 else -5.0
    distances = np.concatenate([[0.0], 10.0 ** np.linspace(smallest, 0.0, 40)])
    cases = [(name, pattern) for name in FUNCTIONS for pattern in PATTERNS
             if name != "cancelling" or len(pattern) < 3]  # fmt: skip
    points = [
        [(FUNCTIONS[name][2] + p * distances).astype(dtype) for p in pattern]
        for name, pattern in cases
    ]

    def everything(points: Any) -> Any:
        zero = np.zeros((), dtype)
        return [divided_difference(FUNCTIONS[name][0], own, zero + 0 * own[0][0])
                for (name, _), own in zip(cases, points, strict=True)]  # fmt: skip

    found = frontend.jit(everything)(points)
    for (name, pattern), own, got in zip(cases, points, found, strict=True):
        wanted = FUNCTIONS[name][1]([x.astype(np.float64) for x in own])
        error = ERRORS[np.dtype(dtype).itemsize][len(pattern) - 1]
        if name == "cancelling":
            error *= 1000
        np.testing.assert_allclose(
            got, wanted, rtol=error, err_msg=f"{name} {pattern} {np.dtype(dtype)}"
        )
        assert np.asarray(got).dtype == dtype


@pytest.mark.parametrize("distance", [1e-9, 1e-5, 0.1])
def test_kinks_and_steps_between_close_points(distance: float) -> None:
    """What is not smooth is seen, however close the points on both sides are."""

    def everything(low: Any, high: Any) -> Any:
        least = 0 * low
        return [divided_difference(f, points, least) for f, points in (
            (lambda x: np.maximum(x, 1.0), [low, high]),
            (lambda x: np.abs(x - 1.0), [low, low, high]),
            (lambda x: np.where(x > 1.0, 3.0, 2.0) + 0 * x, [low, high]),
        )]  # fmt: skip

    low, high = 1 - distance / 4, 1 + distance * 3 / 4
    got = frontend.jit(everything)(low, high)
    apart = high - low
    slope = ((high - 1) - (1 - low)) / apart
    np.testing.assert_allclose(got, [(high - 1) / apart, (slope + 1) / apart, 1 / apart], rtol=1e-6)
