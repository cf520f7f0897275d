"""What functions of matrices take: arrays with matrices in the last two axes."""

from __future__ import annotations

from ... import primitives
from ...errors import XformTypeError, XformValueError, at_user_line
from ...tracing.array import ArrayLike, TracedArray
from ..complex_parts import is_complex
from ..promotion import (
    FLOAT64,
    INT32,
    Operand,
    array,
    is_inexact,
    operand,
    result_type,
)
from ..selection import where


def floating(x: ArrayLike) -> TracedArray:
    """The array, as float64 if it is of integers or bools."""
    a = array(x)
    return a if is_inexact(a.dtype) else array(a, FLOAT64)


def require_real(name: str, *xs: Operand) -> None:
    """Raises XformTypeError where numbers are complex, in the name of a function."""
    for x in xs:
        if is_complex(x):
            raise XformTypeError(
                at_user_line(f"{name}: complex matrices are not supported yet, got {x.dtype}")
            )


def common(name: str, *xs: ArrayLike, may_be_complex: bool = False) -> list[TracedArray]:
    """Arrays in their common dtype, float64 if that is of integers.

    Raises:
        XformTypeError: it is complex, which the function of that name does not take.
    """
    operands = [operand(x) for x in xs]
    if not may_be_complex:
        require_real(name, *operands)
    dtype = result_type(*operands)
    found = [array(x, dtype) for x in operands]
    return found if is_inexact(dtype) else [floating(x) for x in found]


def matrices(x: ArrayLike, name: str) -> TracedArray:
    """The array, floating.

    Args:
        x: matrices in the last two axes.
        name: the function that needs them.

    Raises:
        XformTypeError: it is complex.
        XformValueError: it has fewer than two axes.
    """
    a = floating(x)
    require_real(name, a)
    if a.ndim < 2:
        raise XformValueError(
            at_user_line(f"{name}: expected matrices in the last two axes, got shape {a.shape}")
        )
    return a


def square(x: ArrayLike, name: str, may_be_complex: bool = False) -> TracedArray:
    """The array, floating.

    Args:
        x: matrices in the last two axes.
        name: the function that needs them.
        may_be_complex: whether it takes complex ones.

    Raises:
        XformTypeError: they are complex and may not be.
        XformValueError: they are not square, or there are none.
    """
    a = floating(x)
    if not may_be_complex:
        require_real(name, a)
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
