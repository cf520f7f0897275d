"""Machine code for CPUs: the passes from linalg on, and LLVM. What this imports loads fast."""

from __future__ import annotations

from collections.abc import Sequence
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


def rewrite(linalg_text: str, passes: str, name: str) -> str:
    """What passes make of a module.

    Raises:
        Refused: they cannot.
    """
    try:
        module = Module.parse(linalg_text, name)
        module.run(passes)
    except Diagnostic as error:
        raise _refused(error) from None
    return module.text()


def translate(linalg_text: str, options: str, name: str) -> tuple[list[Planned], str]:
    """Makes LLVM IR of a marked module.

    Args:
        linalg_text: the module.
        options: of the pass pipeline.
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
        module.run(f"xform-cpu-pipeline{{{options}}}")
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
    place = f"{error.file}:{error.line}: " if error.file else ""
    return Refused("lower", (place + error.message, *error.notes))


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
) -> Emitted:
    """Makes a library of LLVM IR.

    Args:
        ir: the module.
        entries: the functions that it exports: names, and how many bindings and constants each has.
        name: of the library.
        triple, cpu: the machine; "host" for this computer's processor.
        level: of optimisation, 0 to 3.
        with_assembly: whether to write that, too.

    Raises:
        Refused: LLVM cannot.
    """
    # 65 MB of LLVM's back ends.
    from .. import _codegen

    cpu, features = _codegen.host_cpu() if cpu == "host" else (cpu, "")
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
