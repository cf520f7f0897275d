#!/usr/bin/env python3
"""Find what lies in the ground from the echoes of waves, in Fourier space.

A string's waves obey u'' = c(x)^2 u_xx. Differences in x are exact in Fourier space, where they are
products with -k^2; steps in time are a `scan` (H.-O. Kreiss and J. Oliger, 1972). The gradient of
what receivers hear by the speed c at each place, back through all steps, finds a layer in which
waves are slower (A. Tarantola, "Inversion of seismic reflection data", 1984).

Usage: python examples/wave_equation.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize
from xform.frontend import grad_and_value, jit, scan

POINTS, STEPS, LENGTH = 128, 260, 1.0
STEP = 0.3 * LENGTH / POINTS
PLACES = np.arange(POINTS) * LENGTH / POINTS
WAVES = 2 * np.pi * np.fft.rfftfreq(POINTS, LENGTH / POINTS)
RECEIVERS = np.array([8, 120])


def bump(at: float, width: float = 0.03) -> Any:
    return np.exp(-(((PLACES - at) / width) ** 2))


def heard(speed: Any, start: Any, steps: int = STEPS) -> tuple[Any, Any]:
    """The string after some steps from a start at rest, and what receivers heard at each."""

    def bent(u: Any) -> Any:
        return np.fft.irfft(-(WAVES**2) * np.fft.rfft(u), POINTS)

    def step(carry: Any, _: Any) -> Any:
        before, now = carry
        after = 2 * now - before + (STEP * speed) ** 2 * bent(now)
        return (now, after), now[RECEIVERS]

    # At rest: the step before is the step after.
    before = start + 0.5 * (STEP * speed) ** 2 * bent(start)
    (_, last), traces = scan(step, (before, start), None, length=steps)
    return last, traces


def ground(depths: Any) -> Any:
    """Speeds: 1, and less by `depths` at places that are a tenth apart, smoothly between."""
    bumps = np.stack([bump(at, 0.07) for at in np.linspace(0.2, 0.8, 7)])
    return 1 - depths @ bumps


def found(recorded: Any, start: Any) -> Any:
    """The depths of which the receivers would hear what was recorded."""

    def misfit(depths: Any) -> Any:
        return np.sum((heard(ground(depths), start)[1] - recorded) ** 2)

    gradient = jit(grad_and_value(misfit))

    def objective(depths: Any) -> tuple[float, Any]:
        slope, value = gradient(depths)
        return float(value), np.asarray(slope)

    begin = np.zeros(7)
    return scipy.optimize.minimize(objective, begin, jac=True, method="BFGS", tol=1e-8)


def main() -> None:
    start = bump(0.1)
    true = np.array([0, 0, 0.1, 0.3, 0.2, 0, 0])
    recorded = np.asarray(jit(lambda c: heard(c, start)[1])(ground(true)))
    result = found(recorded, start)
    print(f"misfit {result.fun:.1e} after {result.nfev} gradients through {STEPS} steps\n")
    for at, depth, real in zip(np.linspace(0.2, 0.8, 7), result.x, true, strict=True):
        print(f"{at:.1f} {1 - depth:6.3f} {1 - real:6.3f} {'#' * round(100 * depth)}")


if __name__ == "__main__":
    main()
