"""Transforms called outside of jit: traced anew each time, compiled once per equal program."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xform_runtime import Array, asarray

from . import pytrees
from .avals import is_array
from .compiler import Target
from .errors import XformTypeError, at_user_line
from .lowered import Compiled
from .program import Inputs, TracedProgram, inputs_of, trace_program

_LIMIT = 512
_compiled: OrderedDict[tuple[str, str], Compiled] = OrderedDict()
_lock = threading.Lock()


def call(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    name: str,
    transform: str,
) -> Any:
    """Traces `function(*args, **kwargs)` as a program and runs it.

    Array leaves and positional numbers are the program's arguments. Other leaves, and ints and
    bools among keyword arguments, reach the function as they are.

    Args:
        function: a function that is to be called in a trace.
        args: its positional arguments.
        kwargs: its keyword arguments.
        name: the name of the program.
        transform: how messages call what is being done.

    Raises:
        XformTypeError: an array of a dtype that cannot be compiled.
    """
    return prepare(function, args, kwargs, name=name, transform=transform)(args, kwargs)


class Prepared:
    """A traced call that is compiled when it is first made."""

    def __init__(self, traced: TracedProgram, device: str) -> None:
        self._traced = traced
        self._device = device
        self._compiled: Compiled | None = None
        self._hidden: list[Array] = []

    def __call__(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Runs the program for arguments of the types it was traced with."""
        if self._compiled is None:
            self._compiled = _compile(self._traced, self._device)
            self._hidden = [asarray(x, self._device) for x in self._traced.program.hidden]
        leaves = pytrees.leaves((tuple(args), dict(kwargs)))
        inputs, outputs = self._traced.inputs, self._traced.outputs
        values = inputs.values([leaves[i] for i in inputs.positions])
        return outputs.build(self._compiled.results([*values, *self._hidden]))


def prepare(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    name: str,
    transform: str,
) -> Prepared:
    """`call` up to the point where something is compiled; `args` may contain specs."""
    found, leaves, device = inputs(function, args, kwargs, transform)
    traced = trace_program(function, found, leaves, name=name, transform=transform, any_output=True)
    return Prepared(traced, device)


def inputs(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], transform: str
) -> tuple[Inputs, list[Any], str]:
    """The arguments of a direct call as a program's, all their leaves, and where they are.

    Raises:
        XformTypeError: an array of a dtype that cannot be compiled.
    """
    try:
        found, leaves = inputs_of(
            args, kwargs, _keeps, lambda: pytrees.argument_paths(function, args, kwargs)
        )
    except XformTypeError as error:
        raise XformTypeError(at_user_line(f"{transform}: {error}")) from None
    return found, leaves, _device(leaves)


def _keeps(leaf: Any, keyword: bool) -> bool:
    if isinstance(leaf, bool) or (keyword and isinstance(leaf, int)):
        return True
    return not is_array(leaf)


def _device(leaves: Sequence[Any]) -> str:
    for leaf in leaves:
        if isinstance(leaf, Array):
            return leaf.device
    return "cpu"


def _compile(traced: TracedProgram, device: str) -> Compiled:
    """The code of a program, to be called by `Compiled.results` only.

    It may have been compiled for another function of the same text, one that returns another
    structure or closes over what this one takes as an argument.
    """
    text = traced.program.module.text()
    key = (hashlib.sha256(text.encode()).hexdigest(), device)
    with _lock:
        found = _compiled.get(key)
        if found is not None:
            _compiled.move_to_end(key)
            return found
        compiled = _compiled[key] = Compiled(traced, Target(device), None)
        while len(_compiled) > _LIMIT:
            _compiled.popitem(last=False)
        return compiled
