"""Folders of files that appear under their names when they are complete, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from xform_runtime.errors import ModuleFileError
from xform_runtime.folder import MANIFEST, FileRecord, read_manifest

from .files import Content, record_of, write_into


def write_folder(
    path: str,
    files: Mapping[str, Content],
    index: str,
    write_index: Callable[[Mapping[str, FileRecord]], bytes],
) -> None:
    """Writes a folder beside its place and then puts it there, instead of one of the same kind.

    Whoever has files of the old folder open keeps them. Between the renaming of the old folder and
    of the new one there is a moment without either; a process that is killed then leaves the old
    one beside, under a name that begins with ".xform-".

    Args:
        path: the folder; of a link, what it points to is replaced.
        files: what is in it, by name.
        index: the name of the file that says what is in it.
        write_index: gives that file's content for the sizes and digests of the others.

    Raises:
        OSError: it cannot be written, or what is there is no folder that xform wrote, or has more
            in it; names `path`.
    """
    given = os.fspath(path)
    target = os.path.realpath(given)
    parent, beside = os.path.dirname(target), f".xform-{secrets.token_hex(8)}"
    try:
        _require_own(target)
        if not os.path.isdir(parent):
            raise OSError(
                errno.ENOENT, f"cannot save, the directory {os.path.dirname(given)!r} is not there"
            )
        new = os.path.join(parent, beside)
        os.mkdir(new)
        try:
            records = {}
            for name, content in files.items():
                file = os.path.join(new, name)
                write_into(file, content)
                records[name] = record_of(file)
            write_into(os.path.join(new, index), write_index(records))
            _put(new, target, f"{new}.old")
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, given) from None


def _put(new: str, target: str, old: str) -> None:
    is_there = os.path.lexists(target)
    if is_there:
        os.rename(target, old)
    try:
        os.rename(new, target)
    except OSError:
        if is_there:
            os.rename(old, target)
        raise
    if is_there:
        shutil.rmtree(old, ignore_errors=True)
    with contextlib.suppress(OSError):
        handle = os.open(os.path.dirname(target), os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _require_own(target: str) -> None:
    """Refuses to replace what xform did not write, or what somebody has added to."""
    if not os.path.lexists(target):
        return
    if not os.path.isdir(target):
        raise OSError(errno.ENOTDIR, "a folder is written for several targets, and this is none")
    try:
        known = {MANIFEST, *(record.file for record in read_manifest(target).files)}
    except ModuleFileError:
        raise OSError(
            errno.EEXIST, "only a folder of modules that xform wrote is replaced, and this is none"
        ) from None
    others = sorted(entry.name for entry in Path(target).iterdir() if entry.name not in known)
    if others:
        raise OSError(errno.EEXIST, f"it is not replaced, as it has {others[0]!r} in it, too")


__all__ = ["write_folder"]
