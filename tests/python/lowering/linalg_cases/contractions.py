"""Contractions."""

from __future__ import annotations

from typing import Any

import numpy as np

from linalg_cases.case import Array, Cases, element, tensor

CASES = Cases()


def dot(
    name: str, equation: str, lhs: Array, rhs: Array, axes: str, ulps: float = 0.5, want: Any = None
) -> None:
    """Add a contraction, with NumPy's equation for it."""
    CASES.add(
        f"dot_{name}_{element(lhs)}",
        f"%r0 = xform.dot_general %0, %1 {axes} : {tensor(lhs)}, {tensor(rhs)}",
        [lhs, rhs],
        np.einsum(equation, lhs, rhs) if want is None else want,
        ulps=ulps,
    )


def small(*shape: int) -> Array:
    """Small whole numbers, whose products and sums are exact."""
    return np.random.default_rng(7).integers(-3, 4, shape).astype(np.float32)


NO_BATCH = "batch = [] x []"
UNBATCHED: list[tuple[tuple[int, ...], tuple[int, ...], str, str]] = [
    ((7, 5), (5, 6), "mk,kn->mn", "[1] x [0]"),
    ((5, 7), (5, 6), "km,kn->mn", "[0] x [0]"),
    ((7, 5), (6, 5), "mk,nk->mn", "[1] x [1]"),
    ((5, 7), (6, 5), "km,nk->mn", "[0] x [1]"),
    ((7, 5), (5,), "mk,k->m", "[1] x [0]"),
    ((5, 7), (5,), "km,k->m", "[0] x [0]"),
    ((5,), (5, 6), "k,kn->n", "[0] x [0]"),
    ((5,), (5,), "k,k->", "[0] x [0]"),
    ((7,), (6,), "m,n->mn", "[] x []"),
    ((7, 1), (6, 1), "mk,nk->mn", "[1] x [1]"),
    ((2, 3, 5), (4, 5), "abk,nk->abn", "[2] x [1]"),
    ((2, 3, 5), (5, 3, 4), "abk,kbn->an", "[1, 2] x [1, 0]"),
    ((0, 5), (5, 6), "mk,kn->mn", "[1] x [0]"),
    ((7, 0), (0, 6), "mk,kn->mn", "[1] x [0]"),
]
BATCHED: list[tuple[tuple[int, ...], tuple[int, ...], str, str]] = [
    ((3, 4, 5), (3, 5, 6), "bmk,bkn->bmn", "batch = [0] x [0] contracting = [2] x [1]"),
    ((3, 4, 5), (3, 6, 5), "bmk,bnk->bmn", "batch = [0] x [0] contracting = [2] x [2]"),
    ((3, 5, 4), (3, 5, 6), "bkm,bkn->bmn", "batch = [0] x [0] contracting = [1] x [1]"),
    ((4, 3, 5), (5, 6, 3), "mbk,knb->bmn", "batch = [1] x [2] contracting = [2] x [0]"),
    ((3, 4, 5), (3, 5), "bmk,bk->bm", "batch = [0] x [0] contracting = [2] x [1]"),
    ((3, 5), (3, 5), "bk,bk->b", "batch = [0] x [0] contracting = [1] x [1]"),
    ((3, 4), (3, 6), "bm,bn->bmn", "batch = [0] x [0] contracting = [] x []"),
    ((2, 3, 4, 5), (3, 2, 5), "abmk,bak->abm", "batch = [0, 1] x [1, 0] contracting = [3] x [2]"),
]
for _lhs, _rhs, _equation, _axes in UNBATCHED:
    _name = _equation.replace(",", "_").replace("->", "_") + "_".join(map(str, _lhs))
    dot(_name, _equation, small(*_lhs), small(*_rhs), f"{NO_BATCH} contracting = {_axes}")
for _lhs, _rhs, _equation, _axes in BATCHED:
    _name = _equation.replace(",", "_").replace("->", "_")
    dot(_name, _equation, small(*_lhs), small(*_rhs), _axes)
for _dtype in (np.float64, np.int32, np.uint8, np.int64):
    _l, _r = small(7, 5).astype(_dtype), small(5, 6).astype(_dtype)
    dot("types", "mk,kn->mn", _l, _r, f"{NO_BATCH} contracting = [1] x [0]")
_l, _r = np.full((2, 3000), 0.1, np.float16), np.full((3000, 2), 0.1, np.float16)
dot(
    "accumulation",
    "",
    _l,
    _r,
    f"{NO_BATCH} contracting = [1] x [0]",
    ulps=1,
    want=np.matmul(_l, _r, dtype=np.float32).astype(np.float16),
)
_lhs_rows, _rhs_rows = small(4, 3), small(5, 3)
CASES.add(
    "dot_of_views",
    """%t = xform.transpose %0 permutation = [1, 0] : tensor<4x3xf32>
  %r0 = xform.dot_general %1, %t batch = [] x [] contracting = [1] x [0]
      : tensor<5x3xf32>, tensor<3x4xf32>
  %b = xform.broadcast_in_dim %0 dims = [1, 2] : tensor<4x3xf32> to tensor<2x4x3xf32>
  %r1 = xform.dot_general %b, %1 batch = [] x [] contracting = [2] x [1]
      : tensor<2x4x3xf32>, tensor<5x3xf32>
  %ones = xform.constant dense<1.0> : tensor<3xf32>
  %r2 = xform.dot_general %0, %ones batch = [] x [] contracting = [1] x [0]
      : tensor<4x3xf32>, tensor<3xf32>
  %r3 = xform.dot_general %ones, %ones batch = [] x [] contracting = [0] x [0]
      : tensor<3xf32>, tensor<3xf32>""",
    [_lhs_rows, _rhs_rows],
    [
        _rhs_rows @ _lhs_rows.T,
        np.stack([_lhs_rows @ _rhs_rows.T] * 2),
        _lhs_rows.sum(1),
        np.array(3, np.float32),
    ],
)
