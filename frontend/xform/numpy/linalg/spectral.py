"""Eigenvalues and eigenvectors of symmetric matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.linalg._linalg import EighResult

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...tracing.array import ArrayLike, TracedArray
from ..dispatch import function
from .matrices import square


@function(np.linalg.eigh)
def eigh(a: ArrayLike, UPLO: str = "L") -> EighResult:  # noqa: N803 - NumPy's name
    """Eigenvalues and orthonormal eigenvectors of symmetric matrices.

    The gradient by `a` is symmetric. Derivatives of eigenvectors are those that exist where all
    eigenvalues differ. Of equal eigenvalues (up to rounding) each choice of vectors is as good as
    another, and none is turned into another by a tangent: so what does not depend on the choice,
    as a projector on all of them or the sum of a function of all eigenvalues, has its right
    derivative. A matrix function `v @ diag(f(w)) @ v.T` has not, as its derivative there also
    needs that of `f`; `xform.scipy.linalg` has `funmh` for it, and those that are often wanted.

    Args:
        a: matrices (..., n, n), of which one triangle is read; integers become float64.
        UPLO: "L" for the lower triangle, "U" for the upper one.

    Returns:
        The pair (eigenvalues, eigenvectors) as NumPy's named tuple: (..., n) in ascending order,
        and (..., n, n), whose columns belong to them. NaN where a matrix is not finite.

    Raises:
        XformValueError: the matrices are not square, or `UPLO` is something else.

    >>> w, v = eigh(np.array([[2.0, 1.0], [1.0, 2.0]]))
    >>> np.round(np.asarray(w), 6)
    array([1., 3.])
    """
    w, v = primitives.eigh(_lower(a, UPLO, "eigh"))
    return _named(w, v)


@function(np.linalg.eigvalsh)
def eigvalsh(a: ArrayLike, UPLO: str = "L") -> TracedArray:  # noqa: N803 - NumPy's name
    """Eigenvalues of symmetric matrices in ascending order.

    Args:
        a: as for `eigh`.
        UPLO: as for `eigh`.

    Returns:
        (..., n) eigenvalues.

    Raises:
        XformValueError: the matrices are not square, or `UPLO` is something else.

    >>> np.round(np.asarray(eigvalsh(np.array([[2.0, 1.0], [1.0, 2.0]]))), 6)
    array([1., 3.])
    """
    w, _ = primitives.eigh(_lower(a, UPLO, "eigvalsh"))
    return w


def _lower(a: ArrayLike, triangle: str, name: str) -> TracedArray:
    """The matrices, with what is to be read in the lower triangle."""
    x = square(a, name)
    if not isinstance(triangle, str) or triangle.upper() not in ("L", "U"):
        raise XformValueError(at_user_line(f"{name}: expected UPLO 'L' or 'U', got {triangle!r}"))
    return x if triangle.upper() == "L" else x.mT


def _named(w: Any, v: Any) -> EighResult:
    return EighResult(w, v)
