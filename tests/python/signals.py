"""Signals that arrive while something runs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


def give_up(*_: Any) -> None:
    """A handler that raises."""
    raise TimeoutError


@contextmanager
def alarm(seconds: float, handler: Callable[..., Any] = give_up) -> Iterator[None]:
    """Calls a handler after so many seconds, on the thread where Python handles signals."""
    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
