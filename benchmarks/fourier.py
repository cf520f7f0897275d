#!/usr/bin/env python3
"""Time Fourier transforms beside NumPy's, SciPy's, JAX's and PyTorch's, in one run.

The libraries take turns, and the best of all calls counts; all must find the same. JAX and PyTorch
are measured where they are installed. Beside other work, `taskset -c 0` before the command gives
all libraries one core.

Usage: python benchmarks/fourier.py [--rounds N] [--only TEXT]
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.fft
from rich.console import Console
from rich.table import Table
from run import best_time
from xform import frontend

TURN = 0.05  # seconds
DTYPES = (np.complex64, np.complex128)
Call = Callable[[], Any]

# A function, and the shape of what is transformed: powers of two, products of small primes, a
# large prime, several axes and a batch.
CASES: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("fft", (1 << 10,)),
    ("fft", (1 << 16,)),
    ("fft", (60_000,)),
    ("fft", (10_007,)),
    ("fft", (1 << 20,)),
    ("fft", (1000, 256)),
    ("ifft", (1 << 16,)),
    ("rfft", (1 << 16,)),
    ("irfft", (1 << 15,)),
    ("fft2", (512, 512)),
    ("rfft2", (512, 512)),
)


def given(name: str, shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(0)
    x: np.ndarray[Any, Any] = rng.standard_normal(shape).astype(dtype)
    if name.startswith("rfft"):
        return np.ascontiguousarray(x.real)
    return x + dtype(1j) * rng.standard_normal(shape).astype(dtype)


def calls(name: str, x: np.ndarray[Any, Any]) -> dict[str, Call]:
    """Calls without arguments that wait for their results; the first of each compiles."""
    compiled = frontend.jit(getattr(np.fft, name))
    resident = frontend.jit(lambda x: x * 1)(x)
    found: dict[str, Call] = {
        "xform": lambda: compiled(resident),
        "NumPy": lambda: getattr(np.fft, name)(x),
        "SciPy": lambda: getattr(scipy.fft, name)(x),
    }
    if importlib.util.find_spec("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)
        function, there = jax.jit(getattr(jax.numpy.fft, name)), jax.numpy.asarray(x)
        found["JAX"] = lambda: jax.block_until_ready(function(there))
    if importlib.util.find_spec("torch"):
        import torch

        tensor = torch.from_numpy(x)
        found["PyTorch"] = lambda: getattr(torch.fft, name)(tensor)
    return found


def measure(name: str, x: np.ndarray[Any, Any], rounds: int) -> tuple[float, dict[str, float]]:
    """Seconds to our first result, and those of each library's best call."""
    made = calls(name, x)
    start = time.perf_counter()
    made["xform"]()
    first = time.perf_counter() - start
    wanted = made["NumPy"]()
    for library, call in made.items():
        error = np.linalg.norm(np.asarray(call()) - wanted) / np.linalg.norm(wanted)
        bound = 8 * np.finfo(wanted.dtype).eps * math.log2(x.size)
        assert error <= bound, f"{name}{x.shape}, {library}: {error} is above {bound}"
    best = dict.fromkeys(made, math.inf)
    for _ in range(rounds):
        for library, call in made.items():
            best[library] = min(best[library], best_time(call, TURN))
    return first, best


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="functions whose name contains this text")
    options = parser.parse_args(arguments)
    console = Console(width=130)
    table: Table | None = None
    for name, shape in CASES:
        if options.only not in name:
            continue
        for dtype in DTYPES:
            with console.status(f"{name} of {shape}"):
                first, best = measure(name, given(name, shape, dtype), options.rounds)
            if table is None:
                table = Table(title="milliseconds a call (seconds to the first result)")
                for column in ("transform", "shape", "dtype"):
                    table.add_column(column)
                peers = [library for library in best if library != "xform"]
                for column in (*best, *(f"xform / {peer}" for peer in peers)):
                    table.add_column(column, justify="right")
            cells = [f"{1e3 * seconds:,.3f}" for seconds in best.values()]
            cells[0] += f" ({first:.2f})"
            ratios = [f"{best['xform'] / best[peer]:.2f}" for peer in best if peer != "xform"]
            sizes = " x ".join(map(str, shape))
            table.add_row(name, sizes, np.dtype(dtype).name, *cells, *ratios)
    if table is not None:
        console.print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
