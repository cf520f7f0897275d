"""Matrices made of few elements, each of which stands in many places, and products of blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...numpy import joining, manipulation, ufuncs
from ...numpy.arguments import explained
from ...numpy.dispatch import extension
from ...numpy.elements import take
from ...numpy.linalg.matrices import floating
from ...numpy.promotion import (
    array,
    broadcast,
    broadcast_shapes,
    constant,
    in_range,
    operand,
    result_type,
)
from ...tracing.array import ArrayLike, TracedArray


def _vectors(*xs: ArrayLike) -> list[TracedArray]:
    """Arrays of at least one axis, in their common dtype, with common batch axes."""
    operands = [operand(x) for x in xs]
    dtype = result_type(*operands)
    found = [manipulation.atleast_1d(array(x, dtype)) for x in operands]
    batch = broadcast_shapes(*(x.shape[:-1] for x in found))
    return [broadcast(x, (*batch, x.shape[-1])) for x in found]


def _zeros(x: TracedArray, *shape: int) -> TracedArray:
    return constant(shape, x.dtype, in_range(0, x.dtype))


def _placed(values: TracedArray, places: np.ndarray[Any, Any]) -> TracedArray:
    """The matrices whose elements are those of a vector at known places."""
    if not places.size:
        return _zeros(values, *values.shape[:-1], *places.shape)
    return take(values, places, axis=-1)


def _grid(rows: int, columns: int, row_step: int) -> np.ndarray[Any, Any]:
    return np.add.outer(row_step * np.arange(rows), np.arange(columns))


# Diagonals that are constant -----------------------------------------------------------


@extension("scipy.linalg", arrays=2)
def toeplitz(c: ArrayLike, r: ArrayLike | None = None) -> TracedArray:
    """The matrices with the same element all along each diagonal.

    Args:
        c: the first column (..., m).
        r: the first row (..., n), whose first element is not read; by default the conjugate of `c`.

    Returns:
        The matrices (..., m, n).

    >>> toeplitz(np.array([1, 2, 3]), np.array([0, 4])).numpy()
    array([[1, 4],
           [2, 1],
           [3, 2]])
    """
    column, row = _vectors(c, ufuncs.conjugate(c) if r is None else r)
    m, n = column.shape[-1], row.shape[-1]
    values = joining.concatenate([primitives.reverse(column, [column.ndim - 1]), row[..., 1:]], -1)
    return _placed(values, _grid(m, n, -1) + m - 1)


@extension("scipy.linalg")
def circulant(c: ArrayLike) -> TracedArray:
    """The matrices each column of which is the one before it, moved down by one.

    Args:
        c: the first column (..., n).

    Returns:
        The matrices (..., n, n).

    >>> circulant(np.array([1, 2, 3])).numpy()
    array([[1, 3, 2],
           [2, 1, 3],
           [3, 2, 1]])
    """
    (column,) = _vectors(c)
    n = column.shape[-1]
    return _placed(column, -_grid(n, n, -1) % max(n, 1))


@extension("scipy.linalg", arrays=2)
def hankel(c: ArrayLike, r: ArrayLike | None = None) -> TracedArray:
    """The matrices with the same element all along each antidiagonal.

    Args:
        c: the first column (..., m); leading axes are a batch, as they will be from SciPy 1.19 on.
        r: the last row (..., n), whose first element is not read; by default zeros, as many as `c`
            has elements.

    Returns:
        The matrices (..., m, n).

    >>> hankel(np.array([1, 2]), np.array([0, 3, 4])).numpy()
    array([[1, 2, 3],
           [2, 3, 4]])
    """
    if r is None:
        (column,) = _vectors(c)
        row = _zeros(column, *column.shape)
    else:
        column, row = _vectors(c, r)
    values = joining.concatenate([column, row[..., 1:]], -1)
    return _placed(values, _grid(column.shape[-1], row.shape[-1], 1))


@extension("scipy.linalg")
def convolution_matrix(a: ArrayLike, n: int, mode: str = "full") -> TracedArray:
    """The matrices whose products with vectors are the convolutions of these with `a`.

    Args:
        a: the vectors (..., m); leading axes are a batch, as they will be from SciPy 1.19 on.
        n: the size of what is convolved with them, the number of columns.
        mode: "full", "same" or "valid", as for `numpy.convolve`.

    Returns:
        The matrices (..., k, n), with k as `numpy.convolve` has it.

    Raises:
        XformValueError: `n` is not positive, `a` is empty, or `mode` is unknown.

    >>> convolution_matrix(np.array([1, 2]), 2).numpy()
    array([[1, 0],
           [2, 1],
           [0, 2]])
    """
    (vector,) = _vectors(a)
    m = vector.shape[-1]
    if n <= 0 or not m:
        raise XformValueError(
            at_user_line(
                f"convolution_matrix: expected a positive n and vectors of at least one element, "
                f"got n {n} and shape {vector.shape}"
            )
        )
    if mode not in ("full", "same", "valid"):
        raise XformValueError(
            at_user_line(
                f"convolution_matrix: unknown mode {mode!r}; expected 'full', 'same' or 'valid'"
            )
        )
    batch = vector.shape[:-1]
    after, before = _zeros(vector, *batch, n - 1), _zeros(vector, *batch, n - 1)
    values = joining.concatenate([before, vector, after], -1)
    whole = _grid(m + n - 1, n, 1)[:, ::-1]
    if mode == "full":
        return _placed(values, whole)
    size = max(m, n) if mode == "same" else max(m, n) - min(m, n) + 1
    first = (min(m, n) - 1) // 2 if mode == "same" else min(m, n) - 1
    return _placed(values, whole[first : first + size])


# A row, and ones or rates beside the diagonal --------------------------------------------


def _with_first_row(row: TracedArray, beside: TracedArray) -> TracedArray:
    """A first row (..., n), and under it a diagonal (..., n - 1)."""
    n = row.shape[-1]
    diagonal = ufuncs.multiply(beside[..., :, None], np.eye(n - 1, n, dtype=row.dtype))
    return joining.concatenate([row[..., None, :], diagonal], -2)


@extension("scipy.linalg")
def companion(a: ArrayLike) -> TracedArray:
    """The matrices whose eigenvalues are the roots of polynomials.

    Args:
        a: coefficients (..., n), the highest power first, at least two. Where the first one is 0,
            which SciPy refuses, the first row is infinite or NaN.

    Returns:
        The matrices (..., n - 1, n - 1), floating.

    Raises:
        XformValueError: there are fewer than two coefficients.

    >>> companion(np.array([2.0, 4.0, 6.0])).numpy()
    array([[-2., -3.],
           [ 1.,  0.]])
    """
    (coefficients,) = _vectors(a)
    if coefficients.shape[-1] < 2:
        raise XformValueError(
            at_user_line(
                f"companion: expected at least two coefficients, got shape {coefficients.shape}"
            )
        )
    row = -floating(coefficients[..., 1:]) / floating(coefficients[..., :1])
    ones = constant((*row.shape[:-1], row.shape[-1] - 1), row.dtype, 1.0)
    return _with_first_row(row, ones)


@extension("scipy.linalg", arrays=2)
def leslie(f: ArrayLike, s: ArrayLike) -> TracedArray:
    """The matrices by which populations of several ages grow.

    Args:
        f: the fecundity (..., n) of each age.
        s: the rate of survival (..., n - 1) of each age but the last.

    Returns:
        The matrices (..., n, n).

    Raises:
        XformValueError: the sizes do not fit, or there are fewer than two ages.

    >>> leslie(np.array([0.5, 2.0]), np.array([0.25])).numpy()
    array([[0.5 , 2.  ],
           [0.25, 0.  ]])
    """
    fecundity, survival = _vectors(f, s)
    if fecundity.shape[-1] != survival.shape[-1] + 1 or not survival.shape[-1]:
        raise XformValueError(
            at_user_line(
                "leslie: expected n fecundities and n - 1 rates of survival, n at least 2, got "
                f"shapes {fecundity.shape} and {survival.shape}"
            )
        )
    return _with_first_row(fecundity, survival)


@extension("scipy.linalg")
def fiedler(a: ArrayLike) -> TracedArray:
    """The matrices of the distances between numbers, |a[i] - a[j]|.

    Args:
        a: the numbers (..., n).

    Returns:
        The symmetric matrices (..., n, n).

    >>> fiedler(np.array([1, 4, 9])).numpy()
    array([[0, 3, 8],
           [3, 0, 5],
           [8, 5, 0]])
    """
    (numbers,) = _vectors(a)
    return ufuncs.absolute(ufuncs.subtract(numbers[..., :, None], numbers[..., None, :]))


# Blocks ------------------------------------------------------------------------------


@extension("scipy.linalg")
def _block_diag(arrays: Sequence[ArrayLike]) -> TracedArray:
    operands = [operand(x) for x in arrays or ([],)]
    dtype = result_type(*operands)
    blocks = [manipulation.atleast_2d(array(x, dtype)) for x in operands]
    batch = broadcast_shapes(*(x.shape[:-2] for x in blocks))
    wide = sum(x.shape[-1] for x in blocks)
    before, rows = 0, []
    for x in blocks:
        count = x.shape[-1]
        low, high = [0] * x.ndim, [0] * x.ndim
        low[-1], high[-1] = before, wide - before - count
        row = primitives.pad(x, _zeros(x), low, high, [0] * x.ndim)
        rows.append(broadcast(row, (*batch, *row.shape[-2:])))
        before += count
    return joining.concatenate(rows, -2)


@explained
def block_diag(*arrs: ArrayLike) -> TracedArray:
    """The matrix with blocks along its diagonal and zeros elsewhere.

    Args:
        arrs: the blocks (..., m, n); a vector is one row. The axes before broadcast.

    Returns:
        The matrices (..., sum of m, sum of n), in the common dtype.

    >>> block_diag(np.array([[1, 2]]), 3).numpy()
    array([[1, 2, 0],
           [0, 0, 3]])
    """
    return _block_diag(list(arrs))


@extension("scipy.linalg", arrays=2)
def khatri_rao(a: ArrayLike, b: ArrayLike) -> TracedArray:
    """The Kronecker products of the columns of one matrix with those of another.

    Args:
        a: matrices (..., m, k).
        b: matrices (..., n, k); the axes before broadcast.

    Returns:
        The matrices (..., m n, k).

    Raises:
        XformValueError: the numbers of columns differ.

    >>> khatri_rao(np.array([[1, 2], [3, 4]]), np.array([[5, 6]])).numpy()
    array([[ 5, 12],
           [15, 24]])
    """
    x, y = array(a), array(b)
    if x.ndim < 2 or y.ndim < 2 or x.shape[-1] != y.shape[-1]:
        raise XformValueError(
            at_user_line(
                "khatri_rao: expected matrices with the same number of columns, got shapes "
                f"{x.shape} and {y.shape}"
            )
        )
    products = ufuncs.multiply(x[..., :, None, :], y[..., None, :, :])
    rows = math.prod(products.shape[-3:-1])
    return primitives.reshape(products, (*products.shape[:-3], rows, products.shape[-1]))


__all__ = [
    "block_diag",
    "circulant",
    "companion",
    "convolution_matrix",
    "fiedler",
    "hankel",
    "khatri_rao",
    "leslie",
    "toeplitz",
]
