"""Cholesky factors, and systems whose matrix is triangular or a product of such factors."""

from __future__ import annotations

from typing import Any

from ...errors import XformValueError, at_user_line
from ...numpy import linalg
from ...numpy.arguments import explained
from ...numpy.dispatch import extension
from ...tracing.array import ArrayLike, TracedArray

_TRANSPOSED = {0: False, "N": False, 1: True, "T": True, 2: True, "C": True}


def is_transposed(trans: Any, name: str) -> bool:
    """Whether `trans` asks for systems of the transposed matrix; real ones are conjugate already.

    Raises:
        XformValueError: it is none of SciPy's values.
    """
    found = _TRANSPOSED.get(trans) if isinstance(trans, int | str) else None
    if found is None:
        raise XformValueError(
            at_user_line(f"{name}: unknown trans {trans!r}; expected 0, 'N', 1, 'T', 2 or 'C'")
        )
    return found


@extension("scipy.linalg", arrays=2)
def solve_triangular(
    a: ArrayLike,
    b: ArrayLike,
    trans: int | str = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> TracedArray:
    """The solution x of a x = b for triangular a, of which the other triangle is not read.

    A zero on the diagonal gives infinities or NaN.

    Args:
        a: matrices (..., n, n).
        b: a vector (n,) or matrices (..., n, m); the axes before broadcast.
        trans: 0 or "N" for a x = b; 1, 2, "T" or "C" for a^T x = b.
        lower: whether `a` is lower triangular; else it is upper triangular.
        unit_diagonal: whether the diagonal counts as ones and is not read.
        overwrite_b, check_finite: without effect.

    Returns:
        x, (..., n) or (..., n, m), in the common floating dtype.

    Raises:
        XformValueError: the shapes do not fit, or `trans` is unknown.

    >>> import numpy as np
    >>> solve_triangular(np.array([[2.0, 0.0], [1.0, 1.0]]), np.ones(2), lower=True).numpy()
    array([0.5, 0.5])
    """
    transpose = is_transposed(trans, "solve_triangular")
    return linalg.solve_triangular(
        a, b, lower=bool(lower), transpose=transpose, unit_diagonal=bool(unit_diagonal)
    )


@extension("scipy.linalg")
def cholesky(
    a: ArrayLike, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> TracedArray:
    """The triangular factor of symmetric positive definite matrices.

    It is NaN where a matrix is not positive definite. The gradient by `a` is symmetric.

    Args:
        a: matrices (..., n, n); integers become float64.
        lower: whether to return l with l l^T = a, from the lower triangle of `a`, instead of u
            with u^T u = a, from the upper one.
        overwrite_a, check_finite: without effect.

    Returns:
        The factors (..., n, n), in the dtype of `a`.

    Raises:
        XformValueError: the matrices are not square.

    >>> import numpy as np
    >>> cholesky(np.array([[4.0, 2.0], [2.0, 2.0]])).numpy()
    array([[2., 1.],
           [0., 1.]])
    """
    factor: TracedArray = linalg.cholesky(a, upper=not lower)
    return factor


@explained
def cho_factor(
    a: ArrayLike, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> tuple[TracedArray, bool]:
    """The Cholesky factor of symmetric positive definite matrices, for `cho_solve`.

    Args:
        a: matrices (..., n, n); integers become float64.
        lower: whether to read the lower triangle and return a lower triangular factor.
        overwrite_a, check_finite: without effect.

    Returns:
        The factors (..., n, n), whose other triangle is 0, and `lower`.

    Raises:
        XformValueError: the matrices are not square.

    >>> import numpy as np
    >>> factor, lower = cho_factor(np.array([[4.0, 2.0], [2.0, 2.0]]), lower=True)
    >>> factor.numpy()
    array([[2., 0.],
           [1., 1.]])
    """
    return cholesky(a, bool(lower)), bool(lower)


@extension("scipy.linalg", arrays=2)
def _cho_solve(c: ArrayLike, b: ArrayLike, *, lower: bool) -> TracedArray:
    return linalg.cho_solve(c, b, upper=not lower)


@explained
def cho_solve(
    c_and_lower: tuple[ArrayLike, bool],
    b: ArrayLike,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> TracedArray:
    """The solution x of a x = b, given the Cholesky factor of a.

    Args:
        c_and_lower: what `cho_factor` returned.
        b: a vector (n,) or matrices (..., n, m); the axes before broadcast.
        overwrite_b, check_finite: without effect.

    Returns:
        x, (..., n) or (..., n, m), in the common floating dtype.

    Raises:
        XformValueError: the shapes do not fit.

    >>> import numpy as np
    >>> cho_solve((np.array([[2.0, 0.0], [1.0, 1.0]]), True), np.array([4.0, 2.0])).numpy()
    array([1., 0.])
    """
    c, lower = c_and_lower
    return _cho_solve(c, b, lower=bool(lower))


__all__ = ["cho_factor", "cho_solve", "cholesky", "solve_triangular"]
