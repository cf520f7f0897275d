"""Whole programs: a user's function traced as the entry of a module of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from xform_runtime import Array

from .. import pytrees
from .._xform import Function
from ..compiling import workers
from ..errors import XformTypeError, at_user_line
from . import global_random, operations, traces
from .asked_rules import EXPANSION, Asked
from .avals import Aval, Spec
from .complex_values import AnyValue, entry_type, put_together, taken_apart
from .open_sizes import Open
from .operations import Overriding
from .traces import Program, Trace, definition_site


@dataclass(frozen=True)
class Inputs:
    """The arguments of a program.

    Attributes:
        spec: the structure of (args, kwargs).
        positions: which of its leaves are arguments of the program; the others were kept as
            they are.
        avals: their avals.
        paths: their paths, such as `args[0]['w']`.
        donated: the numbers of the program's arguments whose memory results may take over.
        parameters: the names of the positional arguments, "" where one has none; empty if nobody
            asked for them.
    """

    spec: pytrees.TreeSpec
    positions: tuple[int, ...]
    avals: tuple[Aval, ...]
    paths: tuple[str, ...]
    donated: tuple[int, ...] = ()
    parameters: tuple[str, ...] = ()

    def values(self, arguments: Sequence[Any]) -> list[Array | np.ndarray[Any, Any]]:
        """The program's arguments as arrays of their dtypes.

        Raises:
            XformTypeError: a spec, which has no values.
        """
        return [_array(x, kind) for x, kind in zip(arguments, self.avals, strict=True)]


@dataclass(frozen=True)
class Outputs:
    """The results of a program.

    Attributes:
        spec: the structure of what the function returned.
        leaves: for each leaf the number of the result, or what was returned if it is not an array.
        avals: the avals of the results.
        paths: the results' paths, such as `output[0]`.
    """

    spec: pytrees.TreeSpec
    leaves: tuple[int | _Static, ...]
    avals: tuple[Aval, ...]
    paths: tuple[str, ...]

    def build(self, results: Sequence[Any]) -> Any:
        """The function's result from the program's."""
        return pytrees.unflatten(
            self.spec,
            [leaf.value if isinstance(leaf, _Static) else results[leaf] for leaf in self.leaves],
        )

    @property
    def is_plain(self) -> bool:
        """Whether the only result is what the function returned."""
        return self.spec.is_leaf() and self.leaves == (0,)


@dataclass(frozen=True)
class _Static:
    """A leaf of the output that is not an array."""

    value: Any


@dataclass(frozen=True)
class TracedProgram:
    """A traced function with the structures around it.

    Attributes:
        name: the entry's name.
        program: the module and the closed-over arrays.
        function: the entry.
        inputs: its arguments.
        outputs: its results.
        seconds: how long tracing took.
        open: the same function for other sizes, where some are open.
    """

    name: str
    program: Program
    function: Function
    inputs: Inputs
    outputs: Outputs
    seconds: float
    open: Open | None = None

    @property
    def closed_over(self) -> Sequence[np.ndarray[Any, Any] | Array]:
        """The arrays that it closes over and that are its last arguments.

        Where sizes are open they are constants, as they may be others for each size.
        """
        return () if self.open is not None else self.program.hidden


def trace_program(
    function: Callable[..., Any],
    inputs: Inputs,
    leaves: Sequence[Any],
    *,
    name: str,
    transform: str,
    bake: bool = False,
    any_output: bool = False,
    floats: Sequence[float] = (),
    expansions: Callable[[], Sequence[str]] = lambda: (EXPANSION,),
) -> TracedProgram:
    """Traces a function as the public entry of a new module.

    A function that calls others with rules of their own is traced again until they have all the
    rules that they need. A function that draws from NumPy's global generator gets a warning.

    Args:
        function: the user's function.
        inputs: its arguments.
        leaves: all leaves of the arguments; those in `inputs.positions` are replaced.
        name: the entry's name.
        transform: how messages call what is being done.
        bake: whether closed-over arrays become constants.
        any_output: whether the output may have leaves of any type; otherwise only arrays,
            numbers and immutable plain values.
        floats: Python numbers that the function sees, but the program's text need not.
        expansions: the passes that ask for these rules; called after tracing.

    Raises:
        XformTypeError: an output of another type.
        Whatever the function raises.
    """
    workers.start()
    operations.load()
    start = time.perf_counter()
    generator = global_random.mark()
    asked: Mapping[str, Asked] | None = {}
    while asked is not None:
        program = Program(bake=bake, asked=asked, floats=floats)
        entry, outputs = _trace_entry(
            program, function, inputs, leaves, name, transform, any_output
        )
        asked = None
        if program.custom.is_needed:
            asked = program.custom.completed(program.module, expansions())
    global_random.warn_if_moved(generator, function, name, transform)
    return TracedProgram(name, program, entry, inputs, outputs, time.perf_counter() - start)


def _trace_entry(
    program: Program,
    function: Callable[..., Any],
    inputs: Inputs,
    leaves: Sequence[Any],
    name: str,
    transform: str,
    any_output: bool,
) -> tuple[Function, Outputs]:
    place = definition_site(function)
    types = [entry_type(kind.type) for kind in inputs.avals]
    entry = program.module.function(name, types, place, public=True)
    trace = Trace(program, entry, None, transform)
    with traces.tracing(trace):
        filled = list(leaves)
        for position, argument, kind in zip(
            inputs.positions, entry.arguments, inputs.avals, strict=True
        ):
            value = taken_apart(entry, argument, kind.type, place)
            filled[position] = traces.wrap(value, trace, kind.weak)
        args, kwargs = pytrees.unflatten(inputs.spec, filled)
        result = function(*args, **kwargs)
        outputs, values = _outputs(result, transform, any_output)
        entry.set_return([put_together(entry, value, place) for value in values], place)
    return entry, outputs


def _outputs(result: Any, transform: str, any_output: bool) -> tuple[Outputs, list[AnyValue]]:
    leaves, spec = pytrees.flatten(result)
    found: list[int | _Static] = []
    avals: list[Aval] = []
    names: list[str] = []
    values: list[AnyValue] = []
    for leaf, path in zip(leaves, pytrees.paths(spec, "output"), strict=True):
        if _is_array(leaf):
            x = traces.traced(leaf, path)
            found.append(len(values))
            values.append(x._value)
            avals.append(x._aval)
            names.append(path)
        elif isinstance(leaf, Overriding):
            leaf.refuse()
        elif any_output or isinstance(leaf, str | bytes | Enum | type | np.dtype):
            found.append(_Static(leaf))
        else:
            raise XformTypeError(
                at_user_line(
                    f"{transform}: {path} is of type {type(leaf).__name__}, which is neither an "
                    "array nor a number; register a container class with xform.tree.register"
                )
            )
    return Outputs(spec, tuple(found), tuple(avals), tuple(names)), values


def _is_array(leaf: object) -> bool:
    if traces.is_traced(leaf) or isinstance(leaf, bool | int | float | np.ndarray | Array):
        return True
    return isinstance(leaf, np.generic | complex)


def _array(leaf: Any, kind: Aval) -> Array | np.ndarray[Any, Any]:
    if isinstance(leaf, Array):
        return leaf
    if isinstance(leaf, Spec):
        raise XformTypeError(f"{leaf!r} has no values to call a program with: use it to lower one")
    return np.asarray(leaf, kind.dtype)


def inputs_of(
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    keeps: Callable[[Any, int | None], bool],
    names: Callable[[], Sequence[str]],
) -> tuple[Inputs, list[Any]]:
    """The arguments of a call as those of a program, and all their leaves.

    Args:
        args: positional arguments.
        kwargs: keyword arguments.
        keeps: whether a leaf of a positional argument, which is given by number, or of a keyword
            argument stays as it is.
        names: the names of all arguments for messages.

    Raises:
        XformTypeError: a leaf that is not kept is not an array; the message has its path.
    """
    leaves, spec = pytrees.flatten((tuple(args), dict(kwargs)))
    of_args, of_kwargs = spec.children()
    arguments: list[int | None] = [
        i for i, part in enumerate(of_args.children()) for _ in range(part.num_leaves)
    ]
    arguments += [None] * of_kwargs.num_leaves
    positions = tuple(
        i
        for i, (leaf, argument) in enumerate(zip(leaves, arguments, strict=True))
        if not keeps(leaf, argument)
    )
    paths = _program_paths(spec)
    avals: list[Aval] = []
    for i in positions:
        try:
            avals.append(traces.aval(leaves[i], paths[i]))
        except XformTypeError:
            traces.aval(leaves[i], _message_paths(spec, names())[i])
            raise
    inputs = Inputs(spec, positions, tuple(avals), tuple(paths[i] for i in positions))
    return inputs, leaves


def _program_paths(spec: pytrees.TreeSpec) -> list[str]:
    args, kwargs = spec.children()
    return pytrees.paths(args, "args") + pytrees.paths(kwargs, "kwargs")


def _message_paths(spec: pytrees.TreeSpec, names: Sequence[str]) -> list[str]:
    args, kwargs = spec.children()
    parts = [*args.children(), *kwargs.children()]
    return [
        path for part, name in zip(parts, names, strict=True) for path in pytrees.paths(part, name)
    ]
