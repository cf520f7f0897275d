#!/usr/bin/env python3
"""Learn which frequencies of the Nile's flow to keep, from the flow alone.

A filter is a weight for each frequency. Which weights foretell best is learned by leaving out: the
years that are hidden are filled in from the others by iteration, and the gradient of the error
there, through Fourier transforms and the iteration, tells how to change the shape of the filter.

The flow at Aswan from 1871 to 1970 is that of `kalman_smoother.py`.

Usage: python examples/spectral_filter.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize
from kalman_smoother import NILE
from xform.frontend import fori_loop, grad_and_value, jit, vmap

YEARS = len(NILE)
FLOW = (NILE - NILE.mean()) / NILE.std()
FREQUENCIES = np.fft.rfftfreq(2 * YEARS)
FOLDS = 10


def filtered(shape: Any, x: Any) -> Any:
    """The low frequencies: weights 1 / (1 + (f / shape_0)^shape_1), of the flow and its mirror."""
    cut, steepness = np.exp(shape)
    weights = 1 / (1 + (np.maximum(FREQUENCIES, 1e-9) / cut) ** steepness)
    return np.fft.irfft(weights * np.fft.rfft(np.concatenate([x, x[::-1]])))[:YEARS]


def filled(shape: Any, hidden: Any, turns: int = 12) -> Any:
    """The filtered flow, which stands for what is hidden."""

    def turn(_: Any, x: Any) -> Any:
        return filtered(shape, np.where(hidden, x, FLOW))

    return fori_loop(0, turns, turn, np.zeros(YEARS))


def hidden_years(seed: int = 0) -> Any:
    """Every year is hidden in one of the rows."""
    order = np.random.default_rng(seed).permutation(YEARS) % FOLDS
    return order == np.arange(FOLDS)[:, None]


def error(shape: Any, hidden: Any) -> Any:
    """The mean square error in the hidden years."""
    guesses = vmap(lambda row: filled(shape, row))(hidden)
    return np.sum(np.where(hidden, guesses - FLOW, 0) ** 2) / YEARS


gradient = jit(grad_and_value(error))


def learned() -> Any:
    hidden = hidden_years()

    def objective(shape: Any) -> tuple[float, Any]:
        slope, value = gradient(shape, hidden)
        return float(value), np.asarray(slope)

    return scipy.optimize.minimize(objective, np.log([0.1, 2.0]), jac=True, method="BFGS", tol=1e-5)


def main() -> None:
    result = learned()
    cut, steepness = np.exp(result.x)
    print(f"keeps what takes longer than {1 / cut:.0f} years (steepness {steepness:.1f})")
    print(f"error in hidden years {result.fun:.3f}; of the mean alone {np.mean(FLOW**2):.3f}\n")
    smooth = np.asarray(jit(filtered)(result.x, FLOW)) * NILE.std() + NILE.mean()
    for year in range(1875, 1970, 6):
        level = smooth[year - 1871]
        print(f"{year} {NILE[year - 1871]:5.0f} {level:6.0f} {' ' * int((level - 700) / 10)}*")


if __name__ == "__main__":
    main()
