"""Primitives that remove axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .emission import Operand, emit, ints

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


def reduce_sum(x: Operand, axes: Sequence[int]) -> TracedArray:
    """The sum over some axes; 0 over none."""
    return emit("reduce_sum", [x], {"axes": ints(axes)})


def reduce_prod(x: Operand, axes: Sequence[int]) -> TracedArray:
    """The product over some axes; 1 over none."""
    return emit("reduce_prod", [x], {"axes": ints(axes)})


def reduce_max(x: Operand, axes: Sequence[int]) -> TracedArray:
    """The largest element over some axes, NaN if there is one."""
    return emit("reduce_max", [x], {"axes": ints(axes)})


def reduce_min(x: Operand, axes: Sequence[int]) -> TracedArray:
    """The smallest element over some axes, NaN if there is one."""
    return emit("reduce_min", [x], {"axes": ints(axes)})


def reduce_and(x: Operand, axes: Sequence[int]) -> TracedArray:
    """Whether all elements over some axes are true."""
    return emit("reduce_and", [x], {"axes": ints(axes)})


def reduce_or(x: Operand, axes: Sequence[int]) -> TracedArray:
    """Whether any element over some axes is true."""
    return emit("reduce_or", [x], {"axes": ints(axes)})
