"""When the loops of solvers end, and what they say about it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ....numpy import contraction, ufuncs
from ....numpy.promotion import array, constant
from ....numpy.selection import where
from ....tracing.array import TracedArray
from .operators import Map, Vector

INT32 = np.dtype(np.int32)


def norm(x: Vector) -> TracedArray:
    """The Euclidean norm of a vector."""
    return ufuncs.sqrt(contraction.dot(x, x))


def is_finite(x: TracedArray) -> TracedArray:
    """Whether a number is neither infinite nor NaN."""
    return ufuncs.isfinite(x)


class Goal(NamedTuple):
    """How far a solver is to go.

    Attributes:
        rtol: how small the residual is to be beside the right-hand side.
        atol: how small it may be in any case.
        maxiter: how many iterations there may be.
    """

    rtol: Any
    atol: Any
    maxiter: Any

    def tolerance(self, size: TracedArray) -> TracedArray:
        """The largest norm of a residual that will do, for a right-hand side of a norm."""
        scaled = array(self.rtol, size.dtype) * size
        return ufuncs.maximum(scaled, array(self.atol, size.dtype))


class Beginning(NamedTuple):
    """What an iteration starts from.

    Attributes:
        x: the guess.
        residual: the right-hand side without what the guess gives.
        size: the norm of the residual.
        tolerance: the norm that it may have.
    """

    x: Vector
    residual: Vector
    size: TracedArray
    tolerance: TracedArray


def beginning(matvec: Map, b: Vector, x0: Vector | None, goal: Goal) -> Beginning:
    """The start of an iteration; the solution for a right-hand side of zeros is known to be 0."""
    of_b = norm(b)
    tolerance = goal.tolerance(of_b)
    if x0 is None:
        return Beginning(constant(b.shape, b.dtype, 0), b, of_b, tolerance)
    vanishes = of_b == 0
    x = where(vanishes, 0.0, x0)
    residual = where(vanishes, 0.0, b - matvec(x))
    return Beginning(x, residual, norm(residual), tolerance)


def information(size: TracedArray, tolerance: TracedArray, count: TracedArray) -> TracedArray:
    """SciPy's code: 0 where a residual is small enough, else how many iterations there were."""
    converged = ufuncs.logical_and(size <= tolerance, is_finite(size))
    return array(where(converged, 0, ufuncs.maximum(count, 1)), INT32)
