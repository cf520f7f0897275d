"""Reductions of what is not an array in memory, and of halves."""

from __future__ import annotations

import numpy as np

from linalg_cases.case import Cases, tensor

CASES = Cases()

_h = np.full((3, 3000), 0.1, np.float16)
CASES.add(
    "halves_are_added_as_floats",
    f"%r0 = xform.reduce_sum %0 axes = [1] : {tensor(_h)}",
    [_h],
    _h.astype(np.float32).sum(1).astype(np.float16),
    ulps=1,
)
_x3 = np.random.default_rng(6).normal(size=(4, 5, 6))
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
