"""Primitives that accumulate along an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .emission import Operand, emit

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


def cumsum(x: Operand, axis: int, reverse: bool = False) -> TracedArray:
    """The sums of the elements up to each one, or from each one on."""
    return emit("cumsum", [x], {"axis": int(axis), "reverse": bool(reverse)})


def cumprod(x: Operand, axis: int, reverse: bool = False) -> TracedArray:
    """The products of the elements up to each one, or from each one on."""
    return emit("cumprod", [x], {"axis": int(axis), "reverse": bool(reverse)})


def cummax(x: Operand, axis: int, reverse: bool = False) -> TracedArray:
    """The largest element up to each one, NaN from the first one on."""
    return emit("cummax", [x], {"axis": int(axis), "reverse": bool(reverse)})


def cummin(x: Operand, axis: int, reverse: bool = False) -> TracedArray:
    """The smallest element up to each one, NaN from the first one on."""
    return emit("cummin", [x], {"axis": int(axis), "reverse": bool(reverse)})
