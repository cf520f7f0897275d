"""Choosing and comparing elements: where, clip, rounding, closeness."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing.array import ArrayLike, TracedArray
from . import ufuncs
from .complex_parts import part_by_part
from .dispatch import function
from .float_parts import like
from .promotion import (
    BOOL,
    FLOAT16,
    FLOAT64,
    INT64,
    UINT64,
    Scalar,
    array,
    as_weak,
    broadcast_shapes,
    constant,
    fit,
    is_bfloat16,
    is_inexact,
    operand,
    result_type,
)
from .views import write_whole


@function(np.where)
def where(condition: ArrayLike, x: Any = None, y: Any = None) -> TracedArray:
    """Elements of `x` where the condition is true, of `y` elsewhere.

    Raises:
        XformTypeError: without `x` and `y` the indices are asked for, whose number is not known.
    """
    if x is None or y is None:
        raise XformTypeError(
            at_user_line(
                "where with a condition only is not supported on traced arrays: the shape of its "
                "result depends on the elements; give x and y"
            )
        )
    choice, left, right = operand(condition), operand(x), operand(y)
    dtype = result_type(left, right)
    shape = broadcast_shapes(choice.shape, left.shape, right.shape)
    if isinstance(choice, TracedArray) and choice.dtype != BOOL:
        choice = ufuncs.not_equal(choice, 0)
    result = primitives.select(
        fit(choice, BOOL, shape), fit(left, dtype, shape), fit(right, dtype, shape)
    )
    weak = isinstance(left._promotion, type) and isinstance(right._promotion, type)
    return as_weak(result) if weak else result


@function(np.select)
def select(
    condlist: Sequence[ArrayLike], choicelist: Sequence[ArrayLike], default: ArrayLike = 0
) -> TracedArray:
    """For each element the choice of the first condition that is true."""
    if len(condlist) != len(choicelist) or not condlist:
        raise XformValueError(
            at_user_line(
                f"select: {len(condlist)} conditions for {len(choicelist)} choices; expected as "
                "many, and at least one"
            )
        )
    for i, condition in enumerate(condlist):
        found = operand(condition).dtype
        if found != BOOL:
            raise XformTypeError(
                at_user_line(f"select: condition {i} must be of dtype bool, got {found}")
            )
    dtype = result_type(*map(operand, (*choicelist, default)))
    result: ArrayLike = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = where(condition, choice, result)
    return array(result, dtype)


@function(np.clip)
def clip(
    a: ArrayLike,
    min: Any = None,
    max: Any = None,
    out: Any = None,
    *,
    a_min: Any = None,
    a_max: Any = None,
    dtype: Any = None,
) -> TracedArray:
    """Elements outside of limits replaced by these; the derivative at a limit is 1."""
    low = min if a_min is None else a_min
    high = max if a_max is None else a_max
    x = operand(a)
    limits = [operand(limit) for limit in (low, high) if limit is not None]
    found = result_type(x, *limits) if dtype is None else np.dtype(dtype)
    shape = broadcast_shapes(x.shape, *(limit.shape for limit in limits))
    result = fit(x, found, shape)
    for limit, compare in ((low, primitives.lt), (high, primitives.gt)):
        if limit is not None:
            given = operand(limit)
            bound = fit(given, found, shape)
            outside = compare(result, bound)
            if is_inexact(found) and not (
                isinstance(given, Scalar) and given.number == given.number
            ):
                outside = primitives.or_(outside, primitives.ne(bound, bound))
            result = primitives.select(outside, bound, result)
    result = result.copy() if result is a else result
    if out is None and all(isinstance(o._promotion, type) for o in (x, *limits)):
        result = as_weak(result)
    return result if out is None else write_whole(out, result)


@function(np.round, np.around)
def round(a: ArrayLike, decimals: int = 0, out: Any = None) -> TracedArray:
    """The elements rounded to so many decimals, ties to even."""
    x = array(a)
    places = operator.index(decimals)
    if x.dtype == BOOL:
        x = array(x, FLOAT16)
    if is_inexact(x.dtype):
        result = part_by_part(lambda part: _rounded(part, places), x)
    else:
        result = x.copy() if places >= 0 else _rounded_integers(x, -places)
    return result if out is None else write_whole(out, result)


def _rounded(x: TracedArray, places: int) -> TracedArray:
    """Floats rounded to so many decimals."""
    if places == 0:
        return primitives.round_(x)
    # Dividing by a power of ten is exact where multiplying by its inverse is not.
    scale = like(x, 10.0 ** abs(places))
    scaled, unscaled = (
        (primitives.mul, primitives.div) if places > 0 else (primitives.div, primitives.mul)
    )
    return unscaled(primitives.round_(scaled(x, scale)), scale)


def _rounded_integers(x: TracedArray, places: int) -> TracedArray:
    """Integers rounded to a power of ten, as NumPy does in float64; narrow ones wrap around."""
    scale = 10.0**places if places <= 308 else math.inf
    rounded = ufuncs.multiply(ufuncs.rint(ufuncs.divide(x, scale)), scale)
    if scale == math.inf:
        # NumPy's is 0 * inf as an integer, which no two machines agree on.
        rounded = constant(x.shape, FLOAT64, 0)
    wide = rounded if x.dtype == UINT64 else primitives.convert(rounded, INT64)
    return primitives.convert(wide, x.dtype)


around = round


@function(np.fix)
def fix(x: ArrayLike, out: Any = None) -> TracedArray:
    """The elements rounded towards zero."""
    result = ufuncs.trunc(x)
    return result if out is None else write_whole(out, result)


@function(np.nan_to_num)
def nan_to_num(
    x: ArrayLike,
    copy: bool = True,
    nan: Any = 0.0,
    posinf: Any = None,
    neginf: Any = None,
) -> TracedArray:
    """NaN and infinities replaced, infinities by the largest numbers unless told otherwise.

    Of complex numbers, each part by itself.

    With `copy` false, the array itself is written into.
    """
    a = array(x)
    if not is_inexact(a.dtype):
        return a.copy() if copy else a
    largest = 3.3895313892515355e38 if is_bfloat16(a.dtype) else float(np.finfo(a.dtype).max)
    most = largest if posinf is None else posinf
    least = -largest if neginf is None else neginf

    def finite(part: TracedArray) -> TracedArray:
        result = where(ufuncs.isnan(part), nan, part)
        result = where(ufuncs.equal(part, math.inf), most, result)
        return where(ufuncs.equal(part, -math.inf), least, result)

    result = part_by_part(finite, a)
    return result if copy or not isinstance(x, TracedArray) else write_whole(x, result)


@function(np.copyto)
def copyto(dst: TracedArray, src: ArrayLike, casting: str = "same_kind", where: Any = True) -> None:
    """Write `src` into `dst`, where a mask is true."""
    part = operand(src)
    if where is not True and isinstance(dst, TracedArray):
        mask = fit(operand(where), BOOL, dst.shape)
        part = primitives.select(mask, fit(part, dst.dtype, dst.shape), dst)
    write_whole(dst, part if isinstance(part, TracedArray) else array(src, dst.dtype))


@function(np.sinc)
def sinc(x: ArrayLike) -> TracedArray:
    """The sine of pi x divided by pi x, 1 at 0."""
    return primitives.sinc(ufuncs.multiply(x, math.pi))


__all__ = [
    "around",
    "clip",
    "copyto",
    "fix",
    "nan_to_num",
    "round",
    "select",
    "sinc",
    "where",
]
