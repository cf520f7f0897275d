"""Calls of functions with rules of their own, and the rules as functions of the module."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import pytrees
from ..errors import XformTypeError, XformValueError, at_user_line
from ..primitives import broadcast_in_dim, full
from ..source import user_location
from ..tracing import traces
from ..tracing.avals import Aval, real_avals
from ..tracing.complex_values import any_part
from ..tracing.traces import Callee, complex_of, lifted, require_trace, trace_callee
from .calls import inexact, reporting, wrapped
from .derivative import matching_leaf

if TYPE_CHECKING:
    from ..tracing.array import TracedArray

Body = Callable[[list[Any]], Sequence[Any]]


class Batch(NamedTuple):
    """A batch for which a vmap rule is asked.

    Attributes:
        inputs: which of the inputs have their rows along a leading axis.
        size: how many rows there are.
        randomness: what the vmap says about random draws.
    """

    inputs: tuple[bool, ...]
    size: int
    randomness: str


class Derivative(NamedTuple):
    """The derivative rules of a call, functions of flat lists of traced arrays.

    Attributes:
        jvp: from the inputs and a tangent for each floating one to the results and a tangent for
            each floating one.
        forward: from the inputs to the results and the residuals.
        backward: from the residuals and a cotangent for each floating result to a cotangent for
            each floating input; traced after `forward`.
    """

    jvp: Body | None = None
    forward: Body | None = None
    backward: Body | None = None


class CustomFunction(ABC):
    """A function with rules of its own, at one call.

    Attributes:
        derives_vmap: whether it is batched by batching it and its rules alike.
        symbolic_zeros: whether its backward rule wants to know which cotangents are zero; read
            when the rule has been traced.
        has_backward: whether there is a backward rule, which then transposes a call that is linear
            in tangents or cotangents of a rule around it.
    """

    derives_vmap = True
    symbolic_zeros = False
    has_backward = False

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name in the module."""

    @abstractmethod
    def primal(self, leaves: list[Any]) -> Sequence[Any]:
        """The results from the inputs."""

    @abstractmethod
    def derivative(self, active: Sequence[bool], cotangents: Sequence[bool] | None) -> Derivative:
        """The derivative rules, of which there is one.

        Args:
            active: which inputs are differentiated.
            cotangents: which floating results are ever given a cotangent; None if that is not
                known.
        """

    def rows(self, batch: Batch, leaves: list[Any]) -> Sequence[Any]:
        """The results of all rows, each batched one with its rows along a leading axis."""
        raise NotImplementedError


class _Rules:
    """The functions of one call, which share their captures."""

    def __init__(self) -> None:
        self.callees: list[Callee] = []

    def trace(self, name: str, transform: str, avals: Sequence[Aval], body: Body) -> Callee:
        """Each captures what those before it do, and more."""
        captured = self.callees[-1].captures if self.callees else ()
        callee = trace_callee(name, transform, avals, body, user_location(), captured)
        self.callees.append(callee)
        return callee

    def captures(self) -> list[TracedArray]:
        """The captures, after all functions have been traced."""
        shared = self.callees[-1].captures
        for callee in self.callees:
            callee.capture_too(shared[len(callee.captures) :])
        return shared


def call_custom(function: CustomFunction, inputs: Sequence[TracedArray]) -> list[TracedArray]:
    """The results of a function, and its rules for the transforms that ask for them.

    Args:
        function: the function.
        inputs: its inputs, traced arrays of the innermost trace.
    """
    trace = require_trace(function.name)
    custom = trace.program.custom
    site = custom.next_site()
    asked = custom.at(site)
    avals = [x._aval for x in inputs]
    rules = _Rules()
    callee = rules.trace(function.name, function.name, avals, function.primal)
    results = callee.results

    def rule(suffix: str, avals: Sequence[Aval], body: Body) -> Callee:
        with custom.inside(site, suffix):
            # `f.forward` is what a pass makes of a program `f`, whose only call this may be.
            name = f"{function.name}.rule.{suffix}"
            return rules.trace(name, f"{function.name}.{suffix}", avals, body)

    jvp = forward = backward = None
    if asked.active is not None:
        wanted = asked.cotangents
        derivative = function.derivative(
            any_part(asked.active, avals),
            None if wanted is None else any_part(wanted, inexact(results)),
        )
        if derivative.jvp is not None:
            jvp = rule("jvp", [*avals, *inexact(avals)], derivative.jvp)
        if derivative.forward is not None and derivative.backward is not None:
            forward = rule("forward", avals, derivative.forward)
            residuals = forward.results[len(results) :]
            backward = rule("backward", [*residuals, *inexact(results)], derivative.backward)
    vmap: list[Callee] | None = None
    if not function.derives_vmap:
        vmap = [
            rule(
                f"vmap{i}",
                *_of_rows(function, avals, marks, size),
            )
            for i, (marks, size) in enumerate(asked.batches)
        ]

    captures = rules.captures()
    with reporting(function.name):
        values = trace.function.custom(
            callee.function,
            lifted(inputs),
            lifted(captures),
            user_location(),
            site,
            None if jvp is None else jvp.function,
            None if forward is None else forward.function,
            None if backward is None else backward.function,
            None if vmap is None else [rows.function for rows in vmap],
            symbolic_zeros=function.symbolic_zeros,
            has_backward=function.has_backward,
        )
    return wrapped(values, results)


