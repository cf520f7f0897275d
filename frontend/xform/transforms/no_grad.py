"""`no_grad`: a block whose results are constants to every derivative."""

from __future__ import annotations

from contextlib import ContextDecorator
from types import TracebackType

from ..tracing import traces
from ..tracing.traces import Trace


class no_grad(ContextDecorator):  # noqa: N801 - torch's name
    """A block, or a function, whose results are constants to every derivative.

    Every transform of the function that contains the block respects it, in forward mode too. A
    block around the call of a transform does not change what the transform computes; its result
    is a constant to the transforms further out.

    >>> from xform.frontend import grad
    >>> def f(x):
    ...     with no_grad():
    ...         scale = x * x
    ...     return scale * x
    >>> grad(f)(3.0).item()
    9.0
    """

    def __init__(self) -> None:
        self._traces: list[Trace | None] = []

    def __enter__(self) -> None:
        trace = traces.current_trace()
        if trace is not None:
            trace.no_grad += 1
        self._traces.append(trace)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        trace = self._traces.pop()
        if trace is not None:
            trace.no_grad -= 1

    def _recreate_cm(self) -> no_grad:
        # As a decorator, each call of the function has a block of its own.
        return no_grad()
