"""`jvp`: a function's output and its derivative along tangents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import pytrees
from ..compiling import direct
from ..errors import XformTypeError, XformValueError, at_user_line
from ..source import entrance
from ..tracing import traces
from ..tracing.avals import real_avals
from ..tracing.complex_values import any_part
from ..tracing.traces import function_name
from .calls import call_jvp
from .derivative import TracedOutput, matching_leaves, with_zeros
from .selection import Selection, require_callable


@entrance
def jvp(
    func: Callable[..., Any],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    *,
    strict: bool = False,
    has_aux: bool = False,
) -> tuple[Any, ...]:
    """A function's output at `primals` and its derivative along `tangents`.

    Args:
        func: the function.
        primals: its arguments, a tuple of pytrees of floating arrays.
        tangents: a tuple of the same structure, shapes and dtypes.
        strict: whether an output that does not depend on the primals is an error; otherwise its
            tangent is zeros.
        has_aux: whether `func` returns (output, aux).

    Returns:
        (output, tangent_out), or (output, tangent_out, aux).

    Raises:
        XformTypeError: primals or tangents that are no tuple, an integer or bool primal, or a
            tangent of another dtype than its primal.
        XformValueError: they are empty, or differ in structure or shape; or strict, and an output
            does not depend on the primals.

    >>> y, dy = jvp(lambda x: x * x, (3.0,), (1.0,))
    >>> y.item(), dy.item()
    (9.0, 6.0)
    """
    require_callable("jvp", func)
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple):
            raise XformTypeError(
                at_user_line(f"jvp: {what} must be a tuple, got {type(given).__name__}")
            )
    if not primals:
        raise XformValueError(at_user_line("jvp: primals is empty"))

    def run(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, ...]:
        return _traced_jvp(func, primals, tangents, strict, has_aux)

    if traces.current_trace() is None:
        result: tuple[Any, ...] = direct.call(
            run, (primals, tangents), {}, name=function_name(func), transform="jvp"
        )
        return result
    return run(primals, tangents)


def _traced_jvp(
    func: Callable[..., Any],
    primals: tuple[Any, ...],
    tangents: tuple[Any, ...],
    strict: bool,
    has_aux: bool,
) -> tuple[Any, ...]:
    selection = Selection("jvp", func, primals)
    seeds = matching_leaves(
        "jvp", "tangents", tangents, "primals", pytrees.structure(primals), selection.avals
    )
    if strict:
        _require_dependence(func, selection, has_aux)
    traced = TracedOutput("jvp", func, selection, has_aux, floating=False)
    results, derivatives = call_jvp(
        traced.callee, selection.lifted(), seeds, range(len(selection.leaves))
    )
    output, aux = traced.split(results)
    tangent_out = pytrees.unflatten(
        traced.output.spec, with_zeros(traced.output.avals, derivatives)
    )
    return (output, tangent_out, aux) if has_aux else (output, tangent_out)


def _require_dependence(func: Callable[..., Any], selection: Selection, has_aux: bool) -> None:
    """Traces the function once more, with every stop_gradient cut, and asks what is left."""
    program = traces.require_trace("jvp").program
    outer, program.stops_cut = program.stops_cut, True
    try:
        traced = TracedOutput("jvp", func, selection, has_aux, floating=False)
    finally:
        program.stops_cut = outer
    callee = traced.callee
    own = len(real_avals(selection.avals))
    found = callee.function.dependent_results([True] * own + [False] * len(callee.captures))
    marks = any_part(found, callee.results)
    callee.function.erase()
    for path, depends in zip(traced.output.paths, marks, strict=False):
        if not depends:
            raise XformValueError(
                at_user_line(
                    f"jvp: {path} does not depend on the primals, which strict=True forbids; "
                    "with strict=False its tangent is zeros"
                )
            )
