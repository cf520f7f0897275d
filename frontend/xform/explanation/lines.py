"""What each of the user's lines costs."""

from __future__ import annotations

import linecache
from collections import Counter
from dataclasses import dataclass
from typing import Final

from .structure import Function, Op, Place, Program, Work

# Those run what they name; what they cost is said there.
_RUN_FREQUENCIES: Final = ("once", "steps", "while", "chosen")


@dataclass(frozen=True)
class Line:
    """A line of the user's, and what is computed for it.

    Args:
        place: where it is.
        source: its text; empty if it cannot be read.
        work: of its operations, in all their turns.
        ops: how often each stands in the program.
    """

    place: Place
    source: str
    work: Work
    ops: dict[str, int]


def lines_of(program: Program, name: str) -> tuple[Line, ...]:
    """The user's lines, the costliest first.

    Of a switch each branch counts, a while loop as one turn.

    Args:
        program: without transforms.
        name: of the entry.
    """
    # Lambdas of one line are one line.
    known: dict[tuple[str, int], Place] = {}
    work: dict[Place, Work] = {}
    ops: dict[Place, Counter[str]] = {}
    for function, turns in _turns(program, program[name]).items():
        for op in program[function].body.ops:
            if op.place is None or op.name == "func.return":
                continue
            place = known.setdefault(op.place[:2], op.place)
            taken = Work() if op.runs else op.work.times(turns)
            work[place] = work.get(place, Work()).plus(taken)
            ops.setdefault(place, Counter())[op.short_name] += 1
    order = sorted(work, key=lambda at: (-work[at].additions, at))
    return tuple(Line(at, source_of(at), work[at], dict(ops[at].most_common())) for at in order)


def source_of(place: Place | None) -> str:
    """The text of a line, without the space around it; empty if it cannot be read."""
    return "" if place is None else linecache.getline(place.file, place.line).strip()


def _turns(program: Program, entry: Function) -> dict[str, float]:
    """How often each function is run."""
    order: list[str] = []
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name not in program or name in seen:
            return
        seen.add(name)
        for op in program[name].body.ops:
            for callee, _ in _runs(op):
                visit(callee)
        order.append(name)

    visit(entry.name)
    turns = dict.fromkeys(order, 0.0)
    turns[entry.name] = 1.0
    # Who runs a function comes before it.
    for name in reversed(order):
        for op in program[name].body.ops:
            for callee, count in _runs(op):
                turns[callee] += turns[name] * count
    return turns


def _runs(op: Op) -> list[tuple[str, int]]:
    return [
        (run.function, 1 if run.turns is None or run.frequency == "while" else run.turns)
        for run in op.runs
        if run.frequency in _RUN_FREQUENCIES
    ]
