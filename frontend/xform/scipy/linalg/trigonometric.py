"""Circular and hyperbolic functions of matrices, by exponentials of real ones.

The exponential of the matrix with blocks 0, -a, a and 0 has blocks cos(a), -sin(a), sin(a) and
cos(a), as that of a complex number has (N. Higham, "Functions of Matrices", chapter 12).
"""

from __future__ import annotations

from ...numpy import joining, linalg, ufuncs
from ...numpy.dispatch import extension
from ...numpy.linalg.matrices import square
from ...tracing.array import ArrayLike, TracedArray
from .exponential import expm


def _cos_and_sin(a: TracedArray) -> tuple[TracedArray, TracedArray]:
    n = a.shape[-1]
    zeros = ufuncs.multiply(a, 0.0)
    upper = joining.concatenate([zeros, ufuncs.negative(a)], -1)
    lower = joining.concatenate([a, zeros], -1)
    left = expm(joining.concatenate([upper, lower], -2))[..., :n]
    return left[..., :n, :], left[..., n:, :]


def _exponentials(a: TracedArray) -> tuple[TracedArray, TracedArray]:
    """Halves of the exponentials of the matrices and of their negatives."""
    return ufuncs.multiply(expm(a), 0.5), ufuncs.multiply(expm(ufuncs.negative(a)), 0.5)


@extension("scipy.linalg")
def cosm(A: ArrayLike) -> TracedArray:  # noqa: N803 - SciPy's name
    """The cosine of square matrices.

    Args:
        A: matrices (..., n, n); integers become float64.

    Raises:
        XformValueError: the matrices are not square.

    >>> import numpy as np
    >>> cosm(np.zeros((2, 2))).numpy()
    array([[1., 0.],
           [0., 1.]])
    """
    return _cos_and_sin(square(A, "cosm"))[0]


@extension("scipy.linalg")
def sinm(A: ArrayLike) -> TracedArray:  # noqa: N803
    """The sine of square matrices, as for `cosm`."""
    return _cos_and_sin(square(A, "sinm"))[1]


@extension("scipy.linalg")
def tanm(A: ArrayLike) -> TracedArray:  # noqa: N803
    """The tangent of square matrices, as for `cosm`: the sine divided by the cosine."""
    cos, sin = _cos_and_sin(square(A, "tanm"))
    return linalg.solve(cos, sin)


@extension("scipy.linalg")
def coshm(A: ArrayLike) -> TracedArray:  # noqa: N803
    """The hyperbolic cosine of square matrices, as for `cosm`."""
    growing, falling = _exponentials(square(A, "coshm"))
    return ufuncs.add(growing, falling)


@extension("scipy.linalg")
def sinhm(A: ArrayLike) -> TracedArray:  # noqa: N803
    """The hyperbolic sine of square matrices, as for `cosm`."""
    growing, falling = _exponentials(square(A, "sinhm"))
    return ufuncs.subtract(growing, falling)


@extension("scipy.linalg")
def tanhm(A: ArrayLike) -> TracedArray:  # noqa: N803
    """The hyperbolic tangent of square matrices, as for `cosm`."""
    growing, falling = _exponentials(square(A, "tanhm"))
    return linalg.solve(ufuncs.add(growing, falling), ufuncs.subtract(growing, falling))


__all__ = ["coshm", "cosm", "sinhm", "sinm", "tanhm", "tanm"]
