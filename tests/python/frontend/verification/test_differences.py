"""Differences: their estimates are as close as the errors that they state."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from xform.verification.differences import Slopes, slopes
from xform.verification.layout import Floats

ROUNDOFF = float(np.finfo(float).eps)


def of_one(function: Callable[[float], float], roundoff: float = ROUNDOFF) -> Slopes:
    def vector(s: float) -> Floats:
        with np.errstate(all="ignore"):
            return np.array([function(s)])

    return slopes(vector, roundoff)


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (lambda s: np.exp(s), 1.0),
        (lambda s: np.sin(30 * s), 30.0),
        (lambda s: 1 / (1.01 + s), -1 / 1.01**2),
        (lambda s: 1e9 + s, 1.0),
        (lambda s: 7.0, 0.0),
    ],
)
def test_smooth(function: Callable[[float], float], slope: float) -> None:
    found = of_one(function)
    for estimate in (found.central, found.right, found.left):
        assert abs(estimate.slope[0] - slope) <= 4 * estimate.error[0] + 1e-15
    assert found.central.error[0] <= 1e-6 * max(abs(slope), 1e-3 * abs(function(0.0)))


def test_kink() -> None:
    found = of_one(lambda s: abs(s) + s**2)
    assert found.converged(found.right, np.zeros(1)).all()
    assert found.converged(found.left, np.zeros(1)).all()
    np.testing.assert_allclose([found.right.slope[0], found.left.slope[0]], [1, -1], rtol=1e-6)


def test_a_kink_near_by_is_not_seen() -> None:
    found = of_one(lambda s: max(2 * s, 3 * s - 1e-3))
    np.testing.assert_allclose(found.central.slope, [2.0], rtol=1e-8)
    assert found.central.error[0] < 1e-8


@pytest.mark.parametrize("function", [np.sqrt, lambda s: np.log(1e-9 + s)])
def test_what_does_not_converge_says_so(function: Callable[[float], float]) -> None:
    found = of_one(function)
    for estimate in (found.central, found.right, found.left):
        assert not found.converged(estimate, np.zeros(1), 0.1).any()


def test_a_jump_does_not_converge() -> None:
    found = of_one(lambda s: float(s >= 0))
    assert not found.converged(found.central, np.zeros(1)).any()
    assert found.is_constant.all()


def test_roundings_of_the_function_are_in_the_error() -> None:
    def rough(s: float) -> float:
        return float(np.float32(np.exp(np.float32(1 + s))))

    found = of_one(rough, float(np.finfo(np.float32).eps))
    assert abs(found.central.slope[0] - np.e) <= 4 * found.central.error[0]
    assert found.central.error[0] < 1e-3
