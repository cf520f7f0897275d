"""The exceptions of xform: the runtime's hierarchy and what only tracing can meet."""

from __future__ import annotations

from typing import Any

from xform_runtime.errors import (
    DeviceError,
    MissingFileError,
    ModuleFileError,
    XformAttributeError,
    XformError,
    XformIndexError,
    XformRuntimeError,
    XformTypeError,
    XformValueError,
)
from xform_runtime.selftest_report import SelfTestError

from .source import user_site


class TracedValueError(XformTypeError):
    """A traced value was used where Python needs its number: `if`, `float()`, `range()`, ...

    Attributes:
        argument: the array, where it may have been passed to a function that needs a number.
    """

    argument: object = None

    def __reduce__(self) -> tuple[Any, ...]:
        # A traced array stays in the process that traces it.
        return type(self), self.args, {**self.__dict__, "argument": None}


class LeakedArrayError(XformValueError):
    """A traced array was used after the function it belongs to had returned."""


class TracedRandomWarning(UserWarning):
    """Numbers from NumPy's global generator became constants of a traced program."""


def at_user_line(message: str) -> str:
    """`message` followed by the user's place in the source, as every tracing error ends.

    >>> at_user_line("bad axis").startswith("bad axis")
    True
    """
    file, line, function = user_site()
    if not file:
        return message
    inside = f", in {function}" if function and function != "<module>" else ""
    return f"{message}\n  at {file}:{line}{inside}"


__all__ = [
    "DeviceError",
    "LeakedArrayError",
    "MissingFileError",
    "ModuleFileError",
    "SelfTestError",
    "TracedRandomWarning",
    "TracedValueError",
    "XformAttributeError",
    "XformError",
    "XformIndexError",
    "XformRuntimeError",
    "XformTypeError",
    "XformValueError",
    "at_user_line",
]
