"""The largest elements of an array."""

from __future__ import annotations

import operator
from typing import Any

from .. import primitives
from ..errors import XformValueError, at_user_line
from ..numpy.axes import normalized_axis
from ..numpy.dispatch import extension
from ..numpy.indexing import select_along
from ..numpy.promotion import INT32, INT64, array
from ..tracing.array import ArrayLike


@extension("nn")
def top_k(x: ArrayLike, k: int, *, axis: int = -1) -> Any:
    """The k largest elements along an axis, in descending order, and their places.

    NaN counts as the largest; of equal elements the first comes first.

    Args:
        x: an array of at least one axis.
        k: how many; from 0 to the size of the axis.
        axis: along which.

    Returns:
        The elements, of x's dtype, and their places, of int64; both with k elements along the axis.

    Raises:
        XformValueError: k is out of range.

    >>> top_k([1.0, 3.0, 2.0], 2)[1]
    Array([1, 2], shape=(2,), dtype=int64, device='cpu')
    """
    a = array(x)
    place = normalized_axis(axis, a.ndim, "top_k")
    count = operator.index(k)
    if not 0 <= count <= a.shape[place]:
        raise XformValueError(
            at_user_line(f"top_k: k = {k} is out of range for an axis of size {a.shape[place]}")
        )
    # Sorted backwards, so that of equal elements the first comes out last.
    turned = primitives.reverse(a, [place])
    places = primitives.reverse(primitives.iota(a.shape, INT32, place), [place])
    ordered = primitives.sort([turned, places], place)
    size = a.shape[place]
    values, found = (
        primitives.reverse(select_along(part, place, size - count, size), [place])
        for part in ordered
    )
    return values, primitives.convert(found, INT64)
