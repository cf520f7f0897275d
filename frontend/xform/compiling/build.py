"""The way of traced programs to modules: passes and compilers, for one size or for all."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from xform_runtime import Signature
from xform_runtime.archive import with_member
from xform_runtime.callees import member_of
from xform_runtime.image import ModuleImage
from xform_runtime.signature import SIGNATURE_KEY

from .._xform import Module
from ..errors import DeviceError, XformRuntimeError
from ..knobs import COMPILER, DUMP
from ..tracing import called_modules
from ..tracing.open_sizes import Sample
from ..tracing.program import TracedProgram
from . import backend, workers
from .bisection import Divisible, fatal_line
from .cache import compile_cached
from .dump import Stages
from .forms import Origin
from .refusal import Refused
from .targets import Target, check_dtypes

T = TypeVar("T")

_FLOAT64 = re.compile(r"tensor<[^<>]*f64>")


def passes_to(
    stage: Literal["expanded", "linalg"],
    target: Target,
    is_open: bool = False,
    *,
    module: Module,
) -> str:
    """The passes that lead from the traced module, or an earlier stage, to a stage."""
    if stage == "expanded":
        return backend.EXPANSION
    if is_open:
        return f"xform-pipeline{{target={target} open=true}}"
    compiler = "xform" if is_own(target, module) else "iree"
    return f"xform-pipeline{{target={target} compiler={compiler}}}"


def is_own(target: Target, module: Module) -> bool:
    """Whether a program for the target becomes machine code here if it can.

    One that calls other modules does so in the middle, which is IREE's virtual machine's part.
    """
    return (
        target.device == "cpu"
        and COMPILER.get() == "xform"
        and f"xform.{called_modules.CALL}" not in module.op_names()
    )


@dataclass(frozen=True)
class Built:
    """A .vmfb, and the seconds that passes and compilers took."""

    vmfb: bytes
    passes: float
    iree: float


def build_module(
    modules: Sequence[tuple[Module, Sample]],
    name: str,
    target: Target,
    entries: Sequence[tuple[TracedProgram, Signature]],
) -> Built:
    """Runs the passes and IREE.

    Args:
        modules: the programs; for several samples, where arguments have open sizes.
        name: what to call them in messages.
        target: what to compile for.
        entries: each program, and the signature of its entry point, with the name that it has in
            the module.
    """
    start = time.perf_counter()
    for traced, _ in entries:
        require_arguments(traced, target)
    module, _ = modules[0]
    dump = DUMP.get()
    to_linalg = linalg_maker(modules, name, target, entries, dump is not None)
    linalg = to_linalg(False)
    require_values(name, linalg.expanded, target)
    if dump is not None:
        stages = Stages(dump, name, linalg.text)
        stages.write("xform", module.text())
        stages.write("expanded", linalg.expanded)
    middle = time.perf_counter()
    called = called_modules.imported(
        linalg.text, [image for traced, _ in entries for image in traced.program.called]
    )
    for image in called.values():
        _require_device(name, image, target)
    origin = Origin(
        lambda: to_linalg(True).text,
        _divisible(module, name, entries),
        lambda part: _part_in_linalg(part, name, target, module).text,
    )
    vmfb = compile_cached(linalg.text, target, name=name, origin=origin)
    for callee, image in called.items():
        vmfb = with_member(vmfb, member_of(callee), image.content_to_call())
    return Built(vmfb, middle - start, time.perf_counter() - middle)


def _divisible(
    module: Module, name: str, entries: Sequence[tuple[TracedProgram, Signature]]
) -> Divisible:
    return Divisible(
        name,
        lambda: workers.run(backend.after_passes, module.bytecode(), backend.EXPANSION, name),
        [signature.name for _, signature in entries],
    )


def _part_in_linalg(bytecode: bytes, name: str, target: Target, module: Module) -> backend.Linalg:
    """A part of the program of a module; for the first sizes where they are open."""
    passes = passes_to("linalg", target, module=module)
    return workers.run(backend.lower, bytecode, passes, name, (), False, False)


def linalg_maker(
    modules: Sequence[tuple[Module, Sample]],
    name: str,
    target: Target,
    entries: Sequence[tuple[TracedProgram, Signature]],
    with_expanded: bool,
) -> Callable[[bool], backend.Linalg]:
    """What takes programs to linalg, with the user's lines or without."""
    module, _ = modules[0]
    marks = [marked_entry(traced, target, signature, module) for traced, signature in entries]
    is_open = len(modules) > 1
    passes = passes_to("linalg", target, is_open, module=module)
    program = _divisible(module, name, entries)
    with_expanded |= target.device == "vulkan"

    def place_of(death: Refused) -> str:
        place = fatal_line(program, lambda part: _part_in_linalg(part, name, target, module), death)
        return f"{place.file}:{place.line}" if place else ""

    def to_linalg(with_locations: bool) -> backend.Linalg:
        options = (passes, name, marks, with_expanded, with_locations)
        if not is_open:
            return _in_worker(module, name, place_of, backend.lower, *options)
        others = [each.bytecode() for each, _ in modules[1:]]
        samples = [sample for _, sample in modules]
        joined = f"xform-open-pipeline{{target={target}}}"
        open_options = (others, samples, joined, *options)
        return _in_worker(module, name, place_of, backend.lower_open, *open_options)

    return to_linalg


