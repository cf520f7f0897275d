"""jit: caching, static arguments, structures, inlining and errors."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
import xform
from xform import frontend
from xform.frontend import grad, jit, vmap
from xform.runtime import Array, asarray

X = np.array([0.5, 1.5, 2.0])


class Counted:
    """A function that counts how often it is traced."""

    def __init__(self) -> None:
        self.traces = 0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.traces += 1
        return [a * 2 for a in args] + [v * 3 for _, v in sorted(kwargs.items())]


def test_one_trace_for_each_signature() -> None:
    f = Counted()
    fast = jit(f)
    np.testing.assert_array_equal(fast(X)[0], X * 2)
    np.testing.assert_array_equal(fast(X + 1)[0], X * 2 + 2)
    fast(asarray(X))
    assert f.traces == 1
    fast(X.astype("float32"))
    fast(X[:2])
    fast(2.0)
    fast(3.0)
    assert f.traces == 4
    # A weak number and a strong array are different signatures.
    assert fast(np.float64(2.0))[0].item() == 4.0
    assert f.traces == 5
    np.testing.assert_array_equal(fast(x=X)[0], X * 3)
    fast(x=X)
    assert f.traces == 6
    assert jit(f)(X)[0].shape == (3,)
    assert f.traces == 6, "two jits of one function share its programs"


def test_results() -> None:
    @jit
    def f(x: Any, k: Any) -> Any:
        return {"a": x, "b": (k, 1.5, True, 7), "c": None, "d": [], "e": "text"}

    got = f(X, np.int32(4))
    assert isinstance(got["a"], Array)
    np.testing.assert_array_equal(got["a"], X)
    assert [r.dtype.name for r in got["b"]] == ["int32", "float64", "bool", "int64"]
    assert [r.item() for r in got["b"]] == [4, 1.5, True, 7]
    assert got["c"] is None
    assert got["d"] == []
    assert got["e"] == "text"


def test_results_never_share_memory() -> None:
    x = np.arange(100_000.0)
    y = jit(lambda x: x)(x)
    x[:] = -1.0
    assert np.asarray(y)[5] == 5.0
    closed = np.arange(3.0)
    z = jit(lambda x: closed)(X)
    closed[:] = -1.0
    np.testing.assert_array_equal(z, [0.0, 1.0, 2.0])


@pytest.mark.parametrize(
    "layout",
    [X[::-1], np.arange(6.0).reshape(2, 3).T, X.astype(">f8"), np.asfortranarray(np.ones((3, 2)))],
    ids=["reversed", "transposed", "big-endian", "fortran"],
)
def test_any_layout(layout: np.ndarray[Any, Any]) -> None:
    fast = jit(lambda x: x + 1)
    for _ in range(2):
        np.testing.assert_array_equal(fast(layout), np.ascontiguousarray(layout) + 1)


def test_static_arguments() -> None:
    traces = []

    @partial(jit, static_argnums=1, static_argnames="mode")
    def f(x: Any, n: int, *, mode: str = "add") -> Any:
        traces.append((n, mode))
        for _ in range(n):
            x = x + 1 if mode == "add" else x * 2
        return x

    np.testing.assert_array_equal(f(X, 2), X + 2)
    np.testing.assert_array_equal(f(X, 2), X + 2)
    np.testing.assert_array_equal(f(X, n=2), X + 2)
    np.testing.assert_array_equal(f(X, 1, mode="double"), X * 2)
    assert traces == [(2, "add"), (2, "add"), (1, "double")]
    # Equal values of different types are different.
    g = jit(lambda x, k: x + (1 if k is True else 2), static_argnums=(-1,))
    assert g(1.0, True).item() == 2.0
    assert g(1.0, 1).item() == 3.0


def test_as_a_decorator_with_options() -> None:
    @jit(static_argnums=1)
    def power(x: Any, n: int) -> Any:
        """Doc."""
        return x**n

    @jit()
    def double(x: Any) -> Any:
        return x * 2

    assert isinstance(power, frontend.Jitted)
    assert (power.__name__, power.__doc__) == ("power", "Doc.")
    np.testing.assert_array_equal(power(X, 2), X**2)
    np.testing.assert_array_equal(double(X), X * 2)


def test_static_arguments_of_any_kind_of_parameter() -> None:
    def f(x: Any, /, n: int = 1, *rest: Any, mode: str = "add", **more: Any) -> Any:
        assert isinstance(n, int), "static"
        return x * n if mode == "multiply" else x + n

    by_options: list[dict[str, Any]] = [
        {"static_argnums": 1},
        {"static_argnums": np.int8(1)},
        {"static_argnames": ("n", "mode")},
    ]
    for options in by_options:
        fast = jit(f, **{"static_argnames": "mode", **options})
        calls = (fast(2.0, 3), fast(2.0, n=3), fast(2.0, 3, mode="add"), fast(2.0, mode="add", n=3))
        assert [x.item() for x in calls] == [5, 5, 5, 5]
        assert fast(2.0, 3, X, mode="multiply", other=X).item() == 6


def test_inside_other_transforms() -> None:
    @partial(jit, static_argnums=1)
    def power(x: Any, n: int) -> Any:
        x[0] = 1.0
        return (x**n).sum()

    def outer(x: Any) -> Any:
        return grad(power)(x, 3), vmap(power, (0, None))(x[None], 2), x

    gradient, value, after = jit(outer)(X)
    np.testing.assert_allclose(gradient, [0.0, 3 * 1.5**2, 3 * 2.0**2])
    np.testing.assert_allclose(value, [1 + 1.5**2 + 4.0])
    np.testing.assert_array_equal(after, X)


def test_closed_over_arrays_are_arguments() -> None:
    big = np.random.default_rng(1).normal(size=(50, 50))
    device = asarray(X)

    def f(x: Any) -> Any:
        return vmap(lambda r: r @ big)(x) + big + np.sum(device)

    lowered = jit(f).lower(np.ones((50, 50)))
    assert len(lowered.as_text("linalg")) < 20_000
    entry = next(line for line in lowered.as_text().splitlines() if "func.func @f(" in line)
    assert entry.count("tensor<50x50xf64>") - entry.split("->")[1].count("tensor<50x50xf64>") == 2
    np.testing.assert_allclose(jit(f)(np.eye(50)), 2 * big + X.sum())


def test_jit_freezes_closed_over_arrays_and_direct_calls_do_not() -> None:
    scale = np.array([1.0, 2.0, 3.0])
    fast = jit(lambda x: x * scale)
    np.testing.assert_array_equal(fast(X), X * [1, 2, 3])
    mapped = vmap(lambda x: x * scale[0])
    np.testing.assert_array_equal(mapped(X), X)
    scale[:] = 5.0
    np.testing.assert_array_equal(fast(X), X * [1, 2, 3])
    np.testing.assert_array_equal(mapped(X), X * 5)


def test_a_closed_over_array_may_change_while_tracing() -> None:
    def f(x: Any) -> Any:
        buffer = np.array([1.0, 1.0, 1.0])
        first = x * buffer
        buffer[:] = 2.0
        return first, x * buffer

    first, second = jit(f)(X)
    np.testing.assert_array_equal(first, X)
    np.testing.assert_array_equal(second, X * 2)


def test_pytrees() -> None:
    @dataclass
    class State:
        position: Any
        name: str = "s"

    @jit
    def step(p: dict[str, Any], n: None) -> Any:
        assert n is None
        return {"w": p["w"] + 1, "b": [p["b"][0] * 2]}

    got = step({"w": X, "b": [X]}, None)
    np.testing.assert_array_equal(got["b"][0], X * 2)
    with pytest.raises(TypeError, match=r"argument 0 \('s'\)\.name"):
        jit(lambda s: s.position)(State(X))


def test_names() -> None:
    def model(x: Any) -> Any:
        """Doc."""
        return x

    fast = jit(model)
    assert (fast.__name__, fast.__doc__) == ("model", "Doc.")
    assert fast.lower(1.0).name == "model"
    assert jit(lambda x: x).lower(1.0).name == "main"
    assert jit(vmap(model)).lower(X).name == "model"
    assert jit(partial(model)).lower(X).name == "model"
    assert jit(Counted()).lower(X).name == "Counted"


def test_threads_compile_once() -> None:
    f = Counted()
    fast = jit(f)
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(fast(X)[0])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert f.traces == 1
    for result in results:
        np.testing.assert_array_equal(result, X * 2)


def test_option_errors(user_error: Any) -> None:
    def f(x: Any, mode: str) -> Any:
        return x

    with user_error(TypeError, "jit: expected a function, got ndarray"):
        jit(X)  # type: ignore[arg-type]
    with user_error(ValueError, "unknown device 'gpu'", "'cpu', 'vulkan', 'cuda'"):
        jit(f, device="gpu")
    with user_error(IndexError, "static_argnums 2 is out of range", "2 positional parameters"):
        jit(f, static_argnums=2)
    with user_error(ValueError, "static_argnames has 'node'", "'mode', 'x'"):
        jit(f, static_argnames="node")
    with user_error(TypeError, "static_argnums must be", "'x'"):
        jit(f, static_argnums="x")  # type: ignore[arg-type]
    with user_error(TypeError, "static_argnums must be", "1.5"):
        jit(f, static_argnums=1.5)  # type: ignore[call-overload]
    with user_error(TypeError, "static_argnums must be", "(True,)"):
        jit(f, static_argnums=(True,))
    with user_error(TypeError, "static_argnames must be", "['x', 1]"):
        jit(f, static_argnames=["x", 1])  # type: ignore[list-item]
    with user_error(IndexError, "donate_argnums -3 is out of range", "2 positional parameters"):
        jit(f, donate_argnums=-3)
    with user_error(TypeError, "donate_argnums must be", "'x'"):
        jit(f, donate_argnums="x")  # type: ignore[call-overload]
    with user_error(ValueError, "donate_argnames has 'node'", "'mode', 'x'"):
        jit(f, donate_argnames="node")
    with user_error(ValueError, "argument 'mode' is both static and donated"):
        jit(f, static_argnames="mode", donate_argnums=(0, 1))
    with user_error(TypeError, "device must be a name or None, got list"):
        jit(f, device=["cpu"])  # type: ignore[call-overload]
    with user_error(ValueError, "unknown device 'gpu'"):
        jit(device="gpu")
    with user_error(TypeError, "jit: expected a function, got NoneType"):
        jit(None)  # type: ignore[call-overload]
    with user_error(TypeError, "static_argnames must be", "3"):
        jit(f, static_argnames=3)  # type: ignore[arg-type]
    with user_error(TypeError, "argument 1 ('mode') is static", "hashable", "list"):
        jit(f, static_argnums=1)(X, [1])
    with user_error(TypeError, "hashable, got ndarray", "ordinary argument"):
        jit(f, static_argnums=1)(X, X)


def test_argument_errors(user_error: Any) -> None:
    def f(x: Any, mode: Any = None) -> Any:
        return x

    with user_error(TypeError, "argument 1 ('mode')", "'fast' of type str", "static_argnames"):
        jit(f)(X, "fast")
    with user_error(TypeError, "keyword argument 'mode'['k']", "type object"):
        jit(f)(X, mode={"k": object()})
    with user_error(TypeError, "argument 0 ('x')", "dtype complex256 cannot be compiled"):
        jit(f)(X.astype(np.clongdouble))
    with user_error(TypeError, "argument 0 ('x')", "dtype <U4"):
        jit(f)(np.array(["text"]))
    with user_error(TypeError, "argument 0 ('x')", "MaskedArray is not supported"):
        jit(f)(np.ma.masked_array([1.0, 2.0], [0, 1]))
    with user_error(TypeError, "does not fit into 64 bits"):
        jit(f)(2**70)
    with user_error(TypeError, "output['k'] is of type object", "xform.tree.register"):
        jit(lambda x: {"k": object()})(X)


def test_python_numbers_are_weak() -> None:
    x = np.ones(3, "float32")
    assert jit(lambda x, s: x * s)(x, 2.0).dtype == "float32"
    assert jit(lambda x, s: x * s)(x, np.float64(2.0)).dtype == "float64"
    assert grad(lambda s, x: (s * x).sum())(2.0, x).dtype == "float64"


def test_arrays_of_other_libraries() -> None:
    np.testing.assert_array_equal(jit(lambda x: x + 1)(torch.ones(3)), [2.0, 2.0, 2.0])
    np.testing.assert_array_equal(vmap(lambda x: x + 1)(torch.ones(3)), [2.0, 2.0, 2.0])


def test_errors_are_xform_errors() -> None:
    for cls in (TypeError, ValueError, IndexError, RuntimeError):
        ours = getattr(frontend, f"Xform{cls.__name__}")
        assert issubclass(ours, cls)
        assert issubclass(ours, xform.XformError)


def test_the_functions_own_exceptions_pass_through() -> None:
    class OwnError(Exception):
        pass

    def f(x: Any) -> Any:
        raise OwnError("mine")

    for call in (jit(f), vmap(f), grad(f), jit(vmap(grad(f)))):
        with pytest.raises(OwnError, match="mine"):
            call(X)
    # Nothing of the failed traces is left behind.
    np.testing.assert_array_equal(jit(vmap(np.negative))(X), -X)
