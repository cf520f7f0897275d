"""Functions that share their parameters, made of one definition."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

K = TypeVar("K")
P = ParamSpec("P")
R = TypeVar("R")


def family(
    shared: Callable[Concatenate[str, K, P], R],
) -> Callable[[K], Callable[[Callable[[], None]], Callable[P, R]]]:
    """Decorator: what the function does for its first two arguments is a function of its own.

    Args:
        shared: what all of a family do. It gets the name of the function that was called, for
            messages, and what distinguishes it from the others.

    Returns:
        What takes that which distinguishes one of them, and is a decorator: a function without
        parameters or body gives the name and the docstring. To users it is a function like others,
        with the parameters of `shared` behind the first two.

    >>> @family
    ... def _power(name: str, exponent: int, x: float = 3.0) -> float:
    ...     return x**exponent
    >>> @_power(2)
    ... def square() -> None:
    ...     "The second power."
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

    def member(which: K) -> Callable[[Callable[[], None]], Callable[P, R]]:
        def declared(declaration: Callable[[], None]) -> Callable[P, R]:
            name = declaration.__name__

            @wraps(declaration)
            def function(*args: P.args, **kwargs: P.kwargs) -> R:
                return shared(name, which, *args, **kwargs)

            function.__annotations__ = types
            function.__signature__ = signature  # type: ignore[attr-defined]
            # Whose names the annotations are in.
            function.__wrapped__ = shared  # type: ignore[assignment]
            return function

        return declared

    return member


__all__ = ["family"]
