"""Gradients of many functions, from one program, and those that PyTorch finds."""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import cached_property
from typing import Any

import numpy as np
import torch
from batch import flat
from xform import frontend

# A function of NumPy, one of PyTorch, and arguments for both.
Pair = tuple[Any, Any, tuple[np.ndarray, ...]]


def to_torch(x: Any) -> Any:
    return torch.from_numpy(np.array(x))


def weights(shape: Any) -> np.ndarray:
    """Fixed weights that make a scalar of any result."""
    return np.cos(np.arange(math.prod(shape), dtype=np.float64)).reshape(tuple(shape))


def weighted(result: Any) -> Any:
    """Sums with fixed weights of all arrays of a result, of either library."""
    parts = flat(result) if isinstance(result, list | tuple) else [result]
    if isinstance(parts[0], torch.Tensor):
        return sum((to_torch(weights(x.shape)) * x).sum() for x in parts)
    return sum(np.sum(weights(x.shape) * x) for x in parts)


def gradient_of_gradient(function: Any, grad: Any) -> Any:
    """The gradient of a function of the gradient, by all arguments."""
    return lambda argnums: grad(lambda *xs: weighted(list(grad(function, argnums)(*xs))), argnums)


class Gradients:
    """Gradients by all arguments of the weighted results of functions, by name.

    Args:
        pairs: the functions.
        twice: those whose second derivatives are compared as well.
    """

    def __init__(self, pairs: dict[str, Pair], twice: Collection[str] = ()) -> None:
        self.pairs = pairs
        self.twice = twice

    @cached_property
    def found(self) -> dict[str, Any]:
        def everything(args: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
            results: dict[str, Any] = {}
            for name, (function, _, _) in self.pairs.items():
                xs = args[name]
                argnums = tuple(range(len(xs)))

                def scalar(*xs: Any, function: Any = function) -> Any:
                    return weighted(function(*xs))

                results[name] = list(frontend.grad(scalar, argnums)(*xs))
                if name in self.twice:
                    second = gradient_of_gradient(scalar, frontend.grad)
                    results[f"{name} twice"] = list(second(argnums)(*xs))
            return results

        compiled = frontend.jit(everything)
        return dict(compiled({name: args for name, (_, _, args) in self.pairs.items()}))

    def check(self, name: str) -> None:
        _, function, args = self.pairs[name]
        xs = [to_torch(x) for x in args]
        argnums = tuple(range(len(xs)))

        def scalar(*xs: Any) -> Any:
            return weighted(function(*xs))

        expected = torch.func.grad(scalar, argnums)(*xs)
        for got, want in zip(self.found[name], expected, strict=True):
            np.testing.assert_allclose(np.asarray(got), want.numpy(), rtol=1e-9, atol=1e-11)
        if name in self.twice:
            second = gradient_of_gradient(scalar, torch.func.grad)(argnums)(*xs)
            for got, want in zip(self.found[f"{name} twice"], second, strict=True):
                np.testing.assert_allclose(np.asarray(got), want.numpy(), rtol=1e-8, atol=1e-10)
