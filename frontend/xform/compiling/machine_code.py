"""Machine code of xform's own, for CPUs, in modules of IREE's format.

The passes mark programs that become machine code here (lowering/cpu/Contract.h). What lowering/cpu
makes of one goes through LLVM (`xform._codegen`), and IREE's compiler only encodes the host code
around it (`iree/host.py`). All three run in a worker.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from xform_runtime.signature import SIGNATURE_KEY, LeafSpec, Signature

from ..errors import XformRuntimeError
from ..iree import entries, host, vm_text
from ..iree.entries import BIND, BIND_BINDINGS, BIND_CONSTANTS, BIND_IR, Dispatch, Entry
from ..iree.flags import compile_flags
from ..iree.host import assemble, host_text
from ..iree.session import VM_FLAGS
from . import backend, workers
from .backend import Emitted, PassDone, Planned, Types
from .dump import Stages
from .refusal import Refused
from .targets import Target

# LLVM's optimisation.
_LEVEL: Final = 2
_PLAIN_LEVEL: Final = 1

# How many cores can share a program; a workgroup without a core ends at once.
_MOST_CORES: Final = 64

_MODULE: Final = re.compile(r"^module\b.*", re.MULTILINE)
_MARK: Final = re.compile(r"\bxform\.cpu\b")


def compile_here(linalg_text: str, target: Target, name: str, *, plain: bool = False) -> bytes:
    """Compiles a module that `is_compiled_here`.

    Args:
        linalg_text: the module as MLIR text, as `xform-pipeline` leaves it.
        target: what to compile for.
        name: what to call the program in diagnostics and dumps.
        plain: whether to write loops over single numbers, for one core, and to optimise little.

    Returns:
        The bytes of a .vmfb.

    Raises:
        Refused: no machine code can be made of it.
    """
    made = _make(linalg_text, target, name, plain=plain)
    return assemble(made.entries, made.library.elf, name=name)


def dump_machine_code(stages: Stages, linalg_text: str, target: Target, *, name: str) -> None:
    """Keeps what becomes of a module that `is_compiled_here`, and a script for the last of it.

    Args:
        stages: where.
        linalg_text, target, name: as for `compile_here`.
    """
    try:
        made = _make(linalg_text, target, name, with_assembly=True)
    except Refused:
        # Who compiles it says what is wrong.
        stages.write_script(compile_flags(target))
        return
    stages.write("llvm", made.ir)
    stages.write("assembly", made.library.assembly)
    stages.write("vm", host_text(made.entries, made.library.elf))
    stages.write_script(VM_FLAGS, "vm")


class Measured(NamedTuple):
    """How machine code is made of a module, with what it takes.

    Args:
        passes: what each pass did, one after the other.
        ir: LLVM's.
        assembly: of the machine.
        module: the bytes of the .vmfb.
        llvm, host: seconds of LLVM, and of the host code around it.
    """

    passes: list[PassDone]
    ir: str
    assembly: str
    module: bytes
    llvm: float
    host: float


def measure(linalg_text: str, target: Target, name: str, kept: Sequence[str]) -> Measured:
    """Compiles a module that `is_compiled_here`, for inspection.

    Args:
        linalg_text, target, name: as for `compile_here`.
        kept: the passes after which the module is wanted.

    Raises:
        Refused: no machine code can be made of it.
    """
    done = observed_passes(linalg_text, target, name, kept)
    made = _make(linalg_text, target, name, with_assembly=True)
    start = time.perf_counter()
    module = assemble(made.entries, made.library.elf, name=name)
    host = time.perf_counter() - start
    return Measured(done, made.ir, made.library.assembly, module, made.seconds, host)


def observed_passes(
    linalg_text: str, target: Target, name: str, kept: Sequence[str]
) -> list[PassDone]:
    """What the passes that lead to LLVM do to a module that `is_compiled_here`.

    Args:
        linalg_text, target, name, kept: as for `measure`.

    Raises:
        Refused: a pass cannot.
    """
    passes = f"xform-cpu-pipeline{{target={target}}}"
    return workers.run(backend.observe, linalg_text, passes, kept, name)


def is_compiled_here(linalg_text: str) -> bool:
    """Whether the passes have marked a module as one that becomes machine code here.

    >>> is_compiled_here("module attributes {xform.cpu} {\\n}")
    True
    """
    module = _MODULE.search(linalg_text)
    return module is not None and _MARK.search(module.group()) is not None


@cache
def identity() -> str:
    """What tells builds from each other: of the passes, of LLVM and of what is between them.

    It is found without loading them.
    """
    parts = [
        hashlib.sha256(Path(of).read_bytes()).hexdigest()
        for of in (__file__, entries.__file__, host.__file__, vm_text.__file__, backend.__file__)
    ]
    for extension in ("_xform", "_codegen"):
        spec = find_spec(f"xform.{extension}")
        if spec is None or spec.origin is None:
            raise XformRuntimeError(f"xform was installed without its extension module {extension}")
        file = os.stat(spec.origin)
        parts.append(f"{file.st_size}-{file.st_mtime_ns}")
    return " ".join(parts)


@dataclass(frozen=True)
class _Made:
    """Machine code, what its functions take and give, and how long LLVM took."""

    entries: list[Entry]
    ir: str
    library: Emitted
    seconds: float


def _make(
    linalg_text: str, target: Target, name: str, *, plain: bool = False, with_assembly: bool = False
) -> _Made:
    passes = f"xform-cpu-pipeline{{target={target}{' plain=true' if plain else ''}}}"
    planned, ir = workers.run(backend.translate, linalg_text, passes, name)
    entries = [_entry(plan) for plan in planned]
    exported = [
        (dispatch.symbol, entry.binding_count, 0)
        for entry in entries
        for dispatch in entry.dispatches
    ]
    exported += [(entry.help.symbol, 1, 0) for entry in entries if entry.help]
    if any(entry.is_indirect for entry in entries):
        ir += BIND_IR
        exported.append((BIND, BIND_BINDINGS, BIND_CONSTANTS))
    triple, cpu = target.llvm
    level = _PLAIN_LEVEL if plain else _LEVEL
    start = time.perf_counter()
    features = target.llvm_features
    library = workers.run(
        backend.emit, ir, exported, name, triple, cpu, level, with_assembly, features
    )
    return _Made(entries, ir, library, time.perf_counter() - start)


def for_iree(linalg_text: str, target: Target, name: str) -> str:
    """A module that `is_compiled_here` as IREE compiles it.

    Raises:
        Refused: the passes cannot.
    """
    passes = f"xform-iree-pipeline{{target={target}}}"
    return workers.run(backend.rewrite, linalg_text, passes, name)


def _entry(plan: Planned) -> Entry:
    """An entry with what its machine code needs, beside what its signature tells beyond types.

    What that is: lowering/cpu/Team.h.
    """
    signature = None
    weights: tuple[LeafSpec, ...]
    if SIGNATURE_KEY in plan.reflection:
        signature = Signature.from_json(plan.reflection[SIGNATURE_KEY])
        arguments, results, weights = signature.args, signature.results, signature.weights
    else:
        weights = ()
        arguments = _leaves("argument", plan.arguments)
        results = _leaves("result", plan.results)
    entry = Entry(
        plan.name,
        arguments,
        results,
        (Dispatch(plan.name),),
        scratch=plan.scratch,
        donors=plan.donors,
        is_stoppable=plan.is_stoppable,
        reflection=plan.reflection,
        weights=weights,
    )
    if signature is not None:
        # It runs on the calling thread.
        signature = replace(
            signature,
            work=0,
            is_shared=plan.is_shared,
            scratch=entry.own_bytes,
            donors=plan.donors,
        )
        entry = replace(entry, reflection={**plan.reflection, SIGNATURE_KEY: signature.to_json()})
    if not plan.is_shared:
        return entry
    return replace(
        entry,
        dispatches=(Dispatch(f"{plan.name}.open"), Dispatch(plan.name, _MOST_CORES)),
        help=Dispatch(f"{plan.name}.help", _MOST_CORES),
    )


def _leaves(kind: str, types: Types) -> tuple[LeafSpec, ...]:
    return tuple(LeafSpec(f"{kind} {i}", shape, dtype) for i, (shape, dtype) in enumerate(types))
