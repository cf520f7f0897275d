"""The user's line at which a compiler dies, where its process says nothing of it.

Beginnings of the program without transforms are compiled until one is found of which the compiler
dies while it does not without its last operation. Where that runs functions of its own, as loops
do, these are searched too. All of it happens in workers, and ends after so many tries and seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from .._xform import Function, Module
from . import workers
from .refusal import Refused

_TRIES: Final = 40
_SECONDS: Final = 60.0


class Divisible(NamedTuple):
    """A program of which parts can be compiled.

    Args:
        name: what to call it.
        expanded: gives it without transforms, in MLIR's bytecode, or raises `Refused`.
        entries: the functions in it that are called from outside.
    """

    name: str
    expanded: Callable[[], bytes]
    entries: Sequence[str]


class Place(NamedTuple):
    """A line of the user's."""

    file: str
    line: int


def fatal_line(
    program: Divisible, compile_part: Callable[[bytes], object], death: Refused
) -> Place | None:
    """The user's line of the first operation of which a compiler dies.

    Args:
        program: the program.
        compile_part: compiles a part of it as the program was, or raises `Refused`.
        death: how the compiler died of the program.

    Returns:
        None where parts of the program do not have it die alike, or the search takes too long.
    """
    end = time.monotonic() + _SECONDS
    doing = f"{program.name!r}: looking for the line that the compiler dies of"
    with _shown(doing), workers.until(end):
        try:
            module = Module.parse(program.expanded(), program.name)
            return _Search(module, compile_part, death).within(program.entries)
        except Refused:
            return None


class _Search:
    """The search in one program; see `fatal_line`."""

    def __init__(
        self, module: Module, compile_part: Callable[[bytes], object], death: Refused
    ) -> None:
        self._module = module
        self._compile_part = compile_part
        self._death = death
        self._tries = 0

    def within(self, names: Sequence[str]) -> Place | None:
        """The line in the first of some functions of which the compiler dies.

        Raises:
            Refused: the search takes too long, and no line is known so far.
        """
        for name in names:
            function = self._module.lookup(name)
            if self._is_fatal(function.extract()):
                return self._line(function)
        return None

    def _line(self, function: Function) -> Place | None:
        """The line in a function of which the compiler dies."""
        operations = function.operations
        # Of so many operations it does not die, and of so many it does.
        survived, died = 0, len(operations)
        if not died:
            return None
        while died - survived > 1:
            middle = (survived + died) // 2
            if self._is_fatal(function.beginning(middle)):
                died = middle
            else:
                survived = middle
        file, line, callees = operations[died - 1]
        found = Place(file, line) if file else None
        try:
            return self.within(callees) or found
        except Refused:
            if found is None:
                raise
            return found

    def _is_fatal(self, part: Module) -> bool:
        """Whether the compiler dies of a part as it does of the program."""
        self._tries += 1
        if self._tries > _TRIES:
            raise Refused("time", ("there were as many tries as there may be",))
        try:
            self._compile_part(part.bytecode())
        except Refused as refused:
            if refused.stage == "time":
                raise
            return refused.is_like(self._death)
        return False


@contextmanager
def _shown(doing: str) -> Iterator[None]:
    """Shows what is being done, where standard error is a terminal."""
    terminal = sys.stderr
    if terminal is None or not terminal.isatty():
        yield
        return
    terminal.write(f"{doing} ...")
    terminal.flush()
    try:
        yield
    finally:
        terminal.write("\r\x1b[2K")
        terminal.flush()
