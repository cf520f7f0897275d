#!/usr/bin/env python3
"""Compare the control-flow operators and their nests with JAX's, to second order.

The cases are those of tests/python/frontend/transforms/test_control_flow_sweep.py, which compares
them with plain loops and torch: values, gradients and derivatives of gradients, alone and in
batches of three in_dims.
Prints the largest error of each, relative to the largest number of a result or to 1; the exit
status is 1 if one is beyond 1e-12 in float64 or 1e-5 in float32.

Usage: pip install jax; python benchmarks/control_flow_agreement.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optree
from jax import lax
from rich.console import Console
from rich.progress import track
from rich.table import Table
from xform import frontend

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "python" / "frontend"))
import test_control_flow_sweep as sweep

TOLERANCES = {np.float64: 1e-12, np.float32: 1e-5}
IN_DIMS = (None, (1, None), (None, 0), (-2, 1))


def operators() -> Any:
    """JAX's, under the names and with the arguments of ours."""

    class Operators:
        np = jax.numpy
        scan = staticmethod(lax.scan)
        cond = staticmethod(lax.cond)
        switch = staticmethod(lax.switch)
        fori_loop = staticmethod(lax.fori_loop)
        while_loop = staticmethod(lax.while_loop)
        associative_scan = staticmethod(lax.associative_scan)

        @staticmethod
        def map(f: Any, xs: Any, *args: Any, batch_size: int | None = None) -> Any:
            return lax.map(lambda x: f(x, *args), xs, batch_size=batch_size)

    return Operators


def inputs(in_dims: Any, dtype: Any) -> tuple[Any, Any, Any]:
    """The arguments of a case, with batch dims where in_dims has them."""
    x, w = in_dims or (None, None)
    batched = {None: sweep.W, 0: sweep.WS, 1: sweep.WS.T}
    return tuple(a.astype(dtype) for a in (sweep.X if x is None else sweep.XS, batched[w], sweep.V))


def error(name: str, dtype: Any, in_dims: Any) -> float:
    """The largest error of a case."""
    case, forward_only = sweep.CASES[name], name in sweep.FORWARD_ONLY

    def program(library: Any, names: Any) -> Callable[..., Any]:
        return sweep.derivatives(
            library, lambda x, w: case(names, x, w), 2, forward_only=forward_only
        )

    ours, theirs = program(frontend, sweep.XFORM), program(jax, operators())
    if in_dims is not None:
        ours = frontend.vmap(ours, in_dims=(*in_dims, None))
        theirs = jax.vmap(theirs, in_axes=(*in_dims, None))
    found, expected = (
        [np.asarray(x, np.float64) for x in optree.tree_leaves(jit(f)(*inputs(in_dims, dtype)))]
        for jit, f in ((frontend.jit, ours), (jax.jit, theirs))
    )
    return max(
        float(np.abs(x - y).max() / max(1.0, np.abs(y).max()))
        for x, y in zip(found, expected, strict=True)
    )


def main() -> int:
    """Prints the table."""
    jax.config.update("jax_enable_x64", True)
    table = Table("operators", *(np.dtype(d).name for d in TOLERANCES), title="largest error")
    wrong = 0
    for name in track(sweep.CASES, "comparing", console=Console(stderr=True)):
        errors = {d: max(error(name, d, dims) for dims in IN_DIMS) for d in TOLERANCES}
        wrong += sum(errors[d] > TOLERANCES[d] for d in TOLERANCES)
        table.add_row(name, *(f"{e:.1e}" for e in errors.values()))
    Console().print(table)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
