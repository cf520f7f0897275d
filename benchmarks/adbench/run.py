#!/usr/bin/env python3
"""Time ADBench's objectives and their derivatives in xform and in JAX.

Prints, for each problem, what the function and its derivative cost, their ratio, and how many times
longer xform takes for the derivative than JAX (below 1: xform is faster). Before anything is timed,
values and derivatives of both are compared in float64. Without JAX only xform is timed.

Usage: python benchmarks/adbench/run.py [--data FOLDER] [--only TEXT] [--dtype float32|float64]
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import optree
from rich.console import Console
from rich.table import Table

from adbench import library
from adbench.problems import Problem, data_folder, problems

TOLERANCE = 1e-8  # of values and derivatives in float64, relative to the largest of an array


def compiled(lib: library.Library, function: Any, inputs: list[np.ndarray]) -> Callable[[], Any]:
    """A call of the compiled function on arrays that lie where it runs."""
    program = lib.jit(function)
    resident = [lib.array(x) for x in inputs]
    return lambda: lib.wait(program(*resident))


def difference(mine: Any, theirs: Any) -> float:
    """The largest difference in any array, relative to the array's largest element."""
    worst = 0.0
    for x, y in zip(optree.tree_leaves(mine), optree.tree_leaves(theirs), strict=True):
        x, y = np.asarray(x), np.asarray(y)
        if x.shape != y.shape:
            raise SystemExit(f"shapes {x.shape} and {y.shape} differ")
        scale = np.abs(y).max(initial=0) or 1.0
        # NaN stays.
        worst = np.maximum(worst, np.abs(x - y).max(initial=0) / scale)
    return float(worst)


def check(problem: Problem, libraries: list[library.Library]) -> float:
    """How far xform is from JAX in float64, or NaN where there is no JAX."""
    if len(libraries) < 2:
        return math.nan
    inputs = problem.inputs(np.float64)
    worst = 0.0
    for make in (problem.function, problem.derivative):
        results = [compiled(lib, make(lib), inputs)() for lib in libraries]
        worst = float(np.maximum(worst, difference(*results)))
    return worst


def measure(calls: list[Callable[[], Any]], rounds: int) -> list[float]:
    """The best time of each call; they take turns, as other work on the machine only slows."""
    best = [math.inf] * len(calls)
    for call in calls:
        call()
    for _ in range(rounds):
        for place, call in enumerate(calls):
            stop = time.perf_counter() + 0.1
            while (start := time.perf_counter()) < stop:
                call()
                best[place] = min(best[place], time.perf_counter() - start)
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="ADBench's data; or set ADBENCH_DATA")
    parser.add_argument("--only", default="", help="problems whose name contains this text")
    parser.add_argument("--dtype", default="float32", choices=["float32", "float64"])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    libraries = [library.xform()]
    if importlib.util.find_spec("jax"):
        libraries.append(library.jax())

    console = Console()
    table = Table(title=f"{arguments.dtype}, microseconds a call")
    table.add_column("problem")
    for lib in libraries:
        for column in ("function", "derivative", "ratio"):
            table.add_column(f"{lib.name}\n{column}", justify="right")
    if len(libraries) == 2:
        table.add_column("xform / JAX", justify="right")
        table.add_column("difference\nin float64", justify="right")
    wrong = []
    ratios = []
    for problem in problems(data_folder(arguments.data)):
        if arguments.only not in problem.name:
            continue
        with console.status(problem.name):
            worst = check(problem, libraries)
            inputs = problem.inputs(np.dtype(arguments.dtype))
            makers = (problem.function, problem.derivative)
            calls = [compiled(lib, make(lib), inputs) for lib in libraries for make in makers]
            times = measure(calls, arguments.rounds)
        cells = []
        for function, derivative in zip(times[::2], times[1::2], strict=True):
            cells += [f"{1e6 * function:,.1f}", f"{1e6 * derivative:,.1f}"]
            cells.append(f"{derivative / function:.1f}")
        if len(libraries) == 2:
            ratios.append(times[1] / times[3])
            cells += [f"{ratios[-1]:.2f}", f"{worst:.0e}"]
            if not worst <= TOLERANCE:
                wrong.append(f"{problem.name}: xform and JAX differ by {worst:.1e}")
        table.add_row(problem.name, *cells)
    console.print(table)
    if ratios:
        mean = statistics.geometric_mean(ratios)
        console.print(f"geometric mean of xform / JAX: {mean:.2f} (below 1: xform is faster)")
    for line in wrong:
        console.print(line, style="red")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
