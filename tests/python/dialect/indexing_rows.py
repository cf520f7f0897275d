"""The rows of primitives that read and write at computed places."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from structural_rows import typed_cases
from table_row import EVERY, NUMBERS, Array, Draw, Function, Operands, Row, Shape, normal
from xform import primitives
from xform.primitives import Indexing

ROWS: list[Row] = []

_seen: set[str] = set()


def vectors(shape: Shape, low: int, high: int, dtype: Any = np.int32) -> Draw:
    """Draws index vectors."""
    return lambda generator: np.asarray(generator.integers(low, high, shape)).astype(dtype)


def places(indices: Array, x: Array, how: Indexing) -> Iterator[tuple[Any, Any]]:
    """For each index vector, the window's place in x and in the windows' array; None if dropped."""
    window_axes = [a for a in range(x.ndim) if a not in (*how.axes, *how.x_batch)]
    rank = indices.ndim - 1 + len(window_axes)
    index_dims = [d for d in range(rank) if d not in how.window_dims]
    for position in np.ndindex(indices.shape[:-1]):
        source: list[Any] = [slice(None)] * x.ndim
        target: list[Any] = [slice(None)] * rank
        inside = True
        for dim, i in zip(index_dims, position, strict=True):
            target[dim] = i
        for axis, batch in zip(how.x_batch, how.indices_batch, strict=True):
            source[axis] = position[batch]
        for axis, number in zip(how.axes, indices[position], strict=True):
            inside &= 0 <= int(number) < x.shape[axis]
            source[axis] = min(max(int(number), 0), x.shape[axis] - 1)
        yield tuple(source) if inside or how.mode == "clip" else None, tuple(target)


def gathered(x: Array, indices: Array, how: Indexing) -> Array:
    """gather, window by window."""
    window_axes = [a for a in range(x.ndim) if a not in (*how.axes, *how.x_batch)]
    sizes = iter(indices.shape[:-1])
    windows = iter([x.shape[a] for a in window_axes])
    rank = indices.ndim - 1 + len(window_axes)
    shape = [next(windows if d in how.window_dims else sizes) for d in range(rank)]
    result = np.zeros(shape, x.dtype)
    for source, target in places(indices, x, how):
        if source is not None:
            result[target] = x[source]
    return result


def scattered(combine: Function, x: Array, indices: Array, updates: Array, how: Indexing) -> Array:
    """A scatter, update by update in order."""
    result = x.copy()
    for source, target in places(indices, x, how):
        if source is not None:
            result[source] = combine(result[source], updates[target])
    return result


def replace(old: Array, new: Array) -> Array:
    """What `scatter` writes."""
    return new


SCATTERS: tuple[tuple[str, Function, Function, tuple[Any, ...]], ...] = (
    ("scatter", primitives.scatter, replace, EVERY),
    ("scatter_add", primitives.scatter_add, np.add, NUMBERS),
    ("scatter_mul", primitives.scatter_mul, np.multiply, NUMBERS),
    ("scatter_min", primitives.scatter_min, np.minimum, NUMBERS),
    ("scatter_max", primitives.scatter_max, np.maximum, NUMBERS),
)

# x's shape, the shape of the index vectors, and how they are used.
INDEXED: tuple[tuple[str, Shape, Shape, Indexing], ...] = (
    ("rows or none", (4, 3), (6, 1), Indexing([0], [1], mode="drop")),
    ("elements", (3, 4), (2, 3, 2), Indexing([0, 1], [], mode="drop")),
    ("a window between", (2, 3, 4), (5, 2), Indexing([0, 2], [1])),
    ("one vector", (4, 3), (1,), Indexing([0], [0])),
    ("a batch", (2, 4, 3), (2, 3, 1), Indexing([1], [2], [0], [0], "drop")),
    ("two batches", (2, 5, 3), (3, 2, 2, 1), Indexing([1], [], [2, 0], [0, 1])),
    ("no vectors", (3, 2), (0, 1), Indexing([0], [1])),
)
UNIQUE: tuple[tuple[str, Shape, Array, Indexing], ...] = (
    ("unique rows", (5, 2), np.array([[3], [0], [4]], np.int64), Indexing([0], [1], unique=True)),
    (
        "unique or none",
        (4,),
        np.array([[3], [9], [-1], [0]], np.int8),
        Indexing([0], [], mode="drop", unique=True),
    ),
)


# How many functions a row costs when every combination of batched operands is tried grows with
# its operands, so scatters take few of these.
OF_SCATTERS = {"a window between", "a batch"}
OF_SUMS = {*OF_SCATTERS, "rows or none", "one vector"}
OF_REPLACING = {*OF_SCATTERS, "rows or none", "unique rows"}


def is_tried(primitive: str, name: str) -> bool:
    few = {"scatter_add": OF_SUMS, "scatter": OF_REPLACING}.get(primitive, OF_SCATTERS)
    return name in few


def windows_shape(shape: Shape, indices: Shape, how: Indexing) -> Shape:
    return gathered(np.zeros(shape), np.zeros(indices, np.int32), how).shape


def index_cases(shape: Shape, how: Indexing) -> Array:
    """Index vectors in range and out of it, some twice."""
    generator = np.random.default_rng(5)
    return np.asarray(generator.integers(-2, 6, shape)).astype(np.int32)


def add_rows(name: str, shape: Shape, indices: Draw, given: Array, how: Indexing) -> None:
    """A row for each primitive."""

    def dtypes_of(primitive: str, every: Sequence[Any]) -> list[Any]:
        first = primitive not in _seen
        _seen.add(primitive)
        few = (np.float32, np.float64, np.int32, np.bool_)
        return list(every) if first else [d for d in every if d in few]

    row = f"{name} {shape} by {given.shape}"
    ROWS.append(
        Row(
            f"gather {row}",
            "gather",
            "gather",
            partial(primitives.gather, indexing=how),
            partial(gathered, how=how),
            (normal(shape), indices),
            tuple((x, given) for (x,) in typed_cases([shape], dtypes_of("gather", EVERY))),
        )
    )
    windows = windows_shape(shape, given.shape, how)
    for primitive, emit, combine, dtypes in SCATTERS:
        if not is_tried(primitive, name):
            continue
        cases: list[Operands] = [
            (x, given, updates)
            for x, updates in typed_cases([shape, windows], dtypes_of(primitive, dtypes))
        ]
        ROWS.append(
            Row(
                f"{primitive} {row}",
                primitive,
                "scatter" if primitive == "scatter" else "scatter_op",
                partial(emit, indexing=how),
                partial(scattered, combine, how=how),
                (normal(shape), indices, normal(windows)),
                tuple(cases),
            )
        )


for name, shape, indices_shape, how in INDEXED:
    draw = vectors(indices_shape, -2, 6)
    add_rows(name, shape, draw, index_cases(indices_shape, how), how)
for name, shape, given, how in UNIQUE:
    add_rows(name, shape, lambda generator, given=given: given, given, how)

# Integers of every dtype as indices.
for dtype in (np.int8, np.int64, np.uint8, np.uint64):
    how = Indexing([0], [1], mode="drop")
    info = np.iinfo(dtype)
    given = np.array([[2], [info.max], [0], [info.min], [3]], dtype)
    x = np.arange(8.0).reshape(4, 2)
    updates = np.arange(10.0).reshape(5, 2)
    label = f"indices of {np.dtype(dtype).name}"
    ROWS.append(
        Row(
            f"gather {label}",
            "gather",
            "gather",
            partial(primitives.gather, indexing=how),
            partial(gathered, how=how),
            (normal(x.shape), lambda generator, given=given: given),
            ((x, given),),
        )
    )
    ROWS.append(
        Row(
            f"scatter_add {label}",
            "scatter_add",
            "scatter_op",
            partial(primitives.scatter_add, indexing=how),
            partial(scattered, np.add, how=how),
            (normal(x.shape), lambda generator, given=given: given, normal(updates.shape)),
            ((x, given, updates),),
        )
    )

# Dynamic slices ---------------------------------------------------------------------------------


def window(x: Array, starts: Sequence[Array], sizes: Sequence[int]) -> tuple[slice, ...]:
    """The place of a slice."""
    clamped = [
        min(max(int(s), 0), n - size) for s, n, size in zip(starts, x.shape, sizes, strict=True)
    ]
    return tuple(slice(s, s + size) for s, size in zip(clamped, sizes, strict=True))


def sliced(x: Array, *starts: Array, sizes: Shape) -> Array:
    """dynamic_slice."""
    return np.array(x[window(x, starts, sizes)])


def emit_slice(x: Any, *starts: Any, sizes: Shape) -> Any:
    return primitives.dynamic_slice(x, starts, sizes)


def updated(x: Array, update: Array, *starts: Array) -> Array:
    """dynamic_update_slice."""
    result = x.copy()
    result[window(x, starts, update.shape)] = update
    return result


def emit_update(x: Any, update: Any, *starts: Any) -> Any:
    return primitives.dynamic_update_slice(x, update, starts)


DYNAMIC: tuple[tuple[Shape, Shape], ...] = (
    ((6,), (2,)),
    ((4, 5), (3, 2)),
    ((3,), (3,)),
    ((3,), (0,)),
)
for number, (shape, sizes) in enumerate(DYNAMIC):
    every = list(EVERY) if number == 0 else [np.float32, np.int32]
    starts = [np.array(s, np.int32) for s in (1, 2, 0)[: len(shape)]]
    outside = [np.array(s, np.int64) for s in (-1, 9, 9)[: len(shape)]]
    bytes_ = [np.array(255, np.uint8) for _ in shape]
    draws = [vectors((), -1, 5) for _ in shape]
    ROWS.append(
        Row(
            f"dynamic_slice {shape} {sizes}",
            "dynamic_slice",
            "dynamic_slice",
            partial(emit_slice, sizes=sizes),
            partial(sliced, sizes=sizes),
            (normal(shape), *draws),
            tuple(
                (x, *at)
                for (x,), at in itertools.product(
                    typed_cases([shape], every), (starts, outside, bytes_)
                )
            ),
        )
    )
    ROWS.append(
        Row(
            f"dynamic_update_slice {shape} {sizes}",
            "dynamic_update_slice",
            "dynamic_slice",
            emit_update,
            updated,
            (normal(shape), normal(sizes), *draws),
            tuple(
                (x, part, *at)
                for (x, part), at in itertools.product(
                    typed_cases([shape, sizes], every), (starts, outside, bytes_)
                )
            ),
        )
    )
