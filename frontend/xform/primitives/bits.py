"""Primitives on bit patterns and whole numbers, element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._xform import Type
from ..tracing import traces
from ..tracing.avals import checked_dtype
from .emission import Operand, emit

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


def shift_left(x: Operand, y: Operand) -> TracedArray:
    """X shifted left by y bits, filled with zeros; y counts as unsigned."""
    return emit("shift_left", [x, y])


def shift_right_arithmetic(x: Operand, y: Operand) -> TracedArray:
    """X shifted right by y bits, filled with its highest bit; y counts as unsigned."""
    return emit("shift_right_arithmetic", [x, y])


def shift_right_logical(x: Operand, y: Operand) -> TracedArray:
    """X shifted right by y bits, filled with zeros; y counts as unsigned."""
    return emit("shift_right_logical", [x, y])


def floor_div(x: Operand, y: Operand) -> TracedArray:
    """The floor of x / y, the exact quotient; integers divided by 0 give 0."""
    return emit("floor_div", [x, y])


def floor_rem(x: Operand, y: Operand) -> TracedArray:
    """x - y * floor(x / y), with the sign of y; 0 for integers divided by 0."""
    return emit("floor_rem", [x, y])


def popcount(x: Operand) -> TracedArray:
    """The number of bits of x that are set."""
    return emit("popcount", [x])


def clz(x: Operand) -> TracedArray:
    """The number of zero bits in front of the first that is set."""
    return emit("clz", [x])


def gcd(x: Operand, y: Operand) -> TracedArray:
    """The greatest common divisor of |x| and |y|."""
    return emit("gcd", [x, y])


def wrapping_pow(x: Operand, y: Operand) -> TracedArray:
    """X to the power y, wrapping; for negative y the truncated 1 / x**-y."""
    return emit("wrapping_pow", [x, y])


def bitcast(x: Operand, dtype: Any) -> TracedArray:
    """The bits of each element, read as another dtype of the same width."""
    target = checked_dtype(dtype, "bitcast")
    shape = traces.aval(x, "bitcast: operand 0").shape
    return emit("bitcast", [x], result_type=Type(shape, target.name))


def next_after(x: Operand, y: Operand) -> TracedArray:
    """The number next to x in the direction of y."""
    return emit("next_after", [x, y])


def copy_sign(x: Operand, y: Operand) -> TracedArray:
    """|x| with the sign of y."""
    return emit("copy_sign", [x, y])
