"""Functions that have no meaning for complex numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from ..errors import XformTypeError, at_user_line
from ..numpy.promotion import operand, result_type
from ..tracing.avals import is_array
from ..tracing.traces import is_traced

P = ParamSpec("P")
R = TypeVar("R")


def real_arrays(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator: complex arguments are an XformTypeError that names the function."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        for x in (*args, *kwargs.values()):
            if (is_traced(x) or is_array(x)) and result_type(operand(x)).kind == "c":
                name = function.__name__.strip("_")
                raise XformTypeError(
                    at_user_line(
                        f"{name}: {result_type(operand(x))} is not supported: apply it to real "
                        "and imaginary parts, or to abs(x)"
                    )
                )
        return function(*args, **kwargs)

    return call


__all__ = ["real_arrays"]
