#!/usr/bin/env python3
"""Find the level of the Nile behind its yearly flow, and how much of the flow is noise.

A state moves by x' = F x + q and is seen as y = H x + r, with normal noises q and r. The Kalman
filter is a `scan` forwards over what was seen, the smoother of Rauch, Tung and Striebel a `scan`
backwards over what the filter left; the gradient of the filter's log-likelihood by the logarithms
of both variances, through the scan and its Cholesky factors, finds the most likely ones.

The flow at Aswan from 1871 to 1970, and the variances to compare with, are those of J. Durbin and
S. Koopman, Time Series Analysis by State Space Methods (2012), chapter 2.

Usage: python examples/kalman_smoother.py
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.optimize
from xform.frontend import grad_and_value, jit, scan
from xform.numpy.linalg import cho_solve, solve

# fmt: off
NILE = np.array([
    1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180,
    799, 958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833,
    701, 916, 692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845,
    864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897, 822, 1010, 771, 676,
    649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050, 918, 986, 797, 923,
    975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
], float)
# fmt: on


class Model(NamedTuple):
    """F, H, the covariances of q and r, and the mean and the covariance of the first state."""

    moves: Any
    shows: Any
    drift: Any
    noise: Any
    mean: Any
    covariance: Any


def filtered(model: Model, seen: Any) -> Any:
    """Means and covariances of each state given what was seen so far, and the log-likelihoods."""

    def step(foreseen: Any, y: Any) -> Any:
        mean, covariance = foreseen
        wrong = y - model.shows @ mean
        shown = model.shows @ covariance
        factor = np.linalg.cholesky(shown @ model.shows.T + model.noise)
        gain = cho_solve(factor, shown).T
        mean, covariance = mean + gain @ wrong, covariance - gain @ shown
        likely = -(wrong @ cho_solve(factor, wrong) + len(y) * np.log(2 * np.pi)) / 2
        likely = likely - np.log(np.diagonal(factor)).sum()
        ahead = model.moves @ mean, model.moves @ covariance @ model.moves.T + model.drift
        return ahead, (mean, covariance, likely)

    return scan(step, (model.mean, model.covariance), seen)[1]


def smoothed(model: Model, means: Any, covariances: Any) -> tuple[Any, Any]:
    """Means and covariances of each state given all that was seen, from those of the filter."""

    def step(after: Any, now: Any) -> Any:
        mean, covariance = now
        moved = model.moves @ covariance
        foreseen = moved @ model.moves.T + model.drift
        back = solve(foreseen, moved, assume_a="positive definite").T
        mean = mean + back @ (after[0] - model.moves @ mean)
        covariance = covariance + back @ (after[1] - foreseen) @ back.T
        return (mean, covariance), (mean, covariance)

    last = means[-1], covariances[-1]
    _, before = scan(step, last, (means[:-1], covariances[:-1]), reverse=True)
    return tuple(np.concatenate([b, x[None]]) for b, x in zip(before, last, strict=True))


def local_level(logs: Any) -> Model:
    """A level that drifts, seen with noise; `logs` of both variances. Nothing is known at first."""
    one = np.ones((1, 1))
    noise, drift = np.exp(logs)
    return Model(one, one, drift * one, noise * one, np.zeros(1), 1e7 * one)


def fit(seen: Any) -> Any:
    """The logarithms of the most likely variances, as SciPy's minimizer found them."""
    gradient = jit(grad_and_value(lambda logs: -filtered(local_level(logs), seen)[2][1:].sum()))

    def objective(logs: Any) -> tuple[float, Any]:
        slope, value = gradient(logs)
        return float(value), np.asarray(slope)

    return scipy.optimize.minimize(objective, np.log([1e4, 1e4]), jac=True, method="BFGS")


def main() -> None:
    seen = NILE[:, None]
    found = fit(seen)
    noise, drift = np.exp(found.x)
    print(f"variance of the noise {noise:7.0f}, of the level's drift {drift:5.0f}")
    print(f"Durbin and Koopman      15099                        1469, {found.nfev} gradients\n")

    def levels(logs: Any) -> tuple[Any, Any]:
        model = local_level(logs)
        return smoothed(model, *filtered(model, seen)[:2])

    means, covariances = map(np.asarray, jit(levels)(found.x))
    for year in range(1891, 1912, 2):
        level, spread = means[year - 1871, 0], np.sqrt(covariances[year - 1871, 0, 0])
        bar = " " * int((level - 700) / 10) + "*"
        print(f"{year} {NILE[year - 1871]:5.0f} {level:6.0f} ± {spread:.0f} {bar}")
    print("The dam of Aswan, built from 1899 to 1902, is where the level falls.")


if __name__ == "__main__":
    main()
