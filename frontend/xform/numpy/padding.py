"""Arrays extended at the ends of their axes."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import primitives
from ..array import ArrayLike, TracedArray
from ..errors import XformValueError, at_user_line
from .axes import normalized_axis
from .dispatch import function
from .indexing import select_along
from .promotion import (
    array as as_array,
)
from .promotion import (
    constant,
    in_range,
)


def _pairs(width: Any, rank: int, name: str) -> list[tuple[Any, Any]]:
    """NumPy's ways to say two things for each axis."""
    if isinstance(width, dict):
        pairs = [(0, 0)] * rank
        for axis, pair in width.items():
            pairs[normalized_axis(axis, rank, name)] = (
                tuple(pair) if isinstance(pair, Sequence) else (pair, pair)
            )
        return pairs
    try:
        return [(a, b) for a, b in np.broadcast_to(np.asarray(width), (rank, 2)).tolist()]
    except ValueError:
        raise XformValueError(
            at_user_line(f"{name}: expected two numbers for each of {rank} axes, got {width!r}")
        ) from None


@function(np.pad)
def pad(
    array: ArrayLike,
    pad_width: Any,
    mode: str = "constant",
    *,
    constant_values: Any = 0,
    reflect_type: str = "even",
) -> TracedArray:
    """Elements added at the ends of axes.

    Modes: constant, edge, reflect, symmetric, wrap, empty; the widths are known while tracing.
    """
    x = as_array(array)
    widths = [(operator.index(a), operator.index(b)) for a, b in _pairs(pad_width, x.ndim, "pad")]
    if any(a < 0 or b < 0 for a, b in widths):
        raise XformValueError(at_user_line(f"pad: widths cannot be negative, got {pad_width!r}"))
    if mode in ("constant", "empty"):
        return _pad_constant(x, widths, constant_values)
    if mode not in ("edge", "reflect", "symmetric", "wrap") or reflect_type != "even":
        raise XformValueError(
            at_user_line(
                f"pad: mode {mode!r} with reflect_type {reflect_type!r} is not supported; "
                "expected constant, edge, reflect, symmetric or wrap"
            )
        )
    for axis, (low, high) in enumerate(widths):
        if low or high:
            x = _pad_by_index(x, axis, low, high, mode)
    return x.copy() if x is array else x


def _pad_constant(x: TracedArray, widths: list[tuple[int, int]], values: Any) -> TracedArray:
    low, high = [a for a, _ in widths], [b for _, b in widths]
    none = [0] * x.ndim
    if isinstance(values, TracedArray) or np.ndim(values) == 0:
        value = as_array(values, x.dtype)
        if value.ndim:
            raise XformValueError(
                at_user_line(f"pad: constant_values is one number, got shape {value.shape}")
            )
        return primitives.pad(x, value, low, high, none)
    for axis, (first, last) in enumerate(_pairs(values, x.ndim, "pad: constant_values")):
        before = [n if i == axis else 0 for i, n in enumerate(low)]
        after = [n if i == axis else 0 for i, n in enumerate(high)]
        for number, start, end in ((first, before, none), (last, none, after)):
            value = constant((), x.dtype, in_range(number, x.dtype))
            x = primitives.pad(x, value, start, end, none)
    return x


def _pad_by_index(x: TracedArray, axis: int, low: int, high: int, mode: str) -> TracedArray:
    """Joined from pieces of consecutive elements, forwards or backwards."""
    size = x.shape[axis]
    if not size:
        raise XformValueError(at_user_line(f"pad: mode {mode!r} cannot extend an empty axis"))
    source = np.pad(np.arange(size), (low, high), mode=mode)  # type: ignore[call-overload]
    pieces: list[TracedArray] = []
    begin = 0
    while begin < len(source):
        end = begin + 1
        step = int(source[end] - source[begin]) if end < len(source) else 0
        if step not in (-1, 0, 1):
            step = 0
        while end < len(source) and source[end] - source[end - 1] == step:
            end += 1
        first, last = int(source[begin]), int(source[end - 1])
        piece = select_along(x, axis, min(first, last), max(first, last) + 1)
        if step == -1:
            piece = primitives.reverse(piece, [axis])
        elif step == 0 and end - begin > 1:
            shape = [end - begin if i == axis else n for i, n in enumerate(x.shape)]
            piece = primitives.broadcast_in_dim(piece, shape, range(x.ndim))
        pieces.append(piece)
        begin = end
    return primitives.concatenate(pieces, axis) if len(pieces) > 1 else pieces[0]
