"""Questions to elements: closeness, equality, membership, infinities."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..family import family
from ..tracing.array import ArrayLike, TracedArray
from . import reductions, ufuncs
from .complex_parts import is_complex
from .dispatch import function
from .float_parts import like
from .promotion import (
    BOOL,
    Operand,
    array,
    broadcast_shapes,
    constant,
    fit,
    is_float,
    is_inexact,
    operand,
)
from .views import write_whole


def _or_both_nan(result: TracedArray, x: Operand, y: Operand) -> TracedArray:
    if not (is_inexact(x.dtype) and is_inexact(y.dtype)):
        return result
    both = ufuncs.logical_and(ufuncs.isnan.apply((x,)), ufuncs.isnan.apply((y,)))
    return ufuncs.logical_or(result, both)


@family
def _closeness(
    name: str,
    of_all: bool,
    a: ArrayLike,
    b: ArrayLike,
    rtol: ArrayLike = 1e-05,
    atol: ArrayLike = 1e-08,
    equal_nan: bool = False,
) -> TracedArray:
    x, y = operand(a), operand(b)
    # Of whole numbers neither the difference nor the size of the least one need exist.
    wide = b if is_complex(y) else ufuncs.multiply(b, 1.0)
    difference = ufuncs.absolute(ufuncs.subtract(a, wide))
    bound = ufuncs.add(atol, ufuncs.multiply(rtol, ufuncs.absolute(wide)))
    near = ufuncs.logical_and(ufuncs.less_equal(difference, bound), ufuncs.isfinite(b))
    result = ufuncs.logical_or(near, ufuncs.equal(a, b))
    result = _or_both_nan(result, x, y) if equal_nan else result
    return reductions.all(result) if of_all else result


@function(np.isclose)
@_closeness(False)
def isclose() -> None:
    """Whether |a - b| <= atol + rtol * |b|, and b is finite; equal infinities are close."""


@function(np.allclose)
@_closeness(True)
def allclose() -> None:
    """Whether all elements are close."""


@function(np.array_equal)
def array_equal(a1: ArrayLike, a2: ArrayLike, equal_nan: bool = False) -> TracedArray:
    """Whether shapes and all elements are equal."""
    x, y = operand(a1), operand(a2)
    if x.shape != y.shape:
        return constant((), BOOL, False)
    same = ufuncs.equal(a1, a2)
    return reductions.all(_or_both_nan(same, x, y) if equal_nan else same)


@function(np.array_equiv)
def array_equiv(a1: ArrayLike, a2: ArrayLike) -> TracedArray:
    """Whether one array broadcasts to the other and all elements are then equal."""
    try:
        broadcast_shapes(operand(a1).shape, operand(a2).shape)
    except XformValueError:
        return constant((), BOOL, False)
    return reductions.all(ufuncs.equal(a1, a2))


def _is_number(x: ArrayLike, number: float, out: Any) -> TracedArray:
    a = array(x)
    if is_complex(a):
        raise XformTypeError(at_user_line(f"{a.dtype} has many infinities: ask for x.real"))
    if is_float(a.dtype):
        result = primitives.eq(a, like(a, number))
    else:
        result = fit(operand(False), BOOL, a.shape)
    return result if out is None else write_whole(out, result)


@function(np.isposinf)
def isposinf(x: ArrayLike, out: Any = None) -> TracedArray:
    """Whether elements are infinity."""
    return _is_number(x, math.inf, out)


@function(np.isneginf)
def isneginf(x: ArrayLike, out: Any = None) -> TracedArray:
    """Whether elements are minus infinity."""
    return _is_number(x, -math.inf, out)


__all__ = [
    "allclose",
    "array_equal",
    "array_equiv",
    "isclose",
    "isneginf",
    "isposinf",
]
