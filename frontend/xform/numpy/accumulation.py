"""Functions that go along an axis: cumulative sums and products, differences, integrals."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import primitives
from ..array import ArrayLike, TracedArray
from ..errors import XformValueError, at_user_line
from . import reductions, ufuncs
from .axes import normalized_axis
from .dispatch import function
from .indexing import select_along
from .joining import concatenate
from .promotion import BOOL, array, constant, in_range
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


@function(np.diff)
def diff(
    a: ArrayLike, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None
) -> TracedArray:
    """The differences of neighbours along an axis, `n` times."""
    x = array(a)
    place = normalized_axis(axis, x.ndim, "diff")
    times = operator.index(n)
    if times < 0:
        raise XformValueError(at_user_line(f"diff: n cannot be negative, got {times}"))
    parts: list[Any] = [x]
    for extra, index in ((prepend, 0), (append, len(parts))):
        if extra is None:
            continue
        part = array(extra)
        if not part.ndim:
            row = tuple(1 if i == place else n for i, n in enumerate(x.shape))
            part = primitives.broadcast_in_dim(part, row, [])
        parts.insert(0 if index == 0 else len(parts), part)
    if len(parts) > 1:
        x = concatenate(parts, place)
    for _ in range(times):
        size = x.shape[place]
        later = select_along(x, place, 1 if size else 0, size)
        earlier = select_along(x, place, 0, size - 1 if size else 0)
        x = primitives.xor(later, earlier) if x.dtype == BOOL else primitives.sub(later, earlier)
    return x.copy() if x is a else x


@function(np.trapezoid)
def trapezoid(
    y: ArrayLike, x: ArrayLike | None = None, dx: ArrayLike = 1.0, axis: int = -1
) -> TracedArray:
    """The integral along an axis by the trapezoidal rule."""
    values = array(y)
    place = normalized_axis(axis, values.ndim, "trapezoid")
    size = values.shape[place]
    pairs = ufuncs.add(
        select_along(values, place, 1 if size else 0, size),
        select_along(values, place, 0, size - 1 if size else 0),
    )
    if x is None:
        return reductions.sum(ufuncs.multiply(pairs, ufuncs.multiply(dx, 0.5)), place)
    points = array(x)
    steps = diff(points, axis=0 if points.ndim == 1 else place)
    if points.ndim == 1:
        steps = primitives.broadcast_in_dim(
            steps, [n if i == place else 1 for i, n in enumerate(pairs.shape)], [place]
        )
    return reductions.sum(ufuncs.multiply(ufuncs.multiply(steps, pairs), 0.5), place)
