"""Functions that go along an axis: cumulative sums and products."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import primitives
from ..array import ArrayLike, TracedArray
from ..errors import XformValueError, at_user_line
from . import ufuncs
from .axes import normalized_axis
from .dispatch import function
from .promotion import (
    array,
    constant,
    in_range,
)
from .reductions import sum_dtype
from .views import write_whole


def _accumulated(
    a: ArrayLike, axis: int | None, dtype: Any, out: Any, name: str, ufunc: ufuncs.Ufunc
) -> TracedArray:
    """Sums of 1, 2, 4, ... neighbours in turn: log2(n) steps over the whole array."""
    x = array(a)
    if axis is None and x.ndim != 1:
        x, axis = primitives.reshape(x, (x.size,)), 0
    place = normalized_axis(0 if axis is None else axis, x.ndim, name)
    found = sum_dtype(x, dtype, name)
    result = array(x, found)
    identity = constant((), found, in_range(0 if ufunc is ufuncs.add else 1, found))
    none = [0] * x.ndim
    distance = 1
    while distance < x.shape[place]:
        low = [distance if i == place else 0 for i in range(x.ndim)]
        shifted = primitives.pad(result, identity, low, [-n for n in low], none)
        result = ufunc.apply((result, shifted))
        distance *= 2
    result = result.copy() if result is a else result
    return result if out is None else write_whole(out, result)


@function(np.cumsum)
def cumsum(
    a: ArrayLike, axis: int | None = None, dtype: Any = None, out: Any = None
) -> TracedArray:
    """The sums of the elements up to each one."""
    return _accumulated(a, axis, dtype, out, "cumsum", ufuncs.add)


@function(np.cumprod)
def cumprod(
    a: ArrayLike, axis: int | None = None, dtype: Any = None, out: Any = None
) -> TracedArray:
    """The products of the elements up to each one."""
    return _accumulated(a, axis, dtype, out, "cumprod", ufuncs.multiply)


def _cumulative(
    x: ArrayLike, axis: int | None, dtype: Any, out: Any, include_initial: bool, product: bool
) -> TracedArray:
    a = array(x)
    name = "cumulative_prod" if product else "cumulative_sum"
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
def cumulative_sum(
    x: ArrayLike,
    /,
    *,
    axis: int | None = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
) -> TracedArray:
    """The sums of the elements up to each one, with `include_initial` a 0 before them."""
    return _cumulative(x, axis, dtype, out, include_initial, False)


@function(np.cumulative_prod)
def cumulative_prod(
    x: ArrayLike,
    /,
    *,
    axis: int | None = None,
    dtype: Any = None,
    out: Any = None,
    include_initial: bool = False,
) -> TracedArray:
    """The products of the elements up to each one, with `include_initial` a 1 before them."""
    return _cumulative(x, axis, dtype, out, include_initial, True)
