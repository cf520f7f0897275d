"""The rows of primitives that draw random bits."""

from __future__ import annotations

import math
from functools import partial

import ml_dtypes
import numpy as np
import threefry
from table_row import Array, Draw, Operands, Row, Shape
from xform import primitives

ROWS: list[Row] = []


def words(shape: Shape, seed: int = 0) -> Array:
    """uint32 numbers of the whole range, the limits among them."""
    generator = np.random.default_rng([seed, *shape])
    found = generator.integers(0, 2**32, max(math.prod(shape), 2), dtype=np.uint32)
    found[:2] = (0, 2**32 - 1)
    return np.asarray(found[: math.prod(shape)].reshape(shape))


def drawn_words(shape: Shape) -> Draw:
    return lambda generator: np.asarray(generator.integers(0, 2**32, shape, dtype=np.uint32))


DRAWN: tuple[tuple[Shape, Shape, str], ...] = (
    ((2,), (), "uint32"),
    ((2,), (5,), "uint32"),
    ((2,), (3, 4), "uint64"),
    ((2,), (2, 1, 3), "uint16"),
    ((2,), (9,), "uint8"),
    ((3, 2), (4,), "uint32"),
    ((2, 2, 2), (2, 3), "uint64"),
    ((2,), (0, 3), "uint32"),
    ((0, 2), (3,), "uint32"),
    ((1, 2), (1,), "uint64"),
)
for key_shape, shape, dtype in DRAWN:
    ROWS.append(
        Row(
            name=f"rng_bits {key_shape} to {shape} {dtype}",
            primitive="rng_bits",
            family="random",
            emit=partial(primitives.rng_bits, shape=shape, dtype=dtype),
            reference=partial(threefry.bits, shape=shape, dtype=np.dtype(dtype)),
            draws=(drawn_words(key_shape),),
            cases=((words(key_shape),), (words(key_shape, 1),)),
        )
    )

for batch in ((), (3,), (2, 3), (0,), (1,)):
    ROWS.append(
        Row(
            name=f"fold_in {batch}",
            primitive="fold_in",
            family="random",
            emit=primitives.fold_in,
            reference=threefry.fold_in,
            draws=(drawn_words((*batch, 2)), drawn_words(batch)),
            cases=((words((*batch, 2)), words(batch)), (words((*batch, 2), 1), words(batch, 2))),
        )
    )


def unit_float(bits: Array, dtype: np.dtype) -> Array:
    """The upper bits, as many as the dtype has behind the point, as a fraction."""
    fraction = ml_dtypes.finfo(dtype).nmant
    upper = bits >> np.asarray(8 * dtype.itemsize - fraction, bits.dtype)
    return np.asarray(np.ldexp(upper.astype(np.float64), -fraction)).astype(dtype)


def bits_cases(width: int) -> tuple[Operands, ...]:
    dtype = np.dtype(f"uint{width}")
    edges = np.array([0, 1, 2**width - 1, 2 ** (width - 1), 2 ** (width - 1) - 1], dtype)
    generator = np.random.default_rng(width)
    many = generator.integers(0, 2**width, (3, 5), dtype=dtype)
    return ((edges,), (many,), (many[0, 0].reshape(()),), (many[:0],))


def drawn_bits(width: int) -> Draw:
    dtype = np.dtype(f"uint{width}")
    return lambda generator: np.asarray(generator.integers(0, 2**width, 4, dtype=dtype))


for width, name in ((64, "float64"), (32, "float32"), (16, "float16"), (16, "bfloat16")):
    target = np.dtype(getattr(ml_dtypes, name, name))
    ROWS.append(
        Row(
            name=f"unit_float {name}",
            primitive="unit_float",
            family="random",
            emit=partial(primitives.unit_float, dtype=target),
            reference=partial(unit_float, dtype=target),
            draws=(drawn_bits(width),),
            cases=bits_cases(width),
        )
    )
