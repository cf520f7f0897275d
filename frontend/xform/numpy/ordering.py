"""Functions that put elements in order, or find the place of one in an order."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..family import family
from ..tracing import traces
from ..tracing.array import ArrayLike, TracedArray
from . import ufuncs
from .axes import normalized_axis
from .complex_parts import is_complex
from .dispatch import function
from .indexing import select_along
from .promotion import (
    COMPLEX64,
    COMPLEX128,
    FLOAT64,
    INT32,
    INT64,
    array,
    constant,
    is_float,
    is_inexact,
    operand,
)


def _require_real(name: str, *xs: Any) -> None:
    """Raises XformTypeError for complex numbers."""
    for x in map(operand, xs):
        if is_complex(x):
            raise XformTypeError(at_user_line(f"{name}: expected real numbers, got {x.dtype}"))


def _line(a: ArrayLike, axis: int | None, name: str) -> tuple[TracedArray, int]:
    """The array and the axis to go along; for None all elements in one axis."""
    x = array(a)
    if axis is None:
        return primitives.reshape(x, (x.size,)), 0
    return x, normalized_axis(axis, x.ndim, name)


def _require_plain_order(order: Any, name: str) -> None:
    if order is not None:
        raise XformTypeError(
            at_user_line(f"{name}: `order` names fields, which traced arrays do not have")
        )


def _sorted(
    x: TracedArray, axis: int, descending: bool, payload: Sequence[TracedArray] = ()
) -> tuple[TracedArray, ...]:
    """The array in order, and others with it. Equal elements keep theirs either way."""
    xs = (x, *payload)
    if not descending:
        return primitives.sort(xs, axis)
    turned = primitives.sort([primitives.reverse(y, [axis]) for y in xs], axis)
    return tuple(primitives.reverse(y, [axis]) for y in turned)


def _sort_concrete(
    a: Any, axis: int | None = -1, *args: Any, descending: bool = False, **kwargs: Any
) -> Any:
    if not descending:
        return np.sort(a, axis, *args, **kwargs)
    flat, place = (np.ravel(a), 0) if axis is None else (np.asarray(a), axis)
    return np.flip(np.sort(np.flip(flat, place), place, "stable"), place)


def _argsort_concrete(
    a: Any, axis: int | None = -1, *args: Any, descending: bool = False, **kwargs: Any
) -> Any:
    if not descending:
        return np.argsort(a, axis, *args, **kwargs)
    flat, place = (np.ravel(a), 0) if axis is None else (np.asarray(a), axis)
    turned = np.argsort(np.flip(flat, place), place, "stable")
    return np.flip(flat.shape[place] - 1 - turned, place)


@family
def _in_order(
    name: str,
    of_places: bool,
    a: ArrayLike,
    axis: int | None = -1,
    kind: str | None = None,
    order: Any = None,
    *,
    stable: bool | None = None,
    descending: bool = False,
) -> TracedArray:
    _require_plain_order(order, name)
    x, place = _line(a, axis, name)
    if not of_places:
        return _sorted(x, place, descending)[0]
    places = primitives.iota(x.shape, INT32, place)
    found = _sorted(primitives.stop_gradient(x), place, descending, [places])[1]
    return primitives.convert(found, INT64)


@function(_sort_concrete, np.sort)
@_in_order(False)
def sort() -> None:
    """The elements along an axis in ascending order, NaN last; always stable."""


@function(_argsort_concrete, np.argsort)
@_in_order(True)
def argsort() -> None:
    """The places from which the sorted elements come; always stable."""


@function(np.sort_complex)
def sort_complex(a: ArrayLike) -> TracedArray:
    """The elements along the last axis in order, as complex numbers: by real parts first."""
    ordered: TracedArray = sort(a)
    if is_complex(ordered):
        return ordered
    return array(ordered, COMPLEX64 if ordered.dtype.char in "bhBH" else COMPLEX128)


@function(np.lexsort)
def lexsort(keys: Any, axis: int = -1) -> TracedArray:
    """The places from which sorted elements come, by several keys, the last one first."""
    xs = [primitives.stop_gradient(array(key)) for key in keys]
    if not xs:
        raise XformTypeError(at_user_line("lexsort: needs at least one key"))
    if any(x.shape != xs[0].shape for x in xs):
        shapes = ", ".join(str(x.shape) for x in xs)
        raise XformValueError(at_user_line(f"lexsort: keys must have one shape, got {shapes}"))
    place = normalized_axis(axis, xs[0].ndim, "lexsort")
    places = primitives.iota(xs[0].shape, INT32, place)
    found = primitives.sort([*reversed(xs), places], place, len(xs))
    return primitives.convert(found[-1], INT64)


def _check_kth(kth: Any, size: int, name: str) -> None:
    for k in np.atleast_1d(np.asarray(kth)):
        if not -size <= operator.index(k) < size:
            raise XformValueError(
                at_user_line(f"{name}: kth {k} is out of range for an axis of size {size}")
            )


@family
def _partitioned(
    name: str,
    in_order: Callable[..., TracedArray],
    a: ArrayLike,
    kth: Any,
    axis: int | None = -1,
    kind: str = "introselect",
    order: Any = None,
) -> TracedArray:
    x, place = _line(a, axis, name)
    _check_kth(kth, x.shape[place], name)
    return in_order(x, place, order=order)


@function(np.partition)
@_partitioned(sort)
def partition() -> None:
    """The elements with the kth where sorting puts it and the lesser before; here all sorted."""


@function(np.argpartition)
@_partitioned(argsort)
def argpartition() -> None:
    """The places from which the partitioned elements come; here those of all sorted."""


def of_one_dtype(x: ArrayLike, y: ArrayLike) -> tuple[TracedArray, TracedArray]:
    """Both as arrays of their common dtype, in their own shapes; numbers are no weaker."""
    first, second = operand(x), operand(y)
    try:
        dtype = np.result_type(first.dtype, second.dtype)
    except np.exceptions.DTypePromotionError:
        # NumPy has no rule for bfloat16 and integers of 16 bits or more.
        dtype = FLOAT64
    return array(first, dtype), array(second, dtype)


# Places in an order --------------------------------------------------------------------------

# Up to so many comparisons, counting is faster than sorting.
_FEW_COMPARISONS = 1 << 22


def _comes_before(x: TracedArray, y: TracedArray, or_equals: bool) -> TracedArray:
    """Whether x comes before y where NaN is the largest."""
    found = primitives.le(x, y) if or_equals else primitives.lt(x, y)
    if not is_float(x.dtype):
        return found
    of_nan = primitives.ne(y, y)
    if not or_equals:
        of_nan = primitives.and_(of_nan, primitives.eq(x, x))
    return primitives.or_(found, of_nan)


def _count_before(x: TracedArray, v: TracedArray, or_equals: bool) -> TracedArray:
    """For each of v how many of x come before, by comparing all with all."""
    shape = (v.size, x.size)
    before = _comes_before(
        primitives.broadcast_in_dim(x, shape, [1]),
        primitives.broadcast_in_dim(v, shape, [0]),
        or_equals,
    )
    return primitives.reduce_sum(primitives.convert(before, INT32), [1])


def _count_before_by_sorting(x: TracedArray, v: TracedArray, or_equals: bool) -> TracedArray:
    """The same by sorting both together: what matters is how many of x come earlier."""
    parts = [x, v] if or_equals else [v, x]
    marks = [constant(part.shape, INT32, int(part is x)) for part in parts]
    keys = primitives.concatenate(parts, 0)
    places = primitives.iota(keys.shape, INT32, 0)
    _, of_x, places = primitives.sort([keys, primitives.concatenate(marks, 0), places], 0)
    counts = primitives.sort([places, primitives.cumsum(of_x, 0)], 0)[1]
    start = x.size if or_equals else 0
    return select_along(counts, 0, start, start + v.size)


@function(np.searchsorted)
def searchsorted(
    a: ArrayLike, v: ArrayLike, side: str = "left", sorter: ArrayLike | None = None
) -> TracedArray:
    """Where to insert elements into a sorted vector: before equal ones, or behind them."""
    if side not in ("left", "right"):
        raise XformValueError(
            at_user_line(f"searchsorted: side is 'left' or 'right', got {side!r}")
        )
    x, wanted = of_one_dtype(a, v)
    if x.ndim != 1:
        raise XformValueError(
            at_user_line(f"searchsorted: the sorted array must be a vector, got shape {x.shape}")
        )
    if sorter is not None:
        # The sorted elements are what the sorter only leads to.
        x = sort(x)
    # Of complex numbers, any part of which may be NaN, only sorting knows the order.
    few = x.size * wanted.size <= _FEW_COMPARISONS and not is_complex(x)
    count = _count_before if few else _count_before_by_sorting
    flat = primitives.reshape(primitives.stop_gradient(wanted), (wanted.size,))
    found = count(primitives.stop_gradient(x), flat, side == "right")
    return primitives.reshape(primitives.convert(found, INT64), wanted.shape)


@function(np.digitize)
def digitize(x: ArrayLike, bins: ArrayLike, right: bool = False) -> TracedArray:
    """The number of the bin in which each element lies, of bins with ascending edges.

    Whether the edges ascend or descend can be told of concrete ones only; traced ones must ascend.
    """
    _require_real("digitize", x, bins)
    if not traces.is_traced(bins):
        edges = np.asarray(bins)
        falls = np.any(edges[:-1] > edges[1:])
        if falls and np.any(edges[:-1] < edges[1:]):
            raise XformValueError(
                at_user_line("digitize: bins must be monotonically increasing or decreasing")
            )
        if falls:
            found = searchsorted(edges[::-1], x, "left" if right else "right")
            return ufuncs.subtract(len(edges), found)
    return searchsorted(bins, x, "left" if right else "right")


@function(np.isin)
def isin(
    element: ArrayLike,
    test_elements: ArrayLike,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    kind: str | None = None,
) -> TracedArray:
    """Whether each element is one of the others; NaN is equal to nothing."""
    x, given = array(element), array(test_elements)
    if x.size * given.size <= _FEW_COMPARISONS:
        # Numbers of different dtypes are compared as numbers.
        same = ufuncs.equal(x.reshape(-1, 1), given.reshape(1, -1))
        found = primitives.reduce_or(same, [1])
    else:
        x, given = of_one_dtype(x, given)
        flat, ordered = x.reshape(-1), sort(given.reshape(-1))
        found = primitives.lt(searchsorted(ordered, flat), searchsorted(ordered, flat, "right"))
        if is_inexact(flat.dtype):
            found = primitives.and_(found, primitives.eq(flat, flat))
    result = primitives.reshape(found, x.shape)
    return primitives.not_(result) if invert else result


__all__ = [
    "argpartition",
    "argsort",
    "digitize",
    "isin",
    "lexsort",
    "partition",
    "searchsorted",
    "sort",
    "sort_complex",
]
