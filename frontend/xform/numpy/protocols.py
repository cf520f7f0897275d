"""NumPy's two protocols: its functions and ufuncs, called with traced arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from ..errors import XformTypeError, at_user_line
from ..tracing.operations import FUNCTIONS, METHODS, UFUNCS
from .arguments import entry, explain
from .dispatch import suggest
from .ufunc_methods import ufunc_method
from .views import require_traced


def call_function(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    """What `__array_function__` does: the traced function for one of NumPy's.

    Raises:
        XformTypeError: there is none, or it lacks an argument that is given.
    """
    traced = FUNCTIONS.get(function)
    if traced is None:
        _refuse(_full_name(function), function, FUNCTIONS)
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
    for target in kwargs.get("out", ()):
        if target is not None:
            require_traced(target)
    traced = UFUNCS.get(ufunc)
    if traced is None:
        name = ufunc.__name__
        numpys = getattr(np, name, None) is ufunc
        _refuse(f"numpy.{name}" if numpys else f"the ufunc {name}", ufunc, UFUNCS)
    if method == "__call__":
        if kwargs:
            if ufunc.nout == 1 and "out" in kwargs:
                (kwargs["out"],) = kwargs["out"]
            return traced(*inputs, **kwargs)
        return traced(*inputs)
    return ufunc_method(ufunc, method, inputs, kwargs)


def _full_name(function: Callable[..., Any]) -> str:
    module = getattr(function, "__module__", None) or "numpy"
    name = getattr(function, "__name__", repr(function))
    return f"{'numpy' if module.startswith('numpy._core') else module}.{name}"


def _refuse(name: str, function: Callable[..., Any], table: Mapping[Any, Any]) -> NoReturn:
    # It loads much of NumPy that nothing else needs.
    from .uncovered import REASONS

    reason = REASONS.get(function)
    short = name.rpartition(".")[2]
    why = f": {reason}" if reason else suggest(short, sorted({f.__name__ for f in table}))
    raise XformTypeError(at_user_line(f"{name} is not supported on traced arrays{why}"))


METHODS["__array_function__"] = call_function
METHODS["__array_ufunc__"] = call_ufunc

__all__ = ["call_function", "call_ufunc"]
