"""Functions of matrices in the sense of N. Higham's "Functions of Matrices", with all derivatives.

What computes such a function is a loop that ends when it is accurate, or goes by eigenvalues, and
cannot be differentiated and transposed as it is written. It need not be: the derivative L(a; e) is
linear in e, and its transpose is L(a^T; e) (A. Al-Mohy and N. Higham, "Computing the Fréchet
derivative of the matrix exponential", SIAM J. Matrix Anal. Appl. 30, 2009, which holds for every
such function that is real for real numbers). So it is with the derivatives of that, and with those
by what else the function depends on, which are functions of the matrix in their turn.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ...numpy import ufuncs
from ...numpy.promotion import array, computed_dtype
from ...tracing.array import TracedArray
from ...transforms.function import Function
from ...transforms.function_context import FunctionContext
from ...transforms.jvp import jvp
from ...transforms.vjp import vjp
from .batches import over_batch

Arrays = Sequence[TracedArray]


class MatrixFunction(ABC):
    """A function of one matrix, and of parameters: floating arrays of any shape."""

    @abstractmethod
    def along(self, parameters: Arrays, a: TracedArray, directions: Arrays) -> TracedArray:
        """The derivative by the matrix along directions, one after the other; the value along none.

        It is differentiated as it is written by the parameters, and by nothing else.
        """

    def slope(self) -> MatrixFunction:
        """The derivative by the parameters along as many arrays like them, parameters in turn."""
        raise NotImplementedError

    def transposed(self, x: TracedArray) -> TracedArray:
        """The matrix, or direction, for which the result is the transposed one."""
        return x.mT


class Iteration(MatrixFunction):
    """A function without parameters, found by steps that have tangents.

    Args:
        compute: takes one matrix, and how many times what it computes is differentiated.
    """

    def __init__(self, compute: Callable[[TracedArray, int], TracedArray]) -> None:
        self._compute = compute

    def along(self, parameters: Arrays, a: TracedArray, directions: Arrays) -> TracedArray:
        """The tangents of tangents of the steps."""
        order = len(directions)
        f: Callable[..., Any] = lambda x: self._compute(x, order)  # noqa: E731 - as those that follow
        for direction in directions:
            f = _along(f, direction)
        found: TracedArray = f(a)
        return found


def _along(f: Callable[..., Any], direction: TracedArray) -> Callable[..., Any]:
    return lambda a: jvp(f, (a,), (direction,))[1]


class _Derivative(Function):
    """The derivative of a function along some directions, one after the other, as its one output.

    Along none it is the function. It is linear in each direction and the same in any order.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(function: MatrixFunction, parameters: Arrays, *matrices: Any) -> Any:
        """From a matrix and the directions."""
        a, *directions = matrices
        return (function.along(parameters, a, directions),)

    @staticmethod
    def setup_context(ctx: FunctionContext, inputs: tuple[Any, ...], output: Any) -> None:
        """Keeps them all, and how many outputs there are."""
        ctx.function, ctx.parameters, *ctx.matrices = inputs
        ctx.outputs = len(output)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """One direction more for the matrix; for a direction, its tangent in its place."""
        return _tangents(_Derivative.apply, ctx, *tangents)

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        """Those of the transposed matrix, where the cotangent is a direction like the others."""
        (cotangent,) = cotangents
        function, parameters, (a, *directions) = ctx.function, ctx.parameters, ctx.matrices
        _, of_parameters, *needed = ctx.needs_input_grad
        found = None
        if of_parameters:
            found = _Gradient.apply(function, parameters, a, cotangent, *directions)
        return None, found, *_cotangents(function, parameters, ctx.matrices, cotangent, needed)


