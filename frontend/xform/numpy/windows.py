"""Sums over sliding windows: convolutions, correlations, and the windows themselves."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view as _numpy_windows

from .. import primitives
from ..errors import XformValueError, at_user_line
from ..tracing.array import ArrayLike, TracedArray
from . import ufuncs
from .axes import normalized_axis
from .complex_parts import is_complex
from .dispatch import function
from .indexing import select_along
from .promotion import BOOL, INT32, array, constant, fit, in_range, operand, result_type


def _vectors(a: Any, v: Any, name: str) -> list[TracedArray]:
    """Two vectors of one dtype; numbers are vectors of one element."""
    operands = [operand(a), operand(v)]
    dtype = result_type(*operands)
    found = [fit(x, dtype, x.shape) for x in operands]
    vectors = [primitives.reshape(x, (1,)) if not x.ndim else x for x in found]
    for x, label in zip(vectors, ("a", "v"), strict=True):
        if x.ndim != 1:
            raise XformValueError(
                at_user_line(f"{name}: {label} must be a vector, got shape {x.shape}")
            )
        if not x.shape[0]:
            raise XformValueError(at_user_line(f"{name}: {label} cannot be empty"))
    return vectors


def _slide(a: TracedArray, v: TracedArray, mode: str, name: str) -> TracedArray:
    """The sums of products of `v` with the windows of `a`, which is not shorter."""
    n = v.shape[0]
    pads = {"valid": (0, 0), "same": (n // 2, n - n // 2 - 1), "full": (n - 1, n - 1)}
    if mode not in pads:
        raise XformValueError(
            at_user_line(f"{name}: mode is 'full', 'same' or 'valid', got {mode!r}")
        )
    low, high = pads[mode]
    # Whether some product is true is whether their number is not 0.
    x, w = (primitives.convert(y, INT32) if y.dtype == BOOL else y for y in (a, v))
    x, w = (primitives.reshape(y, (1, 1, *y.shape)) for y in (x, w))
    sums = primitives.conv(x, w, primitives.Windows([1], [low], [high], [1], [1]))
    result = primitives.reshape(sums, sums.shape[2:])
    if a.dtype == BOOL:
        return primitives.ne(result, constant(result.shape, INT32, 0))
    return result


@function(np.convolve)
def convolve(a: ArrayLike, v: ArrayLike, mode: str = "full") -> TracedArray:
    """The sums of products of `a` with each shift of `v`, which runs backwards."""
    x, y = _vectors(a, v, "convolve")
    if y.shape[0] > x.shape[0]:
        x, y = y, x
    return _slide(x, primitives.reverse(y, [0]), mode, "convolve")


@function(np.correlate)
def correlate(a: ArrayLike, v: ArrayLike, mode: str = "valid") -> TracedArray:
    """The sums of products of `a` with each shift of `v`, conjugate."""
    x, y = _vectors(a, v, "correlate")
    y = ufuncs.conjugate(y) if is_complex(y) else y
    if y.shape[0] > x.shape[0]:
        return primitives.reverse(_slide(y, x, mode, "correlate"), [0])
    return _slide(x, y, mode, "correlate")


def _windows_along(x: TracedArray, axis: int, size: int) -> TracedArray:
    """The windows of `size` elements along an axis, as a new last axis.

    Row k of the new axis is x shifted by k. Rows of length n, laid one after another in rows of
    length n + 1, are shifted by one more element in each.
    """
    n = x.shape[axis]
    outer = [length for i, length in enumerate(x.shape) if i != axis]
    rank = len(outer)
    order = [*(i for i in range(x.ndim) if i != axis), axis]
    lines = primitives.transpose(x, order)
    rows = primitives.broadcast_in_dim(lines, [*outer, size, n], [*range(rank), rank + 1])
    flat = primitives.reshape(rows, [*outer, size * n])
    zero = constant((), x.dtype, in_range(0, x.dtype))
    none = [0] * rank
    longer = primitives.pad(flat, zero, [*none, 0], [*none, size], [*none, 0])
    shifted = primitives.reshape(longer, [*outer, size, n + 1])
    windows = select_along(shifted, rank + 1, 0, n - size + 1)
    back = list(range(rank))
    back.insert(axis, rank + 1)
    return primitives.transpose(windows, [*back, rank])


@function(_numpy_windows)
def sliding_window_view(
    x: ArrayLike,
    window_shape: int | Iterable[int],
    axis: int | Iterable[int] | None = None,
    *,
    subok: bool = False,
    writeable: bool = False,
) -> TracedArray:
    """The windows of an array, behind its own axes; a new array, not a view.

    Args:
        x: the array.
        window_shape: the sizes of a window.
        axis: the axis for each size, the same one perhaps several times; None for all in order.
        subok: has no effect.
        writeable: must be False: what is written into a window could not reach `x`.
    """
    result = a = array(x)
    name = "sliding_window_view"
    if writeable:
        raise XformValueError(at_user_line(f"{name}: writeable windows are not supported"))
    given = window_shape if isinstance(window_shape, Iterable) else (window_shape,)
    sizes = [operator.index(size) for size in given]
    if any(size < 0 for size in sizes):
        raise XformValueError(
            at_user_line(f"{name}: window_shape cannot be negative, got {tuple(sizes)}")
        )
    if axis is None:
        axes = list(range(a.ndim))
    else:
        axes = [
            normalized_axis(i, a.ndim, name)
            for i in (axis if isinstance(axis, Iterable) else (axis,))
        ]
    if len(axes) != len(sizes):
        raise XformValueError(
            at_user_line(f"{name}: {len(sizes)} sizes in window_shape for {len(axes)} axes")
        )
    for place, size in zip(axes, sizes, strict=True):
        if size > result.shape[place] + 1:
            raise XformValueError(
                at_user_line(
                    f"{name}: a window of {size} does not fit into axis {place} of shape {a.shape}"
                )
            )
        result = _windows_along(result, place, size)
    return result.copy() if result is a else result


__all__ = [
    "convolve",
    "correlate",
    "sliding_window_view",
]
