"""What NumPy's ufuncs on whole numbers are in primitives, where it takes several."""

from __future__ import annotations

import numpy as np

from .. import primitives
from ..tracing.array import TracedArray
from .float_parts import like


def bitwise_count(x: TracedArray) -> TracedArray:
    """The number of bits set in |x|, as uint8."""
    size = x if x.dtype.kind == "u" else primitives.abs_(x)
    return primitives.convert(primitives.popcount(size), np.uint8)


def lcm(x: TracedArray, y: TracedArray) -> TracedArray:
    """The least common multiple of |x| and |y|, 0 where both are 0; it wraps."""
    if x.dtype.kind == "i":
        # The magnitude of the least number is right as unsigned.
        unsigned = np.dtype(f"uint{8 * x.dtype.itemsize}")
        a, b = (primitives.bitcast(primitives.abs_(each), unsigned) for each in (x, y))
        return primitives.bitcast(lcm(a, b), x.dtype)
    divisor = primitives.max_(primitives.gcd(x, y), like(x, 1))
    return primitives.mul(primitives.div(x, divisor), y)