class _Gradient(Function):
    """The gradient by the parameters of a direction's product with the derivative along others.

    Along q its derivative is the same of the function's slope along q: so is all that follows.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(function: MatrixFunction, parameters: Arrays, *matrices: Any) -> Any:
        """From a matrix, the direction and the others."""
        a, cotangent, *directions = matrices
        _, pullback = vjp(lambda *p: function.along(p, a, directions), *parameters)
        return tuple(pullback(cotangent))

    @staticmethod
    def setup_context(ctx: FunctionContext, inputs: tuple[Any, ...], output: Any) -> None:
        """Keeps them all, and how many outputs there are."""
        ctx.function, ctx.parameters, *ctx.matrices = inputs
        ctx.outputs = len(output)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """As that of the derivative."""
        return _tangents(_Gradient.apply, ctx, *tangents)

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        """Those of the product of the direction with the slope along the cotangents."""
        a, direction, *directions = ctx.matrices
        slope, parameters = ctx.function.slope(), (*ctx.parameters, *cotangents)
        _, of_parameters, of_matrix, of_direction, *needed = ctx.needs_input_grad
        found = of_it = None
        if of_parameters:
            both = _Gradient.apply(slope, parameters, *ctx.matrices)
            found = both[: ctx.outputs]
        if of_direction:
            (of_it,) = _Derivative.apply(slope, parameters, a, *directions)
        of_a, *others = _cotangents(
            slope, parameters, [a, *directions], direction, [of_matrix, *needed]
        )
        return None, found, of_a, of_it, *others


def _tangents(apply: Callable[..., Any], ctx: Any, *tangents: Any) -> Any:
    """Those of the outputs of either, which is linear in all matrices but the first."""
    _, moved, *others = tangents
    _, by_parameters, *by_matrices = ctx.needs_input_grad
    matrices = ctx.matrices
    terms = []
    if by_parameters:
        along = apply(ctx.function.slope(), (*ctx.parameters, *moved), *matrices)
        # Without the gradient by the directions of the parameters.
        terms.append(along[: ctx.outputs])
    for i, (tangent, active) in enumerate(zip(others, by_matrices, strict=True)):
        if active:
            given = (*matrices[:i], tangent, *matrices[i + 1 :]) if i else (*matrices, tangent)
            terms.append(apply(ctx.function, ctx.parameters, *given))
    return tuple(sum(parts[1:], parts[0]) for parts in zip(*terms, strict=True))


def _cotangents(
    function: MatrixFunction,
    parameters: Arrays,
    matrices: Arrays,
    cotangent: TracedArray,
    needed: Sequence[bool],
) -> list[TracedArray | None]:
    """The gradients by a matrix and directions of a derivative's product with a cotangent."""
    apply = partial(_Derivative.apply, function, parameters)
    a, *directions = map(function.transposed, matrices)
    of_matrix, *of_directions = needed
    found = [apply(a, cotangent, *directions)[0] if of_matrix else None]
    for i, wanted in enumerate(of_directions):
        others = directions[:i] + directions[i + 1 :]
        found.append(apply(a, cotangent, *others)[0] if wanted else None)
    return found


def derivative(
    function: MatrixFunction, *matrices: TracedArray, parameters: Arrays = ()
) -> TracedArray:
    """The derivative of a function at matrices (..., n, n) along others, or its values.

    Args:
        function: computes one, of a dtype in which there are solutions of systems.
        matrices: those where, and the directions if there are any, of one dtype.
        parameters: those of the function, the same for all matrices.
    """
    dtype = matrices[0].dtype
    wide = [array(x, computed_dtype(dtype)) for x in matrices]
    if not all(x.size for x in wide):
        return ufuncs.add(wide[0], sum(wide[1:])).astype(dtype)

    def one(*own: TracedArray) -> TracedArray:
        (found,) = _Derivative.apply(function, tuple(parameters), *own)
        return found  # type: ignore[no-any-return]

    return array(over_batch(one, *((x, 2) for x in wide)), dtype)


__all__ = ["Arrays", "Iteration", "MatrixFunction", "derivative"]
