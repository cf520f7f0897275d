"""`scan`: a loop that carries values from row to row and stacks what each step returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import pytrees
from ..compiling import direct
from ..errors import XformTypeError, XformValueError, at_user_line
from ..source import entrance
from ..tracing import traces
from ..tracing.avals import Aval
from ..tracing.traces import Callee, definition_site, function_name, trace_callee
from .calls import call_scan
from .carry import Carry
from .rows import rows_of
from .selection import output_aval, require_callable


@entrance
def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int = 1,
) -> tuple[Any, Any]:
    """Runs `carry, y = f(carry, x)` for each row x of `xs` in turn.

    Args:
        f: takes what is carried and a row of `xs`; returns what is carried on and an output.
        init: the first carry, a pytree of arrays; each step returns it with the same structure,
            shapes and dtypes. A Python number takes the dtype that `f` gives it.
        xs: a pytree of arrays with one leading size, or None with `length`.
        length: the number of steps.
        reverse: whether to run from the last row to the first; outputs keep their rows' places.
        unroll: how many steps to compile into one turn of the loop; with 1 the compiler chooses.

    Returns:
        The last carry, and the outputs, each with a new leading axis.

    Raises:
        XformValueError: the carry changes its structure or a shape, the leading sizes of `xs`
            differ from each other or from `length`, neither is given, or unroll is below 1.
        XformTypeError: the carry changes a dtype, `f` does not return a pair, or something that
            must be an array is none.

    >>> import numpy as np
    >>> total, sums = scan(lambda total, x: (total + x, total + x), 0.0, np.arange(4.0))
    >>> total.item(), sums.numpy().tolist()
    (6.0, [0.0, 1.0, 3.0, 6.0])
    """
    require_callable("scan", f)
    length = _checked_count("length", length, 0) if length is not None else None
    unroll = _checked_count("unroll", unroll, 1)

    def run(init: Any, xs: Any) -> tuple[Any, Any]:
        return traced_scan("scan", f, init, xs, length, reverse=bool(reverse), unroll=unroll)

    if traces.current_trace() is None:
        result: tuple[Any, Any] = direct.call(
            run, (init, xs), {}, name=function_name(f), transform="scan"
        )
        return result
    return run(init, xs)


def traced_scan(
    transform: str,
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any,
    length: int | None,
    *,
    reverse: bool = False,
    unroll: int = 1,
    weak_rows: bool = False,
) -> tuple[Any, Any]:
    """`scan` in a trace, for a transform of whatever name.

    Args:
        weak_rows: whether a row's scalars are like Python numbers, whose dtypes give way.
    """
    carry = Carry(transform, init)
    leaves, spec = pytrees.flatten(xs)
    rows: list[Aval] = []
    if leaves:
        size, rows = rows_of(transform, leaves, pytrees.paths(spec, "xs"))
        if length is not None and length != size:
            raise XformValueError(
                at_user_line(
                    f"{transform}: length is {length}, but the arrays in xs have leading size "
                    f"{size}"
                )
            )
    elif length is None:
        raise XformValueError(
            at_user_line(f"{transform}: xs contains no array, so length must be given")
        )
    if weak_rows:
        rows = [Aval(kind.shape, kind.dtype, weak=not kind.shape) for kind in rows]
    outputs: list[pytrees.TreeSpec] = []
    count = len(carry.avals)

    def body(arguments: list[Any]) -> list[Any]:
        result = f(
            carry.tree(arguments[:count]),
            pytrees.unflatten(spec, arguments[count:]),
        )
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise XformTypeError(
                at_user_line(
                    f"{transform}: the function must return a pair (carry, output), got "
                    f"{_described(result)}"
                )
            )
        carried = carry.returned(result[0])
        found, output = pytrees.flatten(result[1])
        for leaf, path in zip(found, pytrees.paths(output, "output"), strict=True):
            output_aval(transform, leaf, path)
        outputs.append(output)
        return [*carried, *found]

    def trace() -> Callee:
        name, place = function_name(f), definition_site(f)
        return trace_callee(name, transform, [*carry.avals, *rows], body, place)

    callee = carry.settled(trace)
    results = call_scan(
        callee,
        carry.lifted(),
        [traces.traced(x) for x in leaves],
        None if leaves else length,
        reverse=reverse,
        unroll=unroll,
    )
    return carry.tree(results[:count]), pytrees.unflatten(outputs[-1], results[count:])


def _described(result: Any) -> str:
    if isinstance(result, tuple | list):
        return f"a {type(result).__name__} of {len(result)}"
    return f"{type(result).__name__}"


def _checked_count(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__") or traces.is_traced(value):
        raise XformTypeError(
            at_user_line(f"scan: {name} must be a Python int, got {type(value).__name__}")
        )
    number = int(value.__index__())
    if number < least:
        raise XformValueError(at_user_line(f"scan: {name} must be at least {least}, got {number}"))
    return number
