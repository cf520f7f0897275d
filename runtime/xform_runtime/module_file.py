"""Module files as they are read: whole, into memory of the process's own.

What was checked is then what runs, whatever becomes of the file; a mapping would show what others
write into it, and end the process where they cut it.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from typing import Any

import numpy as np

from .errors import MissingFileError, ModuleFileError, XformTypeError, XformValueError

# IREE uses a module where it lies if it is aligned so, and copies it else.
_ALIGNMENT = 64
_HASH_DIGITS = 64


def path_text(path: Any) -> str:
    """A path as text.

    Args:
        path: a str, bytes or os.PathLike.

    Raises:
        XformTypeError: it is none of them.
    """
    try:
        return os.fsdecode(path)
    except TypeError:
        raise XformTypeError(
            f"the path of a module is a str, bytes or os.PathLike, got {path!r} of type "
            f"{type(path).__name__}"
        ) from None


def read_module(name: str, sha256: str | None = None) -> memoryview:
    """The bytes of a file.

    Args:
        name: its path.
        sha256: the hash that they must have, as hexadecimal digits; None for any.

    Raises:
        MissingFileError: there is none.
        ModuleFileError: it cannot be read, is no regular file, or has another hash.
        XformTypeError, XformValueError: `sha256` is no hash.
    """
    wanted = None if sha256 is None else _hash_text(sha256)
    try:
        with open(name, "rb", buffering=0, opener=_open) as file:
            content = _read(file, os.fstat(file.fileno()).st_size)
    except FileNotFoundError:
        raise MissingFileError(errno.ENOENT, "no such file", name) from None
    except IsADirectoryError:
        raise ModuleFileError(
            f"{name} is a directory: expected a compiled module (.vmfb)"
        ) from None
    except (OSError, ValueError) as error:
        raise ModuleFileError(f"{name} cannot be read: {error}") from None
    if wanted is not None:
        from hashlib import sha256 as hashed

        found = hashed(content).hexdigest()
        if found != wanted:
            raise ModuleFileError(
                f"{name} has the SHA-256 hash {found}, expected {wanted}: it is another file, or "
                "was changed"
            )
    return content


def _open(name: str, flags: int) -> int:
    """A regular file's handle; a FIFO would have its reader wait, a device may never end."""
    handle = os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
    kind = os.fstat(handle).st_mode
    if stat.S_ISREG(kind) or stat.S_ISDIR(kind):
        return handle
    os.close(handle)
    raise OSError(errno.EINVAL, "it is no regular file")


def _read(file: io.RawIOBase, size: int) -> memoryview:
    """As much of a file as it had at the beginning, or less if others cut it meanwhile."""
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % _ALIGNMENT
    content = memory[start : start + size].data
    position = 0
    while position < size:
        count = file.readinto(content[position:])
        if not count:
            break
        position += count
    return content[:position].toreadonly()


def _hash_text(sha256: Any) -> str:
    if not isinstance(sha256, str):
        raise XformTypeError(
            f"sha256 is a str of hexadecimal digits, got a {type(sha256).__name__}"
        )
    text = sha256.strip().lower()
    if len(text) != _HASH_DIGITS or not set(text) <= set("0123456789abcdef"):
        raise XformValueError(f"sha256 is {sha256!r}, expected {_HASH_DIGITS} hexadecimal digits")
    return text


__all__ = ["path_text", "read_module"]
