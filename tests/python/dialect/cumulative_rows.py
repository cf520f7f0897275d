"""The rows of primitives that accumulate along an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial

import numpy as np
from structural_rows import typed_cases
from table_row import FLOATS, NUMBERS, Array, Function, Operands, Row, Shape, normal
from xform import primitives

ROWS: list[Row] = []

Case = tuple[Shape, int, bool]

PLACES: tuple[Case, ...] = (
    ((5,), 0, False),
    ((3, 4), 0, True),
    ((3, 4), 1, False),
    ((2, 3, 2), 1, True),
    ((1,), 0, False),
    ((0, 2), 0, True),
    ((2, 0), 0, False),
)


def accumulated(x: Array, ufunc: np.ufunc, axis: int, reverse: bool) -> Array:
    """The ufunc's accumulation in the operand's own dtype."""
    turned = np.flip(x, axis) if reverse else x
    found = ufunc.accumulate(turned, axis, x.dtype)
    return np.asarray(np.flip(found, axis) if reverse else found)


def special_cases(shape: Shape) -> Iterable[Operands]:
    """Infinities, zeros, ties and NaN, in turn."""
    numbers = [1.0, -math.inf, 0.0, 2.0, 2.0, math.nan, 3.0, math.inf]
    for dtype in FLOATS:
        yield (np.resize(np.array(numbers, dtype), shape),)


PRIMITIVES: tuple[tuple[str, Function, np.ufunc], ...] = (
    ("cumsum", primitives.cumsum, np.add),
    ("cumprod", primitives.cumprod, np.multiply),
    ("cummax", primitives.cummax, np.maximum),
    ("cummin", primitives.cummin, np.minimum),
)
for mnemonic, emit, ufunc in PRIMITIVES:
    for index, (shape, axis, reverse) in enumerate(PLACES):
        ROWS.append(
            Row(
                f"{mnemonic} of {shape} along {axis}{' from the end' * reverse}",
                mnemonic,
                "cumulative",
                partial(emit, axis=axis, reverse=reverse),
                partial(accumulated, ufunc=ufunc, axis=axis, reverse=reverse),
                (normal(shape),),
                (*typed_cases([shape], FLOATS if index else NUMBERS), *special_cases(shape)),
            )
        )
