"""Functions that share their parameters, made of one definition."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

K = TypeVar("K")
P = ParamSpec("P")
R = TypeVar("R")


def family(shared: Callable[Concatenate[str, K, P], R]) -> Callable[[str, K, str], Callable[P, R]]:
    """Decorator: what the function does for its first two arguments is a function of its own.

    Args:
        shared: what all of a family do. It gets the name of the function that was called, for
            messages, and what distinguishes it from the others.

    Returns:
        What makes one of them of its name, what distinguishes it, and its docstring. To users it is
        a function like others, with the parameters behind the first two.

    >>> @family
    ... def _power(name: str, exponent: int, x: float = 3.0) -> float:
    ...     return x**exponent
    >>> square = _power("square", 2, "The second power.")
    >>> square()
    9.0
    >>> inspect.signature(square)
    <Signature (x: 'float' = 3.0) -> 'float'>
    """
    whole = inspect.signature(shared)
    parameters = dict([*whole.parameters.items()][2:])
    signature = whole.replace(parameters=[*parameters.values()])
    types = {
        label: annotation
        for label, annotation in shared.__annotations__.items()
        if label in parameters or label == "return"
    }

    def member(name: str, which: K, doc: str) -> Callable[P, R]:
        @wraps(shared)
        def function(*args: P.args, **kwargs: P.kwargs) -> R:
            return shared(name, which, *args, **kwargs)

        function.__name__, function.__doc__, function.__annotations__ = name, doc, types
        function.__qualname__ = shared.__qualname__.removesuffix(shared.__name__) + name
        function.__signature__ = signature  # type: ignore[attr-defined]
        return function

    return member


__all__ = ["family"]
