"""Compilers in processes of their own, so that they can die, run out of memory and be stopped.

A worker is started when the first program is traced, and kept. Threads that compile at the same
time have a worker each, as far as there are cores. Where no process can be started, or what runs
this one is no Python interpreter, compilers run in it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import IO, Any, Final, TypeVar

from .refusal import Refused
from .worker import receive, send

T = TypeVar("T")

_SCRIPT: Final = "from xform.compiling.worker import serve; serve()"
_MOST: Final = os.cpu_count() or 1
# Of what a process printed, the last characters.
_SAID: Final = 2000


def run(job: Callable[..., T], *arguments: Any) -> T:
    """Calls a function in a worker.

    Args:
        job: a function of a module that workers can import.
        arguments: its arguments; they are pickled, as the result is.

    Raises:
        Refused: the worker died of it, what the job raises says so, or it is late (`until`).
    """
    worker = _take()
    if worker is None:
        if _limit.moment is not None:
            raise Refused("start", ("no process can be started",))
        with _in_process:
            return job(*arguments)
    try:
        answer = worker.ask(pickle.dumps((job, arguments)))
    except EOFError:
        _drop(worker)
        raise worker.death() from None
    except BaseException:
        # Such as Ctrl-C: what the worker is at is not wanted any more.
        _drop(worker)
        raise
    _give_back(worker)
    value: T = _result(answer)
    return value


def run_apart(job: Callable[..., T], *arguments: Any) -> tuple[T, str]:
    """`run` in a worker of its own, which ends with it; also what it printed.

    Raises:
        Refused: as `run`, or no worker can be started.
    """
    try:
        worker = _Worker()
    except OSError as error:
        raise Refused("start", (f"no process can be started: {error}",)) from None
    try:
        answer = worker.ask(pickle.dumps((job, arguments)))
    except EOFError:
        worker.end()
        raise worker.death() from None
    finally:
        worker.end()
    value: T = _result(answer)
    return value, worker.said


@contextlib.contextmanager
def until(moment: float) -> Iterator[None]:
    """While it is entered, this thread's jobs end by then, and none runs in this process.

    Args:
        moment: of `time.monotonic`; a job that is not done by then is refused (stage "time").
    """
    before, _limit.moment = _limit.moment, moment
    try:
        yield
    finally:
        _limit.moment = before


def start() -> None:
    """Starts a worker if there is none, so that it is there when a program has been traced."""
    global _count
    if _count or not _can_start:
        return
    with _changed:
        if _count:
            return
        _count += 1
    _give_back(_new())


def stay_in_this_process() -> None:
    """Has compilers run in this process from now on, for debuggers."""
    global _can_start
    _can_start = False


def _result(answer: bytes) -> Any:
    is_result, value = pickle.loads(answer)
    if not is_result:
        raise value
    return value


class _Limit(threading.local):
    """When a thread's jobs are to be done; None if they may take as long as they like."""

    moment: float | None = None

    def rest(self) -> float | None:
        """The seconds that are left.

        Raises:
            Refused: there are none.
        """
        if self.moment is None:
            return None
        rest = self.moment - time.monotonic()
        if rest <= 0:
            raise Refused("time", ("the compiler takes too long",))
        return rest


class _Worker:
    """The process, and what it says of itself."""

    def __init__(self) -> None:
        # What the process printed, once it has ended.
        self.said = ""
        self._printed: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        path = os.pathsep.join(entry for entry in sys.path if entry)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            env={**os.environ, "PYTHONPATH": path},
            # A terminal's Ctrl-C is for this process.
            process_group=0,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._jobs, self._answers = self._process.stdin, self._process.stdout
        self._peak = 0

    def ask(self, job: bytes) -> bytes:
        """Has a job done.

        Raises:
            EOFError: the process died.
            Refused: it is late.
        """
        try:
            send(self._jobs.fileno(), job)
            self._wait()
            return receive(self._answers.fileno())
        except BrokenPipeError:
            raise EOFError from None

    def _wait(self) -> None:
        """Waits for an answer if that may be late; what comes then comes as a whole."""
        answers = select.poll()
        answers.register(self._answers.fileno(), select.POLLIN)
        while (rest := _limit.rest()) is not None and not answers.poll(rest * 1000):
            pass

    def end(self) -> None:
        """Ends the process, whatever it is at, and reads what it printed."""
        if self._process.returncode is not None:
            return
        self._close()
        # Popen would wait for it, and not tell what it took.
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.killpg(self._process.pid, signal.SIGKILL)
            _, status, usage = os.wait4(self._process.pid, 0)
            self._process.returncode = os.waitstatus_to_exitcode(status)
            self._peak = usage.ru_maxrss << 10
        if self._process.returncode is None:
            # Somebody else waited for it.
            self._process.returncode = 0
        with self._printed as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _SAID))
            self.said = file.read().decode(errors="replace").strip()

    def forget(self) -> None:
        """In a process whose worker it is not: closes what is left of it there."""
        self._close()
        self._printed.close()
        # Otherwise Popen would look for the process, and warn that it runs.
        self._process.returncode = 0

    def _close(self) -> None:
        """Closes this process's ends of the pipes."""
        self._jobs.close()
        self._answers.close()

    def death(self) -> Refused:
        """How the process, which has ended, did so, and what it printed."""
        code = self._process.returncode
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        took = f"the compiler ended with {how}, after taking {self._peak >> 20} MiB"
        return Refused("died", (f"{took}\n{self.said}".strip(),), end=how)


def _new() -> _Worker | None:
    global _count, _can_start
    try:
        return _Worker()
    except OSError:
        _can_start = False
        with _changed:
            _count -= 1
        return None


def _take() -> _Worker | None:
    """A worker with nothing to do; None if there are none here."""
    global _count
    if not _can_start:
        return None
    with _changed:
        while not _idle:
            if _count < _MOST:
                _count += 1
                break
            _changed.wait(_limit.rest())
        else:
            return _idle.pop()
    return _new()


def _give_back(worker: _Worker | None) -> None:
    if worker is not None:
        with _changed:
            _idle.append(worker)
            _changed.notify()


def _drop(worker: _Worker) -> None:
    global _count
    worker.end()
    with _changed:
        _count -= 1
        _changed.notify()


def _end() -> None:
    """At the end of the interpreter."""
    for worker in _idle:
        worker.end()
    _idle.clear()


def _after_fork() -> None:
    """In a forked child: the workers are the parent's."""
    global _changed, _in_process, _count
    for worker in _idle:
        worker.forget()
    _changed, _in_process, _count = threading.Condition(), threading.Lock(), 0
    _idle.clear()


def _is_python() -> bool:
    """Whether this process's program runs Python's code, and is no application of its own."""
    name = os.path.basename(sys.executable or "")
    return name.startswith(("python", "pypy")) and not getattr(sys, "frozen", False)


_changed = threading.Condition()
_idle: list[_Worker] = []
_count = 0
_can_start = _is_python()
_limit = _Limit()
# For compilers in this process.
_in_process = threading.Lock()

atexit.register(_end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
