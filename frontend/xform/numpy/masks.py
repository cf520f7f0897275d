"""Traced boolean masks as indices; what they select is in selected.py."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from xform_runtime import Array

from ..errors import XformIndexError, XformTypeError, at_user_line
from ..tracing.array import TracedArray
from .indexing import BasicIndex, parse
from .promotion import BOOL, Shape


class Mask(NamedTuple):
    """A traced mask in an index.

    Attributes:
        basic: what comes first: the other items, with the mask's axes whole.
        mask: the mask.
        axis: its first axis in what `basic` selects.
    """

    basic: BasicIndex
    mask: TracedArray
    axis: int


def is_traced_mask(items: tuple[Any, ...]) -> bool:
    """Whether an index has a traced boolean array among its items."""
    return any(isinstance(item, TracedArray) and item.dtype == BOOL for item in items)


def mask_in(items: tuple[Any, ...], shape: Shape) -> Mask:
    """The mask of an index, whose other items are basic.

    Raises:
        XformIndexError: the mask's shape does not fit, or there are too many items.
        XformTypeError: there are other arrays in the index.
    """
    place = next(
        i for i, item in enumerate(items) if isinstance(item, TracedArray) and item.dtype == BOOL
    )
    mask = items[place]
    others = (*items[:place], *items[place + 1 :])
    if any(isinstance(item, TracedArray | np.ndarray | Array | list | tuple) for item in others):
        raise XformTypeError(
            at_user_line(
                "a traced mask beside other arrays in an index is not supported: choose elements "
                "with xform.numpy.where(mask, x, y)"
            )
        )
    whole = (*items[:place], *[slice(None)] * mask.ndim, *items[place + 1 :])
    basic = parse(whole, shape)
    if any(item is Ellipsis for item in items[:place]):
        behind = sum(not isinstance(item, int | np.integer) for item in items[place + 1 :])
        axis = len(basic.shape) - behind - mask.ndim
    else:
        axis = sum(not isinstance(item, int | np.integer) for item in items[:place])
    if basic.shape[axis : axis + mask.ndim] != mask.shape:
        raise XformIndexError(
            at_user_line(
                f"a boolean index of shape {mask.shape} does not fit an array of shape {shape}"
            )
        )
    return Mask(basic, mask, axis)


__all__ = ["Mask", "is_traced_mask", "mask_in"]
