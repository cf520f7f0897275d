"""Norms and products: the part of numpy.linalg that needs no factorisation."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from ..array import ArrayLike, Axis, TracedArray
from ..errors import XformValueError, at_user_line
from . import contraction, manipulation, reductions, ufuncs
from .axes import normalized_axes, normalized_axis
from .creation import eye
from .dispatch import function
from .promotion import FLOAT64, array, is_float


def _float(x: ArrayLike) -> TracedArray:
    a = array(x)
    return a if is_float(a.dtype) else array(a, FLOAT64)


@function(np.linalg.norm)
def norm(x: ArrayLike, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> TracedArray:
    """A norm of vectors or matrices; the derivative of the Euclidean norm at 0 is 0.

    Args:
        x: integers become float64.
        ord: for vectors None, a number or +-inf; for matrices None, "fro", +-1 or +-inf.
        axis: None, an int for vectors, two for matrices.
        keepdims: whether the axes stay, in size 1.

    Raises:
        XformValueError: a matrix norm that needs singular values, or an unknown one.
    """
    a = _float(x)
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
        return reductions.root(reductions.sum(ufuncs.square(a), axes, keepdims=keepdims))
    if order == 0:
        nonzero = array(ufuncs.not_equal(a, 0), a.dtype)
        return reductions.sum(nonzero, axes, keepdims=keepdims)
    magnitude = ufuncs.absolute(a)
    if order == math.inf:
        return reductions.max(magnitude, axes, keepdims=keepdims)
    if order == -math.inf:
        return reductions.min(magnitude, axes, keepdims=keepdims)
    if order == 1:
        return reductions.sum(magnitude, axes, keepdims=keepdims)
    total = reductions.sum(ufuncs.power(magnitude, float(order)), axes, keepdims=keepdims)
    return ufuncs.power(total, 1.0 / float(order))


def _matrix_norm(a: TracedArray, order: Any, axes: tuple[int, ...], keepdims: bool) -> TracedArray:
    if order in ("fro", "f"):
        return _vector_norm(a, 2, axes, keepdims)
    if order not in (1, -1, math.inf, -math.inf):
        raise XformValueError(
            at_user_line(
                f"norm: ord {order!r} for matrices is not supported, as it needs singular values; "
                "expected 'fro', 1, -1, inf or -inf"
            )
        )
    rows, columns = axes
    summed, kept = (rows, columns) if order in (1, -1) else (columns, rows)
    sums = reductions.sum(ufuncs.absolute(a), summed, keepdims=True)
    extreme = reductions.max if order > 0 else reductions.min
    result = extreme(sums, kept, keepdims=True)
    return result if keepdims else manipulation.squeeze(result, axes)


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
    a = _float(x)
    return _vector_norm(a, ord, normalized_axes(axis, a.ndim, "vector_norm"), keepdims)


@function(np.linalg.matrix_norm)
def matrix_norm(x: ArrayLike, /, *, keepdims: bool = False, ord: Any = "fro") -> TracedArray:
    """A norm of the matrices in the last two axes."""
    a = _float(x)
    if a.ndim < 2:
        raise XformValueError(at_user_line(f"matrix_norm: expected matrices, got {a.shape}"))
    return _matrix_norm(a, ord, (a.ndim - 2, a.ndim - 1), keepdims)


@function(np.linalg.matrix_power)
def matrix_power(a: ArrayLike, n: int) -> TracedArray:
    """A square matrix to a power that is known while tracing and not negative."""
    x = array(a)
    exponent = operator.index(n)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise XformValueError(
            at_user_line(f"matrix_power: expected square matrices, got shape {x.shape}")
        )
    if exponent < 0:
        raise XformValueError(
            at_user_line("matrix_power: negative powers are not supported, as they need inverses")
        )
    if exponent == 0:
        return manipulation.broadcast_to(eye(x.shape[-1], dtype=x.dtype), x.shape).copy()
    result: TracedArray | None = None
    square = x
    while exponent:
        if exponent & 1:
            result = square if result is None else contraction.matmul(result, square)
        exponent >>= 1
        if exponent:
            square = contraction.matmul(square, square)
    return result.copy() if result is not None else x


@function(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[ArrayLike], *, out: Any = None) -> TracedArray:
    """The product of several matrices, in the order that needs the fewest multiplications."""
    parts = [array(x) for x in arrays]
    if len(parts) < 2:
        raise XformValueError(at_user_line("multi_dot: expected at least two arrays"))
    letters = "abcdefghijklmnopqrstuvwxyz"
    if len(parts) >= len(letters):
        raise XformValueError(at_user_line(f"multi_dot: too many arrays, {len(parts)}"))
    first, last = parts[0].ndim, parts[-1].ndim
    terms = [letters[i : i + 2] for i in range(len(parts))]
    if first == 1:
        terms[0] = terms[0][1]
    if last == 1:
        terms[-1] = terms[-1][0]
    output = ("" if first == 1 else letters[0]) + ("" if last == 1 else letters[len(parts)])
    return contraction.einsum(f"{','.join(terms)}->{output}", *parts, out=out)


@function(np.linalg.trace)
def trace(x: ArrayLike, /, *, offset: int = 0, dtype: Any = None) -> TracedArray:
    """The sums along a diagonal of the last two axes."""
    return contraction.trace(x, offset, -2, -1, dtype)


@function(np.linalg.diagonal)
def diagonal(x: ArrayLike, /, *, offset: int = 0) -> TracedArray:
    """A diagonal of the last two axes."""
    return manipulation.diagonal(x, offset, -2, -1)


@function(np.linalg.outer)
def outer(x1: ArrayLike, x2: ArrayLike, /) -> TracedArray:
    """The products of every element of one vector with every one of another."""
    return contraction.outer(x1, x2)


@function(np.linalg.cross)
def cross(x1: ArrayLike, x2: ArrayLike, /, *, axis: int = -1) -> TracedArray:
    """The vector product of three-dimensional vectors."""
    return contraction.cross(x1, x2, axis=axis)


@function(np.linalg.matmul)
def matmul(x1: ArrayLike, x2: ArrayLike, /) -> TracedArray:
    """See `xform.numpy.matmul`."""
    return contraction.matmul(x1, x2)


@function(np.linalg.tensordot)
def tensordot(x1: ArrayLike, x2: ArrayLike, /, *, axes: Any = 2) -> TracedArray:
    """See `xform.numpy.tensordot`."""
    return contraction.tensordot(x1, x2, axes)


@function(np.linalg.vecdot)
def vecdot(x1: ArrayLike, x2: ArrayLike, /, *, axis: int = -1) -> TracedArray:
    """See `xform.numpy.vecdot`."""
    return contraction.vecdot(x1, x2, axis=axis)


@function(np.linalg.matrix_transpose)
def matrix_transpose(x: ArrayLike, /) -> TracedArray:
    """See `xform.numpy.matrix_transpose`."""
    return manipulation.matrix_transpose(x)


def __getattr__(name: str) -> NoReturn:
    from .dispatch import suggest

    raise AttributeError(
        f"module 'xform.numpy.linalg' has no attribute {name!r}{suggest(name, sorted(globals()))}"
    )
