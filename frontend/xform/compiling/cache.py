"""Compiled modules kept on disk, so that a program is compiled once per machine, not per process.

An entry is a file that holds checksums of its key and of the module, and the module. It appears
under its name only when it is whole (a temporary file is renamed), and one that is damaged, or
stands under another's name, is never used, so that any number of processes can share a directory
and be killed at any time. Whatever goes wrong with the disk, compilation goes on; a warning says so
once.

Modules are machine code. So a directory is used only if it is the user's and nobody else may write
into it, and of what is in it only regular files that are the user's own.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shlex
import stat
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..files import write_whole
from ..iree.compiler import compiler_identity
from ..iree.flags import compile_flags
from ..knobs import CACHE, CACHE_DIR, CACHE_LIMIT, DUMP
from .dump import Stages
from .forms import Origin, compile_program
from .machine_code import dump_machine_code, identity, is_compiled_here
from .plainly import plainly
from .targets import Target, as_target

_MAGIC: Final = b"xform-cache-2\n"
_HEAD_SIZE: Final = len(_MAGIC) + 2 * hashlib.sha256().digest_size
_SUFFIX: Final = ".xfc"
_TEMPORARY_PREFIX: Final = "writing-"
_TEMPORARY_LIFETIME: Final = 3600.0

_warned = False


@dataclass(frozen=True)
class Usage:
    """What a cache takes up.

    Args:
        entries: how many compiled modules it has.
        size: the bytes of its files.
    """

    entries: int
    size: int


@dataclass(frozen=True)
class CompileCache:
    """A directory of compiled modules.

    Args:
        directory: where the entries are; made when the first one is written.
        limit: bytes above which the least recently used entries are removed.
    """

    directory: Path
    limit: int

    def get(self, key: str) -> bytes | None:
        """The module stored under `key`; None if there is none, or it is damaged or another's."""
        path = self._path(key)
        try:
            with _own_directory(self.directory) as directory:
                content = _read_own_file(path.name, directory)
        except FileNotFoundError:
            return None
        except OSError as error:
            _warn_once(self.directory, error)
            return None
        if content is None:
            return None
        module = content[_HEAD_SIZE:]
        if content[:_HEAD_SIZE] != _head(key, module):
            with contextlib.suppress(OSError):
                path.unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return module

    def put(self, key: str, module: bytes) -> None:
        """Stores a module; a failure to do so is a warning, given once."""
        content = _head(key, module) + module
        if len(content) > self.limit:
            return
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _own_directory(self.directory):
                path = self._path(key)
                if not _is_taken(path):
                    write_whole(path, content, mode=0o600, temporary_prefix=_TEMPORARY_PREFIX)
                    self._shrink()
        except OSError as error:
            _warn_once(self.directory, error)

    def usage(self) -> Usage:
        """What the cache takes up; nothing where there is no directory.

        Raises:
            OSError: the directory cannot be read.
        """
        found = self._files()
        return Usage(len(found), sum(size for _, size, _ in found))

    def clear(self) -> Usage:
        """Removes all entries; processes that use the cache compile them again.

        Returns:
            What was removed. Files that are not the cache's stay.

        Raises:
            OSError: an entry cannot be removed.
        """
        found = self._files()
        for _, _, path in found:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        return Usage(len(found), sum(size for _, size, _ in found))

    def _files(self) -> list[tuple[float, int, str]]:
        """When each entry was used last, its size and its path."""
        entries: list[tuple[float, int, str]] = []
        with contextlib.suppress(FileNotFoundError), os.scandir(self.directory) as files:
            for file in files:
                # Another process may remove a file between the listing and the look at it.
                with contextlib.suppress(FileNotFoundError):
                    if file.name.endswith(_SUFFIX) and file.is_file(follow_symlinks=False):
                        status = file.stat(follow_symlinks=False)
                        entries.append((status.st_mtime, status.st_size, file.path))
        return entries

    def _path(self, key: str) -> Path:
        return self.directory / f"{key}{_SUFFIX}"

    def _shrink(self) -> None:
        self._remove_unfinished()
        entries = self._files()
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.limit:
                break
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            total -= size

    def _remove_unfinished(self) -> None:
        """Removes what processes left that were killed while they wrote."""
        now = time.time()
        for path in self.directory.glob(f"{_TEMPORARY_PREFIX}*"):
            with contextlib.suppress(FileNotFoundError):
                if now - path.lstat().st_mtime > _TEMPORARY_LIFETIME:
                    path.unlink()


