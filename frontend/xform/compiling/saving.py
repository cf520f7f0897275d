"""Programs written into files: one or several of them, for one target or several."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from xform_runtime import Signature
from xform_runtime.folder import MANIFEST, FileRecord, Manifest, ModuleRecord
from xform_runtime.image import ModuleImage
from xform_runtime.tree import to_data

from .._xform import Diagnostic, Module
from ..errors import XformTypeError, XformValueError, at_user_line
from ..files import Content, checked_path, write_whole
from ..folders import write_folder
from ..tracing.open_sizes import Sample, traced_together
from ..tracing.program import TracedProgram
from .build import build_module, modules_of
from .c_header import c_header
from .selftests import Original, SelfTestInputs, with_selftest
from .signatures import file_signature
from .targets import Target, as_target
from .weights import Weights, WeightsPlace

_WEIGHTS_FILE = "weights.irpa"


class Traced(Protocol):
    """A program that can be compiled into a file; `Lowered` is one."""

    target: Target
    original: Original

    def to_save(self, *, baked: bool) -> TracedProgram:
        """The program as a file needs it."""

    def plain_results(self, arrays: Sequence[np.ndarray[Any, Any]]) -> list[Any]:
        """What it gives on the CPU, compiled plainly."""


def save_programs(
    what: str,
    path: str | os.PathLike[str],
    entries: Mapping[str, Traced],
    *,
    target: Target | str | None = None,
    targets: Sequence[Target | str] | None = None,
    selftest: SelfTestInputs = False,
    weights: WeightsPlace = "inside",
    header: bool = False,
) -> None:
    """Compiles programs into a file, or for several targets into a folder; see `export`.

    Args:
        what: begins messages.
        path, target, targets, weights, header: as for `export`.
        entries: the programs, by the names that they have in the file.
        selftest: as for `Lowered.save`; inputs can be given for a single program only.
    """
    file = checked_path(what, path)
    if weights not in ("inside", "beside"):
        raise XformValueError(
            at_user_line(f"{what}: weights is 'inside' or 'beside', got {weights!r}")
        )
    chosen = _targets(what, target, targets, next(iter(entries.values())).target)
    stem = Path(file).stem
    named = _WEIGHTS_FILE if targets is not None else f"{stem}.irpa"
    others = [f"{stem}.h"] * header + [named] * (weights == "beside")
    if targets is None and Path(file).name in others:
        raise XformValueError(
            at_user_line(
                f"{what}: {file!r} is the name of a file that is written beside the module"
            )
        )
    programs = _Programs(entries, selftest, named if weights == "beside" else None)
    if targets is None:
        _write_file(file, programs, chosen[0], header)
    else:
        _write_folder(file, programs, chosen, header)


def _targets(
    what: str,
    target: Target | str | None,
    targets: Sequence[Target | str] | None,
    default: Target,
) -> list[Target]:
    if targets is None:
        return [default if target is None else as_target(target)]
    if target is not None:
        raise XformTypeError(at_user_line(f"{what}: give target or targets, not both"))
    if isinstance(targets, str | Target) or not isinstance(targets, Sequence) or not targets:
        raise XformTypeError(
            at_user_line(f"{what}: targets must be a list of at least one target, got {targets!r}")
        )
    chosen = [as_target(one) for one in targets]
    for one in chosen:
        if chosen.count(one) > 1:
            raise XformValueError(at_user_line(f"{what}: targets has {str(one)!r} twice"))
    return chosen


class _Programs:
    """Programs that are compiled together, for one target after the other.

    Args:
        entries: the programs, by their names in the file.
        selftest: as for `save_programs`.
        weights_file: what the file of closed-over arrays is called; None if modules have them.
    """

    def __init__(
        self, entries: Mapping[str, Traced], selftest: SelfTestInputs, weights_file: str | None
    ) -> None:
        self.weights = Weights()
        self.weights_file = weights_file
        self._selftest = selftest
        self._entries = entries
        saved = [lowered.to_save(baked=weights_file is None) for lowered in entries.values()]
        self._traced = dict(zip(entries, traced_together(saved), strict=True))
        hidden = {
            name: () if weights_file is None else tuple(traced.closed_over)
            for name, traced in self._traced.items()
        }
        self._weights = {name: self.weights.add(arrays) for name, arrays in hidden.items()}
        self._modules = self._joined()

    def _joined(self) -> list[tuple[Module, Sample]]:
        """The programs as one module, for each sample of their open sizes."""
        if len(self._traced) == 1:
            ((name, traced),) = self._traced.items()
            if traced.name == name:
                return modules_of(traced)
        found = {name: modules_of(traced) for name, traced in self._traced.items()}
        count = max(map(len, found.values()))
        joined: list[tuple[Module, Sample]] = []
        for i in range(count):
            module, sample = Module(), dict[str, int]()
            for name, modules in found.items():
                # A program without open sizes is the same for all samples.
                own, sizes = modules[i if len(modules) > 1 else 0]
                sample.update(sizes)
                try:
                    module.take(own.bytecode(), self._traced[name].name, name)
                except Diagnostic as error:
                    raise XformValueError(f"export: {error.message}") from None
            joined.append((module, sample))
        return joined

    def compile(self, stem: str, target: Target) -> bytes:
        """The module for a target; `stem` is what messages call it."""
        programs = [
            (traced, self._signature(name, traced, target)) for name, traced in self._traced.items()
        ]
        name = next(iter(self._traced)) if len(programs) == 1 else stem
        vmfb = build_module(self._modules, name, target, programs).vmfb
        if self._selftest is False:
            return vmfb
        for name, traced in self._traced.items():
            lowered = self._entries[name]
            vmfb = with_selftest(
                vmfb,
                traced,
                lowered.original,
                self._selftest,
                lowered.plain_results,
                entry=name,
                weights=self.weights if len(self.weights) else None,
            )
        return vmfb

    def _signature(self, name: str, traced: TracedProgram, target: Target) -> Signature:
        weights = self._weights[name]
        return replace(
            file_signature(traced, target, self._entries[name].original.doc),
            name=name,
            weights=weights,
            weights_file=self.weights_file if self.weights_file and weights else "",
        )


def _header(name: str, image: ModuleImage) -> str:
    """What C needs to call a module.

    Raises:
        XformValueError: the module calls others, which C would have to load under their names.
    """
    if image.callees:
        raise XformValueError(
            at_user_line(
                "save: header=True is not there for programs that call loaded modules, as "
                f"{name} does"
            )
        )
    return c_header(name, image.signatures)


def _write_file(file: str, programs: _Programs, target: Target, header: bool) -> None:
    vmfb = programs.compile(Path(file).stem, target)
    text = _header(Path(file).name, ModuleImage(vmfb)) if header else ""
    # The arrays first: a module without them is of no use.
    if programs.weights_file and len(programs.weights):
        archive = os.path.join(os.path.dirname(file), programs.weights_file)
        write_whole(archive, programs.weights.write, durable=True)
    write_whole(file, vmfb, durable=True)
    if header:
        write_whole(Path(file).with_suffix(".h"), text.encode(), durable=True)


@dataclass(frozen=True)
class _Compiled:
    file: str
    target: Target
    vmfb: bytes
    image: ModuleImage


def _write_folder(
    folder: str, programs: _Programs, targets: Sequence[Target], header: bool
) -> None:
    stem = Path(folder).stem
    made = []
    for target in targets:
        vmfb = programs.compile(stem, target)
        made.append(_Compiled(_file_name(target), target, vmfb, ModuleImage(vmfb)))
    files: dict[str, Content] = {module.file: module.vmfb for module in made}
    signatures = made[0].image.signatures
    others = []
    if header:
        text = _header(Path(folder).name, made[0].image).encode()
        files[f"{stem}.h"] = text
        others.append(_record(f"{stem}.h", text))
    has_weights = programs.weights_file is not None and len(programs.weights) > 0
    if has_weights:
        files[_WEIGHTS_FILE] = programs.weights.write

    def manifest(sizes: Mapping[str, FileRecord]) -> bytes:
        found = Manifest(
            tuple(
                ModuleRecord(
                    **vars(sizes[module.file]),
                    target=str(module.target),
                    device=module.target.device,
                    machine=module.target.machine,
                    cpu_features=next(iter(module.image.signatures.values())).cpu_features,
                )
                for module in made
            ),
            {name: _entry_data(signature) for name, signature in signatures.items()},
            sizes[_WEIGHTS_FILE] if has_weights else None,
            tuple(others),
        )
        return found.to_json().encode()

    write_folder(folder, files, MANIFEST, manifest)


def _record(name: str, content: bytes) -> FileRecord:
    return FileRecord(name, sha256(content).hexdigest(), len(content))


def _file_name(target: Target) -> str:
    """What the module for a target is called in a folder."""
    return f"{str(target).replace(':', '-').replace('/', '-')}.vmfb"


def _entry_data(signature: Signature) -> dict[str, Any]:
    """What is the same of an entry point for all targets."""
    return {
        "signature": str(signature),
        "doc": signature.doc,
        "parameters": list(signature.parameters),
        "inputs": to_data(signature.inputs),
        "outputs": to_data(signature.outputs),
        **{
            key: [{"path": x.path, "shape": list(x.shape), "dtype": x.dtype} for x in leaves]
            for key, leaves in (("args", signature.args), ("results", signature.results))
        },
    }
