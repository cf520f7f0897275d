"""Primitives that sum products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .emission import Operand, emit, ints

if TYPE_CHECKING:
    from .._xform import Attribute
    from ..tracing.array import TracedArray


def dot_general(
    lhs: Operand,
    rhs: Operand,
    lhs_batch: Sequence[int],
    rhs_batch: Sequence[int],
    lhs_contracting: Sequence[int],
    rhs_contracting: Sequence[int],
) -> TracedArray:
    """Products summed over contracted axes: batch axes, then the free ones of lhs, then of rhs."""
    attributes: dict[str, Attribute] = {
        "lhs_batch": ints(lhs_batch),
        "rhs_batch": ints(rhs_batch),
        "lhs_contracting": ints(lhs_contracting),
        "rhs_contracting": ints(rhs_contracting),
    }
    return emit("dot_general", [lhs, rhs], attributes)
