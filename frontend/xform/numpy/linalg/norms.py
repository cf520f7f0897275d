"""Norms of vectors and matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...tracing.array import ArrayLike, Axis, TracedArray
from .. import manipulation, reductions, ufuncs
from ..axes import normalized_axes, normalized_axis
from ..complex_parts import real_dtype, squared_size
from ..dispatch import function
from ..promotion import array
from ..selection import where
from .matrices import floating, require_real


@function(np.linalg.norm)
def norm(x: ArrayLike, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> TracedArray:
    """A norm of vectors or matrices; the derivative of the Euclidean norm at 0 is 0.

    Args:
        x: integers become float64.
        ord: for vectors None, a number or +-inf; for matrices None, "fro", +-1, +-inf, and +-2 or
            "nuc", which need singular values: the largest, the smallest, or their sum.
        axis: None, an int for vectors, two for matrices.
        keepdims: whether the axes stay, in size 1.

    Raises:
        XformTypeError: singular values of complex matrices are needed.
        XformValueError: an unknown norm.
    """
    a = floating(x)
    if axis is None and ord is None:
        axes = tuple(range(a.ndim))
    elif axis is None:
        if a.ndim not in (1, 2):
            raise XformValueError(
                at_user_line(f"norm: ord {ord!r} needs an axis for an array of shape {a.shape}")
            )
        axes = tuple(range(a.ndim))
    else:
        given = axis if isinstance(axis, Sequence) else (axis,)
        axes = tuple(normalized_axis(i, a.ndim, "norm") for i in given)
        normalized_axes(axes, a.ndim, "norm")
    if len(axes) == 2 and ord is not None:
        return _matrix_norm(a, ord, axes, keepdims)
    if len(axes) > 1 and ord is not None:
        raise XformValueError(at_user_line(f"norm: ord {ord!r} over {len(axes)} axes"))
    return _vector_norm(a, 2 if ord is None else ord, axes, keepdims)


def _vector_norm(a: TracedArray, order: Any, axes: tuple[int, ...], keepdims: bool) -> TracedArray:
    if isinstance(order, str) or not isinstance(order, int | float | np.number):
        raise XformValueError(at_user_line(f"norm: unknown ord {order!r} for vectors"))
    if order == 2:
        return primitives.half_pow(reductions.sum(squared_size(a), axes, keepdims=keepdims), 1)
    if order == 0:
        nonzero = array(ufuncs.not_equal(a, 0), real_dtype(a.dtype))
        return reductions.sum(nonzero, axes, keepdims=keepdims)
    magnitude = ufuncs.absolute(a)
    if order == math.inf:
        # Of no element, 0 as NumPy says; of some, 0 changes nothing.
        return reductions.max(magnitude, axes, keepdims=keepdims, initial=_start(a, axes))
    if order == -math.inf:
        return reductions.min(magnitude, axes, keepdims=keepdims)
    if order == 1:
        return reductions.sum(magnitude, axes, keepdims=keepdims)
    exponent = float(order)
    powers = _with_slope_at_zero(magnitude, exponent)
    total = reductions.sum(powers, axes, keepdims=keepdims)
    if exponent == 4:
        return primitives.half_pow(primitives.half_pow(total, 1), 1)
    if exponent > 0:
        return _with_slope_at_zero(total, 1.0 / exponent)
    vanishes = ufuncs.equal(total, math.inf)
    return where(vanishes, 0.0, ufuncs.power(where(vanishes, 1.0, total), 1.0 / exponent))


def _with_slope_at_zero(x: TracedArray, exponent: float) -> TracedArray:
    """A power of numbers that are not negative, whose derivative at 0 is 0.

    One with an exponent above 1 is so by itself. The others get the value and derivative of
    half_pow, which has no second one; 1 keeps the pole from their own.
    """
    if exponent > 1:
        return ufuncs.power(x, exponent)
    at_zero = ufuncs.equal(x, 0)
    power = ufuncs.power(where(at_zero, 1.0, x), exponent)
    return where(at_zero, primitives.half_pow(x, 1) if exponent > 0 else math.inf, power)


def _start(a: TracedArray, axes: tuple[int, ...]) -> float | None:
    """Where the largest magnitude starts from, over no elements."""
    return 0.0 if any(a.shape[axis] == 0 for axis in axes) else None


def _matrix_norm(a: TracedArray, order: Any, axes: tuple[int, ...], keepdims: bool) -> TracedArray:
    if order in ("fro", "f"):
        return _vector_norm(a, 2, axes, keepdims)
    if order in (2, -2, "nuc"):
        return _singular_norm(a, order, axes, keepdims)
    if order not in (1, -1, math.inf, -math.inf):
        raise XformValueError(
            at_user_line(
                f"norm: unknown ord {order!r} for matrices; expected 'fro', 'nuc', 1, -1, 2, -2, "
                "inf or -inf"
            )
        )
    rows, columns = axes
    summed, kept = (rows, columns) if order in (1, -1) else (columns, rows)
    sums = reductions.sum(ufuncs.absolute(a), summed, keepdims=True)
    extreme = reductions.max if order > 0 else reductions.min
    result = extreme(sums, kept, keepdims=True)
    return result if keepdims else manipulation.squeeze(result, axes)


def _singular_norm(
    a: TracedArray, order: Any, axes: tuple[int, ...], keepdims: bool
) -> TracedArray:
    require_real("norm", a)
    s: TracedArray = primitives.svd(manipulation.moveaxis(a, axes, (-2, -1)))[1]
    if order == "nuc":
        result = reductions.sum(s, -1)
    else:
        extreme = reductions.max if order > 0 else reductions.min
        result = extreme(s, -1, initial=0.0 if order > 0 and s.shape[-1] == 0 else None)
    return manipulation.expand_dims(result, tuple(sorted(axes))) if keepdims else result


@function(np.linalg.vector_norm)
def vector_norm(
    x: ArrayLike,
    /,
    *,
    axis: Axis = None,
    keepdims: bool = False,
    ord: Any = 2,
) -> TracedArray:
    """A norm over axes, by default all, as one vector."""
    a = floating(x)
    return _vector_norm(a, ord, normalized_axes(axis, a.ndim, "vector_norm"), keepdims)


@function(np.linalg.matrix_norm)
def matrix_norm(x: ArrayLike, /, *, keepdims: bool = False, ord: Any = "fro") -> TracedArray:
    """A norm of the matrices in the last two axes."""
    a = floating(x)
    if a.ndim < 2:
        raise XformValueError(at_user_line(f"matrix_norm: expected matrices, got {a.shape}"))
    return _matrix_norm(a, ord, (a.ndim - 2, a.ndim - 1), keepdims)
