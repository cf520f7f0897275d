"""Arrays joined, and cut into parts."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing.array import ArrayLike, TracedArray
from .axes import normalized_axis
from .dispatch import function
from .manipulation import atleast_1d, atleast_2d, atleast_3d, moveaxis
from .promotion import array, flat, operand, supported_dtype
from .views import write_whole


def _promoted(
    arrays: Any, name: str, dtype: Any = None, casting: Any = "same_kind"
) -> list[TracedArray]:
    """The arrays in one dtype; a Python number among them is an array as any other."""
    if isinstance(arrays, TracedArray):
        arrays = list(arrays)
    operands = [operand(x) for x in arrays]
    if not operands:
        raise XformValueError(at_user_line(f"{name}: expected at least one array"))
    natural = np.result_type(*(x.dtype for x in operands))
    common = supported_dtype(dtype, name, natural)
    for x in operands:
        if not np.can_cast(x.dtype, common, casting=casting):
            raise XformTypeError(
                at_user_line(f"{name}: cannot cast {x.dtype} to {common} by the rule {casting!r}")
            )
    return [array(x, common) for x in operands]


def _joined(arrays: list[TracedArray], axis: int, name: str) -> TracedArray:
    shape = arrays[0].shape
    for i, x in enumerate(arrays):
        if len(x.shape) != len(shape) or any(
            a != b for j, (a, b) in enumerate(zip(x.shape, shape, strict=True)) if j != axis
        ):
            raise XformValueError(
                at_user_line(
                    f"{name}: arrays must agree in all axes but {axis}: array 0 has shape {shape}, "
                    f"array {i} has shape {x.shape}"
                )
            )
    return primitives.concatenate(arrays, axis) if len(arrays) > 1 else arrays[0].copy()


@function(np.concatenate)
def concatenate(
    arrays: Any,
    /,
    axis: int | None = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: str = "same_kind",
) -> TracedArray:
    """Arrays one after another along an axis; with axis None, their elements."""
    parts = _promoted(arrays, "concatenate", dtype, casting)
    if axis is None:
        parts, axis = [flat(x) for x in parts], 0
    if not parts[0].ndim:
        raise XformValueError(
            at_user_line("concatenate: 0-d arrays have no axis to join; use stack")
        )
    place = normalized_axis(axis, parts[0].ndim, "concatenate")
    return _written(out, _joined(parts, place, "concatenate"))


concat = concatenate


def _written(out: Any, result: TracedArray) -> TracedArray:
    return result if out is None else write_whole(out, result)


@function(np.stack)
def stack(
    arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> TracedArray:
    """Arrays of one shape joined along a new axis."""
    parts = _promoted(arrays, "stack", dtype, casting)
    shape = parts[0].shape
    for i, x in enumerate(parts):
        if x.shape != shape:
            raise XformValueError(
                at_user_line(
                    f"stack: arrays must have one shape: array 0 has {shape}, array {i} {x.shape}"
                )
            )
    place = normalized_axis(axis, len(shape) + 1, "stack")
    row = (*shape[:place], 1, *shape[place:])
    return _written(out, _joined([primitives.reshape(x, row) for x in parts], place, "stack"))


@function(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> TracedArray:
    """Arrays one below another."""
    return concatenate([atleast_2d(x) for x in tup], 0, dtype=dtype, casting=casting)


@function(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> TracedArray:
    """Arrays beside each other: along axis 1, vectors along axis 0."""
    parts = [atleast_1d(x) for x in tup]
    place = 0 if parts and parts[0].ndim == 1 else 1
    return concatenate(parts, place, dtype=dtype, casting=casting)


@function(np.dstack)
def dstack(tup: Any) -> TracedArray:
    """Arrays one behind another, along axis 2."""
    return concatenate([atleast_3d(x) for x in tup], 2)


@function(np.column_stack)
def column_stack(tup: Any) -> TracedArray:
    """Vectors as columns, and matrices, beside each other."""
    parts = [array(x) for x in tup]
    return concatenate([x if x.ndim > 1 else primitives.reshape(x, (x.size, 1)) for x in parts], 1)


@function(np.append)
def append(arr: ArrayLike, values: ArrayLike, axis: int | None = None) -> TracedArray:
    """`values` after the elements of `arr`."""
    return concatenate([arr, values], axis)


@function(np.block)
def block(arrays: Any) -> TracedArray:
    """Nested lists of blocks joined: the innermost along the last axis, and so on."""

    def depth(item: Any) -> int:
        return 1 + max(map(depth, item), default=0) if isinstance(item, list) else 0

    levels = depth(arrays)

    def join(item: Any, level: int) -> TracedArray:
        if not isinstance(item, list):
            x = array(item)
            return primitives.reshape(x, (1,) * (rank - x.ndim) + x.shape)
        return concatenate([join(part, level - 1) for part in item], -level)

    def highest_rank(item: Any) -> int:
        return max(map(highest_rank, item)) if isinstance(item, list) else array(item).ndim

    rank = max(levels, highest_rank(arrays))
    return join(arrays, levels)


@function(np.array_split)
def array_split(
    ary: ArrayLike, indices_or_sections: int | Sequence[int], axis: int = 0
) -> list[TracedArray]:
    """Parts along an axis: so many nearly equal ones, or those between given indices."""
    x = array(ary)
    place = normalized_axis(axis, x.ndim, "array_split")
    size = x.shape[place]
    if isinstance(indices_or_sections, Sequence | np.ndarray):
        cuts = [0, *map(operator.index, indices_or_sections), size]
    else:
        count = operator.index(indices_or_sections)
        if count < 1:
            raise XformValueError(at_user_line(f"split: number of sections is {count}"))
        least, more = divmod(size, count)
        cuts = [i * least + min(i, more) for i in range(count + 1)]
    before = (slice(None),) * place
    return [x[(*before, slice(a, b))] for a, b in itertools.pairwise(cuts)]


@function(np.split)
def split(
    ary: ArrayLike, indices_or_sections: int | Sequence[int], axis: int = 0
) -> list[TracedArray]:
    """Parts along an axis: so many equal ones, or those between given indices."""
    x = array(ary)
    size = x.shape[normalized_axis(axis, x.ndim, "split")]
    if not isinstance(indices_or_sections, Sequence | np.ndarray):
        count = operator.index(indices_or_sections)
        if count < 1 or size % count:
            raise XformValueError(
                at_user_line(f"split: {size} rows do not divide into {count} equal parts")
            )
    return array_split(x, indices_or_sections, axis)


@function(np.hsplit)
def hsplit(ary: ArrayLike, indices_or_sections: int | Sequence[int]) -> list[TracedArray]:
    """Parts along axis 1, of a vector along axis 0."""
    return split(ary, indices_or_sections, 1 if array(ary).ndim > 1 else 0)


@function(np.vsplit)
def vsplit(ary: ArrayLike, indices_or_sections: int | Sequence[int]) -> list[TracedArray]:
    """Parts along axis 0."""
    x = array(ary)
    if x.ndim < 2:
        raise XformValueError(
            at_user_line(f"vsplit: needs two axes or more, got an array of shape {x.shape}")
        )
    return split(x, indices_or_sections, 0)


@function(np.dsplit)
def dsplit(ary: ArrayLike, indices_or_sections: int | Sequence[int]) -> list[TracedArray]:
    """Parts along axis 2."""
    return split(ary, indices_or_sections, 2)


@function(np.unstack)
def unstack(x: ArrayLike, /, *, axis: int = 0) -> tuple[TracedArray, ...]:
    """The slices along an axis."""
    return tuple(moveaxis(x, axis, 0))


__all__ = [
    "append",
    "array_split",
    "block",
    "column_stack",
    "concat",
    "concatenate",
    "dsplit",
    "dstack",
    "hsplit",
    "hstack",
    "split",
    "stack",
    "unstack",
    "vsplit",
    "vstack",
]
