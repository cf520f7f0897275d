#!/usr/bin/env python3
"""Time what compiling costs before IREE: direct calls, which trace anew, and traced operations.

A direct call of a small function is all overhead: it traces, finds the compiled code of an equal
program, and calls it. torch.func's eager call is measured beside it where torch is installed. The
times to trace and to lower, by our passes, are measured for programs of more and more operations,
half of them sines and cosines; per operation they should not grow with their number.

Usage: python benchmarks/overhead.py [--rounds N] [--operations N]
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from run import best_time
from xform import frontend

DIRECT_GOAL, TRACE_GOAL = 2e-3, 20e-6


def twenty_operations(library: Any) -> Callable[[Any], Any]:
    """Four operations five times, the last one a sum."""

    def f(x: Any) -> Any:
        for _ in range(4):
            x = library.sin(x) * x + library.cos(x)
        return (library.sin(x) * x + x).sum()

    return f


def direct_calls() -> dict[str, Callable[[], Any]]:
    """A gradient's call in each library, after a first one that compiles."""
    x = np.linspace(0.1, 1, 4, dtype=np.float32)
    ours = twenty_operations(np)
    calls: dict[str, Callable[[], Any]] = {"xform": lambda: frontend.grad(ours)(x)}
    if importlib.util.find_spec("torch"):
        import torch

        theirs, tensor = twenty_operations(torch), torch.from_numpy(x)
        calls["torch.func"] = lambda: torch.func.grad(theirs)(tensor)
    for call in calls.values():
        call()
    return calls


def tracing(operations: int) -> Callable[[], Any]:
    """Traces a program of so many operations, without compiling it."""

    def f(x: Any) -> Any:
        for _ in range(operations // 4):
            x = np.sin(x) * x + np.cos(x)
        return x

    program = frontend.jit(f)
    x = frontend.spec((4,), "float32")
    return lambda: program.lower(x)


def lowering(operations: int) -> float:
    """Seconds from such a traced program to the text that IREE reads."""
    lowered = tracing(operations)()
    start = time.thread_time()
    lowered.as_text("linalg")
    return time.thread_time() - start


def verdict(seconds: float, goal: float) -> str:
    return "[green]met[/green]" if seconds <= goal else "[red]missed[/red]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--operations", type=int, default=10_000, help="of the longest program")
    arguments = parser.parse_args()
    console = Console()

    calls = direct_calls()
    best = dict.fromkeys(calls, math.inf)
    for _ in range(arguments.rounds):
        for library, call in calls.items():
            best[library] = min(best[library], best_time(call, 0.1))
    table = Table(title="grad(f)(x) of 20 operations, called directly")
    for column in ("library", "milliseconds", f"goal {1e3 * DIRECT_GOAL:g} ms"):
        table.add_column(column, justify="left" if column == "library" else "right")
    for library, seconds in best.items():
        goal = verdict(seconds, DIRECT_GOAL) if library == "xform" else ""
        table.add_row(library, f"{1e3 * seconds:.2f}", goal)
    console.print(table)

    table = Table(title="tracing and passes")
    goal = f"goal {1e6 * TRACE_GOAL:g} us"
    for column in ("operations", "trace, ms", "us each", goal, "passes, ms", "us each"):
        table.add_column(column, justify="right")
    for operations in (100, 1_000, arguments.operations):
        call = tracing(operations)
        # Tracing waits for nothing, and the thread's own time is not that of other processes.
        seconds = best_time(call, 0.2 * arguments.rounds, time.thread_time)
        each, passes = seconds / operations, lowering(operations)
        table.add_row(
            f"{operations:,}",
            f"{1e3 * seconds:.1f}",
            f"{1e6 * each:.1f}",
            verdict(each, TRACE_GOAL),
            f"{1e3 * passes:,.0f}",
            f"{1e6 * passes / operations:,.0f}",
        )
    console.print(table)


if __name__ == "__main__":
    main()
