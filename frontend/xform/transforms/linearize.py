"""linearize: a function's output and its derivative as a linear function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import pytrees, tracing
from ..errors import XformValueError, at_user_line
from ..split import linearize_direct
from ..tracing import function_name
from .calls import call, call_jvp
from .derivative import TracedOutput, matching_leaves, with_zeros
from .selection import Output, Selection, kept, require_callable


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Pushforward]:
    """A function's output at `primals`, and its derivative there.

    Args:
        func: the function; its outputs are arrays in any pytree.
        primals: its arguments, pytrees of floating arrays.

    Returns:
        (output, jvp_fn). `jvp_fn(*tangents)` takes a tangent for each primal, of its structure,
        shapes and dtypes, and returns the output's tangents without running `func` again.

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
    if tracing.current_trace() is None:
        return _direct(func, primals)
    return _traced(func, primals)


class Pushforward:
    """What `linearize` returns beside the output: a function from tangents to tangents."""

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


def _selection(func: Callable[..., Any], primals: Sequence[Any]) -> Selection:
    return Selection("linearize", func, primals, tuple(range(len(primals))))


def _traced(func: Callable[..., Any], primals: Sequence[Any]) -> tuple[Any, Pushforward]:
    selection = _selection(func, primals)
    traced = TracedOutput("linearize", func, selection, False, floating=False)
    leaves = selection.lifted()
    output, _ = traced.split(call(traced.callee, leaves))

    def apply(tangents: Sequence[Any]) -> Sequence[Any]:
        return call_jvp(traced.callee, leaves, tangents, range(len(leaves)))[1]

    structure = pytrees.structure(tuple(primals))
    return output, Pushforward(selection, structure, traced.output, apply)


def _direct(func: Callable[..., Any], given: Sequence[Any]) -> tuple[Any, Pushforward]:
    """linearize outside of a trace: the residuals stay on the device, between two programs."""
    primals = pytrees.map_leaves(kept, tuple(given))
    selection = _selection(func, primals)
    outputs: list[Output] = []

    def forward(*primals: Any) -> Any:
        result = func(*primals)
        outputs.append(Output("linearize", result, floating=False))
        return result

    at_point = linearize_direct(
        forward,
        primals,
        lambda: [i for i, kind in enumerate(outputs[0].avals) if kind.is_float],
        name=function_name(func),
        transform="linearize",
        transpose=False,
    )

    def apply(tangents: Sequence[Any]) -> Sequence[Any]:
        if tracing.current_trace() is None:
            return at_point.apply(tangents)
        pushforward = _traced(func, primals)[1]
        parts = pytrees.unflatten(pytrees.structure(primals), tangents)
        leaves = pytrees.leaves(pushforward(*parts))
        return [x for x, kind in zip(leaves, outputs[0].avals, strict=True) if kind.is_float]

    structure = pytrees.structure(primals)
    return at_point.output, Pushforward(selection, structure, outputs[0], apply)
