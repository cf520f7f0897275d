"""Axis and shape arguments, checked; negative axes are counted from the end."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import XformIndexError, XformTypeError, XformValueError, at_user_line
from ..tracing import traces


class AxisError(XformValueError, XformIndexError):
    """An axis is out of range, or given twice; a ValueError and an IndexError, as NumPy's."""


def keeps(keepdims: Any) -> bool:
    """Whether a `keepdims` argument, which may be NumPy's mark for none, keeps reduced axes."""
    return keepdims is not np._NoValue and bool(keepdims)


def normalized_axis(axis: Any, ndim: int, name: str) -> int:
    """The axis as a number from 0 to ndim - 1.

    Raises:
        AxisError: it is out of range.
        XformTypeError: it is not an int.
    """
    try:
        found = operator.index(axis)
    except TypeError as error:
        if isinstance(error, XformTypeError):
            raise
        raise XformTypeError(
            at_user_line(f"{name}: an axis is an int, got {type(axis).__name__}")
        ) from None
    if not -ndim <= found < ndim:
        raise AxisError(
            at_user_line(f"{name}: axis {found} is out of range for an array of {ndim} axes")
        )
    return found % ndim


def normalized_axes(axis: Any, ndim: int, name: str) -> tuple[int, ...]:
    """An axis argument, None for all, an int or several, as different numbers in order.

    Raises:
        AxisError: one is out of range or given twice.
        XformTypeError: one is not an int.
    """
    if axis is None:
        return tuple(range(ndim))
    if traces.is_traced(axis) or not isinstance(axis, Iterable):
        return (normalized_axis(axis, ndim, name),)
    found = [normalized_axis(a, ndim, name) for a in axis]
    if len(set(found)) != len(found):
        raise AxisError(at_user_line(f"{name}: an axis is given twice in {tuple(axis)}"))
    return tuple(sorted(found))


def numbers_of_shape(shape: Any, name: str) -> tuple[int, ...]:
    """The ints of a shape argument, an int or a sequence of ints, of which some may be negative.

    Raises:
        XformTypeError: it is something else.
    """
    given = shape if isinstance(shape, Sequence | np.ndarray) else (shape,)
    try:
        return tuple(map(operator.index, given))
    except TypeError as error:
        if isinstance(error, XformTypeError):
            raise
        raise XformTypeError(
            at_user_line(f"{name}: a shape is an int or a sequence of ints, got {shape!r}")
        ) from None


def shape_of(shape: Any, name: str) -> tuple[int, ...]:
    """A shape argument, an int or a sequence of ints, as a tuple.

    Raises:
        XformTypeError: it is something else.
        XformValueError: a size is negative.
    """
    sizes = numbers_of_shape(shape, name)
    if any(size < 0 for size in sizes):
        raise XformValueError(at_user_line(f"{name}: sizes cannot be negative, got {sizes}"))
    return sizes
