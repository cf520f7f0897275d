"""Where a program for a CPU keeps what lies between its arguments and its results."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .labels import type_text
from .structure import Op, Place, Program

_WIDTHS: Final = {"index": 8, "i1": 1}
_MEMREF: Final = re.compile(r"memref<((?:\d+x)*)(\w+)")
_ALIGNMENT: Final = 64
# What gives another view of the memory that it reads.
_VIEWS: Final = ("memref.view", "memref.subview", "memref.cast", "memref.reinterpret_cast",
                 "memref.expand_shape", "memref.collapse_shape", "memref.reshape")  # fmt: skip
_STORES: Final = ("memref.store", "vector.store", "vector.maskedstore", "vector.scatter",
                  "vector.transfer_write")  # fmt: skip
_NO_STEPS: Final = (*_VIEWS, "arith.constant", "memref.alloca", "func.return")


@dataclass(frozen=True)
class Buffer:
    """A part of a program's scratch memory.

    Args:
        type: as MLIR writes it, such as "1024x256xf32".
        offset, bytes: where it lies.
        first, last: the steps between which it is needed: a step is a loop, a branch or a call of
            the entry, or what is between two of them for one line.
        place: the user's line whose values it holds.
    """

    type: str
    offset: int
    bytes: int
    first: int
    last: int
    place: Place | None

    @property
    def array(self) -> str:
        """The type as people write it, such as "float32[1024, 256]"."""
        return type_text(f"tensor<{self.type}>")


@dataclass(frozen=True)
class Plan:
    """The plan of memory of an entry point.

    Args:
        bytes: of all scratch memory.
        steps: what happens, in order: the lines of the user.
        buffers: by the step that begins them.
    """

    bytes: int
    steps: tuple[Place | None, ...]
    buffers: tuple[Buffer, ...]

    @property
    def unshared(self) -> int:
        """Bytes that the buffers would take if none shared its place with another."""
        return sum(buffer.bytes for buffer in self.buffers)

    def in_use(self) -> list[int]:
        """The bytes that are needed at each step."""
        change = [0] * (len(self.steps) + 1)
        for buffer in self.buffers:
            change[buffer.first] += buffer.bytes
            change[buffer.last + 1] -= buffer.bytes
        total, used = 0, []
        for by in change[:-1]:
            total += by
            used.append(total)
        return used


def plan_of(program: Program, name: str) -> Plan | None:
    """The plan of an entry point; None if it needs no memory for itself.

    Args:
        program: as the pass xform-cpu-loops leaves it.
        name: of the entry.
    """
    function = program[name]
    scratch = function.number("xform.scratch")
    if not scratch:
        return None
    memory = function.body.arguments[-1].number
    constants, users = _constants(function.body.ops), _users(function.body.ops)
    steps: list[Op] = []
    step_of: dict[int, int] = {}
    for i, op in enumerate(function.body.ops):
        if op.name not in _NO_STEPS and not (steps and _is_one_step(steps[-1], op)):
            steps.append(op)
        step_of[i] = max(0, len(steps) - 1)
    buffers = []
    for op in function.body.ops:
        if op.name != "memref.view" or op.operands[0] != memory:
            continue
        (view,) = op.results
        uses = sorted(step_of[i] for i in _uses(view.number, users, function.body.ops))
        size = _bytes_of(view.type)
        if uses and size:
            text = view.type.removeprefix("memref<").removesuffix(">")
            writer = _writer(view.number, function.body.ops, program)
            if writer is None:
                writer = _place_of(steps[uses[0]], program) if steps else op.place
            offset = constants[op.operands[1]]
            buffers.append(Buffer(text, offset, size, uses[0], uses[-1], writer))
    buffers.sort(key=lambda buffer: (buffer.first, buffer.offset))
    return Plan(scratch, tuple(_place_of(op, program) for op in steps), tuple(buffers))


def _place_of(op: Op, program: Program) -> Place | None:
    """The user's line; of a call that has none, of what is called."""
    if op.place is not None or op.name != "func.call":
        return op.place
    callee = program[op.attributes["callee"].removeprefix("@")]
    chunk = callee.attributes.get("xform.chunk")
    if chunk is not None:
        callee = program[chunk.removeprefix("@")]
    places = Counter(
        inner.place for each in callee.body.ops for inner in each.walk() if inner.place is not None
    )
    return places.most_common(1)[0][0] if places else None


def _writer(buffer: int, ops: Sequence[Op], program: Program) -> Place | None:
    """The user's line whose values are the first to be written into a buffer of an entry."""
    values = {buffer}
    for op in ops:
        places = Counter(_stores(values, [op], program))
        if places:
            return places.most_common(1)[0][0]
    return None


def _stores(values: set[int], ops: Sequence[Op], program: Program) -> Iterator[Place]:
    """The lines of all that is written into some memory; views of it are added to `values`."""
    for op in ops:
        if op.name == "func.call" and values.intersection(op.operands):
            callee = program[op.attributes["callee"].removeprefix("@")]
            chunk = callee.attributes.get("xform.chunk")
            if chunk is not None:
                # Its first argument is its number, where the call has what cores share.
                callee = program[chunk.removeprefix("@")]
            given = zip(op.operands, callee.body.arguments, strict=False)
            inner = {argument.number for operand, argument in given if operand in values}
            yield from _stores(inner, callee.body.ops, program)
        elif op.name in _VIEWS and op.operands[0] in values:
            values.add(op.results[0].number)
        elif op.name in _STORES and op.place is not None and values.intersection(op.operands):
            yield op.place
        for block in op.blocks:
            yield from _stores(values, block.ops, program)


def _is_one_step(first: Op, second: Op) -> bool:
    return first.place == second.place and not any(
        op.blocks or op.name == "func.call" for op in (first, second)
    )


def _constants(ops: Sequence[Op]) -> dict[int, int]:
    return {
        op.results[0].number: int(op.attributes["value"].split(":")[0])
        for op in ops
        if op.name == "arith.constant" and op.results[0].type == "index"
    }


def _users(ops: Sequence[Op]) -> dict[int, list[int]]:
    """By the number of each value the places of the operations that read it, or have it within."""
    users: dict[int, list[int]] = {}
    for i, outer in enumerate(ops):
        for op in outer.walk():
            for operand in op.operands:
                users.setdefault(operand, []).append(i)
    return users


def _uses(value: int, users: Mapping[int, list[int]], ops: Sequence[Op]) -> set[int]:
    """The places of operations that read a buffer, or a view of it."""
    uses: set[int] = set()
    for i in users.get(value, ()):
        op = ops[i]
        if op.name in _VIEWS:
            uses.update(_uses(op.results[0].number, users, ops))
        else:
            uses.add(i)
    return uses


def _bytes_of(memref: str) -> int:
    found = _MEMREF.match(memref)
    if not found:
        return 0
    count = 1
    for size in found.group(1).split("x")[:-1]:
        count *= int(size)
    element = found.group(2)
    width = _WIDTHS.get(element) or -(-int(re.sub(r"\D", "", element) or 0) // 8)
    return -(-count * width // _ALIGNMENT) * _ALIGNMENT
