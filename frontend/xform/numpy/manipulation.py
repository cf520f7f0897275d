"""Functions that move elements: shapes, axes, joining, splitting, repeating, padding."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from xform_runtime import Array

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.array import ArrayLike, Axis, TracedArray
from ..tracing.operations import METHODS
from . import ufuncs
from .axes import AxisError, normalized_axes, normalized_axis, numbers_of_shape, shape_of
from .dispatch import function
from .indexing import select_along
from .promotion import (
    BOOL,
    INT64,
    UINT64,
    array,
    broadcast,
    broadcast_shapes,
    constant,
    flat,
    operand,
    supported_dtype,
)
from .promotion import array as as_array
from .views import Bits, ReadOnly, Reshaped, Transposed, view

# Shape -----------------------------------------------------------------------


def _reshaped(x: TracedArray, shape: tuple[int, ...]) -> TracedArray:
    return view(x, Reshaped(shape))


@function(np.reshape)
def reshape(
    a: ArrayLike, /, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None
) -> TracedArray:
    """The elements in another shape; one size may be -1.

    Raises:
        XformValueError: the sizes do not fit the number of elements.
    """
    x = array(a)
    wanted = _with_inferred_size(x, newshape if shape is None else shape)
    if order == "F" and x.ndim > 1:
        return transpose(_reshaped(transpose(x), wanted[::-1]))
    if order not in ("C", "A", "F"):
        raise XformValueError(at_user_line(f"reshape: order is 'C' or 'F', got {order!r}"))
    if order == "F" and len(wanted) > 1:
        return transpose(_reshaped(x, wanted[::-1]))
    result = _reshaped(x, wanted)
    return result.copy() if copy else result


def _with_inferred_size(x: TracedArray, shape: Any) -> tuple[int, ...]:
    sizes = [*numbers_of_shape(shape, "reshape")]
    unknown = [axis for axis, size in enumerate(sizes) if size == -1]
    known = math.prod(size for size in sizes if size != -1)
    if len(unknown) == 1 and known > 0 and x.size % known == 0:
        sizes[unknown[0]] = x.size // known
    if any(size < 0 for size in sizes) or math.prod(sizes) != x.size:
        raise XformValueError(
            at_user_line(f"reshape: an array of shape {x.shape} does not fit shape {shape}")
        )
    return tuple(sizes)


@function(np.ravel)
def ravel(a: ArrayLike, order: str = "C") -> TracedArray:
    """All elements along one axis."""
    return reshape(a, -1, order="C" if order in "AK" else order)


@function(np.squeeze)
def squeeze(a: ArrayLike, axis: Axis = None) -> TracedArray:
    """The array without axes of size 1, all of them or those given."""
    x = array(a)
    axes = normalized_axes(axis, x.ndim, "squeeze")
    if axis is not None and any(x.shape[i] != 1 for i in axes):
        raise XformValueError(
            at_user_line(f"squeeze: axes {axes} of an array of shape {x.shape} have not size 1")
        )
    return _reshaped(x, tuple(n for i, n in enumerate(x.shape) if n != 1 or i not in axes))


@function(np.expand_dims)
def expand_dims(a: ArrayLike, axis: int | Sequence[int]) -> TracedArray:
    """The array with new axes of size 1 at the given places of the result."""
    x = array(a)
    count = len(axis) if isinstance(axis, Sequence) else 1
    axes = normalized_axes(axis, x.ndim + count, "expand_dims")
    sizes = iter(x.shape)
    return _reshaped(x, tuple(1 if i in axes else next(sizes) for i in range(x.ndim + count)))


def _at_least(rank: int, arrays: tuple[ArrayLike, ...], place: Any) -> Any:
    results = []
    for a in arrays:
        x = array(a)
        results.append(x if x.ndim >= rank else _reshaped(x, place(x.shape)))
    return results[0] if len(results) == 1 else tuple(results)


@function(np.atleast_1d)
def atleast_1d(*arys: ArrayLike) -> Any:
    """Arrays with at least one axis."""
    return _at_least(1, arys, lambda shape: (1,))


@function(np.atleast_2d)
def atleast_2d(*arys: ArrayLike) -> Any:
    """Arrays with at least two axes, new ones first."""
    return _at_least(2, arys, lambda shape: (1,) * (2 - len(shape)) + shape)


@function(np.atleast_3d)
def atleast_3d(*arys: ArrayLike) -> Any:
    """Arrays with at least three axes, a vector's elements along the middle one."""
    return _at_least(
        3, arys, lambda s: (1, 1, 1) if not s else (1, *s, 1) if len(s) == 1 else (*s, 1)
    )


