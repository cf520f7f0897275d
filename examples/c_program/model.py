#!/usr/bin/env python3
"""Compile a training step for a program in C, which then needs neither Python nor a compiler.

Writes `model.vmfb` and `model.h` into a folder. `train.c` includes the header and calls the step
through IREE's runtime; `CMakeLists.txt` says how to build it.

Usage: python examples/c_program/model.py [FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from xform.frontend import export, grad_and_value, jit, spec

FEATURES, ROWS = 4, 64
RATE = np.float32(0.1)


def loss(weights: Any, x: Any, y: Any) -> Any:
    """The mean squared error of a linear model."""
    return ((x @ weights - y) ** 2).mean()


def step(weights: Any, x: Any, y: Any) -> Any:
    """One step of gradient descent: the new weights, and the loss of the old ones."""
    slope, value = grad_and_value(loss)(weights, x, y)
    return {"weights": weights - RATE * slope, "loss": value}


def main(folder: Path) -> None:
    weights, x = spec(FEATURES, np.float32), spec((ROWS, FEATURES), np.float32)
    y = spec(ROWS, np.float32)
    export(
        folder / "model.vmfb",
        {"step": jit(step).lower(weights, x, y), "loss": jit(loss).lower(weights, x, y)},
        header=True,
    )
    print(f"wrote {folder / 'model.vmfb'} and {folder / 'model.h'}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd())
