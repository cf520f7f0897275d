"""How a rule is entered, and the parts of complex operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..primitives import full, select
from ..tracing.array import TracedArray
from ..tracing.operations import COMPLEX_RULES
from ..tracing.traces import complex_of, imag_of, real_of

Rule = TypeVar("Rule", bound=Callable[..., Any])


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Decorator: the function is what these primitives are on complex operands."""

    def register(function: Rule) -> Rule:
        for name in names:
            COMPLEX_RULES[name] = function
        return function

    return register


def parts(x: TracedArray) -> tuple[TracedArray, TracedArray]:
    """The real and the imaginary part of a complex array."""
    return real_of(x), imag_of(x)


def like(x: TracedArray, number: float) -> TracedArray:
    """A constant of the shape and dtype of `x`."""
    return full(x.shape, x.dtype, number)


def select_complex(
    condition: TracedArray, x: tuple[TracedArray, TracedArray], y: tuple[TracedArray, TracedArray]
) -> TracedArray:
    """The complex array of the parts of `x` where the condition holds, else of those of `y`."""
    return complex_of(*(select(condition, a, b) for a, b in zip(x, y, strict=True)))


def times_i(x: TracedArray) -> TracedArray:
    """i x, by its parts and so without a sign of zero lost."""
    real, imag = parts(x)
    return complex_of(-imag, real)


def times_minus_i(x: TracedArray) -> TracedArray:
    """-i x."""
    real, imag = parts(x)
    return complex_of(imag, -real)


__all__ = [
    "complex_of",
    "imag_of",
    "like",
    "parts",
    "real_of",
    "rule",
    "select_complex",
    "times_i",
    "times_minus_i",
]