def bits(x: TracedArray, dtype: Any) -> TracedArray:
    """`x.view(dtype)`: the bits of the elements as another dtype of the same width.

    Raises:
        XformTypeError: it has another width, or is bool or complex.
    """
    found = supported_dtype(dtype, "view")
    if found == x.dtype:
        return x[...]
    if found.itemsize != x.dtype.itemsize or BOOL in (found, x.dtype):
        raise XformTypeError(
            at_user_line(
                f"view: the bits of {x.dtype} can be seen as a number of as many bits, got "
                f"{found}; convert with x.astype(dtype), or take integers apart with shifts"
            )
        )
    return view(x, Bits(found))


METHODS["view"] = bits


# Axes ------------------------------------------------------------------------


def _permuted(x: TracedArray, permutation: Sequence[int]) -> TracedArray:
    order = tuple(permutation)
    if order == tuple(range(x.ndim)):
        return x[...]
    return view(x, Transposed(order))


@function(np.transpose)
def transpose(a: ArrayLike, axes: Sequence[int] | None = None) -> TracedArray:
    """The axes in another order, by default the opposite one."""
    x = array(a)
    if axes is None:
        return _permuted(x, range(x.ndim - 1, -1, -1))
    order = [normalized_axis(axis, x.ndim, "transpose") for axis in axes]
    if sorted(order) != list(range(x.ndim)):
        raise XformValueError(
            at_user_line(
                f"transpose: {tuple(axes)} is no order of the axes of an array of shape {x.shape}"
            )
        )
    return _permuted(x, order)


permute_dims = transpose


@function(np.matrix_transpose)
def matrix_transpose(x: ArrayLike, /) -> TracedArray:
    """The last two axes exchanged."""
    a = array(x)
    if a.ndim < 2:
        raise XformValueError(
            at_user_line(f"matrix_transpose: expected at least two axes, got shape {a.shape}")
        )
    return _permuted(a, (*range(a.ndim - 2), a.ndim - 1, a.ndim - 2))


@function(np.swapaxes)
def swapaxes(a: ArrayLike, axis1: int, axis2: int) -> TracedArray:
    """Two axes exchanged."""
    x = array(a)
    first = normalized_axis(axis1, x.ndim, "swapaxes")
    second = normalized_axis(axis2, x.ndim, "swapaxes")
    order = list(range(x.ndim))
    order[first], order[second] = second, first
    return _permuted(x, order)


@function(np.moveaxis)
def moveaxis(
    a: ArrayLike, source: int | Sequence[int], destination: int | Sequence[int]
) -> TracedArray:
    """Some axes moved to other places, the rest in their order."""
    x = array(a)
    old = [source] if not isinstance(source, Sequence) else list(source)
    new = [destination] if not isinstance(destination, Sequence) else list(destination)
    old = [normalized_axis(axis, x.ndim, "moveaxis") for axis in old]
    new = [normalized_axis(axis, x.ndim, "moveaxis") for axis in new]
    if len(old) != len(new):
        raise XformValueError(
            at_user_line(f"moveaxis: {len(old)} source axes, but {len(new)} destinations")
        )
    if len(set(old)) != len(old) or len(set(new)) != len(new):
        raise AxisError(at_user_line("moveaxis: an axis is given twice"))
    order = [axis for axis in range(x.ndim) if axis not in old]
    for place, axis in sorted(zip(new, old, strict=True)):
        order.insert(place, axis)
    return _permuted(x, order)


@function(np.rollaxis)
def rollaxis(a: ArrayLike, axis: int, start: int = 0) -> TracedArray:
    """One axis moved before another."""
    x = array(a)
    moved = normalized_axis(axis, x.ndim, "rollaxis")
    place = start + x.ndim if start < 0 else start
    return moveaxis(x, moved, place - 1 if moved < place else place)


# Broadcasting ----------------------------------------------------------------


def _broadcast(x: TracedArray, shape: tuple[int, ...], name: str) -> TracedArray:
    def derive(base: TracedArray) -> TracedArray:
        return base if base.shape == shape else broadcast(base, shape)

    return view(x, ReadOnly(name, shape, derive))


@function(np.broadcast_to)
def broadcast_to(array: ArrayLike, shape: Any, subok: bool = False) -> TracedArray:
    """An array repeated along new leading axes and axes of size 1; read-only."""
    x = as_array(array)
    sizes = shape_of(shape, "broadcast_to")
    if broadcast_shapes(x.shape, sizes) != sizes:
        raise XformValueError(
            at_user_line(f"broadcast_to: shape {x.shape} does not broadcast to {sizes}")
        )
    return _broadcast(x, sizes, "broadcast_to")


