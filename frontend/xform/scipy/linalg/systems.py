"""Solutions, inverses and determinants of matrices.

SciPy looks at the elements of a matrix to find its structure when it is told none. What is traced
has none to look at, so a matrix of which nothing is said is general.
"""

from __future__ import annotations

from typing import Any, Final

from ...errors import XformValueError, at_user_line
from ...numpy import joining, linalg, manipulation
from ...numpy.creation import eye
from ...numpy.dispatch import extension
from ...numpy.linalg.matrices import square, symmetric
from ...numpy.linalg.triangular import on_systems
from ...numpy.promotion import broadcast
from ...tracing.array import ArrayLike, TracedArray
from .band_matrices import padded
from .banded import solve_banded

# A matrix with few diagonals is solved as a general one, as how many is not known.
_KINDS: Final[dict[Any, str]] = {
    None: "general",
    "banded": "general",
    "gen": "general",
    "her": "symmetric",
    "hermitian": "symmetric",
    "pos": "positive definite",
    "sym": "symmetric",
    **{
        kind: kind
        for kind in (
            "diagonal",
            "general",
            "lower triangular",
            "positive definite",
            "symmetric",
            "tridiagonal",
            "upper triangular",
        )
    },
}


def _kind(assume_a: Any, name: str) -> str:
    found = _KINDS.get(assume_a) if assume_a is None or isinstance(assume_a, str) else None
    if found is None:
        known = ", ".join(repr(kind) for kind in _KINDS if kind is not None)
        raise XformValueError(
            at_user_line(f"{name}: unknown assume_a {assume_a!r}; expected None or one of {known}")
        )
    return found


def _solve_tridiagonal(a: TracedArray, b: TracedArray) -> TracedArray:
    above, on, below = (manipulation.diagonal(a, k, -2, -1) for k in (1, 0, -1))
    first, last = padded(above, -1, 1, 0), padded(below, -1, 0, 1)
    return solve_banded((1, 1), joining.stack([first, on, last], -2), b)


def _solved(a: TracedArray, b: TracedArray, kind: str, lower: bool) -> TracedArray:
    if kind == "symmetric":
        return linalg.solve(symmetric(a, lower), b)
    if kind == "positive definite":
        return linalg.solve(a if lower else a.mT, b, assume_a=kind)
    if kind == "tridiagonal" and a.shape[-1] > 1:
        return _solve_tridiagonal(a, b)
    return linalg.solve(a, b, assume_a="diagonal" if kind == "tridiagonal" else kind)


@extension("scipy.linalg", arrays=2)
def solve(
    a: ArrayLike,
    b: ArrayLike,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: str | None = None,
    transposed: bool = False,
) -> TracedArray:
    """The solution x of a x = b.

    A singular matrix gives infinities or NaN.

    Args:
        a: matrices (..., n, n).
        b: a vector (n,) or matrices (..., n, m); the axes before broadcast.
        lower: which triangle of symmetric and positive definite matrices is read.
        overwrite_a, overwrite_b, check_finite: without effect.
        assume_a: what the matrices are: "general", as None is, "diagonal", "tridiagonal", "upper
            triangular", "lower triangular", "symmetric" or "positive definite", of which only the
            elements are read that it speaks of; SciPy's short forms and "hermitian" are the same.
            "banded" is solved as general; `solve_banded` is told the number of diagonals.
        transposed: whether to solve a^T x = b.

    Returns:
        x, (..., n) or (..., n, m), in the common floating dtype.

    Raises:
        XformValueError: the shapes do not fit, or `assume_a` is unknown.

    >>> import numpy as np
    >>> solve(np.array([[4.0, 2.0], [0.0, 2.0]]), np.array([4.0, 2.0]), assume_a="pos").numpy()
    array([1., 0.])
    """
    kind = _kind(assume_a, "solve")

    def solved(matrix: TracedArray, rhs: TracedArray) -> TracedArray:
        if transposed and kind in ("general", "tridiagonal"):
            return _solved(matrix.mT, rhs, kind, lower)
        if transposed and kind.endswith("triangular"):
            other = "lower triangular" if kind.startswith("upper") else "upper triangular"
            return _solved(matrix.mT, rhs, other, lower)
        return _solved(matrix, rhs, kind, lower)

    return on_systems(a, b, solved, "solve")


@extension("scipy.linalg")
def inv(
    a: ArrayLike,
    overwrite_a: bool = False,
    check_finite: bool = True,
    *,
    assume_a: str | None = None,
    lower: bool = False,
) -> TracedArray:
    """The inverses of matrices; to solve systems, `solve` is faster and more accurate.

    A singular matrix gives infinities or NaN.

    Args:
        a: matrices (..., n, n).
        overwrite_a, check_finite: without effect.
        assume_a: as for `solve`.
        lower: which triangle of symmetric and positive definite matrices is read.

    Returns:
        The inverses (..., n, n).

    Raises:
        XformValueError: the matrices are not square, or `assume_a` is unknown.

    >>> import numpy as np
    >>> inv(np.array([[2.0, 0.0], [1.0, 1.0]]), assume_a="lower triangular").numpy()
    array([[ 0.5,  0. ],
           [-0.5,  1. ]])
    """
    kind = _kind(assume_a, "inv")
    x = square(a, "inv")
    if kind == "general":
        return linalg.inv(x)
    return _solved(x, broadcast(eye(x.shape[-1], dtype=x.dtype), x.shape), kind, lower)


@extension("scipy.linalg")
def det(a: ArrayLike, overwrite_a: bool = False, check_finite: bool = True) -> TracedArray:
    """The determinants of matrices.

    Args:
        a: matrices (..., n, n).
        overwrite_a, check_finite: without effect.

    Returns:
        The determinants (...).

    Raises:
        XformValueError: the matrices are not square.

    >>> import numpy as np
    >>> round(float(det(np.array([[4.0, 2.0], [2.0, 2.0]]))), 6)
    4.0
    """
    return linalg.det(a)


__all__ = ["det", "inv", "solve"]
