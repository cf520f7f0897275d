#!/usr/bin/env python3
"""Time decompositions and solutions of linear systems beside NumPy's and JAX's, in one run.

Of one matrix and of a batch of small ones, in float32 and float64. The libraries take turns, and
the best of all calls counts; a turn has a few calls, since threads that a library leaves spinning
slow the first call of the next. NumPy stands for SciPy where it has no such function, JAX is
measured where it is installed, and all must find the same. The first call compiles, as nothing is
kept on disk; that of a large matrix is in a table of its own. Beside other work, `taskset -c 0`
before the command gives all libraries one core.

Usage: python benchmarks/linear_algebra.py [--rounds N] [--only TEXT] [--size N] [--batch N]
                                           [--small N] [--large N] (0: no large matrix)
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from rich.console import Console
from rich.table import Table
from run import best_time
from xform import frontend
from xform.scipy import linalg as xform_scipy

RIGHT_SIDES = 16
DTYPES = (np.float32, np.float64)
TURN = 0.02  # seconds
Call = Callable[[], Any]


@dataclass(frozen=True)
class Operation:
    """One computation of matrices, and how each library does it."""

    name: str
    kind: str  # of the matrices: general, conditioned, positive, lower or symmetric
    ours: Callable[..., Any]
    numpys: Callable[..., Any]
    jaxs: Callable[[Any, Any], Callable[..., Any]]  # of jax.numpy.linalg and jax.scipy.linalg
    right_sides: bool = False
    # The one result to compare: vectors of values that are close depend on every rounding.
    determined: int | None = None


def _same(
    name: str, kind: str, right_sides: bool = False, determined: int | None = None, **options: Any
) -> Operation:
    """A function that has the same name and options everywhere."""

    def function(linalg: Any) -> Callable[..., Any]:
        return lambda *arrays: getattr(linalg, name)(*arrays, **options)

    of_numpy = function(np.linalg)
    return Operation(
        name, kind, of_numpy, of_numpy, lambda n, _: function(n), right_sides, determined
    )


OPERATIONS = (
    Operation(
        "lu", "general", xform_scipy.lu_factor, scipy.linalg.lu_factor, lambda _, s: s.lu_factor
    ),
    _same("solve", "conditioned", right_sides=True),
    _same("cholesky", "positive"),
    Operation(
        "solve_triangular",
        "lower",
        lambda a, b: xform_scipy.solve_triangular(a, b, lower=True),
        lambda a, b: scipy.linalg.solve_triangular(a, b, lower=True),
        lambda _, s: lambda a, b: s.solve_triangular(a, b, lower=True),
        right_sides=True,
    ),
    _same("qr", "general"),
    _same("eigh", "symmetric", determined=0),
    _same("eigvalsh", "symmetric"),
    _same("svd", "general", determined=1, full_matrices=False),
    _same("svdvals", "general"),
)


def inputs(operation: Operation, shape: tuple[int, ...], dtype: Any) -> list[np.ndarray]:
    """The matrices, and right-hand sides where the operation has them."""
    rng = np.random.default_rng(0)
    n = shape[-1]
    a = rng.normal(size=shape)
    if operation.kind == "conditioned":
        # Solutions of the worst of a thousand random matrices have no digits in common.
        a = np.linalg.qr(a).Q * np.linspace(1, 10, n)
    if operation.kind in ("positive", "lower"):
        a = a @ a.mT / n + np.eye(n)
    if operation.kind == "lower":
        a = np.linalg.cholesky(a)
    if operation.kind == "symmetric":
        a = (a + a.mT) / 2
    arrays = [a]
    if operation.right_sides:
        arrays.append(rng.normal(size=(*shape[:-1], RIGHT_SIDES)))
    return [x.astype(dtype) for x in arrays]


def calls(operation: Operation, arrays: list[np.ndarray]) -> dict[str, Call]:
    """Calls without arguments that wait for their results; the first of each compiles."""
    compiled = frontend.jit(operation.ours)
    resident = [frontend.jit(lambda x: x * 1)(x) for x in arrays]
    # A call returns when its results are there.
    found: dict[str, Call] = {
        "xform": lambda: compiled(*resident),
        "NumPy": lambda: operation.numpys(*arrays),
    }
    if importlib.util.find_spec("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)
        function = jax.jit(operation.jaxs(jax.numpy.linalg, jax.scipy.linalg))
        on_device = [jax.numpy.asarray(x) for x in arrays]
        found["JAX"] = lambda: jax.block_until_ready(function(*on_device))
    return found


def first_calls(made: dict[str, Call]) -> tuple[dict[str, float], dict[str, list[np.ndarray]]]:
    """The seconds that the first call of each library took, and its results."""
    seconds, results = {}, {}
    for library, call in made.items():
        start = time.perf_counter()
        result = call()
        seconds[library] = time.perf_counter() - start
        # SciPy's results for a batch are a list.
        parts = result if isinstance(result, tuple | list) else (result,)
        results[library] = [np.asarray(part) for part in parts]
    return seconds, results


def check(operation: Operation, results: dict[str, list[np.ndarray]]) -> None:
    """Whether all libraries found the same, up to signs."""
    known_parts = results["NumPy"]
    chosen = range(len(known_parts)) if operation.determined is None else [operation.determined]
    for library, parts in results.items():
        for place in chosen:
            found, known = parts[place], known_parts[place]
            size = max(1.0, float(np.abs(known).max()))
            tolerance = 1e3 * np.finfo(known_parts[0].dtype).eps * known.shape[-1] * size
            np.testing.assert_allclose(
                np.abs(found), np.abs(known), rtol=0, atol=tolerance,
                err_msg=f"{operation.name}, {library}",
            )  # fmt: skip


def measure(
    operation: Operation, arrays: list[np.ndarray], rounds: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Seconds of the first call and of the best later one, by library."""
    made = calls(operation, arrays)
    first, results = first_calls(made)
    check(operation, results)
    best = dict.fromkeys(made, math.inf)
    for _ in range(rounds):
        for library, call in made.items():
            best[library] = min(best[library], best_time(call, TURN))
    return first, best


