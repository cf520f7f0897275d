"""Reductions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from linalg_cases.case import FLOATS, INTS, NUMPY, Array, Cases, element, sample, tensor

CASES = Cases()

REDUCTIONS: dict[str, Callable[..., Array]] = {
    "reduce_sum": np.sum,
    "reduce_prod": np.prod,
    "reduce_max": np.max,
    "reduce_min": np.min,
}


def reduction(op: str, x: Array, axes: tuple[int, ...], want: Array, **more: Any) -> None:
    """Add a reduction."""
    name = f"{op}_{element(x)}_{'x'.join(map(str, x.shape))}_{''.join(map(str, axes))}"
    CASES.add(name, f"%r0 = xform.{op} %0 axes = {list(axes)} : {tensor(x)}", [x], want, **more)


with np.errstate(all="ignore"):
    for _type in FLOATS + INTS:
        for _op, _function in REDUCTIONS.items():
            _x: Array
            if np.dtype(NUMPY[_type]).kind == "f":
                _x = np.random.default_rng(5).uniform(0.5, 1.5, (6, 5)).astype(NUMPY[_type])
            else:
                _x = sample(_type, 30).reshape(6, 5)
            # NumPy widens small integers before it adds or multiplies.
            _keep = {"dtype": _x.dtype} if _op in ("reduce_sum", "reduce_prod") else {}
            _want = _function(_x, axis=1, **_keep)
            reduction(_op, _x, (1,), _want, ulps=8 if _x.dtype.kind == "f" else 0)
    _nan = np.array([[1, np.nan, 3], [4, 5, 6], [np.inf, -np.inf, 0]], np.float32)
    reduction("reduce_max", _nan, (1,), np.max(_nan, 1))
    reduction("reduce_min", _nan, (1,), np.min(_nan, 1))
    _h = np.full((3, 3000), 0.1, np.float16)
    reduction("reduce_sum", _h, (1,), _h.astype(np.float32).sum(1).astype(np.float16), ulps=1)
_x3 = np.random.default_rng(6).normal(size=(4, 5, 6))
for _axes in ((), (0,), (1,), (0, 2), (0, 1, 2)):
    reduction("reduce_sum", _x3, _axes, np.sum(_x3, _axes), ulps=64)
_flags = sample("i1", 12).reshape(3, 4)
_flags[1] = True
_flags[2] = False
reduction("reduce_and", _flags, (1,), np.asarray(_flags.all(1)))
reduction("reduce_or", _flags, (1,), np.asarray(_flags.any(1)))
reduction("reduce_or", _flags, (0, 1), np.asarray(_flags.any()))
_x = np.arange(12, dtype=np.float32).reshape(4, 3)
CASES.add(
    "reduction_of_views",
    """%t = xform.transpose %0 permutation = [1, 0] : tensor<4x3xf32>
  %b = xform.broadcast_in_dim %t dims = [1, 2] : tensor<3x4xf32> to tensor<2x3x4xf32>
  %r0 = xform.reduce_sum %b axes = [2] : tensor<2x3x4xf32>
  %r1 = xform.reduce_sum %b axes = [0, 2] : tensor<2x3x4xf32>
  %i = xform.iota axis = 0 : tensor<5xi32>
  %r2 = xform.reduce_max %i axes = [0] : tensor<5xi32>""",
    [_x],
    [np.stack([_x.sum(0)] * 2), 2 * _x.sum(0), np.array(4, np.int32)],
)
# Sums of products one factor of which is repeated along a reduced axis.
_row, _column = _x3[0, 0], _x3[0, :, :1]
for _axes in ((0, 1, 2), (0, 2), (1, 2)):
    _places = ((_row, "[2]"), (_column, "[1, 2]"), (_x3[0], "[1, 2]"))
    for _i, (_factor, _dims) in enumerate(_places):
        CASES.add(
            f"sum_of_repeated_product_{_i}_{''.join(map(str, _axes))}",
            f"""%b = xform.broadcast_in_dim %1 dims = {_dims} : {tensor(_factor)} to {tensor(_x3)}
  %p = xform.mul %0, %b : {tensor(_x3)}
  %r0 = xform.reduce_sum %p axes = {list(_axes)} : {tensor(_x3)}""",
            [_x3, _factor],
            [(_x3 * _factor).sum(_axes)],
            ulps=256,
        )
