"""Rows of unit vectors, and linear maps applied to all of them at once or in pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from ..primitives import (
    add,
    broadcast_in_dim,
    concatenate,
    convert,
    eq,
    full,
    iota,
    reshape,
    slice,
    transpose,
)
from ..source import user_location
from ..tracing.avals import Aval
from ..tracing.traces import Callee, trace_callee
from .calls import call_map, call_vmap

if TYPE_CHECKING:
    from ..tracing.array import TracedArray

_INDEX = np.dtype(np.int32)


def unit_vectors(kind: Aval) -> TracedArray:
    """All arrays of an aval that are 1 in one place and 0 elsewhere, along a new leading axis.

    They are a comparison of indices, which the compiler can fold into what reads them, and never
    an identity matrix in the program.
    """
    n = prod(kind.shape)
    rows, columns = iota((n, n), _INDEX, 0), iota((n, n), _INDEX, 1)
    units = convert(eq(rows, columns), kind.dtype)
    return units if len(kind.shape) == 1 else reshape(units, (n, *kind.shape))


def unit_vector(kind: Aval, index: TracedArray) -> TracedArray:
    """The array of an aval that is 1 at a row-major index, a 0-d int32, and 0 elsewhere."""
    n = prod(kind.shape)
    unit = convert(eq(iota((n,), _INDEX, 0), broadcast_in_dim(index, (n,), ())), kind.dtype)
    return unit if len(kind.shape) == 1 else reshape(unit, kind.shape)


def rows_of_linear_map(
    name: str,
    transform: str,
    kind: Aval,
    body: Callable[[TracedArray], Sequence[Any]],
    chunk_size: int | None,
    first_row: int | None = None,
) -> list[TracedArray]:
    """A linear map applied to every unit vector of an aval.

    Args:
        name: the name of the function that is made of `body`.
        transform: how messages call the transform.
        kind: the aval of the map's argument; not 0-d.
        body: the map.
        chunk_size: how many unit vectors to take at once; None for all.
        first_row: the number of the first one where each draws random numbers by its number; None
            where they draw the same.

    Returns:
        The map's results, with the unit vectors along a new leading axis.
    """
    n = prod(kind.shape)
    place = user_location()
    numbers = None
    if first_row is not None:
        numbers = add(iota((n,), np.uint32, 0), full((n,), np.uint32, first_row))

    if chunk_size is None or chunk_size >= n:
        callee = trace_callee(name, transform, [kind], lambda xs: body(xs[0]), place)
        return call_vmap(callee, [unit_vectors(kind)], [0], [0] * len(callee.results), numbers)
    index = Aval((), _INDEX)
    callee = trace_callee(
        name, transform, [index], lambda xs: body(unit_vector(kind, xs[0])), place
    )
    out_dims: list[int | None] = [0] * len(callee.results)
    rows = [iota((n,), _INDEX, 0)]
    return vmap_in_chunks(callee, rows, [0], out_dims, n, chunk_size, transform, numbers)


def vmap_in_chunks(
    callee: Callee,
    batched: Sequence[TracedArray],
    in_dims: Sequence[int],
    out_dims: Sequence[int | None],
    size: int,
    chunk_size: int,
    transform: str,
    row_numbers: TracedArray | None = None,
) -> list[TracedArray]:
    """`call_vmap` a few rows at a time, one piece after the other.

    Args:
        callee, batched, in_dims, out_dims, row_numbers: as for `call_vmap`.
        size: how many rows there are.
        chunk_size: how many to take at once, less than `size`.
        transform: how messages call the transform.

    Returns:
        What `call_vmap` returns.
    """
    rows = [moved(x, dim, 0) for x, dim in zip(batched, in_dims, strict=True)]
    if row_numbers is not None:
        rows.append(row_numbers)
    full_chunks, rest = divmod(size, chunk_size)
    inner: list[int | None] = [None if dim is None else 0 for dim in out_dims]

    def results_of(chunk: Sequence[TracedArray]) -> list[TracedArray]:
        own, numbers = chunk[: len(batched)], chunk[len(batched) :]
        return call_vmap(callee, own, [0] * len(own), inner, *numbers)

    pieces = [
        _full_chunks(
            results_of, callee.function.name, rows, inner, full_chunks, chunk_size, transform
        )
    ]
    if rest:
        pieces.append(results_of([_rows(x, full_chunks * chunk_size, size) for x in rows]))
    results: list[TracedArray] = []
    for i, dim in enumerate(out_dims):
        if dim is None:
            results.append(pieces[-1][i])
        else:
            parts = [piece[i] for piece in pieces]
            whole = parts[0] if len(parts) == 1 else concatenate(parts, 0)
            results.append(moved(whole, 0, dim))
    return results


def _full_chunks(
    results_of: Callable[[Sequence[TracedArray]], list[TracedArray]],
    name: str,
    rows: Sequence[TracedArray],
    out_dims: Sequence[int | None],
    count: int,
    chunk_size: int,
    transform: str,
) -> list[TracedArray]:
    first = [_rows(x, 0, count * chunk_size) for x in rows]
    if count == 1:
        return results_of(first)
    chunks = [reshape(x, (count, chunk_size, *x.shape[1:])) for x in first]
    body = trace_callee(
        name,
        transform,
        [Aval(x.shape[1:], x.dtype) for x in chunks],
        results_of,
        user_location(),
    )
    stacked = call_map(body, chunks)
    results: list[TracedArray] = []
    for x, dim in zip(stacked, out_dims, strict=True):
        if dim is None:
            # Every chunk computed the same; one of them will do.
            results.append(reshape(_rows(x, 0, 1), x.shape[1:]))
        else:
            results.append(reshape(x, (count * chunk_size, *x.shape[2:])))
    return results


def _rows(x: TracedArray, start: int, limit: int) -> TracedArray:
    if start == 0 and limit == x.shape[0]:
        return x
    rest = x.shape[1:]
    return slice(x, [start, *(0 for _ in rest)], [limit, *rest], [1] * x.ndim)


def moved(x: TracedArray, source: int, target: int) -> TracedArray:
    """`x` with the axis `source` at the place `target`."""
    if source == target:
        return x
    order = [i for i in range(x.ndim) if i != source]
    order.insert(target, source)
    return transpose(x, order)
