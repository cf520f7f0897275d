"""Loops and branches; for NumPy they are those of Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from xform.frontend import associative_scan, checkpoint, cond, fori_loop, scan, switch, while_loop
from xform.frontend import map as map_rows

from .programs import BOUND, Maker, Step, is_numpy


def loop(maker: Maker) -> Iterator[tuple[str, Step]]:
    i, j = maker.pick(1, 2, nonempty=True), maker.pick(nonempty=True)
    if i is None or j is None or maker.shapes[i][0] > 300:
        return
    name = maker.rng.choice(list(LOOPS))
    f = LOOPS[name]
    if np.prod(maker.shapes[i]) * np.prod(maker.shapes[j], initial=1) > 3e6:
        return
    yield f"{name}(a{i}, a{j})", lambda a: f(a[i], a[j])


def _scanned(x: Any, y: Any) -> Any:
    def step(carry: Any, row: Any) -> tuple[Any, Any]:
        carry = np.tanh(carry * 0.7 + np.mean(row))
        return carry, np.sin(row) + np.mean(carry)

    if not is_numpy(x, y):
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

    if not is_numpy(x, y):
        return fori_loop(0, 5, step, y + np.mean(x))
    carry = y + np.mean(x)
    for i in range(5):
        carry = step(i, carry)
    return carry


def _mapped(x: Any, y: Any) -> Any:
    def row(v: Any) -> Any:
        return np.tanh(np.sum(v) + y).mean() * v

    return np.stack([row(v) for v in x]) if is_numpy(x, y) else map_rows(row, x)


def _branched(x: Any, y: Any) -> Any:
    def taken(y: Any) -> Any:
        return np.sin(y) * 2

    def other(y: Any) -> Any:
        return np.cos(y) - 1

    if not is_numpy(x, y):
        return cond(np.mean(x) > BOUND, taken, other, y)
    return taken(y) if np.mean(x) > BOUND else other(y)


def _selected(x: Any, y: Any) -> Any:
    branches = [np.sin, lambda y: y / 2, lambda y: np.tanh(y) + y]
    # A mean that is 0 but for rounding, as that of x - sort(x), is not at a step.
    which = np.floor(np.mean(x) * 100 + BOUND).astype(np.int32) % 3
    return branches[int(which)](y) if is_numpy(x, y) else switch(which, branches, y)


def _awaited(x: Any, y: Any) -> Any:
    """A loop until what it carries is small."""
    y = np.tanh(y) + 3

    def goes_on(carry: Any) -> Any:
        return (np.mean(carry[0]) > 0.5) & (carry[1] < 20)

    def step(carry: Any) -> Any:
        pull = (np.sin(np.mean(x)) * 0.1).astype(carry[0].dtype)
        return carry[0] * 0.6 + pull, carry[1] + 1

    if not is_numpy(x, y):
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
        if is_numpy(x, y):
            sums = []
            for row in x[:7]:
                carry, total = inner(carry, row)
                sums.append(total)
            return carry * times, np.stack(sums).sum() / 8
        carry, sums = scan(inner, carry, x[:7])
        return carry * times, np.sum(sums) / 8

    times = np.array([0.5, 1.0, 0.7]).astype(y.dtype)
    if not is_numpy(x, y):
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
        if is_numpy(x, y):
            for i in range(3):
                v = turn(i, v)
            return v / 2 if low else np.cos(v)
        v = fori_loop(0, 3, turn, v)
        return cond(low, lambda v: v / 2, np.cos, v)

    return np.stack([row(v) for v in x]) if is_numpy(x, y) else map_rows(row, x)


def _branched_in_steps(x: Any, y: Any) -> Any:
    def step(carry: Any, row: Any) -> Any:
        low = np.sum(row) < np.mean(carry) + BOUND
        if is_numpy(x, y):
            return (np.sin(carry) if low else carry * 0.9), np.mean(carry)
        return cond(low, np.sin, lambda c: c * 0.9, carry), np.mean(carry)

    if not is_numpy(x, y):
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
    if not is_numpy(x, y):
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