@function(np.broadcast_arrays)
def broadcast_arrays(*args: ArrayLike, subok: bool = False) -> tuple[TracedArray, ...]:
    """Arrays repeated to the one shape to which all of them broadcast; read-only."""
    arrays = [array(x) for x in args]
    shape = broadcast_shapes(*(x.shape for x in arrays))
    return tuple(_broadcast(x, shape, "broadcast_arrays") for x in arrays)


# Reordering ------------------------------------------------------------------


@function(np.flip)
def flip(m: ArrayLike, axis: Axis = None) -> TracedArray:
    """The elements in opposite order along some axes, by default all."""
    x = array(m)
    axes = normalized_axes(axis, x.ndim, "flip")
    backwards = slice(None, None, -1)
    return x[(*(backwards if i in axes else slice(None) for i in range(x.ndim)), ...)]


@function(np.fliplr)
def fliplr(m: ArrayLike) -> TracedArray:
    """The columns in opposite order."""
    return flip(m, 1)


@function(np.flipud)
def flipud(m: ArrayLike) -> TracedArray:
    """The rows in opposite order."""
    return flip(m, 0)


@function(np.rot90)
def rot90(m: ArrayLike, k: int = 1, axes: tuple[int, int] = (0, 1)) -> TracedArray:
    """The array turned by 90 degrees `k` times, from the first of `axes` towards the second."""
    x = array(m)
    first, second = (normalized_axis(axis, x.ndim, "rot90") for axis in axes)
    if first == second:
        raise AxisError(at_user_line("rot90: the two axes must differ"))
    turns = operator.index(k) % 4
    if turns == 0:
        return x[...]
    if turns == 2:
        return flip(x, (first, second))
    if turns == 1:
        return swapaxes(flip(x, second), first, second)
    return flip(swapaxes(x, first, second), second)


@function(np.roll)
def roll(a: ArrayLike, shift: Any, axis: Axis = None) -> TracedArray:
    """The elements moved along axes; those that leave at the end enter at the start.

    Args:
        a: the array.
        shift: by how many places, traced or not; one for all axes, or one for each.
        axis: the axes; None for all elements in order.
    """
    x = array(a)
    if axis is None:
        return primitives.reshape(roll(flat(x), shift, 0), x.shape)
    places = [normalized_axis(place, x.ndim, "roll") for place in _listed(axis)]
    shifts = _listed(shift)
    count = max(len(places), len(shifts))
    if any(len(given) not in (1, count) for given in (places, shifts)):
        raise XformValueError(
            at_user_line(f"roll: {len(shifts)} shifts do not fit {len(places)} axes")
        )
    amounts: dict[int, int] = {}
    for number in range(count):
        amount, place = shifts[number % len(shifts)], places[number % len(places)]
        if traces.is_traced(amount):
            x = _rolled(x, amount, place)
        else:
            amounts[place] = amounts.get(place, 0) + operator.index(amount)
    for place, amount in amounts.items():
        size = x.shape[place]
        cut = -amount % size if size else 0
        if cut:
            tail = select_along(x, place, cut, size)
            x = primitives.concatenate([tail, select_along(x, place, 0, cut)], place)
    return x.copy() if x is a else x


def _listed(given: Any) -> list[Any]:
    """An argument that is one entry or a sequence of them, as a list."""
    if traces.is_traced(given) or isinstance(given, np.ndarray | Array):
        return [*given] if given.ndim else [given]
    return list(given) if isinstance(given, Sequence) else [given]


def _rolled(x: TracedArray, shift: TracedArray, axis: int) -> TracedArray:
    """The elements moved along an axis by a traced number of places."""
    if shift.ndim or shift.dtype.kind not in "iu":
        raise XformTypeError(
            at_user_line(f"roll: a shift is an int, got {shift.dtype} of shape {shift.shape}")
        )
    size = x.shape[axis]
    if not size:
        return x
    # The remainder first: the difference of an index and any shift may overflow.
    wide = shift if shift.dtype == UINT64 else array(shift, INT64)
    moved = array(ufuncs.remainder(wide, size), INT64)
    index = ufuncs.remainder(ufuncs.subtract(primitives.iota((size,), INT64, 0), moved), size)
    return x[(*(slice(None),) * axis, index)]


