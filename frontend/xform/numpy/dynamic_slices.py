"""Blocks of an array whose place is known only when the program runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from xform_runtime import Array

from .. import primitives
from ..compiling import direct
from ..errors import (
    XformValueError,
    at_user_line,
)
from ..tracing import traces
from ..tracing.array import ArrayLike, TracedArray
from .advanced_indexing import wrapped
from .arguments import explained
from .promotion import (
    array,
    fit,
    operand,
)


def _starts(x: TracedArray, starts: Sequence[Any], sizes: Sequence[int], name: str) -> list[Any]:
    if len(starts) != x.ndim or len(sizes) != x.ndim:
        raise XformValueError(
            at_user_line(
                f"{name}: needs a start and a size for each axis of an array of shape {x.shape}, "
                f"got {len(starts)} and {len(sizes)}"
            )
        )
    return [wrapped(array(s), n) for s, n in zip(starts, x.shape, strict=True)]


@explained
def dynamic_slice(x: ArrayLike, starts: Sequence[Any], sizes: Sequence[int]) -> TracedArray:
    """A block of an array whose place is known only when the program runs.

    Args:
        x: the array.
        starts: the first index along each axis, ints, traced or not; negative ones count from the
            end. One that would let the block leave the array becomes the nearest that does not.
        sizes: the block's shape.

    Returns:
        The block, a copy, of the dtype of `x`.

    Raises:
        XformValueError: there is not a start and a size for each axis, or a size is too large.

    >>> from xform import frontend
    >>> frontend.jit(lambda x, i: dynamic_slice(x, [i], [2]))(np.arange(5), 3).numpy()
    array([3, 4])
    """
    if traces.current_trace() is None:
        result: TracedArray = direct.call(
            lambda x, *at: dynamic_slice(x, at, sizes),
            (x, *map(_scalar, starts)),
            {},
            name="dynamic_slice",
            transform="dynamic_slice",
        )
        return result
    a = array(x)
    if a.ndim == 0:
        return a.copy()
    return primitives.dynamic_slice(a, _starts(a, starts, sizes, "dynamic_slice"), sizes)


@explained
def dynamic_update_slice(x: ArrayLike, update: ArrayLike, starts: Sequence[Any]) -> TracedArray:
    """An array with a block replaced, whose place is known only when the program runs.

    Args:
        x: the array, which does not change.
        update: the block, with as many axes; it is converted to the dtype of `x`.
        starts: as those of dynamic_slice.

    Returns:
        A new array of the shape and dtype of `x`.

    Raises:
        XformValueError: there is not a start for each axis, or the block does not fit.

    >>> dynamic_update_slice(np.zeros(4), np.ones(2), [-2]).numpy()
    array([0., 0., 1., 1.])
    """
    if traces.current_trace() is None:
        result: TracedArray = direct.call(
            lambda x, update, *at: dynamic_update_slice(x, update, at),
            (x, update, *map(_scalar, starts)),
            {},
            name="dynamic_update_slice",
            transform="dynamic_update_slice",
        )
        return result
    a, part = array(x), operand(update)
    block = fit(part, a.dtype, part.shape)
    if a.ndim == 0:
        return block
    at = _starts(a, starts, block.shape, "dynamic_update_slice")
    return primitives.dynamic_update_slice(a, block, at)


def _scalar(x: Any) -> Any:
    """A Python bool is not an index here, and other numbers are arrays of their own."""
    return np.asarray(x) if not isinstance(x, TracedArray | Array) else x


__all__ = ["dynamic_slice", "dynamic_update_slice"]
