#!/usr/bin/env python3
"""Differentiate the solution of an equation, and not the loop that finds it.

A layer returns the x that solves x = tanh(W x + b). A loop finds it, in as many steps as it takes,
so reverse mode cannot run it backwards, and need not: by the implicit function theorem the
derivatives solve linear systems at the solution. `Function` states them.

1. The gradient of a loss of the layer is compared with central differences.
2. `vmap` of the gradient solves for a batch of right-hand sides at once.

Usage: python examples/fixed_point.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from xform.frontend import Function, grad, jit, vmap, while_loop

TOLERANCE = 1e-13


def iterate(step: Callable[[Any], Any], start: Any) -> Any:
    """The limit of `start`, `step(start)`, ..., for a step that contracts."""

    def moves(state: Any) -> Any:
        before, now = state
        return np.max(np.abs(now - before)) > TOLERANCE

    _, limit = while_loop(moves, lambda state: (state[1], step(state[1])), (start, step(start)))
    return limit


class FixedPoint(Function):
    """The x of x = tanh(W x + b), for a W whose largest singular value is below 1.

    With D = diag(1 - x**2), which is the derivative of tanh there, a change of the arguments moves
    x by dx = D (dW x + W dx + db).
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(weights: Any, bias: Any) -> Any:
        return iterate(lambda x: np.tanh(weights @ x + bias), np.tanh(bias))

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        weights, _ = inputs
        ctx.save_for_backward(weights, output)
        ctx.save_for_forward(weights, output)

    @staticmethod
    def jvp(ctx: Any, dweights: Any, dbias: Any) -> Any:
        weights, x = ctx.saved_tensors
        slope = 1 - x * x
        source = slope * (dweights @ x + dbias)
        return iterate(lambda dx: source + slope * (weights @ dx), source)

    @staticmethod
    def backward(ctx: Any, cotangent: Any) -> Any:
        weights, x = ctx.saved_tensors
        slope = 1 - x * x
        # The transposed system, (1 - W^T D) u = cotangent.
        u = iterate(lambda u: cotangent + weights.T @ (slope * u), cotangent)
        of_bias = slope * u
        return np.outer(of_bias, x), of_bias


def loss(weights: Any, bias: Any) -> Any:
    """A scalar function of the solution."""
    x = FixedPoint.apply(weights, bias)
    return np.sum(np.sin(3 * x) + x * x)


def problem(size: int = 5, batch: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """A contracting matrix and some right-hand sides."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(size, size))
    return 0.8 * weights / np.linalg.norm(weights, 2), rng.normal(size=(batch, size))


def central_differences(f: Callable[[np.ndarray], float], x: np.ndarray) -> np.ndarray:
    """The gradient of f at x, element by element."""
    step = 1e-5
    result = np.empty_like(x)
    for place in np.ndindex(x.shape):
        unit = np.zeros_like(x)
        unit[place] = step
        result[place] = (f(x + unit) - f(x - unit)) / (2 * step)
    return result


def main() -> None:
    weights, biases = problem()
    value = jit(loss)
    gradients = jit(grad(loss, argnums=(0, 1)))
    of_weights, of_bias = gradients(weights, biases[0])
    expected = central_differences(lambda w: float(value(w, biases[0])), weights)
    print(f"gradient by W: error {np.max(np.abs(of_weights.numpy() - expected)):.1e}")
    expected = central_differences(lambda b: float(value(weights, b)), biases[0])
    print(f"gradient by b: error {np.max(np.abs(of_bias.numpy() - expected)):.1e}")

    _, rows = jit(vmap(grad(loss, argnums=(0, 1)), in_dims=(None, 0)))(weights, biases)
    one_by_one = np.stack([gradients(weights, bias)[1].numpy() for bias in biases])
    print(f"{len(biases)} rows at once: error {np.max(np.abs(rows.numpy() - one_by_one)):.1e}")


if __name__ == "__main__":
    main()
