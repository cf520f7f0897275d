#!/usr/bin/env python3
"""Solve Kepler's equation for many orbits at once, each row in as many steps as it needs.

A planet's place on an ellipse of eccentricity e follows from E - e sin(E) = M, where M grows with
time. Newton's method is a `while_loop` whose body takes the residual's `grad`; `vmap` runs it for
all rows until the last has converged, and `jvp` goes through the loop for the planet's speed.

Usage: python examples/newton.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from xform import frontend
from xform.frontend import grad, jvp, vmap, while_loop

MOST_STEPS = 50


def anomaly(mean: Any, eccentricity: Any) -> tuple[Any, Any]:
    """E of one orbit, and the number of steps to it; M in [0, 2 pi], e in [0, 1)."""
    precision = 8 * np.finfo(mean.dtype).eps

    def residual(e: Any) -> Any:
        return e - eccentricity * np.sin(e) - mean

    def goes_on(state: Any) -> Any:
        _, step, count = state
        return (np.abs(step) > precision) & (count < MOST_STEPS)

    def improved(state: Any) -> Any:
        e, _, count = state
        step = residual(e) / grad(residual)(e)
        return e - step, step, count + 1

    # From pi on, Newton's method finds every E.
    start = np.zeros_like(mean) + np.pi
    e, _, steps = while_loop(goes_on, improved, (start, np.ones_like(mean), 0))
    return e, steps


def orbits(mean: Any, eccentricity: Any) -> tuple[Any, Any, Any]:
    """E, dE/dM and the number of steps of each row."""

    def row(mean: Any, eccentricity: Any) -> tuple[Any, Any, Any]:
        def of_mean(mean: Any) -> Any:
            return anomaly(mean, eccentricity)

        e, speed, steps = jvp(of_mean, (mean,), (np.ones_like(mean),), has_aux=True)
        return e, speed, steps

    return vmap(row)(mean, eccentricity)


def main() -> None:
    eccentricities = {"Earth": 0.017, "Pluto": 0.249, "Halley's comet": 0.967, "grazing": 0.9999}
    eccentricity = np.repeat([*eccentricities.values()], 3)
    mean = np.tile([0.01, 1.0, 3.0], len(eccentricities))
    e, speed, steps = map(np.asarray, frontend.jit(orbits)(mean, eccentricity))

    print("orbit                 M           E  steps  |E - e sin E - M|       dE/dM  exact")
    exact = 1 / (1 - eccentricity * np.cos(e))
    error = np.abs(e - eccentricity * np.sin(e) - mean)
    for row, name in enumerate(np.repeat([*eccentricities], 3)):
        print(
            f"{name:15} {mean[row]:7.2f} {e[row]:11.6f} {steps[row]:6} {error[row]:18.1e} "
            f"{speed[row]:11.6f}  {exact[row]:.6f}"
        )


if __name__ == "__main__":
    main()
