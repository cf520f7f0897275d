"""Derivatives of many functions, computed in one program and compared with torch's one by one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from batch import flat
from xform import frontend


class Pair(NamedTuple):
    """A function of xform's, the same of torch's, and where to differentiate both.

    Attributes:
        function: takes arrays, returns arrays, in a tuple or alone.
        reference: the same of tensors.
        args: the arrays.
        twice: whether second derivatives are compared too.
        rtol: how far they may be off.
    """

    function: Callable[..., Any]
    reference: Callable[..., Any]
    args: tuple[np.ndarray, ...]
    twice: bool = False
    rtol: float = 1e-9


def to_torch(x: Any) -> torch.Tensor:
    return torch.from_numpy(np.array(x))


def _weights(shape: Any) -> np.ndarray:
    return np.cos(np.arange(math.prod(shape), dtype=np.float64)).reshape(tuple(shape))


def _weighted(result: Any) -> Any:
    """The sum, with fixed weights, of all arrays of a result."""
    if isinstance(result, torch.Tensor):
        return (to_torch(_weights(result.shape)) * result).sum()
    if isinstance(result, tuple | list):
        parts = [x for x in result if hasattr(x, "shape")]
        return sum(_weighted(x) for x in parts)
    return (_weights(result.shape) * result).sum()


def _measured(library: Any, function: Callable[..., Any], args: Any, twice: bool) -> list[Any]:
    """First derivatives in both modes, and second ones in all four orders."""
    argnums = tuple(range(len(args)))
    torchs = library is torch.func
    directions = tuple(np.sin(1.0 + np.arange(x.size if not torchs else x.numel(), dtype=float))
                       .reshape(tuple(x.shape)) for x in args)  # fmt: skip
    if torchs:
        directions = tuple(map(to_torch, directions))

    def scalar(*xs: Any) -> Any:
        return _weighted(function(*xs))

    def gradient(*xs: Any) -> Any:
        return _weighted(list(library.grad(scalar, argnums)(*xs)))

    def slope(*xs: Any) -> Any:
        return library.jvp(scalar, xs, directions)[1]

    found = [*library.grad(scalar, argnums)(*args), slope(*args)]
    if twice:
        found += library.grad(gradient, argnums)(*args)
        found += library.grad(slope, argnums)(*args)
        found += [library.jvp(f, args, directions)[1] for f in (gradient, slope)]
    return found


class Derivatives:
    """Pairs, all of whose derivatives one program computes when the first is asked for."""

    def __init__(self, pairs: Mapping[str, Pair]) -> None:
        self.pairs = pairs
        self._found: dict[str, list[Any]] | None = None

    def _all(self) -> dict[str, list[Any]]:
        def everything(args: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
            return {
                name: _measured(frontend, pair.function, args[name], pair.twice)
                for name, pair in self.pairs.items()
            }

        if self._found is None:
            args = {name: pair.args for name, pair in self.pairs.items()}
            self._found = frontend.jit(everything)(args)
        return self._found

    def check(self, name: str) -> None:
        """Compares all derivatives of one pair."""
        pair = self.pairs[name]
        expected = _measured(
            torch.func, pair.reference, tuple(map(to_torch, pair.args)), pair.twice
        )
        found = flat(self._all()[name])
        assert len(found) == len(expected)
        for got, want in zip(found, expected, strict=True):
            scale = float(abs(want).max()) if want.numel() else 1.0
            np.testing.assert_allclose(
                np.asarray(got), want.numpy(), rtol=pair.rtol, atol=pair.rtol * scale
            )
