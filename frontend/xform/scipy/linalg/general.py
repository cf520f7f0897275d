"""What is found by the eigenvalues of matrices that need not be symmetric, as far as they are real.

N. Higham, "Functions of Matrices", chapters 1 and 4.
"""

from __future__ import annotations

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...numpy import linalg
from ...numpy.dispatch import extension
from ...numpy.joining import concatenate
from ...numpy.linalg.general import real_ones
from ...numpy.linalg.matrices import common, square
from ...tracing.array import ArrayLike, TracedArray
from .exponential import expm
from .roots import logm


@extension("scipy.linalg", arrays=2)
def eig(
    a: ArrayLike,
    b: ArrayLike | None = None,
    left: bool = False,
    right: bool = True,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    homogeneous_eigvals: bool = False,
) -> tuple[TracedArray, ...] | TracedArray:
    """Eigenvalues w and eigenvectors of square matrices, a v = b v diag(w).

    Compiled functions have real numbers: what belongs to an eigenvalue that is not real is NaN.
    Derivatives are those of `xform.numpy.linalg.eig`.

    Args:
        a: matrices (..., n, n); integers become float64.
        b: invertible matrices (..., n, n), or None for the identity; axes before broadcast.
        left: whether vectors with u^T a = diag(w) u^T b are wanted.
        right: whether vectors v are wanted.
        overwrite_a, overwrite_b, check_finite: without effect.
        homogeneous_eigvals: must be false.

    Returns:
        w, (..., n) in no order, followed by u and v, (..., n, n) as columns of length 1, if they
        are wanted; w alone if none are.

    Raises:
        XformValueError: the matrices are not square or not of one size, or homogeneous eigenvalues
            are wanted.

    >>> import numpy as np
    >>> w, v = eig(np.array([[2.0, 1.0], [0.0, 3.0]]))
    >>> w.numpy().round(6)
    array([2., 3.])
    """
    w, wi, v, vi = _values(a, b, homogeneous_eigvals, "eig")
    found = [real_ones(w, wi)]
    if left:
        found.append(real_ones(_left(v, vi, b), wi[..., None, :]))
    if right:
        found.append(real_ones(v, wi[..., None, :]))
    return found[0] if len(found) == 1 else tuple(found)


def _values(
    a: ArrayLike, b: ArrayLike | None, homogeneous: bool, name: str
) -> tuple[TracedArray, TracedArray, TracedArray, TracedArray]:
    """The parts of eigenvalues and vectors of b^-1 a, as the primitive gives them."""
    if homogeneous:
        raise XformValueError(at_user_line(f"{name}: expected homogeneous_eigvals=False, got True"))
    if b is None:
        x = square(a, name)
    else:
        x, y = (square(m, name) for m in common(name, a, b))
        if x.shape[-1] != y.shape[-1]:
            raise XformValueError(
                at_user_line(f"{name}: expected matrices of one size, got {x.shape} and {y.shape}")
            )
        x = linalg.solve(y, x)
    w, wi, v, vi = primitives.eig(x)
    return w, wi, v, vi


def _left(v: TracedArray, vi: TracedArray, b: ArrayLike | None) -> TracedArray:
    """The rows of the inverse of v + i vi, and of that of b if there is one, as real columns."""
    # Of the real part of the inverse, only rows that belong to real vectors are read.
    n = v.shape[-1]
    parts = concatenate([concatenate([v, -vi], -1), concatenate([vi, v], -1)], -2)
    rows = linalg.inv(parts)[..., :n, :n]
    u = rows.mT if b is None else linalg.solve(square(b, "eig").mT, rows.mT)
    return u / linalg.vector_norm(u, axis=-2, keepdims=True)


@extension("scipy.linalg", arrays=2)
def eigvals(
    a: ArrayLike,
    b: ArrayLike | None = None,
    overwrite_a: bool = False,
    check_finite: bool = True,
    homogeneous_eigvals: bool = False,
) -> TracedArray:
    """Eigenvalues of square matrices, a v = b v diag(w); NaN for those that are not real.

    Args:
        a, b, overwrite_a, check_finite, homogeneous_eigvals: as for `eig`.

    Returns:
        (..., n) eigenvalues in no order.

    Raises:
        XformValueError: as for `eig`.

    >>> import numpy as np
    >>> eigvals(np.array([[2.0, 1.0], [0.0, 3.0]])).numpy().round(6)
    array([2., 3.])
    """
    w, wi, _, _ = _values(a, b, homogeneous_eigvals, "eigvals")
    return real_ones(w, wi)


@extension("scipy.linalg", arrays=1)
def schur(
    a: ArrayLike,
    output: str = "real",
    lwork: int | None = None,
    overwrite_a: bool = False,
    sort: None = None,
    check_finite: bool = True,
) -> tuple[TracedArray, TracedArray]:
    """The real Schur form, z t z^T = a with orthonormal z.

    Derivatives exist where all eigenvalues differ.

    Args:
        a: matrices (..., n, n); integers become float64.
        output: "real".
        lwork, overwrite_a, check_finite: without effect.
        sort: must be None.

    Returns:
        t and z, (..., n, n): t is an upper triangle but for blocks [a b; c a] of two rows on its
        diagonal, which have complex eigenvalues. NaN where a matrix is not finite.

    Raises:
        XformValueError: the matrices are not square, or an option is something else.

    >>> import numpy as np
    >>> t, z = schur(np.array([[0.0, 4.0], [1.0, 0.0]]))
    >>> np.sort(np.diag(t.numpy())).round(6)
    array([-2.,  2.])
    """
    if output not in ("real", "r"):
        raise XformValueError(at_user_line(f"schur: expected output 'real', got {output!r}"))
    if sort is not None:
        raise XformValueError(at_user_line(f"schur: expected sort=None, got {sort!r}"))
    t, z = primitives.schur(square(a, "schur"))
    return t, z


@extension("scipy.linalg", arrays=1)
def fractional_matrix_power(A: ArrayLike, t: ArrayLike) -> TracedArray:  # noqa: N803 - SciPy's name
    """Powers of matrices that have no eigenvalue on the negative real axis.

    Args:
        A: matrices (..., n, n); integers become float64.
        t: the exponent, a number.

    Returns:
        (..., n, n). NaN where the principal power is complex or does not exist.

    Raises:
        XformValueError: the matrices are not square.

    >>> import numpy as np
    >>> fractional_matrix_power(np.diag([4.0, 9.0]), 1.5).numpy().round(6)
    array([[ 8.,  0.],
           [ 0., 27.]])
    """
    x = square(A, "fractional_matrix_power")
    return linalg.matrix_power(x, t) if isinstance(t, int) else expm(logm(x) * t)


__all__ = ["eig", "eigvals", "fractional_matrix_power", "schur"]
