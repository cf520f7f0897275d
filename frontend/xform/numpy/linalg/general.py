"""Eigenvalues and eigenvectors of matrices that need not be symmetric, as far as they are real."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.linalg._linalg import EigResult

from ... import primitives
from ...tracing.array import ArrayLike, TracedArray
from .. import ufuncs
from ..dispatch import function
from ..promotion import constant
from ..selection import where
from .matrices import square


@function(np.linalg.eig)
def eig(a: ArrayLike) -> EigResult:
    """Eigenvalues and eigenvectors of square matrices.

    Compiled functions have real numbers: what belongs to an eigenvalue that is not real is NaN,
    where NumPy gives complex numbers. Derivatives exist where all eigenvalues differ; of equal ones
    (up to rounding) no vector is turned into another by a tangent, and where there are fewer
    vectors than values, derivatives are not finite.

    Args:
        a: matrices (..., n, n); integers become float64.

    Returns:
        The pair (eigenvalues, eigenvectors) as NumPy's named tuple: (..., n) in no order, and
        (..., n, n), whose columns belong to them and have length 1. NaN where a matrix is not
        finite.

    Raises:
        XformValueError: the matrices are not square.

    >>> w, v = eig(np.array([[2.0, 1.0], [0.0, 3.0]]))
    >>> np.round(np.asarray(w), 6)
    array([2., 3.])
    """
    w, wi, v, _ = primitives.eig(square(a, "eig"))
    return _named(real_ones(w, wi), real_ones(v, wi[..., None, :]))


@function(np.linalg.eigvals)
def eigvals(a: ArrayLike) -> TracedArray:
    """Eigenvalues of square matrices; NaN for those that are not real.

    Args:
        a: matrices (..., n, n); integers become float64.

    Returns:
        (..., n) eigenvalues in no order.

    Raises:
        XformValueError: the matrices are not square.

    >>> np.round(np.asarray(eigvals(np.array([[2.0, 1.0], [0.0, 3.0]]))), 6)
    array([2., 3.])
    """
    w, wi, _, _ = primitives.eig(square(a, "eigvals"))
    return real_ones(w, wi)


def real_ones(x: TracedArray, imaginary: TracedArray) -> TracedArray:
    """What belongs to real eigenvalues; NaN for others."""
    return where(ufuncs.equal(imaginary, 0), x, constant((), x.dtype, np.nan))


def _named(w: Any, v: Any) -> EigResult:
    return EigResult(w, v)
