"""Tracing: functions under construction, and how values enter them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

import numpy as np
from xform_runtime import Array
from xform_runtime.image import ModuleImage

from .._xform import Function, Location, Module, Type, Value
from ..errors import LeakedArrayError, TracedValueError, XformError, XformTypeError, at_user_line
from ..source import is_internal, user_location
from .array import TracedArray
from .asked_rules import Asked, AskedRules
from .avals import FLOAT_NAMES, Aval, aval_of, is_python_number, python_aval
from .complex_values import (
    AnyValue,
    ComplexValue,
    entry_type,
    joined,
    part_types,
    parts,
    splat,
    taken_apart,
)
from .innermost import current_trace as current_trace
from .innermost import stack
from .open_shapes import current_sizes


class Picture(Protocol):
    """What can be said in words, and drawn."""

    def __str__(self) -> str: ...

    def svg(self) -> str:
        """The picture."""


class Program:
    """One MLIR module under construction and the concrete arrays that it reads.

    Arrays that a function closes over become arguments of the module's entry, after the user's
    own, so that their values are no part of the program's text.

    Attributes:
        module: the MLIR module.
        hidden: copies of the closed-over arrays, in the order of the entry's last arguments.
        open_sizes: those that sizes of arguments stand for.
        stops_cut: whether stop_gradient becomes zeros, to see what depends on arguments without it.
        bake: whether closed-over arrays become constants of the entry instead, as a file needs.
        custom: the calls of functions with rules of their own.
        floats: by id, the Python floats that become arguments of the entry where they meet an
            array, so that the text does not depend on their values.
        called: the loaded modules that it calls.
        pictures: what whoever wants to know what became of the function may look at, too.
    """

    def __init__(
        self,
        module: Module | None = None,
        *,
        bake: bool = False,
        asked: Mapping[str, Asked] | None = None,
        floats: Sequence[float] = (),
        called: Sequence[ModuleImage] = (),
    ) -> None:
        self.module = Module() if module is None else module
        self.bake = bake
        self.stops_cut = False
        self.open_sizes = current_sizes()
        self.custom = AskedRules(asked or {})
        self.floats = {id(x): x for x in floats}
        self.hidden: list[np.ndarray[Any, Any] | Array] = []
        self.called = list(called)
        self.pictures: list[Picture] = []
        # By identity of the array; the array itself is kept so that its id stays taken.
        self._known: dict[int, list[tuple[Any, np.ndarray[Any, Any] | Array, AnyValue]]] = {}
        self._float_arguments: dict[int, Value] = {}

    def hidden_argument(self, entry: Function, array: Any) -> AnyValue:
        """The entry's value for a concrete array: one for each array and content.

        The content is copied, because the function may write into its array later.
        """
        known = self._known.setdefault(id(array), [])
        for _, frozen, value in known:
            if frozen is array or same_bits(frozen, array):
                return value
        frozen = array if isinstance(array, Array) else _frozen_copy(array)
        place = user_location()
        if self.bake:
            host = frozen.numpy() if isinstance(frozen, Array) else frozen
            value = _constant(entry, host, place)
        else:
            kind = aval_of(frozen, "a closed-over array").type
            argument = entry.add_argument(entry_type(kind), place)
            value = taken_apart(entry, argument, kind, place)
        self.hidden.append(frozen)
        known.append((array, frozen, value))
        return value

    def content_of(self, value: AnyValue) -> np.ndarray[Any, Any] | Array | None:
        """The closed-over array for which the entry has a value; None for any other value."""
        for known in self._known.values():
            for _, frozen, hidden in known:
                if hidden is value:
                    return frozen
        return None

    def float_argument(self, entry: Function, number: float) -> Value:
        """The entry's value for one of `floats`."""
        value = self._float_arguments.get(id(number))
        if value is None:
            value = entry.add_argument(Type((), "float64"), user_location())
            self.hidden.append(np.array(number))
            self._float_arguments[id(number)] = value
        return value


