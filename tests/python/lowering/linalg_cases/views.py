"""What loops read through: broadcasts, transposes, splats, iotas; sizes 0 and unknown."""

from __future__ import annotations

import numpy as np

from linalg_cases.case import Cases

CASES = Cases()

_x = np.arange(12, dtype=np.float32).reshape(4, 3)
_v = np.array([1, 2, 3], np.float32)
_c = np.array([[5], [6], [7], [8]], np.float32)
CASES.add(
    "views",
    """%v = xform.broadcast_in_dim %1 dims = [1] : tensor<3xf32> to tensor<4x3xf32>
  %c = xform.broadcast_in_dim %2 dims = [0, 1] : tensor<4x1xf32> to tensor<4x3xf32>
  %t = xform.transpose %0 permutation = [1, 0] : tensor<4x3xf32>
  %s = xform.constant dense<2.0> : tensor<3x4xf32>
  %i = xform.iota axis = 1 : tensor<3x4xf32>
  %a = xform.mul %v, %c : tensor<4x3xf32>
  %at = xform.transpose %a permutation = [1, 0] : tensor<4x3xf32>
  %b = xform.add %t, %at : tensor<3x4xf32>
  %d = xform.mul %b, %s : tensor<3x4xf32>
  %r0 = xform.sub %d, %i : tensor<3x4xf32>""",
    [_x, _v, _c],
    (_x.T + (_v * _c).T) * 2 - np.arange(4, dtype=np.float32),
)
CASES.add(
    "view_through_reshape",
    """%a = xform.reshape %1 : tensor<3xf32> to tensor<1x3x1xf32>
  %b = xform.broadcast_in_dim %a dims = [0, 1, 2] : tensor<1x3x1xf32> to tensor<1x3x4xf32>
  %d = xform.reshape %b : tensor<1x3x4xf32> to tensor<3x4xf32>
  %t = xform.transpose %0 permutation = [1, 0] : tensor<4x3xf32>
  %r0 = xform.add %d, %t : tensor<3x4xf32>""",
    [_x, _v],
    _x.T + _v[:, None],
)
CASES.add(
    "returned_views",
    """%r0 = xform.broadcast_in_dim %0 dims = [1] : tensor<3xf32> to tensor<2x3xf32>
  %r1 = xform.iota axis = 0 : tensor<4x2xi32>
  %r2 = xform.constant dense<[1, 255]> : tensor<2xui8>
  %r3 = xform.constant dense<7> : tensor<2x2xui64>
  %r4 = xform.iota axis = 0 : tensor<3xf16>
  %r5 = xform.iota axis = 0 : tensor<300xui8>""",
    [_v],
    [
        np.broadcast_to(_v, (2, 3)),
        np.arange(4, dtype=np.int32)[:, None] + np.zeros((1, 2), np.int32),
        np.array([1, 255], np.uint8),
        np.full((2, 2), 7, np.uint64),
        np.arange(3, dtype=np.float16),
        np.arange(300).astype(np.uint8),
    ],
)
CASES.add(
    "scalars",
    """%a = xform.mul %0, %1 : tensor<f64>
  %c = xform.constant dense<0.5> : tensor<f64>
  %r0 = xform.add %a, %c : tensor<f64>""",
    [np.array(3.0), np.array(4.0)],
    np.array(12.5),
)
_e = np.zeros((0, 3), np.float32)
CASES.add(
    "empty",
    """%v = xform.broadcast_in_dim %1 dims = [1] : tensor<3xf32> to tensor<0x3xf32>
  %r0 = xform.add %0, %v : tensor<0x3xf32>
  %r1 = xform.reduce_sum %0 axes = [0] : tensor<0x3xf32>
  %r2 = xform.reduce_sum %0 axes = [1] : tensor<0x3xf32>
  %r3 = xform.reduce_prod %0 axes = [0, 1] : tensor<0x3xf32>
  %r4 = xform.reduce_max %0 axes = [0] : tensor<0x3xf32>
  %r5 = xform.reshape %0 : tensor<0x3xf32> to tensor<3x0x2xf32>
  %r6 = xform.transpose %0 permutation = [1, 0] : tensor<0x3xf32>
  %r7 = xform.constant dense<> : tensor<0xi32>""",
    [_e, _v],
    [
        _e,
        np.zeros(3, np.float32),
        np.zeros(0, np.float32),
        np.array(1, np.float32),
        np.full(3, -np.inf, np.float32),
        np.zeros((3, 0, 2), np.float32),
        np.zeros((3, 0), np.float32),
        np.zeros(0, np.int32),
    ],
)
_d = np.arange(10, dtype=np.float32).reshape(5, 2)
CASES.add(
    "dynamic",
    """%b = xform.broadcast_in_dim %1 dims = [1] : tensor<2xf32> to tensor<?x2xf32>
  %r0 = xform.reduce_sum %0 axes = [1] : tensor<?x2xf32>
  %t = xform.transpose %0 permutation = [1, 0] : tensor<?x2xf32>
  %a = xform.broadcast_in_dim %r0 dims = [1] : tensor<?xf32> to tensor<2x?xf32>
  %r1 = xform.add %t, %a : tensor<2x?xf32>
  %r2 = xform.dot_general %0, %1 batch = [] x [] contracting = [1] x [0]
      : tensor<?x2xf32>, tensor<2xf32>
  %r3 = xform.reshape %0 : tensor<?x2xf32> to tensor<?xf32>
  %r4 = xform.concatenate %0, %0 axis = 0 : tensor<?x2xf32>, tensor<?x2xf32>
  %zero = xform.constant dense<0.0> : tensor<f32>
  %r5 = xform.pad %0, %zero low = [1, 0] high = [2, 1] interior = [0, 0]
      : tensor<?x2xf32>, tensor<f32>
  %r6 = xform.reverse %0 axes = [0] : tensor<?x2xf32>
  %r7 = xform.reshape %r3 : tensor<?xf32> to tensor<?x2x1xf32>""",
    [_d, _d[1]],
    [
        _d.sum(1),
        _d.T + _d.sum(1),
        _d @ _d[1],
        _d.reshape(-1),
        np.concatenate([_d, _d]),
        np.pad(_d, [(1, 2), (0, 1)]),
        _d[::-1],
        _d.reshape(-1, 2, 1),
    ],
    arg_types=["tensor<?x2xf32>", "tensor<2xf32>"],
    result_types=[
        "tensor<?xf32>",
        "tensor<2x?xf32>",
        "tensor<?xf32>",
        "tensor<?xf32>",
        "tensor<?x2xf32>",
        "tensor<?x3xf32>",
        "tensor<?x2xf32>",
        "tensor<?x2x1xf32>",
    ],
)
