"""Primitives beyond the elementary functions, element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .emission import Operand, emit

if TYPE_CHECKING:
    from ..array import TracedArray


def erf_inv(x: Operand) -> TracedArray:
    """The number whose error function is x; NaN where |x| > 1."""
    return emit("erf_inv", [x])


def lgamma(x: Operand) -> TracedArray:
    """log(|gamma(x)|); infinite at 0 and the negative integers."""
    return emit("lgamma", [x])


def digamma(x: Operand) -> TracedArray:
    """The derivative of lgamma; infinite at 0, NaN at the negative integers."""
    return emit("digamma", [x])


def polygamma(x: Operand, order: int) -> TracedArray:
    """The derivative of digamma of a fixed order, at least 1."""
    return emit("polygamma", [x], {"order": int(order)})


def hypot(x: Operand, y: Operand) -> TracedArray:
    """The length of the vector (x, y), without overflow."""
    return emit("hypot", [x, y])


def log_add_exp(x: Operand, y: Operand) -> TracedArray:
    """log(exp(x) + exp(y)), without overflow."""
    return emit("log_add_exp", [x, y])
