"""`while_loop` and `fori_loop`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import pytrees
from ..compiling import direct
from ..errors import XformTypeError, XformValueError, at_user_line
from ..primitives import add, convert, full, iota, lt
from ..source import entrance
from ..tracing import traces
from ..tracing.traces import Callee, definition_site, function_name, trace_callee
from .calls import call_while
from .carry import Carry
from .rows import leaf_aval
from .scan import traced_scan
from .selection import output_aval, require_callable

_COUNTER = np.dtype(np.int64)


@entrance
def while_loop(cond_fun: Callable[[Any], Any], body_fun: Callable[[Any], Any], init: Any) -> Any:
    """Runs `carry = body_fun(carry)` for as long as `cond_fun(carry)` is true.

    Forward derivatives exist; for reverse ones use `scan`, or `fori_loop` with Python ints as
    bounds. Under vmap the loop runs until all rows are done; a row that is done keeps its value.

    Args:
        cond_fun: takes what is carried, returns a bool, 0-d.
        body_fun: takes what is carried, returns it with the same structure, shapes and dtypes.
        init: the first carry, a pytree of arrays. A Python number takes the dtype that `body_fun`
            gives it.

    Returns:
        The first carry for which `cond_fun` is false.

    Raises:
        XformValueError: the carry changes its structure or a shape, or `cond_fun` returns
            something that is not 0-d.
        XformTypeError: the carry changes a dtype, or `cond_fun` does not return a bool.

    >>> while_loop(lambda x: x < 100, lambda x: x * 2, 3).item()
    192
    """
    require_callable("while_loop", cond_fun)
    require_callable("while_loop", body_fun)

    def run(init: Any) -> Any:
        return _traced_while("while_loop", cond_fun, body_fun, init)

    if traces.current_trace() is None:
        name = function_name(body_fun)
        return direct.call(run, (init,), {}, name=name, transform="while_loop")
    return run(init)


@entrance
def fori_loop(lower: Any, upper: Any, body_fun: Callable[[Any, Any], Any], init: Any) -> Any:
    """Runs `carry = body_fun(i, carry)` for each i from `lower` to `upper` - 1.

    With Python ints as bounds this is a scan, so it can be differentiated in reverse mode; with
    traced bounds it is a while_loop.

    Args:
        lower: the first i, an int or a 0-d array of an integer dtype.
        upper: where to stop.
        body_fun: takes i, which behaves like a Python int, and what is carried; returns it with
            the same structure, shapes and dtypes.
        init: the first carry, a pytree of arrays.

    Returns:
        The last carry.

    Raises:
        XformValueError: the carry changes its structure or a shape, or a bound is not 0-d.
        XformTypeError: the carry changes a dtype, or a bound is not an integer.

    >>> fori_loop(1, 5, lambda i, product: product * i, 1.0).item()
    24.0
    """
    require_callable("fori_loop", body_fun)
    first, last = _bound("lower", lower), _bound("upper", upper)

    def run(init: Any) -> Any:
        if isinstance(first, int) and isinstance(last, int):
            return _counted(first, last, body_fun, init)
        return _uncounted(first, last, body_fun, init)

    if traces.current_trace() is None:
        name = function_name(body_fun)
        return direct.call(run, (init,), {}, name=name, transform="fori_loop")
    return run(init)


def _bound(name: str, bound: Any) -> Any:
    """An int, or a traced 0-d array of the counter's dtype."""
    kind = leaf_aval("fori_loop", bound, name)
    if kind.shape:
        raise XformValueError(at_user_line(f"fori_loop: {name} must be a scalar, got {kind}"))
    if kind.dtype.kind not in "iu":
        raise XformTypeError(at_user_line(f"fori_loop: {name} must be an integer, got {kind}"))
    if traces.is_traced(bound):
        return bound if kind.dtype == _COUNTER else convert(bound, _COUNTER)
    return operator.index(np.asarray(bound).item())


def _counted(lower: int, upper: int, body_fun: Callable[[Any, Any], Any], init: Any) -> Any:
    count = max(upper - lower, 0)
    counters: Any = iota((count,), _COUNTER, 0)
    if lower != 0:
        counters = add(counters, full((count,), _COUNTER, lower))

    def step(carry: Any, i: Any) -> tuple[Any, None]:
        return body_fun(i, carry), None

    step.__name__ = function_name(body_fun)
    carry, _ = traced_scan("fori_loop", step, init, counters, None, weak_rows=True)
    return carry


def _uncounted(lower: Any, upper: Any, body_fun: Callable[[Any, Any], Any], init: Any) -> Any:
    first, last = (np.asarray(x, _COUNTER) if isinstance(x, int) else x for x in (lower, upper))

    def goes_on(state: tuple[Any, Any]) -> Any:
        return lt(state[0], last)

    def step(state: tuple[Any, Any]) -> tuple[Any, Any]:
        i, carry = state
        weak = traces.wrap(i._value, i._trace, weak=True)
        return add(i, full((), _COUNTER, 1)), body_fun(weak, carry)

    step.__name__ = function_name(body_fun)
    _, carry = _traced_while("fori_loop", goes_on, step, (first, init))
    return carry


def _traced_while(
    transform: str, cond_fun: Callable[[Any], Any], body_fun: Callable[[Any], Any], init: Any
) -> Any:
    carry = Carry(transform, init)

    def step(arguments: list[Any]) -> list[Any]:
        return carry.returned(body_fun(carry.tree(arguments)))

    def goes_on(arguments: list[Any]) -> list[Any]:
        leaves, spec = pytrees.flatten(cond_fun(carry.tree(arguments)))
        if not spec.is_leaf():
            raise XformTypeError(
                at_user_line(f"{transform}: cond_fun must return a bool, got {pytrees.show(spec)}")
            )
        kind = output_aval(transform, leaves[0], "its result")
        if kind.dtype != np.bool_:
            raise XformTypeError(
                at_user_line(f"{transform}: cond_fun must return a bool, got {kind}")
            )
        if kind.shape:
            raise XformValueError(
                at_user_line(
                    f"{transform}: cond_fun must return a scalar, got {kind}; reduce it with "
                    ".any() or .all()"
                )
            )
        return leaves

    def trace() -> Callee:
        name, place = function_name(body_fun), definition_site(body_fun)
        return trace_callee(name, transform, carry.avals, step, place)

    body = carry.settled(trace)
    name, place = function_name(cond_fun), definition_site(cond_fun)
    condition = trace_callee(name, transform, carry.avals, goes_on, place)
    return carry.tree(call_while(condition, body, carry.lifted()))
