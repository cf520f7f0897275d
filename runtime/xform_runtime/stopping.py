"""How long calls end when a signal arrives, or the interpreter does.

Machine code that may run long looks at a word, now and then, and ends when it is set. While a call
runs on the main thread, Python handles no signals; but it writes their numbers to a pipe, and a
thread that reads it sets the word. The signal's handler runs as soon as the call is over. If it
raises, as that of Ctrl-C does, all is well; if it returns, the call is made again from the start.
"""

from __future__ import annotations

import atexit
import os
import signal
import threading
import time
import weakref
from typing import Any, Final

import numpy as np

from .binding import BufferUsage, HalBufferView, MemoryType, VmVariantList
from .devices import Device, get_device
from .dtypes import element_type
from .errors import XformRuntimeError
from .image import STOPPABLE

_WORDS: Final = 16

_MEMORY: Final = int(MemoryType.DEVICE_LOCAL) | int(MemoryType.HOST_VISIBLE)
_USAGE: Final = int(BufferUsage.DEFAULT) | int(BufferUsage.MAPPING)

# Others may take the wakeup of signals for theirs, so it is taken again after so many seconds.
_TAKEN_FOR: Final = 0.05
# How long the interpreter waits for calls on daemon threads when it ends.
_GRACE: Final = 5.0


class _Word:
    """What stops a call of one thread at a time.

    `flag[0]` is what the machine code looks at.
    """

    __slots__ = ("__weakref__", "flag", "is_busy", "is_unique", "thread", "view")

    def __init__(self, device: Device) -> None:
        buffer = device.allocator.allocate_buffer(_MEMORY, _USAGE, 4 * _WORDS)
        host = buffer.map().asarray([_WORDS], np.dtype(np.int32))
        host[:] = 0
        self.flag: memoryview = host.data
        self.view = HalBufferView(buffer, (_WORDS,), element_type(np.dtype(np.int32)))
        self.thread = threading.current_thread()
        # Whether a call looks at it, and whether that cannot be made again.
        self.is_busy = self.is_unique = False
        _words.add(self)


class _Signals:
    """The thread that hears of signals, and the pipe where it does."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self.taken = -_TAKEN_FOR
        # Where signals were told of before.
        self._before = -1
        self.stops: _Word | None = None
        threading.Thread(target=self._listen, name="xform signals", daemon=True).start()

    def take(self) -> None:
        """Has signals told of here; on the main thread."""
        before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        if before != self._write:
            self._before = before
        self.taken = time.monotonic()

    def _listen(self) -> None:
        while numbers := os.read(self._read, 256):
            if self._before != -1:
                try:
                    os.write(self._before, numbers)
                except OSError:
                    self._before = -1
            self._tell(numbers)

    def _tell(self, numbers: bytes) -> None:
        word = self.stops
        if word is not None and any(_may_stop(number, word) for number in numbers):
            word.flag[0] = 1


def _may_stop(number: int, word: _Word) -> bool:
    """Whether the handler is going to raise, or the call can be made again if it does not."""
    return not word.is_unique or signal.getsignal(number) is signal.default_int_handler


class _Caller(threading.local):
    """What a thread has for its calls."""

    def __init__(self) -> None:
        self.word = _Word(get_device("cpu"))
        self.is_main = self.word.thread is threading.main_thread()


_words: weakref.WeakSet[_Word] = weakref.WeakSet()
_caller: _Caller | None = None
_signals: _Signals | None = None
_is_over = False


def call_stoppable(
    device: Device, context: Any, function: Any, inputs: Any, results: int, is_unique: bool
) -> Any:
    """Calls a module's function whose last argument is the word that stops it.

    Args:
        device: where it runs, a CPU.
        context: the module's context.
        function: the function.
        inputs: its other arguments.
        results: how many results it has.
        is_unique: whether it can be called only once, as it writes into its arguments.

    Returns:
        The list of its results.

    Raises:
        Whatever a signal's handler raises.
        XformRuntimeError: IREE reports a failure; or a handler returned, and the function cannot be
            called again.
    """
    global _caller, _signals
    caller = _caller
    if caller is None:
        caller = _caller = _Caller()
    word = caller.word
    if word.is_busy:
        # A signal's handler makes a call of its own.
        word = _Word(device)
    word.is_busy, word.is_unique = True, is_unique
    inputs.push_ref(word.view)
    outputs = VmVariantList(results)
    signals = outer = None
    try:
        if caller.is_main:
            signals = _signals
            if signals is None:
                signals = _signals = _Signals()
            if time.monotonic() - signals.taken > _TAKEN_FOR:
                signals.take()
            outer, signals.stops = signals.stops, word
        device.invoke(context, function, inputs, outputs)
        if not word.flag[0]:
            return outputs
        # Handlers that raise have done so by now.
        if _is_over:
            # A daemon thread, which ends without a word.
            raise SystemExit
        if is_unique:
            raise XformRuntimeError(
                f"a signal stopped {function.name!r}, and its handler returned; the call cannot be "
                "made again, as it has written into its donated arguments"
            )
        if signals is not None:
            signals.stops = None
        word.flag[0] = 0
        outputs = VmVariantList(results)
        device.invoke(context, function, inputs, outputs)
        return outputs
    finally:
        if signals is not None:
            signals.stops = outer
        word.is_busy = False
        if word.flag[0]:
            word.flag[0] = 0


def _end() -> None:
    """At the end of the interpreter: what runs on daemon threads must not outlive the devices."""
    global _is_over, _caller
    _is_over = True
    deadline = time.monotonic() + _GRACE
    for word in list(_words):
        if word.is_busy:
            word.flag[0] = 1
            word.thread.join(max(0.0, deadline - time.monotonic()))
    _caller = None


def _after_fork() -> None:
    """In a forked child: its thread that listens is missing, and the pipe is the parent's."""
    global _signals, _caller
    if _signals is not None:
        signal.set_wakeup_fd(-1)
    _signals = _caller = None
    _words.clear()


atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

__all__ = ["STOPPABLE", "call_stoppable"]
