"""The table: all rows, their programs, and how far a result may be from the reference.

A result is right if it is that of matrices nearby, as far away as roundings of the size of their
elements. How far this takes a result is measured: the reference is asked for some of these too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from xform import frontend

from . import banded_rows, function_rows, numpy_rows, scipy_rows
from .kinds import Array, kinds
from .row import Row

ROWS: list[Row] = [*numpy_rows.ROWS, *scipy_rows.ROWS, *banded_rows.ROWS, *function_rows.ROWS]

# How many matrices nearby are asked for.
_NEARBY = 4


class Cell(NamedTuple):
    """What one program has of a row: matrices of one size and dtype."""

    row: Row
    shape: tuple[int, int]
    dtype: str

    def __str__(self) -> str:
        return f"{self.row} {self.shape[0]}x{self.shape[1]} {self.dtype}"


CELLS = [
    Cell(row, shape, dtype)
    for row in ROWS
    for dtype, shapes in (
        ("float64", row.shapes),
        ("float32", row.shapes[-1:] if row.single is None else row.single),
    )
    for shape in shapes
]


def others(row: Row, shape: tuple[int, int], dtype: str) -> tuple[Array, ...]:
    return tuple(x.astype(dtype) for x in row.others(*shape))


def read(row: Row, stack: Array) -> Array:
    """The matrices, with NaN in the triangle that must not be read."""
    lower = np.tri(stack.shape[-1], dtype=bool)
    if row.reads is None:
        return stack
    return np.where(lower if row.reads == "lower" else lower.T, stack, np.nan).astype(stack.dtype)


# Programs ----------------------------------------------------------------------------------------


@cache
def results(cell: Cell) -> list[Array]:
    """Those of all kinds of matrices, from one program.

    Functions that are others under another name have a program of the same text, which is compiled
    once.
    """
    row, shape, dtype = cell
    stack = read(row, kinds(row.form, *shape, dtype).stack)
    found = frontend.jit(row.of_batch)(stack, *others(row, shape, dtype))
    return [np.asarray(x) for x in found]


# What is expected --------------------------------------------------------------------------------


def rounding(row: Row, shape: tuple[int, int], dtype: str) -> float:
    return 30 * max(*shape, 1) * float(np.finfo(dtype).eps) * row.rounding


def nearby(row: Row, x: Array, grade: Array, distance: float) -> Iterator[Array]:
    """Matrices of the same form, as far away as roundings."""
    rng = np.random.default_rng(13)
    size = np.abs(x)
    if row.changes == "norm":
        size = np.full_like(x, size.max(initial=0.0))
    elif row.changes == "grades":
        size = (size / grade).max(initial=0.0) * grade
    for _ in range(_NEARBY):
        sign = rng.choice([-1.0, 1.0], x.shape)
        change = sign * size * distance
        if row.form in ("symmetric", "positive"):
            change = np.tril(change) + np.tril(change, -1).T
        elif row.form == "triangular":
            change = np.tril(change)
        yield x + change


class Expected(NamedTuple):
    """A result, and how far from it one may be; None where roundings decide what it is."""

    result: Array
    error: Array | None


def expected(cell: Cell, k: int) -> list[Expected] | None:
    """What is expected of a kind's matrix; None if neither it nor those nearby have results."""
    row, shape, dtype = cell
    _, stack, sizes = kinds(row.form, *shape, dtype)
    beside = [y.astype(np.float64) for y in others(row, shape, dtype)]
    wide = stack[k].astype(np.float64)
    distance = rounding(row, shape, dtype)
    with np.errstate(all="ignore"):
        found = row.expected(wide, *beside)
        around = [row.expected(y, *beside) for y in nearby(row, wide, sizes[k], distance)]
    if found is None:
        return None if all(y is None for y in around) else []
    floor = distance if row.changes == "norm" else 0.0
    return [
        Expected(result, _error(result, [y and y[i] for y in around], distance, floor, dtype))
        for i, result in enumerate(found)
    ]


def _error(
    result: Array, around: list[Any], distance: float, floor: float, dtype: str
) -> Array | None:
    if any(y is None for y in around):
        return None
    if not np.isfinite(result).all():
        same = all(np.array_equal(y, result, equal_nan=True) for y in around)
        return np.zeros(result.shape) if same else None
    with np.errstate(all="ignore"):
        moved = np.max([np.abs(y - result) for y in around], 0, initial=0.0)
        scale = np.abs(result).max(initial=0.0)
        # What is subnormal may be 0.
        tiny = float(np.finfo(dtype).tiny)
        error = 4 * moved + distance * np.abs(result) + floor * scale + tiny
    if not np.isfinite(error).all() or error.max(initial=0.0) > 0.1 * scale > 0.0:
        return None
    return np.asarray(error)
