"""Reductions of the elements that are not NaN."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from .. import primitives
from ..family import family
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


_Reduction: TypeAlias = Callable[..., TracedArray]


@family
def _combination(
    name: str,
    by: tuple[_Reduction, int],
    a: ArrayLike,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    reduce, number = by
    return reduce(without_nan(a, number)[0], axis, dtype, out, keepdims, initial, where)


nansum = function(np.nansum)(
    _combination("nansum", (reductions.sum, 0), "The sum, NaN counting as 0.")
)
nanprod = function(np.nanprod)(
    _combination("nanprod", (reductions.prod, 1), "The product, NaN counting as 1.")
)


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


@family
def _deviation(
    name: str,
    measure: _Reduction,
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
    x, there = without_nan(a, 0)
    chosen = _chosen(there, where)
    less = ddof if correction is None else correction
    result = measure(x, axis, dtype, ddof=less, keepdims=keepdims, where=chosen, mean=mean)
    if is_float(x.dtype):
        # Where not more than `ddof` elements are left.
        few = ufuncs.less_equal(reductions.sum(chosen, axis, keepdims=keepdims), less)
        nan = constant(result.shape, result.dtype, math.nan)
        result = primitives.select(few, nan, result)
    return result if out is None else write_whole(out, result)


nanvar = function(np.nanvar)(
    _deviation("nanvar", reductions.var, "The variance of the elements that are not NaN.")
)
nanstd = function(np.nanstd)(
    _deviation(
        "nanstd", reductions.std, "The root of the variance of the elements that are not NaN."
    )
)


@family
def _extreme(
    name: str,
    by: tuple[_Reduction, float],
    a: ArrayLike,
    axis: Axis = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    reduce, farthest = by
    x, there = without_nan(a, farthest)
    result = reduce(x, axis, keepdims=keepdims, initial=initial, where=where)
    if is_float(x.dtype) and initial is None:
        none = ufuncs.logical_not(reductions.any(there, axis, keepdims=keepdims))
        nan = constant(result.shape, result.dtype, math.nan)
        result = primitives.select(none, nan, result)
    return result if out is None else write_whole(out, result)


nanmax = function(np.nanmax)(
    _extreme(
        "nanmax",
        (reductions.max, -math.inf),
        "The largest element that is not NaN; NaN where all are.",
    )
)
nanmin = function(np.nanmin)(
    _extreme(
        "nanmin",
        (reductions.min, math.inf),
        "The smallest element that is not NaN; NaN where all are.",
    )
)


@family
def _place_of(
    name: str,
    by: tuple[_Reduction, float],
    a: ArrayLike,
    axis: int | None = None,
    out: Any = None,
    *,
    keepdims: Any = False,
) -> TracedArray:
    find, farthest = by
    return find(without_nan(a, farthest)[0], axis, out, keepdims=keepdims)


nanargmax = function(np.nanargmax)(
    _place_of(
        "nanargmax",
        (reductions.argmax, -math.inf),
        "The index of the largest element that is not NaN; 0 where all are, which NumPy rejects.",
    )
)
nanargmin = function(np.nanargmin)(
    _place_of(
        "nanargmin",
        (reductions.argmin, math.inf),
        "The index of the smallest element that is not NaN; 0 where all are, which NumPy rejects.",
    )
)


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
