"""Signals, other threads and the end of the interpreter while a call runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from signals import alarm, give_up
from xform import runtime
from xform.frontend import fori_loop, jit, scan, spec, while_loop
from xform.runtime import asarray
from xform_runtime.stopping import STOPPABLE

pytestmark = pytest.mark.calls_once

X = np.ones(3)
TURNS = 1 << 40


def endless(x: Any) -> Any:
    return fori_loop(0, TURNS, lambda i, c: np.sin(c) + 1e-3, x)


def risen(x: Any) -> Any:
    return while_loop(lambda c: c[0] < 3, lambda c: c + 1, x)


def long(x: Any) -> Any:
    """About half a second."""
    return fori_loop(0, 10_000_000, lambda i, c: np.sin(c) + 1e-3, x)


ENDLESS: list[tuple[Any, Any]] = [
    (endless, X),
    (lambda x: while_loop(lambda c: c[0] < 1e300, lambda c: c + 1e-3, x), X),
    (lambda x: fori_loop(0, TURNS, lambda i, c: np.tanh(c @ c * 1e-3), x), np.ones((300, 300))),
    (lambda x: scan(lambda c, i: (np.cos(c), None), x, None, length=TURNS)[0], X),
    (
        lambda x: while_loop(
            lambda s: s[0] >= 0,
            lambda s: (while_loop(lambda n: n < 10, lambda n: n + 1, 0), np.cos(s[1])),
            (0, x),
        )[1],
        X,
    ),
    (
        lambda x: fori_loop(0, TURNS, lambda i, c: np.where(c[0] > 0, np.sort(c) - 1e-3, c + 1), x),
        np.ones(1000),
    ),
]


@pytest.mark.parametrize(("function", "x"), ENDLESS)
def test_handlers_that_raise(function: Any, x: Any) -> None:
    compiled = jit(function).lower(x).compile()
    for _ in range(2):
        start = time.perf_counter()
        with pytest.raises(TimeoutError), alarm(0.1, give_up):
            compiled(x)
        assert time.perf_counter() - start < 2
    # The process goes on.
    np.testing.assert_array_equal(jit(lambda x: x + 1)(X), X + 1)


def test_ctrl_c() -> None:
    compiled = jit(endless).lower(X).compile()
    with pytest.raises(KeyboardInterrupt), alarm(0.1, signal.default_int_handler):
        compiled(X)


def test_handlers_that_return() -> None:
    heard = []
    compiled = jit(long).lower(X).compile()
    wanted = compiled(X)
    with alarm(0.05, lambda number, _: heard.append(number)):
        result = compiled(X)
    assert heard == [signal.SIGALRM]
    np.testing.assert_array_equal(result, wanted)


def test_handlers_that_call() -> None:
    compiled = jit(long).lower(X).compile()
    wanted, inner = compiled(X), []
    with alarm(0.05, lambda *_: inner.append(compiled(X * 2))):
        result = compiled(X)
    np.testing.assert_array_equal(result, wanted)
    np.testing.assert_array_equal(inner[0], compiled(X * 2))


def test_donated_arguments() -> None:
    """What was written cannot be written again."""
    compiled = jit(long, donate_argnums=0).lower(X).compile()
    with (
        pytest.raises(KeyboardInterrupt),
        alarm(0.05, signal.default_int_handler),
    ):
        compiled(asarray(X))
    with alarm(0.05, lambda *_: None):
        np.testing.assert_array_equal(compiled(asarray(X)), jit(long)(X))


def test_other_threads_go_on() -> None:
    """Signals are the main thread's."""
    compiled, results = jit(long).lower(X).compile(), []
    wanted = compiled(X)
    others = [threading.Thread(target=lambda: results.append(compiled(X))) for _ in range(2)]
    for other in others:
        other.start()
    with pytest.raises(TimeoutError), alarm(0.05, give_up):
        jit(endless)(X)
    for other in others:
        other.join()
    for result in results:
        np.testing.assert_array_equal(result, wanted)
    assert len(results) == 2


def test_others_hear_of_signals_too() -> None:
    """Who was told of signals before still is, as asyncio wants to be."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    compiled = jit(endless).lower(X).compile()
    time.sleep(0.1)
    before = signal.set_wakeup_fd(write)
    try:
        with pytest.raises(TimeoutError), alarm(0.1, give_up):
            compiled(X)
        assert signal.SIGALRM in os.read(read, 16)
    finally:
        signal.set_wakeup_fd(before)
        os.close(read)
        os.close(write)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "endless.vmfb"
    jit(endless).save(path, spec(3))
    module = runtime.load(path)
    assert module.entries == ("endless",)
    with pytest.raises(TimeoutError), alarm(0.1, give_up):
        module(X)
    # IREE's own tool calls it without the word.
    short = tmp_path / "short.vmfb"
    jit(risen).save(short, spec(3))
    assert STOPPABLE.encode() in short.read_bytes()
    tool = str(Path(sys.executable).with_name("iree-run-module"))
    done = subprocess.run(
        [tool, f"--module={short}", "--function=risen", "--input=3xf64=1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3xf64=3 3 3" in done.stdout, done.stdout + done.stderr


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


START = """
import os, signal, sys, threading, time
import numpy as np
from xform.frontend import fori_loop, jit
endless = jit(lambda x: fori_loop(0, 1 << 40, lambda i, c: np.sin(c) + 1e-3, x))
x = np.ones(3)
compiled = endless.lower(x).compile()
"""


def test_the_interpreter_ends() -> None:
    """A daemon thread's call does not outlive it, and nothing is printed."""
    done = run(
        START
        + "threading.Thread(target=compiled, args=(x,), daemon=True).start()\n"
        + "time.sleep(0.3)\nprint('end')"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


@pytest.mark.parametrize("device", ["cpu", pytest.param("vulkan", marks=pytest.mark.vulkan)])
def test_the_interpreter_ends_quietly_beside_torch(device: str) -> None:
    """Also where a result, and a view of it, are left to the end."""
    done = run(
        f"import torch\n{START}y = jit(np.sin, device={device!r})(x.astype('f'))\nz = np.asarray(y)"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_forked_processes() -> None:
    done = run(
        START
        + """
def give_up(*_):
    raise TimeoutError
signal.signal(signal.SIGALRM, give_up)
def call():
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        compiled(x)
    except TimeoutError:
        return True
assert call()
child = os.fork()
assert call()
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
    )
    assert (done.returncode, done.stderr) == (0, "")
