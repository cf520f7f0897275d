"""Arrays extended at the ends of their axes."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from .. import primitives
from ..errors import XformValueError, at_user_line
from ..tracing.array import ArrayLike, TracedArray
from . import reductions
from .axes import normalized_axis
from .dispatch import function
from .grids import linspace
from .indexing import select_along
from .promotion import BOOL, INT64, constant, in_range, is_float
from .promotion import array as as_array


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


# The keyword arguments that each mode takes, with their defaults.
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "constant": {"constant_values": 0},
    "empty": {},
    "edge": {},
    "wrap": {},
    "reflect": {"reflect_type": "even"},
    "symmetric": {"reflect_type": "even"},
    "linear_ramp": {"end_values": 0},
    "maximum": {"stat_length": None},
    "mean": {"stat_length": None},
    "median": {"stat_length": None},
    "minimum": {"stat_length": None},
}


@function(np.pad)
def pad(array: ArrayLike, pad_width: Any, mode: str = "constant", **kwargs: Any) -> TracedArray:
    """Elements added at the ends of axes; the widths are known while tracing.

    Args:
        array: an array.
        pad_width: how many before and after each axis: an int, a pair, a pair for each axis, or a
            dict of these by axis.
        mode: "constant" (with `constant_values`), "empty", "edge", "wrap", "reflect" and
            "symmetric" (`reflect_type` "even" or "odd"), "linear_ramp" (`end_values`), "maximum",
            "mean", "median" and "minimum" (`stat_length`, how many elements at the end count).

    Raises:
        XformValueError: an unknown mode, an argument that the mode does not take, negative widths,
            or nothing to extend.
    """
    x = as_array(array)
    options = _options(mode, kwargs)
    widths = [(operator.index(a), operator.index(b)) for a, b in _pairs(pad_width, x.ndim, "pad")]
    if any(a < 0 or b < 0 for a, b in widths):
        raise XformValueError(at_user_line(f"pad: widths cannot be negative, got {pad_width!r}"))
    if mode in ("constant", "empty"):
        return _pad_constant(x, widths, options.get("constant_values", 0))
    given = [(None, None)] * x.ndim
    for name in ("end_values", "stat_length"):
        if options.get(name) is not None:
            given = _pairs(options[name], x.ndim, f"pad: {name}")
    for axis, (low, high) in enumerate(widths):
        if not low and not high:
            continue
        if not x.shape[axis]:
            raise XformValueError(at_user_line(f"pad: mode {mode!r} cannot extend an empty axis"))
        if mode == "linear_ramp":
            x = _pad_ramp(x, axis, low, high, given[axis])
        elif "stat_length" in options:
            x = _pad_statistic(x, axis, low, high, mode, given[axis])
        elif options.get("reflect_type") == "odd" and x.shape[axis] > 1:
            x = _pad_odd(x, axis, low, high, mode)
        else:
            x = _pad_by_index(x, axis, low, high, mode)
    return x.copy() if x is array else x


def _options(mode: Any, given: dict[str, Any]) -> dict[str, Any]:
    defaults = _OPTIONS.get(mode) if isinstance(mode, str) else None
    if defaults is None:
        raise XformValueError(
            at_user_line(f"pad: mode {mode!r} is not supported; expected one of {list(_OPTIONS)}")
        )
    for name in given:
        if name not in defaults:
            raise XformValueError(at_user_line(f"pad: mode {mode!r} takes no argument {name!r}"))
    options = {**defaults, **given}
    if options.get("reflect_type", "even") not in ("even", "odd"):
        kind = options["reflect_type"]
        raise XformValueError(at_user_line(f"pad: reflect_type is 'even' or 'odd', got {kind!r}"))
    return options


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


def _wide(part: TracedArray, axis: int, width: int) -> TracedArray:
    """A slice of size 1 along an axis, repeated."""
    shape = [width if i == axis else n for i, n in enumerate(part.shape)]
    return primitives.broadcast_in_dim(part, shape, range(part.ndim))


def _pad_ramp(x: TracedArray, axis: int, low: int, high: int, ends: tuple[Any, Any]) -> TracedArray:
    """From the ends' values in even steps to the elements at the edges."""
    size = x.shape[axis]
    rest = x.shape[:axis] + x.shape[axis + 1 :]

    def ramp(width: int, end: Any, place: int) -> TracedArray:
        edge = primitives.reshape(select_along(x, axis, place, place + 1), rest)
        made = linspace(end, edge, width, endpoint=False, dtype=x.dtype, axis=axis)
        return as_array(made)

    after = primitives.reverse(ramp(high, ends[1], size - 1), [axis])
    return primitives.concatenate([ramp(low, ends[0], 0), x, after], axis)


