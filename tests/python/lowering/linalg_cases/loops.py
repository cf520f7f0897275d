"""Scans, lowered to loops."""

from __future__ import annotations

import numpy as np

from linalg_cases.case import Cases

CASES = Cases()

_BODY = """func.func private @NAME(%x: tensor<3xui8>, %i: tensor<f32>, %w: tensor<3xui8>)
    -> (tensor<3xui8>, tensor<f32>) {
  %0 = xform.add %x, %w : tensor<3xui8>
  %1 = xform.reduce_max %0 axes = [0] : tensor<3xui8>
  %2 = xform.convert %1 : tensor<ui8> to tensor<f32>
  %3 = xform.add %2, %i : tensor<f32>
  return %0, %3 : tensor<3xui8>, tensor<f32>
}
"""
_w = np.array([1, 200, 3], np.uint8)
for _length in (0, 1, 2, 5):
    _rows = np.arange(3 * _length, dtype=np.uint8).reshape(_length, 3) * 17
    _numbers = np.arange(_length, dtype=np.float32)
    _sums = _rows + _w
    _maxima = (_sums.max(1) if _length else np.zeros(0)).astype(np.float32) + _numbers
    _types = f"tensor<{_length}x3xui8>", f"tensor<{_length}xf32>"
    CASES.add(
        f"scan_{_length}",
        f"%r0, %r1 = xform.scan @row_{_length}() over(%0, %1) captures(%2) : "
        f"(), ({', '.join(_types)}), (tensor<3xui8>) -> ({', '.join(_types)})",
        [_rows, _numbers, _w],
        [_sums, _maxima],
        functions=_BODY.replace("NAME", f"row_{_length}"),
    )
_planes = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
CASES.add(
    "scan_nested",
    "%r0 = xform.scan @outer() over(%0) captures(%1) "
    ": (), (tensor<2x3x4xf32>), (tensor<4xf32>) -> tensor<2x3xf32>",
    [_planes, np.ones(4, np.float32)],
    _planes.sum(2),
    functions="""func.func private @inner(%x: tensor<4xf32>, %w: tensor<4xf32>) -> tensor<f32> {
  %0 = xform.dot_general %x, %w batch = [] x [] contracting = [0] x [0]
      : tensor<4xf32>, tensor<4xf32>
  return %0 : tensor<f32>
}
func.func private @outer(%x: tensor<3x4xf32>, %w: tensor<4xf32>) -> tensor<3xf32> {
  %0 = xform.scan @inner() over(%x) captures(%w)
      : (), (tensor<3x4xf32>), (tensor<4xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
""",
)
