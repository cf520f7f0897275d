"""Functions that take one of the user's functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformValueError, at_user_line
from ..tracing.array import ArrayLike, TracedArray
from ..transforms.vmap import vmap
from .axes import normalized_axis
from .creation import asarray
from .dispatch import function
from .manipulation import expand_dims, moveaxis
from .promotion import array, fit
from .selection import where


@function(np.apply_along_axis)
def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: ArrayLike, *args: Any, **kwargs: Any
) -> TracedArray:
    """A function of a vector applied to all vectors along an axis, as a vmap of it.

    Args:
        func1d: takes a vector and the further arguments; returns an array of any shape.
        axis: where the vectors lie in `arr`.
        arr: an array.
        args, kwargs: further arguments of `func1d`, passed whole.

    Returns:
        An array with the results' axes in place of `axis`.

    Raises:
        XformValueError: there are no vectors to apply it to.
    """
    x = array(arr)
    place = normalized_axis(axis, x.ndim, "apply_along_axis")
    others = x.shape[:place] + x.shape[place + 1 :]
    if 0 in others:
        raise XformValueError(
            at_user_line(
                f"apply_along_axis: an array of shape {x.shape} has no vectors to apply to"
            )
        )
    last = moveaxis(x, place, -1)
    rows = primitives.reshape(last, (math.prod(others), x.shape[place]))
    results = vmap(lambda row: array(func1d(row, *args, **kwargs)))(rows)
    own = results.shape[1:]
    whole = primitives.reshape(results, (*others, *own))
    first = len(others)
    return moveaxis(whole, range(first, first + len(own)), range(place, place + len(own)))


@function(np.apply_over_axes)
def apply_over_axes(
    func: Callable[..., Any], a: ArrayLike, axes: int | Iterable[int]
) -> TracedArray:
    """`func(a, axis)` for one axis after the other, axes that it removes kept in size 1.

    Raises:
        XformValueError: `func` changes the number of axes by more than one.
    """
    x = array(a)
    given = list(axes) if isinstance(axes, Iterable) else [axes]
    for axis in given:
        place = normalized_axis(axis, x.ndim, "apply_over_axes")
        result = array(func(x, place))
        if result.ndim == x.ndim - 1:
            result = expand_dims(result, place)
        if result.ndim != x.ndim:
            raise XformValueError(
                at_user_line(
                    f"apply_over_axes: the function made an array of shape {result.shape} from one "
                    f"of shape {x.shape}"
                )
            )
        x = result
    return x


@function(np.piecewise)
def piecewise(
    x: ArrayLike, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any
) -> TracedArray:
    """Each element through the function of the last condition that is true there.

    Args:
        x: an array.
        condlist: a bool array in the shape of `x`, or several.
        funclist: a function or number for each condition, and perhaps one for where none is true,
            which is 0 otherwise. A function must be elementwise: it gets all elements, as which
            ones it is needed for is not known.
        args, kw: further arguments of the functions.

    Returns:
        An array in the shape and dtype of `x`.

    Raises:
        XformValueError: the numbers of conditions and functions do not fit.
    """
    a = array(x)
    stacked = asarray(condlist)
    conditions = list(stacked) if stacked.ndim > a.ndim else [stacked]
    count = len(funclist)
    if count not in (len(conditions), len(conditions) + 1):
        raise XformValueError(
            at_user_line(
                f"piecewise: {len(conditions)} conditions need as many functions, or one more, "
                f"got {count}"
            )
        )

    def part(piece: Any) -> TracedArray:
        value = piece(a, *args, **kw) if callable(piece) else piece
        return array(value, a.dtype)

    default = part(funclist[-1]) if count > len(conditions) else part(0)
    result = fit(default, a.dtype, a.shape)
    for condition, piece in zip(conditions, funclist, strict=False):
        result = where(condition, part(piece), result)
    return result


__all__ = [
    "apply_along_axis",
    "apply_over_axes",
    "piecewise",
]
