"""Differences of a function along a line: from both sides, extrapolated, with their errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from .layout import Floats, Marks

# From a sixteenth of the arguments' size, halved each time, down to 2**-19 of it.
_STEPS: Final = tuple(2.0**-k for k in range(4, 20))


@dataclass(frozen=True)
class Estimate:
    """Estimates of a derivative.

    Attributes:
        slope: one for each entry of the function's result.
        error: how far each may be off; infinite where nothing converges.
    """

    slope: Floats
    error: Floats


@dataclass(frozen=True)
class Slopes:
    """The derivative of a function along a line, by differences.

    Attributes:
        value: the function's result in the middle, shape (n,).
        central, right, left: by differences to both sides and to one, shape (n,) each.
        is_constant: whether each entry is the same number along the smallest steps to one side.
        negligible: what is as good as 0 for a slope, shape (n,).
    """

    value: Floats
    central: Estimate
    right: Estimate
    left: Estimate
    is_constant: Marks
    negligible: Floats

    def converged(self, estimate: Estimate, size: Floats, part: float = 0.02) -> Marks:
        """Where the error of one of the estimates is small.

        Args:
            estimate: central, right or left.
            size: another size than its own that the slope may have.
            part: how large a part of the slope the error may be.
        """
        largest = part * np.maximum(np.abs(estimate.slope), size)
        return np.isfinite(estimate.error) & (
            estimate.error <= np.maximum(largest, self.negligible)
        )


def slopes(
    function: Callable[[float], Floats], resolution: float, steps: Sequence[float] = _STEPS
) -> Slopes:
    """The derivative at 0 of a function of one number, in each entry of its result.

    Differences with several steps are extrapolated to step 0 (Richardson), and of the estimates the
    one is taken whose error seems smallest (Ridders, Accurate computation of F'(x) and F'(x)F''(x),
    1982); what lies across a kink or outside of the domain is then not chosen.

    Args:
        function: from the distance along the line to a vector of shape (n,).
        resolution: the relative size of its roundings.
        steps: the distances to take, each half of the one before.

    >>> found = slopes(lambda s: np.array([np.exp(s), abs(s)]), 1e-16)
    >>> found.central.slope.round(9), found.right.slope[1], found.left.slope[1]
    (array([1., 0.]), np.float64(1.0), np.float64(-1.0))
    """
    middle = function(0.0)
    after = [function(step) for step in steps]
    before = [function(-step) for step in steps]
    with np.errstate(all="ignore"):
        size = np.abs(middle)
        noise = [
            resolution * np.maximum(size, np.maximum(np.abs(a), np.abs(b))) / step
            for a, b, step in zip(after, before, steps, strict=True)
        ]
        one_sided = [resolution * np.maximum(size, np.abs(a)) for a in after]
        other_side = [resolution * np.maximum(size, np.abs(b)) for b in before]
        return Slopes(
            middle,
            _extrapolated(
                [(a - b) / (2 * step) for a, b, step in zip(after, before, steps, strict=True)],
                noise,
                4.0,
            ),
            _extrapolated(
                [(a - middle) / step for a, step in zip(after, steps, strict=True)],
                [2 * n / step for n, step in zip(one_sided, steps, strict=True)],
                2.0,
            ),
            _extrapolated(
                [(middle - b) / step for b, step in zip(before, steps, strict=True)],
                [2 * n / step for n, step in zip(other_side, steps, strict=True)],
                2.0,
            ),
            ((after[-1] == middle) & (after[-2] == middle))
            | ((before[-1] == middle) & (before[-2] == middle)),
            np.sqrt(resolution) * size,
        )


def _extrapolated(differences: Sequence[Floats], noise: Sequence[Floats], ratio: float) -> Estimate:
    """The best extrapolation of differences whose errors are a series in powers of `ratio`."""
    best = np.full_like(differences[0], np.nan)
    error = np.full_like(differences[0], np.inf)
    above: list[Floats] = []
    for difference, rounding in zip(differences, noise, strict=True):
        row = [difference]
        power = 1.0
        # Higher columns amplify roundings, and are for functions smoother than most.
        for left_above in above[:6]:
            power *= ratio
            value = row[-1] + (row[-1] - left_above) / (power - 1.0)
            change = np.maximum(np.abs(value - row[-1]), np.abs(value - left_above)) + rounding
            is_better = change < error
            best = np.where(is_better, value, best)
            error = np.where(is_better, change, error)
            row.append(value)
        above = row
    # What converges from afar, and not at hand, has met something on the way.
    return Estimate(best, error + np.maximum(np.abs(differences[-1] - best) - 4 * noise[-1], 0.0))
