"""What transforms make of the functions of a program: each before and after, by who runs whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from .._xform import Module
from ..compiling import backend, workers
from ..compiling.refusal import Refused
from .callees import argument_names, callees_of, result_names, role_of
from .dataflow import Graph, dataflow_of, names_in
from .equal_functions import Forms
from .kinds import kind_of
from .labels import run_label
from .structure import Function, Program, read_program

# Expanding one takes milliseconds, mostly; a program with more has its inner ones left as they are.
_MOST_EXPANDED: Final = 50


@dataclass(frozen=True)
class Part:
    """A function of a program, and what is in it.

    Attributes:
        number: its own among the parts of a program, in the order in which they are met.
        run_by: what the operation is called that runs it; empty for the entry.
        graph: what it computes, as it was traced.
        transforms: what the transforms in it are called.
        expanded: what it computes once they are replaced by operations; None where there are none.
        refusal: why they could not be replaced.
        runs: the functions that it runs as it was traced.
        expanded_runs: those that it runs without transforms.
        same_as: the number of an equal part that was met before, where the rest is to be found; its
            own functions are not listed again.
    """

    number: int
    run_by: str
    graph: Graph
    transforms: tuple[str, ...] = ()
    expanded: Graph | None = None
    refusal: str = ""
    runs: tuple[Part, ...] = ()
    expanded_runs: tuple[Part, ...] = ()
    same_as: int | None = None

    def walk(self) -> Iterator[tuple[int, Part]]:
        """The part and all below, each with how deep it is."""
        yield 0, self
        for part in (*self.runs, *self.expanded_runs):
            for depth, inner in part.walk():
                yield depth + 1, inner


def expansions_of(
    module: Module, arguments: Sequence[str] = (), results: Sequence[str] = ()
) -> Part:
    """A traced program's functions, beginning with its entry.

    Args:
        module: the program, whose custom calls have the rules that its transforms ask for.
        arguments, results: what the user calls those of the entry.
    """
    program = read_program(module.structure())
    entry = next(function for function in program.values() if function.is_public)
    return _Reader(module).read(entry, program, arguments, results)


@dataclass
class _Reader:
    module: Module
    forms: Forms = field(default_factory=Forms)
    # By what a function computes, the number of the first part that does.
    seen: dict[int, int] = field(default_factory=dict)
    count: int = 0
    expanded: int = 0

    def read(
        self,
        function: Function,
        program: Program,
        arguments: Sequence[str],
        results: Sequence[str] = (),
        run_by: str = "",
        is_traced: bool = True,
    ) -> Part:
        number = self.count
        self.count += 1
        graph = dataflow_of(function, program, arguments, results)
        form = self.forms.of(function, program)
        if form in self.seen:
            return Part(number, run_by, graph, same_as=self.seen[form])
        self.seen[form] = number
        found = [op for op in function.body.ops if kind_of(op) == "transform"]
        transforms = tuple(dict.fromkeys(run_label(op, program) for op in found))
        # What is nearer to the entry is expanded first.
        expanded, refusal = self._expand(function.name) if transforms and is_traced else ({}, "")
        runs = self._runs(function, program, arguments, is_traced)
        after = expanded.get(function.name)
        if after is None:
            return Part(number, run_by, graph, transforms, refusal=refusal, runs=runs)
        return Part(
            number,
            run_by,
            graph,
            transforms,
            dataflow_of(after, expanded, arguments, results),
            runs=runs,
            expanded_runs=self._runs(after, expanded, arguments, False),
        )

    def _runs(
        self, function: Function, program: Program, arguments: Sequence[str], is_traced: bool
    ) -> tuple[Part, ...]:
        parts = {}
        names = names_in(function, arguments)
        for op in function.body.ops:
            for callee in callees_of(op):
                if callee not in parts and callee in program:
                    role = role_of(op, callee)
                    parts[callee] = self.read(
                        program[callee],
                        program,
                        argument_names(op, callee, names),
                        result_names(op, callee, names),
                        f"{run_label(op, program)}{role and ', '}{role}",
                        is_traced,
                    )
        return tuple(parts.values())

    def _expand(self, name: str) -> tuple[Program, str]:
        """The function without transforms, or why that cannot be."""
        if self.expanded == _MOST_EXPANDED:
            return {}, f"only the first {_MOST_EXPANDED} functions with transforms are expanded"
        self.expanded += 1
        try:
            module = self.module.lookup(name).extract()
            code = workers.run(backend.after_passes, module.bytecode(), backend.EXPANSION, name)
        except Refused as refused:
            return {}, "; ".join(refused.diagnostics)
        return read_program(Module.parse(code, name).structure()), ""
