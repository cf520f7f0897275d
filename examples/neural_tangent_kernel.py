#!/usr/bin/env python3
"""The neural tangent kernel of a network, in two ways, and what it predicts.

The kernel of two inputs is the product of the network's Jacobians by its weights there,
K(x, y) = J(x) J(y)^T: how much a step of gradient descent on y moves the output at x. It can be
contracted from the Jacobians, `vmap(jacrev(network))`, or built column by column without any
Jacobian: a pullback carries a unit vector to the weights, a jvp carries it back, and vmap does so
for all pairs. Both are compared with a loop over pairs. Kernel regression with it then tells two
handwritten digits apart as the network would after training, without training it.

Usage: python examples/neural_tangent_kernel.py [--samples N] [--hidden N]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.datasets import load_digits
from xform.frontend import jacrev, jit, jvp, vjp, vmap

Params = list[tuple[Any, Any]]
console = Console(highlight=False)


def network(params: Params, x: Any) -> Any:
    """Two outputs for one image of 64 pixels."""
    *hidden, (weight, bias) = params
    for w, b in hidden:
        x = np.tanh(x @ w + b)
    return x @ weight + bias


def initial_params(sizes: Sequence[int]) -> Params:
    rng = np.random.default_rng(0)
    return [
        (rng.normal(0, rows**-0.5, (rows, columns)), rng.normal(0, 0.1, columns))
        for rows, columns in pairwise(sizes)
    ]


@jit
def by_contraction(params: Params, xs: Any, ys: Any) -> Any:
    """Kernel blocks of shape (len(xs), len(ys), outputs, outputs) from Jacobians."""
    jacobian = vmap(jacrev(network), in_dims=(None, 0))
    total = 0.0
    for layer, other in zip(jacobian(params, xs), jacobian(params, ys), strict=True):
        for a, b in zip(layer, other, strict=True):
            flat = [j.reshape(*j.shape[:2], -1) for j in (a, b)]
            total = total + np.einsum("nip,mjp->nmij", *flat)
    return total


@jit
def by_products(params: Params, xs: Any, ys: Any) -> Any:
    """The same from products of the kernel with unit vectors; no Jacobian is built."""

    def block(x: Any, y: Any) -> Any:
        output, pullback = vjp(lambda params: network(params, y), params)

        def column(unit: Any) -> Any:
            return jvp(lambda params: network(params, x), (params,), pullback(unit))[1]

        return vmap(column, out_dims=1)(np.eye(output.shape[0]))

    return vmap(vmap(block, in_dims=(None, 0)), in_dims=(0, None))(xs, ys)


def in_a_loop(params: Params, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
    """The same, a pair of inputs after the other."""
    jacobian = jit(jacrev(network))

    def matrix(x: np.ndarray) -> np.ndarray:
        parts = [np.asarray(j) for layer in jacobian(params, x) for j in layer]
        return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)

    left, right = [matrix(x) for x in xs], [matrix(y) for y in ys]
    return np.array([[a @ b.T for b in right] for a in left])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=60)
    parser.add_argument("--hidden", type=int, default=64)
    options = parser.parse_args(arguments)

    digits = load_digits()
    chosen = np.flatnonzero(np.isin(digits.target, (4, 9)))[: 3 * options.samples]
    images, is_nine = digits.data[chosen] / 16, digits.target[chosen] == 9
    train, test = images[: options.samples], images[options.samples :]
    params = initial_params((64, options.hidden, options.hidden, 2))

    kernels = {
        "Jacobians, contracted": np.asarray(by_contraction(params, train, train)),
        "kernel-vector products": np.asarray(by_products(params, train, train)),
    }
    loop = in_a_loop(params, train, train)
    table = Table(title=f"the kernel of {len(train)} digits, blocks of 2 x 2: {loop.shape}")
    table.add_column("computed by")
    table.add_column("largest difference to a loop", justify="right")
    errors = {name: float(np.abs(kernel - loop).max()) for name, kernel in kernels.items()}
    for name, error in errors.items():
        table.add_row(name, f"{error:.1e}")
    console.print(table)

    # The outputs are alike, so the first one's block is a kernel of its own.
    kernel = loop[:, :, 0, 0]
    across = np.asarray(by_contraction(params, test, train))[:, :, 0, 0]
    eigenvalues = np.linalg.eigvalsh(kernel)
    console.print(
        f"its eigenvalues, the speeds of learning: {eigenvalues[0]:.1e} to {eigenvalues[-1]:.1e}"
    )
    signs = np.where(is_nine, 1.0, -1.0)
    weights = np.linalg.solve(kernel + 1e-3 * np.eye(len(kernel)), signs[: options.samples])
    accuracy = float(((across @ weights > 0) == is_nine[options.samples :]).mean())
    console.print(
        f"kernel regression on {len(train)} fours and nines: {100 * accuracy:.1f} % of "
        f"{len(test)} others right"
    )
    scale = float(np.abs(loop).max())
    return 0 if max(errors.values()) < 1e-12 * scale and eigenvalues[0] > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
