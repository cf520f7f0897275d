"""`custom_linear_solve`: the solution of a linear system, whose derivatives are solutions too.

A solution x of A x = b has the tangent A^-1 (db - dA x), and a cotangent y of it gives b the
cotangent z = A^-T y and A the cotangent -z x^T. How x was found does not matter to either, so no
derivative is taken of the solver. See A. Griewank and A. Walther, "Evaluating Derivatives",
chapter 15, and B. Christianson, "Reverse accumulation and attractive fixed points", Optimization
Methods and Software 3, 1994.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import pytrees
from ..compiling import direct
from ..errors import XformTypeError, XformValueError, at_user_line
from ..primitives import full
from ..source import entrance
from ..tracing import traces
from ..tracing.avals import Aval
from ..tracing.traces import Callee, function_name
from .calls import call, call_jvp, call_vjp
from .closures import Closures, floating_captures, of_captures, with_captures
from .custom_call import CustomFunction, Derivative, call_custom
from .derivative import matching_leaves
from .selection import Auxiliary, differentiable, output_and_aux, require_callable

if TYPE_CHECKING:
    from ..tracing.array import TracedArray

Map = Callable[[Any], Any]
Solve = Callable[[Map, Any], Any]


@entrance
def custom_linear_solve(
    matvec: Map,
    b: Any,
    solve: Solve,
    transpose_solve: Solve | None = None,
    symmetric: bool = False,
    has_aux: bool = False,
) -> Any:
    """The solution x of `matvec(x) == b` that `solve` finds, with implicit derivatives.

    Derivatives of every order solve systems of the same map, or of its transpose, and are as exact
    as `solve` is. They exist by `b` and by whatever `matvec` closes over; what only `solve` and
    `transpose_solve` close over, such as a preconditioner, is a constant.

    Args:
        matvec: a linear map of vectors, pytrees of the structure, shapes and dtypes of `b`.
        b: the right-hand side, a pytree of floating arrays.
        solve: takes the map and a right-hand side, returns the solution.
        transpose_solve: the same for the transposed map, which reverse mode needs; None if
            `symmetric`, or where there are no reverse derivatives.
        symmetric: whether the map is its own transpose, so that `solve` serves both. Of complex
            vectors, here and above, transposes are conjugate: such a map is Hermitian.
        has_aux: whether `solve` and `transpose_solve` return (solution, aux); aux is any pytree and
            a constant to every derivative.

    Returns:
        The solution, in the structure of `b`; with `has_aux`, (solution, aux).

    Raises:
        XformTypeError: a leaf of `b` is not a floating array, a function cannot be called or
            returns other dtypes; or a reverse derivative is taken, and there is neither
            `transpose_solve` nor symmetry.
        XformValueError: a function returns another structure or other shapes than those of `b`.

    >>> import numpy as np
    >>> from xform.frontend import custom_linear_solve, grad
    >>> def root(a, b):
    ...     return custom_linear_solve(lambda x: a * x, b, lambda f, b: b / a, symmetric=True)
    >>> [x.item() for x in grad(root, argnums=(0, 1))(2.0, 3.0)]
    [-0.75, 0.5]
    """
    return linear_solve(
        "custom_linear_solve",
        matvec,
        b,
        solve,
        transpose_solve=transpose_solve,
        symmetric=symmetric,
        has_aux=has_aux,
    )


def linear_solve(
    transform: str,
    matvec: Map,
    b: Any,
    solve: Solve,
    *,
    tangent_solve: Solve | None = None,
    transpose_solve: Solve | None = None,
    symmetric: bool = False,
    has_aux: bool = False,
) -> Any:
    """`custom_linear_solve`, where tangents may be solved for by another function.

    Args:
        transform: how messages call it.
        matvec: the map.
        b: the right-hand side.
        solve: finds the solution.
        tangent_solve: finds its tangents, for example not from a guess of the solution; None for
            `solve`.
        transpose_solve: finds the solution of the transposed system.
        symmetric: whether the map is its own transpose.
        has_aux: whether the three return (solution, aux).
    """
    for function in (matvec, solve, tangent_solve, transpose_solve):
        if function is not None:
            require_callable(transform, function)

    def run(b: Any) -> Any:
        tracer = _Tracer(transform, b, has_aux)
        found = tracer.system(matvec, solve, tangent_solve, transpose_solve, symmetric)
        solver = _LinearSolve(transform, found, found.solver)
        results = call_custom(solver, [*tracer.captures(), *tracer.leaves])
        count = len(tracer.leaves)
        solution = tracer.tree(results[:count])
        if not has_aux:
            return solution
        return solution, tracer.auxiliary.join(results[count:])

    if traces.current_trace() is None:
        name = function_name(solve)
        return direct.call(run, (b,), {}, name=name, transform=transform)
    return run(b)


class _System:
    """A linear map and what solves its systems, traced.

    Attributes:
        operator: the map.
        solver: from a right-hand side to the solution and what else it returns.
        tangents: the same, for tangents of the solution.
        transposed: that of the transposed map; None where nothing solves it.
    """

    def __init__(self, operator: Callee, solver: Callee, tangents: Callee) -> None:
        self.operator = operator
        self.solver = solver
        self.tangents = tangents
        self.transposed: _System | None = None


class _Tracer:
    """Traces functions of a vector."""

    def __init__(self, transform: str, b: Any, has_aux: bool) -> None:
        self._transform = transform
        self._has_aux = has_aux
        leaves, self._spec = pytrees.flatten(b)
        if not leaves:
            raise XformValueError(at_user_line(f"{transform}: b has no arrays, got {b!r}"))
        paths = pytrees.paths(self._spec, "b")
        kinds = [differentiable(transform, x, path) for x, path in zip(leaves, paths, strict=True)]
        self._avals = [Aval(kind.shape, kind.dtype) for kind in kinds]
        self.leaves = [traces.traced(x, path) for x, path in zip(leaves, paths, strict=True)]
        self.auxiliary = Auxiliary()
        self._closures = Closures(transform)

    def system(
        self,
        matvec: Map,
        solve: Solve,
        tangent_solve: Solve | None,
        transpose_solve: Solve | None,
        symmetric: bool,
    ) -> _System:
        """The system and, if it can be solved, the transposed one."""
        operator = self._trace(matvec, lambda xs: self._result(matvec, matvec(self.tree(xs))))
        solver = self._solver(solve, operator, self.auxiliary)
        tangents = solver
        if tangent_solve is not None:
            tangents = self._solver(tangent_solve, operator, Auxiliary())
        system = _System(operator, solver, tangents)
        if symmetric:
            system.transposed = _System(operator, tangents, tangents)
            system.transposed.transposed = system
        elif transpose_solve is not None:
            transpose = self._trace(matvec, lambda xs: self._transpose(operator, xs))
            solver = self._solver(transpose_solve, transpose, Auxiliary())
            system.transposed = _System(transpose, solver, solver)
            system.transposed.transposed = system
        return system

    def captures(self) -> list[TracedArray]:
        """What the functions capture."""
        return self._closures.captures()

    def tree(self, leaves: Sequence[Any]) -> Any:
        """The vector of these leaves."""
        return pytrees.unflatten(self._spec, leaves)

    def _trace(self, function: Callable[..., Any], body: Callable[..., Sequence[Any]]) -> Callee:
        return self._closures.trace(function, self._avals, body)

    def _solver(self, solve: Solve, operator: Callee, auxiliary: Auxiliary) -> Callee:
        def apply(x: Any) -> Any:
            leaves = self._matching("the argument of matvec", x)
            return self.tree(call(operator, [traces.traced(leaf) for leaf in leaves]))

        def body(leaves: list[Any]) -> list[Any]:
            result, rest = solve(apply, self.tree(leaves)), None
            if self._has_aux:
                result, rest = output_and_aux(self._transform, result)
            return [*self._result(solve, result), *auxiliary.split(rest)]

        return self._trace(solve, body)

    def _result(self, function: Callable[..., Any], tree: Any) -> list[Any]:
        return self._matching(f"the result of {function_name(function)!r}", tree)

    def _matching(self, what: str, tree: Any) -> list[Any]:
        try:
            return matching_leaves(
                self._transform, what, tree, "right-hand side", self._spec, self._avals
            )
        except (XformTypeError, XformValueError) as error:
            # The paths of what the user's functions return say nothing without the function.
            raise type(error)(at_user_line(str(error))) from None

    def _transpose(self, operator: Callee, cotangents: list[TracedArray]) -> list[TracedArray]:
        zeros = [full(kind.shape, kind.dtype, 0) for kind in self._avals]
        return call_vjp(operator, zeros, cotangents)[1]


@dataclass(frozen=True)
class _Bound:
    """A call's inputs: captures of the system, and the leaves of a vector."""

    captures: list[Any]
    vector: list[Any]


