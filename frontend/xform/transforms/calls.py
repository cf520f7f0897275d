"""Emitting operations that name a traced function, and what their results are in Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import TYPE_CHECKING

from .._xform import Diagnostic, Function, Value
from ..errors import XformValueError, at_user_line
from ..primitives import neg
from ..source import user_location
from ..tracing.avals import Aval
from ..tracing.complex_values import part_counts, repeated
from ..tracing.traces import (
    Callee,
    complex_of,
    imag_of,
    lifted,
    real_of,
    require_trace,
    results,
)

if TYPE_CHECKING:
    from ..tracing.array import TracedArray
    from .checkpoint_policies import Policy


@contextmanager
def reporting(transform: str) -> Iterator[None]:
    """Turns what a transform operation's verifier says into the user's error."""
    try:
        yield
    except Diagnostic as diagnostic:
        text = "\n".join([f"{transform}: {diagnostic.message}", *diagnostic.notes])
        raise XformValueError(at_user_line(text)) from None


@contextmanager
def emitting(transform: str) -> Iterator[Function]:
    """The function to write an operation into; what its verifier says is the user's error."""
    with reporting(transform):
        yield require_trace(transform).function


def wrapped(values: Sequence[Value], like: Sequence[Aval]) -> list[TracedArray]:
    """Results as traced arrays of the innermost trace.

    Args:
        values: the values of their parts.
        like: arrays of their dtypes; weak where a 0-d result is weak.
    """
    return results(values, require_trace("call"), like)


def inexact(avals: Sequence[Aval]) -> list[Aval]:
    """Those that have tangents, which are not weak."""
    return [strong(kind) for kind in avals if kind.is_inexact]


def strong(kind: Aval) -> Aval:
    """An aval that is not weak."""
    return Aval(kind.shape, kind.dtype)


def conjugate(x: TracedArray) -> TracedArray:
    """The complex conjugate of a complex array."""
    return complex_of(real_of(x), neg(imag_of(x)))


def _places(typed: Sequence[TracedArray], chosen: Sequence[int]) -> list[int]:
    """Where the parts of some arrays are among those of all."""
    firsts = [0, *accumulate(part_counts(x._aval for x in typed))]
    return [place for i in chosen for place in range(firsts[i], firsts[i + 1])]


def call(callee: Callee, own: Sequence[TracedArray]) -> list[TracedArray]:
    """A plain call of a traced function."""
    with emitting("call") as function:
        values = function.call(callee.function, callee.operands(lifted(own)), user_location())
    return wrapped(values, callee.results)


def call_vjp(
    callee: Callee,
    primals: Sequence[TracedArray],
    cotangents: Sequence[TracedArray],
    argnums: Sequence[int] | None = None,
) -> tuple[list[TracedArray], list[TracedArray]]:
    """Results of a traced function and the cotangents of its own arguments.

    Args:
        callee: the function.
        primals: its own arguments.
        cotangents: those of its results.
        argnums: the arguments whose cotangents are returned, which increase; None for all.
    """
    wanted = range(len(primals)) if argnums is None else argnums
    with emitting("vjp") as function:
        values = function.vjp(
            callee.function,
            callee.operands(lifted(primals)),
            lifted(cotangents),
            _places(primals, wanted),
            user_location(),
        )
    return _with_results(callee, values, [strong(primals[i]._aval) for i in wanted])


def call_jvp(
    callee: Callee,
    primals: Sequence[TracedArray],
    tangents: Sequence[TracedArray],
    argnums: Sequence[int],
) -> tuple[list[TracedArray], list[TracedArray]]:
    """Results of a traced function and a tangent for each floating one.

    Args:
        callee: the function.
        primals: its own arguments.
        tangents: those of the arguments in `argnums`, which increase.
    """
    with emitting("jvp") as function:
        values = function.jvp(
            callee.function,
            callee.operands(lifted(primals)),
            lifted(tangents),
            _places(primals, argnums),
            user_location(),
        )
    return _with_results(callee, values, inexact(callee.results))


