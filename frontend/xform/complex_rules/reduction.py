"""Products and extremes along axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from math import prod

import numpy as np

from ..primitives import argmax as of_numbers
from ..primitives import (
    broadcast_in_dim,
    concatenate,
    convert,
    full,
    or_,
    pad,
    reshape,
    slice,
    transpose,
)
from ..tracing.array import TracedArray
from ..tracing.complex_values import AnyType
from .arithmetic import mul
from .comparison import Comparison, eq, maximum, minimum, not_equal
from .rules import rule


def _last(x: TracedArray, axes: Sequence[int]) -> TracedArray:
    """The elements along some axes, together along the last one."""
    kept = [axis for axis in range(x.ndim) if axis not in axes]
    moved = transpose(x, [*kept, *axes])
    return reshape(moved, [*(x.shape[i] for i in kept), prod(x.shape[i] for i in axes)])


def _part(x: TracedArray, begin: int, end: int) -> TracedArray:
    """Elements along the last axis."""
    rest = x.shape[:-1]
    return slice(x, [0] * len(rest) + [begin], [*rest, end], [1] * x.ndim)


def _halved(x: TracedArray, axes: Sequence[int], combine: Comparison) -> TracedArray:
    """All elements along some axes, at least one, combined by halves of them at a time."""
    x = _last(x, axes)
    while x.shape[-1] > 1:
        count = x.shape[-1]
        half = count // 2
        joined = combine(_part(x, 0, half), _part(x, half, 2 * half))
        rest = [_part(x, 2 * half, count)] if count % 2 else []
        x = concatenate([joined, *rest], x.ndim - 1) if rest else joined
    return reshape(x, x.shape[:-1])


@rule("reduce_prod")
def reduce_prod(x: TracedArray, axes: Sequence[int]) -> TracedArray:
    """The product along axes."""
    if 0 in [x.shape[i] for i in axes]:
        return full([n for i, n in enumerate(x.shape) if i not in axes], x.dtype, 1.0)
    return _halved(x, axes, mul)


@rule("reduce_max")
def reduce_max(x: TracedArray, axes: Sequence[int]) -> TracedArray:
    """The largest element along axes, or the first NaN."""
    return _halved(x, axes, maximum)


@rule("reduce_min")
def reduce_min(x: TracedArray, axes: Sequence[int]) -> TracedArray:
    """The smallest element along axes, or the first NaN."""
    return _halved(x, axes, minimum)


@rule("cumprod")
def cumprod(x: TracedArray, axis: int, reverse: bool = False) -> TracedArray:
    """The running product."""
    return _running(x, axis, reverse, mul, 1.0)


@rule("cummax")
def cummax(x: TracedArray, axis: int, reverse: bool = False) -> TracedArray:
    """The largest element so far, or the first NaN."""
    return _running(x, axis, reverse, maximum, complex(-math.inf, -math.inf))


@rule("cummin")
def cummin(x: TracedArray, axis: int, reverse: bool = False) -> TracedArray:
    """The smallest element so far, or the first NaN."""
    return _running(x, axis, reverse, minimum, complex(math.inf, math.inf))


def _running(
    x: TracedArray, axis: int, reverse: bool, combine: Comparison, identity: complex
) -> TracedArray:
    """Elements combined with those before, with twice as many at each step."""
    count, step = x.shape[axis], 1
    outside = full((), x.dtype, identity)
    while step < count:
        low, high = [0] * x.ndim, [0] * x.ndim
        low[axis], high[axis] = (-step, step) if reverse else (step, -step)
        x = combine(pad(x, outside, low, high, [0] * x.ndim), x)
        step *= 2
    return x


@rule("argmax")
def argmax(x: TracedArray, axis: int, result_type: AnyType) -> TracedArray:
    """The index of the first largest element, or of the first NaN."""
    return _place(x, reduce_max(x, [axis]), axis, result_type)


@rule("argmin")
def argmin(x: TracedArray, axis: int, result_type: AnyType) -> TracedArray:
    """The index of the first smallest element, or of the first NaN."""
    return _place(x, reduce_min(x, [axis]), axis, result_type)


def _place(x: TracedArray, extreme: TracedArray, axis: int, result_type: AnyType) -> TracedArray:
    others = [i for i in range(x.ndim) if i != axis]
    spread = broadcast_in_dim(extreme, x.shape, others)
    found = or_(eq(x, spread), not_equal(x, x))
    return of_numbers(convert(found, np.int8), axis, result_type.dtype)
