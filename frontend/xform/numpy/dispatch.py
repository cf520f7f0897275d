"""Which traced function stands for which of NumPy's.

`@function(np.name)` enters a function into the table and returns what `xform.numpy` exports under
that name: inside of a traced function the traced one, elsewhere NumPy's own.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from xform_runtime import Array

from ..compiling import direct
from ..source import keep_users_frames
from ..tracing import traces
from ..tracing.operations import FUNCTIONS, PUBLIC, overriding
from .arguments import entry, explain

P = ParamSpec("P")
R = TypeVar("R")


# The extensions that take each element by itself.
ELEMENTWISE: set[Callable[..., Any]] = set()


def function(*numpy: Callable[..., Any]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: the function stands for these functions of NumPy on traced arrays."""

    def register(traced: Callable[P, R]) -> Callable[P, R]:
        for name in numpy:
            FUNCTIONS[name] = traced
        own = numpy[0]
        short = numpy[-1].__name__

        @wraps(traced)
        def public(*args: P.args, **kwargs: P.kwargs) -> R:
            if traces.current_trace() is None and not any(map(traces.is_traced, args)):
                return own(  # type: ignore[no-any-return]
                    *map(_concrete, args), **{name: _concrete(x) for name, x in kwargs.items()}
                )
            if (override := overriding(args)) is not None:
                return override.__array_function__(own, (), args, kwargs)  # type: ignore[no-any-return]
            try:
                return traced(*args, **kwargs)
            except Exception as error:
                explain(error, short, traced, args, kwargs)
                raise

        called: Any = public
        for name in numpy:
            PUBLIC[name] = called
        entry(public, short)
        return public

    return register


def extension(
    space: str, *, arrays: int = 1, elementwise: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: the function has no equal in NumPy, so on concrete arrays it is compiled and run.

    Args:
        space: the module that users know the function from, for messages.
        arrays: how many of its first parameters are arrays; the others are options.
        elementwise: whether it takes each element by itself.
    """

    def register(traced: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(traced)
        operands = list(signature.parameters)[:arrays]

        @wraps(traced)
        def public(*args: P.args, **kwargs: P.kwargs) -> R:
            if traces.current_trace() is not None:
                if (override := overriding(args)) is not None:
                    return override.__array_function__(public, (), args, kwargs)  # type: ignore[no-any-return]
                try:
                    return traced(*args, **kwargs)
                except Exception as error:
                    explain(error, traced.__name__.strip("_"), traced, args, kwargs)
                    raise
            # Options go by name, so that their numbers reach the function as they are.
            given = signature.bind(*args, **kwargs).arguments
            name = traced.__name__.strip("_")
            leading = [given[parameter] for parameter in operands if parameter in given]
            options = {key: value for key, value in given.items() if key not in operands}
            try:
                return direct.call(  # type: ignore[no-any-return]
                    traced, leading, options, name=name, transform=f"{space}.{name}"
                )
            except Exception as error:
                keep_users_frames(error)
                raise

        entry(public, traced.__name__.strip("_"))
        if elementwise:
            ELEMENTWISE.add(public)
        return public

    return register


def _concrete(x: Any) -> Any:
    if isinstance(x, Array):
        return np.asarray(x)
    if isinstance(x, list | tuple) and any(isinstance(item, Array) for item in x):
        return type(x)(map(_concrete, x))
    return x


def suggest(name: str, names: list[str]) -> str:
    """The end of a message about an unknown name: what it may have meant."""
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(near)}?" if near else ""


__all__ = [
    "ELEMENTWISE",
    "extension",
    "function",
    "suggest",
]
