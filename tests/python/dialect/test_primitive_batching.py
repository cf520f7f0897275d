"""vmap of every primitive, its jvp and its vjp against a loop over the rows, for all in_dims."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from evaluator import Evaluated
from primitive_table import FAMILIES, ROWS
from row_programs import (
    cotangents,
    directions,
    floating_operands,
    is_differentiable,
    near,
    program,
    report,
    rows_of,
    rows_to_compile,
    tangent,
    value,
)
from table_row import Array, Row
from xform.frontend import vmap

BATCH = 3

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


@dataclass(frozen=True)
class Function:
    """A row's primitive or one of its derivatives.

    Attributes:
        row: the row.
        kind: "value", "jvp" or "vjp".
    """

    row: Row
    kind: str

    def __call__(self, *xs: Any) -> list[Any]:
        row, count = self.row, max(len(self.row.draws), 1)
        if self.kind == "value":
            return [value(row, xs[: len(row.draws)])]
        if self.kind == "jvp":
            return [tangent(row, xs[:count], xs[count:])]
        return list(cotangents(row, xs[:count], xs[count]))

    def sample(self, seed: int) -> list[Array]:
        """Arguments."""
        # A row without operands is batched over an argument that it does not read.
        operands = self.row.sample(seed) or (np.zeros(()),)
        if self.kind == "value":
            return list(operands)
        if self.kind == "jvp":
            return [*operands, *directions(floating_operands(self.row, operands), seed)]
        return [*operands, *directions([np.asarray(self.row.reference(*operands))], seed)]

    def arguments(self) -> Arguments:
        """A row of arguments to share, and batches."""
        shared, *rows = (self.sample(seed) for seed in range(BATCH + 1))
        front = [np.stack(xs) for xs in zip(*rows, strict=True)]
        back = [np.ascontiguousarray(np.moveaxis(x, 0, -1)) for x in front]
        return Arguments([np.array(x) for x in shared], front, back)

    def batched(self, dims: Dims) -> Callable[..., list[Any]]:
        """The function over a batch."""
        mapped: Callable[..., list[Any]] = vmap(self.__call__, dims, out_dim(dims))
        return mapped

    def mistakes(
        self, dims: Dims, got: Sequence[Array], want: Sequence[Array], tolerance: float = 1e-13
    ) -> list[str]:
        """What differs between batched results and stacked ones."""
        found = [
            (i, near(np.moveaxis(a, out_dim(dims), 0), b, 10 * tolerance, tolerance))
            for i, (a, b) in enumerate(zip(got, want, strict=True))
        ]
        place = f"{self.row.name}: {self.kind} over {dims}"
        return [f"{place}: result {i} {wrong}" for i, wrong in found if wrong]


def functions_of(rows: Iterable[Row]) -> list[Function]:
    return [
        Function(row, kind)
        for row in rows
        for kind in (("value", "jvp", "vjp") if is_differentiable(row) else ("value",))
    ]


def every_in_dims(count: int) -> list[Dims]:
    """All in_dims but those that batch nothing."""
    return list(itertools.product((0, -1, None), repeat=count))[:-1]


def out_dim(dims: Dims) -> int:
    return -1 if dims[-1] == -1 else 0


class Loop:
    """A function run for one row of a batch after another."""

    def __init__(self, function: Function, given: Arguments) -> None:
        self._given = given
        self._step = Evaluated(function, *given.shared)
        self._found: dict[tuple[bool, ...], list[Array]] = {}

    def __call__(self, dims: Dims) -> list[Array]:
        """The stacked results."""
        mask = tuple(dim is not None for dim in dims)
        if mask not in self._found:
            steps = [self._step(*self._given.row(mask, i)) for i in range(BATCH)]
            self._found[mask] = [np.stack(xs) for xs in zip(*steps, strict=True)]
        return self._found[mask]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_in_dims(family: str) -> None:
    """The rules alone: what they make is evaluated, not compiled."""
    failures: list[str] = []
    for function in functions_of(rows_of(family)):
        given = function.arguments()
        choices = every_in_dims(len(given.shared))

        def all_batches(
            shared: Any,
            front: Any,
            back: Any,
            function: Function = function,
            choices: list[Dims] = choices,
        ) -> Any:
            xs = Arguments(shared, front, back)
            return [function.batched(dims)(*xs.batched(dims)) for dims in choices]

        parts = given.shared, given.front, given.back
        loop = Loop(function, given)
        for dims, got in zip(choices, Evaluated(all_batches, *parts)(*parts), strict=True):
            failures += function.mistakes(dims, got, loop(dims))
    report(failures)


@pytest.mark.parametrize("family", FAMILIES)
def test_compiled(family: str) -> None:
    """All arguments batched, along axes that alternate from one to the next and from row to row."""
    rows = rows_to_compile(family)
    cases: dict[str, list[tuple[Function, Dims, Arguments]]] = {}
    for place, row in enumerate(rows):
        cases[row.name] = []
        for function in functions_of([row]):
            given = function.arguments()
            dims: Dims = tuple((0, -1)[(i + place) % 2] for i in range(len(given.shared)))
            cases[row.name].append((function, dims, given))

    def all_functions(row: Row, inputs: Sequence[Any]) -> Any:
        return [
            function.batched(dims)(*xs)
            for (function, dims, _), xs in zip(cases[row.name], inputs, strict=True)
        ]

    results = program(rows, all_functions)(
        {name: ([xs.batched(dims) for _, dims, xs in own],) for name, own in cases.items()}
    )
    failures: list[str] = []
    for name, own in cases.items():
        for (function, dims, given), got in zip(own, results[name], strict=True):
            failures += function.mistakes(dims, got, Loop(function, given)(dims))
    report(failures)


# A conversion to float64 has a cotangent in float64, whatever it converts from.
@pytest.mark.parametrize(
    ("family", "size", "dtype"),
    [
        (family, size, dtype)
        for family in FAMILIES
        for size, dtype in ((0, "float64"), (1, "float64"), (2, "float32"))
        if (family, dtype) != ("convert", "float32")
    ],
)
def test_batches_of_few_rows(family: str, size: int, dtype: str) -> None:
    """Of no row, of one, and of the same one twice, every argument batched."""
    failures: list[str] = []
    for function in functions_of(rows_of(family)):
        row = [x.astype(dtype) if x.dtype.kind == "f" else x for x in function.sample(1)]
        batch = [np.stack([x, x])[:size] for x in row]
        dims: Dims = (0,) * len(row)
        got = Evaluated(function.batched(dims), *batch)(*batch)
        want = [np.stack([x, x])[:size] for x in Evaluated(function, *row)(*row)]
        failures += function.mistakes(dims, got, want, float(4 * np.finfo(dtype).eps))
    report(failures)


def test_nested_batches() -> None:
    """A vmap within a vmap, each over another operand."""
    failures: list[str] = []
    for row in (row for row in ROWS if len(row.draws) == 2):
        xs = np.stack([row.sample(seed)[0] for seed in (1, 3)])
        ys = np.stack([row.sample(2)[1]] * 3)
        nested = vmap(vmap(row.emit, (None, 0)), (0, None))
        want = np.stack([np.stack([np.asarray(row.reference(x, y)) for y in ys]) for x in xs])
        wrong = near(Evaluated(nested, xs, ys)(xs, ys), want, 1e-12, 1e-13)
        failures += [f"{row.name}: {wrong}"] if wrong else []
    report(failures)


def test_every_kind_is_batched() -> None:
    kinds = [function.kind for function in functions_of(rows_of("contraction"))]
    assert kinds.count("vjp") > 10