def _pad_statistic(
    x: TracedArray, axis: int, low: int, high: int, mode: str, lengths: tuple[Any, Any]
) -> TracedArray:
    """The largest, mean, median or smallest of the elements near each edge."""
    size = x.shape[axis]
    pieces = []
    for width, length, first in ((low, lengths[0], True), (high, lengths[1], False)):
        count = size if length is None else min(operator.index(length), size)
        if count < 1:
            raise XformValueError(at_user_line(f"pad: stat_length must be positive, got {length}"))
        near = select_along(x, axis, *((0, count) if first else (size - count, size)))
        value = _STATISTICS[mode](near, axis=axis, keepdims=True)
        if x.dtype.kind in "iu" and is_float(value.dtype):
            value = primitives.round_(value)
        pieces.append(_wide(as_array(value, x.dtype), axis, width))
    return primitives.concatenate([pieces[0], x, pieces[1]], axis)


# NumPy's own median finds the traced one where there is one.
_STATISTICS: Final[dict[str, Callable[..., TracedArray]]] = {
    "maximum": reductions.max,
    "mean": reductions.mean,
    "median": np.median,
    "minimum": reductions.min,
}


def _pad_odd(x: TracedArray, axis: int, low: int, high: int, mode: str) -> TracedArray:
    """Mirrored at a point, the edge's element: what is reflected is subtracted from twice that."""
    period = x.shape[axis]
    # Whether the edge's element is repeated.
    skip = 1 if mode == "reflect" else 0
    while low or high:
        size = x.shape[axis]
        chunk = (size - skip) // (period - skip) * (period - skip)
        before, after = min(low, chunk), min(high, chunk)
        pieces = [x]
        if before:
            edge = select_along(x, axis, 0, 1)
            mirrored = primitives.reverse(select_along(x, axis, skip, skip + before), [axis])
            pieces.insert(0, _twice_minus(edge, mirrored, axis))
        if after:
            edge = select_along(x, axis, size - 1, size)
            stop = size - skip
            mirrored = primitives.reverse(select_along(x, axis, stop - after, stop), [axis])
            pieces.append(_twice_minus(edge, mirrored, axis))
        x = primitives.concatenate(pieces, axis)
        low, high = low - before, high - after
    return x


def _twice_minus(edge: TracedArray, mirrored: TracedArray, axis: int) -> TracedArray:
    wide = _wide(edge, axis, mirrored.shape[axis])
    if edge.dtype != BOOL:
        return primitives.sub(primitives.add(wide, wide), mirrored)
    # In integers, of which all but 0 are true.
    wide, mirrored = as_array(wide, INT64), as_array(mirrored, INT64)
    return as_array(primitives.sub(primitives.add(wide, wide), mirrored), BOOL)


def _pad_by_index(x: TracedArray, axis: int, low: int, high: int, mode: str) -> TracedArray:
    """Joined from pieces of consecutive elements, forwards or backwards."""
    source = np.pad(np.arange(x.shape[axis]), (low, high), mode=mode)  # type: ignore[call-overload]
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
            piece = _wide(piece, axis, end - begin)
        pieces.append(piece)
        begin = end
    return primitives.concatenate(pieces, axis) if len(pieces) > 1 else pieces[0]


__all__ = [
    "pad",
]
