"""Calls that are submitted: their order, their futures, and what they were given."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, as_completed, wait
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform.frontend import export, jit, save, spec
from xform_runtime import Array, Module, XformTypeError, XformValueError, asarray, load
from xform_runtime.call_queue import CallQueue

ONES = np.ones(4, np.float32)


@pytest.fixture(scope="module")
def steps_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two entry points of one module."""
    path = tmp_path_factory.mktemp("modules") / "steps.vmfb"
    vector = spec(4, "float32")
    export(
        path, {"up": jit(lambda x: x + 1).lower(vector), "down": jit(lambda x: x - 1).lower(vector)}
    )
    return path


def queue_of(module: Module) -> CallQueue:
    return module[module.entries[0]]._queue


class Gate:
    """A queue whose thread waits until it may go on."""

    def __init__(self) -> None:
        self._open, self._reached = threading.Event(), threading.Event()

    def wait(self) -> None:
        self._reached.set()
        assert self._open.wait(30)

    def close(self, queue: CallQueue) -> None:
        queue.submit(self.wait)
        assert self._reached.wait(30)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open()


def test_a_future_has_what_a_call_returns(model_file: Path) -> None:
    module = load(model_file)
    x = np.arange(3, dtype=np.float32)
    p = {"w": np.ones((2, 3), np.float32), "b": (np.zeros(2, np.float32),)}
    scale = np.float32(2)
    expected = module(x, p, scale=scale)
    for call in (module.submit, module.model.submit, module["model"].submit):
        found = call(x, p, scale=scale).result()
        assert isinstance(found["y"], Array)
        np.testing.assert_array_equal(found["y"], expected["y"])
        np.testing.assert_array_equal(found["rest"][0], expected["rest"][0])


def test_the_standard_library_s_functions(add_file: Path) -> None:
    module = load(add_file)
    futures = [module.submit(ONES * i, ONES) for i in range(8)]
    done, pending = wait(futures, timeout=30)
    assert (len(done), len(pending)) == (8, 0)
    assert sorted(future.result()[0].item() for future in as_completed(futures)) == [*range(1, 9)]
    called: list[Any] = []
    module.submit(ONES, ONES).add_done_callback(called.append)
    module.submit(ONES, ONES).result()
    assert called[0].result().tolist() == [2] * 4


def test_calls_are_made_in_their_order(steps_file: Path, gate: Gate) -> None:
    module = load(steps_file)
    order: list[int] = []
    gate.close(module.up._queue)
    futures = []
    for i in range(20):
        wrong = [np.ones(3, np.float32)] if i % 5 == 0 else [ONES]
        futures.append((module.up if i % 2 else module.down).submit(*wrong))
        futures[-1].add_done_callback(lambda _, i=i: order.append(i))
    assert not any(future.done() for future in futures), "not even those that fail"
    gate.open()
    wait(futures, timeout=30)
    assert order == [*range(20)]


def test_errors_are_carried(add_file: Path) -> None:
    module = load(add_file)
    for args, error, says in (
        ((ONES,), XformTypeError, "got 1 positional argument, expected 2"),
        ((ONES, np.ones(3, np.float32)), XformValueError, r"has shape \(3,\)"),
        ((ONES, np.ones(4)), XformTypeError, "has dtype float64"),
    ):
        future = module.submit(*args)
        with pytest.raises(error, match=says):
            future.result()
        assert isinstance(future.exception(), error)
    assert module.submit(ONES, ONES).result().tolist() == [2] * 4


def test_several_entry_points(steps_file: Path) -> None:
    module = load(steps_file)
    with pytest.raises(XformTypeError, match=r"module\.down\.submit\(\.\.\.\), module\.up"):
        module.submit(ONES)


def test_cancelling(add_file: Path, gate: Gate) -> None:
    module = load(add_file)
    gate.close(queue_of(module))
    first, second = module.submit(ONES, ONES), module.submit(ONES, 2 * ONES)
    assert first.cancel()
    gate.open()
    assert second.result().tolist() == [3] * 4
    assert not second.cancel()
    with pytest.raises(CancelledError):
        first.result()


def test_arguments_may_change_at_once(add_file: Path, gate: Gate) -> None:
    module = load(add_file)
    gate.close(queue_of(module))
    buffer, futures = ONES.copy(), []
    for i in range(3):
        buffer[:] = i
        futures.append(module.submit(buffer, asarray(ONES)))
    buffer[:] = 100
    gate.open()
    assert [future.result().tolist() for future in futures] == [[i + 1] * 4 for i in range(3)]


def test_many_threads_submit(add_file: Path) -> None:
    module = load(add_file)
    found: list[list[float]] = []

    def work(number: int) -> None:
        futures = [module.submit(ONES * number, ONES * i) for i in range(50)]
        found.append([future.result()[0].item() - number for future in futures])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[*range(50)]] * 4


@pytest.mark.calls_once
def test_donated_arguments(tmp_path: Path, gate: Gate) -> None:
    path = tmp_path / "step.vmfb"
    save(jit(lambda s, x: s + x, donate_argnums=0), spec(1000), spec(1000), path=path)
    module = load(path)
    state, x = module(np.zeros(1000), np.zeros(1000)), np.ones(1000)
    host, given = np.zeros(1000), state
    for _ in range(5):
        state = module.submit(state, x).result()
    assert given.is_donated
    assert state[0].item() == 5
    assert module.submit(host, x).result()[0].item() == 1
    assert host[0] == 0
    # Nobody can look at what a call may be writing into.
    gate.close(queue_of(module))
    state = module(np.zeros(1000), x)
    future = module.submit(state, x)
    assert state.is_donated
    with pytest.raises(XformValueError, match="was donated to"):
        state.numpy()
    gate.open()
    assert future.result()[0].item() == 2


def test_copies_have_queues_too(steps_file: Path, add_file: Path) -> None:
    module = load(steps_file)
    module.up.submit(ONES).result()
    loaded = pickle.loads(pickle.dumps(module))
    assert loaded.up._queue is loaded.down._queue
    assert loaded.up._queue is not module.up._queue
    assert loaded.up.submit(ONES).result().tolist() == [2] * 4
    assert copy.deepcopy(module).down.submit(ONES).result().tolist() == [0] * 4


def test_a_forked_process_has_a_thread_of_its_own(add_file: Path) -> None:
    program = f"""
import os, numpy as np
from xform_runtime import load
module = load({os.fspath(add_file)!r})
ones = np.ones(4, np.float32)
assert module.submit(ones, ones).result()[0] == 2
child = os.fork()
if child == 0:
    found = module.submit(ones, 2 * ones).result(20)[0]
    os._exit(int(found))
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout.strip() == "3", ran.stderr


def test_the_interpreter_waits_for_calls(add_file: Path) -> None:
    program = f"""
import numpy as np
from xform_runtime import load
module = load({os.fspath(add_file)!r})
ones = np.ones(4, np.float32)
for i in range(3):
    module.submit(ones, i * ones).add_done_callback(lambda f: print(f.result()[0]))
del module
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stdout.split() == ["1.0", "2.0", "3.0"], ran.stderr
    assert ran.stderr == ""


@pytest.mark.vulkan
def test_on_another_device(vulkan_file: Path) -> None:
    module = load(vulkan_file)
    x = np.ones(1001, np.float32)
    futures = [module.submit(i * x) for i in range(3)]
    for i, future in enumerate(futures):
        result = future.result()
        assert result.device == "vulkan"
        np.testing.assert_array_equal(result, np.arange(1001, dtype=np.float32) * i + 1)
