"""Functions of each element."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .programs import MOST_ELEMENTS, Maker, Step


def unary(maker: Maker) -> Iterator[tuple[str, Step]]:
    i = maker.pick()
    assert i is not None
    name = maker.rng.choice(list(_UNARY))
    f = _UNARY[name]
    yield f"{name}(a{i})", lambda a: f(a[i])


def binary(maker: Maker) -> Iterator[tuple[str, Step]]:
    i, j = maker.pick(), maker.pick()
    assert i is not None
    assert j is not None
    try:
        shape = np.broadcast_shapes(maker.shapes[i], maker.shapes[j])
    except ValueError:
        return
    if np.prod(shape, initial=1) > MOST_ELEMENTS:
        return
    name = maker.rng.choice(list(_BINARY))
    f = _BINARY[name]
    yield f"{name}(a{i}, a{j})", lambda a: f(a[i], a[j])


_UNARY: dict[str, Callable[[Any], Any]] = {
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "abs": abs,
    "-": np.negative,
    "exp(-x*x)": lambda x: np.exp(-x * x),
    "log(1+x*x)": lambda x: np.log1p(x * x),
    "sqrt(1+x*x)": lambda x: np.sqrt(1 + x * x),
    "x/2+1": lambda x: x / 2 + 1,
    "where": lambda x: np.where(x > 0, x, x * x),
    "arctan": np.arctan,
}
_BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda x, y: (x + y) / 2,
    "*": lambda x, y: np.tanh(x * y),
    "-": lambda x, y: x - y / 2,
    "/": lambda x, y: x / (2 + y * y),
    "maximum": np.maximum,
    "arctan2": lambda x, y: np.arctan2(x + 0.01, 1 + y * y),
    "where": lambda x, y: np.where(x > y, x, y),
}
