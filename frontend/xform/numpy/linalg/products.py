"""Products, powers and transposes of matrices and vectors, under numpy.linalg's names."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import XformValueError, at_user_line
from ...tracing.array import ArrayLike, TracedArray
from .. import contraction, manipulation
from ..creation import eye
from ..dispatch import function
from ..promotion import array
from . import systems


@function(np.linalg.matrix_power)
def matrix_power(a: ArrayLike, n: int) -> TracedArray:
    """Square matrices to a power that is known while tracing, by repeated squaring.

    Raises:
        XformTypeError: a negative power of matrices that `inv` does not cover.
        XformValueError: the matrices are not square.
    """
    x = array(a)
    exponent = operator.index(n)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise XformValueError(
            at_user_line(f"matrix_power: expected square matrices, got shape {x.shape}")
        )
    if exponent == 0:
        return manipulation.broadcast_to(eye(x.shape[-1], dtype=x.dtype), x.shape).copy()
    square = systems.inv(x) if exponent < 0 else x
    exponent = abs(exponent)
    result: TracedArray | None = None
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
    """The products of every element of one vector with every one of another.

    Raises:
        XformValueError: an operand is not a vector; `xform.numpy.outer` takes any.
    """
    x, y = array(x1), array(x2)
    if x.ndim != 1 or y.ndim != 1:
        raise XformValueError(
            at_user_line(f"outer: expected two vectors, got shapes {x.shape} and {y.shape}")
        )
    return contraction.outer(x, y)


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
