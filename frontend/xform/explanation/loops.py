"""The loops of a program as machine code has them, with what they cost."""

from __future__ import annotations

import operator
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .structure import Function, Op, Place, Program

# Who is told of a loop's cost thinks of what it computes, not of constants and views.
_FREE: Final = ("arith.constant", "memref.view", "memref.subview", "memref.alloca", "memref.cast")
_SHARED: Final = ", shared by cores"
_LANES: Final = re.compile(r"vector<(\d+(?:x\d+)*)x")


@dataclass(frozen=True)
class Nest:
    """A loop, branch, call or function of machine code.

    Args:
        what: such as "for 64", "64 chunks, shared by cores" or "call xform_eigh_f64".
        place: the user's line that most of its work comes from.
        work: of all its turns, in additions that take as long; what is not known counts as one.
        is_bound: whether that is all there is: loops without a known end count as one turn.
        lanes: of the vectors that it computes with by itself; 1 where it has numbers only.
        inner: what lies within.
    """

    what: str
    place: Place | None
    work: float
    is_bound: bool
    lanes: int
    inner: tuple[Nest, ...]

    @property
    def is_shared(self) -> bool:
        """Whether cores share it."""
        return self.what.endswith(_SHARED)

    @property
    def is_one_turn(self) -> bool:
        """Whether it is a loop whose end is not known, of which one turn counts."""
        return self.what in ("for", "while")

    @property
    def own(self) -> float:
        """The work that is not in what lies within."""
        return max(0.0, self.work - sum(nest.work for nest in self.inner))

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Nest]]:
        """This and all within, with how deep they lie."""
        yield depth, self
        for nest in self.inner:
            yield from nest.walk(depth + 1)


def nest_of(program: Program, name: str) -> Nest:
    """The nest of an entry point.

    Args:
        program: as the pass xform-cpu-loops leaves it.
        name: of the entry.
    """
    return _Reader(program).function(program[name], name)


@dataclass
class _Sum:
    """What a sequence of operations comes to."""

    work: float
    is_bound: bool
    lanes: int
    inner: tuple[Nest, ...]
    places: dict[Place, float]

    @property
    def place(self) -> Place | None:
        """The user's line that most of it comes from."""
        return max(self.places, key=lambda at: self.places[at]) if self.places else None

    def add(self, other: _Sum) -> None:
        """Takes over another but for its `inner`."""
        self.work += other.work
        self.is_bound &= other.is_bound
        self.lanes = max(self.lanes, other.lanes)
        for place, work in other.places.items():
            self.places[place] = self.places.get(place, 0) + work


_INTEGERS: Final[Mapping[str, Callable[[int, int], int]]] = {
    "arith.addi": operator.add,
    "arith.subi": operator.sub,
    "arith.muli": operator.mul,
    "arith.minsi": min,
    "arith.minui": min,
    "arith.maxsi": max,
    "arith.maxui": max,
}


