"""Compiles a program while looking at what becomes of it."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Final

from xform_runtime.image import ModuleImage
from xform_runtime.memory import Memory, planned_memory

from ..compiling import backend, machine_code, workers
from ..compiling.backend import Marked, Observed, PassDone
from ..compiling.targets import Target
from ..iree import compiler
from ..tracing.traces import Program
from .expansions import expansions_of
from .explanation import Explanation, Stage, pass_times
from .lines import lines_of
from .loops import nest_of
from .machine_page import MachineCode
from .memory import plan_of
from .structure import Work, read_program

_LOOPS: Final = "xform-cpu-loops"
_INSTRUCTION: Final = re.compile(r"^\s+(?:%\S+ = )?([a-z]\w*)\b", re.MULTILINE)
_MACHINE_INSTRUCTION: Final = re.compile(r"^\t([a-z]\w*)\b", re.MULTILINE)


def explain(
    program: Program,
    target: Target,
    *,
    name: str,
    arguments: Sequence[tuple[str, str]],
    results: Sequence[tuple[str, str]],
    passes: str,
    entry: Marked,
    traced: float,
) -> Explanation:
    """Compiles a program for a target, and keeps what there is to see on the way.

    Args:
        program: the traced program.
        target: what to compile for.
        name: of the entry.
        arguments, results: what people call them, and their types; closed-over arrays are
            arguments as well.
        passes: to linalg.
        entry: what the module keeps with its entry.
        traced: how many seconds tracing took.

    Raises:
        Refused: a pass or a compiler cannot.
    """
    observed = workers.run(backend.observe_lowering, program.module.bytecode(), passes, entry)
    names = [[name for name, _ in values] for values in (arguments, results)]
    stages = _to_linalg(observed, traced)
    expanded = read_program(observed.passes[observed.expanded - 1].structure)
    total = Work()
    for op in expanded[name].body.ops:
        total = total.plus(op.work)
    loops, plan = None, None
    kernels: tuple[str, ...] = ()
    dispatches = 1
    is_own = machine_code.is_compiled_here(observed.linalg)
    if is_own:
        measured = machine_code.measure(observed.located, target, name, [_LOOPS])
        more, structure = _to_machine_code(measured)
        stages += more
        functions = read_program(structure)
        loops, plan = nest_of(functions, name), plan_of(functions, name)
        signatures = ModuleImage(measured.module).signatures
        memory = planned_memory(signatures[name])
    else:
        start = time.perf_counter()
        found = compiler.statistics(observed.linalg, target, name)
        took = time.perf_counter() - start
        stages.append(Stage("module", "IREE's module", took, {}, size=len(found.module)))
        kernels, dispatches = found.kernels, found.dispatches
        signed = ModuleImage(found.module).signatures[name]
        memory = Memory(
            arguments=sum(leaf.nbytes for leaf in signed.args),
            results=sum(leaf.nbytes for leaf in signed.results),
            scratch=found.transient,
        )
    return Explanation(
        name=name,
        target=str(target),
        compiler="xform" if is_own else "IREE",
        arguments=tuple(map(": ".join, arguments)),
        results=tuple(map(": ".join, results)),
        stages=tuple(stages),
        work=total,
        memory=memory,
        lines=lines_of(expanded, name),
        loops=loops,
        plan=plan,
        kernels=kernels,
        dispatches=dispatches,
        dataflow=expansions_of(program.module, *names),
        pictures=tuple(program.pictures),
    )


def machine_code_of(
    bytecode: bytes, target: Target, passes: str, entry: Marked
) -> MachineCode | None:
    """What there is to draw of the machine code of a program, without making it.

    Args:
        bytecode: the traced module.
        target, passes, entry: as for `explain`.

    Returns:
        None if IREE makes the machine code.

    Raises:
        Refused: a pass cannot.
    """
    observed = workers.run(backend.observe_lowering, bytecode, passes, entry)
    if not machine_code.is_compiled_here(observed.linalg):
        return None
    done = machine_code.observed_passes(observed.located, target, entry.name, [_LOOPS])
    expanded = read_program(observed.passes[observed.expanded - 1].structure)
    functions = read_program(next(each.structure for each in done if each.name == _LOOPS))
    return MachineCode(
        lines_of(expanded, entry.name),
        nest_of(functions, entry.name),
        plan_of(functions, entry.name),
    )


def _to_linalg(observed: Observed, traced: float) -> list[Stage]:
    expansion = observed.passes[: observed.expanded]
    rest = [
        done
        for done in observed.passes[observed.expanded :]
        # What has nothing left to do.
        if done.name not in backend.EXPANSION.split(",")
    ]
    return [
        Stage("traced", "your function, traced", traced, observed.ops, text=observed.text),
        _by_passes(
            "primitives", "transforms replaced by primitives", expansion, expansion[-1].text
        ),
        _by_passes("linalg", "operations on whole arrays", rest, observed.linalg),
    ]


def _by_passes(
    name: str,
    title: str,
    passes: Sequence[PassDone],
    text: str,
    ops: dict[str, int] | None = None,
) -> Stage:
    """A stage to which passes lead, with the operations that they leave unless others are given."""
    seconds = sum(done.seconds for done in passes)
    return Stage(name, title, seconds, ops or passes[-1].ops, pass_times(passes), text)


def _to_machine_code(measured: machine_code.Measured) -> tuple[list[Stage], str]:
    """The stages behind linalg, and the structure of the loops."""
    names = [done.name for done in measured.passes]
    cut = names.index(_LOOPS) + 1
    loops, rest = measured.passes[:cut], measured.passes[cut:]
    return [
        _by_passes("loops", "loops over vectors, on memory", loops, loops[-1].text),
        _by_passes(
            "llvm",
            "LLVM's intermediate representation",
            rest,
            measured.ir,
            _counts(_INSTRUCTION, measured.ir),
        ),
        Stage(
            "assembly",
            "machine code, by LLVM",
            measured.llvm,
            _counts(_MACHINE_INSTRUCTION, measured.assembly),
            text=measured.assembly,
        ),
        Stage("module", "a .vmfb around it", measured.host, {}, size=len(measured.module)),
    ], loops[-1].structure


def _counts(pattern: re.Pattern[str], text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for found in pattern.finditer(text):
        counts[found.group(1)] = counts.get(found.group(1), 0) + 1
    return counts
