"""What workers do: all passes, and machine code for CPUs by LLVM. What this imports loads fast."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .._xform import Diagnostic, Module
from .refusal import Refused

# A function's arguments or results: their sizes and dtypes.
Types = tuple[tuple[tuple[int, ...], str], ...]


class Planned(NamedTuple):
    """An entry point of a module.

    Args:
        name: its name.
        arguments, results: their types.
        reflection: the texts that the module keeps with it, by key.
        scratch, is_shared, is_stoppable, donors: see `_xform.Needs`.
    """

    name: str
    arguments: Types
    results: Types
    reflection: dict[str, str]
    scratch: int
    is_shared: bool
    is_stoppable: bool
    donors: tuple[int | None, ...]


class Emitted(NamedTuple):
    """A shared object, and its assembly if that was asked for."""

    elf: bytes
    assembly: str


class Marked(NamedTuple):
    """What is kept with an entry point of a traced module.

    Args:
        name: of the entry.
        key, signature: under which key the module keeps the entry's signature, and that as JSON;
            the work of the program is added, and what a call computes and moves.
        donated: the arguments whose memory may hold results; None if that is not asked.
    """

    name: str
    key: str
    signature: str
    donated: tuple[int, ...] | None


class PassDone(NamedTuple):
    """What a pass did.

    Args:
        name: as on the command line; of passes over functions that follow each other, all names.
        seconds: how long it took.
        ops: how often each operation stands in the module afterwards.
        text, structure: the module afterwards, where it was asked for, and the same as JSON.
    """

    name: str
    seconds: float
    ops: dict[str, int]
    text: str
    structure: str


class Linalg(NamedTuple):
    """A program in linalg, as `xform-pipeline` leaves it.

    Args:
        text: the module.
        expanded: the program without its transforms, if it was asked for.
    """

    text: str
    expanded: str


# The passes that leave no transform in a program.
EXPANSION = "xform-expand-transforms,xform-simplify"


def observe(code: str | bytes, passes: str, kept: Sequence[str], name: str) -> list[PassDone]:
    """What each pass of a pipeline does, and the module after those that are kept.

    Raises:
        Refused: a pass cannot.
    """
    try:
        module = Module.parse(code, name)
        return _done(module, passes, kept)
    except Diagnostic as error:
        raise _refused(error) from None


def _done(module: Module, passes: str, kept: Sequence[str]) -> list[PassDone]:
    return [
        PassDone(run.name, run.seconds, run.ops, run.text, run.structure)
        for run in module.observe(passes, kept)
    ]


class Observed(NamedTuple):
    """A traced program on its way to linalg.

    Args:
        text: as it was traced.
        ops: how often each operation stands in it.
        passes: what each pass did; those that expand transforms are kept.
        expanded: how many of them these are.
        linalg: the text afterwards.
        located: the same with the user's lines.
    """

    text: str
    ops: dict[str, int]
    passes: list[PassDone]
    expanded: int
    linalg: str
    located: str


def observe_lowering(bytecode: bytes, passes: str, entry: Marked) -> Observed:
    """Does what `lower` does, for inspection.

    Raises:
        Refused: a pass cannot.
    """
    try:
        module = Module.parse(bytecode, entry.name)
        text, ops = module.text(), module.op_names()
        expansion = _done(module, EXPANSION, [EXPANSION.rpartition(",")[2]])
        _mark(module, entry)
        rest = _done(module, passes, [])
    except Diagnostic as error:
        raise _refused(error) from None
    return Observed(
        text, ops, [*expansion, *rest], len(expansion), module.text(), module.text(True)
    )


def lower(
    bytecode: bytes,
    passes: str,
    name: str,
    entries: Sequence[Marked],
    with_expanded: bool,
    with_locations: bool,
) -> Linalg:
    """Takes a traced program to linalg.

    Args:
        bytecode: the module.
        passes: to linalg.
        name: what to call the program in diagnostics.
        entries: its entry points.
        with_expanded: whether to write the program without transforms.
        with_locations: whether to write the user's lines.

    Raises:
        Refused: a pass cannot.
    """
    try:
        module = Module.parse(bytecode, name)
        module.run(EXPANSION)
        expanded = module.text() if with_expanded else ""
        for entry in entries:
            _mark(module, entry)
        module.run(passes)
    except Diagnostic as error:
        raise _refused(error) from None
    return Linalg(module.text(with_locations), expanded)


def lower_open(
    first: bytes,
    others: Sequence[bytes],
    samples: Sequence[Mapping[str, int]],
    joined: str,
    passes: str,
    name: str,
    entries: Sequence[Marked],
    with_expanded: bool,
    with_locations: bool,
) -> Linalg:
    """Takes a traced program with open sizes to linalg.

    Args:
        first, others: the modules for the samples of the sizes.
        samples: what these are, in the same order.
        joined: the passes that make one program of what `passes` made of them.
        passes, name, entries, with_expanded, with_locations: as for `lower`.

    Raises:
        Refused: a pass cannot, or the program depends on a size in another way than its numbers.
    """
    try:
        expanded = ""
        whole = Module()
        for number, (bytecode, sample) in enumerate(zip([first, *others], samples, strict=True)):
            module = Module.parse(bytecode, name)
            module.run(EXPANSION)
            if number == 0:
                # Costs are those of the first one, so that all say the same.
                entries = [_with_cost(module, entry) for entry in entries]
                expanded = module.text() if with_expanded else ""
            for entry in entries:
                _attach(module, entry)
            module.run(passes)
            whole.add_instance(module.bytecode(), sample)
        whole.run(joined)
    except Diagnostic as error:
        raise _refused(error) from None
    return Linalg(whole.text(with_locations), expanded)


def _mark(module: Module, entry: Marked) -> None:
    """Keeps with an entry what whoever calls it has to know."""
    _attach(module, _with_cost(module, entry))


def _with_cost(module: Module, entry: Marked) -> Marked:
    """The entry with what it computes and moves in its signature."""
    cost = module.lookup(entry.name).work()
    known = {
        "work": int(module.work()),
        "flops": int(cost["flops"]),
        "moved": int(cost["bytes"]),
    }
    return entry._replace(signature=json.dumps(json.loads(entry.signature) | known))


def _attach(module: Module, entry: Marked) -> None:
    function = module.lookup(entry.name)
    function.set_reflection({entry.key: entry.signature})
    if entry.donated is not None:
        function.set_donated(entry.donated)


def after_passes(bytecode: bytes, passes: str, name: str) -> bytes:
    """What passes make of a module, as bytecode.

    Raises:
        Refused: they cannot.
    """
    return _after_passes(bytecode, passes, name).bytecode()


def rewrite(text: str, passes: str, name: str) -> str:
    """`after_passes` from text to text."""
    return _after_passes(text, passes, name).text()


def _after_passes(code: str | bytes, passes: str, name: str) -> Module:
    try:
        module = Module.parse(code, name)
        module.run(passes)
    except Diagnostic as error:
        raise _refused(error) from None
    return module


def asked_rules(bytecode: bytes, passes: str) -> list[tuple[str, str, tuple[bool, ...], int]]:
    """Which rules of custom calls passes that ask miss, also where they fail in the end."""
    module = Module.parse(bytecode)
    with contextlib.suppress(Diagnostic):
        module.run(passes)
    return module.asked_rules()


def translate(linalg_text: str, passes: str, name: str) -> tuple[list[Planned], str]:
    """Makes LLVM IR of a marked module.

    Args:
        linalg_text: the module.
        passes: to LLVM's dialect.
        name: what to call the program in diagnostics.

    Returns:
        The entry points, and the IR.

    Raises:
        Refused: a pass cannot.
    """
    try:
        module = Module.parse(linalg_text, name)
        reflections = module.reflections()
        types = {f: _types(module, f) for f in reflections}
        module.run(passes)
        needs, ir = module.needs(), module.llvm_ir()
    except Diagnostic as error:
        raise _refused(error) from None
    planned = [
        Planned(f, *types[f], reflection, n.scratch, n.is_shared, n.is_stoppable, tuple(n.donors))
        for f, reflection in reflections.items()
        for n in (needs[f],)
    ]
    return planned, ir


def _refused(error: Diagnostic) -> Refused:
    place = f"{error.file}:{error.line}" if error.file else ""
    return Refused("lower", (error.message, *error.notes), place)


def _types(module: Module, name: str) -> tuple[Types, Types]:
    function = module.lookup(name)
    return (
        tuple((tuple(t.shape), t.dtype) for t in function.argument_types),
        tuple((tuple(t.shape), t.dtype) for t in function.result_types),
    )


def emit(
    ir: str,
    entries: Sequence[tuple[str, int, int]],
    name: str,
    triple: str,
    cpu: str,
    level: int,
    with_assembly: bool = False,
    features: str = "",
) -> Emitted:
    """Makes a library of LLVM IR.

    Args:
        ir: the module.
        entries: the functions that it exports: names, and how many bindings and constants each has.
        name: of the library.
        triple, cpu: the machine; "host" for this computer's processor.
        level: of optimisation, 0 to 3.
        with_assembly: whether to write that, too.
        features: what the processor has beyond its name, such as "+d,+c".

    Raises:
        Refused: LLVM cannot.
    """
    # 65 MB of LLVM's back ends.
    from .. import _codegen

    if cpu == "host":
        cpu, features = _codegen.host_cpu()
    try:
        library = _codegen.emit_library(
            ir.encode(),
            entries=[_codegen.Entry(*entry) for entry in entries],
            name=name,
            triple=triple,
            cpu=cpu,
            features=features,
            level=level,
            fuse=False,
        )
    except _codegen.CodegenError as error:
        raise Refused("codegen", (str(error),)) from None
    return Emitted(library.elf, library.assembly() if with_assembly else "")
