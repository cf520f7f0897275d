"""The rows of primitives that compare elements along an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np
from structural_rows import typed_cases
from table_row import EVERY, FLOATS, Array, Operands, Row, Shape, normal
from xform import primitives

ROWS: list[Row] = []

HALVES = (np.float16, ml_dtypes.bfloat16)
TIES = (2.0, math.nan, 0.0, -0.0, 1.0, -math.inf, 2.0, math.nan, math.inf, 1.0, -0.0)


def ties(*shapes: Shape) -> Iterable[Operands]:
    """Equal elements, zeros of both signs, infinities and NaN; later operands count places."""
    for dtype in (*FLOATS, *HALVES):
        first = np.resize(np.array(TIES, dtype), shapes[0])
        rest = (np.arange(math.prod(s)).reshape(s).astype(np.float32) for s in shapes[1:])
        yield (first, *rest)


# sort ---------------------------------------------------------------------------------------


def sorted_by(*xs: Array, axis: int, keys: int, chosen: int) -> Array:
    """One of the operands, moved into the order of the first few."""
    # NumPy cannot compare the elements of other libraries' dtypes.
    wide = [x.astype(np.float32) if x.dtype.kind == "V" else x for x in xs[:keys]]
    places = np.lexsort(wide[::-1], axis)
    return np.take_along_axis(xs[chosen], places, axis)


def emit_sort(*xs: Any, axis: int, keys: int, chosen: int) -> Any:
    return primitives.sort(xs, axis, keys)[chosen]


SORTED: tuple[tuple[tuple[Shape, ...], int, int, int], ...] = (
    (((11,),), 0, 1, 0),
    (((2, 5),), 1, 1, 0),
    (((4, 3),), 0, 1, 0),
    (((2, 3, 2),), 1, 1, 0),
    (((8,), (8,)), 0, 1, 1),
    (((2, 7), (2, 7)), 1, 1, 1),
    (((6, 2), (6, 2)), 0, 2, 1),
    (((2,), (2,)), 0, 1, 1),
    (((1,),), 0, 1, 0),
    (((2, 0),), 1, 1, 0),
    (((0, 3),), 1, 1, 0),
)
for index, (shapes, axis, keys, chosen) in enumerate(SORTED):
    ROWS.append(
        Row(
            f"sort of {shapes} along {axis} by {keys}, operand {chosen}",
            "sort",
            "ordering",
            partial(emit_sort, axis=axis, keys=keys, chosen=chosen),
            partial(sorted_by, axis=axis, keys=keys, chosen=chosen),
            tuple(normal(shape) for shape in shapes),
            (*typed_cases(shapes, FLOATS if index else EVERY), *ties(*shapes)),
        )
    )

# Places of extremes -------------------------------------------------------------------------

PLACES: tuple[tuple[Shape, int, Any], ...] = (
    ((7,), 0, np.int64),
    ((3, 4), 0, np.int32),
    ((3, 4), 1, np.int64),
    ((2, 3, 2), 1, np.int32),
    ((1,), 0, np.int32),
    ((2, 0), 0, np.int64),
)


def place_of(x: Array, largest: bool, axis: int, dtype: Any) -> Array:
    # ml_dtypes orders NaN differently.
    wide = x.astype(np.float32) if x.dtype.kind == "V" else x
    return np.asarray((np.argmax if largest else np.argmin)(wide, axis)).astype(dtype)


for largest, mnemonic in ((True, "argmax"), (False, "argmin")):
    for index, (shape, axis, dtype) in enumerate(PLACES):
        ROWS.append(
            Row(
                f"{mnemonic} of {shape} along {axis} in {np.dtype(dtype).name}",
                mnemonic,
                "ordering",
                partial(getattr(primitives, mnemonic), axis=axis, dtype=dtype),
                partial(place_of, largest=largest, axis=axis, dtype=dtype),
                (normal(shape),),
                (*typed_cases([shape], FLOATS if index else EVERY), *ties(shape)),
            )
        )
