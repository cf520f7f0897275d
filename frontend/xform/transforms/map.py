"""`map`: a function on each row in turn, in the memory of one row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import pytrees
from ..compiling import direct
from ..errors import XformValueError, at_user_line
from ..source import entrance
from ..tracing import traces
from ..tracing.traces import definition_site, function_name, trace_callee
from .basis import vmap_in_chunks
from .calls import call_map, call_vmap
from .rows import rows_of
from .selection import checked_rows, entering, output_aval, require_callable


@entrance
def map(func: Callable[..., Any], xs: Any, *args: Any, batch_size: int | None = None) -> Any:
    """Applies a function to each row of `xs`, one after the other, and stacks the outputs.

    Args:
        func: takes a row of `xs`, then `args`; returns arrays in any pytree.
        xs: a pytree of arrays with one leading size, which may be 0.
        args: passed whole to every call.
        batch_size: how many rows to compute at once, vectorised; None for one.

    Returns:
        The outputs, each with a new leading axis.

    Raises:
        XformValueError: no array in `xs`, one without a leading axis or of another leading size,
            an output without arrays, or batch_size below 1.
        XformTypeError: an output that is neither an array nor a number, or a batch_size that is
            no int.

    >>> import numpy as np
    >>> map(lambda row, w: row @ w, np.eye(2), np.array([3.0, 4.0])).numpy()
    array([3., 4.])
    """
    require_callable("map", func)
    batch = checked_rows("map", "batch_size", batch_size)

    def run(xs: Any, *args: Any) -> Any:
        return _traced_map(func, xs, args, batch)

    if traces.current_trace() is None:
        return direct.call(
            run, (xs, *args), {}, name=function_name(func), transform="map", traced=()
        )
    return run(xs, *args)


def _traced_map(
    func: Callable[..., Any], xs: Any, args: tuple[Any, ...], batch_size: int | None
) -> Any:
    leaves, spec = pytrees.flatten(xs)
    if not leaves:
        raise XformValueError(at_user_line("map: xs contains no array"))
    size, avals = rows_of("map", leaves, pytrees.paths(spec, "xs"))
    outputs: list[pytrees.TreeSpec] = []

    def body(rows: list[Any]) -> list[Any]:
        result = func(pytrees.unflatten(spec, rows), *entering(args))
        found, output = pytrees.flatten(result)
        if not found:
            raise XformValueError(
                at_user_line(f"map: the function returned no array, got {result!r}")
            )
        for leaf, path in zip(found, pytrees.paths(output, "output"), strict=True):
            output_aval("map", leaf, path)
        outputs.append(output)
        return found

    callee = trace_callee(function_name(func), "map", avals, body, definition_site(func))
    stacked = [traces.traced(x) for x in leaves]
    dims = [0] * len(leaves)
    out_dims: list[int | None] = [0] * len(callee.results)
    if batch_size is None or size == 0:
        results = call_map(callee, stacked)
    elif batch_size >= size:
        results = call_vmap(callee, stacked, dims, out_dims)
    else:
        results = vmap_in_chunks(callee, stacked, dims, out_dims, size, batch_size, "map")
    return pytrees.unflatten(outputs[0], results)
