"""Forked processes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable


def in_forked_child(check: Callable[[], None], seconds: int = 20) -> int:
    """Runs `check` in a child; its exit code, negative for a signal such as that of a time-out."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.fork() == 0:
        signal.alarm(seconds)
        code = 1
        try:
            check()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.wait()[1])