@function(np.repeat)
def repeat(a: ArrayLike, repeats: Any, axis: int | None = None) -> TracedArray:
    """Each element, or each slice along `axis`, so many times; counts are known while tracing."""
    x = array(a)
    if axis is None:
        x, axis = flat(x), 0
    place = normalized_axis(axis, x.ndim, "repeat")
    counts = [operator.index(n) for n in np.atleast_1d(np.asarray(repeats))]
    if any(n < 0 for n in counts):
        raise XformValueError(at_user_line("repeat: counts cannot be negative"))
    size = x.shape[place]
    if len(counts) == 1:
        shape = (*x.shape[: place + 1], counts[0], *x.shape[place + 1 :])
        dims = [i if i <= place else i + 1 for i in range(x.ndim)]
        repeated = primitives.broadcast_in_dim(x, shape, dims)
        result = (*x.shape[:place], size * counts[0], *x.shape[place + 1 :])
        return primitives.reshape(repeated, result)
    if len(counts) != size:
        raise XformValueError(
            at_user_line(f"repeat: {len(counts)} counts for {size} slices along axis {place}")
        )
    rows = [repeat(select_along(x, place, i, i + 1), n, place) for i, n in enumerate(counts) if n]
    return primitives.concatenate(rows, place) if rows else select_along(x, place, 0, 0)


@function(np.tile)
def tile(A: ArrayLike, reps: Any) -> TracedArray:  # noqa: N803 - NumPy's name
    """The array repeated so many times along each axis."""
    x = array(A)
    counts = shape_of(reps, "tile")
    rank = max(x.ndim, len(counts))
    counts = (1,) * (rank - len(counts)) + counts
    sizes = (1,) * (rank - x.ndim) + x.shape
    shape = [n for pair in zip(counts, sizes, strict=True) for n in pair]
    dims = [2 * i + 1 for i in range(rank - x.ndim, rank)]
    repeated = primitives.broadcast_in_dim(x, shape, dims)
    return primitives.reshape(repeated, [n * m for n, m in zip(counts, sizes, strict=True)])


@function(np.resize)
def resize(a: ArrayLike, new_shape: Any) -> TracedArray:
    """The elements in another shape, repeated as often as they are needed; a copy."""
    x = flat(array(a))
    sizes = shape_of(new_shape, "resize")
    count = math.prod(sizes)
    if not x.size or not count:
        return constant(sizes, x.dtype, False if x.dtype == BOOL else 0)
    repeated = tile(x, -(-count // x.size))
    return primitives.reshape(select_along(repeated, 0, 0, count), sizes)


@function(np.diagonal)
def diagonal(a: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> TracedArray:
    """The elements whose indices along two axes differ by `offset`, as a last axis; read-only."""
    x = array(a)
    first = normalized_axis(axis1, x.ndim, "diagonal")
    second = normalized_axis(axis2, x.ndim, "diagonal")
    if first == second:
        raise AxisError(at_user_line("diagonal: the two axes must differ"))
    k = operator.index(offset)
    kept = [i for i in range(x.ndim) if i not in (first, second)]
    rows, columns = x.shape[first], x.shape[second]
    start = k if k >= 0 else -k * columns
    count = max(0, min(rows, columns - k) if k >= 0 else min(rows + k, columns))
    shape = (*(x.shape[i] for i in kept), count)

    def derive(base: TracedArray) -> TracedArray:
        order = [*kept, first, second]
        turned = base if order == [*range(x.ndim)] else primitives.transpose(base, order)
        flat = primitives.reshape(turned, (*shape[:-1], rows * columns))
        begin = start if count else 0
        limit = begin + (count - 1) * (columns + 1) + 1 if count else 0
        zeros = [0] * len(kept)
        return primitives.slice(
            flat, [*zeros, begin], [*shape[:-1], limit], [1] * len(kept) + [columns + 1]
        )

    return view(x, ReadOnly("diagonal", shape, derive))


# What is known while tracing -------------------------------------------------


@function(np.shape)
def shape(a: ArrayLike) -> tuple[int, ...]:
    """The sizes."""
    return operand(a).shape


@function(np.ndim)
def ndim(a: ArrayLike) -> int:
    """The number of axes."""
    return len(operand(a).shape)


@function(np.size)
def size(a: ArrayLike, axis: Axis = None) -> int:
    """The number of elements, or the size of axes."""
    sizes = operand(a).shape
    return math.prod(sizes[i] for i in normalized_axes(axis, len(sizes), "size"))


__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "broadcast_to",
    "diagonal",
    "expand_dims",
    "flip",
    "fliplr",
    "flipud",
    "matrix_transpose",
    "moveaxis",
    "ndim",
    "permute_dims",
    "ravel",
    "repeat",
    "reshape",
    "resize",
    "roll",
    "rollaxis",
    "rot90",
    "shape",
    "size",
    "squeeze",
    "swapaxes",
    "tile",
    "transpose",
]
