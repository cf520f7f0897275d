"""NumPy's two protocols: which traced function stands for which of NumPy's.

`@function(np.name)` enters a function into the table and returns what `xform.numpy` exports under
that name: inside of a traced function the traced one, elsewhere NumPy's own.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

import numpy as np
from xform_runtime import Array

from ..errors import XformTypeError, at_user_line
from ..tracing import traces
from .arguments import entry, explain

P = ParamSpec("P")
R = TypeVar("R")


class Overriding:
    """Base of what is no array, but carries out NumPy's functions and ours by NumPy's protocols."""

    __slots__ = ()


def overriding(args: Iterable[Any]) -> Any:
    """The first argument that carries out functions itself; None if there is none."""
    for x in args:
        if isinstance(x, Overriding):
            return x
    return None


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {}
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
            from ..compiling import direct

            # Options go by name, so that their numbers reach the function as they are.
            given = list(signature.bind(*args, **kwargs).arguments.items())
            name = traced.__name__.strip("_")
            result: R = direct.call(
                traced,
                [x for _, x in given[:arrays]],
                dict(given[arrays:]),
                name=name,
                transform=f"{space}.{name}",
            )
            return result

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


def call_function(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """What `__array_function__` does: the traced function for one of NumPy's.

    Raises:
        XformTypeError: there is none, or it lacks an argument that is given.
    """
    traced = FUNCTIONS.get(function)
    if traced is None:
        from .uncovered import REASONS

        _refuse(_full_name(function), FUNCTIONS, REASONS.get(function))
    try:
        return traced(*args, **kwargs)
    except Exception as error:
        explain(error, function.__name__, traced, args, kwargs)
        raise


entry(call_function, "")


def call_ufunc(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """What `__array_ufunc__` does: the traced form of one of NumPy's ufuncs.

    Raises:
        XformTypeError: there is none.
        TracedValueError: the result is to be written into an array of NumPy's.
    """
    from .ufunc import UFUNCS
    from .views import require_traced

    for target in kwargs.get("out", ()):
        if target is not None:
            require_traced(target)
    traced = UFUNCS.get(ufunc)
    if traced is None:
        from .uncovered import REASONS

        name = ufunc.__name__
        numpys = getattr(np, name, None) is ufunc
        _refuse(f"numpy.{name}" if numpys else f"the ufunc {name}", UFUNCS, REASONS.get(ufunc))
    if method == "__call__":
        if kwargs:
            if ufunc.nout == 1 and "out" in kwargs:
                (kwargs["out"],) = kwargs["out"]
            return traced(*inputs, **kwargs)
        return traced(*inputs)
    from .ufunc_methods import ufunc_method

    return ufunc_method(ufunc, method, inputs, kwargs)


def _full_name(function: Callable[..., Any]) -> str:
    module = getattr(function, "__module__", None) or "numpy"
    name = getattr(function, "__name__", repr(function))
    return f"{'numpy' if module.startswith('numpy._core') else module}.{name}"


def _refuse(name: str, table: Mapping[Any, Any], reason: str | None = None) -> NoReturn:
    short = name.rpartition(".")[2]
    why = f": {reason}" if reason else suggest(short, sorted({f.__name__ for f in table}))
    raise XformTypeError(at_user_line(f"{name} is not supported on traced arrays{why}"))


def suggest(name: str, names: list[str]) -> str:
    """The end of a message about an unknown name: what it may have meant."""
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(near)}?" if near else ""


__all__ = [
    "ELEMENTWISE",
    "FUNCTIONS",
    "Overriding",
    "call_function",
    "call_ufunc",
    "extension",
    "function",
    "overriding",
    "suggest",
]
