"""Compilers in processes of their own: they may die, hang and be interrupted."""

from __future__ import annotations

import ctypes
import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from forks import in_forked_child
from signals import alarm, give_up
from xform.compiling import workers
from xform.compiling.refusal import Refused


def test_results_and_exceptions() -> None:
    assert workers.run(math.hypot, 3.0, 4.0) == 5.0
    assert workers.run(os.getpid) != os.getpid()
    # The second job has the worker of the first.
    assert workers.run(os.getpid) == workers.run(os.getpid)
    with pytest.raises(ValueError, match=r"math domain error|nonnegative"):
        workers.run(math.sqrt, -1.0)
    with pytest.raises(Refused, match=r"asks for more memory than \d+ MiB"):
        workers.run(bytes, 1 << 60)
    # What is printed is no answer.
    workers.run(os.write, 1, b"a line of a compiler")
    assert workers.run(math.hypot, 3.0, 4.0) == 5.0


@pytest.mark.parametrize(
    ("job", "arguments", "says"),
    [
        (os.abort, (), "signal SIGABRT"),
        (ctypes.string_at, (0,), "signal SIGSEGV"),
        (os._exit, (3,), "exit code 3"),
    ],
)
def test_death(job: object, arguments: tuple[int, ...], says: str) -> None:
    with pytest.raises(Refused) as caught:
        workers.run(job, *arguments)  # type: ignore[arg-type]
    assert caught.value.stage == "died"
    assert f"the compiler ended with {says}, after taking " in caught.value.diagnostics[0]
    assert workers.run(math.hypot, 3.0, 4.0) == 5.0


def test_last_words() -> None:
    with pytest.raises(Refused) as caught:
        workers.run(_complain)
    assert caught.value.diagnostics[0].endswith("MiB\nout of registers")


def _complain() -> None:
    os.write(2, b"out of registers\n")
    os.abort()


def test_interruption() -> None:
    """A signal whose handler raises ends a job, and the next one has a new worker."""
    before = workers.run(os.getpid)
    start = time.monotonic()
    with pytest.raises(TimeoutError), alarm(0.2, give_up):
        workers.run(time.sleep, 60)
    assert time.monotonic() - start < 10
    assert workers.run(os.getpid) != before
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


def test_a_handler_that_returns() -> None:
    seen: list[int] = []
    with alarm(0.1, lambda number, _: seen.append(number)):
        workers.run(time.sleep, 0.3)
    assert seen == [signal.SIGALRM]


@pytest.mark.skipif(os.cpu_count() == 1, reason="one core has one worker")
def test_threads_have_workers_of_their_own() -> None:
    found: list[int] = []
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        found.append(workers.run(_pid_later))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 2


def _pid_later() -> int:
    time.sleep(0.2)
    return os.getpid()


def test_more_threads_than_cores() -> None:
    results: list[float] = []
    threads = [
        threading.Thread(target=lambda i=i: results.append(workers.run(math.sqrt, float(i))))
        for i in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [math.sqrt(i) for i in range(40)]


def test_a_forked_child_has_workers_of_its_own() -> None:
    before = workers.run(os.getpid)

    def child() -> None:
        assert workers.run(os.getpid) not in (before, os.getpid())

    in_forked_child(child)
    assert workers.run(os.getpid) == before


FORKED = """
import os
from xform.compiling import workers
workers.run(os.getpid)
if os.fork() == 0:
    workers.run(os.getpid)
else:
    os.wait()
"""


def test_a_forked_child_says_nothing_of_its_parents_workers() -> None:
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-c", FORKED], capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_run_apart() -> None:
    beside = workers.run(os.getpid)
    value, said = workers.run_apart(os.write, 2, b"what it says\n")
    assert (value, said) == (13, "what it says")
    with pytest.raises(Refused, match="SIGABRT"):
        workers.run_apart(os.abort)
    assert workers.run(os.getpid) == beside


def test_without_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_can_start", False)
    assert workers.run(os.getpid) == os.getpid()


def test_a_process_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(workers, "_can_start", True)
    monkeypatch.setattr(workers, "_idle", [])
    monkeypatch.setattr(workers, "_count", 0)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert workers.run(os.getpid) == os.getpid()
    assert not workers._can_start
    assert workers._count == 0


def test_an_application_that_is_no_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be started once more."""
    assert workers._is_python()
    monkeypatch.setattr(sys, "executable", "/opt/drawing/bin/draw")
    assert not workers._is_python()


KILLED = """
import os, signal
from xform.compiling import workers
print(workers.run(os.getpid), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_worker_ends_with_its_process() -> None:
    ran = subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True)
    worker = int(ran.stdout)
    for _ in range(200):
        if not Path(f"/proc/{worker}/cmdline").exists():
            return
        # Whoever adopts it may not have waited for it yet.
        if not Path(f"/proc/{worker}/cmdline").read_bytes():
            return
        time.sleep(0.05)
    raise AssertionError(f"{worker} is still there")


def test_nothing_is_printed_at_the_end() -> None:
    code = "from xform.compiling import workers; import os; workers.start(); workers.run(os.getpid)"
    ran = subprocess.run(
        [sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
