"""The rows of primitives on bit patterns and whole numbers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

import ml_dtypes
import numpy as np
from elementwise_rows import SPECIAL, elementwise
from table_row import INTS, NUMBERS, Array, Function, Operands, Row, integers, uniform
from xform import primitives

ROWS: list[Row] = []

WIDE = (-3.0, 3.0)


def whole(generator: np.random.Generator) -> Array:
    """Draws small integers."""
    return np.asarray(generator.integers(-9, 9, 4))


def unsigned(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(f"uint{8 * dtype.itemsize}")


def signed(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(f"int{8 * dtype.itemsize}")


def bits(primitive: str, emit: Function, reference: Function, n: int) -> None:
    """Add a row whose operands are integers."""
    cases: list[Operands] = [
        tuple(integers(dtype, size, seed) for seed in range(n))
        for dtype in INTS
        for size in (0, 40)
    ]
    family = "unary" if n == 1 else "binary"
    ROWS.append(Row(primitive, primitive, family, emit, reference, (whole,) * n, tuple(cases)))


def shifted(shift: Function, kind: Function, x: Array, y: Array) -> Array:
    """NumPy's shift of the same bits as another kind of integer."""
    dtype = kind(x.dtype)
    return np.asarray(shift(x.view(dtype), y.view(dtype))).view(x.dtype)


def counted(x: Array) -> Array:
    """The number of bits that are set."""
    return np.bitwise_count(x.view(unsigned(x.dtype))).astype(x.dtype)


def leading_zeros(x: Array) -> Array:
    """The number of zero bits in front."""
    width = 8 * x.dtype.itemsize
    patterns = x.view(unsigned(x.dtype)).ravel().tolist()
    return np.array([width - n.bit_length() for n in patterns], x.dtype).reshape(x.shape)


def wrapping_pow(x: Array, y: Array) -> Array:
    """Powers modulo two to the width."""
    modulus = 2 ** (8 * x.dtype.itemsize)
    powers = [
        (pow(a, b, modulus) if b >= 0 else a ** (b % 2) if abs(a) == 1 else 0) % modulus
        for a, b in zip(x.ravel().tolist(), y.ravel().tolist(), strict=True)
    ]
    return np.array(powers, unsigned(x.dtype)).view(x.dtype).reshape(x.shape)


bits("shift_left", primitives.shift_left, np.left_shift, 2)
bits("shift_right_arithmetic", primitives.shift_right_arithmetic,
     partial(shifted, np.right_shift, signed), 2)  # fmt: skip
bits("shift_right_logical", primitives.shift_right_logical,
     partial(shifted, np.right_shift, unsigned), 2)  # fmt: skip
bits("popcount", primitives.popcount, counted, 1)
bits("clz", primitives.clz, leading_zeros, 1)
bits("gcd", primitives.gcd, np.gcd, 2)
bits("wrapping_pow", primitives.wrapping_pow, wrapping_pow, 2)

division = partial(elementwise, dtypes=NUMBERS, rows=ROWS)
DIVIDENDS = (*SPECIAL, 7.5, -7.5, 0.3, 1e10)
division("floor_div", primitives.floor_div, np.floor_divide, WIDE, (0.7, 2.0), special=DIVIDENDS)
division("floor_rem", primitives.floor_rem, np.remainder, WIDE, (0.7, 2.0), special=DIVIDENDS)

NEIGHBOURS = (*SPECIAL, 2.0, 1e-45, -1e-45, 3.4028235e38, 1.1754944e-38)
elementwise(
    "next_after", primitives.next_after, np.nextafter, WIDE, WIDE, special=NEIGHBOURS, rows=ROWS
)
elementwise("copy_sign", primitives.copy_sign, np.copysign, WIDE, WIDE, rows=ROWS)


def patterns(source: Any) -> Iterable[Operands]:
    """Numbers of a dtype and no elements of it."""
    kind = np.dtype(source).kind
    values = integers(source, 20, 3) if kind in "iu" else np.array(SPECIAL[:-1]).astype(source)
    yield (values,)
    yield (np.zeros((0, 2), source),)


PAIRS = [
    (np.float32, np.int32), (np.int32, np.float32), (np.float64, np.uint64), (np.int64, np.float64),
    (np.float16, np.int16), (np.uint16, ml_dtypes.bfloat16), (np.int8, np.uint8),
    (np.uint32, np.uint32),
]  # fmt: skip


def read_as(source: Any, target: Any, x: Array) -> Array:
    """The bits of numbers of one dtype as another."""
    return x.astype(source).view(target)


def emit_read_as(source: Any, target: Any, x: Any) -> Any:
    """The primitive; what rows draw becomes the dtype first."""
    return primitives.bitcast(primitives.convert(x, source), target)


for pair in PAIRS:
    source, target = map(np.dtype, pair)
    ROWS.append(
        Row(
            f"bitcast {source} to {target}",
            "bitcast",
            "unary",
            partial(emit_read_as, source, target),
            partial(read_as, source, target),
            (uniform(*WIDE) if source == np.float64 else whole,),
            tuple(patterns(source)),
        )
    )