def _with_results(
    callee: Callee, values: Sequence[Value], behind: Sequence[Aval]
) -> tuple[list[TracedArray], list[TracedArray]]:
    """A function's results, and what comes behind them."""
    found = wrapped(values, [*callee.results, *behind])
    count = len(callee.results)
    return found[:count], found[count:]


def call_vmap(
    callee: Callee,
    batched: Sequence[TracedArray],
    in_dims: Sequence[int],
    out_dims: Sequence[int | None],
    row_numbers: TracedArray | None = None,
) -> list[TracedArray]:
    """A traced function over rows of its own arguments; its captures are not batched.

    Args:
        callee: the function.
        batched: its own arguments.
        in_dims: their batch dims.
        out_dims: those of the results.
        row_numbers: a uint32 for each row, which makes its random draws differ from those of
            the others; None for draws that all rows share.
    """
    with emitting("vmap") as function:
        values = function.vmap(
            callee.function,
            callee.operands(lifted(batched)),
            [*repeated(in_dims, (x._aval for x in batched)), *(None for _ in callee.captures)],
            repeated(out_dims, callee.results),
            user_location(),
            None if row_numbers is None else lifted([row_numbers])[0],
        )
    return wrapped(values, callee.results)


def call_map(callee: Callee, xs: Sequence[TracedArray]) -> list[TracedArray]:
    """A traced function on each row of its own arguments in turn."""
    with emitting("map") as function:
        values = function.map(
            callee.function,
            lifted(xs),
            lifted(callee.captures),
            user_location(),
        )
    return wrapped(values, [strong(kind) for kind in callee.results])


def call_scan(
    callee: Callee,
    init: Sequence[TracedArray],
    xs: Sequence[TracedArray],
    length: int | None,
    *,
    reverse: bool,
    unroll: int,
) -> list[TracedArray]:
    """A traced function of what is carried and a row of `xs`, on each row in turn.

    Args:
        callee: the function; it returns what is carried on, then a row of each stacked result.
        init: what the first step is given.
        xs: stacked rows.
        length: the number of steps; None where `xs` tell it.
        reverse: whether the last row comes first.
        unroll: how many steps are written out.
    """
    with emitting("scan") as function:
        values = function.scan(
            callee.function,
            lifted(init),
            lifted(xs),
            lifted(callee.captures),
            user_location(),
            length,
            reverse,
            unroll,
        )
    count = len(init)
    rows = [strong(kind) for kind in callee.results[count:]]
    return wrapped(values, [*callee.results[:count], *rows])


def call_switch(
    transform: str, index: TracedArray, branches: Sequence[Callee]
) -> list[TracedArray]:
    """The one of some traced functions that a 0-d index names; they share their captures."""
    with emitting(transform) as function:
        values = function.switch(
            lifted([index])[0],
            [branch.function for branch in branches],
            lifted(branches[0].captures),
            user_location(),
        )
    return wrapped(values, branches[0].results)


def call_checkpoint(callee: Callee, policy: Policy) -> list[TracedArray]:
    """A traced function of which a derivative saves what the policy says."""
    with emitting("checkpoint") as function:
        values = function.checkpoint(
            callee.function,
            callee.operands([]),
            policy.kind,
            user_location(),
            policy.names,
            policy.bytes,
        )
    return wrapped(values, callee.results)


def call_while(cond: Callee, body: Callee, init: Sequence[TracedArray]) -> list[TracedArray]:
    """A traced function on what it returned before, for as long as another one is true."""
    with emitting("while_loop") as function:
        values = function.while_loop(
            lifted(init),
            cond.function,
            lifted(cond.captures),
            body.function,
            lifted(body.captures),
            user_location(),
        )
    return wrapped(values, body.results)


def call_grad(
    callee: Callee, primals: Sequence[TracedArray], *, with_value: bool, has_aux: bool
) -> list[TracedArray]:
    """Gradients by all own arguments, then the value and the aux results if asked for."""
    with emitting("grad") as function:
        values = function.grad(
            callee.function,
            callee.operands(lifted(primals)),
            _places(primals, range(len(primals))),
            user_location(),
            with_value,
            has_aux,
        )
    kept = callee.results[not with_value : None if has_aux else 1]
    return wrapped(values, [*(strong(x._aval) for x in primals), *kept])
