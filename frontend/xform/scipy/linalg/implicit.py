"""Solutions of linear systems, with the derivatives of the equation that they solve.

Of a x = b follows a dx = db - da x. So the derivative, of any order and in either mode, is one
more solution of the same systems, whose factors are known already. How the factors were found,
with rows exchanged in loops, is never differentiated.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeAlias

from ...tracing.array import TracedArray
from ...transforms.function import Function
from ...transforms.function_context import FunctionContext
from ...transforms.gradient_stop import stop_gradient
from ...transforms.vjp import vjp

# What a matrix is given as, and what it is factored into: an array, or a tuple of them.
Arrays: TypeAlias = Any


class Systems(ABC):
    """A kind of matrices: how they are multiplied, factored, and solved with their factors."""

    @abstractmethod
    def multiply(self, matrix: Arrays, x: TracedArray) -> TracedArray:
        """The product of a matrix and columns, linear in each of the two."""

    @abstractmethod
    def factors(self, matrix: Arrays) -> Arrays:
        """What `solve` needs of a matrix."""

    @abstractmethod
    def solve(self, factors: Arrays, b: TracedArray) -> TracedArray:
        """The columns x with a x = b, linear in b."""


def solution(systems: Systems, matrix: Arrays, b: TracedArray) -> TracedArray:
    """The columns x with a x = b."""
    factors = systems.factors(stop_gradient(matrix))
    result: TracedArray = _Solution.apply(systems, False, matrix, factors, b)
    return result


class _Solution(Function):
    """X with a x = b, or with a^T x = b.

    Each mode has its rule, and both call this function again, so that the loops inside are never
    differentiated.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(
        systems: Systems, transposed: bool, matrix: Arrays, factors: Arrays, b: TracedArray
    ) -> TracedArray:
        """The solution, for whose value the factors stand for the matrix."""
        if not transposed:
            return systems.solve(factors, b)
        (x,) = vjp(lambda columns: systems.solve(factors, columns), b)[1](b)
        return x  # type: ignore[no-any-return]

    @staticmethod
    def setup_context(ctx: FunctionContext, inputs: tuple[Any, ...], output: TracedArray) -> None:
        """Keeps the matrix, its factors and the solution."""
        ctx.systems, ctx.transposed, ctx.matrix, ctx.factors, _ = inputs
        ctx.x = output

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """The solution for the right-hand sides db - da x."""
        _, _, d_matrix, _, d_b = tangents
        if ctx.transposed:
            (moved,) = vjp(lambda x: ctx.systems.multiply(d_matrix, x), ctx.x)[1](ctx.x)
        else:
            moved = ctx.systems.multiply(d_matrix, ctx.x)
        return _Solution.apply(ctx.systems, ctx.transposed, ctx.matrix, ctx.factors, d_b - moved)

    @staticmethod
    def backward(ctx: FunctionContext, *cotangents: Any) -> Any:
        """The solution y of the transposed systems, for b; and -y x^T, of which a has elements."""
        own: Any = ctx
        y = _Solution.apply(own.systems, not own.transposed, own.matrix, own.factors, cotangents[0])
        left, right = (own.x, y) if own.transposed else (y, own.x)
        (of_matrix,) = vjp(lambda a: own.systems.multiply(a, right), own.matrix)[1](-left)
        return None, None, of_matrix, None, y
