"""What functions of matrices take: floating arrays with matrices in the last two axes."""

from __future__ import annotations

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...tracing.array import ArrayLike, TracedArray
from ..promotion import FLOAT64, INT32, array, is_float, operand, result_type
from ..selection import where


def floating(x: ArrayLike) -> TracedArray:
    """The array, as float64 if it is of integers or bools."""
    a = array(x)
    return a if is_float(a.dtype) else array(a, FLOAT64)


def common(*xs: ArrayLike) -> list[TracedArray]:
    """Arrays in their common dtype, float64 if that is of integers."""
    operands = [operand(x) for x in xs]
    dtype = result_type(*operands)
    found = [array(x, dtype) for x in operands]
    return found if is_float(dtype) else [floating(x) for x in found]


def matrices(x: ArrayLike, name: str) -> TracedArray:
    """The array, floating.

    Args:
        x: matrices in the last two axes.
        name: the function that needs them.

    Raises:
        XformValueError: it has fewer than two axes.
    """
    a = floating(x)
    if a.ndim < 2:
        raise XformValueError(
            at_user_line(f"{name}: expected matrices in the last two axes, got shape {a.shape}")
        )
    return a


def square(x: ArrayLike, name: str) -> TracedArray:
    """The array, floating.

    Args:
        x: matrices in the last two axes.
        name: the function that needs them.

    Raises:
        XformValueError: they are not square, or there are none.
    """
    a = floating(x)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise XformValueError(
            at_user_line(
                f"{name}: expected square matrices in the last two axes, got shape {a.shape}"
            )
        )
    return a


def symmetric(x: TracedArray, lower: bool = True) -> TracedArray:
    """The symmetric matrices that have the lower triangles of square ones, or the upper ones."""
    shape = (x.shape[-1], x.shape[-1])
    rows, columns = (primitives.iota(shape, INT32, axis) for axis in (0, 1))
    kept = primitives.ge(rows, columns) if lower else primitives.le(rows, columns)
    return where(kept, x, x.mT)
