#!/usr/bin/env python3
"""Jacobians, Hessians and their products with vectors, by forward and reverse mode.

A Jacobian row by row is a loop over unit vectors around one pullback; `jacrev` is that loop as one
program, `jacfwd` the one over columns. Which is cheaper depends on the shape: reverse mode costs a
pass for each output, forward mode one for each input. A Hessian is forward mode over reverse mode,
and whoever needs only its product with a vector never builds it.

Usage: python examples/jacobians_hessians.py [--size N] [--batch N]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from timeit import repeat
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from xform.frontend import grad, hessian, jacfwd, jacrev, jit, jvp, vjp, vmap

console = Console(highlight=False)


def predict(weight: Any, bias: Any, x: Any) -> Any:
    return np.tanh(weight @ x + bias)


def energy(weight: Any, bias: Any, x: Any) -> Any:
    return (predict(weight, bias, x) ** 2).sum()


def jacobian_in_a_loop(weight: Any, bias: Any, x: Any) -> np.ndarray:
    """The Jacobian by x, one row after the other."""
    y, pullback = vjp(lambda x: predict(weight, bias, x), x)
    return np.stack([np.asarray(pullback(unit)[0]) for unit in np.eye(y.size)])


def hessian_in_a_loop(weight: Any, bias: Any, x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """The Hessian by x, from central differences of the gradient."""
    gradient = jit(grad(energy, argnums=2))
    columns = [
        np.asarray(gradient(weight, bias, x + step * unit))
        - np.asarray(gradient(weight, bias, x - step * unit))
        for unit in np.eye(x.size)
    ]
    return np.stack(columns, axis=1) / (2 * step)


def hessian_vector_product(weight: Any, bias: Any, x: Any, v: Any) -> Any:
    """Forward mode over reverse mode: about three times the cost of the function."""
    return jvp(lambda x: grad(energy, argnums=2)(weight, bias, x), (x,), (v,))[1]


def milliseconds(function: Callable[..., Any], *args: Any) -> float:
    function(*args)
    return 1e3 * min(repeat(lambda: function(*args), number=1, repeat=20))


def difference(a: Any, b: Any) -> float:
    return float(np.abs(np.asarray(a) - np.asarray(b)).max())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=32)
    options = parser.parse_args(arguments)
    rng = np.random.default_rng(0)
    few = max(options.size // 16, 1)

    reverse, forward = jit(jacrev(predict, argnums=2)), jit(jacfwd(predict, argnums=2))
    table = Table(title="Jacobians, milliseconds a call")
    for column in ("outputs x inputs", "jacrev", "jacfwd", "largest difference"):
        table.add_column(column, justify="right")
    errors = []
    for outputs, inputs in ((few, options.size), (options.size, options.size), (options.size, few)):
        weight = rng.normal(0, inputs**-0.5, (outputs, inputs))
        bias, x = rng.normal(size=outputs), rng.normal(size=inputs)
        loop = jacobian_in_a_loop(weight, bias, x)
        error = max(difference(f(weight, bias, x), loop) for f in (reverse, forward))
        errors.append(error)
        times = [milliseconds(f, weight, bias, x) for f in (reverse, forward)]
        table.add_row(f"{outputs} x {inputs}", *(f"{t:.2f}" for t in times), f"{error:.1e}")
    console.print(table)

    size = few
    weight, bias = rng.normal(0, size**-0.5, (size, size)), rng.normal(size=size)
    x, v = rng.normal(size=size), rng.normal(size=size)
    whole = np.asarray(jit(hessian(energy, argnums=2))(weight, bias, x))
    product = jit(hessian_vector_product)(weight, bias, x, v)
    console.print(f"a Hessian of shape {whole.shape}, jacfwd(jacrev(energy)):")
    slow = difference(whole, hessian_in_a_loop(weight, bias, x))
    console.print(f"  largest difference to differences of gradients: {slow:.1e}")
    errors += [difference(whole, whole.T), difference(product, whole @ v)]
    console.print(f"  largest difference to its transpose: {errors[-2]:.1e}")
    console.print(f"  its product with a vector, without it: off by {errors[-1]:.1e}")

    rows = rng.normal(size=(options.batch, size))
    batched = jit(vmap(hessian(energy, argnums=2), in_dims=(None, None, 0)))(weight, bias, rows)
    one = jit(hessian(energy, argnums=2))
    errors.append(
        max(difference(h, one(weight, bias, x)) for h, x in zip(batched, rows, strict=True))
    )
    console.print(f"{len(rows)} Hessians at once, {batched.shape}: off a loop by {errors[-1]:.1e}")
    return 0 if max(errors) < 1e-10 and slow < 1e-6 else 1


if __name__ == "__main__":
    sys.exit(main())
