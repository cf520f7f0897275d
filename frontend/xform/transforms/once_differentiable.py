"""`once_differentiable`: a backward rule that must not be differentiated."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from ..errors import XformRuntimeError, at_user_line
from ..tracing import traces
from .array_leaves import ArrayLeaves
from .custom_call import CustomFunction, call_custom
from .function_context import FunctionContext, KeptArrays, state_of
from .selection import require_callable


def once_differentiable(rule: Callable[..., Any]) -> Callable[..., Any]:
    """Makes it an error to differentiate a rule of a Function, and so the Function twice.

    For a `backward` that computes with what the derivative does not see, a table or an
    approximation, so that a second derivative would be wrong.

    Args:
        rule: the `backward` of a Function, as a function of ctx and cotangents.

    Returns:
        The same rule; a transform that differentiates what it returns raises an XformRuntimeError.

    Raises:
        XformTypeError: `rule` is not callable.

    >>> from xform.frontend import Function, grad
    >>> class Square(Function):
    ...     @staticmethod
    ...     def forward(x):
    ...         return x * x
    ...
    ...     @staticmethod
    ...     def setup_context(ctx, inputs, output):
    ...         ctx.x = inputs[0]
    ...
    ...     @staticmethod
    ...     @once_differentiable
    ...     def backward(ctx, cotangent):
    ...         return 2 * ctx.x * cotangent
    >>> grad(Square.apply)(3.0).item()
    6.0
    """
    require_callable("once_differentiable", rule)

    @functools.wraps(rule)
    def once(ctx: FunctionContext, *given: Any) -> Any:
        state = state_of(ctx)
        # Of a rule that is transposed for forward mode, the marks on what it returns are undone.
        kept = KeptArrays(ctx, state.saved or ())
        kept.replace(_marked(state.name, kept.arrays))
        result = ArrayLeaves(rule(ctx, *given))
        return result.rebuild(_marked(state.name, result.arrays))

    return once


def _marked(name: str, arrays: Sequence[Any]) -> list[Any]:
    """Arrays that must not be differentiated."""
    if not arrays:
        return []
    return call_custom(_Once(name), [traces.traced(x) for x in arrays])


class _Once(CustomFunction):
    """The identity, of which there is no derivative."""

    def __init__(self, owner: str) -> None:
        self._owner = owner

    @property
    def name(self) -> str:
        return "once_differentiable"

    def primal(self, leaves: list[Any]) -> Sequence[Any]:
        return leaves

    def derivative(self, active: Sequence[bool], cotangents: Sequence[bool] | None) -> NoReturn:
        raise XformRuntimeError(
            at_user_line(
                f"{self._owner}: its backward is marked by once_differentiable, so there is no "
                "second derivative; remove the mark if backward may be differentiated"
            )
        )
