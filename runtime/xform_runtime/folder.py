"""Folders of modules: one program for several targets, of which the runtime takes the best.

A folder has a file `manifest.json` that says what is in it, a .vmfb for each target, and perhaps a
file of weights that all of them read.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Final, TypeVar

from .cpu_features import missing_cpu_features
from .devices import DEVICE_NAMES, driver_name, why_not
from .errors import DeviceError, MissingFileError, ModuleFileError
from .image import ModuleImage
from .module_file import path_text, read_module

MANIFEST: Final = "manifest.json"
FORMAT: Final = "xform.modules"
VERSION: Final = 1

# The first of these that a folder has code for and that is here is taken if none is asked for.
_PREFERRED: Final = ("cpu", "cuda", "vulkan")
# Code for other GPUs than these generic ones runs rightly on one kind of GPU only.
_GENERIC_GPUS: Final = ("vulkan:desktop", "vulkan:portable")

T = TypeVar("T")

_PLAIN_NAME: Final = re.compile(r"[^/\\\0]+")


@dataclass(frozen=True)
class FileRecord:
    """A file of a folder.

    Args:
        file: its name there.
        sha256: of its bytes, in hexadecimal digits.
        size: how many there are.
    """

    file: str
    sha256: str
    size: int


@dataclass(frozen=True)
class ModuleRecord(FileRecord):
    """A module of a folder.

    Args:
        target: what it was compiled for, such as "cpu:x86-64-v3".
        device: "cpu", "vulkan" or "cuda".
        machine: the instruction set of the CPU, such as "x86_64"; "" if it is not known.
        cpu_features: the instruction sets that it needs, by their /proc/cpuinfo names.
    """

    target: str
    device: str
    machine: str = ""
    cpu_features: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """What a folder has.

    Args:
        modules: one for each target.
        entries: what people and other programs want to know of the entry points, by name.
        weights: the file of arrays that all modules read; None if they have theirs in them.
        others: further files, such as a header for C.
    """

    modules: tuple[ModuleRecord, ...]
    entries: Mapping[str, Any]
    weights: FileRecord | None = None
    others: tuple[FileRecord, ...] = ()

    @property
    def files(self) -> tuple[FileRecord, ...]:
        """All files but the manifest."""
        weights = () if self.weights is None else (self.weights,)
        return (*self.modules, *weights, *self.others)

    def to_json(self) -> str:
        """The manifest as the text of its file."""
        data = {
            "format": FORMAT,
            "version": VERSION,
            "modules": [asdict(module) for module in self.modules],
            "weights": None if self.weights is None else asdict(self.weights),
            "others": [asdict(other) for other in self.others],
            "entries": self.entries,
        }
        return json.dumps(data, indent=2) + "\n"

    @staticmethod
    def from_json(text: str, origin: str) -> Manifest:
        """Reads what `to_json` wrote.

        Raises:
            ModuleFileError: the text is something else, or of a newer version.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ModuleFileError(f"{origin} is not valid JSON: {error}") from None
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ModuleFileError(f"{origin} is no manifest of modules that xform wrote")
        if data.get("version") != VERSION:
            raise ModuleFileError(
                f"{origin} is of version {data.get('version')!r}: this runtime reads version "
                f"{VERSION}"
            )
        try:
            weights = data["weights"]
            manifest = Manifest(
                tuple(
                    ModuleRecord(
                        *_file_fields(module),
                        str(module["target"]),
                        str(module["device"]),
                        str(module["machine"]),
                        tuple(map(str, module["cpu_features"])),
                    )
                    for module in data["modules"]
                ),
                dict(data["entries"]),
                None if weights is None else FileRecord(*_file_fields(weights)),
                tuple(FileRecord(*_file_fields(other)) for other in data["others"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModuleFileError(f"{origin} lacks what a manifest has: {error!r}") from None
        for record in manifest.files:
            # A manifest must not lead out of its folder.
            if not _PLAIN_NAME.fullmatch(record.file) or record.file in (".", "..", MANIFEST):
                raise ModuleFileError(f"{origin} names {record.file!r}, which is no file beside it")
        for module in manifest.modules:
            if module.device not in DEVICE_NAMES:
                raise ModuleFileError(f"{origin}: {module.device!r} is no device")
        return manifest


def _file_fields(data: Mapping[str, Any]) -> tuple[str, str, int]:
    return str(data["file"]), str(data["sha256"]), int(data["size"])


def read_manifest(path: str | os.PathLike[str], sha256: str | None = None) -> Manifest:
    """The manifest of a folder.

    Args:
        path: the folder.
        sha256: the hash that the manifest must have; None for any.

    Raises:
        ModuleFileError: it has none that xform wrote, or that has another hash.
    """
    file = os.path.join(path, MANIFEST)
    try:
        text = str(read_module(file, sha256), "utf-8")
    except MissingFileError:
        raise ModuleFileError(
            f"{os.fspath(path)} is a directory: expected a compiled module (.vmfb), or a folder of "
            f"them with a {MANIFEST}"
        ) from None
    except UnicodeDecodeError as error:
        raise ModuleFileError(f"{file} cannot be read: {error}") from None
    return Manifest.from_json(text, file)


def first_that_runs(
    path: str | bytes | os.PathLike[Any],
    device: str | None,
    load: Callable[[ModuleImage], T],
    *,
    sha256: str | None = None,
) -> T:
    """What is made of the best module of a folder that this machine can run.

    Args:
        path: the folder.
        device: the device to run on; None takes the CPU if there is a module for it, or else
            another device that is here.
        load: makes it, or raises DeviceError; then the next module is tried.
        sha256: the hash that the manifest must have; None for any.

    Raises:
        ModuleFileError: the folder has no manifest, or a module is not what the manifest says.
        DeviceError: no module runs here; the message says why each does not.
        XformValueError: there is no such device name.
    """
    folder = path_text(path)
    manifest = read_manifest(folder, sha256)
    if device is not None:
        driver_name(device, 0)
    known = [module for module in manifest.modules if device in (None, module.device)]
    if not known:
        has = ", ".join(module.target for module in manifest.modules) or "nothing"
        raise DeviceError(f"{folder} has no module for device {device!r}: it has {has}")
    refused = []
    for module in sorted(known, key=_rank):
        reason = why_not_here(module)
        if reason is None:
            try:
                return load(read_image(folder, module))
            except DeviceError as error:
                reason = str(error)
        refused.append(f"  {module.target}: {reason}")
    raise DeviceError("\n".join((f"no module of {folder} runs here:", *refused)))


def read_image(folder: str, record: ModuleRecord) -> ModuleImage:
    """A module of a folder, if it is the one that the manifest means.

    Raises:
        ModuleFileError: it is missing, or another one.
    """
    name = os.path.join(folder, record.file)
    content = read_module(name)
    check_record(memoryview(content), record, name)
    return ModuleImage(content, name)


def check_record(content: memoryview, record: FileRecord, name: str) -> None:
    """Compares a file with what the manifest says of it.

    Raises:
        ModuleFileError: it is another one.
    """
    if len(content) != record.size:
        raise ModuleFileError(
            f"{name} has {len(content):,} bytes, and {MANIFEST} says {record.size:,}: it is "
            "truncated, or of another folder"
        )
    if sha256(content).hexdigest() != record.sha256:
        raise ModuleFileError(
            f"{name} is not the file that {MANIFEST} means: its SHA-256 is another one"
        )


def why_not_here(module: ModuleRecord) -> str | None:
    """Why a module cannot run on this machine, as far as its manifest tells; None if it may."""
    reason = why_not(module.device)
    if reason is not None:
        return f"device {module.device!r} is not available: {reason}"
    if module.device != "cpu":
        return None
    if module.machine and module.machine != platform.machine():
        return f"it is for {module.machine}, and this machine is {platform.machine()}"
    missing = missing_cpu_features(module.cpu_features)
    return f"this CPU lacks {', '.join(missing)}" if missing else None


def _rank(module: ModuleRecord) -> tuple[int, int]:
    """What is tried first has the least."""
    device = _PREFERRED.index(module.device)
    if module.device == "cpu":
        return device, -len(module.cpu_features)
    if module.device == "cuda":
        return device, -int(re.sub(r"\D", "", module.target) or 0)
    if module.target in _GENERIC_GPUS:
        return device, _GENERIC_GPUS.index(module.target)
    return device, len(_GENERIC_GPUS)


__all__ = [
    "MANIFEST",
    "FileRecord",
    "Manifest",
    "ModuleRecord",
    "check_record",
    "first_that_runs",
    "read_image",
    "read_manifest",
    "why_not_here",
]
