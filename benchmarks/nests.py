"""How the memory of gradients through nested loops grows with their length.

    python benchmarks/nests.py

For each nest the planned peak of a call (arguments, results, and what lies between) is printed for
several lengths, in multiples of the carried state. What is saved on purpose grows with the length;
nothing else may.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from xform.frontend import checkpoint, fori_loop, grad, jit, jvp, map, scan, spec, while_loop

# Two megabytes.
STATE = (512, 1024)
LENGTHS = (75, 150, 300, 600)
# Steps of an inner loop.
INNER = 25


def _step(c: Any, _: Any) -> tuple[Any, Any]:
    return np.sin(c) * 0.9 + 0.1, None


def _inner(c: Any, length: int = INNER) -> Any:
    return scan(_step, c, None, length=length)[0]


def plain(c: Any, length: int) -> Any:
    """Every step is saved."""
    return scan(_step, c, None, length=length)[0]


def checkpointed(c: Any, length: int) -> Any:
    """The first state of each inner loop is saved."""
    step = checkpoint(_inner)
    return scan(lambda c, _: (step(c), None), c, None, length=length // INNER)[0]


def checkpointed_twice(c: Any, length: int) -> Any:
    """Three loops, of which the inner two are run again."""
    within = checkpoint(lambda c: _inner(c, 5))
    step = checkpoint(lambda c: scan(lambda c, _: (within(c), None), c, None, length=5)[0])
    return scan(lambda c, _: (step(c), None), c, None, length=length // INNER)[0]


def nested(c: Any, length: int) -> Any:
    """Every step of the inner loops is saved, once."""
    return scan(lambda c, _: (_inner(c), None), c, None, length=length // INNER)[0]


def mapped(c: Any, length: int) -> Any:
    """Rows one after another in each step; every step is saved."""
    return scan(
        lambda c, _: (map(lambda row: np.tanh(row) * row.mean(), c), None), c, None, length=length
    )[0]


def bounded(c: Any, length: int) -> Any:
    """A loop without a gradient of its own around one that has it: the value only."""
    return while_loop(lambda s: s[0] < length // INNER, lambda s: (s[0] + 1, _inner(s[1])), (0, c))[
        1
    ]


def written(c: Any, length: int) -> Any:
    """Loops that replace a row: neither they nor their gradients copy the state."""

    def turn(i: Any, c: Any) -> Any:
        c[i % STATE[0]] = c[(i + 1) % STATE[0]] * 0.5
        return c

    return fori_loop(0, length, turn, c)


Nest = Callable[[Any, int], Any]


def loss(nest: Nest, length: int) -> Callable[[Any], Any]:
    return lambda c: np.sum(nest(c, length) ** 2)


def _second(nest: Nest, length: int) -> Callable[[Any], Any]:
    return lambda c: jvp(grad(loss(nest, length)), (c,), (c,))[1]


ROWS: list[tuple[str, Callable[[int], Callable[[Any], Any]]]] = [
    ("gradient of a scan", lambda n: grad(loss(plain, n))),
    ("of a scan of checkpointed scans", lambda n: grad(loss(checkpointed, n))),
    ("of those, checkpointed again", lambda n: grad(loss(checkpointed_twice, n))),
    ("of a scan of scans", lambda n: grad(loss(nested, n))),
    ("of a map in a scan", lambda n: grad(loss(mapped, n))),
    ("of a loop that writes rows", lambda n: grad(loss(written, n))),
    ("value of a scan in a while loop", lambda n: loss(bounded, n)),
    ("second derivative of checkpointed scans", lambda n: _second(checkpointed, n)),
]


def planned_peak(function: Callable[[Any], Any]) -> int:
    """Bytes that a call takes."""
    return jit(function).lower(spec(STATE, "float32")).compile().memory().peak


def main() -> None:
    state = 4 * STATE[0] * STATE[1]
    table = Table(title=f"planned peak of a call, in states of {state >> 20} MB")
    table.add_column("nest")
    for length in LENGTHS:
        table.add_column(f"{length} steps", justify="right")
    for name, make in ROWS:
        peaks = [planned_peak(make(length)) / state for length in LENGTHS]
        table.add_row(name, *(f"{peak:,.1f}" for peak in peaks))
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
