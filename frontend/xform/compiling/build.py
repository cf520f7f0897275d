"""Traced programs through the passes and the compilers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from xform_runtime import Signature
from xform_runtime.signature import SIGNATURE_KEY

from .._xform import Module
from ..errors import XformRuntimeError
from ..knobs import COMPILER, DUMP
from ..tracing.program import TracedProgram
from . import backend, workers
from .cache import compile_cached
from .dump import Stages
from .refusal import Refused
from .targets import Target, check_dtypes

T = TypeVar("T")

_FLOAT64 = re.compile(r"tensor<[^<>]*f64>")


def passes_to(stage: Literal["expanded", "linalg"], target: Target) -> str:
    """The passes that lead from the traced module, or an earlier stage, to a stage."""
    if stage == "expanded":
        return backend.EXPANSION
    return f"xform-pipeline{{target={target} compiler={COMPILER.get()}}}"


def is_own(target: Target) -> bool:
    """Whether programs for the target become machine code here if they can."""
    return target.device == "cpu" and COMPILER.get() == "xform"


@dataclass(frozen=True)
class Built:
    """A module, and the seconds of the passes and of the compiler."""

    vmfb: bytes
    passes: float
    iree: float


def build_module(
    module: Module,
    name: str,
    target: Target,
    entries: Sequence[tuple[TracedProgram, Signature]],
) -> Built:
    """Runs the passes and IREE.

    Args:
        module: the programs.
        name: what to call them in messages.
        target: what to compile for.
        entries: each program, and the signature of its entry point, with the name that it has in
            the module.
    """
    start = time.perf_counter()
    for traced, _ in entries:
        require_arguments(traced, target)
    marked = [marked_entry(traced, target, signature) for traced, signature in entries]
    dump = DUMP.get()

    def to_linalg(with_locations: bool) -> backend.Linalg:
        return _in_worker(
            module,
            name,
            backend.lower,
            passes_to("linalg", target),
            name,
            marked,
            dump is not None or target.device == "vulkan",
            with_locations,
        )

    linalg = to_linalg(False)
    require_values(name, linalg.expanded, target)
    if dump is not None:
        stages = Stages(dump, name, linalg.text)
        stages.write("xform", module.text())
        stages.write("expanded", linalg.expanded)
    middle = time.perf_counter()
    vmfb = compile_cached(linalg.text, target, name=name, located=lambda: to_linalg(True).text)
    return Built(vmfb, middle - start, time.perf_counter() - middle)


def marked_entry(traced: TracedProgram, target: Target, signature: Signature) -> backend.Marked:
    """What the module keeps with an entry point."""
    donated = tuple(traced.inputs.donated) if is_own(target) else None
    return backend.Marked(signature.name, SIGNATURE_KEY, signature.to_json(), donated)


def require_arguments(traced: TracedProgram, target: Target) -> None:
    """Raises XformTypeError where the target has no such arrays as the arguments."""
    avals = zip(traced.inputs.paths, traced.inputs.avals, strict=True)
    check_dtypes([(path, aval.dtype.name) for path, aval in avals], target)


def require_values(name: str, expanded: str, target: Target) -> None:
    """Raises XformTypeError where the target has no such numbers as the program computes."""
    if _FLOAT64.search(expanded):
        check_dtypes([(f"a value inside {name!r}", "float64")], target)


def after_passes(module: Module, passes: str, name: str) -> Module:
    """What passes make of a program's module.

    Raises:
        XformRuntimeError: they cannot; the message names the user's line.
    """
    return Module.parse(_in_worker(module, name, backend.after_passes, passes, name), name)


def _in_worker(module: Module, name: str, job: Callable[..., T], *arguments: Any) -> T:
    """What a job makes of a program's module.

    Raises:
        XformRuntimeError: it cannot; the message names the user's line.
    """
    try:
        return workers.run(job, module.bytecode(), *arguments)
    except Refused as refused:
        place = f"\n  at {refused.place}" if refused.place else ""
        dump = DUMP.get()
        if dump is not None:
            Stages(dump, name, module.text()).write("xform", module.text())
        said = "\n".join(refused.diagnostics)
        raise XformRuntimeError(f"cannot lower {name!r}: {said}{place}") from None
