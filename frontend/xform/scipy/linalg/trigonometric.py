"""Circular and hyperbolic functions of matrices, by exponentials of real ones.

The exponential of the matrix with blocks 0, -a, a and 0 has blocks cos(a), -sin(a), sin(a) and
cos(a), as that of a complex number has (N. Higham, "Functions of Matrices", chapter 12). Without
the minus it has the hyperbolic ones. Its blocks are computed side by side and never subtracted, so
that the sine of a small matrix has all its digits.
"""

from __future__ import annotations

from ...numpy import joining, linalg, ufuncs
from ...numpy.dispatch import extension
from ...numpy.linalg.matrices import square
from ...tracing.array import ArrayLike, TracedArray
from .exponential import expm


def _even_and_odd(a: TracedArray, corner: TracedArray) -> tuple[TracedArray, TracedArray]:
    """The left blocks of the exponential of the matrix with blocks 0, `corner`, a and 0."""
    n = a.shape[-1]
    zeros = ufuncs.multiply(a, 0.0)
    upper = joining.concatenate([zeros, corner], -1)
    lower = joining.concatenate([a, zeros], -1)
    left = expm(joining.concatenate([upper, lower], -2))[..., :n]
    return left[..., :n, :], left[..., n:, :]


def _cos_and_sin(a: TracedArray) -> tuple[TracedArray, TracedArray]:
    return _even_and_odd(a, ufuncs.negative(a))


def _cosh_and_sinh(a: TracedArray) -> tuple[TracedArray, TracedArray]:
    return _even_and_odd(a, a)


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
    return _cosh_and_sinh(square(A, "coshm"))[0]


@extension("scipy.linalg")
def sinhm(A: ArrayLike) -> TracedArray:  # noqa: N803
    """The hyperbolic sine of square matrices, as for `cosm`."""
    return _cosh_and_sinh(square(A, "sinhm"))[1]


@extension("scipy.linalg")
def tanhm(A: ArrayLike) -> TracedArray:  # noqa: N803
    """The hyperbolic tangent of square matrices, as for `cosm`."""
    cosh, sinh = _cosh_and_sinh(square(A, "tanhm"))
    return linalg.solve(cosh, sinh)


__all__ = ["coshm", "cosm", "sinhm", "sinm", "tanhm", "tanm"]
