"""A module as data, read from what `Module.structure` writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Where the user wrote something; `function` is empty where it is not known."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Work(NamedTuple):
    """What is computed: numbers, the additions that take as long, and bytes that are moved."""

    flops: float = 0.0
    additions: float = 0.0
    bytes: float = 0.0

    def times(self, count: float) -> Work:
        """The work of so many."""
        return Work(*(count * part for part in self))

    def plus(self, other: Work) -> Work:
        """The work of both."""
        return Work(*(a + b for a, b in zip(self, other, strict=True)))


class Run(NamedTuple):
    """A function that an operation runs.

    Args:
        function: its name.
        frequency: "once", "steps", "while", "chosen", "transformed" or "rule", as in
            dialect/FunctionRun.h.
        turns: how often it is run where that is known.
    """

    function: str
    frequency: str
    turns: int | None


class Typed(NamedTuple):
    """A value by its number, and its type as MLIR writes it."""

    number: int
    type: str


@dataclass(frozen=True)
class Block:
    """Arguments, and operations in their order."""

    arguments: tuple[Typed, ...]
    ops: tuple[Op, ...]


@dataclass(frozen=True)
class Op:
    """An operation.

    Args:
        name: with its dialect.
        operands: the numbers of the values that it reads.
        results: the values that it gives.
        attributes: as MLIR writes them, long ones cut.
        place: where the user wrote it.
        work: of the functions that it runs, too.
        runs: these functions.
        turns: of a loop, if they are known.
        blocks: what lies within.
    """

    name: str
    operands: tuple[int, ...]
    results: tuple[Typed, ...]
    attributes: dict[str, str]
    place: Place | None
    work: Work
    runs: tuple[Run, ...]
    turns: int | None
    blocks: tuple[Block, ...]

    @property
    def short_name(self) -> str:
        """The name without its dialect."""
        return self.name.partition(".")[2]

    def walk(self) -> Iterator[Op]:
        """The operation, and all within."""
        yield self
        for block in self.blocks:
            for op in block.ops:
                yield from op.walk()


@dataclass(frozen=True)
class Function:
    """A function; one that is declared only has an empty body."""

    name: str
    is_public: bool
    attributes: dict[str, str]
    body: Block

    def number(self, attribute: str) -> int | None:
        """The value of an attribute that is a number, such as `8 : i64`."""
        text = self.attributes.get(attribute)
        return None if text is None else int(text.split(":")[0])


Program = dict[str, Function]
"""Functions by name."""


def read_program(text: str) -> Program:
    """Reads what `Module.structure` writes."""
    return {function["name"]: _function(function) for function in json.loads(text)}


def _function(data: dict[str, Any]) -> Function:
    body = _block(data) if "ops" in data else Block((), ())
    return Function(data["name"], data["public"], data["attributes"], body)


def _block(data: dict[str, Any]) -> Block:
    return Block(
        tuple(Typed(*value) for value in data["arguments"]),
        tuple(_op(op) for op in data["ops"]),
    )


def _op(data: dict[str, Any]) -> Op:
    return Op(
        name=data["name"],
        operands=tuple(data["operands"]),
        results=tuple(Typed(*value) for value in data["results"]),
        attributes=data["attributes"],
        place=Place(*data["place"]) if "place" in data else None,
        work=Work(*data["work"]),
        runs=tuple(
            Run(run["function"], run["frequency"], run.get("turns")) for run in data.get("runs", ())
        ),
        turns=data.get("turns"),
        blocks=tuple(map(_block, data.get("regions", ()))),
    )
