"""`jacrev`, `jacfwd` and `hessian`: all first or second partial derivatives."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

from .. import pytrees
from ..primitives import full, reshape
from ..tracing.traces import Callee, function_name
from .basis import moved, rows_of_linear_map
from .calls import call, call_jvp, call_vjp, conjugate
from .derivative import TracedOutput
from .selection import (
    Selection,
    checked_argnums,
    checked_rows,
    require_callable,
    require_complex,
    require_randomness,
    require_real,
)
from .transformed import Transformed

if TYPE_CHECKING:
    from ..tracing.array import TracedArray

Blocks = Callable[[Callable[..., Any], Selection, TracedOutput, int | None], Any]


def jacrev(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """The Jacobian of a function, by reverse mode: one pullback for each element of the output.

    Args:
        func: the function; outputs are floating arrays in any pytree.
        argnums: the positional arguments to differentiate by.
        has_aux: whether `func` returns (output, aux).
        chunk_size: how many rows of the Jacobian to compute at once; None for all.
        holomorphic: whether `func` is promised to be holomorphic: the chosen arguments and the
            outputs are complex then, and the result is made of complex derivatives.

    Returns:
        A function that returns the output's structure with each leaf replaced by the structure of
        the chosen argument (a tuple of them for a tuple), each leaf of shape
        out.shape + in.shape; or (jacobian, aux).

    Raises:
        XformTypeError: an integer or bool among the chosen arguments or the outputs, or a complex
            one without `holomorphic`.
        XformValueError: chunk_size below 1, or an output without arrays.
        XformIndexError: argnums out of range.

    >>> import numpy as np
    >>> jacrev(lambda x: x * x)(np.array([1.0, 2.0])).numpy()
    array([[2., 0.],
           [0., 4.]])
    >>> jacrev(lambda z: z * z, holomorphic=True)(np.array([1j, 2 + 1j])).numpy().diagonal()
    array([0.+2.j, 4.+2.j])
    """
    made = partial(
        jacrev, func, argnums, has_aux=has_aux, chunk_size=chunk_size, holomorphic=holomorphic
    )
    blocks = _holomorphic_blocks if holomorphic else reverse_blocks
    return _jacobian(made, "jacrev", blocks, func, argnums, has_aux, chunk_size, holomorphic)


def jacfwd(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
    chunk_size: int | None = None,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """The Jacobian of a function, by forward mode: one jvp for each element of the arguments.

    Args:
        func: as for `jacrev`.
        argnums: as for `jacrev`.
        has_aux: as for `jacrev`.
        randomness: whether `func` draws its random numbers once, "error" or "same", or anew for
            each column of the Jacobian, "different". There is no error for random draws here.
        chunk_size: how many columns of the Jacobian to compute at once; None for all.
        holomorphic: as for `jacrev`.

    Returns:
        As `jacrev`.

    Raises:
        As `jacrev`, or XformValueError for another `randomness`.

    >>> import numpy as np
    >>> jacfwd(lambda x: x * x)(np.array([1.0, 2.0])).numpy()
    array([[2., 0.],
           [0., 4.]])
    """
    require_randomness("jacfwd", randomness)
    blocks = partial(forward_blocks, fresh_draws=randomness == "different")
    made = partial(
        jacfwd, func, argnums, has_aux, randomness=randomness, chunk_size=chunk_size,
        holomorphic=holomorphic,
    )  # fmt: skip
    return _jacobian(made, "jacfwd", blocks, func, argnums, has_aux, chunk_size, holomorphic)


def hessian(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """The second partial derivatives: `jacfwd(jacrev(func))`.

    Args:
        func: as for `jacrev`.
        argnums: as for `jacrev`.
        has_aux: as for `jacrev`.
        holomorphic: as for `jacrev`.

    Returns:
        A function whose result has the structure of the output, then of the chosen arguments,
        then of them again; leaves have shape out.shape + in.shape + in.shape; or (hessian, aux).

    Raises:
        As `jacrev`.

    >>> import numpy as np
    >>> hessian(lambda x: (x * x).sum())(np.array([1.0, 2.0])).numpy()
    array([[2., 0.],
           [0., 2.]])
    """
    made = partial(hessian, func, argnums, has_aux=has_aux, holomorphic=holomorphic)
    blocks = _holomorphic_blocks if holomorphic else reverse_blocks
    first = _jacobian(made, "hessian", blocks, func, argnums, has_aux, None, holomorphic)
    return _jacobian(made, "hessian", forward_blocks, first, argnums, has_aux, None, holomorphic)


def _jacobian(
    made: partial[Callable[..., Any]],
    transform: str,
    blocks: Blocks,
    func: Callable[..., Any],
    argnums: int | tuple[int, ...],
    has_aux: bool,
    chunk_size: int | None,
    holomorphic: bool,
) -> Callable[..., Any]:
    require_callable(transform, func)
    require = require_complex if holomorphic else require_real
    numbers = checked_argnums(transform, argnums)
    chunk = checked_rows(transform, "chunk_size", chunk_size)

    def run(*args: Any, **kwargs: Any) -> Any:
        selection = Selection(transform, func, args, numbers)
        require(transform, selection.paths, selection.avals)
        traced = TracedOutput(transform, func, selection, has_aux, kwargs)
        require(transform, traced.output.paths, traced.output.avals)
        return _with_aux(selection, traced, blocks(func, selection, traced, chunk))

    return Transformed(made, transform, func, run, numbers)


def reverse_blocks(
    func: Callable[..., Any], selection: Selection, traced: TracedOutput, chunk: int | None
) -> Any:
    """A pullback for each leaf of the output, so that none carries the zeros of another."""
    name = function_name(func)
    primals = selection.lifted()
    blocks: list[Any] = []
    for k, kind in enumerate(traced.output.avals):
        callee = traced.only([k])

        def pullback(seed: TracedArray, callee: Callee = callee) -> list[TracedArray]:
            return call_vjp(callee, primals, [seed])[1]

        if kind.shape:
            rows = rows_of_linear_map(
                f"{name}_pullback", selection.transform, kind, pullback, chunk
            )
        else:
            rows = pullback(full((), kind.dtype, 1.0))
        shaped = [
            _shaped(x, (*kind.shape, *primal.shape))
            for x, primal in zip(rows, selection.avals, strict=True)
        ]
        blocks.append(selection.rebuild(shaped))
    return pytrees.unflatten(traced.output.spec, blocks)


def _holomorphic_blocks(
    func: Callable[..., Any], selection: Selection, traced: TracedOutput, chunk: int | None
) -> Any:
    """As `reverse_blocks`: the pullback of 1 is the conjugate of the complex derivative."""
    return pytrees.map_leaves(conjugate, reverse_blocks(func, selection, traced, chunk))


def forward_blocks(
    func: Callable[..., Any],
    selection: Selection,
    traced: TracedOutput,
    chunk: int | None,
    *,
    fresh_draws: bool = False,
) -> Any:
    """A jvp for each leaf of the arguments; the tangents of the others are symbolic zeros.

    With `fresh_draws`, each column draws random numbers of its own.
    """
    name = function_name(func)
    primals = selection.lifted()
    outputs = traced.output.avals
    columns: list[list[Any]] = [[] for _ in outputs]
    first = 0 if fresh_draws else None
    for i, kind in enumerate(selection.avals):

        def pushforward(seed: TracedArray, i: int = i) -> list[TracedArray]:
            return call_jvp(traced.callee, primals, [seed], [i])[1][: len(outputs)]

        if kind.shape:
            rows = rows_of_linear_map(
                f"{name}_pushforward", selection.transform, kind, pushforward, chunk, first
            )
            rows = [moved(x, 0, x.ndim - 1) for x in rows]
        else:
            rows = pushforward(full((), kind.dtype, 1.0))
        for column, x, out in zip(columns, rows, outputs, strict=True):
            column.append(_shaped(x, (*out.shape, *kind.shape)))
        if first is not None:
            first += prod(kind.shape)
    blocks = [selection.rebuild(column) for column in columns]
    return pytrees.unflatten(traced.output.spec, blocks)


def _with_aux(selection: Selection, traced: TracedOutput, jacobian: Any) -> Any:
    """(jacobian, aux) where the function has one; the compiler merges its call with the others."""
    if not traced.has_aux:
        return jacobian
    return jacobian, traced.split(call(traced.callee, selection.lifted()))[1]


def _shaped(x: TracedArray, shape: tuple[int, ...]) -> TracedArray:
    return x if x.shape == shape else reshape(x, shape)