class _Reader:
    """Reads functions; `_places` are the values of indices in the first turn of all loops.

    They tell how often loops run whose bounds depend on those around them: first turns stand for
    all of them.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        # By the names of functions and the indices that they are given.
        self._known: dict[tuple[str, tuple[int | None, ...]], _Sum] = {}
        self._places: dict[int, int] = {}

    def function(self, function: Function, what: str, turns: int = 1) -> Nest:
        given = [self._places.get(argument.number) for argument in function.body.arguments]
        call = function.name, tuple(given)
        if call not in self._known:
            # No program calls itself, so this is for texts that are wrong.
            self._known[call] = _Sum(0, False, 1, (), {})
            self._known[call] = self._sum(function.body.ops)
        return _nest(what, self._known[call], turns)

    def _sum(self, ops: Sequence[Op]) -> _Sum:
        total = _Sum(0, True, 1, (), {})
        inner: list[Nest] = []
        for op in ops:
            self._follow(op)
            if op.name == "scf.for" and self._turns(op) == 1:
                # As LLVM does: what has one turn is no loop.
                once = self._sum(op.blocks[0].ops)
                inner += once.inner
                total.add(once)
                continue
            nest = self._nest(op)
            if nest is None:
                if op.name in _FREE:
                    continue
                work, place = op.work.additions, op.place
                total.lanes = max(total.lanes, _lanes_of(op))
            else:
                inner.append(nest)
                work, place = nest.work, nest.place
                total.is_bound &= nest.is_bound
            total.work += work
            if place is not None:
                total.places[place] = total.places.get(place, 0) + work
        total.inner = tuple(inner)
        return total

    def _nest(self, op: Op) -> Nest | None:
        """What is more than one operation on numbers."""
        if op.name == "scf.for":
            turns = self._turns(op)
            what = "for" if turns is None else f"for {turns:,}"
            return _nest(what, self._sum(op.blocks[0].ops), turns)
        if op.name == "scf.while":
            return _nest("while", self._sum([*op.blocks[0].ops, *op.blocks[1].ops]), None)
        if op.name in ("scf.if", "scf.index_switch"):
            branches = [self._sum(block.ops) for block in op.blocks]
            costliest = max(branches, key=lambda branch: branch.work)
            inner = tuple(
                _nest(f"branch {i}", branch, 1) for i, branch in enumerate(branches) if branch.work
            )
            return Nest("if", costliest.place, costliest.work, costliest.is_bound, 1, inner)
        if op.name == "func.call":
            return self._call(op)
        if op.blocks:
            return _nest(op.short_name, self._sum([o for b in op.blocks for o in b.ops]), 1)
        return None

    def _turns(self, op: Op) -> int | None:
        """How often a loop runs; begins its first turn."""
        lower, upper, step = (self._places.get(value) for value in op.operands[:3])
        if lower is not None:
            self._places[op.blocks[0].arguments[0].number] = lower
        if op.turns is not None or lower is None or upper is None or not step:
            return op.turns
        return max(0, -((lower - upper) // step))

    def _follow(self, op: Op) -> None:
        """Computes an index."""
        if op.name == "arith.constant" and op.results[0].type == "index":
            self._places[op.results[0].number] = int(op.attributes["value"].split(":")[0])
        elif op.name in _INTEGERS:
            first, second = (self._places.get(value) for value in op.operands)
            if first is not None and second is not None:
                self._places[op.results[0].number] = _INTEGERS[op.name](first, second)

    def _call(self, op: Op) -> Nest:
        name = op.attributes["callee"].removeprefix("@")
        callee = self._program[name]
        chunk, chunks = callee.attributes.get("xform.chunk"), callee.number("xform.chunks")
        if chunk is not None and chunks is not None:
            what = f"{chunks:,} chunk{'s' * (chunks != 1)}{_SHARED}"
            each = self._program[chunk.removeprefix("@")]
            self._places[each.body.arguments[0].number] = 0
            return self.function(each, what, chunks)
        if callee.body.ops:
            for operand, argument in zip(op.operands, callee.body.arguments, strict=True):
                if operand in self._places:
                    self._places[argument.number] = self._places[operand]
                else:
                    self._places.pop(argument.number, None)
            return self.function(callee, f"call {name}")
        # A function of the runtime, on matrices.
        what = callee.attributes.get("xform.runtime", f'"{name}"').strip('"')
        said = op.attributes.get("xform.work", "").split(":")[0].strip()
        work = _number(said)
        return Nest(f"call {what}", op.place, work or 0.0, work is not None, 1, ())


def _number(text: str) -> float | None:
    if text.startswith("0x"):
        # MLIR's way to write numbers that have no short decimal form.
        return float(struct.unpack(">d", bytes.fromhex(text[2:].zfill(16)))[0])
    try:
        return float(text)
    except ValueError:
        return None


def _nest(what: str, total: _Sum, turns: int | None) -> Nest:
    is_bound = total.is_bound and turns is not None
    count = 1 if turns is None else turns
    inner = tuple(_scaled(nest, count) for nest in total.inner)
    return Nest(what, total.place, total.work * count, is_bound, total.lanes, inner)


def _scaled(nest: Nest, count: int) -> Nest:
    inner = tuple(_scaled(each, count) for each in nest.inner)
    return Nest(nest.what, nest.place, nest.work * count, nest.is_bound, nest.lanes, inner)


def _lanes_of(op: Op) -> int:
    lanes = 1
    for value in op.results:
        found = _LANES.match(value.type)
        if found:
            last = found.group(1).split("x")[-1]
            lanes = max(lanes, int(last))
    return lanes
