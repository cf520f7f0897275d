"""The conjugate gradient method and its relative for maps that are not symmetric.

Sources: M. Hestenes and E. Stiefel, "Methods of conjugate gradients for solving linear systems",
1952; H. van der Vorst, "Bi-CGSTAB", SIAM J. Sci. Stat. Comput. 13, 1992; both as in Y. Saad,
"Iterative methods for sparse linear systems", chapters 6, 7 and 9.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ....numpy import contraction, ufuncs
from ....numpy.promotion import array, constant
from ....numpy.selection import where
from ....tracing.array import TracedArray
from ....transforms.loops import while_loop
from .operators import Map, Vector
from .stopping import INT32, Goal, beginning, information, is_finite, norm


def _quotient(x: TracedArray, y: TracedArray) -> TracedArray:
    """X / y, 0 where y is 0."""
    vanishes = y == 0
    return where(vanishes, 0.0, x / where(vanishes, 1.0, y))


class _Directions(NamedTuple):
    """What conjugate gradients carry.

    Attributes:
        x: the solution so far.
        residual: what is left of the right-hand side.
        direction: where to go next.
        product: the residual times the preconditioned one.
        size: the norm of the residual.
        steps: how many steps were made.
        can_go_on: whether the last one was possible.
    """

    x: TracedArray
    residual: TracedArray
    direction: TracedArray
    product: TracedArray
    size: TracedArray
    steps: TracedArray
    can_go_on: TracedArray


def conjugate_gradients(
    matvec: Map, precondition: Map, b: Vector, x0: Vector | None, goal: Goal
) -> tuple[Vector, TracedArray]:
    """The solution for a symmetric positive definite map, and SciPy's information."""
    start = beginning(matvec, b, x0, goal)
    z = precondition(start.residual)
    first = _Directions(
        start.x,
        start.residual,
        z,
        contraction.dot(start.residual, z),
        start.size,
        array(0, INT32),
        array(True),
    )

    def goes_on(at: _Directions) -> Any:
        return (at.size > start.tolerance) & (at.steps < goal.maxiter) & at.can_go_on

    def step(at: _Directions) -> _Directions:
        moved = matvec(at.direction)
        length = _quotient(at.product, contraction.dot(at.direction, moved))
        x = at.x + length * at.direction
        residual = at.residual - length * moved
        size = norm(residual)
        z = precondition(residual)
        product = contraction.dot(residual, z)
        direction = z + _quotient(product, at.product) * at.direction
        # A length of 0 is a direction, or a residual, of which the method can make nothing.
        possible = is_finite(size) & (length != 0)
        return _Directions(
            where(possible, x, at.x),
            residual,
            direction,
            product,
            size,
            at.steps + 1,
            possible,
        )

    last = while_loop(goes_on, step, first)
    return last.x, information(last.size, start.tolerance, last.steps)


class _TwoSided(NamedTuple):
    """What the stabilised biconjugate gradients carry.

    Attributes:
        x: the solution so far.
        residual: what is left of the right-hand side.
        shadow: the fixed vector that residuals become orthogonal to.
        direction: where the last step went.
        moved: the map of the preconditioned direction.
        product: the residual before times the shadow.
        ratio: the last step's length by the length of its correction; 0 for a new start.
        correction: the latter.
        size: the norm of the residual.
        steps: how many steps were made.
        can_go_on: whether the last one was possible.
    """

    x: TracedArray
    residual: TracedArray
    shadow: TracedArray
    direction: TracedArray
    moved: TracedArray
    product: TracedArray
    ratio: TracedArray
    correction: TracedArray
    size: TracedArray
    steps: TracedArray
    can_go_on: TracedArray


def stabilised_biconjugate_gradients(
    matvec: Map, precondition: Map, b: Vector, x0: Vector | None, goal: Goal
) -> tuple[Vector, TracedArray]:
    """The solution for any map, and SciPy's information.

    Where the residual has become orthogonal to the shadow, the method starts anew from there.
    """
    start = beginning(matvec, b, x0, goal)
    zeros, zero = constant(b.shape, b.dtype, 0), constant((), b.dtype, 0)
    first = _TwoSided(
        start.x,
        start.residual,
        start.residual,
        zeros,
        zeros,
        constant((), b.dtype, 1),
        zero,
        zero,
        start.size,
        array(0, INT32),
        array(True),
    )
    eps = float(np.finfo(b.dtype).eps)

    def goes_on(at: _TwoSided) -> Any:
        return (at.size > start.tolerance) & (at.steps < goal.maxiter) & at.can_go_on

    def step(at: _TwoSided) -> _TwoSided:
        product = contraction.dot(at.shadow, at.residual)
        lost = ufuncs.absolute(product) <= eps * norm(at.shadow) * at.size
        lost = lost | (at.ratio == 0)
        shadow = where(lost, at.residual, at.shadow)
        beta = where(lost, 0.0, _quotient(product, at.product) * at.ratio)
        product = where(lost, contraction.dot(at.residual, at.residual), product)
        direction = at.residual + beta * (at.direction - at.correction * at.moved)

        towards = precondition(direction)
        moved = matvec(towards)
        length = _quotient(product, contraction.dot(shadow, moved))
        halfway = at.residual - length * moved
        across = precondition(halfway)
        turned = matvec(across)
        correction = _quotient(contraction.dot(turned, halfway), contraction.dot(turned, turned))
        x = at.x + length * towards + correction * across
        residual = halfway - correction * turned
        size = norm(residual)
        possible = is_finite(size) & ((length != 0) | (correction != 0))
        return _TwoSided(
            where(possible, x, at.x),
            residual,
            shadow,
            direction,
            moved,
            product,
            _quotient(length, correction),
            correction,
            size,
            at.steps + 1,
            possible,
        )

    last = while_loop(goes_on, step, first)
    return last.x, information(last.size, start.tolerance, last.steps)
