"""Donated arguments: results in their memory, and nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform import runtime
from xform.frontend import grad, jit, scan, spec
from xform.runtime import Array, XformValueError, asarray
from xform_runtime.dtypes import numpy_dtype
from xform_runtime.memory import Memory

# A second call would look at the arrays of the first, which are not taken any more then.
pytestmark = pytest.mark.calls_once

SHAPE = (6, 5)


def values(dtype: str = "float64") -> np.ndarray[Any, Any]:
    return np.arange(30).reshape(SHAPE).astype(dtype)


def updated(x: Any, row: Any) -> Any:
    x[row] = 7
    return x


def halved(x: Any) -> Any:
    return x / 2 + 1


def reversed_after_use(x: Any) -> Any:
    """Each result is made of elements that another one replaces."""
    return x[::-1] + x[0]


def descended(x: Any) -> Any:
    return x - 0.125 * grad(lambda v: np.sum(np.sin(v) ** 2 @ np.ones(5)))(x)


def rotated(x: Any, y: Any) -> Any:
    return y, x


def read_later(x: Any) -> Any:
    return x * 2, x.sum(), x.T.copy()


def looped(x: Any) -> Any:
    return scan(lambda c, _: (np.roll(c, 1, 0) * 0.5, c[0]), x, None, length=4)


def kept(x: Any) -> Any:
    return x, x


PROGRAMS = [
    (halved, 1),
    (reversed_after_use, 1),
    (descended, 1),
    (rotated, 2),
    (read_later, 1),
    (looped, 1),
    (kept, 1),
    (lambda x, y: (x + y, x - y), 2),
    (lambda x, y: (np.where(x > y, x, y), (x @ y.T) @ y, np.sort(x, 0)), 2),
    (lambda x, y: (np.cumsum(x, 0) + y, y[::-1] * x[0]), 2),
    (lambda x, y: (x.reshape(5, 6).T.reshape(6, 5) + 1, np.concatenate([y[3:], y[:3]])), 2),
]


def leaves(results: Any) -> list[Any]:
    if isinstance(results, tuple | list):
        return [leaf for part in results for leaf in leaves(part)]
    return [results]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("function", "count"), PROGRAMS)
def test_values_are_those_of_new_memory(function: Any, count: int, dtype: str) -> None:
    hosts = [values(dtype) * (i + 1) for i in range(count)]
    wanted = leaves(jit(function)(*hosts))
    donating = jit(function, donate_argnums=tuple(range(count)))
    for arguments in ([asarray(x) for x in hosts], [x.copy() for x in hosts]):
        for got, value in zip(leaves(donating(*arguments)), wanted, strict=True):
            np.testing.assert_array_equal(got, value)
            assert got.dtype == value.dtype
        # What is NumPy's stays the caller's.
        for argument, host in zip(arguments, hosts, strict=True):
            if isinstance(argument, np.ndarray):
                np.testing.assert_array_equal(argument, host)


@pytest.mark.parametrize(
    ("function", "arguments"), [(halved, ()), (updated, (2,)), (descended, ())]
)
def test_memory_is_taken_over(function: Any, arguments: Any) -> None:
    donating = jit(function, donate_argnums=0)
    x = asarray(values())
    for _ in range(3):
        after = donating(x, *arguments)
        assert x.is_donated
        assert not after.is_donated
        x = after
    memory = donating.lower(values(), *arguments).compile().memory()
    assert memory.results == 0
    assert jit(function).lower(values(), *arguments).compile().memory().results == 240


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "int64", "float16", "bfloat16"])
def test_dtypes(dtype: str) -> None:
    wanted = values().astype(numpy_dtype(dtype))
    result = jit(updated, donate_argnums=0)(asarray(wanted), 1)
    wanted[1] = 7
    np.testing.assert_array_equal(result, wanted)


@pytest.mark.parametrize("shape", [(), (1,), (0,), (3, 0), (1, 1)])
def test_edge_shapes(shape: tuple[int, ...]) -> None:
    x = np.ones(shape)
    result = jit(lambda x: x * 3, donate_argnums=0)(asarray(x))
    np.testing.assert_array_equal(result, x * 3)


def test_an_array_that_is_gone_says_who_has_it() -> None:
    x = asarray(values())
    jit(halved, donate_argnums=0)(x)
    assert repr(x) == "Array(donated to 'halved', shape=(6, 5), dtype=float64, device='cpu')"
    assert (x.shape, x.dtype, x.device) == (SHAPE, np.float64, "cpu")
    for use in (lambda: x + 1, lambda: jit(halved)(x), x.copy, lambda: asarray(x).numpy()):
        with pytest.raises(XformValueError, match=r"donated to 'halved'.* use the result"):
            use()


def test_what_others_look_at_is_copied() -> None:
    donating = jit(halved, donate_argnums=0)
    x = asarray(values())
    seen = np.asarray(x)
    donating(x)
    np.testing.assert_array_equal(seen, values())
    assert not x.is_donated

    twice = asarray(values())
    total = jit(lambda a, b: (a + 1, a + b), donate_argnums=0)
    np.testing.assert_array_equal(total(twice, twice)[1], 2 * values())
    assert not twice.is_donated

    big = np.random.default_rng(0).normal(size=(200, 100))
    before = big.copy()
    np.testing.assert_array_equal(donating(big), before / 2 + 1)
    np.testing.assert_array_equal(big, before)


def test_results_of_the_other_compiler_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """It returns arguments, and constants, as they are."""
    monkeypatch.setenv("XFORM_COMPILER", "iree")
    x = asarray(values())
    same = jit(lambda x: x)(x)
    monkeypatch.delenv("XFORM_COMPILER")
    donating = jit(halved, donate_argnums=0)
    for array in (x, same):
        donating(array)
        assert not array.is_donated
    np.testing.assert_array_equal(same, values())

    monkeypatch.setenv("XFORM_COMPILER", "iree")
    jit(lambda x: x * 3, donate_argnums=0)(y := asarray(values()))
    assert not y.is_donated


def test_leaves_of_donated_containers() -> None:
    @jit(static_argnums=0, donate_argnames=("state",))
    def step(rate: float, data: Any, *, scale: Any, state: Any) -> Any:
        return {k: v - rate * scale * data for k, v in state.items()}

    data = asarray(values())
    state = {"a": asarray(values() + 1), "b": asarray(values() * 2)}
    result = step(0.5, data, scale=2.0, state=state)
    np.testing.assert_array_equal(result["b"], values())
    assert state["a"].is_donated
    assert state["b"].is_donated
    assert not data.is_donated


def test_options_do_not_mix() -> None:
    """Two jits of one function share programs only if they donate the same."""
    x = asarray(values())
    jit(halved)(x)
    jit(halved, donate_argnums=0)(x)
    assert x.is_donated
    y = asarray(values())
    jit(halved)(y)
    assert not y.is_donated


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "step.vmfb"
    jit(updated, donate_argnums=0).save(path, spec(SHAPE, "float64"), spec((), "int64"))
    module = runtime.load(path)
    assert module.updated.signature.donors == (0,)
    x = asarray(values())
    result = module(x, np.int64(1))
    assert isinstance(result, Array)
    assert x.is_donated
    np.testing.assert_array_equal(result[1], np.full(5, 7.0))


def test_more_arrays_than_bindings() -> None:
    """Results without donors come one behind the other."""
    hosts = [np.full(3, float(i)) for i in range(40)]

    def step(*xs: Any) -> Any:
        return [x[::-1] + xs[0] if i % 3 else x + 1 for i, x in enumerate(xs)]

    given = [asarray(x) for x in hosts]
    for got, x, i in zip(
        jit(step, donate_argnums=tuple(range(0, 40, 2)))(*given), hosts, range(40), strict=True
    ):
        np.testing.assert_array_equal(got, x + (1 if i % 3 == 0 else hosts[0]))


def test_planned_memory() -> None:
    step = jit(lambda x, y: (x[0, 0], x + y), donate_argnums=0)
    compiled = step.lower(*[values()] * 2).compile()
    assert compiled.memory() == Memory(arguments=480, results=8, scratch=compiled.memory().scratch)
