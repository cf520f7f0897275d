"""Random programs on arrays, which NumPy runs as well: for what nobody thought of.

A program is a list of steps, each of which makes an array of earlier ones. Sizes are 0, 1, small,
and around those at which loops are shared, cut or written out. Values stay near 1, so that results
can be compared, and only functions occur that are smooth where a program uses them, but for
`abs`, extremes and sorts, whose kinks random numbers do not meet.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from xform.frontend import associative_scan, checkpoint, cond, fori_loop, scan, switch, while_loop
from xform.frontend import map as map_rows

Step: TypeAlias = Callable[[list[Any]], Any]

SMALL = (1, 2, 3, 5, 8)
LARGE = (16, 17, 63, 64, 65, 127, 129, 256, 511, 1000, 1025, 2049, 4097, 20_011)
MOST_ELEMENTS = 400_000
# What sums are compared with: some are 0 but for rounding.
BOUND = 0.0137


@dataclass
class Program:
    """Steps after one another; the results are all arrays that no later step reads.

    Args:
        seed: what the program is made of.
        is_small: whether no size of its arguments is beyond 8.
        shapes: those of its arguments.
        steps: what makes the next array of the earlier ones, and how it is written.
        results: the numbers of the arrays that are returned.
    """

    seed: int
    is_small: bool
    shapes: list[tuple[int, ...]]
    steps: list[tuple[str, Step]]
    results: list[int]

    def __call__(self, *arguments: Any) -> list[Any]:
        arrays = list(arguments)
        for _, step in self.steps:
            arrays.append(step(arrays))
        return [arrays[i] for i in self.results]

    @property
    def has_cotangents(self) -> bool:
        """Whether it has derivatives in reverse mode: loops of unknown length have none."""
        return not any(text.startswith("while") for text, _ in self.steps)

    def arguments(self, dtype: str) -> list[Any]:
        """Random numbers between -1.5 and 1.5."""
        rng = np.random.default_rng(self.seed)
        return [rng.uniform(-1.5, 1.5, shape).astype(dtype) for shape in self.shapes]

    def __str__(self) -> str:
        given = [f"a{i}: {shape}" for i, shape in enumerate(self.shapes)]
        made = [f"a{len(self.shapes) + i} = {text}" for i, (text, _) in enumerate(self.steps)]
        sizes = " of small sizes" if self.is_small else ""
        return "\n".join([f"seed {self.seed}{sizes}", *given, *made, f"returns {self.results}"])


def program(seed: int, is_small: bool = False) -> Program:
    """The program of a seed; those of odd ones have loops that update arrays."""
    return _Maker(seed, is_small).make()


class _Maker:
    def __init__(self, seed: int, is_small: bool) -> None:
        self.seed = seed
        self.is_small = is_small
        self.rng = random.Random(seed)
        self.shapes: list[tuple[int, ...]] = []
        self.steps: list[tuple[str, Step]] = []
        self.used: set[int] = set()

    def make(self) -> Program:
        rng = self.rng
        given = [self._shape() for _ in range(rng.randint(1, 3))]
        self.shapes = list(given)
        count = rng.randint(2, 12)
        kinds = _KINDS + [_Maker._updates] * 8 * (self.seed % 2)
        while len(self.steps) < count:
            kind = rng.choice(kinds)
            for text, step in kind(self):
                self._add(text, step)
        results = [i for i in range(len(given), len(self.shapes)) if i not in self.used]
        return Program(self.seed, self.is_small, given, self.steps, results)

    def _add(self, text: str, step: Step) -> None:
        """Adds a step, and finds its shape by running the program on ones."""
        arrays = [np.broadcast_to(np.ones(()), shape) for shape in self.shapes]
        self.shapes.append(np.shape(step(list(arrays))))
        self.steps.append((text, step))

    def _shape(self) -> tuple[int, ...]:
        rng = self.rng
        while True:
            rank = rng.choice([0, 1, 1, 2, 2, 2, 3])
            sizes = [
                rng.choice(SMALL if rng.random() < 0.5 or self.is_small else LARGE)
                for _ in range(rank)
            ]
            if sizes and rng.random() < 0.02:
                sizes[rng.randrange(rank)] = 0
            if np.prod(sizes, initial=1) <= MOST_ELEMENTS:
                return tuple(sizes)

    def _pick(self, *ranks: int, nonempty: bool = False) -> int | None:
        """The number of an array of one of these ranks, rather a late one."""
        found = [
            i
            for i, shape in enumerate(self.shapes)
            if (not ranks or len(shape) in ranks) and not (nonempty and 0 in shape)
        ]
        if not found:
            return None
        i = found[max(self.rng.randrange(len(found)), self.rng.randrange(len(found)))]
        self.used.add(i)
        return i

    # Each kind of step yields the text and the function, or nothing where no array fits.

    def _unary(self) -> Iterator[tuple[str, Step]]:
        i = self._pick()
        assert i is not None
        name = self.rng.choice(list(_UNARY))
        f = _UNARY[name]
        yield f"{name}(a{i})", lambda a: f(a[i])

    def _binary(self) -> Iterator[tuple[str, Step]]:
        i, j = self._pick(), self._pick()
        assert i is not None
        assert j is not None
        try:
            shape = np.broadcast_shapes(self.shapes[i], self.shapes[j])
        except ValueError:
            return
        if np.prod(shape, initial=1) > MOST_ELEMENTS:
            return
        name = self.rng.choice(list(_BINARY))
        f = _BINARY[name]
        yield f"{name}(a{i}, a{j})", lambda a: f(a[i], a[j])

    def _reduction(self) -> Iterator[tuple[str, Step]]:
        i = self._pick(1, 2, 3, nonempty=True)
        if i is None:
            return
        rank = len(self.shapes[i])
        axes = tuple(sorted(self.rng.sample(range(rank), self.rng.randint(1, rank))))
        keep = self.rng.random() < 0.4
        name = self.rng.choice(list(_REDUCTIONS))
        f = _REDUCTIONS[name]
        yield (
            f"{name}(a{i}, axis={axes}, keepdims={keep})",
            lambda a: f(a[i], axis=axes, keepdims=keep),
        )

    def _product(self) -> Iterator[tuple[str, Step]]:
        i = self._pick(2, nonempty=True)
        if i is None or max(self.shapes[i]) > 1100:
            return
        yield self.rng.choice(
            [
                (f"a{i}.T @ a{i} / rows", lambda a: a[i].T @ a[i] / a[i].shape[0]),
                (f"a{i} @ a{i}.T / columns", lambda a: a[i] @ a[i].T / a[i].shape[1]),
                (f"a{i} @ a{i}[0] / columns", lambda a: a[i] @ a[i][0] / a[i].shape[1]),
                (f"a{i}[:, 0] @ a{i} / rows", lambda a: a[i][:, 0] @ a[i] / a[i].shape[0]),
            ]
        )

    def _batched_product(self) -> Iterator[tuple[str, Step]]:
        i = self._pick(3, nonempty=True)
        if i is None:
            return
        b, m, n = self.shapes[i]
        if b * m * m > MOST_ELEMENTS or b * m * m * n > 1e8:
            return
        yield self.rng.choice(
            [
                (f"a{i} @ a{i}.mT / {n}", lambda a: a[i] @ np.swapaxes(a[i], 1, 2) / n),
                (
                    f"einsum('bmn,bkn->mbk', a{i}) / {n}",
                    lambda a: np.einsum("bmn,bkn->mbk", a[i], np.sin(a[i])) / n,
                ),
                (
                    f"einsum('bmn,bmn->m', a{i}) / {b * n}",
                    lambda a: np.einsum("bmn,bmn->m", a[i], np.cos(a[i])) / (b * n),
                ),
            ]
        )

    def _window(self) -> Iterator[tuple[str, Step]]:
        """What reads neighbours."""
        i = self._pick(1, nonempty=True)
        if i is None or self.shapes[i][0] < 4:
            return
        size = self.shapes[i][0]
        width = self.rng.choice([2, 3, 4])
        points = min(size, 300)
        mode = self.rng.choice(["full", "same", "valid"])
        yield self.rng.choice(
            [
                (
                    f"convolve(a{i}, a{i}[:{width}], {mode}) / {width}",
                    lambda a: np.convolve(a[i], a[i][:width], mode) / width,
                ),
                (
                    f"interp(sin(a{i}), linspace(-1, 1, {points}), a{i}[:{points}])",
                    lambda a: np.interp(np.sin(a[i]), np.linspace(-1, 1, points), a[i][:points]),
                ),
                (f"gradient(a{i}) / 2", lambda a: np.gradient(a[i]) / 2),
                (f"median(a{i})", lambda a: np.median(a[i]) + a[i] / 2),
            ]
        )

    def _layout(self) -> Iterator[tuple[str, Step]]:
        i = self._pick(1, 2, 3)
        if i is None:
            return
        shape = self.shapes[i]
        axis = self.rng.randrange(len(shape))
        size = shape[axis]
        low, high = sorted(self.rng.randint(0, size) for _ in range(2))
        by = self.rng.choice([1, 2, 3, -1, -2])
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
            yield self.rng.choice(choices)

    def _ordered(self) -> Iterator[tuple[str, Step]]:
        i = self._pick(1, 2, 3, nonempty=True)
        if i is None or np.prod(self.shapes[i]) > 50_000:
            return
        axis = self.rng.randrange(len(self.shapes[i]))
        name = self.rng.choice(list(_ORDERED))
        f = _ORDERED[name]
        yield f"{name}(a{i}, {axis})", lambda a: f(a[i], axis)

    def _places(self) -> Iterator[tuple[str, Step]]:
        i = self._pick(1, 2, 3, nonempty=True)
        if i is None:
            return
        rows = self.shapes[i][0]
        seed = self.rng.randrange(1 << 30)
        count = self.rng.choice([1, 3, rows])
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

        yield self.rng.choice(
            [
                (f"a{i}[{count} random]", lambda a: a[i][places]),
                (f"a{i}[computed of its first]", computed),
                (f"add.at(a{i}, {count} random)", added),
                (f"a{i} with a{i}[{places[0]}::2] = cos", written),
            ]
        )

    def _loop(self) -> Iterator[tuple[str, Step]]:
        i, j = self._pick(1, 2, nonempty=True), self._pick(nonempty=True)
        if i is None or j is None or self.shapes[i][0] > 300:
            return
        name = self.rng.choice(list(LOOPS))
        f = LOOPS[name]
        if np.prod(self.shapes[i]) * np.prod(self.shapes[j], initial=1) > 3e6:
            return
        yield f"{name}(a{i}, a{j})", lambda a: f(a[i], a[j])

    def _updates(self) -> Iterator[tuple[str, Step]]:
        """A loop that reads and writes parts of what it carries."""
        i, j = self._pick(1, 2, 3, nonempty=True), self._pick(1, 2, 3, nonempty=True)
        if i is None or j is None or np.prod(self.shapes[i]) > 100_000:
            return
        names = self.rng.choices(list(_UPDATES), k=self.rng.randint(1, 4))
        chosen = [(name, self.rng.randrange(1 << 16)) for name in names]
        turns = self.rng.choice([1, 3, 6])
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

    if not _is_numpy(x, y):
        last, sums = scan(turn, x, np.arange(turns))
        return last + np.tanh(sums).sum()
    c = np.array(x)
    sums = [turn(c, i)[1] for i in range(turns)]
    return c + np.tanh(sums).sum()


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


def _is_numpy(*arrays: Any) -> bool:
    return all(isinstance(x, np.ndarray | np.generic) for x in arrays)


def _scanned(x: Any, y: Any) -> Any:
    def step(carry: Any, row: Any) -> tuple[Any, Any]:
        carry = np.tanh(carry * 0.7 + np.mean(row))
        return carry, np.sin(row) + np.mean(carry)

    if not _is_numpy(x, y):
        last, rows = scan(step, y, x)
        return np.mean(rows, 0).sum() + last
    rows = []
    for row in x:
        y, made = step(y, row)
        rows.append(made)
    return np.mean(rows, 0).sum() + y


def _repeated(x: Any, y: Any) -> Any:
    def step(i: Any, carry: Any) -> Any:
        return np.tanh(carry + np.sin(y) * 0.1) * 0.9

    if not _is_numpy(x, y):
        return fori_loop(0, 5, step, y + np.mean(x))
    carry = y + np.mean(x)
    for i in range(5):
        carry = step(i, carry)
    return carry


def _mapped(x: Any, y: Any) -> Any:
    def row(v: Any) -> Any:
        return np.tanh(np.sum(v) + y).mean() * v

    return np.stack([row(v) for v in x]) if _is_numpy(x, y) else map_rows(row, x)


def _branched(x: Any, y: Any) -> Any:
    def taken(y: Any) -> Any:
        return np.sin(y) * 2

    def other(y: Any) -> Any:
        return np.cos(y) - 1

    if not _is_numpy(x, y):
        return cond(np.mean(x) > BOUND, taken, other, y)
    return taken(y) if np.mean(x) > BOUND else other(y)


def _selected(x: Any, y: Any) -> Any:
    branches = [np.sin, lambda y: y / 2, lambda y: np.tanh(y) + y]
    which = np.floor(np.mean(x) * 100).astype(np.int32) % 3
    return branches[int(which)](y) if _is_numpy(x, y) else switch(which, branches, y)


def _awaited(x: Any, y: Any) -> Any:
    """A loop until what it carries is small."""
    y = np.tanh(y) + 3

    def goes_on(carry: Any) -> Any:
        return (np.mean(carry[0]) > 0.5) & (carry[1] < 20)

    def step(carry: Any) -> Any:
        return carry[0] * 0.6 + np.sin(np.mean(x)) * 0.1, carry[1] + 1

    if not _is_numpy(x, y):
        return while_loop(goes_on, step, (y, 0))[0]
    carry = (y, 0)
    while goes_on(carry):
        carry = step(carry)
    return carry[0]


def _repeated_within(x: Any, y: Any) -> Any:
    """A loop in a loop, which a scan within a checkpoint is."""

    def inner(carry: Any, row: Any) -> Any:
        return np.tanh(carry * 0.8 + np.mean(row)), np.sum(carry) / 8

    def outer(carry: Any, times: Any) -> Any:
        if _is_numpy(x, y):
            sums = []
            for row in x[:7]:
                carry, total = inner(carry, row)
                sums.append(total)
            return carry * times, np.stack(sums).sum() / 8
        carry, sums = scan(inner, carry, x[:7])
        return carry * times, np.sum(sums) / 8

    times = np.array([0.5, 1.0, 0.7]).astype(y.dtype)
    if not _is_numpy(x, y):
        last, sums = scan(checkpoint(outer), y, times)
        return last + np.tanh(sums).sum()
    sums = []
    for t in times:
        y, total = outer(y, t)
        sums.append(total)
    return y + np.tanh(np.stack(sums)).sum()


def _looped_in_rows(x: Any, y: Any) -> Any:
    """A loop and a branch for each row."""

    def turn(i: Any, v: Any) -> Any:
        return np.where(i % 2, np.sin(v), v * 0.9)

    def row(v: Any) -> Any:
        v = v + np.mean(y)
        low = np.sum(v) < BOUND
        if _is_numpy(x, y):
            for i in range(3):
                v = turn(i, v)
            return v / 2 if low else np.cos(v)
        v = fori_loop(0, 3, turn, v)
        return cond(low, lambda v: v / 2, np.cos, v)

    return np.stack([row(v) for v in x]) if _is_numpy(x, y) else map_rows(row, x)


def _branched_in_steps(x: Any, y: Any) -> Any:
    def step(carry: Any, row: Any) -> Any:
        low = np.sum(row) < np.mean(carry) + BOUND
        if _is_numpy(x, y):
            return (np.sin(carry) if low else carry * 0.9), np.mean(carry)
        return cond(low, np.sin, lambda c: c * 0.9, carry), np.mean(carry)

    if not _is_numpy(x, y):
        last, means = scan(step, y, x)
        return last + np.tanh(means).sum() / 4
    means = []
    for row in x:
        y, mean = step(y, row)
        means.append(mean)
    return y + np.tanh(np.stack(means)).sum() / 4


def _combined(x: Any, y: Any) -> Any:
    """Affine maps after one another."""

    def after(p: Any, q: Any) -> Any:
        return q[0] * p[0], q[0] * p[1] + q[1]

    a, b = np.cos(x / 2), np.sin(x)
    if not _is_numpy(x, y):
        return associative_scan(after, (a, b))[1] / 2 + np.mean(y)
    out = [b[0]]
    for i in range(1, len(x)):
        out.append(a[i] * out[-1] + b[i])
    return np.stack(out) / 2 + np.mean(y)


LOOPS = {
    "scan": _scanned,
    "fori": _repeated,
    "map": _mapped,
    "cond": _branched,
    "switch": _selected,
    "while": _awaited,
    "scan in checkpoint in scan": _repeated_within,
    "loop and cond in map": _looped_in_rows,
    "cond in scan": _branched_in_steps,
    "associative scan": _combined,
}
_KINDS = (
    [_Maker._unary] * 4
    + [_Maker._binary] * 4
    + [_Maker._reduction] * 3
    + [_Maker._layout] * 3
    + [_Maker._ordered, _Maker._places, _Maker._loop] * 2
    + [_Maker._product, _Maker._batched_product, _Maker._window]
)
