"""A function's forward pass and its derivative as two programs.

The residuals, what lies between them, stay on the device, so that the derivative can be applied
often without running the function again.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from xform_runtime import Array, asarray

from .. import pytrees
from .._xform import Type
from ..knobs import DUMP
from ..tracing.avals import Aval, checked_dtype
from ..tracing.program import Inputs, Outputs, TracedProgram, trace_program
from ..tracing.traces import Program
from . import direct
from .build import after_passes
from .dump import Stages
from .lowered import Compiled
from .plainly import plainly
from .targets import Target

_LIMIT = 128
_known: OrderedDict[tuple[Any, ...], Halves] = OrderedDict()
_lock = threading.Lock()


class Halves:
    """The forward pass and the derivative of one program, each compiled when first needed.

    Args:
        traced: the program; it is differentiated by its own arguments, not by what it closes over.
        results: which of its results have cotangents or tangents.
        transpose: whether the derivative is the pullback or the pushforward.
        device: where both run.
    """

    def __init__(
        self, traced: TracedProgram, results: Sequence[int], transpose: bool, device: str
    ) -> None:
        self.traced = traced
        self.device = device
        dump = DUMP.get()
        if dump is not None:
            text = traced.program.module.text()
            Stages(dump, traced.name, text).write("xform", text)
        passes = split_pass(traced.name, len(traced.inputs.avals), results, transpose)
        self._module = after_passes(traced.program.module, passes, traced.name)
        self._results = results
        self._transpose = transpose
        self._forward = f"{traced.name}.forward"
        self._linear = f"{traced.name}.{'pullback' if transpose else 'pushforward'}"

    @cached_property
    def forward(self) -> Compiled:
        """From the primals, then what is closed over, to the results, then the residuals."""
        traced = self.traced
        return self._compiled(self._forward, self._held, traced.outputs.avals)

    @cached_property
    def linear(self) -> Compiled:
        """From the primals, what is closed over, residuals and cotangents or tangents."""
        traced = self.traced
        outputs = [traced.outputs.avals[i] for i in self._results]
        given, found = outputs, traced.inputs.avals
        if not self._transpose:
            given, found = list(found), tuple(outputs)
        return self._compiled(self._linear, self._held, found, given)

    @property
    def _held(self) -> list[Aval]:
        """The avals of the primals and of what is closed over."""
        traced = self.traced
        hidden = (Aval(tuple(x.shape), x.dtype) for x in traced.program.hidden)
        return [*traced.inputs.avals, *hidden]

    def _compiled(
        self,
        name: str,
        first: Sequence[Aval],
        results: Sequence[Aval],
        last: Sequence[Aval] = (),
    ) -> Compiled:
        """One of the two functions, compiled with flat arguments and results.

        Args:
            name: the function's.
            first: the avals of its first arguments; residuals come behind them.
            results: those of its first results; residuals come behind them.
            last: those of its last arguments.
        """
        function = self._module.lookup(name)
        module = function.extract()
        traced = TracedProgram(
            name,
            Program(module, called=self.traced.program.called),
            module.lookup(name),
            _inputs(_between(first, function.argument_types, last)),
            _outputs(_between(results, function.result_types)),
            self.traced.seconds,
        )
        return Compiled(traced, Target(self.device), None)


def split_pass(
    name: str, arguments: int, results: Sequence[int], transpose: bool, *, asks: bool = False
) -> str:
    """The pass that makes the halves of a program.

    Args:
        name: the program's name.
        arguments: how many arguments it is differentiated by, the first ones.
        results: which of its results have cotangents or tangents.
        transpose: whether the derivative is the pullback or the pushforward.
        asks: whether the pass only asks for the rules of custom calls.
    """
    argnums = ",".join(map(str, range(arguments)))
    numbers = ",".join(map(str, results))
    return (
        f"xform-split-derivative{{function={name} argnums={argnums} results={numbers} "
        f"transpose={_text(transpose)} asks={_text(asks)}}}"
    )


def _text(option: bool) -> str:
    return "true" if option else "false"


class Linearized(NamedTuple):
    """A function at a point.

    Attributes:
        output: what the function returned.
        apply: the derivative there, from cotangents to cotangents or from tangents to tangents,
            all of them flat.
    """

    output: Any
    apply: Callable[[Sequence[Any]], list[Array]]


def linearize_direct(
    function: Callable[..., Any],
    primals: tuple[Any, ...],
    results: Callable[[], Sequence[int]],
    *,
    name: str,
    transform: str,
    transpose: bool,
) -> Linearized:
    """Runs a function outside of a trace and keeps its residuals.

    Args:
        function: called in a trace with the primals.
        primals: pytrees of floating arrays.
        results: which leaves of the function's result have cotangents or tangents, at least one;
            called after tracing.
        name: the name of the program.
        transform: how messages call what is being done.
        transpose: whether `apply` is the pullback or the pushforward.
    """
    inputs, leaves, device = direct.inputs(function, primals, {}, transform)
    traced = trace_program(
        function,
        inputs,
        leaves,
        name=name,
        transform=transform,
        any_output=True,
        expansions=lambda: (split_pass(name, len(inputs.avals), results(), transpose, asks=True),),
    )
    halves = halves_of(traced, results(), transpose, device)
    held = [asarray(leaf, device) for leaf in [*leaves, *traced.program.hidden]]
    values = halves.forward.results(held)
    total = len(traced.outputs.avals)
    residuals = values[total:]

    def apply(given: Sequence[Any]) -> list[Array]:
        return list(halves.linear.run([*held, *residuals, *given]))

    return Linearized(traced.outputs.build(values[:total]), apply)


def halves_of(
    traced: TracedProgram, results: Sequence[int], transpose: bool, device: str
) -> Halves:
    """The halves of a program, which equal programs share; see `Halves` for the arguments."""
    text = traced.program.module.text()
    # Programs of one text may close over what others take as arguments.
    digest = hashlib.sha256(text.encode()).digest()
    # Complex numbers are pairs of real ones in the text.
    kinds = tuple(kind.is_complex for kind in (*traced.inputs.avals, *traced.outputs.avals))
    key = (digest, traced.name, kinds, tuple(results), transpose, device, plainly.is_on)
    with _lock:
        found = _known.get(key)
        if found is None:
            found = _known[key] = Halves(traced, results, transpose, device)
            while len(_known) > _LIMIT:
                _known.popitem(last=False)
        _known.move_to_end(key)
        return found


def _between(
    first: Sequence[Aval], types: Sequence[Type], last: Sequence[Aval] = ()
) -> tuple[Aval, ...]:
    """The avals of a function's arguments or results, of which some are known."""
    residuals = types[len(first) : len(types) - len(last)]
    found = (Aval(t.shape, checked_dtype(t.dtype, "a value")) for t in residuals)
    return (*first, *found, *last)


def _inputs(avals: tuple[Aval, ...]) -> Inputs:
    spec = pytrees.structure((tuple(range(len(avals))), {}))
    paths = tuple(f"args[{i}]" for i in range(len(avals)))
    return Inputs(spec, tuple(range(len(avals))), avals, paths)


def _outputs(avals: tuple[Aval, ...]) -> Outputs:
    numbers = tuple(range(len(avals)))
    paths = tuple(f"output[{i}]" for i in numbers)
    return Outputs(pytrees.structure(numbers), numbers, avals, paths)
