"""Primitives of which the derivatives of what has a kink are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .emission import Operand, emit

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


def abs_slope(x: Operand) -> TracedArray:
    """The derivative of |x|: sign(x), and at 0 the mean of -1 and 1."""
    return emit("abs_slope", [x])


def share(t: Operand, greater: Operand, equal: Operand) -> TracedArray:
    """The part of t that goes through the greater of two: all, at a tie one half, or 0."""
    return emit("share", [t, greater, equal])
