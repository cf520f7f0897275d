"""What is made of a whole axis: sums, sorts and running sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .programs import Maker, Step


def reduction(maker: Maker) -> Iterator[tuple[str, Step]]:
    i = maker.pick(1, 2, 3, nonempty=True)
    if i is None:
        return
    rank = len(maker.shapes[i])
    axes = tuple(sorted(maker.rng.sample(range(rank), maker.rng.randint(1, rank))))
    keep = maker.rng.random() < 0.4
    name = maker.rng.choice(list(_REDUCTIONS))
    f = _REDUCTIONS[name]
    yield (
        f"{name}(a{i}, axis={axes}, keepdims={keep})",
        lambda a: f(a[i], axis=axes, keepdims=keep),
    )


def ordered(maker: Maker) -> Iterator[tuple[str, Step]]:
    i = maker.pick(1, 2, 3, nonempty=True)
    if i is None or np.prod(maker.shapes[i]) > 50_000:
        return
    axis = maker.rng.randrange(len(maker.shapes[i]))
    name = maker.rng.choice(list(_ORDERED))
    f = _ORDERED[name]
    yield f"{name}(a{i}, {axis})", lambda a: f(a[i], axis)


_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "var": np.var,
    "tanh sum": lambda x, **to: np.tanh(np.sum(x, **to) / 8),
    "log mean exp": lambda x, **to: np.log(np.mean(np.exp(np.tanh(x)), **to)),
}


def _softmax(x: Any, axis: int) -> Any:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


_ORDERED: dict[str, Callable[[Any, int], Any]] = {
    "sort": lambda x, axis: np.sort(x, axis),
    "beside its sort": lambda x, axis: x - np.sort(x, axis),
    "tanh cumsum": lambda x, axis: np.tanh(np.cumsum(x, axis) / 8),
    "at argmax": lambda x, axis: np.take_along_axis(
        np.sin(x), np.expand_dims(np.argmax(x, axis), axis), axis
    ),
    "softmax": _softmax,
    "diff": lambda x, axis: np.diff(x, axis=axis),
    "cumprod of cos": lambda x, axis: np.cumprod(np.cos(x / 4), axis),
    "maximum.accumulate": lambda x, axis: np.maximum.accumulate(x, axis),
    "from the greatest": lambda x, axis: np.take_along_axis(
        x, np.argsort(-x, axis, stable=True), axis
    ),
}
