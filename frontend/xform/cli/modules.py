"""The files that commands read and write: modules, and where results go."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .completion import complete_device
from .failures import CommandError, ExitCode

if TYPE_CHECKING:
    from xform_runtime import Entry, Signature
    from xform_runtime.image import ModuleImage

module_argument = click.argument("module", metavar="MODULE", type=click.Path(readable=False))
entry_option = click.option(
    "--entry", metavar="NAME", help="The entry point, where the module has several."
)
device_option = click.option(
    "--device",
    metavar="DEVICE",
    shell_complete=complete_device,
    help="The device to run on: cpu, vulkan or cuda; it has to be the one that the module was "
    "compiled for, and is that by default.",
)
hash_option = click.option(
    "--sha256",
    metavar="HASH",
    help="The hash that the file must have, as `xform inspect` and sha256sum print it; nothing of "
    "another file is run.",
)


def read_entry(
    path: str, name: str | None, device: str | None = None, sha256: str | None = None
) -> Signature:
    """The signature of an entry point, for which no device is opened.

    Args:
        path: a .vmfb, or a folder of them.
        name: the entry point; None if the module has one only.
        device: of a folder, the device to run on.
        sha256: the hash that the file must have; None for any.

    Raises:
        CommandError: there is no such entry point.
        ModuleFileError, DeviceError: as `xform_runtime.load`.
    """
    from .signatures import choose_entry

    return choose_entry(read_module_file(path, device, sha256), name)


def read_module_file(
    path: str, device: str | None = None, sha256: str | None = None
) -> ModuleImage:
    """A module; of a folder, the one that would be loaded.

    Raises:
        ModuleFileError, DeviceError: as `xform_runtime.load`.
    """
    from xform_runtime.folder import first_that_runs
    from xform_runtime.image import ModuleImage

    if os.path.isdir(path):
        return first_that_runs(path, device, lambda image: image, sha256=sha256)
    return ModuleImage.from_file(path, sha256=sha256)


def load_entry(path: str, name: str, device: str | None, sha256: str | None = None) -> Entry:
    """An entry point on its device.

    Args:
        path: a .vmfb.
        name: the entry point.
        device: the device; None for the one that it was compiled for.
        sha256: the hash that the file must have; None for any.

    Raises:
        ModuleFileError, DeviceError, XformValueError: as `xform_runtime.load`.
    """
    from xform_runtime import load

    return load(path, device, sha256=sha256)[name]


def arguments(signature: Signature, leaves: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of a call from the arrays in them."""
    from xform_runtime.tree import unflatten

    both = unflatten(signature.inputs, leaves)
    return both["args"], both["kwargs"]


def require_writable(path: Path, *, is_folder: bool = False) -> None:
    """Refuses a path that cannot be written, before time is spent on what goes there.

    Args:
        path: of a file.
        is_folder: whether a folder is to be there instead, which may replace one.

    Raises:
        CommandError: it cannot be.
    """
    folder = path.parent
    reason = ""
    if path.is_dir() and not is_folder:
        reason = "it is a directory"
    elif not folder.is_dir():
        reason = f"the directory {str(folder)!r} does not exist"
    elif not os.access(path if path.exists() else folder, os.W_OK):
        reason = "permission denied"
    if reason:
        raise CommandError(ExitCode.FILE, f"{str(path)!r} cannot be written: {reason}")
