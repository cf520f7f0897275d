"""Calls that are made later, one after the other, on a thread of their own."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .unchanging import Unchanging

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor


class CallQueue(Unchanging):
    """The calls that were submitted to a module.

    The thread starts with the first call and ends with the queue. When the interpreter ends, it
    waits for the calls that were not cancelled, as it does for those of the standard library's pools.
    A pickle has no calls in it.

    >>> queue = CallQueue()
    >>> queue.submit(max, 1, 2).result()
    2
    """

    def __init__(self) -> None:
        # By the process: a forked one does not have the thread.
        self._pools: dict[int, ThreadPoolExecutor] = {}

    def submit(self, call: Callable[..., Any], /, *args: Any) -> Future[Any]:
        """Has a function called when all calls before it have ended.

        Args:
            call: the function.
            args: its arguments.

        Returns:
            What becomes of the call; carries its result or what it raises.
        """
        process = os.getpid()
        pool = self._pools.get(process)
        if pool is None:
            # It takes a while to import, and most programs only call.
            from concurrent.futures import ThreadPoolExecutor

            made = ThreadPoolExecutor(1, thread_name_prefix="xform calls")
            pool = self._pools.setdefault(process, made)
        return pool.submit(call, *args)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return CallQueue, ()


__all__ = ["CallQueue"]
