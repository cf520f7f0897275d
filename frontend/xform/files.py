"""Files that appear under their names when they are complete, or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable
from hashlib import file_digest
from typing import Any, TypeAlias

from xform_runtime.folder import FileRecord

from .errors import XformTypeError, XformValueError, at_user_line

# The bytes of a file, or what writes them to a path.
Content: TypeAlias = bytes | Callable[[str], None]

_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def checked_path(what: str, path: Any) -> str:
    """A path as text.

    Args:
        what: begins the message.
        path: a str, bytes or os.PathLike.

    Raises:
        XformTypeError: it is none of them.
        XformValueError: no system has such a path.
    """
    try:
        found = os.fsdecode(path)
    except TypeError:
        raise XformTypeError(
            at_user_line(f"{what}: path must be a path, got {path!r} of type {type(path).__name__}")
        ) from None
    if not found or "\0" in found:
        raise XformValueError(at_user_line(f"{what}: {found!r} is no path of a file"))
    return found


def write_whole(
    path: str | os.PathLike[str],
    content: Content,
    *,
    mode: int = 0o666,
    temporary_prefix: str = ".xform-",
    durable: bool = False,
) -> None:
    """Writes a file, in place of a regular one only; a link stays, and its target is replaced.

    Args:
        path: the file.
        content: all of it, or what writes it to a path.
        mode: its permissions if it is new, but for the umask; an old one keeps its own.
        temporary_prefix: how the name begins under which it is written, in the same directory.
        durable: whether to wait until the disk has it.

    Raises:
        OSError: it cannot be written, or what is there is no regular file; names `path`.
    """
    given = os.fspath(path)
    target = os.path.realpath(given)
    try:
        if given.endswith(os.sep):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        old = _replaceable(target)
        temporary = os.path.join(os.path.dirname(target), temporary_prefix + secrets.token_hex(8))
        _write(temporary, target, content, mode, old, durable)
    except OSError as error:
        # The error at hand names a temporary file, which the user has never heard of.
        reason = error.strerror
        directory = os.path.dirname(target)
        if isinstance(error, FileNotFoundError) and not os.path.isdir(directory):
            shown = directory if os.path.islink(given) else os.path.dirname(given) or os.curdir
            reason = f"cannot save, the directory {shown!r} does not exist"
        raise OSError(error.errno, reason, given) from None


def _replaceable(target: str) -> os.stat_result | None:
    """What is at a path, if it is a file that may be written; None if there is nothing."""
    try:
        found = os.stat(target)
    except FileNotFoundError:
        return None
    kind = stat.S_IFMT(found.st_mode)
    if kind == stat.S_IFDIR:
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if kind != stat.S_IFREG:
        raise OSError(
            errno.EINVAL,
            f"only regular files are replaced, and this is {_KINDS.get(kind, 'none')}",
        )
    # Whoever may not write into a file may not replace it either, though the directory lets them.
    try:
        os.close(os.open(target, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0)))
    except FileNotFoundError:
        return None
    return found


def _write(
    temporary: str,
    target: str,
    content: Content,
    mode: int,
    old: os.stat_result | None,
    durable: bool,
) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
    handle = os.open(temporary, flags | getattr(os, "O_BINARY", 0), mode)
    try:
        with os.fdopen(handle, "wb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                content(temporary)
            if old is not None:
                # Only root may give files away.
                with contextlib.suppress(PermissionError):
                    os.chown(file.fileno(), old.st_uid, old.st_gid)
                os.chmod(file.fileno(), stat.S_IMODE(old.st_mode) & 0o777)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def write_into(path: str, content: Content) -> None:
    """Writes a new file of a folder that nobody knows yet, and waits until the disk has it.

    Raises:
        OSError: it cannot be written.
    """
    _write(f"{path}~", path, content, 0o666, None, durable=True)


def record_of(path: str) -> FileRecord:
    """The size and the digest of a file.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
        return FileRecord(os.path.basename(path), digest, os.fstat(file.fileno()).st_size)