class _LinearSolve(CustomFunction):
    """One solve of a system: its inputs are the system's captures, then the right-hand side.

    What its rules solve are calls of the same kind, so they have every derivative.
    """

    # What tells reverse mode from forward mode before a rule is used.
    symbolic_zeros = True
    has_backward = True

    def __init__(self, transform: str, system: _System, solver: Callee) -> None:
        self._transform = transform
        self._system = system
        self._solver = solver
        self._size = len(system.operator.results)

    @property
    def name(self) -> str:
        return self._transform

    def primal(self, leaves: list[Any]) -> Sequence[Any]:
        given = self._bound(leaves)
        return call(with_captures(self._solver, given.captures), given.vector)

    def derivative(self, active: Sequence[bool], cotangents: Sequence[bool] | None) -> Derivative:
        if cotangents is not None and self._system.transposed is None:
            raise XformTypeError(
                at_user_line(
                    f"{self._transform}: a reverse derivative solves the transposed system; give "
                    "transpose_solve, or symmetric=True if the map is its own transpose"
                )
            )

        def jvp(values: list[Any]) -> list[Any]:
            return self._jvp(active, values)

        def forward(inputs: list[Any]) -> list[Any]:
            results = call_custom(self, inputs)
            return [*results, *inputs, *results[: self._size]]

        def backward(values: list[Any]) -> list[Any]:
            return self._backward(active, values)

        return Derivative(jvp, forward, backward)

    def _bound(self, leaves: Sequence[Any]) -> _Bound:
        count = len(leaves) - self._size
        return _Bound(list(leaves[:count]), list(leaves[count:]))

    def _differentiated(self, active: Sequence[bool]) -> list[int]:
        """Which of the map's captures are."""
        return [i for i in floating_captures(self._system.operator) if active[i]]

    def _tangents_of(self, inputs: _Bound) -> list[Any]:
        """The solution of what is a right-hand side for tangents."""
        solve = _LinearSolve(self._transform, self._system, self._system.tangents)
        return call_custom(solve, [*inputs.captures, *inputs.vector])[: self._size]

    def _jvp(self, active: Sequence[bool], values: list[Any]) -> list[Any]:
        count = len(active)
        inputs, tangents = values[:count], iter(values[count:])
        of_inputs = [next(tangents) if x._aval.is_inexact else None for x in inputs]
        results = call_custom(self, inputs)
        given, seeds = self._bound(inputs), self._bound(of_inputs)
        rhs = seeds.vector
        chosen = self._differentiated(active)
        if chosen:
            known = results[: self._size]
            operator, arguments = of_captures(self._system.operator, known, given.captures)
            _, moved = call_jvp(
                operator,
                arguments,
                [seeds.captures[i] for i in chosen],
                [self._size + i for i in chosen],
            )
            rhs = [x - y for x, y in zip(rhs, moved, strict=True)]
        found = self._tangents_of(_Bound(given.captures, rhs))
        return [*results, *found, *_zeros_of_floats(results[self._size :])]

    def _backward(self, active: Sequence[bool], values: list[Any]) -> list[Any]:
        count = len(active)
        inputs, solution = values[:count], values[count : count + self._size]
        seeds = values[count + self._size :][: self._size]
        given = self._bound(inputs)
        if self._system.transposed is None:
            # Traced to learn whether it is needed, which then is an error.
            return [full(x.shape, x.dtype, math.nan) for x in inputs if x._aval.is_inexact]
        transposed = _LinearSolve(
            self._transform, self._system.transposed, self._system.transposed.tangents
        )
        of_rhs = transposed._tangents_of(_Bound(given.captures, seeds))
        found = {i: full(x.shape, x.dtype, 0) for i, x in enumerate(given.captures)}
        chosen = self._differentiated(active)
        if chosen:
            operator, arguments = of_captures(self._system.operator, solution, given.captures)
            _, cotangents = call_vjp(
                operator,
                arguments,
                [-x for x in of_rhs],
                [self._size + i for i in chosen],
            )
            found.update(zip(chosen, cotangents, strict=True))
        by_captures = [found[i] for i, x in enumerate(given.captures) if x._aval.is_inexact]
        return [*by_captures, *of_rhs]


def _zeros_of_floats(arrays: Sequence[Any]) -> list[TracedArray]:
    return [full(x.shape, x.dtype, 0) for x in arrays if x._aval.is_inexact]


__all__ = ["custom_linear_solve", "linear_solve"]