class Trace:
    """A function whose body is being recorded by running the user's function once.

    Attributes:
        program: the module that holds the function.
        function: the MLIR function.
        parent: the trace in which the transform was called; None for an entry.
        transform: how messages call it, for example "vmap".
        captures: for each value of `parent` that the body reads, the value and the argument that
            stands for it; these arguments come after the function's own.
        active: false once the body is finished.
        no_grad: how many `no_grad` blocks of this function are open.
        rows: in a vmap, how many rows there are, and its randomness.
        refusal: what a traced array said last where Python needs its number, and the user's file
            and line.
    """

    __slots__ = (
        "_captured",
        "active",
        "captures",
        "function",
        "no_grad",
        "parent",
        "program",
        "refusal",
        "rows",
        "transform",
    )

    def __init__(
        self, program: Program, function: Function, parent: Trace | None, transform: str
    ) -> None:
        self.program = program
        self.function = function
        self.parent = parent
        self.transform = transform
        self.captures: list[tuple[Value, Value]] = []
        self._captured: dict[int, Value] = {}
        self.active = True
        self.no_grad = 0
        self.rows: tuple[int, str] | None = None
        self.refusal: tuple[str, tuple[str, int]] | None = None

    def capture(self, outer: AnyValue) -> AnyValue:
        """The argument of this function that stands for a value of the parent's."""
        if isinstance(outer, ComplexValue):
            return ComplexValue(self._capture(outer.real), self._capture(outer.imag))
        return self._capture(outer)

    def _capture(self, outer: Value) -> Value:
        found = self._captured.get(id(outer))
        if found is None:
            found = self.function.add_argument(outer.type, user_location())
            self._captured[id(outer)] = found
            self.captures.append((outer, found))
        return found

    def value_of(self, x: TracedArray) -> AnyValue:
        """The value of a traced array inside this function.

        Raises:
            LeakedArrayError: it belongs to a function that has returned.
        """
        if x._trace is self:
            return x._value
        require_active(x)
        if self.parent is None:
            raise LeakedArrayError(
                at_user_line(
                    f"{x!r} belongs to another call that is being traced at the same time, "
                    "for example in another thread"
                )
            )
        return self.capture(self.parent.value_of(x))

    def value_of_array(self, array: Any) -> AnyValue:
        """The value of a concrete, non-scalar array inside this function."""
        if self.parent is None:
            return self.program.hidden_argument(self.function, array)
        return self.capture(self.parent.value_of_array(array))

    def value_of_float(self, number: float) -> AnyValue:
        """The value of one of the program's `floats` inside this function, a 0-d float64."""
        if self.parent is None:
            return self.program.float_argument(self.function, number)
        return self.capture(self.parent.value_of_float(number))

    def __repr__(self) -> str:
        return f"Trace({self.transform}, {self.function.name})"


def require_trace(what: str) -> Trace:
    """The innermost trace.

    Raises:
        XformTypeError: there is none; `what` names what needs one.
    """
    trace = stack.top
    if trace is None:
        raise XformTypeError(at_user_line(f"{what} can only be used while a function is traced"))
    return trace


def require_active(x: Any) -> None:
    """Raises LeakedArrayError for a traced array of a function that has returned."""
    if isinstance(x, TracedArray) and not x._trace.active:
        raise LeakedArrayError(
            at_user_line(
                f"{x!r} was made while {x._trace.transform} traced a function that has "
                "returned; a traced array lives only inside its function: return it as a "
                "result instead of storing it"
            )
        )


@contextmanager
def tracing(trace: Trace) -> Iterator[Trace]:
    """Makes `trace` the innermost one; afterwards its arrays can no longer be used."""
    outer = stack.top
    stack.top = trace
    try:
        yield trace
    except (TypeError, ValueError) as error:
        # NumPy wraps what float() raised where a traced array is written into one of its own, and
        # throws away what operator.index() raised of a size.
        if isinstance(error.__cause__, TracedValueError):
            raise error.__cause__ from None
        if trace.refusal is not None and not isinstance(error, XformError):
            message, site = trace.refusal
            if site == _raised_at(error):
                raise TracedValueError(message) from None
        raise
    finally:
        stack.top = outer
        trace.active = False
        trace.refusal = None


def closed_over(x: TracedArray) -> np.ndarray[Any, Any] | Array | None:
    """The concrete array for which a traced one stands; None if it is computed or an argument."""
    trace, value = x._trace, x._value
    while trace.parent is not None:
        outer = next((outer for outer, inner in trace.captures if inner is value), None)
        if outer is None:
            return None
        trace, value = trace.parent, outer
    return trace.program.content_of(value)


