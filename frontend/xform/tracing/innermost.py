"""The innermost trace of each thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .traces import Trace


class Stack(threading.local):
    """A thread's traces, each of which knows its parent.

    Attributes:
        top: the innermost one; None outside of all transforms.
    """

    def __init__(self) -> None:
        self.top: Trace | None = None


stack = Stack()


def current_trace() -> Trace | None:
    """The innermost trace of this thread; None outside of all transforms."""
    return stack.top


__all__ = ["current_trace", "stack"]
