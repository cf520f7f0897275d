"""Functions that go along an axis: cumulative sums and products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from .. import primitives
from ..errors import XformValueError, at_user_line
from ..family import family
from ..tracing.array import ArrayLike, TracedArray
from . import ufuncs
from .axes import normalized_axis
from .dispatch import function
from .promotion import BOOL, UINT8, array, constant, in_range, supported_dtype
from .reductions import sum_dtype, without_nan
from .views import write_whole

_Accumulation: TypeAlias = Callable[[TracedArray, int], TracedArray]


class _Accumulating(NamedTuple):
    """How to accumulate numbers and, if that is the result's dtype, truth values.

    Attributes:
        accumulate: for numbers.
        of_truths: for truth values, as numbers.
        for_nan: what NaN counts as, if not as itself.
    """

    accumulate: _Accumulation
    of_truths: _Accumulation
    for_nan: int | None = None


def _along(a: ArrayLike, axis: int | None, name: str) -> tuple[TracedArray, int]:
    """The array and the axis to go along; without one, all its elements in one axis."""
    x = array(a)
    if axis is None and x.ndim != 1:
        return primitives.reshape(x, (x.size,)), 0
    return x, normalized_axis(0 if axis is None else axis, x.ndim, name)


def _finished(result: TracedArray, a: ArrayLike, out: Any) -> TracedArray:
    result = result.copy() if result is a else result
    return result if out is None else write_whole(out, result)


@family
def _accumulated(
    name: str,
    by: _Accumulating,
    a: ArrayLike,
    axis: int | None = None,
    dtype: Any = None,
    out: Any = None,
) -> TracedArray:
    x, place = _along(without_nan(a, by.for_nan)[0], axis, name)
    found = sum_dtype(x, dtype, name)
    if found == BOOL:
        # A sum of truth values is whether one is true, a product whether all are.
        truth = x if x.dtype == BOOL else ufuncs.not_equal(x, 0)
        return _finished(_of_truths(truth, place, by.of_truths), a, out)
    return _finished(by.accumulate(array(x, found), place), a, out)


def _of_truths(x: TracedArray, axis: int, accumulate: _Accumulation) -> TracedArray:
    return primitives.convert(accumulate(primitives.convert(x, UINT8), axis), BOOL)


_SUMS = _Accumulating(primitives.cumsum, primitives.cummax)
_PRODUCTS = _Accumulating(primitives.cumprod, primitives.cummin)


@function(np.cumsum)
@_accumulated(_SUMS)
def cumsum() -> None:
    """The sums of the elements up to each one."""


@function(np.cumprod)
@_accumulated(_PRODUCTS)
def cumprod() -> None:
    """The products of the elements up to each one."""


@function(np.nancumsum)
@_accumulated(_SUMS._replace(for_nan=0))
def nancumsum() -> None:
    """The sums of the elements up to each one, NaN counting as 0."""


@function(np.nancumprod)
@_accumulated(_PRODUCTS._replace(for_nan=1))
def nancumprod() -> None:
    """The products of the elements up to each one, NaN counting as 1."""


def _extremes(
    a: ArrayLike, axis: int, dtype: Any, out: Any, name: str, accumulate: _Accumulation
) -> TracedArray:
    x, place = _along(a, axis, name)
    x = x if dtype is None else array(x, supported_dtype(dtype, name))
    found = _of_truths if x.dtype == BOOL else lambda x, axis, f: f(x, axis)
    return _finished(found(x, place, accumulate), a, out)


def accumulated_max(a: ArrayLike, axis: int = 0, dtype: Any = None, out: Any = None) -> TracedArray:
    """The largest element up to each one; `numpy.maximum.accumulate`."""
    return _extremes(a, axis, dtype, out, "maximum.accumulate", primitives.cummax)


def accumulated_min(a: ArrayLike, axis: int = 0, dtype: Any = None, out: Any = None) -> TracedArray:
    """The smallest element up to each one; `numpy.minimum.accumulate`."""
    return _extremes(a, axis, dtype, out, "minimum.accumulate", primitives.cummin)


def accumulated_or(a: ArrayLike, axis: int = 0, dtype: Any = None, out: Any = None) -> TracedArray:
    """Whether an element up to each one is true; `numpy.logical_or.accumulate`."""
    return accumulated_max(ufuncs.not_equal(a, 0), axis, dtype, out)


def accumulated_and(a: ArrayLike, axis: int = 0, dtype: Any = None, out: Any = None) -> TracedArray:
    """Whether all elements up to each one are true; `numpy.logical_and.accumulate`."""
    return accumulated_min(ufuncs.not_equal(a, 0), axis, dtype, out)


@family
def _cumulative(
    name: str,
    product: bool,
    x: ArrayLike,
    /,
    *,
    axis: int | None = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
) -> TracedArray:
    a = array(x)
    if axis is None and a.ndim > 1:
        raise XformValueError(at_user_line(f"{name}: an array of {a.ndim} axes needs an axis"))
    result = (cumprod if product else cumsum)(a, 0 if axis is None else axis, dtype)
    if include_initial:
        place = normalized_axis(0 if axis is None else axis, a.ndim, name)
        identity = constant((), result.dtype, in_range(int(product), result.dtype))
        low = [1 if i == place else 0 for i in range(a.ndim)]
        none = [0] * a.ndim
        result = primitives.pad(result, identity, low, none, none)
    return result if out is None else write_whole(out, result)


@function(np.cumulative_sum)
@_cumulative(False)
def cumulative_sum() -> None:
    """The sums of the elements up to each one, with `include_initial` a 0 before them."""


@function(np.cumulative_prod)
@_cumulative(True)
def cumulative_prod() -> None:
    """The products of the elements up to each one, with `include_initial` a 1 before them."""


__all__ = [
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "nancumprod",
    "nancumsum",
]