def modules_of(traced: TracedProgram) -> list[tuple[Module, Sample]]:
    """A program for each sample of its open sizes; one where it has none."""
    if traced.open is None:
        return [(traced.program.module, {})]
    instances = zip(traced.open.instances, traced.open.samples, strict=True)
    return [(instance.program.module, sample) for instance, sample in instances]


def marked_entry(
    traced: TracedProgram, target: Target, signature: Signature, module: Module
) -> backend.Marked:
    """What the entry of a program keeps with it; `module` has it and those compiled with it."""
    may_donate = is_own(target, module) and traced.open is None
    donated = tuple(traced.inputs.donated) if may_donate else None
    return backend.Marked(signature.name, SIGNATURE_KEY, signature.to_json(), donated)


def require_arguments(traced: TracedProgram, target: Target) -> None:
    """Raises XformTypeError where the target has no such arrays as the arguments."""
    avals = zip(traced.inputs.paths, traced.inputs.avals, strict=True)
    check_dtypes([(path, aval.dtype.name) for path, aval in avals], target)


def require_values(name: str, expanded: str, target: Target) -> None:
    """Raises XformTypeError where the target has no such numbers as the program computes."""
    if _FLOAT64.search(expanded):
        check_dtypes([(f"a value inside {name!r}", "float64")], target)


def _require_device(name: str, image: ModuleImage, target: Target) -> None:
    """Raises DeviceError where a module that a program calls is for another device or processor."""
    for signature in image.signatures.values():
        theirs = signature.machine
        if signature.device != target.device or (theirs and theirs != target.machine):
            raise DeviceError(
                f"{name!r} is compiled for {target} and calls {image.origin}, which was compiled "
                f"for {signature.target or signature.device}: compile one of them for the device "
                "of the other"
            )


def after_passes(module: Module, passes: str, name: str) -> Module:
    """What passes make of a program's module.

    Raises:
        XformRuntimeError: they cannot; the message names the user's line.
    """
    return Module.parse(_in_worker(module, name, None, backend.after_passes, passes, name), name)


def _in_worker(
    module: Module,
    name: str,
    place_of: Callable[[Refused], str] | None,
    job: Callable[..., T],
    *arguments: Any,
) -> T:
    """What a job makes of a program's module.

    Args:
        module: the program.
        name: what to call it.
        place_of: finds the user's file and line where a worker dies.
        job, arguments: the job, which is given the module's bytecode first.

    Raises:
        XformRuntimeError: it cannot; the message names the user's line.
    """
    try:
        return workers.run(job, module.bytecode(), *arguments)
    except Refused as refused:
        place = refused.place
        if refused.is_death and place_of is not None:
            place = place_of(refused)
        at = f"\n  at {place}" if place else ""
        dump = DUMP.get()
        if dump is not None:
            Stages(dump, name, module.text()).write("xform", module.text())
        said = "\n".join(refused.diagnostics)
        raise XformRuntimeError(f"cannot lower {name!r}: {said}{at}") from None
