"""Cholesky factors, and systems whose matrix is triangular or factored.

Right-hand sides are as for `numpy.linalg.solve`: one axis is a vector, more are matrices in the
last two; the axes before broadcast against those of the matrices.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...tracing.array import ArrayLike, TracedArray
from .. import manipulation
from ..dispatch import extension, function
from ..promotion import broadcast, broadcast_shapes
from .matrices import common, square

Solve = Callable[[TracedArray, TracedArray], TracedArray]


@function(np.linalg.cholesky)
def cholesky(a: ArrayLike, /, *, upper: bool = False) -> TracedArray:
    """The triangular factor of symmetric positive definite matrices.

    Reads one triangle, as NumPy does. The gradient by `a` is symmetric, as in PyTorch. Where NumPy
    raises LinAlgError because a matrix is not positive definite, a traced factor is NaN from the
    first column that fails on, its last diagonal element included.

    Args:
        a: matrices (..., n, n); integers become float64.
        upper: whether to return u with u^T u = a, from the upper triangle, instead of l with
            l l^T = a, from the lower one.

    Returns:
        The factors (..., n, n), in the dtype of `a`.

    Raises:
        XformValueError: the matrices are not square.

    >>> cholesky(np.array([[4.0, 2.0], [2.0, 2.0]]))
    array([[2., 0.],
           [1., 1.]])
    """
    x = square(a, "cholesky")
    if upper:
        return primitives.cholesky(x.mT).mT
    return primitives.cholesky(x)


@extension("numpy.linalg", arrays=2)
def solve_triangular(
    a: ArrayLike,
    b: ArrayLike,
    *,
    lower: bool = False,
    transpose: bool = False,
    unit_diagonal: bool = False,
) -> TracedArray:
    """The solution x of a x = b for triangular a, of which the other triangle is not read.

    A zero on the diagonal gives infinities or NaN.

    Args:
        a: matrices (..., n, n).
        b: a vector (n,) or matrices (..., n, m).
        lower: whether `a` is lower triangular; else it is upper triangular.
        transpose: whether to solve a^T x = b instead.
        unit_diagonal: whether the diagonal counts as ones and is not read.

    Returns:
        x, (..., n) or (..., n, m), in the common floating dtype.

    Raises:
        XformValueError: the shapes do not fit.

    >>> np.asarray(solve_triangular(np.array([[2.0, 0.0], [1.0, 1.0]]), np.ones(2), lower=True))
    array([0.5, 0.5])
    """

    def solve(matrix: TracedArray, rhs: TracedArray) -> TracedArray:
        return primitives.triangular_solve(
            matrix,
            rhs,
            lower=bool(lower),
            transpose_a=bool(transpose),
            unit_diagonal=bool(unit_diagonal),
        )

    return on_systems(a, b, solve, "solve_triangular")


@extension("numpy.linalg", arrays=2)
def cho_solve(factor: ArrayLike, b: ArrayLike, *, upper: bool = False) -> TracedArray:
    """The solution x of a x = b, given the Cholesky factor of a.

    Args:
        factor: what `cholesky(a, upper=upper)` returned, (..., n, n).
        b: a vector (n,) or matrices (..., n, m).
        upper: whether the factor is the upper triangular one.

    Returns:
        x, (..., n) or (..., n, m), in the common floating dtype.

    Raises:
        XformValueError: the shapes do not fit.

    >>> np.asarray(cho_solve(np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([4.0, 2.0])))
    array([1., 0.])
    """
    return on_systems(
        factor, b, lambda matrix, rhs: solve_factored(matrix, rhs, upper), "cho_solve"
    )


def solve_factored(factor: TracedArray, b: TracedArray, upper: bool = False) -> TracedArray:
    """Both triangular solves of a Cholesky factor, for matrices `b` with its batch axes."""
    first = primitives.triangular_solve(factor, b, lower=not upper, transpose_a=upper)
    return primitives.triangular_solve(factor, first, lower=not upper, transpose_a=not upper)


def on_systems(
    a: ArrayLike, b: ArrayLike, solve: Solve, name: str, may_be_complex: bool = False
) -> TracedArray:
    """The solutions of systems, whose batch axes broadcast.

    Args:
        a: square matrices.
        b: right-hand sides, vectors or matrices.
        solve: takes matrices and right-hand sides of equal batch axes.
        name: the function that messages name.
        may_be_complex: whether `solve` takes complex ones.
    """
    matrix, rhs = common(name, a, b, may_be_complex=may_be_complex)
    matrix = square(matrix, name, may_be_complex)
    vector = rhs.ndim == 1
    rows = rhs.shape[-1 if vector else -2] if rhs.ndim else None
    if rows != matrix.shape[-1]:
        raise XformValueError(
            at_user_line(
                f"{name}: expected right-hand sides of {matrix.shape[-1]} rows for matrices of "
                f"shape {matrix.shape}, got shape {rhs.shape}"
            )
        )
    if vector:
        rhs = manipulation.expand_dims(rhs, -1)
    result = _on_matrices(matrix, rhs, solve)
    return manipulation.squeeze(result, -1) if vector else result


def _on_matrices(a: TracedArray, b: TracedArray, solve: Solve) -> TracedArray:
    if a.ndim == 2 and b.ndim > 2:
        # Many right-hand sides of one matrix are the columns of one.
        moved = manipulation.moveaxis(b, -2, 0)
        wide = primitives.reshape(moved, (moved.shape[0], math.prod(moved.shape[1:])))
        solved = primitives.reshape(solve(a, wide), moved.shape)
        return manipulation.moveaxis(solved, 0, -2)
    batch = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return solve(
        broadcast(a, (*batch, *a.shape[-2:])),
        broadcast(b, (*batch, *b.shape[-2:])),
    )
