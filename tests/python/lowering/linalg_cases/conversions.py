"""Conversions between element types."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from linalg_cases.case import NUMPY, Array, Cases, element, sample, tensor

CASES = Cases()


def convert(x: Array, want: Array) -> None:
    """Add a conversion."""
    CASES.add(
        f"convert_{element(x)}_{element(want)}",
        f"%r0 = xform.convert %0 : {tensor(x)} to {tensor(want)}",
        [x],
        want,
    )


def saturated(x: Array, dtype: Any) -> Array:
    """Floats truncated to integers, at the integers' ends beyond them, NaN as 0."""
    info = np.iinfo(dtype)
    numbers = [0 if math.isnan(v) else v for v in x.tolist()]
    return np.array([int(min(max(v, info.min), info.max)) for v in numbers], dtype)


with np.errstate(all="ignore"):
    for _from in ("i1", "i8", "i32", "i64", "ui8", "ui32", "ui64", "f16", "f32", "f64"):
        for _to in ("i1", "i8", "i64", "ui8", "ui32", "ui64", "f16", "f32", "f64"):
            _x = sample(_from)
            if _from == _to:
                continue
            if np.dtype(NUMPY[_from]).kind == "f" and np.dtype(NUMPY[_to]).kind in "iu":
                _x[8:12] = [300, -300, 255, 1e4]
                convert(_x, saturated(_x, NUMPY[_to]))
            elif _to == "f16" and _from not in ("i1", "f32", "f64"):
                # By way of f32, which is exact for small integers only.
                convert(_x, _x.astype(np.float32).astype(np.float16))
            else:
                convert(_x, _x.astype(NUMPY[_to]))
    # f64 to f16 must not round twice: just above the middle of two neighbours.
    _x = np.array([1 + 2.0**-11 + 2.0**-40, 1 + 2.0**-11, 1 + 2.0**-11 - 2.0**-40, 1e6, -1e300])
    CASES.add(
        "convert_twice",
        f"%r0 = xform.convert %0 : {tensor(_x)} to tensor<5xf16>",
        [_x],
        _x.astype(np.float16),
    )
    _x = np.array([1, 1 + 2.0**-8, 1 + 3 * 2.0**-8, -3.25, 1e30], np.float32)
    CASES.add(
        "bfloat16",
        """%a = xform.convert %0 : tensor<5xf32> to tensor<5xbf16>
  %b = xform.add %a, %a : tensor<5xbf16>
  %r0 = xform.convert %b : tensor<5xbf16> to tensor<5xf32>""",
        [_x],
        ((_x.view(np.uint32) + 0x7FFF + (_x.view(np.uint32) >> 16 & 1)) & 0xFFFF0000).view(
            np.float32
        )
        * np.float32(2),
    )
