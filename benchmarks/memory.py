#!/usr/bin/env python3
"""Measure the peak device memory of gradients with and without checkpoints, and their times.

The bytes are those that the device's allocator counts on one core, arguments and results included.
A scan that carries 4096 floats, without checkpoints, with one around each step, and nested:

      100 steps    6.6 MB    1.7 MB   0.4 MB
      400         26.3 MB    6.7 MB   0.7 MB
    1,600                             1.4 MB
    6,400                             2.7 MB
   10,000                             3.4 MB

Usage: python benchmarks/memory.py [--lengths N ...]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from xform.frontend import checkpoint, grad, jit, scan

STATE = 4096
# Up to here the loops that are not nested are measured too; a longer one takes minutes.
LONGEST = 400


def step(h: Any, x: Any) -> tuple[Any, None]:
    return np.sin(np.exp(-h * h) + x), None


def plain(h: Any, xs: Any) -> Any:
    """The sum of what a scan ends with; every step keeps what its derivative reads."""
    return scan(step, h, xs)[0].sum()


def by_steps(h: Any, xs: Any) -> Any:
    """Every step keeps what is carried."""
    return scan(checkpoint(step), h, xs)[0].sum()


def nested(h: Any, xs: Any) -> Any:
    """Every block of about the square root of the length keeps what is carried."""
    count = int(len(xs) ** 0.5)
    block = checkpoint(lambda h, rows: (scan(checkpoint(step), h, rows)[0], None))
    return scan(block, h, xs.reshape(count, len(xs) // count))[0].sum()


LOSSES = (plain, by_steps, nested)


def measured(loss: Callable[..., Any], length: int) -> tuple[int, float]:
    """The peak of a gradient's call, and the best of three times."""
    h, xs = np.linspace(0, 1, STATE, dtype=np.float32), np.linspace(0, 1, length, dtype=np.float32)
    compiled = jit(grad(loss)).lower(h, xs).compile()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        compiled(h, xs).numpy()
        times.append(time.perf_counter() - start)
    return compiled.peak_memory(h, xs), min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lengths", type=int, nargs="+", default=[100, 400, 1600, 6400, 10000])
    arguments = parser.parse_args()
    print(f"MB at the peak (ms), gradient of a scan that carries {STATE} floats")
    print(f"{'steps':>8}", *(f"{loss.__name__:>16}" for loss in LOSSES))
    for length in arguments.lengths:
        print(f"{length:8}", end="", flush=True)
        for loss in LOSSES:
            cell = "-"
            if length <= LONGEST or loss is nested:
                peak, seconds = measured(loss, length)
                cell = f"{peak / 1e6:,.1f} ({1e3 * seconds:.0f})"
            print(f" {cell:>16}", end="", flush=True)
        print()


if __name__ == "__main__":
    main()
