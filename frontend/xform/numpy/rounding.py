"""Functions of several steps on floats of 16 bits: computed in float32, and rounded once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..tracing.array import TracedArray
from .promotion import FLOAT64, align, array, computed_dtype, is_float


def floats(*xs: Any) -> list[TracedArray]:
    """Operands of one shape and floating dtype; integers become float64.

    Raises:
        XformTypeError: they have no common dtype.
        XformValueError: they have no common shape.
    """
    if len(xs) == 1:
        a = array(xs[0])
        return [a if is_float(a.dtype) else array(a, FLOAT64)]
    arrays = align(*xs)
    return arrays if is_float(arrays[0].dtype) else align(*arrays, dtype=FLOAT64)


def rounded_once(
    arrays: int = 1,
) -> Callable[[Callable[..., TracedArray]], Callable[..., TracedArray]]:
    """Decorator: the function takes `floats` of 32 bits or more; its result has their dtype.

    Args:
        arrays: how many of its first parameters are arrays; the others are options.
    """

    def wide(function: Callable[..., TracedArray]) -> Callable[..., TracedArray]:
        @wraps(function)
        def call(*args: Any, **options: Any) -> TracedArray:
            operands = floats(*args[:arrays])
            dtype = operands[0].dtype
            computed = [array(x, computed_dtype(dtype)) for x in operands]
            return array(function(*computed, *args[arrays:], **options), dtype)

        return call

    return wide
