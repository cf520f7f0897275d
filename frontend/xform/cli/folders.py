"""Folders of modules for several targets, as `xform inspect` shows them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..units import size_text
from .failures import CommandError, ExitCode, near

if TYPE_CHECKING:
    from xform_runtime.folder import FileRecord

    from .output import Output


def show_folder(out: Output, path: str, entry: str | None) -> None:
    """Says what a folder has, and which modules this machine can run.

    Args:
        out: where to.
        path: the folder.
        entry: the only entry point to show, if any.

    Raises:
        CommandError: there is no such entry point.
        ModuleFileError: xform did not write it.
    """
    from xform_runtime.folder import read_manifest, why_not_here

    manifest = read_manifest(path)
    entries = dict(manifest.entries)
    if entry is not None:
        if entry not in entries:
            raise CommandError(
                ExitCode.USAGE, f"{path} has no entry point {entry!r}; {near(entry, entries)}"
            )
        entries = {entry: entries[entry]}
    modules = [
        {
            **_file_data(path, module),
            "target": module.target,
            "device": module.device,
            "machine": module.machine or None,
            "cpu_features": list(module.cpu_features),
            "why_not_here": why_not_here(module),
        }
        for module in manifest.modules
    ]
    data: dict[str, Any] = {
        "path": path,
        "modules": modules,
        "weights": None if manifest.weights is None else _file_data(path, manifest.weights),
        "others": [_file_data(path, other) for other in manifest.others],
        "entries": [{"name": name, **entries[name]} for name in entries],
    }
    if out.result(data):
        return
    out.line(path, "bold")
    out.table(
        ("target", "file", "size", "runs here"),
        [
            (
                str(module["target"]),
                str(module["file"]),
                size_text(module["bytes"]),
                str(module["damage"] or module["why_not_here"] or "yes"),
            )
            for module in modules
        ],
    )
    for other in [*([data["weights"]] if data["weights"] else []), *data["others"]]:
        out.line(f"{other['file']}, {size_text(other['bytes'])} {other['damage'] or ''}".rstrip())
    for found in entries.values():
        out.line()
        out.line(str(found.get("signature", "")), "bold")
        for line in str(found.get("doc", "")).splitlines():
            out.line(f"  {line}".rstrip())


def _file_data(folder: str, record: FileRecord) -> dict[str, Any]:
    """A file, and what is wrong with it compared with what the manifest says."""
    from xform_runtime.errors import ModuleFileError
    from xform_runtime.folder import check_record
    from xform_runtime.module_file import read_module

    name = os.path.join(folder, record.file)
    damage = None
    try:
        check_record(memoryview(read_module(name)), record, name)
    except ModuleFileError as error:
        damage = str(error)
    return {
        "file": Path(record.file).name,
        "bytes": record.size,
        "sha256": record.sha256,
        "damage": damage,
    }
