"""Primitives that factor matrices and solve triangular systems, in the last two axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .emission import Operand, emit

if TYPE_CHECKING:
    from .._xform import Attribute
    from ..tracing.array import TracedArray


def cholesky(x: Operand) -> TracedArray:
    """The lower triangular l with l l^T = x, of which the lower triangle is read."""
    return emit("cholesky", [x])


def triangular_solve(
    a: Operand,
    b: Operand,
    *,
    left_side: bool = True,
    lower: bool = True,
    transpose_a: bool = False,
    unit_diagonal: bool = False,
) -> TracedArray:
    """x with op(a) x = b, or x op(a) = b unless `left_side`, for triangular matrices a."""
    attributes: dict[str, Attribute] = {
        "left_side": left_side,
        "lower": lower,
        "transpose_a": transpose_a,
        "unit_diagonal": unit_diagonal,
    }
    return emit("triangular_solve", [a, b], attributes)
