"""Operations that move elements."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linalg_cases.case import Array, Cases, tensor

CASES = Cases()

_x3 = np.random.default_rng(6).normal(size=(4, 5, 6))


def shape_case(name: str, operation: str, x: Array, want: Array | list[Array]) -> None:
    """Add an operation on one array."""
    CASES.add(name, f"%r0 = xform.{operation}", [x], want)


for _from, _to in (
    ((4, 6), (24,)),
    ((24,), (2, 3, 4)),
    ((4, 6), (6, 4)),
    ((4, 6), (2, 12)),
    ((4, 1, 6), (4, 6, 1)),
    ((2, 3, 4), (3, 8)),
    ((1, 1), ()),
    ((), (1, 1, 1)),
    ((1,), ()),
    ((0, 4), (2, 0)),
    ((6,), (2, 3)),
):
    _array = np.arange(math.prod(_from), dtype=np.int32).reshape(_from)
    _want = _array.reshape(_to)
    shape_case(
        f"reshape_{'x'.join(map(str, _from))}_to_{'x'.join(map(str, _to))}",
        f"reshape %0 : {tensor(_array)} to {tensor(_want)}",
        _array,
        _want,
    )
for _permutation in ((0, 1, 2), (2, 0, 1), (1, 0, 2), (2, 1, 0)):
    shape_case(
        "transpose_" + "".join(map(str, _permutation)),
        f"transpose %0 permutation = {list(_permutation)} : {tensor(_x3)}",
        _x3,
        _x3.transpose(_permutation),
    )
for _axes in ((), (0,), (1,), (0, 2)):
    shape_case(
        "reverse_" + "".join(map(str, _axes)),
        f"reverse %0 axes = {list(_axes)} : {tensor(_x3)}",
        _x3,
        np.flip(_x3, _axes),
    )
for _index, (_starts, _limits, _strides) in enumerate(
    (
        ((0, 0, 0), (4, 5, 6), (1, 1, 1)),
        ((1, 0, 2), (3, 5, 6), (1, 1, 1)),
        ((0, 1, 0), (4, 5, 6), (3, 2, 4)),
        ((2, 0, 0), (2, 5, 6), (1, 1, 1)),
    )
):
    _slices = tuple(slice(*t) for t in zip(_starts, _limits, _strides, strict=True))
    shape_case(
        f"slice_{_index}",
        f"slice %0 starts = {list(_starts)} limits = {list(_limits)} "
        f"strides = {list(_strides)} : {tensor(_x3)}",
        _x3,
        _x3[_slices],
    )


def padded(x: Array, value: float, low: Any, high: Any, interior: Any) -> Array:
    """x padded, element by element."""
    shape = [
        before + n + max(n - 1, 0) * gap + after
        for n, before, after, gap in zip(x.shape, low, high, interior, strict=True)
    ]
    result = np.full(shape, value, x.dtype)
    for index in np.ndindex(*x.shape):
        place = [b + i * (g + 1) for i, b, g in zip(index, low, interior, strict=True)]
        if all(0 <= p < n for p, n in zip(place, shape, strict=True)):
            result[tuple(place)] = x[index]
    return result


_p = np.arange(1, 21, dtype=np.float32).reshape(4, 5)
for _index, (_low, _high, _interior) in enumerate(
    (
        ((1, 2), (0, 3), (0, 0)),
        ((-1, 2), (1, -2), (0, 0)),
        ((0, 0), (0, 0), (1, 2)),
        ((1, 2), (3, 4), (2, 0)),
        ((-1, -2), (0, 1), (2, 1)),
        ((-3, 1), (-5, -3), (2, 3)),
        ((-2, 0), (-2, 0), (0, 0)),
        ((-5, 0), (3, 0), (0, 0)),
        ((3, 0), (-5, 0), (0, 0)),
        ((-5, 0), (5, 0), (0, 1)),
    )
):
    _want = padded(_p, 9, _low, _high, _interior)
    _attributes = f"low = {list(_low)} high = {list(_high)} interior = {list(_interior)}"
    CASES.add(
        f"pad_{_index}",
        f"%c = xform.constant dense<9.0> : tensor<f32>\n"
        f"  %r0 = xform.pad %0, %c {_attributes} : {tensor(_p)}, tensor<f32>\n"
        f"  %r1 = xform.pad %0, %1 {_attributes} : {tensor(_p)}, tensor<f32>",
        [_p, np.array(9, np.float32)],
        [_want, _want],
    )
_q = _p * 2
_z = np.zeros((0, 5), np.float32)
CASES.add(
    "concatenate",
    f"""%r0 = xform.concatenate %0, %1 axis = 0 : {tensor(_p)}, {tensor(_q)}
  %r1 = xform.concatenate %0, %1, %0 axis = 1 : {tensor(_p)}, {tensor(_q)}, {tensor(_p)}
  %r2 = xform.concatenate %2, %0 axis = 0 : {tensor(_z)}, {tensor(_p)}
  %r3 = xform.concatenate %2, %2 axis = 0 : {tensor(_z)}, {tensor(_z)}
  %s = xform.add %0, %1 : {tensor(_p)}
  %r4 = xform.concatenate %s, %s axis = 1 : {tensor(_p)}, {tensor(_p)}""",
    [_p, _q, _z],
    [
        np.concatenate([_p, _q]),
        np.concatenate([_p, _q, _p], 1),
        _p,
        _z,
        np.concatenate([_p + _q, _p + _q], 1),
    ],
)
