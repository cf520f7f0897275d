#!/usr/bin/env python3
"""Find the stiffness and the damping of an oscillator from where it was seen.

x'' = -w^2 x - 2 d x' is integrated by the classical Runge-Kutta method, a `scan` over time. Its
Jacobian by (w, d), from forward mode through the scan, is all that the Gauss-Newton method needs.

Usage: python examples/ode.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from xform import frontend
from xform.frontend import jacfwd, scan


def runge_kutta(field: Callable[[Any], Any], start: Any, step: float, count: int) -> Any:
    """The states [count, ...] after each of `count` steps."""

    def advance(state: Any, _: Any) -> tuple[Any, Any]:
        k1 = field(state)
        k2 = field(state + step / 2 * k1)
        k3 = field(state + step / 2 * k2)
        k4 = field(state + step * k3)
        state = state + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return state, state

    return scan(advance, start, length=count)[1]


def oscillation(parameters: Any, step: float, count: int) -> Any:
    """The places [count] of an oscillator let go at 1."""
    frequency, damping = parameters

    def field(state: Any) -> Any:
        place, speed = state
        return np.stack([speed, -(frequency**2) * place - 2 * damping * speed])

    start = np.stack([np.ones_like(frequency), np.zeros_like(frequency)])
    return runge_kutta(field, start, step, count)[:, 0]


def exact_oscillation(parameters: Any, times: Any) -> Any:
    frequency, damping = parameters
    damped = np.sqrt(frequency**2 - damping**2)
    swing = np.cos(damped * times) + damping / damped * np.sin(damped * times)
    return np.exp(-damping * times) * swing


def gauss_newton_step(parameters: Any, seen: Any, step: float) -> tuple[Any, Any]:
    """Better parameters, and the root of the mean square of what was wrong with the old ones."""

    def misfit(parameters: Any) -> Any:
        return oscillation(parameters, step, len(seen)) - seen

    wrong, slope = misfit(parameters), jacfwd(misfit)(parameters)
    better = parameters - np.linalg.solve(slope.T @ slope, slope.T @ wrong)
    return better, np.sqrt(np.mean(wrong**2))


def main() -> None:
    step, count = 0.05, 200
    times = step * np.arange(1, count + 1)
    truth = np.array([2.0, 0.15])
    noise = 0.02 * np.random.default_rng(0).normal(size=count)
    seen = exact_oscillation(truth, times) + noise

    computed, slope = frontend.jit(
        lambda p: (oscillation(p, step, count), jacfwd(oscillation)(p, step, count))
    )(truth)
    exact = exact_oscillation(truth, times)
    exact_slope = frontend.jit(jacfwd(exact_oscillation))(truth, times)
    print(f"largest error of the places    {np.abs(computed - exact).max():.1e}")
    print(f"largest error of the Jacobian  {np.abs(slope - np.asarray(exact_slope)).max():.1e}")

    print("\niteration  frequency  damping  misfit")
    improve = frontend.jit(lambda p, seen: gauss_newton_step(p, seen, step))
    parameters = np.array([2.2, 0.3])
    for iteration in range(7):
        better, misfit = improve(parameters, seen)
        print(f"{iteration:9} {parameters[0]:10.6f} {parameters[1]:8.6f} {float(misfit):7.4f}")
        parameters = np.asarray(better)
    print(f"    truth {truth[0]:10.6f} {truth[1]:8.6f} {noise.std():7.4f}")


if __name__ == "__main__":
    main()
