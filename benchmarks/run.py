#!/usr/bin/env python3
"""Time xform against its peers in one run, and print ratios.

The libraries take turns, and the best of all rounds counts: what else runs on the machine slows a
round, it never speeds one up. JAX and PyTorch are measured where they are installed.

Usage: python benchmarks/run.py [--rounds N] [--only TEXT] [--no-compile]
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import statistics
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table
from workloads import Workload, workloads

MODULES = {"xform": "xform", "jax": "jax", "torch.func": "torch", "torch.compile": "torch"}


def best_time(
    call: Callable[[], Any], budget: float, clock: Callable[[], float] = time.perf_counter
) -> float:
    """The shortest of as many calls as fit into `budget` seconds (at least three)."""
    best, spent, count = math.inf, 0.0, 0
    while spent < budget or count < 3:
        start = clock()
        call()
        elapsed = clock() - start
        best, spent, count = min(best, elapsed), spent + elapsed, count + 1
    return best


def measure(
    workload: Workload, libraries: list[str], rounds: int
) -> dict[str, tuple[float, float]]:
    """Seconds of the first call and of the best later one, by library."""
    calls: dict[str, Callable[[], Any]] = {}
    first: dict[str, float] = {}
    for library in libraries:
        start = time.perf_counter()
        calls[library] = workload.functions[library](*workload.inputs)
        calls[library]()
        first[library] = time.perf_counter() - start
    best = dict.fromkeys(libraries, math.inf)
    for _ in range(rounds):
        for library, call in calls.items():
            best[library] = min(best[library], best_time(call, 0.1))
    return {library: (first[library], best[library]) for library in libraries}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="workloads whose name contains this text")
    parser.add_argument("--no-compile", action="store_true", help="leave torch.compile out")
    arguments = parser.parse_args()
    libraries = [name for name, module in MODULES.items() if importlib.util.find_spec(module)]
    if arguments.no_compile:
        libraries.remove("torch.compile")

    console = Console()
    table = Table(title="microseconds a call (seconds to the first result)")
    table.add_column("workload")
    for library in libraries:
        table.add_column(library, justify="right")
    table.add_column("best peer / xform", justify="right")
    ratios = []
    for workload in workloads():
        if arguments.only not in workload.name:
            continue
        with console.status(workload.name):
            able = [library for library in libraries if library in workload.functions]
            times = measure(workload, able, arguments.rounds)
        peers = [times[library][1] for library in able if library != "xform"]
        cells = [
            f"{1e6 * times[library][1]:,.1f} ({times[library][0]:.2f})" if library in times else ""
            for library in libraries
        ]
        if peers:
            ratios.append(min(peers) / times["xform"][1])
            cells.append(f"{ratios[-1]:.2f}")
        table.add_row(workload.name, *cells)
    console.print(table)
    if ratios:
        mean = statistics.geometric_mean(ratios)
        console.print(f"geometric mean of best peer / xform: {mean:.2f} (above 1: xform is faster)")


if __name__ == "__main__":
    main()