def _head(key: str, module: bytes) -> bytes:
    """What an entry begins with."""
    return _MAGIC + hashlib.sha256(key.encode()).digest() + hashlib.sha256(module).digest()


@contextlib.contextmanager
def _own_directory(path: Path) -> Iterator[int]:
    """A handle of a directory, which stays the one that was looked at.

    Raises:
        OSError: there is none, or others can put files into it.
    """
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        status = os.fstat(handle)
        if status.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "it belongs to another user")
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(
                errno.EPERM, f"others may write into it: run chmod go-w {shlex.quote(str(path))}"
            )
        yield handle
    finally:
        os.close(handle)


def _read_own_file(name: str, directory: int) -> bytes | None:
    """The content of a regular file of the user's; None if it is something else.

    Raises:
        OSError: there is nothing of that name, or it cannot be read.
    """
    # A FIFO would have its reader wait.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        handle = os.open(name, flags, dir_fd=directory)
    except OSError as error:
        # A symbolic link, or a socket.
        if error.errno in (errno.ELOOP, errno.ENXIO):
            return None
        raise
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            return None
        with open(handle, "rb", closefd=False) as file:
            return file.read()
    finally:
        os.close(handle)


def _is_taken(path: Path) -> bool:
    """Whether there is something at a path that is no regular file, and not for us to replace."""
    try:
        return not stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def cache_key(linalg_text: str, target: Target | str) -> str:
    """The name of a cache entry: a hash of all that the compiled module depends on."""
    chosen = as_target(target)
    parts = (linalg_text, *compile_flags(chosen), chosen.cache_tag, compiler_identity(), identity())
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode()
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()


def default_cache() -> CompileCache | None:
    """The cache that the environment asks for, or None if it is turned off."""
    if not CACHE.get():
        return None
    return CompileCache(CACHE_DIR.get(), CACHE_LIMIT.get())


def compile_cached(
    linalg_text: str,
    target: Target | str,
    *,
    name: str,
    origin: Origin | None = None,
) -> bytes:
    """`compile_program` through the cache on disk; what `XFORM_DUMP` asks for is written anyway.

    Args:
        linalg_text: the module as MLIR text.
        target: what to compile for.
        name: what to call the program in diagnostics; not part of the cache key.
        origin: what the text was made of, for messages.

    Raises:
        CompileError: the program cannot be compiled.
        XformValueError: IREE does not know the target's processor, or a knob has a bad value.
    """
    dump = DUMP.get()
    stages = None if dump is None else Stages(dump, name, linalg_text)
    if stages is not None:
        stages.write("linalg", linalg_text)
        if is_compiled_here(linalg_text):
            dump_machine_code(stages, linalg_text, as_target(target), name=name)
        else:
            stages.write_script(compile_flags(as_target(target)))
    module = _stored_or_compiled(linalg_text, target, name, origin)
    if stages is not None:
        stages.write_module(module)
    return module


def _stored_or_compiled(
    linalg_text: str, target: Target | str, name: str, origin: Origin | None
) -> bytes:
    stored = default_cache()
    if stored is None or plainly.is_on:
        return compile_program(linalg_text, target, name=name, origin=origin).module
    key = cache_key(linalg_text, target)
    module = stored.get(key)
    if module is None:
        module, is_best = compile_program(linalg_text, target, name=name, origin=origin)
        if is_best:
            stored.put(key, module)
    return module


def _warn_once(directory: Path, error: OSError) -> None:
    global _warned
    if _warned:
        return
    _warned = True
    warnings.warn(
        f"the compile cache in {directory} cannot be used ({error}); compiling without it. "
        "Set XFORM_CACHE_DIR to a writable directory, or XFORM_CACHE=0.",
        RuntimeWarning,
        stacklevel=3,
    )
