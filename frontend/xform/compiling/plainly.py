"""Compiling plainly: what is computed for comparison shares as little as it can with the best code.

NumPy computes what a function calls of it on concrete arrays. Transforms, loops and functions that
NumPy does not have are programs of their own even there. Where they are to be an independent
opinion, they are compiled without the best form (`forms.py`): one number at a time, on one core and
with few of LLVM's passes, and functions under `jit` are called as they are.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Plainly(threading.local):
    """How a thread compiles.

    Attributes:
        is_on: whether it compiles plainly.
        has_run: whether it has run something that was compiled since that was turned on.
    """

    def __init__(self) -> None:
        self.is_on = False
        self.has_run = False


plainly = Plainly()


@contextmanager
def compiling_plainly() -> Iterator[Plainly]:
    """While it is entered, this thread compiles plainly; not to be nested."""
    plainly.is_on, plainly.has_run = True, False
    try:
        yield plainly
    finally:
        plainly.is_on = False


__all__ = ["compiling_plainly", "plainly"]