def _of_rows(
    function: CustomFunction, avals: Sequence[Aval], marks: Sequence[bool], size: int
) -> tuple[list[Aval], Body]:
    """The arguments of the rule for a batch, and the rule.

    A complex argument comes in two parts, of which one alone may be batched.

    Args:
        function: the function.
        avals: those of its inputs, for one row.
        marks: which parts of these have rows.
        size: how many rows there are.
    """
    batched = tuple(any_part(marks, avals))
    rule = partial(function.rows, Batch(batched, size, _randomness(size)))
    own = zip(real_avals(avals), marks, strict=True)
    taken = [batched_aval(kind, size) if mark else kind for kind, mark in own]

    def body(parts: list[TracedArray]) -> Sequence[Any]:
        following = iter(parts)
        leaves = []
        for kind, mark in zip(avals, batched, strict=True):
            shape = (size, *kind.shape) if mark else kind.shape
            whole = [next(following) for _ in real_avals([kind])]
            rows = [x if x.shape == shape else _repeated(x, size) for x in whole]
            leaves.append(complex_of(*rows) if kind.is_complex else rows[0])
        return rule(leaves)

    return taken, body


def _repeated(x: TracedArray, size: int) -> TracedArray:
    return broadcast_in_dim(x, (size, *x.shape), range(1, x.ndim + 1))


def batched_aval(kind: Aval, size: int) -> Aval:
    """An aval with its rows along a leading axis."""
    return Aval((size, *kind.shape), kind.dtype)


def _randomness(size: int) -> str:
    """That of the innermost vmap of so many rows; the vmaps inside jacrev and jacfwd draw once."""
    trace = traces.current_trace()
    found = None
    while trace is not None:
        if trace.rows is not None:
            found = found or trace.rows[1]
            if trace.rows[0] == size:
                return trace.rows[1]
        trace = trace.parent
    return found or "same"


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Puts the name of a rule in front of what the check of its result says."""
    try:
        yield
    except (XformTypeError, XformValueError) as error:
        raise type(error)(at_user_line(f"{name}: {error}")) from None


def spread(given: Any, tree: Any, path: str) -> list[Any]:
    """A leaf of `given` for each leaf of `tree`, where None stands for a subtree of Nones.

    Args:
        given: a pytree like `tree`.
        tree: the structure.
        path: how messages call `given`.

    Raises:
        XformValueError: another structure; `naming` completes the message.
    """
    if given is None:
        return [None] * len(pytrees.leaves(tree))
    theirs = pytrees.one_level(tree)
    if theirs is None and pytrees.is_leaf(given):
        return [given]
    ours = pytrees.one_level(given)
    if ours is None or theirs is None or ours[1] != theirs[1] or len(ours[0]) != len(theirs[0]):
        raise XformValueError(
            f"{path} has the structure {pytrees.show(pytrees.structure(given))}, expected "
            f"{pytrees.show(pytrees.structure(tree))} or None"
        )
    found: list[Any] = []
    for part, child, suffix in zip(ours[0], theirs[0], ours[2], strict=True):
        found += spread(part, child, path + suffix)
    return found


def tangent_or_zeros(name: str, given: Any, path: str, like: str, kind: Aval) -> Any:
    """What a rule returned as a tangent or cotangent, zeros for None.

    Args:
        name: the rule.
        given: an array, a number or None.
        path: how messages call it.
        like: how messages call the value that it belongs to.
        kind: the aval of that value.

    Raises:
        XformValueError: another shape.
        XformTypeError: another dtype, or no array.
    """
    if given is None:
        return full(kind.shape, kind.dtype, 0)
    return matching_leaf(name, given, path, like, kind)
