"""From linalg text to a compiled module (.vmfb): for CPUs by LLVM in this process, else by IREE.

The passes mark programs that become machine code here (lowering/cpu/Contract.h). What lowering/cpu
makes of one goes through LLVM (`xform._codegen`), and IREE's compiler only encodes the host code
around it (`iree/host.py`).
"""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xform_runtime.signature import SIGNATURE_KEY, LeafSpec, Signature

from ._xform import Diagnostic, Function, Module, Needs, Type
from .compiler import VM_FLAGS, CompileError, compile_to_vmfb
from .dump import Stages
from .iree import host
from .iree.host import (
    BIND,
    BIND_BINDINGS,
    BIND_CONSTANTS,
    BIND_IR,
    Dispatch,
    Entry,
    assemble,
    host_text,
)
from .targets import Target, as_target

if TYPE_CHECKING:
    from ._codegen import Library

# How many cores can share a program; a workgroup without a core ends at once.
_MOST_CORES: Final = 64

_MODULE: Final = re.compile(r"^module\b.*", re.MULTILINE)
_MARK: Final = re.compile(r"\bxform\.cpu\b")


def compile_module(linalg_text: str, target: Target | str, *, name: str) -> bytes:
    """Compiles a module of linalg, tensor, arith and scf operations.

    Where machine code cannot be made of a marked module, which is a fault, a warning says so, and
    IREE compiles it.

    Args:
        linalg_text: the module as MLIR text, as `xform-pipeline` leaves it.
        target: what to compile for.
        name: what to call the program in diagnostics and dumps.

    Returns:
        The bytes of a .vmfb.

    Raises:
        CompileError: the program cannot be compiled.
        XformValueError: the target's processor is not known.
    """
    chosen = as_target(target)
    if not is_compiled_here(linalg_text):
        return compile_to_vmfb(linalg_text, chosen, name=name)
    from ._codegen import CodegenError

    try:
        made = _make(linalg_text, chosen, name)
    except (CodegenError, Diagnostic) as error:
        # Of a processor that LLVM does not know, IREE says so.
        if chosen.is_vouched_for:
            warnings.warn(
                f"no machine code could be made of {name!r}, so IREE compiles it: {error}",
                RuntimeWarning,
                stacklevel=2,
            )
        return compile_to_vmfb(for_iree(linalg_text, chosen, name), chosen, name=name)
    return assemble(made.entries, made.library.elf, name=name)


def dump_machine_code(stages: Stages, linalg_text: str, target: Target, *, name: str) -> None:
    """Keeps what becomes of a module that `is_compiled_here`, and a script for the last of it.

    Args:
        stages: where.
        linalg_text, target, name: as for `compile_module`.
    """
    from ._codegen import CodegenError

    try:
        made = _make(linalg_text, target, name)
    except (CodegenError, Diagnostic):
        # `compile_module` says what is wrong.
        stages.write_script(target.flags)
        return
    stages.write("llvm", made.ir)
    stages.write("assembly", made.library.assembly())
    stages.write("vm", host_text(made.entries, made.library.elf))
    stages.write_script(VM_FLAGS, "vm")


def is_compiled_here(linalg_text: str) -> bool:
    """Whether the passes have marked a module as one that becomes machine code here.

    >>> is_compiled_here("module attributes {xform.cpu} {\\n}")
    True
    """
    module = _MODULE.search(linalg_text)
    return module is not None and _MARK.search(module.group()) is not None


@cache
def identity() -> str:
    """What tells one build of the passes, of LLVM and of what is between them from another, found
    without loading them."""
    parts = [hashlib.sha256(Path(of).read_bytes()).hexdigest() for of in (__file__, host.__file__)]
    for extension in ("_xform", "_codegen"):
        spec = find_spec(f"{__package__}.{extension}")
        if spec is None or spec.origin is None:
            raise CompileError(f"xform was installed without its extension module {extension}")
        file = os.stat(spec.origin)
        parts.append(f"{file.st_size}-{file.st_mtime_ns}")
    return " ".join(parts)


@dataclass(frozen=True)
class _Made:
    """Machine code, and what its functions take and give."""

    entries: list[Entry]
    ir: str
    library: Library


def _make(linalg_text: str, target: Target, name: str) -> _Made:
    from . import _codegen

    module = Module.parse(linalg_text, name)
    undone = [_entry(module.lookup(f), texts) for f, texts in module.reflections().items()]
    module.run(f"xform-cpu-pipeline{{{target.pass_options}}}")
    needs = module.needs()
    entries = [_planned(entry, needs[entry.name]) for entry in undone]
    exported = [
        _codegen.Entry(dispatch.symbol, entry.binding_count)
        for entry in entries
        for dispatch in entry.dispatches
    ]
    exported += [_codegen.Entry(entry.help.symbol, 1) for entry in entries if entry.help]
    ir = module.llvm_ir()
    if any(entry.is_indirect for entry in entries):
        ir += BIND_IR
        exported.append(_codegen.Entry(BIND, BIND_BINDINGS, BIND_CONSTANTS))
    triple, cpu = target.llvm
    cpu, features = _codegen.host_cpu() if cpu == "host" else (cpu, "")
    library = _codegen.emit_library(
        ir.encode(),
        entries=exported,
        name=name,
        triple=triple,
        cpu=cpu,
        features=features,
        fuse=False,
    )
    return _Made(entries, ir, library)


def for_iree(linalg_text: str, target: Target, name: str) -> str:
    """A module that `is_compiled_here` as IREE compiles it."""
    module = Module.parse(linalg_text, name)
    module.run(f"xform-iree-pipeline{{{target.pass_options}}},xform-fence-transposes")
    return module.text()


def _entry(function: Function, reflection: dict[str, str]) -> Entry:
    """An entry that asks for no memory; what a signature tells beyond types is kept."""
    if SIGNATURE_KEY in reflection:
        signature = Signature.from_json(reflection[SIGNATURE_KEY])
        arguments, results = signature.args, signature.results
    else:
        arguments = _leaves("argument", function.argument_types)
        results = _leaves("result", function.result_types)
    return Entry(
        function.name, arguments, results, (Dispatch(function.name),), reflection=reflection
    )


def _planned(entry: Entry, needs: Needs) -> Entry:
    """The entry with what its machine code needs; see lowering/cpu/Team.h."""
    planned = replace(
        entry, scratch=needs.scratch, donors=needs.donors, is_stoppable=needs.is_stoppable
    )
    if SIGNATURE_KEY in entry.reflection:
        # It runs on the calling thread.
        signature = replace(
            Signature.from_json(entry.reflection[SIGNATURE_KEY]),
            work=0,
            is_shared=needs.is_shared,
            scratch=planned.own_bytes,
            donors=needs.donors,
        )
        planned = replace(
            planned, reflection={**entry.reflection, SIGNATURE_KEY: signature.to_json()}
        )
    if not needs.is_shared:
        return planned
    return replace(
        planned,
        dispatches=(Dispatch(f"{entry.name}.open"), Dispatch(entry.name, _MOST_CORES)),
        help=Dispatch(f"{entry.name}.help", _MOST_CORES),
    )


def _leaves(kind: str, types: Sequence[Type]) -> tuple[LeafSpec, ...]:
    return tuple(LeafSpec(f"{kind} {i}", tuple(of.shape), of.dtype) for i, of in enumerate(types))