def compared(
    console: Console, chosen: list[Operation], shape: tuple[int, ...], rounds: int
) -> Table:
    size = " x ".join(map(str, shape))
    table = Table(title=f"{size}: milliseconds a call (seconds to the first result)")
    for column in ("operation", "dtype"):
        table.add_column(column)
    libraries = ["xform", "NumPy", *(["JAX"] if importlib.util.find_spec("jax") else [])]
    for column in (*libraries, *(f"xform / {peer}" for peer in libraries[1:])):
        table.add_column(column, justify="right")
    for operation in chosen:
        for dtype in DTYPES:
            with console.status(f"{operation.name} of {size}"):
                first, best = measure(operation, inputs(operation, shape, dtype), rounds)
            cells = [
                f"{1e3 * best[x]:,.3f}" + (f" ({first[x]:.2f})" if x != "NumPy" else "")
                for x in libraries
            ]
            ratios = [f"{best['xform'] / best[peer]:.2f}" for peer in libraries[1:]]
            table.add_row(operation.name, np.dtype(dtype).name, *cells, *ratios)
    return table


def large(console: Console, chosen: list[Operation], n: int) -> Table:
    table = Table(title=f"{n} x {n}: seconds to the first result")
    table.add_column("operation")
    table.add_column("dtype")
    rows = []
    for operation in chosen:
        for dtype in DTYPES:
            with console.status(f"{operation.name} of {n} x {n}"):
                first, _ = first_calls(calls(operation, inputs(operation, (n, n), dtype)))
            rows.append((operation.name, np.dtype(dtype).name, first))
    for library in rows[0][2] if rows else ():
        table.add_column(library, justify="right")
    for name, dtype_name, first in rows:
        table.add_row(name, dtype_name, *(f"{x:.2f}" for x in first.values()))
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--only", default="", help="operations whose name contains this text")
    parser.add_argument("--size", type=int, default=256, help="rows of the one matrix")
    parser.add_argument("--batch", type=int, default=1000, help="how many small matrices")
    parser.add_argument("--small", type=int, default=16, help="rows of the small ones")
    parser.add_argument("--large", type=int, default=1000, help="rows of the large one, or 0")
    options = parser.parse_args(arguments)
    # A first call compiles; it does not read what an earlier run left.
    os.environ["XFORM_CACHE"] = "0"
    chosen = [operation for operation in OPERATIONS if options.only in operation.name]
    console = Console(width=110)
    for shape in ((options.size, options.size), (options.batch, options.small, options.small)):
        console.print(compared(console, chosen, shape, options.rounds))
    if options.large:
        console.print(large(console, chosen, options.large))
    return 0


if __name__ == "__main__":
    sys.exit(main())
