"""A function as a graph that can be drawn: what is computed from what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from .kinds import Kind, kind_of
from .labels import (
    attribute_text,
    constant_text,
    counted,
    function_title,
    listed,
    op_label,
    run_details,
    run_label,
    type_text,
)
from .lines import source_of
from .segments import segments_of
from .structure import Function, Op, Place, Program, Work

MOST_NODES: Final = 100
# More arguments, or results, are drawn as the trees that they belong to.
_MOST_ENDS: Final = 10
_NO_WORK: Final = Work()


@dataclass(frozen=True)
class Node:
    """An argument, an operation, several operations, or a result.

    Attributes:
        kind: what it does.
        label: what it is called.
        details: what else there is to say in the picture, by line.
        types: of its results, as people write them.
        place: where the user wrote it.
        source: what the user wrote there; empty if it cannot be read.
        work: of what it stands for; of a transform, that of the function that is transformed.
        operations: for how many it stands; 0 for arguments and results.
        attributes: its attributes, as people write them.
        reads: what it reads, by operand.
        contents: the operations that it stands for, the most frequent first; empty for one.
        runs: the functions of the program that it runs.
    """

    kind: Kind
    label: str
    details: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    place: Place | None = None
    source: str = ""
    work: Work = _NO_WORK
    operations: int = 0
    attributes: tuple[tuple[str, str], ...] = ()
    reads: tuple[str, ...] = ()
    contents: tuple[tuple[str, int], ...] = ()
    runs: tuple[str, ...] = ()


class Edge(NamedTuple):
    """A value on its way from who computes it to who reads it.

    Args:
        source, target: the numbers of nodes; the source's is the smaller one.
        port: which of the source's values it is; 0 if the source stands for many.
        type: as people write it.
    """

    source: int
    target: int
    port: int
    type: str


@dataclass(frozen=True)
class Graph:
    """What a function computes from what.

    Attributes:
        name: of the function.
        title: what the user calls it.
        place: where it is.
        nodes: arguments, then operations in their order, then results.
        edges: between them.
        operations: how many the function has, without those that are drawn as numbers.
        work: of the function.
    """

    name: str
    title: str
    place: Place | None
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    operations: int
    work: Work


def dataflow_of(
    function: Function,
    program: Program,
    arguments: Sequence[str] = (),
    results: Sequence[str] = (),
    *,
    most: int = MOST_NODES,
) -> Graph:
    """The graph of a function.

    Constants that are one number everywhere are part of what their readers are called. A graph of
    too many nodes has one for successive operations of a line, of a turn of a Python loop, or of
    some lines, so that a node never depends on a later one.

    Args:
        function: of the dialect xform, traced or without transforms.
        program: the functions that it runs.
        arguments, results: what the user calls them, such as `params[0]`; "" or too few leave
            some without a name.
        most: how many nodes a graph may have before operations are put together.
    """
    return _Builder(function, program, arguments, results).build(most)


def names_in(function: Function, arguments: Sequence[str]) -> dict[int, str]:
    """The names of the arguments that have one, by their values."""
    values = function.body.arguments
    return {value.number: name for value, name in zip(values, arguments, strict=False) if name}


class _Builder:
    def __init__(
        self,
        function: Function,
        program: Program,
        arguments: Sequence[str],
        results: Sequence[str],
    ) -> None:
        self._function = function
        self._program = program
        body = function.body
        self._names = names_in(function, arguments)
        self._results = results
        self._types = {value.number: value.type for value in body.arguments}
        self._constants: dict[int, str] = {}
        self._ops: list[Op] = []
        self._returned: tuple[int, ...] = ()
        self._nodes: list[Node] = []
        # Who computes a value, and as which of its own.
        self._makers: dict[int, tuple[int, int]] = {}
        self._edges: dict[Edge, None] = {}
        for op in body.ops:
            self._types.update(dict(op.results))
            text = constant_text(op) if op.name == "xform.constant" else None
            if op.name == "func.return":
                self._returned = op.operands
            elif text is not None:
                self._constants[op.results[0].number] = text
            else:
                self._ops.append(op)
        # How often each value is read.
        self._readers = Counter(v for op in body.ops for v in op.operands)

    def build(self, most: int) -> Graph:
        self._add_arguments()
        room = max(1, most - len(self._nodes) - min(len(self._returned), _MOST_ENDS))
        for segment in segments_of(self._ops, room):
            self._add(segment)
        self._add_results()
        function = self._function
        ops = function.body.ops
        return Graph(
            function.name,
            function_title(function),
            ops[-1].place if ops else None,
            tuple(self._nodes),
            tuple(self._edges),
            len(self._ops),
            _total(ops),
        )

    def _add_arguments(self) -> None:
        values = self._function.body.arguments
        names = [self._names.get(value.number, "") for value in values]
        for label, members in _ends(names, "argument"):
            types = [type_text(values[i].type) for i in members]
            for port, i in enumerate(members):
                self._makers[values[i].number] = len(self._nodes), port if len(members) == 1 else 0
            self._nodes.append(_end("argument", label, types))

    def _add_results(self) -> None:
        names = [*self._results, *[""] * len(self._returned)][: len(self._returned)]
        for label, members in _ends(names, "result"):
            values = [self._returned[i] for i in members]
            types = [type_text(self._types[value]) for value in values]
            numbers = [self._constants[value] for value in values if value in self._constants]
            node = _end("result", label, types, [f"= {listed(numbers)}"] if numbers else [])
            self._read(len(self._nodes), values)
            self._nodes.append(node)

    def _add(self, ops: Sequence[Op]) -> None:
        number = len(self._nodes)
        inside = {value.number for op in ops for value in op.results}
        self._read(number, [v for op in ops for v in op.operands if v not in inside])
        ports = [value.number for op in ops for value in op.results]
        for port, value in enumerate(ports):
            self._makers[value] = number, port if len(ops) == 1 else 0
        self._nodes.append(self._single(ops[0]) if len(ops) == 1 else self._several(ops, inside))

    def _read(self, target: int, values: Sequence[int]) -> None:
        for value in values:
            if value in self._makers:
                source, port = self._makers[value]
                edge = Edge(source, target, port, type_text(self._types[value]))
                self._edges.setdefault(edge)

    def _single(self, op: Op) -> Node:
        kind = kind_of(op)
        if op.runs or kind in ("control", "custom", "transform"):
            label = run_label(op, self._program)
            details = run_details(op, self._program, self._types, self._names, self._constants)
        else:
            label, details = op_label(op, self._constants), []
        return Node(
            kind,
            label,
            tuple(details),
            tuple(type_text(value.type) for value in op.results),
            op.place,
            source_of(op.place),
            op.work,
            1,
            tuple(
                (name, attribute_text(text))
                for name, text in sorted(op.attributes.items())
                if name != "operandSegmentSizes"
            ),
            tuple(self._value_text(value) for value in op.operands),
            (),
            tuple(run.function for run in op.runs if run.function in self._program),
        )

    def _value_text(self, value: int) -> str:
        if value in self._constants:
            return self._constants[value]
        text = type_text(self._types[value])
        if value in self._names:
            return f"{self._names[value]}: {text}"
        maker = self._nodes[self._makers[value][0]]
        return f"{maker.label}: {text}"

    def _several(self, ops: Sequence[Op], inside: set[int]) -> Node:
        places = [op.place for op in ops if op.place is not None]
        first = places[0] if places else None
        is_line = all(place[:2] == places[0][:2] for place in places)
        source = source_of(first) if is_line else ""
        types = [type_text(self._types[v]) for v in self._read_outside(ops, inside)]
        return Node(
            "several",
            source or _span(places) or counted(len(ops), "operation"),
            (counted(len(ops), "operation"),),
            tuple(types),
            first if is_line else None,
            source,
            _total(ops),
            len(ops),
            contents=tuple(Counter(op.short_name for op in ops).most_common()),
            runs=tuple(
                dict.fromkeys(
                    run.function for op in ops for run in op.runs if run.function in self._program
                )
            ),
        )

    def _read_outside(self, ops: Sequence[Op], inside: set[int]) -> list[int]:
        """The values of operations that others read."""
        reads = Counter(v for op in ops for v in op.operands)
        return sorted(v for v in inside if self._readers[v] > reads[v])


def _total(ops: Sequence[Op]) -> Work:
    total = Work()
    for op in ops:
        total = total.plus(op.work)
    return total


def _end(kind: Kind, label: str, types: Sequence[str], details: Sequence[str] = ()) -> Node:
    if len(types) == 1:
        return Node(kind, label, tuple(details), tuple(types))
    return Node(kind, label, (counted(len(types), "array"), *details), tuple(types))


def _span(places: Sequence[Place]) -> str:
    """Which lines of one function operations are of."""
    if not places or any(place.file != places[0].file for place in places):
        return ""
    lines = [place.line for place in places]
    function = places[0].function
    where = f" of {function}" if all(place.function == function for place in places) else ""
    if min(lines) == max(lines):
        return f"line {lines[0]}{where}"
    return f"lines {min(lines)} to {max(lines)}{where}"


def _ends(names: Sequence[str], what: str) -> list[tuple[str, list[int]]]:
    """Arguments or results, those of one tree together where they are many.

    Returns:
        What each is called, and the numbers of those that it stands for.
    """
    alone = what if len(names) == 1 else f"{what} {{}}"
    if len(names) <= _MOST_ENDS:
        return [(name or alone.format(i), [i]) for i, name in enumerate(names)]
    groups: dict[str, list[int]] = {}
    for depth in range(_deepest(names), -1, -1):
        groups = {}
        for i, name in enumerate(names):
            groups.setdefault(_cut(name, depth) or f"{what}s", []).append(i)
        if len(groups) <= _MOST_ENDS:
            break
    else:
        groups = {f"{what}s": list(range(len(names)))}
    return [*groups.items()]


def _cut(name: str, depth: int) -> str:
    """A path up to a depth: its name, and so many keys.

    >>> _cut("params[0]['w']", 1)
    'params[0]'
    """
    parts = name.replace(".", "\0.").replace("[", "\0[").split("\0")
    return "".join(parts[: depth + 1])


def _deepest(names: Sequence[str]) -> int:
    return max(name.count(".") + name.count("[") for name in names)


def as_arguments(paths: Sequence[str], parameters: Sequence[str], hidden: int = 0) -> list[str]:
    """What the user calls the arguments of an entry.

    Args:
        paths: of the arguments, such as `args[0]['w']` or `kwargs['x']`.
        parameters: the names of positional ones; empty if they are not known.
        hidden: how many arrays the function closes over, which are arguments as well.

    >>> as_arguments(["args[0]['w']", "args[1]", "kwargs['key']"], ["params"], 1)
    ["params['w']", 'args[1]', 'key', 'closed over 0']
    """
    named: Mapping[str, str] = {f"args[{i}]": name for i, name in enumerate(parameters) if name}
    found = []
    for path in paths:
        head = _cut(path, 1)
        name = named.get(head, head)
        if head.startswith("kwargs["):
            name = head.removeprefix("kwargs[").removesuffix("]").strip("'\"")
        found.append(name + path[len(head) :])
    return [*found, *(f"closed over {i}" for i in range(hidden))]
