"""Indices as rows of zeros with a one."""

from __future__ import annotations

import operator
from typing import Any

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..numpy.axes import normalized_axis
from ..numpy.dispatch import extension
from ..numpy.promotion import INT32, INT64, INT_RANGES, array, supported_dtype
from ..tracing.array import ArrayLike, TracedArray


@extension("nn")
def one_hot(x: ArrayLike, num_classes: int, *, dtype: Any = float, axis: int = -1) -> TracedArray:
    """Zeros but for a 1 at each index of `x`, along a new axis of `num_classes`.

    Args:
        x: integer indices; those out of range give a row of zeros.
        num_classes: the size of the new axis.
        dtype: of the result.
        axis: the place of the new axis.

    Raises:
        XformTypeError: the indices are not integers.
        XformValueError: `num_classes` is negative.
    """
    indices = array(x)
    if indices.dtype not in INT_RANGES:
        raise XformTypeError(
            at_user_line(f"one_hot: expected integer indices, got dtype {indices.dtype}")
        )
    count = operator.index(num_classes)
    if count < 0:
        raise XformValueError(at_user_line(f"one_hot: num_classes cannot be negative, got {count}"))
    place = normalized_axis(axis, indices.ndim + 1, "one_hot")
    shape = (*indices.shape[:place], count, *indices.shape[place:])
    dims = [i if i < place else i + 1 for i in range(indices.ndim)]
    # In a dtype that holds every class; what a conversion wraps becomes negative, and no class.
    is_wide = indices.dtype.itemsize == 8 or count > INT_RANGES[INT32][1]
    counted = INT64 if is_wide else INT32
    counter = primitives.iota(shape, counted, place)
    places = primitives.broadcast_in_dim(array(indices, counted), shape, dims)
    return array(primitives.eq(places, counter), supported_dtype(dtype, "one_hot"))
