"""Elements elsewhere: other shapes, parts and places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .programs import MOST_ELEMENTS, Maker, Step


def layout(maker: Maker) -> Iterator[tuple[str, Step]]:
    i = maker.pick(1, 2, 3)
    if i is None:
        return
    shape = maker.shapes[i]
    axis = maker.rng.randrange(len(shape))
    size = shape[axis]
    low, high = sorted(maker.rng.randint(0, size) for _ in range(2))
    by = maker.rng.choice([1, 2, 3, -1, -2])
    cut = (slice(None),) * axis + (slice(None, None, by),)
    choices: list[tuple[str, Step]] = [
        (f"a{i}.T", lambda a: a[i].T),
        (f"a{i}.ravel()", lambda a: a[i].ravel()),
        (f"roll(a{i}, {low}, {axis})", lambda a: np.roll(a[i], low, axis)),
        (f"flip(a{i}, {axis})", lambda a: np.flip(a[i], axis)),
        (f"a{i}[..{by} at {axis}]", lambda a: a[i][cut]),
        (
            f"take(a{i}, {low}:{high}, {axis})",
            lambda a: a[i][(slice(None),) * axis + (slice(low, high),)],
        ),
        (
            f"concatenate(a{i}, a{i}, {axis})",
            lambda a: np.concatenate([a[i], np.sin(a[i])], axis),
        ),
        (f"expand_dims(a{i}, {axis})", lambda a: np.expand_dims(a[i], axis)),
        (f"pad(a{i})", lambda a: np.pad(a[i], [(1, 2)] + [(0, 0)] * (len(shape) - 1))),
        (f"repeat(a{i}, 2, {axis})", lambda a: np.repeat(a[i], 2, axis)),
        (f"tile(a{i}, 2)", lambda a: np.tile(a[i], 2)),
        (f"stack(a{i}, {axis})", lambda a: np.stack([a[i], a[i] / 2], axis)),
        (f"moveaxis(a{i}, {axis}, 0)", lambda a: np.moveaxis(a[i], axis, 0)),
        (f"split(a{i}, {low}, {axis})", lambda a: np.split(a[i], [low], axis)[1]),
        (
            f"moveaxis(a{i}, {axis}, 0).reshape({size}, -1).sum(1) / 8",
            lambda a: np.moveaxis(a[i], axis, 0).reshape(max(size, 1), -1).sum(1) / 8,
        ),
    ]
    if np.prod(shape) * 2 <= MOST_ELEMENTS:
        yield maker.rng.choice(choices)


def places(maker: Maker) -> Iterator[tuple[str, Step]]:
    i = maker.pick(1, 2, 3, nonempty=True)
    if i is None:
        return
    rows = maker.shapes[i][0]
    seed = maker.rng.randrange(1 << 30)
    count = maker.rng.choice([1, 3, rows])
    places = np.random.default_rng(seed).integers(-rows, rows, count)

    def added(a: list[Any]) -> Any:
        x = a[i].copy()
        if isinstance(x, np.ndarray):
            np.add.at(x, places, np.sin(a[i][places]))
            return x
        return np.add.at(x, places, np.sin(a[i][places])) or x

    def written(a: list[Any]) -> Any:
        x = a[i].copy()
        x[places[0] :: 2] = np.cos(x[places[0] :: 2])
        return x

    def computed(a: list[Any]) -> Any:
        first = a[i].ravel()[:4] * 7
        return a[i][np.floor(abs(first)).astype(np.int32) % rows]

    yield maker.rng.choice(
        [
            (f"a{i}[{count} random]", lambda a: a[i][places]),
            (f"a{i}[computed of its first]", computed),
            (f"add.at(a{i}, {count} random)", added),
            (f"a{i} with a{i}[{places[0]}::2] = cos", written),
        ]
    )
