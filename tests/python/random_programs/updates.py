"""Loops that read and write parts of what they carry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from xform.frontend import scan

from .programs import BOUND, Maker, Step, is_numpy


def update(maker: Maker) -> Iterator[tuple[str, Step]]:
    i, j = maker.pick(1, 2, 3, nonempty=True), maker.pick(1, 2, 3, nonempty=True)
    if i is None or j is None or np.prod(maker.shapes[i]) > 100_000:
        return
    names = maker.rng.choices(list(_UPDATES), k=maker.rng.randint(1, 4))
    chosen = [(name, maker.rng.randrange(1 << 16)) for name in names]
    turns = maker.rng.choice([1, 3, 6])
    yield f"{turns} times {chosen} in a{i}, with a{j}", updates(i, j, turns, *chosen)


# What happens to a carried array in turn i, with a number n and another array.
_Update: TypeAlias = Callable[[Any, Any, int, Any], None]


def _set_row(c: Any, i: Any, n: int, y: Any) -> None:
    c[(i + n) % len(c)] = np.sin(c[(i * 3 + 1) % len(c)]) + y.ravel()[0]


def _set_last(c: Any, i: Any, n: int, y: Any) -> None:
    c[..., (i + n) % c.shape[-1]] = c[..., n % c.shape[-1]] * 0.5


def _set_some(c: Any, i: Any, n: int, y: Any) -> None:
    places = (np.array([0, n, n + 1, n]) + i) % len(c)
    c[places] = np.cos(c[(places + n) % len(c)])


def _add_some(c: Any, i: Any, n: int, y: Any) -> None:
    places = (np.array([n, n, 0]) + i) % len(c)
    np.add.at(c, places, 0.1 * np.sin(c[(places + 1) % len(c)]))


def _set_slice(c: Any, i: Any, n: int, y: Any) -> None:
    low = n % len(c)
    c[low : low + 3] = c[low : low + 3] * 0.5 + np.tanh(c[0])


def _set_alternate(c: Any, i: Any, n: int, y: Any) -> None:
    c[n % len(c) :: 2] = np.sin(c[n % len(c) :: 2]) * np.where(i % 2, c[0], 0.5).mean()


def _set_all(c: Any, i: Any, n: int, y: Any) -> None:
    c[:] = np.tanh(c[::-1] + c.mean())


def _swap(c: Any, i: Any, n: int, y: Any) -> None:
    a, b = (i + n) % len(c), (i + 2 * n) % len(c)
    x, z = c[a].copy(), c[b].copy()
    c[a] = np.minimum(x, z)
    c[b] = np.maximum(x, z) + 0.1


def _set_if(c: Any, i: Any, n: int, y: Any) -> None:
    k = (i + n) % len(c)
    c[k] = np.where(c[k].mean() + y.mean() > BOUND, c[k] * 0.5, c[k] + 0.25)


_UPDATES: dict[str, _Update] = {
    f.__name__[1:].replace("_", " "): f
    for f in (
        _set_row,
        _set_last,
        _set_some,
        _add_some,
        _set_slice,
        _set_alternate,
        _set_all,
        _swap,
        _set_if,
    )
}


def updates(i: int, j: int, turns: int, *chosen: tuple[str, int]) -> Step:
    """Repeats updates of array `i`, which may look at array `j`; each has a name and a number."""
    return lambda a: _updated(a[i], a[j], chosen, turns)


def _updated(x: Any, y: Any, chosen: tuple[tuple[str, int], ...], turns: int) -> Any:
    def turn(c: Any, i: Any) -> tuple[Any, Any]:
        old = c[i % len(c)].copy()
        for name, number in chosen:
            _UPDATES[name](c, i, number, y)
        return c, (old.sum() + c[(i + 1) % len(c)].sum()) / 8

    if not is_numpy(x, y):
        last, sums = scan(turn, x, np.arange(turns))
        return last + np.tanh(sums).sum()
    c = np.array(x)
    sums = [turn(c, i)[1] for i in range(turns)]
    return c + np.tanh(sums).sum()
