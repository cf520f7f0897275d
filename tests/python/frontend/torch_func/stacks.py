"""Stacks of transforms by name: "vmap.jacrev.grad" is vmap(jacrev(grad(f))).

A word takes the library's transforms (xform.frontend or torch.func) and a function of positional
arguments, and returns one of the same arguments. Between two words a result is any pytree: `grad`
sums what is no scalar, and seeds are made of what they belong to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import optree

Function = Callable[..., Any]

# Batch sizes from the outermost vmap inwards.
SIZES = (2, 3, 2)


def scalar(f: Function) -> Function:
    """f, its leaves squared and summed where it does not return one 0-d array."""

    def total(*args: Any) -> Any:
        leaves = optree.tree_leaves(f(*args))
        if len(leaves) == 1 and leaves[0].ndim == 0:
            return leaves[0]
        return sum((leaf * leaf).sum() for leaf in leaves)

    return total


def seeds(tree: Any) -> Any:
    """Tangents or cotangents for arrays, neither constant nor all alike."""
    return optree.tree_map(lambda x: x * 0.5 + 0.25, tree)


def jvp(t: Any, f: Function) -> Function:
    return lambda *args: t.jvp(f, args, seeds(args))


def vjp(t: Any, f: Function) -> Function:
    def both(*args: Any) -> Any:
        output, pullback = t.vjp(f, *args)
        return output, pullback(seeds(output))

    return both


WORDS: dict[str, Callable[[Any, Function], Function]] = {
    "grad": lambda t, f: t.grad(scalar(f)),
    "grad_and_value": lambda t, f: t.grad_and_value(scalar(f)),
    "vjp": vjp,
    "jvp": jvp,
    "jacrev": lambda t, f: t.jacrev(f),
    "jacfwd": lambda t, f: t.jacfwd(f),
    "hessian": lambda t, f: t.hessian(f),
    "vmap": lambda t, f: t.vmap(f),
}


def stacked(stack: str, t: Any, f: Function) -> Function:
    """The transforms of a stack around f, the last word innermost."""
    for word in reversed(stack.split(".")):
        f = WORDS[word](t, f)
    return f


def batch_shape(stack: str) -> tuple[int, ...]:
    """The leading axes that the vmaps of a stack take away."""
    return SIZES[: stack.split(".").count("vmap")]
