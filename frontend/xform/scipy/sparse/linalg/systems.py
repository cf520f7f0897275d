"""Solutions of linear systems whose map need not be a matrix, differentiated implicitly.

Every function takes the map as a square matrix, NumPy's or traced, as a matrix of `scipy.sparse` or
a traced sparse Jacobian, or as a function from a vector to the vector of the same structure; right-
hand sides of such functions may be pytrees. Operators of SciPy's are no functions of traced arrays
and are refused. Derivatives by what the map depends on, closed over or not, and by the right-hand
side solve systems of the same map to the same tolerance (`custom_linear_solve`). The guess, the
preconditioner and the tolerances are constants to derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....errors import XformValueError, at_user_line
from ....numpy.dispatch import extension
from ....tracing import traces
from ....tracing.array import TracedArray
from ....transforms.custom_linear_solve import linear_solve
from .conjugate_gradients import conjugate_gradients, stabilised_biconjugate_gradients
from .minimal_residuals import generalised_minimal_residuals, symmetric_minimal_residuals
from .operators import Map, Space, Vector, matrix_dtype, transposed
from .options import integer, refuse
from .stopping import Goal

Iterate = Callable[[Map, Map, Vector, Vector | None, Goal], tuple[Vector, TracedArray]]

_compiled = extension("scipy.sparse.linalg", arrays=2)


@_compiled
def cg(
    A: Any,  # noqa: N803 - SciPy's names
    b: Any,
    x0: Any = None,
    *,
    rtol: Any = 1e-5,
    atol: Any = 0.0,
    maxiter: int | None = None,
    M: Any = None,  # noqa: N803
    callback: None = None,
) -> tuple[Any, TracedArray]:
    """The solution x of A x = b for symmetric positive definite A, by conjugate gradients.

    Args:
        A: a square matrix, a sparse one, or a function of a vector like `b`.
        b: the right-hand side: a vector or, for a function, a pytree of arrays of any shapes;
            integers become float64.
        x0: a guess like `b`, by default 0.
        rtol, atol: x is good enough if norm(b - A x) <= max(rtol * norm(b), atol).
        maxiter: the largest number of steps, an int, by default ten for each unknown.
        M: about the inverse of `A`, symmetric positive definite, given like it.
        callback: must be None, as the loop is compiled.

    Returns:
        The pair (x, info): x like `b`, and a 0-d int32 array, 0 if x is good enough, otherwise how
        many steps were made; they end early where x would not be finite.

    Raises:
        XformTypeError: `A` or `M` is neither a matrix nor a function, or `maxiter` no int.
        XformValueError: the shapes do not fit, or there is a callback.

    >>> import numpy as np
    >>> x, info = cg(np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([5.0, 4.0]))
    >>> np.round(np.asarray(x), 6), int(info)
    (array([1., 1.]), 0)
    """
    refuse("cg", callback=callback)
    problem = _Problem("cg", A, b, M, symmetric=True)
    goal = Goal(rtol, atol, _limit("cg", maxiter, 10 * problem.size))
    return problem.solve(conjugate_gradients, x0, goal)


@_compiled
def bicgstab(
    A: Any,  # noqa: N803
    b: Any,
    x0: Any = None,
    *,
    rtol: Any = 1e-5,
    atol: Any = 0.0,
    maxiter: int | None = None,
    M: Any = None,  # noqa: N803
    callback: None = None,
) -> tuple[Any, TracedArray]:
    """The solution x of A x = b by stabilised biconjugate gradients.

    Args:
        A: a square matrix, a sparse one, or a function of a vector like `b`.
        b: the right-hand side, as for `cg`.
        x0: a guess like `b`, by default 0.
        rtol, atol: x is good enough if norm(b - A x) <= max(rtol * norm(b), atol).
        maxiter: the largest number of steps, each of two products with `A`; an int, by default ten
            for each unknown.
        M: about the inverse of `A`, given like it. Reverse derivatives use its transpose.
        callback: must be None, as the loop is compiled.

    Returns:
        The pair (x, info), as of `cg`.

    Raises:
        XformTypeError: `A` or `M` is neither a matrix nor a function, or `maxiter` no int.
        XformValueError: the shapes do not fit, or there is a callback.

    >>> import numpy as np
    >>> x, info = bicgstab(lambda x: {"u": 2 * x["v"], "v": x["u"]}, {"u": 6.0, "v": 4.0})
    >>> round(x["u"].item(), 6), round(x["v"].item(), 6), int(info)
    (4.0, 3.0, 0)
    """
    refuse("bicgstab", callback=callback)
    problem = _Problem("bicgstab", A, b, M)
    goal = Goal(rtol, atol, _limit("bicgstab", maxiter, 10 * problem.size))
    return problem.solve(stabilised_biconjugate_gradients, x0, goal)


@_compiled
def gmres(
    A: Any,  # noqa: N803
    b: Any,
    x0: Any = None,
    *,
    rtol: Any = 1e-5,
    atol: Any = 0.0,
    restart: int | None = None,
    maxiter: int | None = None,
    M: Any = None,  # noqa: N803
    callback: None = None,
    callback_type: None = None,
) -> tuple[Any, TracedArray]:
    """The solution x of A x = b by generalised minimal residuals, restarted.

    The preconditioner stands on the right, so that the tolerance is for the residual of the system
    itself. SciPy's stands on the left.

    Args:
        A: a square matrix, a sparse one, or a function of a vector like `b`.
        b: the right-hand side, as for `cg`.
        x0: a guess like `b`, by default 0.
        rtol, atol: x is good enough if norm(b - A x) <= max(rtol * norm(b), atol).
        restart: how many vectors are kept before the next cycle, an int; by default 20, at most as
            many as there are unknowns.
        maxiter: the largest number of cycles, an int, by default ten for each unknown. A cycle
            that comes no nearer to the solution is the last one.
        M: about the inverse of `A`, given like it. Reverse derivatives use its transpose.
        callback, callback_type: must be None, as the loop is compiled.

    Returns:
        The pair (x, info): x like `b`, and a 0-d int32 array, 0 if x is good enough, otherwise how
        many cycles there were.

    Raises:
        XformTypeError: `A` or `M` is neither a matrix nor a function, or `restart` or `maxiter` no
            int.
        XformValueError: the shapes do not fit, `restart` is below 1, or there is a callback.

    >>> import numpy as np
    >>> x, info = gmres(np.array([[0.0, 2.0], [1.0, 1.0]]), np.array([2.0, 3.0]))
    >>> np.round(np.asarray(x), 6), int(info)
    (array([2., 1.]), 0)
    """
    refuse("gmres", callback=callback, callback_type=callback_type)
    problem = _Problem("gmres", A, b, M)
    goal = Goal(rtol, atol, _limit("gmres", maxiter, 10 * problem.size))
    columns = 20 if restart is None else integer("gmres", "restart", restart)
    if columns < 1:
        raise XformValueError(at_user_line(f"gmres: restart must be at least 1, got {columns}"))
    columns = max(min(columns, problem.size), 1)

    def iterate(
        matvec: Map, precondition: Map, b: Vector, x0: Vector | None, goal: Goal
    ) -> tuple[Vector, TracedArray]:
        return generalised_minimal_residuals(matvec, precondition, b, x0, goal, columns)

    return problem.solve(iterate, x0, goal)


@_compiled
def minres(
    A: Any,  # noqa: N803
    b: Any,
    x0: Any = None,
    *,
    rtol: Any = 1e-5,
    shift: Any = 0.0,
    maxiter: int | None = None,
    M: Any = None,  # noqa: N803
    callback: None = None,
    show: bool = False,
    check: bool = False,
) -> tuple[Any, TracedArray]:
    """The solution x of (A - shift I) x = b for symmetric A, definite or not.

    Args:
        A: a square matrix, a sparse one, or a function of a vector like `b`.
        b: the right-hand side, as for `cg`.
        x0: a guess like `b`, by default 0.
        rtol: x is good enough if norm(b - A x) <= rtol * norm(b), or if rounding allows no less.
            SciPy compares with norm(A) * norm(x), which is larger. With `M`, the norm of r is
            the root of r^T M r.
        shift: what is taken off the diagonal.
        maxiter: the largest number of steps, an int, by default five for each unknown.
        M: about the inverse of `A`, symmetric positive definite, given like it.
        callback: must be None, as the loop is compiled.
        show, check: must be False, for the same reason.

    Returns:
        The pair (x, info), as of `cg`. Of a singular map there is no solution where `b` is not in
        its range; info then is not 0.

    Raises:
        XformTypeError: `A` or `M` is neither a matrix nor a function, or `maxiter` no int.
        XformValueError: the shapes do not fit, or an option must be left out.

    >>> import numpy as np
    >>> x, info = minres(np.array([[0.0, 2.0], [2.0, 0.0]]), np.array([2.0, 4.0]))
    >>> np.round(np.asarray(x), 6), int(info)
    (array([2., 1.]), 0)
    """
    refuse("minres", callback=callback, show=show, check=check)
    problem = _Problem("minres", A, b, M, symmetric=True, shift=shift)
    goal = Goal(rtol, 0.0, _limit("minres", maxiter, 5 * problem.size))
    return problem.solve(symmetric_minimal_residuals, x0, goal)


def _limit(name: str, maxiter: Any, default: int) -> int:
    return default if maxiter is None else integer(name, "maxiter", maxiter)


class _Problem:
    """A system and its preconditioner.

    Attributes:
        size: the number of unknowns.
    """

    def __init__(
        self,
        name: str,
        a: Any,
        b: Any,
        m: Any,
        *,
        symmetric: bool = False,
        shift: Any = 0.0,
    ) -> None:
        self._name = name
        self._symmetric = symmetric
        self._space = Space(b, (matrix_dtype(a), matrix_dtype(m)), name, "b")
        self.size = self._space.size
        product = self._space.map(a, "A")
        is_shifted = traces.is_traced(shift) or shift != 0
        self._matvec = (lambda x: product(x) - shift * x) if is_shifted else product
        self._precondition = _unchanged if m is None else self._space.map(m, "M")

    def solve(self, iterate: Iterate, x0: Any, goal: Goal) -> tuple[Any, TracedArray]:
        """The solution and SciPy's information."""
        guess = None if x0 is None else self._space.ravel(x0, "x0")

        def solution(matvec: Map, b: Vector) -> tuple[Vector, TracedArray]:
            return iterate(matvec, self._precondition, b, guess, goal)

        def tangent(matvec: Map, b: Vector) -> tuple[Vector, TracedArray]:
            return iterate(matvec, self._precondition, b, None, goal)

        def cotangent(matvec: Map, b: Vector) -> tuple[Vector, TracedArray]:
            chosen = self._precondition
            precondition = chosen if chosen is _unchanged else transposed(chosen)
            return iterate(matvec, precondition, b, None, goal)

        x, info = linear_solve(
            self._name,
            self._matvec,
            self._space.vector,
            solution,
            tangent_solve=tangent,
            transpose_solve=None if self._symmetric else cotangent,
            symmetric=self._symmetric,
            has_aux=True,
        )
        return self._space.tree(x), info


def _unchanged(x: Vector) -> Vector:
    return x


__all__ = ["bicgstab", "cg", "gmres", "minres"]
