"""Errors in the terms of the call that the user wrote: its function, and the argument at fault.

Functions are written in terms of each other, and read an option with `bool` or `operator.index`.
What these raise speaks of their own names; the outermost function, which the user called, puts
in its own and that of the parameter.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple, ParamSpec, TypeVar

from ..errors import (
    TracedValueError,
    XformError,
    XformIndexError,
    XformTypeError,
    XformValueError,
    at_user_line,
)
from ..source import is_internal
from ..tracing import traces
from ..tracing.users_call import holds

P = ParamSpec("P")
R = TypeVar("R")

# The code of what users call; below the outermost of these, messages are left alone.
_ENTRIES: set[CodeType] = set()
# Names that begin messages: of functions, and of steps that they share.
_NAMES: set[str] = {"operand"}
# Errors that Python and NumPy raise of wrong arguments, and ours for them; an AxisError is both of
# the last two.
_OURS: tuple[tuple[type[Exception], type[XformError]], ...] = (
    (TypeError, XformTypeError),
    (AttributeError, XformTypeError),
    (IndexError, XformIndexError),
    (ValueError, XformValueError),
)


def entry(function: Any, name: str) -> None:
    """Says that users call a function, and by which name."""
    _ENTRIES.add(function.__code__)
    _NAMES.add(name)


def explained(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator: what the function raises names it, and the argument that cannot be traced."""
    name = function.__name__.strip("_")

    @wraps(function)
    def public(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            explain(error, name, function, args, kwargs)
            raise

    entry(public, name)
    return public


class _Call(NamedTuple):
    """What the user called: how messages name it, the function, and its arguments."""

    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def bound(self) -> inspect.BoundArguments:
        """The arguments by parameter; a TypeError if they do not fit."""
        return inspect.signature(self.function).bind(*self.args, **self.kwargs)


def explain(
    error: Exception,
    name: str,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> None:
    """Puts an error in the terms of the call that raised it, if that is the user's own.

    Args:
        error: what the call raised.
        name: how messages call the function.
        function: what was called.
        args, kwargs: with which arguments.

    Raises:
        XformError: in place of an error of Python's or NumPy's.
    """
    if not _is_outermost(sys._getframe(1)) or _came_through_user(error.__traceback__):
        return
    call = _Call(name, function, args, kwargs)
    if isinstance(error, XformError):
        error.args = (_named(error, call), *error.args[1:])
        return
    for kind, own in _OURS:
        if isinstance(error, kind):
            message = _mismatch(call) or str(error)
            raise own(at_user_line(f"{name}: {message}")) from error


def _named(error: XformError, call: _Call) -> str:
    """The message of an error, as one of the call."""
    name, message = call.name, str(error)
    if isinstance(error, TracedValueError) and error.argument is not None:
        parameter = _parameter(error.argument, call)
        if parameter is not None:
            return at_user_line(
                f"{name}: `{parameter}` must be known while the function is traced, as sizes and "
                "options are, and is a traced array; pass a Python number, for example a static "
                "argument of jit"
            )
    if re.match(rf"(numpy\.)?{re.escape(name)}\b|NumPy's own ", message):
        return message
    begins = re.match(r"(\w+): ", message)
    if begins and begins[1] in _NAMES:
        message = message[begins.end() :]
    return f"{name}: {message}"


def _parameter(array: object, call: _Call) -> str | None:
    """The parameter that an array was passed for, or, if it was computed, may have come from."""
    try:
        bound = call.bound()
    except (TypeError, ValueError):
        return None
    given = {**bound.arguments}
    parameters = bound.signature.parameters
    for name in bound.arguments:
        if parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            given |= given.pop(name)
    for name, value in given.items():
        if holds(value, array):
            return name
    traced = [name for name, value in given.items() if _is_traced(value)]
    options = [name for name in traced if _is_option(parameters.get(name))]
    return "` or `".join(options or traced) or None


def _is_option(parameter: inspect.Parameter | None) -> bool:
    return parameter is None or parameter.default is not parameter.empty


def _is_traced(value: object) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_is_traced, value))
    return traces.is_traced(value)


def _mismatch(call: _Call) -> str | None:
    """Why a call does not fit the function's parameters; None if it does."""
    try:
        call.bound()
    except TypeError as mismatch:
        return str(mismatch)
    return None


def _is_outermost(frame: FrameType) -> bool:
    """Whether no other entry stands between a frame and the user's."""
    above = frame.f_back
    while above is not None and is_internal(above.f_code.co_filename):
        if above.f_code in _ENTRIES:
            return False
        above = above.f_back
    return True


def _came_through_user(traceback: TracebackType | None) -> bool:
    """Whether an error was raised in a function that the user passed."""
    while traceback is not None:
        if not is_internal(traceback.tb_frame.f_code.co_filename):
            return True
        traceback = traceback.tb_next
    return False


__all__ = ["entry", "explain", "explained"]
