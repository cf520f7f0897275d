"""`vjp`: a function's output and the pullback of cotangents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import pytrees
from ..compiling.split import linearize_direct
from ..errors import XformValueError, at_user_line
from ..pickling import Unpicklable
from ..source import entrance
from ..tracing import traces
from ..tracing.avals import Aval
from ..tracing.traces import function_name
from .calls import call, call_vjp
from .derivative import TracedOutput, matching_leaves, noting_output
from .selection import Selection, kept, require_callable


@entrance
def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """A function's output at `primals`, and the pullback there.

    Args:
        func: the function; its outputs are floating arrays in any pytree.
        primals: its arguments, pytrees of floating arrays.
        has_aux: whether `func` returns (output, aux).

    Returns:
        (output, vjp_fn), or (output, vjp_fn, aux). `vjp_fn(cotangents)` takes the output's
        structure, shapes and dtypes, returns a tuple with one entry for each primal, and can be
        called often.

    Raises:
        XformTypeError: an integer or bool primal or output.
        XformValueError: no primals, or no array in the output.

    >>> y, pullback = vjp(lambda x: x * x, 3.0)
    >>> pullback(1.0)[0].item()
    6.0
    """
    require_callable("vjp", func)
    if not primals:
        raise XformValueError(at_user_line("vjp: needs at least one primal after the function"))
    if traces.current_trace() is None:
        return _direct_vjp(func, primals, has_aux)
    output, pullback, aux = _traced_vjp(func, primals, has_aux)
    return (output, pullback, aux) if has_aux else (output, pullback)


class Pullback(Unpicklable):
    """What `vjp` returns beside the output: a function from cotangents to a tuple of cotangents."""

    _instead = (
        "what vjp returned beside the output",
        "pickle the function and the primals, and call vjp again",
    )

    def __init__(
        self,
        selection: Selection,
        spec: pytrees.TreeSpec,
        avals: Sequence[Aval],
        apply: Callable[[Sequence[Any]], Sequence[Any]],
    ) -> None:
        self._selection = selection
        self.spec = spec
        self.avals = avals
        self._apply = apply

    @entrance
    def __call__(
        self, cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None
    ) -> tuple[Any, ...]:
        """The cotangents of the primals for those of the output.

        Args:
            cotangents: of the output's structure, shapes and dtypes; a number where the output is
                0-d.
            retain_graph: torch's; has no effect, the pullback can always be called again.
            create_graph: torch's; has no effect, what it returns can always be differentiated.

        Raises:
            XformValueError: another structure or shape; the message shows both.
            XformTypeError: another dtype.
        """
        leaves = matching_leaves(
            "vjp_fn", "cotangents", cotangents, "output", self.spec, self.avals
        )
        parts: tuple[Any, ...] = self._selection.rebuild(self._apply(leaves))
        return parts


def _traced_vjp(
    func: Callable[..., Any], primals: Sequence[Any], has_aux: bool
) -> tuple[Any, Pullback, Any]:
    selection = Selection("vjp", func, primals)
    traced = TracedOutput("vjp", func, selection, has_aux)
    leaves = selection.lifted()
    output, aux = traced.split(call(traced.callee, leaves))

    def apply(cotangents: Sequence[Any]) -> Sequence[Any]:
        callee = traced.only(range(len(traced.output.leaves)))
        return call_vjp(callee, leaves, cotangents)[1]

    return output, Pullback(selection, traced.output.spec, traced.output.avals, apply), aux


def _direct_vjp(func: Callable[..., Any], given: Sequence[Any], has_aux: bool) -> tuple[Any, ...]:
    """vjp outside of a trace: the residuals stay on the device, between two programs."""
    primals = pytrees.map_leaves(kept, tuple(given))
    selection = Selection("vjp", func, primals)
    forward, outputs = noting_output("vjp", func, has_aux)
    at_point = linearize_direct(
        forward,
        primals,
        lambda: range(len(outputs[0].leaves)),
        name=function_name(func),
        transform="vjp",
        transpose=True,
    )
    output, aux = at_point.output

    def apply(cotangents: Sequence[Any]) -> Sequence[Any]:
        if traces.current_trace() is None:
            return at_point.apply(cotangents)
        # Arrays of another program's run are constants in this one, residuals with them.
        traced = _traced_vjp(func, primals, has_aux)[1]
        return pytrees.leaves(traced(pytrees.unflatten(outputs[0].spec, cotangents)))

    pullback = Pullback(selection, outputs[0].spec, outputs[0].avals, apply)
    return (output, pullback, aux) if has_aux else (output, pullback)
