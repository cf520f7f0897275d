"""Functions whose captures become arguments, so that rules can differentiate by them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..tracing.avals import Aval
from ..tracing.traces import Callee, definition_site, function_name, trace_callee

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


class Closures:
    """Functions that are traced one after the other; each captures what those before do, and more.

    Args:
        transform: how messages call what needs them.
    """

    def __init__(self, transform: str) -> None:
        self._transform = transform
        self._callees: list[Callee] = []

    def trace(
        self,
        function: Callable[..., Any],
        avals: Sequence[Aval],
        body: Callable[[list[Any]], Sequence[Any]],
    ) -> Callee:
        """A traced function.

        Args:
            function: the user's function, for its name and place.
            avals: those of its arguments.
            body: from the arguments to the results.
        """
        name, place = function_name(function), definition_site(function)
        callee = trace_callee(name, self._transform, avals, body, place, self.captures())
        self._callees.append(callee)
        return callee

    def captures(self) -> list[TracedArray]:
        """What all functions so far capture: each some of the first."""
        return self._callees[-1].captures if self._callees else []


def with_captures(callee: Callee, captures: Sequence[Any]) -> Callee:
    """A function of `Closures` with other captures.

    Args:
        callee: the function.
        captures: as many as all functions capture.
    """
    return Callee(callee.function, list(captures[: len(callee.captures)]), callee.results)


def of_captures(
    callee: Callee, own: Sequence[Any], captures: Sequence[Any]
) -> tuple[Callee, list[Any]]:
    """A function of `Closures` as one of its captures, too.

    Args:
        callee: the function.
        own: its own arguments.
        captures: as many as all functions capture.

    Returns:
        The function without captures, and all its arguments.
    """
    captured = captures[: len(callee.captures)]
    return Callee(callee.function, [], callee.results), [*own, *captured]


def floating_captures(callee: Callee) -> list[int]:
    """Which of its captures a function can be differentiated by."""
    return [i for i, x in enumerate(callee.captures) if x._aval.is_inexact]
