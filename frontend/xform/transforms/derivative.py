"""What vjp, jvp and the Jacobians share: the traced function, and the check of what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import pytrees
from ..errors import XformTypeError, XformValueError, at_user_line
from ..primitives import convert, full
from ..source import user_location
from ..tracing import traces
from ..tracing.avals import Aval
from ..tracing.traces import Callee, definition_site, function_name, trace_callee
from .calls import call
from .gradient_stop import stop_gradient
from .selection import Auxiliary, Output, Selection, entering_kwargs, output_and_aux


def matching_leaves(
    transform: str,
    what: str,
    given: Any,
    like: str,
    expected: pytrees.TreeSpec,
    avals: Sequence[Aval],
) -> list[Any]:
    """The leaves of cotangents or tangents after comparing them with what they belong to.

    Args:
        transform: the transform's name.
        what: how the message calls `given`.
        given: a pytree.
        like: how the message calls the primals or outputs that they belong to.
        expected: the structure of those.
        avals: the avals of their leaves.

    Raises:
        XformValueError: another structure or shape.
        XformTypeError: another dtype.
    """
    leaves, spec = pytrees.flatten(given)
    if spec != expected:
        raise XformValueError(
            at_user_line(
                f"{transform}: the {what} have the structure {pytrees.show(spec)}, but the {like} "
                f"has {pytrees.show(expected)}"
            )
        )
    paths = pytrees.paths(spec, what)
    return [
        matching_leaf(transform, leaf, path, like, kind)
        for leaf, path, kind in zip(leaves, paths, avals, strict=True)
    ]


def matching_leaf(transform: str, leaf: Any, path: str, like: str, wanted: Aval) -> Any:
    """A tangent or cotangent after comparing it with what it belongs to.

    Args:
        transform: the transform's name.
        leaf: an array or a number.
        path: how the message calls it.
        like: how the message calls the value that it belongs to.
        wanted: the aval of that value.

    Raises:
        XformValueError: another shape.
        XformTypeError: another dtype, or no array.
    """
    try:
        kind = traces.aval(leaf, path)
    except XformTypeError as error:
        raise XformTypeError(at_user_line(f"{transform}: {error}")) from None
    if kind.shape != wanted.shape:
        raise XformValueError(
            at_user_line(
                f"{transform}: {path} has shape {kind.shape}, but the {like} has {wanted.shape}"
            )
        )
    if kind.dtype != wanted.dtype:
        # A Python float has no dtype of its own; an int or bool is another kind of number, as is a
        # complex one where the value is real.
        if kind.weak and kind.is_inexact and (wanted.is_complex or not kind.is_complex):
            if traces.is_traced(leaf):
                return convert(leaf, wanted.dtype)
            return np.asarray(leaf, wanted.dtype)
        raise XformTypeError(
            at_user_line(
                f"{transform}: {path} has dtype {kind.dtype.name}, but the {like} has "
                f"{wanted.dtype.name}; convert it first"
            )
        )
    return leaf


def noting_output(
    transform: str, func: Callable[..., Any], has_aux: bool, *, floating: bool = True
) -> tuple[Callable[..., tuple[Any, Any]], list[Output]]:
    """The function from primals to output and aux, and the list to which it adds its output."""
    outputs: list[Output] = []

    def forward(*primals: Any) -> tuple[Any, Any]:
        output, aux = func(*primals), None
        if has_aux:
            output, aux = output_and_aux(transform, output)
        outputs.append(Output(transform, output, floating=floating))
        return output, stop_gradient(aux)

    return forward, outputs


class TracedOutput:
    """A function traced for a derivative, with what its results mean.

    Attributes:
        callee: takes the chosen leaves; returns the output's leaves, then aux's.
        output: the output's leaves.
        auxiliary: the aux output.
    """

    def __init__(
        self,
        transform: str,
        func: Callable[..., Any],
        selection: Selection,
        has_aux: bool,
        kwargs: Mapping[str, Any] | None = None,
        *,
        floating: bool = True,
    ) -> None:
        self.auxiliary = Auxiliary()
        self.has_aux = has_aux
        self._transform = transform
        self._selection = selection

        def body(leaves: list[Any]) -> list[Any]:
            result = func(*selection.arguments(leaves), **entering_kwargs(kwargs or {}))
            aux: list[Any] = []
            if has_aux:
                result, rest = output_and_aux(transform, result)
                aux = self.auxiliary.split(rest)
            self.output = Output(transform, result, floating=floating)
            return [*self.output.leaves, *aux]

        self.callee: Callee = trace_callee(
            function_name(func), transform, selection.avals, body, definition_site(func)
        )

    def only(self, leaves: Sequence[int]) -> Callee:
        """The function that returns some of the output's leaves and no aux.

        What is left out then asks for no cotangents of its own.
        """
        if len(leaves) == len(self.callee.results):
            return self.callee
        return trace_callee(
            f"{self.callee.function.name}_output",
            self._transform,
            self._selection.avals,
            lambda xs: [call(self.callee, xs)[i] for i in leaves],
            user_location(),
        )

    def split(self, results: Sequence[Any]) -> tuple[Any, Any]:
        """The output and aux (None without) from the callee's results."""
        count = len(self.output.leaves)
        output = pytrees.unflatten(self.output.spec, results[:count])
        return output, self.auxiliary.join(results[count:]) if self.has_aux else None


def with_zeros(avals: Sequence[Aval], tangents: Sequence[Any]) -> list[Any]:
    """A tangent for each output; integer and bool ones have zeros of their dtype.

    Args:
        avals: those of all outputs.
        tangents: those of the floating outputs, in order.
    """
    remaining = iter(tangents)
    return [
        next(remaining) if kind.is_inexact else full(kind.shape, kind.dtype, 0) for kind in avals
    ]
