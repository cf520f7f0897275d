"""A process that compiles for another one, which it does not take along when a compiler dies.

It reads jobs from its standard input and writes what comes of them to its standard output, each as
a pickle behind its length, and ends when its input does. `workers` is the other side.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import struct
from resource import RUSAGE_SELF, getrusage
from typing import Any, Final

from .refusal import Refused

HEAD: Final = struct.Struct("<Q")


def read_exactly(handle: int, size: int) -> bytes:
    """Reads so many bytes.

    Raises:
        EOFError: there are fewer.
    """
    parts = []
    while size:
        part = os.read(handle, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def receive(handle: int) -> bytes:
    """Reads a message.

    Raises:
        EOFError: there is none any more.
    """
    return read_exactly(handle, HEAD.unpack(read_exactly(handle, HEAD.size))[0])


def send(handle: int, message: bytes) -> None:
    """Writes a message."""
    rest = memoryview(HEAD.pack(len(message)) + message)
    while rest:
        rest = rest[os.write(handle, rest) :]


def serve() -> None:
    """Does jobs until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs, answers = os.dup(0), os.dup(1)
    # What compilers print is no answer, and they have nothing to read.
    os.dup2(2, 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    _load()
    while True:
        try:
            job, arguments = pickle.loads(receive(jobs))
        except EOFError:
            break
        send(answers, pickle.dumps(_outcome(job, arguments)))
    # Compilers' threads may be at something still.
    os._exit(0)


def _outcome(job: Any, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    try:
        return True, job(*arguments)
    except MemoryError:
        took = getrusage(RUSAGE_SELF).ru_maxrss >> 10
        return False, Refused("memory", (f"the compiler asks for more memory than {took} MiB",))
    except Exception as error:
        return False, error


def _load() -> None:
    """Loads what most programs need, while the first one is being traced."""
    from ..iree.session import VM_FLAGS, session
    from . import backend  # noqa: F401

    # Otherwise, the first program hears of it.
    with contextlib.suppress(Refused):
        session(VM_FLAGS)
