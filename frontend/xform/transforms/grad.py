"""`grad` and `grad_and_value`: the gradient of a scalar function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from .. import pytrees
from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing.traces import definition_site, function_name, trace_callee
from .calls import call_grad
from .selection import (
    Auxiliary,
    Selection,
    checked_argnums,
    entering_kwargs,
    output_and_aux,
    output_aval,
    require_callable,
)
from .transformed import Transformed


def grad(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """The gradient of a function that returns one floating scalar.

    Args:
        func: the function; any pytrees of arrays as arguments.
        argnums: the positional arguments to differentiate by; negative ones count from the end.
        has_aux: whether `func` returns (value, aux); aux is any pytree.

    Returns:
        A function with the same arguments that returns the gradient, of the structure, shapes and
        dtypes of the chosen argument (a tuple of them for a tuple), or (gradient, aux).

    Raises:
        XformTypeError: an integer or bool among the chosen arguments, or a value that is none.
        XformValueError: the value is not a scalar.
        XformIndexError: argnums out of range.

    >>> grad(lambda x: x * x)(3.0).item()
    6.0
    """
    require_callable("grad", func)
    numbers = checked_argnums("grad", argnums)

    def run(*args: Any, **kwargs: Any) -> Any:
        gradient, _, aux = _gradient("grad", func, numbers, args, kwargs, False, has_aux)
        return (gradient, aux) if has_aux else gradient

    return Transformed(partial(grad, func, argnums, has_aux), "grad", func, run, numbers)


def grad_and_value(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """The gradient of a function and its value, from one pass.

    Args:
        func: as for `grad`.
        argnums: as for `grad`.
        has_aux: as for `grad`.

    Returns:
        A function that returns (gradient, value), or (gradient, (value, aux)).

    Raises:
        As for `grad`.

    >>> gradient, value = grad_and_value(lambda x: x * x)(3.0)
    >>> gradient.item(), value.item()
    (6.0, 9.0)
    """
    require_callable("grad_and_value", func)
    numbers = checked_argnums("grad_and_value", argnums)

    def run(*args: Any, **kwargs: Any) -> Any:
        gradient, value, aux = _gradient(
            "grad_and_value", func, numbers, args, kwargs, True, has_aux
        )
        return (gradient, (value, aux)) if has_aux else (gradient, value)

    made = partial(grad_and_value, func, argnums, has_aux)
    return Transformed(made, "grad_and_value", func, run, numbers)


def _gradient(
    transform: str,
    func: Callable[..., Any],
    argnums: int | tuple[int, ...],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    with_value: bool,
    has_aux: bool,
) -> tuple[Any, Any, Any]:
    selection = Selection(transform, func, args, argnums)
    if not selection.leaves:
        raise XformValueError(
            at_user_line(f"{transform}: the chosen arguments contain no array: argnums={argnums}")
        )
    auxiliary = Auxiliary()

    def body(leaves: list[Any]) -> list[Any]:
        value = func(*selection.arguments(leaves), **entering_kwargs(kwargs))
        aux: list[Any] = []
        if has_aux:
            value, rest = output_and_aux(transform, value)
            aux = auxiliary.split(rest)
        _require_scalar(transform, value, has_aux)
        return [value, *aux]

    callee = trace_callee(
        function_name(func), transform, selection.avals, body, definition_site(func)
    )
    results = call_grad(callee, selection.lifted(), with_value=with_value, has_aux=has_aux)
    count = len(selection.leaves)
    gradient = selection.rebuild(results[:count])
    value = results[count] if with_value else None
    aux = auxiliary.join(results[count + with_value :]) if has_aux else None
    return gradient, value, aux


def _require_scalar(transform: str, value: Any, has_aux: bool) -> None:
    if not pytrees.is_leaf(value):
        size = f" of {len(value)}" if hasattr(value, "__len__") else ""
        advice = "" if has_aux else "; with has_aux=True it may return (value, aux)"
        raise XformTypeError(
            at_user_line(
                f"{transform}: the function must return one floating scalar, got "
                f"{type(value).__name__}{size}{advice}"
            )
        )
    kind = output_aval(transform, value, "the value")
    if kind.shape:
        raise XformValueError(
            at_user_line(
                f"{transform}: the function must return one floating scalar, got an array of "
                f"shape {kind.shape} and dtype {kind.dtype.name}; sum it, or use jacrev"
            )
        )
    if not kind.is_float:
        raise XformTypeError(
            at_user_line(f"{transform}: the function must return a floating scalar, got {kind}")
        )
