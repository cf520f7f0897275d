"""Singular values, and what is found by them: inverses of any matrix, ranks, least squares.

How many singular values count as zero is decided while a program runs, and only by masks: shapes
never depend on it.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.linalg._linalg import SVDResult

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...tracing.array import ArrayLike, TracedArray
from ...transforms.custom_jvp import custom_jvp
from .. import reductions, ufuncs
from ..contraction import matmul
from ..dispatch import function
from ..promotion import INT32, array, constant
from ..selection import where
from .matrices import common, floating, matrices, square, symmetric
from .norms import matrix_norm
from .systems import inv

_NO_VALUE: Final = np._NoValue


def _read(a: ArrayLike, hermitian: bool, name: str) -> TracedArray:
    """The matrices; if they are said to be symmetric, by their lower triangles."""
    return symmetric(square(a, name)) if hermitian else matrices(a, name)


@function(np.linalg.svd)
def svd(
    a: ArrayLike, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> SVDResult | TracedArray:
    """Singular values and orthonormal vectors, u diag(s) vh = a.

    Derivatives of singular vectors are those that exist where all singular values differ and none
    is 0. Where some are equal up to rounding, and of the vectors that complete u or vh, each choice
    is as good as another, and a tangent turns none into another: what does not depend on the choice
    has its right derivative.

    Args:
        a: matrices (..., m, n); k is the smaller of m and n. Integers become float64.
        full_matrices: whether u is (..., m, m) and vh (..., n, n), not (..., m, k) and (..., k, n).
        compute_uv: whether vectors are wanted.
        hermitian: whether the matrices are symmetric, so that their lower triangle says all.

    Returns:
        (u, s, vh) as NumPy's named tuple with s (..., k) in descending order, or s alone. NaN where
        a matrix is not finite.

    Raises:
        XformValueError: fewer than two axes, or symmetric matrices that are not square.

    >>> u, s, vh = svd(np.array([[3.0, 0.0], [4.0, 5.0]]))
    >>> np.round(np.asarray(s) ** 2, 6)
    array([45.,  5.])
    """
    u, s, vh = primitives.svd(_read(a, hermitian, "svd"), complete=bool(full_matrices))
    return _named(u, s, vh) if compute_uv else s


def _named(u: Any, s: Any, vh: Any) -> SVDResult:
    return SVDResult(u, s, vh)


@function(np.linalg.svdvals)
def svdvals(x: ArrayLike, /) -> TracedArray:
    """Singular values in descending order.

    Args:
        x: matrices (..., m, n).

    Returns:
        (..., k) values, where k is the smaller of m and n.

    Raises:
        XformValueError: fewer than two axes.

    >>> np.round(np.asarray(svdvals(np.array([[3.0, 0.0], [0.0, 4.0]]))), 6)
    array([4., 3.])
    """
    return _values(matrices(x, "svdvals"))


def _values(x: TracedArray) -> TracedArray:
    s: TracedArray = primitives.svd(x)[1]
    return s


def default_cutoff(x: TracedArray) -> float:
    """Up to which fraction of the largest the singular values of matrices are rounding errors."""
    return max(x.shape[-2:]) * float(np.finfo(x.dtype).eps)


def counted(s: TracedArray, cutoff: Any, least: Any = 0.0) -> TracedArray:
    """Which singular values are above a fraction of the largest and a number together."""
    if s.shape[-1] == 0:
        return ufuncs.greater(s, 0)
    limit = ufuncs.multiply(s[..., :1], array(cutoff, s.dtype)[..., None])
    return ufuncs.greater(s, ufuncs.add(limit, array(least, s.dtype)[..., None]))


@function(np.linalg.matrix_rank)
def matrix_rank(
    A: ArrayLike,  # noqa: N803 - NumPy's name
    tol: ArrayLike | None = None,
    hermitian: bool = False,
    *,
    rtol: ArrayLike | None = None,
) -> TracedArray:
    """How many singular values are above a limit.

    Args:
        A: matrices (..., m, n); of fewer axes, the rank is whether anything is not 0.
        tol: the limit, of the shape of the batch.
        hermitian: as for `svd`.
        rtol: the limit over the largest singular value, if there is no `tol`; by default the
            larger of m and n times the epsilon of the dtype.

    Returns:
        int64 numbers of the shape of the batch.

    Raises:
        XformValueError: both `tol` and `rtol` are given.

    >>> int(matrix_rank(np.array([[1.0, 2.0], [2.0, 4.0]])))
    1
    """
    if tol is not None and rtol is not None:
        raise XformValueError(at_user_line("matrix_rank: expected one of tol and rtol, got both"))
    x = floating(A)
    if x.ndim < 2:
        return array(reductions.any(ufuncs.not_equal(x, 0)), np.dtype(np.int64))
    x = _read(A, hermitian, "matrix_rank")
    s = _values(x)
    if tol is not None:
        above = ufuncs.greater(s, array(tol)[..., None])
    else:
        above = counted(s, default_cutoff(x) if rtol is None else rtol)
    return reductions.sum(array(above, np.dtype(np.int64)), -1)


@function(np.linalg.cond)
def cond(x: ArrayLike, p: Any = None) -> TracedArray:
    """The condition number of matrices: by singular values, or norms of them and their inverses.

    Args:
        x: matrices (..., m, n); square ones unless `p` is None, 2 or -2.
        p: None, 2 or -2 for the quotient of the extreme singular values (-2 for the least over
            the largest), else the order of a matrix norm.

    Returns:
        Numbers of the shape of the batch; infinity for singular matrices.

    Raises:
        XformValueError: matrices without elements, or not square.

    >>> round(float(cond(np.diag([4.0, 2.0]))), 6)
    2.0
    """
    a = matrices(x, "cond")
    if 0 in a.shape[-2:]:
        raise XformValueError(
            at_user_line(f"cond: expected matrices with elements, got shape {a.shape}")
        )
    if p is None or p in (2, -2):
        s = _values(a)
        largest, least = s[..., 0], s[..., -1]
        ratio = ufuncs.divide(least, largest) if p == -2 else ufuncs.divide(largest, least)
    else:
        a = square(x, "cond")
        ratio = ufuncs.multiply(matrix_norm(a, ord=p), matrix_norm(inv(a), ord=p))
    given = reductions.any(ufuncs.isnan(a), (-2, -1))
    lost = ufuncs.logical_and(ufuncs.isnan(ratio), ufuncs.logical_not(given))
    return where(lost, math.inf, ratio)


# Inverses of any matrix ------------------------------------------------------


def _inverted(s: TracedArray, cutoff: TracedArray, least: TracedArray | float = 0.0) -> TracedArray:
    """The inverses of the singular values that count, 0 for the others."""
    counts = counted(s, cutoff, least)
    return where(counts, ufuncs.divide(1.0, where(counts, s, 1.0)), 0.0)


@custom_jvp
def pseudoinverse(a: TracedArray, cutoff: TracedArray, least: TracedArray) -> TracedArray:
    """The pseudoinverse of matrices with elements, where the singular values count as `counted`."""
    u, s, vh = primitives.svd(a)
    scaled = ufuncs.multiply(vh.mT, _inverted(s, cutoff, least)[..., None, :])
    return matmul(scaled, u.mT)


@pseudoinverse.defjvp
def _(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    """At a constant rank, which does not ask for singular values that differ.

    G. Golub and V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares
    problems whose variables separate", SIAM J. Numer. Anal. 10 (1973).
    """
    a, cutoff, least = primals
    da = tangents[0]
    p = pseudoinverse(a, cutoff, least)
    columns = da.mT - matmul(matmul(da.mT, a), p)
    rows = da.mT - matmul(p, matmul(a, da.mT))
    dp = matmul(p, matmul(p.mT, columns)) + matmul(matmul(rows, p.mT), p) - matmul(p, matmul(da, p))
    return p, dp


@function(np.linalg.pinv)
def pinv(
    a: ArrayLike,
    rcond: ArrayLike | None = None,
    hermitian: bool = False,
    *,
    rtol: Any = _NO_VALUE,
) -> TracedArray:
    """The pseudoinverse of matrices, by their singular values.

    The derivative is that at a constant rank, right also where singular values are equal.

    Args:
        a: matrices (..., m, n).
        rcond: singular values up to this fraction of the largest count as 0; by default 1e-15.
        hermitian: as for `svd`.
        rtol: the same as `rcond`; None for the larger of m and n times the epsilon of the dtype.

    Returns:
        (..., n, m) matrices.

    Raises:
        XformValueError: fewer than two axes, or both `rcond` and `rtol`.

    >>> np.round(np.asarray(pinv(np.array([[2.0], [0.0]]))), 6)
    array([[0.5, 0. ]])
    """
    x = _read(a, hermitian, "pinv")
    if rcond is not None and rtol is not _NO_VALUE:
        raise XformValueError(at_user_line("pinv: expected one of rcond and rtol, got both"))
    cutoff: Any = 1e-15 if rcond is None else rcond
    if rtol is not _NO_VALUE:
        cutoff = default_cutoff(x) if rtol is None else rtol
    if 0 in x.shape:
        return x.mT.copy()
    result: TracedArray = pseudoinverse(x, array(cutoff, x.dtype), constant((), x.dtype, 0))
    return result


# Least squares ---------------------------------------------------------------


@custom_jvp
def least_squares(a: TracedArray, b: TracedArray, cutoff: TracedArray) -> TracedArray:
    """The x of least norm for which a x is closest to the columns b."""
    u, s, vh = primitives.svd(a)
    scaled = ufuncs.multiply(_inverted(s, cutoff)[..., None], matmul(u.mT, b))
    return matmul(vh.mT, scaled)


@least_squares.defjvp
def _(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    """That of the pseudoinverse times b."""
    a, b, cutoff = primals
    da, db, _ = tangents
    x = least_squares(a, b, cutoff)
    p = pseudoinverse(a, cutoff, constant((), a.dtype, 0))
    moved = matmul(p, db - matmul(da, x))
    outside = matmul(p, matmul(p.mT, matmul(da.mT, b - matmul(a, x))))
    turned = matmul(da.mT, matmul(p.mT, x))
    return x, moved + outside + turned - matmul(p, matmul(a, turned))


@function(np.linalg.lstsq)
def lstsq(
    a: ArrayLike, b: ArrayLike, rcond: float | None = None
) -> tuple[TracedArray, TracedArray, TracedArray, TracedArray]:
    """The x of least norm among those for which a x is closest to b, by singular values.

    The derivative is that at a constant rank, right also where singular values are equal.

    Args:
        a: a matrix (m, n).
        b: a vector (m,) or a matrix (m, k).
        rcond: singular values up to this fraction of the largest count as 0; by default the larger
            of m and n times the epsilon of the dtype. A negative one, -1 for one, counts all.

    Returns:
        x, (n,) or (n, k); the sums of squares of b - a x, (k,) or (1,), and without elements if m
        is not larger than n (NumPy's have none either where the rank is less than n, which decides
        no shape here); the rank as an int32 number; the singular values.

    Raises:
        XformValueError: the shapes do not fit.

    >>> x, residuals, rank, s = lstsq(np.array([[1.0], [1.0]]), np.array([1.0, 3.0]))
    >>> np.round(np.asarray(x), 6), np.round(np.asarray(residuals), 6)
    (array([2.]), array([2.]))
    """
    matrix, rhs = common("lstsq", a, b)
    if matrix.ndim != 2 or rhs.ndim not in (1, 2) or rhs.shape[0] != matrix.shape[0]:
        raise XformValueError(
            at_user_line(
                "lstsq: expected a matrix, and a vector or matrix with as many rows, got shapes "
                f"{matrix.shape} and {rhs.shape}"
            )
        )
    columns = rhs[:, None] if rhs.ndim == 1 else rhs
    (m, n), k = matrix.shape, columns.shape[1]
    cutoff = default_cutoff(matrix) if rcond is None else max(float(rcond), 0.0)
    s = _values(matrix)
    # As LAPACK's, of 32 bits.
    rank = array(reductions.sum(counted(s, cutoff), -1), INT32)
    if 0 in (m, n, k):
        x = constant((n, k), matrix.dtype, 0)
    else:
        x = least_squares(matrix, columns, array(cutoff, matrix.dtype))
    if m > n:
        residuals = reductions.sum(ufuncs.square(columns - matmul(matrix, x)), 0)
    else:
        residuals = constant((0,), matrix.dtype, 0)
    return (x[:, 0] if rhs.ndim == 1 else x), residuals, rank, s