def _raised_at(error: BaseException) -> tuple[str, int]:
    """File and line of the innermost frame that an exception came through."""
    found = error.__traceback__
    while found is not None and found.tb_next is not None:
        found = found.tb_next
    return ("", 0) if found is None else (found.tb_frame.f_code.co_filename, found.tb_lineno)


def is_traced(value: object) -> bool:
    """Whether `value` is a traced array, of whatever trace."""
    return isinstance(value, TracedArray)


def wrap(value: AnyValue, trace: Trace, weak: bool = False) -> TracedArray:
    """A traced array for a value of the trace's function."""
    return TracedArray(value, trace, weak)


def aval(leaf: Any, where: str) -> Aval:
    """The aval of a concrete or traced leaf.

    Args:
        leaf: an array, a number, a spec or a traced array.
        where: its path, for the message.

    Raises:
        XformTypeError: it is none of them, or of a dtype that cannot be compiled.
    """
    return leaf._aval if isinstance(leaf, TracedArray) else aval_of(leaf, where)


def lift(x: Any, where: str = "operand") -> AnyValue:
    """The value of `x` in the innermost trace.

    A traced array of an outer function becomes a captured argument; a number or a 0-d array a
    constant; another concrete array a hidden argument of the entry.

    Args:
        x: a traced array, a NumPy or runtime array, or a number.
        where: its path, for the message.

    Raises:
        LeakedArrayError: a traced array of a function that has returned.
        XformTypeError: not an array, or of a dtype that cannot be compiled.
    """
    trace = stack.top
    if trace is None:
        trace = require_trace("lift")
    if isinstance(x, TracedArray):
        return x._value if x._trace is trace else trace.value_of(x)
    if is_python_number(x):
        if id(x) in trace.program.floats:
            return trace.value_of_float(x)
        return splat(trace.function, x, python_aval(x, where).type, user_location())
    kind = aval_of(x, where)
    if kind.shape == ():
        return splat(trace.function, np.asarray(x).item(), kind.type, user_location())
    if isinstance(x, np.ndarray | Array):
        return trace.value_of_array(x)
    return trace.value_of_array(np.asarray(x))


def complex_of(real: TracedArray, imag: TracedArray) -> TracedArray:
    """The complex array of two parts of one shape and dtype, of the innermost trace."""
    trace = require_trace("complex")
    values = lifted([real, imag])
    return wrap(ComplexValue(*values), trace, real._weak and imag._weak)


def real_of(x: TracedArray) -> TracedArray:
    """The real part of a traced array: of a real one, itself."""
    value = lift(x)
    part = value.real if isinstance(value, ComplexValue) else value
    return wrap(part, require_trace("real"), x._weak)


def imag_of(x: TracedArray) -> TracedArray:
    """The imaginary part of a complex traced array."""
    value = lift(x)
    assert isinstance(value, ComplexValue), "the caller has a complex array"
    return wrap(value.imag, require_trace("imag"), x._weak)


def lifted(xs: Iterable[Any]) -> list[Value]:
    """The values of some arrays in the innermost trace, as a function of the module takes them."""
    return parts(lift(x) for x in xs)


def result(value: Value, trace: Trace, weak: bool = False) -> TracedArray:
    """A traced array for what an operation of the trace's function returned.

    Inside of a `no_grad` block of that function it is a constant to every derivative.
    """
    return wrap(_held(value, trace), trace, weak)


def results(values: Iterable[Value], trace: Trace, like: Sequence[Aval]) -> list[TracedArray]:
    """`result` for what a call of a function of the module returned.

    Args:
        values: the values.
        trace: of the function that calls.
        like: the avals of the results; a 0-d one is weak where its aval is.
    """
    held = [_held(value, trace) for value in values]
    return [
        wrap(value, trace, kind.weak and not value.shape)
        for value, kind in zip(joined(held, like), like, strict=True)
    ]


def _held(value: Value, trace: Trace) -> Value:
    if trace.no_grad and value.dtype in FLOAT_NAMES:
        if trace.program.stops_cut:
            return trace.function.splat(0, value.type, user_location())
        (value,) = trace.function.emit("stop_gradient", [value], user_location())
    return value


