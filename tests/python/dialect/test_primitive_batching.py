"""vmap of every primitive, its jvp and its vjp against a loop over the rows, for all in_dims."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from primitive_table import FAMILIES
from row_programs import (
    cotangents,
    directions,
    floating_operands,
    is_differentiable,
    near,
    program,
    report,
    rows_of,
    rows_to_derive,
    tangent,
    value,
)
from table_row import Array, Row
from xform import pytrees
from xform.frontend import vmap

BATCH = 3
# With more arguments than this, not every combination of in_dims is tried, but every choice of
# which arguments are batched.
MANY = 3

Dims = tuple[int | None, ...]


@dataclass(frozen=True)
class Arguments:
    """The arguments of a row's function: one row to share, and a batch of others.

    Attributes:
        shared: an argument that all rows share.
        front: the rows along the first axis.
        back: the same rows along the last one.
    """

    shared: list[Array]
    front: list[Array]
    back: list[Array]

    def batched(self, dims: Dims) -> list[Array]:
        """The arguments for a vmap over `dims`."""
        choose = {None: self.shared, 0: self.front, -1: self.back}
        return [choose[dim][i] for i, dim in enumerate(dims)]

    def row(self, mask: Sequence[bool], index: int) -> list[Array]:
        """The arguments of one row, the marked ones batched."""
        return [
            np.array(x[index]) if batched else shared
            for batched, x, shared in zip(mask, self.front, self.shared, strict=True)
        ]


def arguments(rows: Sequence[Sequence[Array]]) -> Arguments:
    front = [np.stack(xs) for xs in zip(*rows[1:], strict=True)]
    return Arguments(
        [np.array(x) for x in rows[0]],
        front,
        [np.ascontiguousarray(np.moveaxis(x, 0, -1)) for x in front],
    )


# The functions of a row: their arguments lie in one flat list ----------------------------------


def kinds_of(row: Row) -> tuple[str, ...]:
    return ("value", "jvp", "vjp") if is_differentiable(row) else ("value",)


def evaluate(kind: str, row: Row, xs: Sequence[Any]) -> list[Any]:
    count = max(len(row.draws), 1)
    if kind == "value":
        return [value(row, xs[: len(row.draws)])]
    if kind == "jvp":
        return [tangent(row, xs[:count], xs[count:])]
    return list(cotangents(row, xs[:count], xs[count]))


def sample(kind: str, row: Row, seed: int) -> list[Array]:
    # A row without operands is batched over an argument that it does not read.
    operands = row.sample(seed) or (np.zeros(()),)
    if kind == "value":
        return list(operands)
    if kind == "jvp":
        return [*operands, *directions(floating_operands(row, operands), seed)]
    return [*operands, *directions([np.asarray(row.reference(*operands))], seed)]


def combinations(count: int) -> Iterable[Dims]:
    """in_dims, not all of them None."""
    if count <= MANY:
        options: Iterable[tuple[int | None, ...]] = itertools.product((0, -1, None), repeat=count)
    else:
        options = (
            tuple((0, -1)[(i + n) % 2] if chosen else None for i, chosen in enumerate(mask))
            for n, mask in enumerate(itertools.product((True, False), repeat=count))
        )
    return [dims for dims in options if any(dim is not None for dim in dims)]


def turns(family: str, place: int, count: int) -> list[Dims]:
    """The in_dims that a family's row is tried with: of elementwise rows, which share one rule and
    one shape of program, each a third, so that three rows in a row have them all."""
    every = list(combinations(count))
    return every[place % 3 :: 3] if family in ("unary", "binary") and len(every) > 3 else every


def masks(count: int) -> list[tuple[bool, ...]]:
    return list(dict.fromkeys(tuple(d is not None for d in dims) for dims in combinations(count)))


def out_dim(dims: Dims) -> int:
    return -1 if dims[-1] == -1 else 0


def all_batched(row: Row, given: Mapping[str, Mapping[Dims, list[Any]]]) -> Any:
    return {
        kind: {
            dims: vmap(lambda *xs, k=kind: evaluate(k, row, xs), dims, out_dim(dims))(*xs)
            for dims, xs in cases.items()
        }
        for kind, cases in given.items()
    }


def one_row(row: Row, given: Mapping[str, list[Any]]) -> Any:
    return {kind: evaluate(kind, row, xs) for kind, xs in given.items()}


@pytest.mark.parametrize("family", FAMILIES)
def test_batching(family: str) -> None:
    rows = rows_to_derive(family)
    samples = {
        row.name: {
            kind: arguments([sample(kind, row, seed) for seed in range(BATCH + 1)])
            for kind in kinds_of(row)
        }
        for row in rows
    }
    results = program(rows, all_batched)(
        {
            name: (
                {
                    kind: {dims: xs.batched(dims) for dims in turns(family, place, len(xs.shared))}
                    for kind, xs in by_kind.items()
                },
            )
            for place, (name, by_kind) in enumerate(samples.items())
        }
    )
    loops = looped(rows, samples)
    failures: list[str] = []
    for row in rows:
        for kind, by_dims in results[row.name].items():
            for dims, got in by_dims.items():
                want = loops[row.name, kind, tuple(dim is not None for dim in dims)]
                for i, (a, b) in enumerate(zip(got, want, strict=True)):
                    wrong = near(np.moveaxis(a, out_dim(dims), 0), b, 1e-12, 1e-13)
                    if wrong:
                        failures.append(f"{row.name}: {kind} over {dims}: result {i} {wrong}")
    report(failures)


def looped(
    rows: Sequence[Row], samples: Mapping[str, Mapping[str, Arguments]]
) -> dict[tuple[str, str, tuple[bool, ...]], list[Array]]:
    """The stacked results of a loop over the rows, for each choice of batched arguments."""
    step = program(rows, one_row)
    rounds = max(
        len(masks(len(xs.shared))) for by_kind in samples.values() for xs in by_kind.values()
    )
    found: dict[tuple[str, str, tuple[bool, ...]], list[Array]] = {}
    for n in range(rounds):
        chosen = {
            name: {kind: at_or_last(masks(len(xs.shared)), n) for kind, xs in by_kind.items()}
            for name, by_kind in samples.items()
        }
        steps = [
            step(
                {
                    name: ({k: xs.row(chosen[name][k], i) for k, xs in by_kind.items()},)
                    for name, by_kind in samples.items()
                }
            )
            for i in range(BATCH)
        ]
        for name, by_kind in chosen.items():
            for kind, mask in by_kind.items():
                parts = zip(*(result[name][kind] for result in steps), strict=True)
                found[name, kind, mask] = [np.stack(xs) for xs in parts]
    return found


def at_or_last(items: Sequence[Any], index: int) -> Any:
    return items[min(index, len(items) - 1)]


@pytest.mark.parametrize("size", [0, 1])
def test_batches_of_few_rows(size: int) -> None:
    """Of no row and of one, every operand batched."""
    rows = [row for family in FAMILIES for row in rows_to_derive(family) if row.draws]
    inputs = {row.name: ([np.stack([x] * 2)[:size] for x in row.sample(1)],) for row in rows}
    results = program(rows, lambda row, xs: vmap(row.emit)(*xs))(inputs)
    failures: list[str] = []
    for row in rows:
        want = np.stack([np.asarray(row.reference(*row.sample(1)))] * 2)[:size]
        wrong = near(results[row.name], want, 1e-12, 1e-13)
        failures += [f"{row.name} over {size}: {wrong}"] if wrong else []
    report(failures)


def test_nested_batches() -> None:
    """A vmap within a vmap, each over another operand."""
    rows = [
        row
        for family in ("binary", "contraction", "shape")
        for row in rows_of(family)
        if len(row.draws) == 2
    ]
    outer = {row.name: row.sample(1)[0] for row in rows}
    inner = {row.name: row.sample(2)[1] for row in rows}
    given = {
        row.name: (np.stack([outer[row.name], row.sample(3)[0]]), np.stack([inner[row.name]] * 3))
        for row in rows
    }

    def nested(row: Row, x: Any, y: Any) -> Any:
        return vmap(vmap(row.emit, (None, 0)), (0, None))(x, y)

    results = program(rows, nested)(given)
    failures: list[str] = []
    for row in rows:
        xs, ys = given[row.name]
        want = np.stack([np.stack([np.asarray(row.reference(x, y)) for y in ys]) for x in xs])
        wrong = near(results[row.name], want, 1e-12, 1e-13)
        failures += [f"{row.name}: {wrong}"] if wrong else []
    report(failures)


def test_every_kind_is_batched() -> None:
    assert pytrees.leaves([kinds_of(row) for row in rows_of("contraction")]).count("vjp") > 10
