"""jacrev, jacfwd and hessian: all first or second partial derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import pytrees
from ..errors import XformTypeError, XformValueError, at_user_line
from ..primitives import full, reshape
from ..source import user_location
from ..tracing import Callee, function_name, trace_callee
from .basis import moved, rows_of_linear_map
from .calls import call, call_jvp, call_vjp
from .derivative import TracedOutput
from .selection import (
    Selection,
    checked_argnums,
    require_callable,
    transformed,
)

if TYPE_CHECKING:
    from ..array import TracedArray


def jacrev(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The Jacobian of a function, by reverse mode: one pullback for each element of the output.

    Args:
        func: the function; outputs are floating arrays in any pytree.
        argnums: the positional arguments to differentiate by.
        has_aux: whether `func` returns (output, aux).
        chunk_size: how many rows of the Jacobian to compute at once; None for all.

    Returns:
        A function that returns the output's structure with each leaf replaced by the structure of
        the chosen argument (a tuple of them for a tuple), each leaf of shape
        out.shape + in.shape; or (jacobian, aux).

    Raises:
        XformTypeError: an integer or bool among the chosen arguments or the outputs.
        XformValueError: chunk_size below 1, or an output without arrays.
        XformIndexError: argnums out of range.

    >>> import numpy as np
    >>> jacrev(lambda x: x * x)(np.array([1.0, 2.0])).numpy()
    array([[2., 0.],
           [0., 4.]])
    """
    require_callable("jacrev", func)
    numbers = checked_argnums("jacrev", argnums)
    chunk = checked_chunk_size("jacrev", chunk_size)

    def run(*args: Any, **kwargs: Any) -> Any:
        selection = Selection("jacrev", func, args, numbers)
        traced = TracedOutput("jacrev", func, selection, has_aux, kwargs)
        return _with_aux(selection, traced, reverse_blocks(func, selection, traced, chunk))

    return transformed("jacrev", func, run)


def jacfwd(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The Jacobian of a function, by forward mode: one jvp for each element of the arguments.

    Args:
        func: as for `jacrev`.
        argnums: as for `jacrev`.
        has_aux: as for `jacrev`.
        chunk_size: how many columns of the Jacobian to compute at once; None for all.

    Returns:
        As `jacrev`.

    Raises:
        As `jacrev`.

    >>> import numpy as np
    >>> jacfwd(lambda x: x * x)(np.array([1.0, 2.0])).numpy()
    array([[2., 0.],
           [0., 4.]])
    """
    require_callable("jacfwd", func)
    numbers = checked_argnums("jacfwd", argnums)
    chunk = checked_chunk_size("jacfwd", chunk_size)

    def run(*args: Any, **kwargs: Any) -> Any:
        selection = Selection("jacfwd", func, args, numbers)
        traced = TracedOutput("jacfwd", func, selection, has_aux, kwargs)
        return _with_aux(selection, traced, forward_blocks(func, selection, traced, chunk))

    return transformed("jacfwd", func, run)


def hessian(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """The second partial derivatives: `jacfwd(jacrev(func))`.

    Args:
        func: as for `jacrev`.
        argnums: as for `jacrev`.

    Returns:
        A function whose result has the structure of the output, then of the chosen arguments,
        then of them again; leaves have shape out.shape + in.shape + in.shape.

    Raises:
        As `jacrev`.

    >>> import numpy as np
    >>> hessian(lambda x: (x * x).sum())(np.array([1.0, 2.0])).numpy()
    array([[2., 0.],
           [0., 2.]])
    """
    require_callable("hessian", func)
    return jacfwd(jacrev(func, argnums), argnums)


def checked_chunk_size(transform: str, chunk_size: Any) -> int | None:
    """`chunk_size` if it is None or a positive int.

    Raises:
        XformTypeError: it is no int.
        XformValueError: it is below 1.
    """
    if chunk_size is None:
        return None
    if isinstance(chunk_size, bool) or not hasattr(chunk_size, "__index__"):
        raise XformTypeError(
            at_user_line(f"{transform}: chunk_size must be an int or None, got {chunk_size!r}")
        )
    if chunk_size < 1:
        raise XformValueError(
            at_user_line(f"{transform}: chunk_size must be at least 1, got {chunk_size}")
        )
    return int(chunk_size)


def reverse_blocks(
    func: Callable[..., Any], selection: Selection, traced: TracedOutput, chunk: int | None
) -> Any:
    """A pullback for each leaf of the output, so that none carries the zeros of another."""
    name = function_name(func)
    primals = selection.lifted()
    blocks: list[Any] = []
    for k, kind in enumerate(traced.output.avals):
        callee = _one_output(name, selection, traced, k)

        def pullback(seed: TracedArray, callee: Callee = callee) -> list[TracedArray]:
            return call_vjp(callee, primals, [seed])[1]

        if kind.shape:
            rows = rows_of_linear_map(f"{name}_pullback", "jacrev", kind, pullback, chunk)
        else:
            rows = pullback(full((), kind.dtype, 1.0))
        shaped = [
            _shaped(x, (*kind.shape, *primal.shape))
            for x, primal in zip(rows, selection.avals, strict=True)
        ]
        blocks.append(selection.rebuild(shaped))
    return pytrees.unflatten(traced.output.spec, blocks)


def _one_output(name: str, selection: Selection, traced: TracedOutput, k: int) -> Callee:
    """The function that returns only one leaf of the output."""
    if len(traced.callee.results) == 1:
        return traced.callee
    return trace_callee(
        f"{name}_output",
        "jacrev",
        selection.avals,
        lambda leaves: [call(traced.callee, leaves)[k]],
        user_location(),
    )


def forward_blocks(
    func: Callable[..., Any], selection: Selection, traced: TracedOutput, chunk: int | None
) -> Any:
    """A jvp for each leaf of the arguments; the tangents of the others are symbolic zeros."""
    name = function_name(func)
    primals = selection.lifted()
    outputs = traced.output.avals
    columns: list[list[Any]] = [[] for _ in outputs]
    for i, kind in enumerate(selection.avals):

        def pushforward(seed: TracedArray, i: int = i) -> list[TracedArray]:
            return call_jvp(traced.callee, primals, [seed], [i])[1][: len(outputs)]

        if kind.shape:
            rows = rows_of_linear_map(f"{name}_pushforward", "jacfwd", kind, pushforward, chunk)
            rows = [moved(x, 0, x.ndim - 1) for x in rows]
        else:
            rows = pushforward(full((), kind.dtype, 1.0))
        for column, x, out in zip(columns, rows, outputs, strict=True):
            column.append(_shaped(x, (*out.shape, *kind.shape)))
    blocks = [selection.rebuild(column) for column in columns]
    return pytrees.unflatten(traced.output.spec, blocks)


def _with_aux(selection: Selection, traced: TracedOutput, jacobian: Any) -> Any:
    """(jacobian, aux) where the function has one; the compiler merges its call with the others."""
    if not traced.has_aux:
        return jacobian
    return jacobian, traced.split(call(traced.callee, selection.lifted()))[1]


def _shaped(x: TracedArray, shape: tuple[int, ...]) -> TracedArray:
    return x if x.shape == shape else reshape(x, shape)
