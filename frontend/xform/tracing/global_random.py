"""A warning where a traced function draws from NumPy's global generator.

What it draws is a constant of the program, chosen while tracing: the same in each call, row and
turn of a loop.
"""

from __future__ import annotations

import ctypes
import dis
import functools
import inspect
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..errors import TracedRandomWarning
from ..source import is_internal, user_site

_MT19937_BYTES = 625 * 4
_MOST_FUNCTIONS = 1000


class Mark(NamedTuple):
    """Where the generator is: its state, and whether a normal number is left from the last draw."""

    state: bytes | str
    has_spare: bool


# Asking for the spare number takes 30 us. There is none as long as the state is this one: a draw
# that leaves one moves the state.
_without_spare: bytes | str | None = None


def mark() -> Mark:
    """Where NumPy's global generator is now."""
    global _without_spare
    numpy_random: Any = np.random
    generator = numpy_random.get_bit_generator()
    if isinstance(generator, np.random.MT19937):
        state: bytes | str = ctypes.string_at(generator.ctypes.state_address, _MT19937_BYTES)
    else:
        state = repr(generator.state)
    if state == _without_spare:
        return Mark(state, False)
    found = numpy_random.get_state(legacy=False)
    if not found["has_gauss"]:
        _without_spare = state
    return Mark(state, bool(found["has_gauss"]))


_registry: dict[Any, Any] = {}


def warn_if_moved(before: Mark, function: Callable[..., Any], name: str, transform: str) -> None:
    """Warns if the generator has moved, once for each line of a user that draws from it.

    Args:
        before: where it was before the function was traced.
        function: the function.
        name: how the message calls it.
        transform: how the message calls what traced it.
    """
    if mark() == before:
        return
    file, line = _drawing_line(function) or _definition(function)
    warnings.warn_explicit(
        f"np.random was used while {transform} traced {name!r}: what it draws is a constant of the "
        "program, chosen while tracing; draw with xform.random, from a key that is an argument",
        TracedRandomWarning,
        file,
        line,
        registry=_registry,
    )


def _drawing_line(function: Callable[..., Any]) -> tuple[str, int] | None:
    """The first place in a function, or in functions that it names, that names one of np.random's.

    A method of another object, or a name that is not global, is not followed.
    """
    waiting: deque[Any] = deque([function])
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_FUNCTIONS:
        current = waiting.popleft()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if not isinstance(current, FunctionType):
            waiting += _functions_of(current)
            continue
        code, cells = current.__code__, current.__closure__ or ()
        names = dict(current.__globals__)
        for variable, cell in zip(code.co_freevars, cells, strict=True):
            try:
                names[variable] = cell.cell_contents
            except ValueError:
                continue
            waiting.append(names[variable])
        if hasattr(current, "__wrapped__"):
            waiting.append(current.__wrapped__)
        if is_internal(code.co_filename):
            continue
        for value, line in _named(code, names):
            if getattr(value, "__self__", None) is np.random.mtrand._rand:
                return code.co_filename, line
            waiting.append(value)
    return None


def _functions_of(value: Any) -> list[Any]:
    """The functions that run where something else is called."""
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, MethodType):
        return [value.__func__]
    if isinstance(value, type) or not callable(value):
        return []
    return [f for f in (getattr(value, "__wrapped__", None), type(value).__call__) if f is not None]


def _named(code: CodeType, names: Mapping[str, Any]) -> Iterator[tuple[Any, int]]:
    """What a function names, such as `f` and `np.random.rand`, and the lines where it does."""
    value: Any = None
    for instruction in dis.get_instructions(code):
        line = (instruction.positions and instruction.positions.lineno) or code.co_firstlineno
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF"):
            value = names.get(instruction.argval)
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD") and isinstance(value, ModuleType):
            value = getattr(value, instruction.argval, None)
        else:
            value = None
        if callable(value) and not isinstance(value, type):
            yield value, line
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _named(constant, names)


def _definition(function: Callable[..., Any]) -> tuple[str, int]:
    while isinstance(function, functools.partial):
        function = function.func
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is not None and not is_internal(code.co_filename):
        return code.co_filename, code.co_firstlineno
    file, line, _ = user_site()
    return file or "<unknown>", line
