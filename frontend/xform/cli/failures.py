"""How a command ends: the exit codes, and failures that are one message to the user."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """What the command line ends with."""

    DONE = 0
    FOUND_WANTING = 1
    USAGE = 2
    FILE = 3
    PROGRAM = 4
    DEVICE = 5
    INTERNAL = 70
    INTERRUPTED = 130


MEANINGS: Final = {
    ExitCode.DONE: "it is done",
    ExitCode.FOUND_WANTING: "a check found something wanting (verify, doctor, run --selftest)",
    ExitCode.USAGE: "the command line is wrong, or an argument of the function",
    ExitCode.FILE: "a file cannot be read, is damaged, or cannot be written",
    ExitCode.PROGRAM: "the function cannot be loaded, traced or compiled",
    ExitCode.DEVICE: "a device is not available, or failed",
    ExitCode.INTERNAL: "a fault of xform's own; please report it",
    ExitCode.INTERRUPTED: "it was interrupted",
}


class CommandError(Exception):
    """What a command cannot go on from.

    Args:
        code: what the command line ends with.
        message: names what was given and what was expected.
        advice: what to do, on a line of its own.
    """

    def __init__(self, code: ExitCode, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.advice = advice


def near(word: str, known: Iterable[str], *, most: int = 8) -> str:
    """The words that one may have meant, as the end of a message.

    Args:
        word: what was given.
        known: what there is.
        most: how many of them to list where none is near.

    >>> near("los", ["loss", "accuracy"])
    "did you mean 'loss'?"
    >>> near("f", ["loss", "accuracy"])
    "expected one of 'accuracy', 'loss'"
    >>> near("f", [])
    ''
    """
    names = sorted(set(known))
    close = get_close_matches(word, names, n=3)
    if close:
        return f"did you mean {' or '.join(map(repr, close))}?"
    if not names:
        return ""
    listed = ", ".join(map(repr, names[:most]))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    if len(names) == 1:
        return f"there is only {listed}"
    return f"expected one of {listed}{more}"


def failure_of(error: BaseException) -> CommandError:
    """What an exception is to the user.

    Args:
        error: what ended a command.
    """
    from xform_runtime.errors import (
        DeviceError,
        ModuleFileError,
        XformError,
        XformRuntimeError,
    )

    if isinstance(error, CommandError):
        return error
    if isinstance(error, ModuleFileError):
        return CommandError(ExitCode.FILE, str(error))
    if isinstance(error, DeviceError):
        is_absent = "is not available" in str(error)
        advice = "`xform doctor` says what works here and what to install." if is_absent else ""
        return CommandError(ExitCode.DEVICE, str(error), advice)
    if isinstance(error, XformRuntimeError):
        return CommandError(ExitCode.DEVICE, str(error))
    if isinstance(error, XformError):
        return CommandError(ExitCode.USAGE, str(error))
    if isinstance(error, OSError) and error.filename is not None:
        return CommandError(ExitCode.FILE, f"{os_name(error)}: {error.strerror}")
    if isinstance(error, MemoryError):
        return CommandError(ExitCode.DEVICE, "there is not enough memory")
    return CommandError(
        ExitCode.INTERNAL,
        f"a fault of xform's own: {type(error).__name__}: {error}",
        "Please report it, with what --traceback prints.",
    )


def os_name(error: OSError) -> str:
    """The path that an error of the system is about."""
    name = error.filename
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name)
