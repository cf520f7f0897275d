"""Primitives beyond the elementary functions, element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .emission import Operand, emit

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


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


def gaussian(x: Operand) -> TracedArray:
    """exp(-x^2), exact for large x."""
    return emit("gaussian", [x])


def logistic_slope(x: Operand) -> TracedArray:
    """The derivative of logistic, exact where that is close to 0 or 1."""
    return emit("logistic_slope", [x])


def sinc(x: Operand, order: int = 0) -> TracedArray:
    """The derivative of sin(x) / x of a fixed order, 0 for the function itself."""
    return emit("sinc", [x], {"order": int(order)})


def sinc_of_root(x: Operand, order: int = 0) -> TracedArray:
    """j_n(z) / z^n at z = sqrt(x), of a fixed order n: cos(z) for -1, sin(z) / z for 0."""
    return emit("sinc_of_root", [x], {"order": int(order)})


def div_no_nan(x: Operand, y: Operand) -> TracedArray:
    """x / y; 0 where y is 0, without derivative there."""
    return emit("div_no_nan", [x, y])


def half_pow(x: Operand, exponent: int) -> TracedArray:
    """x to the power exponent / 2, which is odd and at least -1; 0 where x is 0."""
    return emit("half_pow", [x], {"exponent": int(exponent)})


def hypot(x: Operand, y: Operand) -> TracedArray:
    """The length of the vector (x, y), without overflow."""
    return emit("hypot", [x, y])


def log_add_exp(x: Operand, y: Operand) -> TracedArray:
    """log(exp(x) + exp(y)), without overflow."""
    return emit("log_add_exp", [x, y])
