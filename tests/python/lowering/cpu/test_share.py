"""Loops that several cores share: the same numbers on any number of cores, by any thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from forks import in_forked_child
from xform.compiling.machine_code import is_compiled_here
from xform.frontend import grad, jit, scan
from xform_runtime.devices import PARALLEL_WORK
from xform_runtime.executable import Executable

RNG = np.random.default_rng(0)

# The axes are such that no block and no chunk of them is the last without a rest.
ROWS = RNG.normal(size=(2053, 131)).astype("float32")
LINE = RNG.normal(size=300_007).astype("float32")
WIDE = RNG.normal(size=(3, 100_003))
INTEGERS = RNG.integers(-100, 100, size=(1009, 257))
PLACES = RNG.integers(0, 300_007, size=200_003)


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def norm(x: Any) -> Any:
    d = x - x.mean(-1, keepdims=True)
    return d / np.sqrt((d * d).mean(-1, keepdims=True) + 1e-5)


def steps(x: Any) -> Any:
    """A loop whose turns are shared: rows that are updated in place, and a sum of all."""

    def step(carry: Any, i: Any) -> tuple[Any, Any]:
        x, total = carry
        x = x.copy()
        x[i] = np.tanh(x[i] + 1)
        x = x * np.float32(0.5)
        return (x, total + x.sum()), x.max()

    return scan(step, (x, np.float32(0)), np.arange(5))


def products(x: Any) -> Any:
    return (1 + x / 1e6).prod(-1)


def extremes(x: Any) -> Any:
    return x.max(), x.min(0)


def truths(x: Any) -> Any:
    return (x > 90).any(0), (x > -99).all(), (x > 3) ^ (x < 9)


def gathered(x: Any) -> Any:
    return np.sqrt(abs(x))[PLACES] * np.arange(200_003, dtype="float32")


# What is compiled, what it is given, and what it should give for that in float64.
CASES: dict[str, tuple[Callable[..., Any], Any, Callable[..., Any]]] = {
    "rows": (softmax, ROWS, softmax),
    "two passes over rows": (norm, ROWS, norm),
    "columns": (lambda x: np.exp(x).sum(0), ROWS, lambda x: np.exp(x).sum(0)),
    "the sum of all": (lambda x: np.sin(x).sum(), LINE, lambda x: np.sin(x).sum()),
    "the product of few": (products, WIDE, products),
    "the greatest": (extremes, INTEGERS, extremes),
    "truth": (truths, INTEGERS, truths),
    "bits": (
        lambda x: np.bitwise_xor.reduce(x * 7, axis=None),
        INTEGERS,
        lambda x: np.bitwise_xor.reduce(x * 7, axis=None),
    ),
    "turned": (lambda x: np.exp(x).T @ x, ROWS, lambda x: np.exp(x).T @ x),
    "places": (gathered, LINE, gathered),
    "small floats": (
        lambda x: (x * x + 1) / 3,
        LINE.astype("float16"),
        lambda x: (x * x + np.float16(1)) / np.float16(3),
    ),
    "a gradient": (
        grad(lambda x: (np.log(np.exp(x).sum(-1)) ** 2).sum()),
        ROWS,
        lambda x: 2 * np.log(np.exp(x).sum(-1, keepdims=True)) * softmax(x),
    ),
}


def on_devices(function: Callable[..., Any], x: Any, folder: Path) -> list[list[Any]]:
    lowered = jit(function).lower(x)
    assert is_compiled_here(lowered.as_text("linalg"))
    path = folder / "module.vmfb"
    lowered.save(path)
    results = []
    for devices in ({}, {"work": PARALLEL_WORK}, {"is_shared": True}):
        executable = Executable(path.read_bytes(), "cpu", **devices)
        results.append([y.numpy() for y in executable.invoke(*executable.entries, [x])])
    return results


def check(alone: list[Any], shared: list[list[Any]], wanted: Sequence[Any], within: float) -> None:
    for results in shared:
        for one, all_of_them in zip(alone, results, strict=True):
            np.testing.assert_array_equal(one, all_of_them)
    for one, value in zip(alone, wanted, strict=True):
        np.testing.assert_allclose(one, value, rtol=within, atol=within)


@pytest.mark.parametrize("name", CASES)
def test_one_core_and_all_of_them_agree(name: str, tmp_path: Path) -> None:
    function, x, expected = CASES[name]
    alone, *shared = on_devices(function, x, tmp_path)
    wanted = expected(x.astype("float64") if x.dtype == "float32" else x)
    check(alone, shared, wanted if isinstance(wanted, tuple) else (wanted,), 2e-4)


def test_a_loop_of_shared_turns(tmp_path: Path) -> None:
    alone, *shared = on_devices(steps, ROWS, tmp_path)
    x, total, greatest = ROWS.astype("float64"), 0.0, []
    for i in range(5):
        x[i] = np.tanh(x[i] + 1)
        x = x * 0.5
        total += x.sum()
        greatest.append(x.max())
    check(alone, shared, (x, total, greatest), 1e-3)


def test_many_threads_call_at_once() -> None:
    compiled = jit(softmax)
    wanted = compiled(ROWS).numpy()

    def call(_: int) -> bool:
        return np.array_equal(compiled(ROWS).numpy(), wanted)

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(call, range(200)))


def test_a_forked_process_goes_on_alone() -> None:
    compiled = jit(softmax)
    wanted = compiled(ROWS).numpy()
    assert in_forked_child(lambda: np.testing.assert_array_equal(compiled(ROWS), wanted)) == 0
