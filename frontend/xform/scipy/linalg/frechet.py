"""Functions of matrices in the sense of N. Higham's "Functions of Matrices", with all derivatives.

What computes such a function is a loop that ends when it is accurate, which cannot be transposed.
It need not be: the derivative L(a; e) is linear in e, and its transpose is L(a^T; e) (A. Al-Mohy
and N. Higham, "Computing the Fréchet derivative of the matrix exponential", SIAM J. Matrix Anal.
Appl. 30, 2009, which holds for every such function that is real for real numbers). So it is with
the derivatives of that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from ...numpy import ufuncs
from ...numpy.promotion import array, computed_dtype
from ...tracing.array import TracedArray
from ...transforms.function import Function
from ...transforms.function_context import FunctionContext
from ...transforms.jvp import jvp
from .batches import over_batch

# Of one matrix, and of how many times what it computes is differentiated.
MatrixFunction: TypeAlias = Callable[[TracedArray, int], TracedArray]


def _along(f: Callable[..., Any], direction: TracedArray) -> Callable[..., Any]:
    return lambda a: jvp(f, (a,), (direction,))[1]


class _Derivative(Function):
    """The derivative of a function along some directions, one after the other.

    Along none it is the function. It is linear in each direction and the same in any order.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(function: MatrixFunction, *args: Any) -> Any:
        """From a matrix and the directions."""
        a, *directions = args
        order = len(directions)
        f: Callable[..., Any] = lambda x: function(x, order)  # noqa: E731 - as those that follow
        for direction in directions:
            f = _along(f, direction)
        return f(a)

    @staticmethod
    def setup_context(ctx: FunctionContext, inputs: tuple[Any, ...], output: Any) -> None:
        """Keeps them all, and has the rules told what is not differentiated."""
        ctx.function, *ctx.inputs = inputs
        ctx.set_materialize_grads(False)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """One direction more for the matrix; for a direction, its tangent in its place."""
        apply = partial(_Derivative.apply, ctx.function)
        inputs, (_, moved, *others) = ctx.inputs, tangents
        terms = [] if moved is None else [apply(*inputs, moved)]
        for i, tangent in enumerate(others, 1):
            if tangent is not None:
                terms.append(apply(*inputs[:i], tangent, *inputs[i + 1 :]))
        return sum(terms[1:], terms[0]) if terms else None

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        """Those of the transposed matrix, where the cotangent is a direction like the others."""
        (cotangent,) = cotangents
        if cotangent is None:
            return (None,) * (1 + len(ctx.inputs))
        apply = partial(_Derivative.apply, ctx.function)
        a, *directions = (x.mT for x in ctx.inputs)
        _, of_matrix, *of_directions = ctx.needs_input_grad
        found = [apply(a, cotangent, *directions) if of_matrix else None]
        for i, needed in enumerate(of_directions):
            others = directions[:i] + directions[i + 1 :]
            found.append(apply(a, cotangent, *others) if needed else None)
        return None, *found


def derivative(function: MatrixFunction, *matrices: TracedArray) -> TracedArray:
    """The derivative of a function at matrices (..., n, n) along others, or its values.

    Args:
        function: computes one, of a dtype in which there are solutions of systems.
        matrices: those where, and the directions if there are any, of one dtype.
    """
    dtype = matrices[0].dtype
    wide = [array(x, computed_dtype(dtype)) for x in matrices]
    if not all(x.size for x in wide):
        return ufuncs.add(wide[0], sum(wide[1:])).astype(dtype)
    apply = partial(_Derivative.apply, function)
    return array(over_batch(apply, *((x, 2) for x in wide)), dtype)


__all__ = ["MatrixFunction", "derivative"]
