#!/usr/bin/env python3
"""Calibrate a load cell by a parabola, and tell how sure its readings are from a gradient.

Least squares make the parabola depend on every measured point. The gradient of what it says at a
new load by all measured deflections is how much each of them counts there; with their scatter it
gives the standard error of what is said. The gradient by the loads, through the orthogonal factors
of their powers, tells what a wrong weight would have done.

The measurements are Pontius' from the Statistical Reference Datasets of NIST, which also certify
the coefficients: https://www.itl.nist.gov/div898/strd/lls/data/Pontius.shtml

Usage: python examples/polynomial_fit.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from xform.frontend import grad, grad_and_value, jit, vmap

LOADS = np.tile(150_000.0 * np.arange(1, 21), 2)  # each weighed twice
# fmt: off
DEFLECTIONS = np.array([
    0.11019, 0.21956, 0.32949, 0.43899, 0.54803, 0.65694, 0.76562, 0.87487, 0.98292, 1.09146,
    1.20001, 1.30822, 1.41599, 1.52399, 1.63194, 1.73947, 1.84646, 1.95392, 2.06128, 2.16844,
    0.11052, 0.22018, 0.32939, 0.43886, 0.54798, 0.65739, 0.76596, 0.87474, 0.98300, 1.09150,
    1.20004, 1.30818, 1.41613, 1.52408, 1.63159, 1.73965, 1.84696, 1.95445, 2.06177, 2.16829,
])
# fmt: on
CERTIFIED = np.array([-0.316081871345029e-14, 0.732059160401003e-06, 0.673565789473684e-03])
CERTIFIED_SCATTER = 0.205177424076185e-03


def prediction(loads: Any, deflections: Any, load: Any) -> Any:
    """The deflection at a load, by the parabola through what was measured."""
    return np.polyval(np.polyfit(loads, deflections, 2), load)


def scatter(loads: Any, deflections: Any) -> Any:
    """The standard deviation of single measurements, from what the parabola leaves."""
    left = deflections - prediction(loads, deflections, loads)
    return np.sqrt((left**2).sum() / (len(loads) - 3))


def calibration(loads: Any, deflections: Any, load: Any) -> tuple[Any, Any, Any]:
    """What is said at a load, its standard error, and its gradient by the measured deflections."""
    counts, said = grad_and_value(prediction, argnums=1)(loads, deflections, load)
    return said, scatter(loads, deflections) * np.linalg.norm(counts), counts


def main() -> None:
    fitted = jit(lambda x, y: (np.polyfit(x, y, 2), scatter(x, y)))(LOADS, DEFLECTIONS)
    coefficients, spread = map(np.asarray, fitted)
    print("power  coefficient            certified")
    for power, (found, known) in enumerate(zip(coefficients[::-1], CERTIFIED[::-1], strict=True)):
        print(f"{power:5} {found:21.15g} {known:22.15g}")
    print(f"scatter {spread:.12g}, certified {CERTIFIED_SCATTER:.12g}\n")

    new = np.array([75_000.0, 1_575_000.0, 3_000_000.0, 4_500_000.0])
    every = jit(vmap(calibration, in_dims=(None, None, 0)))
    for load, said, error, counts in zip(new, *every(LOADS, DEFLECTIONS, new), strict=True):
        most = np.argmax(np.abs(np.asarray(counts)))
        print(f"at {load:9,.0f}: {float(said):.5f} ± {float(error):.5f}; ", end="")
        print(f"{float(counts[most]):6.1%} of an error at {LOADS[most]:,.0f} would come through")

    by_loads = np.asarray(jit(grad(prediction))(LOADS, DEFLECTIONS, 3_000_000.0))
    print(
        f"\nHad the last load been 100 more, its deflection would be {100 * by_loads[-1]:.1e} more"
    )


if __name__ == "__main__":
    main()
