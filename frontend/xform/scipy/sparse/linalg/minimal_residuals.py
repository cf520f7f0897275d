"""Methods that make the residual as small as a Krylov space allows.

Sources: Y. Saad and M. Schultz, "GMRES", SIAM J. Sci. Stat. Comput. 7, 1986, and Y. Saad,
"Iterative methods for sparse linear systems", sections 6.5 and 9.3.2; that orthogonalising twice is
enough: L. Giraud, J. Langou, M. Rozložník and J. van den Eshof, Numer. Math. 101, 2005. C. Paige
and M. Saunders, "Solution of sparse indefinite systems of linear equations", SIAM J. Numer. Anal.
12, 1975.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ....numpy import contraction, creation, ufuncs
from ....numpy.linalg.triangular import solve_triangular
from ....numpy.promotion import array, constant
from ....numpy.selection import where
from ....tracing.array import TracedArray
from ....transforms.loops import while_loop
from .operators import Map, Vector
from .stopping import INT32, Goal, beginning, information, is_finite, norm


def orthogonalised(w: Vector, basis: TracedArray) -> tuple[Vector, TracedArray]:
    """A vector without its parts along orthonormal rows, and the lengths of these parts.

    Once would leave a part that rounding has made; the second time takes it away. Rows of zeros
    take nothing.
    """
    parts = contraction.matmul(basis, w)
    w = w - contraction.matmul(parts, basis)
    more = contraction.matmul(basis, w)
    return w - contraction.matmul(more, basis), parts + more


class _Arnoldi(NamedTuple):
    """What the columns of one cycle of GMRES carry, for m columns.

    Attributes:
        basis: orthonormal rows (m + 1, n), zeros where there is none yet.
        rotation: (m + 1, m + 1), which makes the columns so far triangular.
        triangle: (m, m), the unit matrix where there is no column yet.
        rhs: (m + 1,), the right-hand side after the rotation.
        size: the norm of the residual.
        column: how many columns there are.
        can_go_on: whether there can be another one.
    """

    basis: TracedArray
    rotation: TracedArray
    triangle: TracedArray
    rhs: TracedArray
    size: TracedArray
    column: TracedArray
    can_go_on: TracedArray


class _Cycle(NamedTuple):
    """What the cycles of GMRES carry.

    Attributes:
        x: the solution so far.
        residual: what is left of the right-hand side.
        size: the norm of the residual.
        steps: how many cycles there were.
        can_go_on: whether the last one came nearer to the solution.
    """

    x: TracedArray
    residual: TracedArray
    size: TracedArray
    steps: TracedArray
    can_go_on: TracedArray


def generalised_minimal_residuals(
    matvec: Map, precondition: Map, b: Vector, x0: Vector | None, goal: Goal, restart: int
) -> tuple[Vector, TracedArray]:
    """The solution for any map, and SciPy's information, where an iteration is a cycle.

    Preconditioned from the right, so that the residual is that of the system itself.

    Args:
        matvec: the map.
        precondition: about its inverse.
        b: the right-hand side.
        x0: the guess, None for 0.
        goal: when to stop.
        restart: how many columns a cycle has, at most as many as there are unknowns.
    """
    start = beginning(matvec, b, x0, goal)
    eps = float(np.finfo(b.dtype).eps)
    identity = creation.eye(restart + 1, dtype=b.dtype)
    rows = np.arange(restart + 1)

    def column(at: _Arnoldi) -> _Arnoldi:
        w = matvec(precondition(at.basis[at.column]))
        before = norm(w)
        w, parts = orthogonalised(w, at.basis)
        length = norm(w)
        # What is left of a vector in the space of those before is rounding.
        ends = length <= 10 * eps * before
        length = where(ends, 0.0, length)
        basis = at.basis.copy()
        basis[at.column + 1] = where(ends, 0.0, w / where(ends, 1.0, length))

        parts = where(rows == at.column + 1, length, parts)
        rotated = contraction.matmul(at.rotation, parts)
        x, y = rotated[at.column], rotated[at.column + 1]
        r = ufuncs.hypot(x, y)
        singular = r == 0
        c = where(singular, 1.0, x / where(singular, 1.0, r))
        s = where(singular, 0.0, y / where(singular, 1.0, r))
        upper, lower = at.rotation[at.column], at.rotation[at.column + 1]
        rotation = at.rotation.copy()
        rotation[at.column] = c * upper + s * lower
        rotation[at.column + 1] = c * lower - s * upper
        triangle = at.triangle.copy()
        is_diagonal = rows[:-1] == at.column
        diagonal = where(singular, 1.0, r)
        triangle[:, at.column] = where(is_diagonal, diagonal, rotated[:-1]) * (
            rows[:-1] <= at.column
        )
        here = at.rhs[at.column]
        rhs = at.rhs.copy()
        # Of a column that is nothing, nothing can be taken.
        rhs[at.column] = where(singular, 0.0, c * here)
        rhs[at.column + 1] = where(singular, here, -s * here)
        size = ufuncs.absolute(rhs[at.column + 1])
        possible = is_finite(size) & ~ends & ~singular
        return _Arnoldi(basis, rotation, triangle, rhs, size, at.column + 1, possible)

    def more_columns(at: _Arnoldi) -> Any:
        return (at.size > start.tolerance) & (at.column < restart) & at.can_go_on

    def cycle(at: _Cycle) -> _Cycle:
        basis = constant((restart + 1, b.shape[0]), b.dtype, 0)
        basis[0] = at.residual / at.size
        rhs = constant((restart + 1,), b.dtype, 0)
        rhs[0] = at.size
        first = _Arnoldi(
            basis, identity, identity[:-1, :-1], rhs, at.size, array(0, INT32), array(True)
        )
        last = while_loop(more_columns, column, first)
        known = where(rows[:-1] < last.column, last.rhs[:-1], 0.0)
        weights = solve_triangular(last.triangle, known)
        x = at.x + precondition(contraction.matmul(weights, last.basis[:-1]))
        residual = b - matvec(x)
        size = norm(residual)
        # A cycle depends on the residual only: one that changes nothing would be repeated.
        nearer = is_finite(size) & (size < at.size * (1 - eps))
        return _Cycle(
            where(nearer, x, at.x),
            where(nearer, residual, at.residual),
            where(nearer, size, at.size),
            at.steps + 1,
            nearer,
        )

    def goes_on(at: _Cycle) -> Any:
        is_large = (at.size > start.tolerance) & is_finite(at.size)
        return is_large & (at.steps < goal.maxiter) & at.can_go_on

    begun = _Cycle(start.x, start.residual, start.size, array(0, INT32), array(True))
    last = while_loop(goes_on, cycle, begun)
    return last.x, information(last.size, start.tolerance, last.steps)


class _Lanczos(NamedTuple):
    """What the minimal residuals of a symmetric map carry, in the letters of Paige and Saunders.

    Attributes:
        x: the solution so far.
        r1, r2: the last two residuals of the Lanczos process.
        y: the last one, preconditioned.
        w, w2: the last two directions.
        beta: the last element beside the diagonal, the norm of r2.
        previous: the one before.
        dbar, epsln: what the last rotation left in the next column.
        c, s: the last rotation.
        phibar: the norm of the residual.
        squares: the sum of squares of the tridiagonal matrix, so of the norm of the map.
        steps: how many steps were made.
        can_go_on: whether there can be another one.
    """

    x: TracedArray
    r1: TracedArray
    r2: TracedArray
    y: TracedArray
    w: TracedArray
    w2: TracedArray
    beta: TracedArray
    previous: TracedArray
    dbar: TracedArray
    epsln: TracedArray
    c: TracedArray
    s: TracedArray
    phibar: TracedArray
    squares: TracedArray
    steps: TracedArray
    can_go_on: TracedArray


def symmetric_minimal_residuals(
    matvec: Map, precondition: Map, b: Vector, x0: Vector | None, goal: Goal
) -> tuple[Vector, TracedArray]:
    """The solution for a symmetric map, definite or not, and SciPy's information.

    Norms are those of the preconditioner. It also stops where the residual is what rounding makes
    of the product of the map and the solution.
    """
    start = beginning(matvec, b, x0, goal)
    eps = float(np.finfo(b.dtype).eps)
    y = precondition(start.residual)
    beta = ufuncs.sqrt(contraction.dot(start.residual, y))
    tolerance = goal.tolerance(ufuncs.sqrt(contraction.dot(b, precondition(b))))
    zeros, zero = constant(b.shape, b.dtype, 0), constant((), b.dtype, 0)
    first = _Lanczos(
        start.x,
        start.residual,
        start.residual,
        y,
        zeros,
        zeros,
        beta,
        beta,
        zero,
        zero,
        constant((), b.dtype, -1),
        zero,
        beta,
        zero,
        array(0, INT32),
        array(True),
    )

    def small_enough(at: _Lanczos) -> TracedArray:
        rounding = eps * ufuncs.sqrt(at.squares) * norm(at.x)
        return ufuncs.maximum(tolerance, rounding)

    def goes_on(at: _Lanczos) -> Any:
        return (at.phibar > small_enough(at)) & (at.steps < goal.maxiter) & at.can_go_on

    def step(at: _Lanczos) -> _Lanczos:
        v = at.y / at.beta
        moved = matvec(v)
        # The first step has none before it.
        moved = moved - where(at.steps == 0, 0.0, at.beta / at.previous) * at.r1
        alpha = contraction.dot(v, moved)
        moved = moved - (alpha / at.beta) * at.r2
        y = precondition(moved)
        beta = ufuncs.sqrt(contraction.dot(moved, y))

        delta = at.c * at.dbar + at.s * alpha
        gbar = at.s * at.dbar - at.c * alpha
        epsln, dbar = at.s * beta, -at.c * beta
        gamma = ufuncs.hypot(gbar, beta)
        singular = gamma == 0
        safe = where(singular, 1.0, gamma)
        c, s = gbar / safe, beta / safe
        w = (v - at.epsln * at.w2 - delta * at.w) / safe
        x = at.x + (c * at.phibar) * w
        phibar = s * at.phibar
        squares = at.squares + alpha * alpha + at.beta * at.beta * (at.steps > 0) + beta * beta
        possible = is_finite(phibar) & ~singular
        ends = beta <= eps * ufuncs.sqrt(squares)
        return _Lanczos(
            where(possible, x, at.x),
            at.r2,
            moved,
            y,
            w,
            at.w,
            beta,
            at.beta,
            dbar,
            epsln,
            c,
            s,
            where(singular, at.phibar, phibar),
            squares,
            at.steps + 1,
            possible & ~ends,
        )

    last = while_loop(goes_on, step, first)
    return last.x, information(last.phibar, small_enough(last), last.steps)