def traced(x: Any, where: str = "operand") -> TracedArray:
    """`lift`, as a new traced array of the innermost trace.

    Writing into it does not change `x`, which is what passing an argument to a transformed
    function means.
    """
    value = lift(x, where)
    weak = x._weak if isinstance(x, TracedArray) else is_python_number(x)
    return wrap(value, require_trace("lift"), weak)


def function_name(function: Callable[..., Any]) -> str:
    """The name under which a function appears in the IR: its own, or "main" for a lambda.

    >>> function_name(lambda x: x)
    'main'
    """
    while isinstance(function, partial):
        function = function.func
    name = getattr(function, "__name__", None) or type(function).__name__
    if name == "<lambda>":
        return "main"
    clean = re.sub(r"\W", "_", name, flags=re.ASCII)
    return clean if not clean[:1].isdigit() else f"_{clean}"


def definition_site(function: Callable[..., Any]) -> Location:
    """Where a function is defined, or the place it is being called from."""
    while isinstance(function, partial):
        function = function.func
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    if code is None or is_internal(code.co_filename):
        return user_location()
    return Location(code.co_filename, code.co_firstlineno, code.co_name)


class Callee:
    """A finished function of the module, to be named by a transform operation.

    Attributes:
        function: the MLIR function. Its arguments are its own, then one for each capture.
        captures: traced arrays of the outer function for the captures.
        results: the avals of its results.
    """

    __slots__ = ("captures", "function", "results")

    def __init__(
        self, function: Function, captures: list[TracedArray], results: list[Aval]
    ) -> None:
        self.function = function
        self.captures = captures
        self.results = results

    def operands(self, own: Sequence[Value]) -> list[Value]:
        """All operands in the innermost trace: `own`, then the captures."""
        return [*own, *lifted(self.captures)]

    def capture_too(self, more: Sequence[TracedArray]) -> None:
        """Adds captures that the function does not read, so that another one can share them."""
        for kind in part_types(x._aval for x in more):
            self.function.add_argument(kind, user_location())
        self.captures = [*self.captures, *more]


def trace_callee(
    name: str,
    transform: str,
    avals: Sequence[Aval],
    body: Callable[[list[TracedArray]], Sequence[Any]],
    place: Location,
    captured: Sequence[TracedArray] = (),
) -> Callee:
    """Records `body` as a private function of the module of the innermost trace.

    Args:
        name: the function's name; a suffix is added if it is taken.
        transform: how messages call the transform.
        avals: the types of its arguments.
        body: takes the arguments, returns the results: traced arrays, arrays or numbers.
        place: the location of the arguments.
        captured: the captures of another callee, which come first among this one's.

    Raises:
        Whatever `body` raises; the unfinished function is then removed.
    """
    parent = require_trace(transform)
    function = parent.program.module.function(name, part_types(avals), place)
    trace = Trace(parent.program, function, parent, transform)
    own = joined(function.arguments, avals)
    for x in captured:
        trace.capture(x._value)
    try:
        with tracing(trace):
            arguments = [wrap(value, trace, a.weak) for value, a in zip(own, avals, strict=True)]
            results = [traced(x, "result") for x in body(arguments)]
            function.set_return(parts([x._value for x in results]), place)
    except BaseException:
        function.erase()
        raise
    captures = [wrap(outer, parent) for outer, _ in trace.captures]
    return Callee(function, captures, [x._aval for x in results])


def _constant(entry: Function, host: np.ndarray[Any, Any], place: Location) -> AnyValue:
    """The value of an array that becomes part of the program's text."""
    if host.dtype.kind == "c":
        return ComplexValue(*[
            entry.constant(np.ascontiguousarray(part).reshape(part.shape), place)
            for part in (host.real, host.imag)
        ])  # fmt: skip
    return entry.constant(np.ascontiguousarray(host).reshape(host.shape), place)


def _frozen_copy(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    kind = aval_of(array, "a closed-over array")
    frozen = np.array(array, dtype=kind.dtype, order="C")
    frozen.flags.writeable = False
    return frozen


def same_bits(frozen: np.ndarray[Any, Any] | Array, array: Any) -> bool:
    """Whether two arrays have one shape, dtype and content, NaNs and signs of zeros included."""
    if isinstance(frozen, Array) or isinstance(array, Array):
        return frozen is array
    if frozen.shape != array.shape or frozen.dtype != array.dtype:
        return False
    return bool(frozen.tobytes() == array.tobytes())
