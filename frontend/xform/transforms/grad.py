"""`grad` and `grad_and_value`: the gradient of a scalar function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from .. import pytrees
from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.traces import definition_site, function_name, trace_callee
from .calls import call_grad, conjugate
from .selection import (
    Auxiliary,
    Selection,
    checked_argnums,
    entering_kwargs,
    output_and_aux,
    output_aval,
    require_callable,
    require_complex,
)
from .transformed import Transformed


def grad(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    *,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """The gradient of a function that returns one floating scalar.

    By a complex argument z = x + iy, it is df/dx + i df/dy: the direction in which the value grows,
    as in PyTorch, so that `z - rate * grad(f)(z)` descends: of |z|^2 it is 2 z. JAX returns its
    conjugate, 2 conj(z).

    Args:
        func: the function; any pytrees of arrays as arguments.
        argnums: the positional arguments to differentiate by; negative ones count from the end.
        has_aux: whether `func` returns (value, aux); aux is any pytree.
        holomorphic: whether `func` is promised to be holomorphic: the chosen arguments and the
            value are complex then, and the result is its complex derivative.

    Returns:
        A function with the same arguments that returns the gradient, of the structure, shapes and
        dtypes of the chosen argument (a tuple of them for a tuple), or (gradient, aux).

    Raises:
        XformTypeError: an integer or bool among the chosen arguments, or a value that is neither
            floating nor, with `holomorphic`, complex.
        XformValueError: the value is not a scalar.
        XformIndexError: argnums out of range.

    >>> grad(lambda x: x * x)(3.0).item()
    6.0
    >>> grad(lambda z: abs(z) ** 2)(1 + 2j).item()
    (2+4j)
    >>> grad(lambda z: z * z, holomorphic=True)(1 + 2j).item()
    (2+4j)
    """
    require_callable("grad", func)
    numbers = checked_argnums("grad", argnums)

    def run(*args: Any, **kwargs: Any) -> Any:
        gradient, _, aux = _gradient(
            "grad", func, numbers, args, kwargs, False, has_aux, bool(holomorphic)
        )
        return (gradient, aux) if has_aux else gradient

    made = partial(grad, func, argnums, has_aux, holomorphic=holomorphic)
    return Transformed(made, "grad", func, run, numbers)


def grad_and_value(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    *,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """The gradient of a function and its value, from one pass.

    Args:
        func: as for `grad`.
        argnums: as for `grad`.
        has_aux: as for `grad`.
        holomorphic: as for `grad`.

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
            "grad_and_value", func, numbers, args, kwargs, True, has_aux, bool(holomorphic)
        )
        return (gradient, (value, aux)) if has_aux else (gradient, value)

    made = partial(grad_and_value, func, argnums, has_aux, holomorphic=holomorphic)
    return Transformed(made, "grad_and_value", func, run, numbers)


def _gradient(
    transform: str,
    func: Callable[..., Any],
    argnums: int | tuple[int, ...],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    with_value: bool,
    has_aux: bool,
    holomorphic: bool,
) -> tuple[Any, Any, Any]:
    selection = Selection(transform, func, args, argnums)
    if holomorphic:
        require_complex(transform, selection.paths, selection.avals)
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
        _require_scalar(transform, value, has_aux, holomorphic)
        if holomorphic:
            # The gradient of its real part is the conjugate of the derivative.
            return [traces.real_of(value), *aux, value]
        return [value, *aux]

    callee = trace_callee(
        function_name(func), transform, selection.avals, body, definition_site(func)
    )
    count = len(selection.leaves)
    primals = selection.lifted()
    if holomorphic:
        results = call_grad(callee, primals, with_value=False, has_aux=True)
        results[:count] = map(conjugate, results[:count])
        results.insert(count, results.pop())
    else:
        results = call_grad(callee, primals, with_value=with_value, has_aux=has_aux)
    gradient = selection.rebuild(results[:count])
    value = results[count] if with_value else None
    aux = auxiliary.join(results[count + (with_value or holomorphic) :]) if has_aux else None
    return gradient, value, aux


def _require_scalar(transform: str, value: Any, has_aux: bool, holomorphic: bool) -> None:
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
    if holomorphic:
        require_complex(transform, ["the value"], [kind])
    elif kind.is_complex:
        raise XformTypeError(
            at_user_line(
                f"{transform}: the function must return a real scalar, got {kind}; return its "
                "real part, or pass holomorphic=True for a complex derivative"
            )
        )
    elif not kind.is_inexact:
        raise XformTypeError(
            at_user_line(f"{transform}: the function must return a floating scalar, got {kind}")
        )
