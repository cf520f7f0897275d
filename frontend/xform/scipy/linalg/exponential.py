"""The exponential of matrices, and its derivatives.

A matrix is halved until its 1-norm is below a bound, a quotient of polynomials is taken there, and
squared as often (N. Higham, "The scaling and squaring method for the matrix exponential
revisited", SIAM J. Matrix Anal. Appl. 26, 2005). How often is found out while the program runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from ...errors import XformValueError, at_user_line
from ...numpy import contraction, linalg, reductions, ufuncs
from ...numpy.creation import eye
from ...numpy.dispatch import extension
from ...numpy.linalg.matrices import common, square
from ...numpy.promotion import INT32, array, constant
from ...numpy.selection import where
from ...tracing.array import ArrayLike, TracedArray
from ...transforms.gradient_stop import stop_gradient
from ...transforms.loops import while_loop
from .frechet import Iteration, derivative

# By the size of the dtype: the degree of numerator and denominator, and the 1-norm up to which
# their quotient has all digits (Higham's table 2.3).
_PADE: Final = {8: (13, 5.371920351148152), 4: (7, 3.925724783138660)}


def _coefficients(degree: int) -> list[float]:
    """Those of the numerator of the diagonal Padé approximant, times what makes them integers.

    >>> _coefficients(3)
    [120.0, 60.0, 12.0, 1.0]
    """
    choose, factorial = math.comb, math.factorial
    return [
        float(choose(degree, i) * factorial(2 * degree - i) // factorial(degree))
        for i in range(degree + 1)
    ]


def _exponential(a: TracedArray, _: int) -> TracedArray:
    """The exponential of one matrix, by steps whose number the derivatives do not change."""
    degree, bound = _PADE[a.dtype.itemsize]
    norm = reductions.max(reductions.sum(ufuncs.absolute(stop_gradient(a)), 0))
    exponent = ufuncs.frexp(norm / bound)[1]
    finite = ufuncs.logical_and(ufuncs.isfinite(norm), ufuncs.greater(exponent, 0))
    halvings = where(finite, array(exponent, INT32), 0)
    one = constant((), a.dtype, 1.0)
    scaled = ufuncs.multiply(a, ufuncs.ldexp(one, ufuncs.negative(halvings)))

    matmul = contraction.matmul
    powers = [eye(a.shape[-1], dtype=a.dtype), matmul(scaled, scaled)]
    powers += [matmul(powers[1], powers[1])]
    powers += [matmul(powers[1], powers[2])]

    def polynomial(coefficients: Sequence[float]) -> TracedArray:
        """That in the square of the matrix, the lowest power first."""
        low, high = coefficients[:4], coefficients[4:]
        terms: TracedArray = sum(ufuncs.multiply(p, c) for p, c in zip(powers, low, strict=False))  # type: ignore[assignment]
        if not high:
            return terms
        shifted = zip(powers[1:], high, strict=True)
        rest: TracedArray = sum(ufuncs.multiply(p, c) for p, c in shifted)  # type: ignore[assignment]
        return terms + matmul(powers[3], rest)

    coefficients = _coefficients(degree)
    even, odd = polynomial(coefficients[::2]), matmul(scaled, polynomial(coefficients[1::2]))
    quotient = linalg.solve(even - odd, even + odd)

    def goes_on(state: tuple[TracedArray, TracedArray]) -> TracedArray:
        return ufuncs.greater(state[0], 0)

    def squared(state: tuple[TracedArray, TracedArray]) -> tuple[TracedArray, TracedArray]:
        left, x = state
        return ufuncs.subtract(left, 1), matmul(x, x)

    return while_loop(goes_on, squared, (halvings, quotient))[1]  # type: ignore[no-any-return]


@extension("scipy.linalg")
def expm(A: ArrayLike) -> TracedArray:  # noqa: N803 - SciPy's name
    """The exponential of square matrices, with derivatives of every order.

    Args:
        A: matrices (..., n, n); integers become float64.

    Returns:
        The exponentials (..., n, n).

    Raises:
        XformValueError: the matrices are not square.

    >>> import numpy as np
    >>> expm(np.array([[0.0, 2.0], [0.0, 0.0]])).numpy()
    array([[1., 2.],
           [0., 1.]])
    """
    return derivative(Iteration(_exponential), square(A, "expm"))


@extension("scipy.linalg", arrays=2)
def expm_frechet(
    A: ArrayLike,  # noqa: N803 - SciPy's names
    E: ArrayLike,  # noqa: N803
    method: str | None = None,
    compute_expm: bool = True,
    check_finite: bool = True,
) -> TracedArray | tuple[TracedArray, TracedArray]:
    """The derivative of the exponential of matrices along others.

    Args:
        A: matrices (..., n, n).
        E: the directions (..., n, n); the axes before broadcast.
        method: None, "SPS" or "blockEnlarge", which are computed alike.
        compute_expm: whether to return the exponential as well.
        check_finite: without effect.

    Returns:
        The exponentials and the derivatives, or these alone.

    Raises:
        XformValueError: the matrices are not square or of different sizes, or an unknown method.

    >>> import numpy as np
    >>> zeros, direction = np.zeros((2, 2)), np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> expm_frechet(zeros, direction, compute_expm=False).numpy()
    array([[1., 2.],
           [3., 4.]])
    """
    if method not in (None, "SPS", "blockEnlarge"):
        raise XformValueError(
            at_user_line(
                f"expm_frechet: unknown method {method!r}; expected None, 'SPS' or 'blockEnlarge'"
            )
        )
    a, e = (square(x, "expm_frechet") for x in common("expm_frechet", A, E))
    if a.shape[-1] != e.shape[-1]:
        raise XformValueError(
            at_user_line(
                f"expm_frechet: expected matrices of one size, got shapes {a.shape} and {e.shape}"
            )
        )
    along = derivative(Iteration(_exponential), a, e)
    return (derivative(Iteration(_exponential), a), along) if compute_expm else along


__all__ = ["expm", "expm_frechet"]
