"""Square roots, logarithms and signs of matrices, by Newton's iterations.

N. Higham, "Functions of Matrices", chapters 5, 6 and 11: the root by the product form of Denman and
Beavers's iteration, the sign by Newton's, both scaled by determinants; and the logarithm by roots
until the matrix is close to the identity, and there the diagonal Padé approximant as a sum of
partial fractions, whose poles are those of the Gauss-Legendre rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ...numpy import contraction, linalg, reductions, ufuncs
from ...numpy.creation import eye
from ...numpy.dispatch import extension
from ...numpy.linalg.matrices import square
from ...numpy.promotion import INT32, array, constant
from ...numpy.selection import where
from ...tracing.array import ArrayLike, TracedArray
from ...transforms.gradient_stop import stop_gradient
from ...transforms.loops import while_loop
from .frechet import Iteration, derivative

# Below this distance from its limit an iteration needs no scaling, and converges quadratically:
# so three steps more have all digits. One more does so for each derivative, whose error is
# multiplied by that of the values.
_CLOSE: Final = 1e-2
_STEPS_WHEN_CLOSE: Final = 3
# Scaled iterations take about ten; what has not converged after this many never will.
_MOST_STEPS: Final = 60
_MOST_ROOTS: Final = 100
# By the size of the dtype: the degree of the approximant of log(1 + x), which up to a 1-norm of
# `_NEAR` has all digits, with two degrees to spare for derivatives (Higham's table 11.1).
_DEGREES: Final = {8: 10, 4: 6}
_NEAR: Final = 0.34


def _norm(a: TracedArray) -> TracedArray:
    return reductions.max(reductions.sum(ufuncs.absolute(a), -2), -1)


def _halved(a: TracedArray) -> tuple[TracedArray, TracedArray]:
    """One matrix with elements of about 1, and how often 4 was taken out of it.

    So determinants do not leave the range of the dtype.
    """
    _, exponent = ufuncs.frexp(_norm(stop_gradient(a)))
    quarters = ufuncs.floor_divide(array(exponent, INT32), 2)
    one = constant((), a.dtype, 1.0)
    return a * ufuncs.ldexp(one, ufuncs.multiply(quarters, -2)), quarters


def _scale(a: TracedArray, distance: TracedArray, power: float) -> TracedArray:
    """A power of what the eigenvalues of a matrix are like, while it is far from the limit."""
    logarithm = linalg.slogdet(stop_gradient(a))[1]
    scale = ufuncs.exp(ufuncs.multiply(logarithm, power / a.shape[-1]))
    return where(ufuncs.less(distance, _CLOSE), constant((), a.dtype, 1), scale)


def _limit(
    step: Callable[[Any, TracedArray], Any],
    distance: Callable[[Any], TracedArray],
    start: Any,
    order: int,
) -> Any:
    """The arrays that an iteration converges to, the first of them; NaN if it does not.

    Args:
        step: takes the arrays and their distance from the limit.
        distance: of the arrays, relative to them.
        start: the arrays to begin with.
        order: how many times the steps are differentiated.
    """
    wanted = _STEPS_WHEN_CLOSE + order

    def goes_on(state: Any) -> TracedArray:
        count, close, far, _ = state
        unsettled = ufuncs.logical_and(ufuncs.less(close, wanted), ufuncs.isfinite(far))
        return ufuncs.logical_and(unsettled, ufuncs.less(count, _MOST_STEPS))

    def onward(state: Any) -> Any:
        count, close, far, arrays = state
        following = step(arrays, far)
        is_close = ufuncs.less(far, _CLOSE)
        close = where(is_close, ufuncs.add(close, 1), constant((), INT32, 0))
        return ufuncs.add(count, 1), close, stop_gradient(distance(following)), following

    zero = constant((), INT32, 0)
    begin = (zero, zero, stop_gradient(distance(start)), start)
    _, close, _, arrays = while_loop(goes_on, onward, begin)
    found = arrays[0]
    return where(ufuncs.less(close, wanted), constant((), found.dtype, np.nan), found)


def _root(a: TracedArray, order: int) -> TracedArray:
    """The square root of one matrix: the limit of x, while m = x^2 a^-1 tends to 1."""
    a, quarters = _halved(a)
    one = eye(a.shape[-1], dtype=a.dtype)

    def step(arrays: Any, distance: TracedArray) -> Any:
        x, m = arrays
        scale = _scale(m, distance, -0.5)
        squared = ufuncs.square(scale)
        inverse = linalg.inv(m) / squared
        half = ufuncs.multiply(scale, 0.5)
        following = ufuncs.multiply(one + ufuncs.multiply(m * squared + inverse, 0.5), 0.5)
        return ufuncs.multiply(contraction.matmul(x, one + inverse), half), following

    root = _limit(step, lambda arrays: _norm(arrays[1] - one), (a, a), order)
    return ufuncs.multiply(root, ufuncs.ldexp(constant((), a.dtype, 1.0), quarters))


def _sign(a: TracedArray, order: int) -> TracedArray:
    """The sign of one matrix."""
    a, _ = _halved(a)

    def step(arrays: Any, distance: TracedArray) -> Any:
        x, inverse = arrays
        scale = _scale(x, distance, -1.0)
        following = ufuncs.multiply(x * scale + inverse / scale, 0.5)
        return following, linalg.inv(following)

    def distance(arrays: Any) -> TracedArray:
        x, inverse = arrays
        return ufuncs.divide(_norm(x - inverse), _norm(x))

    return _limit(step, distance, (a, linalg.inv(a)), order)  # type: ignore[no-any-return]


def _logarithm(a: TracedArray, order: int) -> TracedArray:
    """The logarithm of one matrix."""
    one = eye(a.shape[-1], dtype=a.dtype)

    def goes_on(state: Any) -> TracedArray:
        count, x = state
        far = ufuncs.greater(_norm(stop_gradient(x) - one), _NEAR)
        return ufuncs.logical_and(far, ufuncs.less(count, _MOST_ROOTS))

    def rooted(state: Any) -> Any:
        count, x = state
        return ufuncs.add(count, 1), _root(x, order)

    count, near = while_loop(goes_on, rooted, (constant((), INT32, 0), a))
    nodes, weights = np.polynomial.legendre.leggauss(_DEGREES[a.dtype.itemsize])
    x = near - one
    poles, parts = (
        array(values, a.dtype)[:, None, None] for values in ((nodes + 1) / 2, weights / 2)
    )
    fractions = linalg.solve(one + ufuncs.multiply(poles, x), ufuncs.multiply(parts, x))
    scale = ufuncs.ldexp(constant((), a.dtype, 1.0), count)
    return ufuncs.multiply(reductions.sum(fractions, 0), scale)


@extension("scipy.linalg")
def sqrtm(A: ArrayLike) -> TracedArray:  # noqa: N803 - SciPy's name
    """The principal square root of square matrices, with derivatives of every order.

    Args:
        A: matrices (..., n, n); integers become float64.

    Returns:
        The roots (..., n, n), whose eigenvalues have positive real parts. NaN where a matrix is
        singular, has a negative eigenvalue, so that the root is complex, or is not finite.

    Raises:
        XformValueError: the matrices are not square.

    >>> import numpy as np
    >>> sqrtm(np.array([[4.0, 5.0], [0.0, 9.0]])).numpy().round(6)
    array([[2., 1.],
           [0., 3.]])
    """
    return derivative(Iteration(_root), square(A, "sqrtm"))


@extension("scipy.linalg")
def logm(A: ArrayLike) -> TracedArray:  # noqa: N803
    """The principal logarithm of square matrices, with derivatives of every order.

    Args:
        A: matrices (..., n, n); integers become float64.

    Returns:
        The logarithms (..., n, n), whose eigenvalues have imaginary parts between -pi and pi. NaN
        where a matrix is singular, has a negative eigenvalue, so that the logarithm is complex, or
        is not finite.

    Raises:
        XformValueError: the matrices are not square.

    >>> import numpy as np
    >>> logm(np.array([[1.0, 3.0], [0.0, 1.0]])).numpy().round(6)
    array([[0., 3.],
           [0., 0.]])
    """
    return derivative(Iteration(_logarithm), square(A, "logm"))


@extension("scipy.linalg")
def signm(A: ArrayLike) -> TracedArray:  # noqa: N803
    """The sign of square matrices: each eigenvalue becomes the sign of its real part.

    Args:
        A: matrices (..., n, n); integers become float64.

    Returns:
        The signs (..., n, n), with derivatives of every order. NaN where the real part of an
        eigenvalue is 0, or a matrix is not finite.

    Raises:
        XformValueError: the matrices are not square.

    >>> import numpy as np
    >>> signm(np.array([[3.0, 5.0], [0.0, -2.0]])).numpy().round(6)
    array([[ 1.,  2.],
           [ 0., -1.]])
    """
    return derivative(Iteration(_sign), square(A, "signm"))


__all__ = ["logm", "signm", "sqrtm"]
