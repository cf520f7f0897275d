"""Transforms called outside of jit: traced anew each time, compiled once per equal program."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

from xform_runtime import Array, asarray

from .. import pytrees
from ..errors import XformTypeError, at_user_line
from ..tracing.avals import is_array, is_python_number
from ..tracing.program import Inputs, TracedProgram, inputs_of, trace_program
from .lowered import Compiled
from .plainly import plainly
from .targets import Target

_LIMIT = 512
_compiled: OrderedDict[tuple[str, tuple[bool, ...], str, bool], Compiled] = OrderedDict()
_lock = threading.Lock()


def call(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    name: str,
    transform: str,
    traced: Collection[int] | None = None,
) -> Any:
    """Traces `function(*args, **kwargs)` as a program and runs it.

    Arrays are the program's arguments, and some Python numbers. Other leaves reach the function as
    they are; a float among them is nevertheless an argument of the program where it meets an
    array, so that the compiled code serves other values too.

    Args:
        function: a function that is to be called in a trace.
        args: its positional arguments.
        kwargs: its keyword arguments.
        name: the name of the program.
        transform: how messages call what is being done.
        traced: the positional arguments whose ints and floats are traced; None for all of them,
            and the floats among keyword arguments.

    Raises:
        XformTypeError: an array of a dtype that cannot be compiled.
    """
    prepared = prepare(function, args, kwargs, name=name, transform=transform, traced=traced)
    return prepared(args, kwargs)


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
        return outputs.build(self._compiled.results([*values, *self._hidden], self._hidden))


def prepare(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    name: str,
    transform: str,
    traced: Collection[int] | None = None,
) -> Prepared:
    """`call` up to the point where something is compiled; `args` may contain specs."""
    found, leaves, device = inputs(function, args, kwargs, transform, traced)
    kept = set(range(len(leaves))) - set(found.positions)
    program = trace_program(
        function,
        found,
        leaves,
        name=name,
        transform=transform,
        any_output=True,
        floats=[leaves[i] for i in kept if type(leaves[i]) is float],
    )
    return Prepared(program, device)


def inputs(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    transform: str,
    traced: Collection[int] | None = None,
) -> tuple[Inputs, list[Any], str]:
    """The arguments of a direct call as a program's, all their leaves, and where they are.

    Raises:
        XformTypeError: an array of a dtype that cannot be compiled.
    """
    try:
        found, leaves = inputs_of(
            args,
            kwargs,
            partial(_keeps, traced),
            lambda: pytrees.argument_paths(function, args, kwargs),
        )
    except XformTypeError as error:
        raise XformTypeError(at_user_line(f"{transform}: {error}")) from None
    return found, leaves, _device(leaves)


def _keeps(traced: Collection[int] | None, leaf: Any, argument: int | None) -> bool:
    if isinstance(leaf, bool) or not is_array(leaf):
        return True
    if not is_python_number(leaf):
        return False
    if traced is not None:
        return argument not in traced
    return argument is None and isinstance(leaf, int)


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
    # Complex numbers are pairs of real ones in the text.
    avals = (*traced.inputs.avals, *traced.outputs.avals)
    kinds = tuple(kind.is_complex for kind in avals)
    key = (hashlib.sha256(text.encode()).hexdigest(), kinds, device, plainly.is_on)
    with _lock:
        found = _compiled.get(key)
        if found is not None:
            _compiled.move_to_end(key)
            return found
        compiled = _compiled[key] = Compiled(traced, Target(device), None)
        while len(_compiled) > _LIMIT:
            _compiled.popitem(last=False)
        return compiled
