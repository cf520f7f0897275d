#!/usr/bin/env python3
"""Foresee the course of diabetes by a Gaussian process that learns which measurements matter.

The covariance of two patients falls with the distance of their measurements, each in units of a
length of its own. The logarithm of the marginal likelihood is a solve with Cholesky's factor and
the logarithms of its diagonal; its gradient by all hyperparameters, through the factor, fits them.
A measurement whose length grows without bound says nothing.

After C. Rasmussen and C. Williams, Gaussian Processes for Machine Learning (2006), chapter 5.

Usage: python examples/gaussian_process.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.optimize
from sklearn.datasets import load_diabetes
from xform.frontend import grad_and_value, jit
from xform.numpy.linalg import solve_triangular

TRAINED = 150  # of 442 patients


def covariance(logs: Any, xs: Any, others: Any) -> Any:
    """Of the functions' values; `logs` of an amplitude, of a noise, then of a length a column."""
    lengths = np.exp(logs[2:])
    apart = xs[:, None] / lengths - others / lengths
    return np.exp(2 * logs[0]) * np.exp(-(apart**2).sum(-1) / 2)


def noisy_factor(logs: Any, xs: Any) -> Any:
    """Cholesky's factor of the covariance of what is measured."""
    return np.linalg.cholesky(covariance(logs, xs, xs) + np.exp(2 * logs[1]) * np.eye(len(xs)))


def log_likelihood(logs: Any, xs: Any, ys: Any) -> Any:
    factor = noisy_factor(logs, xs)
    white = solve_triangular(factor, ys, lower=True)
    determinant = 2 * np.log(np.diagonal(factor)).sum()
    return -(white @ white + determinant + len(ys) * np.log(2 * np.pi)) / 2


def predict(logs: Any, xs: Any, ys: Any, new: Any) -> tuple[Any, Any]:
    """The mean and the standard deviation of new measurements, noise included."""
    factor = noisy_factor(logs, xs)
    white = solve_triangular(factor, covariance(logs, xs, new), lower=True)
    variance = np.exp(2 * logs[0]) + np.exp(2 * logs[1]) - (white**2).sum(0)
    return white.T @ solve_triangular(factor, ys, lower=True), np.sqrt(variance)


def fit(logs: Any, xs: Any, ys: Any) -> Any:
    """The most likely hyperparameters, each within a factor of exp(5)."""
    slope_and_value = jit(grad_and_value(lambda logs: -log_likelihood(logs, xs, ys)))

    def objective(logs: Any) -> tuple[float, Any]:
        slope, value = slope_and_value(logs)
        return float(value), np.asarray(slope)

    bounds = [(-5, 5)] * len(logs)
    return scipy.optimize.minimize(
        objective, logs, jac=True, method="L-BFGS-B", bounds=bounds, tol=1e-5
    )


def main() -> None:
    data = load_diabetes(scaled=False)
    order = np.random.default_rng(0).permutation(len(data.target))
    xs, ys = data.data[order], data.target[order]
    xs, scale = (xs - xs.mean(0)) / xs.std(0), ys[:TRAINED].std()
    ys = (ys - ys[:TRAINED].mean()) / scale
    start = np.concatenate([[0.0, -0.5], np.full(xs.shape[1], 1.0)])
    found = fit(start, xs[:TRAINED], ys[:TRAINED])
    print(f"log-likelihood {-found.fun:.2f} after {found.nfev} gradients")
    for place in np.argsort(found.x[2:]):
        print(f"  length of {data.feature_names[place]:3} {np.exp(found.x[2 + place]):7.1f}")

    new = xs[TRAINED:], ys[TRAINED:]
    mean, deviation = map(np.asarray, jit(predict)(found.x, xs[:TRAINED], ys[:TRAINED], new[0]))
    wrong = mean - new[1]
    print(f"{len(wrong)} new patients: off by {scale * np.sqrt(np.mean(wrong**2)):.1f}", end="")
    print(f", {np.mean(np.abs(wrong) < 1.96 * deviation):.0%} within the bounds of 95%")


if __name__ == "__main__":
    main()
