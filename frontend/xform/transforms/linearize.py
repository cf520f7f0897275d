"""`linearize`: a function's output and its derivative as a linear function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import pytrees
from ..compiling.split import linearize_direct
from ..errors import XformValueError, at_user_line
from ..pickling import Unpicklable
from ..source import entrance
from ..tracing import traces
from ..tracing.traces import function_name
from .calls import call, call_jvp
from .derivative import TracedOutput, matching_leaves, noting_output, with_zeros
from .selection import Output, Selection, kept, require_callable


@entrance
def linearize(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """A function's output at `primals`, and its derivative there.

    Args:
        func: the function; its outputs are arrays in any pytree.
        primals: its arguments, pytrees of floating arrays.
        has_aux: whether `func` returns (output, aux); aux is any pytree.

    Returns:
        (output, jvp_fn), or (output, jvp_fn, aux). `jvp_fn(*tangents)` takes a tangent for each
        primal, of its structure, shapes and dtypes, and returns the output's tangents without
        running `func` again.

    Raises:
        XformTypeError: an integer or bool primal.
        XformValueError: no primals, or no array in the output.

    >>> y, pushforward = linearize(lambda x: x * x, 3.0)
    >>> y.item(), pushforward(1.0).item(), pushforward(2.0).item()
    (9.0, 6.0, 12.0)
    """
    require_callable("linearize", func)
    if not primals:
        raise XformValueError(at_user_line("linearize: needs at least one primal"))
    at_point = _traced if traces.current_trace() is not None else _direct
    output, pushforward, aux = at_point(func, primals, has_aux)
    return (output, pushforward, aux) if has_aux else (output, pushforward)


class Pushforward(Unpicklable):
    """What `linearize` returns beside the output: a function from tangents to tangents."""

    _instead = (
        "what linearize returned beside the output",
        "pickle the function and the primals, and call linearize again",
    )

    def __init__(
        self,
        selection: Selection,
        structure: pytrees.TreeSpec,
        output: Output,
        apply: Callable[[Sequence[Any]], Sequence[Any]],
    ) -> None:
        self._selection = selection
        self._structure = structure
        self._output = output
        self._apply = apply

    @entrance
    def __call__(self, *tangents: Any) -> Any:
        """The tangents of the output for those of the primals.

        Args:
            tangents: one for each primal, of its structure, shapes and dtypes.

        Raises:
            XformValueError: another structure or shape; the message shows both.
            XformTypeError: another dtype.
        """
        leaves = matching_leaves(
            "jvp_fn", "tangents", tangents, "primals", self._structure, self._selection.avals
        )
        return pytrees.unflatten(
            self._output.spec, with_zeros(self._output.avals, self._apply(leaves))
        )


def _traced(
    func: Callable[..., Any], primals: Sequence[Any], has_aux: bool
) -> tuple[Any, Pushforward, Any]:
    selection = Selection("linearize", func, primals)
    traced = TracedOutput("linearize", func, selection, has_aux, floating=False)
    leaves = selection.lifted()
    output, aux = traced.split(call(traced.callee, leaves))

    def apply(tangents: Sequence[Any]) -> Sequence[Any]:
        callee = traced.only(range(len(traced.output.leaves)))
        return call_jvp(callee, leaves, tangents, range(len(leaves)))[1]

    structure = pytrees.structure(tuple(primals))
    return output, Pushforward(selection, structure, traced.output, apply), aux


def _direct(
    func: Callable[..., Any], given: Sequence[Any], has_aux: bool
) -> tuple[Any, Pushforward, Any]:
    """linearize outside of a trace: the residuals stay on the device, between two programs."""
    primals = pytrees.map_leaves(kept, tuple(given))
    selection = Selection("linearize", func, primals)
    forward, outputs = noting_output("linearize", func, has_aux, floating=False)
    at_point = linearize_direct(
        forward,
        primals,
        lambda: [i for i, kind in enumerate(outputs[0].avals) if kind.is_inexact],
        name=function_name(func),
        transform="linearize",
        transpose=False,
    )

    def apply(tangents: Sequence[Any]) -> Sequence[Any]:
        if traces.current_trace() is None:
            return at_point.apply(tangents)
        pushforward = _traced(func, primals, has_aux)[1]
        parts = pytrees.unflatten(pytrees.structure(primals), tangents)
        leaves = pytrees.leaves(pushforward(*parts))
        return [x for x, kind in zip(leaves, outputs[0].avals, strict=True) if kind.is_inexact]

    structure = pytrees.structure(primals)
    output, aux = at_point.output
    return output, Pushforward(selection, structure, outputs[0], apply), aux
