"""Singular values, and what is found by them: inverses of any matrix, least squares, angles.

How many singular values count as zero is decided while a program runs, and only by masks: shapes
never depend on it.
"""

from __future__ import annotations

import math

import numpy as np

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...numpy import contraction, linalg, reductions, selection, ufuncs
from ...numpy.dispatch import extension
from ...numpy.linalg.matrices import common, matrices, square, symmetric
from ...numpy.linalg.singular import counted, default_cutoff, least_squares, pseudoinverse
from ...numpy.promotion import INT32, array, broadcast_shapes, constant
from ...tracing.array import ArrayLike, TracedArray
from .band_matrices import padded

_DRIVERS = ("gesdd", "gesvd")
_DRIVERS_OF_LSTSQ = (None, "gelsd", "gelss", "gelsy")


@extension("scipy.linalg")
def svd(
    a: ArrayLike,
    full_matrices: bool = True,
    compute_uv: bool = True,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> tuple[TracedArray, TracedArray, TracedArray] | TracedArray:
    """Singular values and orthonormal vectors, u diag(s) vh = a.

    Derivatives are those of `xform.numpy.linalg.svd`.

    Args:
        a: matrices (..., m, n); k is the smaller of m and n. Integers become float64.
        full_matrices: whether u is (..., m, m) and vh (..., n, n), not (..., m, k) and (..., k, n).
        compute_uv: whether vectors are wanted.
        overwrite_a, check_finite: without effect.
        lapack_driver: "gesdd" or "gesvd", without effect.

    Returns:
        (u, s, vh) with s (..., k) in descending order, or s alone. NaN where a matrix is not
        finite.

    Raises:
        XformValueError: fewer than two axes, or an unknown driver.

    >>> import numpy as np
    >>> u, s, vh = svd(np.array([[3.0, 0.0], [4.0, 5.0]]))
    >>> (s.numpy() ** 2).round(6)
    array([45.,  5.])
    """
    if lapack_driver not in _DRIVERS:
        known = " or ".join(map(repr, _DRIVERS))
        raise XformValueError(
            at_user_line(f"svd: unknown lapack_driver {lapack_driver!r}; expected {known}")
        )
    u, s, vh = primitives.svd(matrices(a, "svd"), complete=bool(full_matrices))
    return (u, s, vh) if compute_uv else s


@extension("scipy.linalg")
def svdvals(a: ArrayLike, overwrite_a: bool = False, check_finite: bool = True) -> TracedArray:
    """Singular values in descending order.

    Args:
        a: matrices (..., m, n).
        overwrite_a, check_finite: without effect.

    Returns:
        (..., k) values, where k is the smaller of m and n.

    Raises:
        XformValueError: fewer than two axes.

    >>> import numpy as np
    >>> svdvals(np.array([[3.0, 0.0], [0.0, 4.0]])).numpy().round(6)
    array([4., 3.])
    """
    return linalg.svdvals(a)


@extension("scipy.linalg")
def diagsvd(s: ArrayLike, M: int, N: int) -> TracedArray:  # noqa: N803 - SciPy's names
    """Matrices with singular values on the diagonal.

    Args:
        s: (..., k) values.
        M, N: the numbers of rows and columns, the smaller of which is k.

    Returns:
        (..., M, N) matrices.

    Raises:
        XformValueError: there are not that many values.

    >>> import numpy as np
    >>> diagsvd(np.array([4.0, 3.0]), 2, 3).numpy()
    array([[4., 0., 0.],
           [0., 3., 0.]])
    """
    values = array(s)
    rows, columns = int(M), int(N)
    if not values.ndim or values.shape[-1] != min(rows, columns):
        raise XformValueError(
            at_user_line(
                f"diagsvd: expected {min(rows, columns)} values for {rows} rows and {columns} "
                f"columns, got shape {values.shape}"
            )
        )
    k = values.shape[-1]
    on = primitives.eq(*(primitives.iota((k, k), INT32, axis) for axis in (0, 1)))
    square_one = selection.where(on, values[..., None], constant((), values.dtype, 0))
    return padded(padded(square_one, -1, 0, columns - k), -2, 0, rows - k)


# Inverses of any matrix --------------------------------------------------------------------------


@extension("scipy.linalg")
def pinv(
    a: ArrayLike,
    *,
    atol: float | None = None,
    rtol: float | None = None,
    return_rank: bool = False,
    check_finite: bool = True,
) -> TracedArray | tuple[TracedArray, TracedArray]:
    """The pseudoinverse of matrices, by their singular values.

    The derivative is that at a constant rank, right also where singular values are equal.

    Args:
        a: matrices (..., m, n).
        atol: singular values up to this and `rtol` times the largest count as 0; by default 0.
        rtol: by default the larger of m and n times the epsilon of the dtype.
        return_rank: whether to return the rank as well.
        check_finite: without effect.

    Returns:
        (..., n, m) matrices, and how many singular values count, int64 numbers (...).

    Raises:
        XformValueError: fewer than two axes, or a negative limit.

    >>> import numpy as np
    >>> pinv(np.array([[2.0], [0.0]])).numpy().round(6)
    array([[0.5, 0. ]])
    """
    return _inverse(matrices(a, "pinv"), atol, rtol, return_rank, "pinv")


@extension("scipy.linalg")
def pinvh(
    a: ArrayLike,
    atol: float | None = None,
    rtol: float | None = None,
    lower: bool = True,
    return_rank: bool = False,
    check_finite: bool = True,
) -> TracedArray | tuple[TracedArray, TracedArray]:
    """The pseudoinverse of symmetric matrices, with gradients in the triangle that is read.

    Args:
        a: matrices (..., n, n), of which one triangle is read.
        atol, rtol, return_rank, check_finite: as for `pinv`, with absolute values of eigenvalues.
        lower: which triangle is read.

    Returns:
        (..., n, n) matrices, and the rank, as for `pinv`.

    Raises:
        XformValueError: the matrices are not square, or a negative limit.

    >>> import numpy as np
    >>> pinvh(np.array([[2.0, 0.0], [2.0, 2.0]])).numpy().round(6)
    array([[0.125, 0.125],
           [0.125, 0.125]])
    """
    x = square(a, "pinvh")
    return _inverse(symmetric(x, lower), atol, rtol, return_rank, "pinvh")


def _inverse(
    x: TracedArray, atol: float | None, rtol: float | None, return_rank: bool, name: str
) -> TracedArray | tuple[TracedArray, TracedArray]:
    if (atol or 0.0) < 0.0 or (rtol or 0.0) < 0.0:
        raise XformValueError(
            at_user_line(f"{name}: atol and rtol must not be negative, got {atol!r} and {rtol!r}")
        )
    least = 0.0 if atol is None else float(atol)
    cutoff = default_cutoff(x) if rtol is None else float(rtol)
    limits = [constant((), x.dtype, limit) for limit in (cutoff, least)]
    inverse = pseudoinverse(x, *limits) if x.size else x.mT.copy()
    if not return_rank:
        return inverse
    counts = counted(linalg.svdvals(x), cutoff, least)
    return inverse, reductions.sum(array(counts, np.dtype(np.int64)), -1)


@extension("scipy.linalg", arrays=2)
def lstsq(
    a: ArrayLike,
    b: ArrayLike,
    cond: float | None = None,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    lapack_driver: str | None = None,
) -> tuple[TracedArray, TracedArray, TracedArray, TracedArray | None]:
    """The x of least norm among those for which a x is closest to b, by singular values.

    The derivative is that at a constant rank, right also where singular values are equal.

    Args:
        a: matrices (..., m, n).
        b: a vector (m,) or matrices (..., m, k); the axes before broadcast.
        cond: singular values up to this fraction of the largest count as 0; by default the epsilon
            of the dtype.
        overwrite_a, overwrite_b, check_finite: without effect.
        lapack_driver: None, "gelsd", "gelss" or "gelsy", which are computed alike.

    Returns:
        x, (..., n) or (..., n, k); the sums of squares of b - a x, (...) or (..., k), and without
        elements if m is not larger than n (SciPy's have none either where the rank is less than n,
        which decides no shape here); the ranks, int32 numbers (...); the singular values.

    Raises:
        XformValueError: the shapes do not fit, or an unknown driver.

    >>> import numpy as np
    >>> x, residues, rank, s = lstsq(np.array([[1.0], [1.0]]), np.array([1.0, 3.0]))
    >>> x.numpy().round(6), round(float(residues), 6)
    (array([2.]), 2.0)
    """
    if lapack_driver not in _DRIVERS_OF_LSTSQ:
        known = ", ".join(map(repr, _DRIVERS_OF_LSTSQ))
        raise XformValueError(
            at_user_line(f"lstsq: unknown lapack_driver {lapack_driver!r}; expected one of {known}")
        )
    matrix, rhs = common("lstsq", a, b)
    matrices(matrix, "lstsq")
    vector = rhs.ndim == 1
    if not rhs.ndim or rhs.shape[-1 if vector else -2] != matrix.shape[-2]:
        raise XformValueError(
            at_user_line(
                "lstsq: expected right-hand sides with as many rows as the matrices, got shapes "
                f"{matrix.shape} and {rhs.shape}"
            )
        )
    columns = rhs[:, None] if vector else rhs
    (m, n), k = matrix.shape[-2:], columns.shape[-1]
    cutoff = float(np.finfo(matrix.dtype).eps) if cond is None else max(float(cond), 0.0)
    s = linalg.svdvals(matrix)
    rank = array(reductions.sum(counted(s, cutoff), -1), INT32)
    batch = broadcast_shapes(matrix.shape[:-2], columns.shape[:-2])
    if 0 in (m, n, k, math.prod(batch)):
        x = constant((*batch, n, k), matrix.dtype, 0)
    else:
        x = least_squares(matrix, columns, array(cutoff, matrix.dtype))
    if m > n:
        squares = ufuncs.square(columns - contraction.matmul(matrix, x))
        residues = reductions.sum(squares, -2)
        residues = residues[..., 0] if vector else residues
    else:
        residues = constant((0,), matrix.dtype, 0)
    return (x[..., 0] if vector else x), residues, rank, s


# Subspaces ---------------------------------------------------------------------------------------


@extension("scipy.linalg", arrays=2)
def subspace_angles(A: ArrayLike, B: ArrayLike) -> TracedArray:  # noqa: N803 - SciPy's names
    """The angles between the spaces that the columns of matrices span.

    Small ones are found by their sines (A. Knyazev and M. Argentati, "Principal angles between
    subspaces in an A-based scalar product", SIAM J. Sci. Comput. 23, 2002).

    Args:
        A: matrices (..., m, n) of full rank, as where the rank is less it would decide the shape.
        B: matrices (..., m, k) of full rank; the axes before broadcast.

    Returns:
        The angles (..., p) in descending order, where p is the least of m, n and k.

    Raises:
        XformValueError: fewer than two axes, or different numbers of rows.

    >>> import numpy as np
    >>> first, second = np.array([[1.0], [0.0]]), np.array([[1.0], [1.0]])
    >>> np.rad2deg(subspace_angles(first, second).numpy()).round(6)
    array([45.])
    """
    a, b = (matrices(x, "subspace_angles") for x in common("subspace_angles", A, B))
    if a.shape[-2] != b.shape[-2]:
        raise XformValueError(
            at_user_line(
                "subspace_angles: expected matrices with equally many rows, got shapes "
                f"{a.shape} and {b.shape}"
            )
        )
    q, r = (primitives.qr(x, complete=False)[0] for x in (a, b))
    if q.shape[-1] < r.shape[-1]:
        q, r = r, q
    inner = contraction.matmul(q.mT, r)
    cosines = linalg.svdvals(inner)[..., ::-1]
    sines = linalg.svdvals(r - contraction.matmul(q, inner))
    small = ufuncs.greater_equal(ufuncs.square(cosines), 0.5)
    # The other branch gets what its derivative is finite at.
    by_sine = ufuncs.arcsin(selection.where(small, sines, 0.5))
    by_cosine = ufuncs.arccos(selection.where(small, 0.5, cosines))
    return selection.where(small, by_sine, by_cosine)


__all__ = [
    "diagsvd",
    "lstsq",
    "pinv",
    "pinvh",
    "subspace_angles",
    "svd",
    "svdvals",
]
