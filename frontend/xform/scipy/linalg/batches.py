"""Functions of one system, carried out for all systems along leading axes."""

from __future__ import annotations

import math
from collections.abc import Callable

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...numpy import manipulation
from ...numpy.linalg.matrices import common
from ...numpy.promotion import (
    broadcast,
    broadcast_shapes,
    constant,
)
from ...tracing.array import ArrayLike, TracedArray
from ...transforms.vmap import vmap

Solve = Callable[[TracedArray, TracedArray], TracedArray]


def on_batches(
    a: ArrayLike, b: ArrayLike, solve: Solve, name: str, rows: int | None = None
) -> TracedArray:
    """The solutions of systems whose matrices are not given as square arrays.

    Args:
        a: what a matrix is given as, (..., rows, n).
        b: a vector (n,) or matrices (..., n, m).
        solve: takes one of the first and columns (n, m).
        name: the function that messages name.
        rows: how many there must be; None for at least one.

    Raises:
        XformValueError: the shapes do not fit.
    """
    matrix, rhs = common(name, a, b)
    if matrix.ndim < 2 or (matrix.shape[-2] != rows if rows is not None else not matrix.shape[-2]):
        expected = "at least one diagonal" if rows is None else f"{rows} diagonals"
        raise XformValueError(
            at_user_line(f"{name}: expected {expected} in the rows of ab, got shape {matrix.shape}")
        )
    n = matrix.shape[-1]
    vector = rhs.ndim == 1
    if not rhs.ndim or rhs.shape[-1 if vector else -2] != n:
        raise XformValueError(
            at_user_line(
                f"{name}: expected right-hand sides of {n} rows for ab of shape {matrix.shape}, "
                f"got shape {rhs.shape}"
            )
        )
    columns = manipulation.expand_dims(rhs, -1) if vector else rhs
    if columns.size and matrix.size:
        result = over_batch(solve, (matrix, 2), (columns, 2))
    else:
        batch = broadcast_shapes(matrix.shape[:-2], columns.shape[:-2])
        result = constant((*batch, *columns.shape[-2:]), columns.dtype, 0.0)
    return manipulation.squeeze(result, -1) if vector else result


def over_batch(
    function: Callable[..., TracedArray], *given: tuple[TracedArray, int]
) -> TracedArray:
    """The results of a function for all arrays along leading axes, which broadcast.

    Args:
        function: takes arrays without these.
        given: the arrays, and how many of their last axes the function takes.
    """
    batch = broadcast_shapes(*(x.shape[: x.ndim - core] for x, core in given))
    if not batch:
        return function(*(x for x, _ in given))
    # An array without a batch of its own is one for all.
    own = [x.ndim > core for x, core in given]
    count = math.prod(batch)
    flat = [
        primitives.reshape(broadcast(x, (*batch, *core)), (count, *core)) if has else x
        for (x, axes), has in zip(given, own, strict=True)
        for core in [x.shape[x.ndim - axes :]]
    ]
    result: TracedArray = vmap(function, tuple(0 if has else None for has in own))(*flat)
    return primitives.reshape(result, (*batch, *result.shape[1:]))
