"""Reductions of the elements that are not NaN."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import primitives
from ..tracing.array import ArrayLike, Axis, TracedArray
from . import reductions, ufuncs
from .dispatch import function
from .promotion import BOOL, array, constant, is_float
from .views import write_whole


def without_nan(a: ArrayLike, number: float) -> tuple[TracedArray, TracedArray]:
    """The array with a number in place of NaN, and where there was none."""
    x = array(a)
    if not is_float(x.dtype):
        return x, constant(x.shape, BOOL, True)
    there = primitives.eq(x, x)
    return primitives.select(there, x, constant(x.shape, x.dtype, number)), there


def _chosen(there: TracedArray, where: Any) -> TracedArray:
    return there if where is True else ufuncs.logical_and(there, where)


@function(np.nansum)
def nansum(
    a: ArrayLike,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    """The sum, NaN counting as 0."""
    return reductions.sum(without_nan(a, 0)[0], axis, dtype, out, keepdims, initial, where)


@function(np.nanprod)
def nanprod(
    a: ArrayLike,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    """The product, NaN counting as 1."""
    return reductions.prod(without_nan(a, 1)[0], axis, dtype, out, keepdims, initial, where)


@function(np.nanmean)
def nanmean(
    a: ArrayLike,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = True,
) -> TracedArray:
    """The mean of the elements that are not NaN."""
    x, there = without_nan(a, 0)
    return reductions.mean(x, axis, dtype, out, keepdims, where=_chosen(there, where))


def _deviation(
    measure: Callable[..., TracedArray],
    a: ArrayLike,
    axis: Axis,
    out: Any,
    ddof: float,
    keepdims: Any,
    where: Any,
    correction: Any,
    **options: Any,
) -> TracedArray:
    """`reductions.var` or `std` of what is no NaN; NaN where not more than `ddof` elements are."""
    x, there = without_nan(a, 0)
    chosen = _chosen(there, where)
    less = ddof if correction is None else correction
    result = measure(x, axis, ddof=less, keepdims=keepdims, where=chosen, **options)
    if is_float(x.dtype):
        few = ufuncs.less_equal(reductions.sum(chosen, axis, keepdims=keepdims), less)
        nan = constant(result.shape, result.dtype, math.nan)
        result = primitives.select(few, nan, result)
    return result if out is None else write_whole(out, result)


@function(np.nanvar)
def nanvar(
    a: ArrayLike,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> TracedArray:
    """The variance of the elements that are not NaN."""
    return _deviation(
        reductions.var, a, axis, out, ddof, keepdims, where, correction, dtype=dtype, mean=mean
    )


@function(np.nanstd)
def nanstd(
    a: ArrayLike,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> TracedArray:
    """The root of the variance of the elements that are not NaN."""
    return _deviation(
        reductions.std, a, axis, out, ddof, keepdims, where, correction, dtype=dtype, mean=mean
    )


def _nan_extreme(
    a: ArrayLike, axis: Axis, out: Any, keepdims: Any, initial: Any, where: Any, largest: bool
) -> TracedArray:
    x, there = without_nan(a, -math.inf if largest else math.inf)
    reduce = reductions.max if largest else reductions.min
    result = reduce(x, axis, keepdims=keepdims, initial=initial, where=where)
    if is_float(x.dtype) and initial is None:
        none = ufuncs.logical_not(reductions.any(there, axis, keepdims=keepdims))
        nan = constant(result.shape, result.dtype, math.nan)
        result = primitives.select(none, nan, result)
    return result if out is None else write_whole(out, result)


@function(np.nanmax)
def nanmax(
    a: ArrayLike,
    axis: Axis = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    """The largest element that is not NaN; NaN where all are."""
    return _nan_extreme(a, axis, out, keepdims, initial, where, True)


@function(np.nanmin)
def nanmin(
    a: ArrayLike,
    axis: Axis = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    """The smallest element that is not NaN; NaN where all are."""
    return _nan_extreme(a, axis, out, keepdims, initial, where, False)


@function(np.nanargmax)
def nanargmax(
    a: ArrayLike, axis: int | None = None, out: Any = None, *, keepdims: Any = False
) -> TracedArray:
    """The index of the largest element that is not NaN; 0 where all are, which NumPy rejects."""
    return reductions.argmax(without_nan(a, -math.inf)[0], axis, out, keepdims=keepdims)


@function(np.nanargmin)
def nanargmin(
    a: ArrayLike, axis: int | None = None, out: Any = None, *, keepdims: Any = False
) -> TracedArray:
    """The index of the smallest element that is not NaN; 0 where all are, which NumPy rejects."""
    return reductions.argmin(without_nan(a, math.inf)[0], axis, out, keepdims=keepdims)


__all__ = [
    "nanargmax",
    "nanargmin",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]
