"""Tracing: captured values, leaks, locations and what an error leaves behind."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from xform import primitives
from xform.frontend import LeakedArrayError, TracedValueError, grad, jit, vjp, vmap
from xform.source import user_site
from xform.tracing import traces
from xform.tracing.avals import Aval

X = np.array([0.5, 1.5, 2.0])


def test_captures_through_several_functions() -> None:
    closed = np.array([1.0, 2.0, 3.0])

    def f(x: Any, s: Any) -> Any:
        def outer(r: Any) -> Any:
            shifted = r * s
            return vmap(lambda e: (e + shifted + closed).sum() * x[0])(x)

        return vmap(outer)(x), closed * x

    nested, plain = jit(f)(X, 2.0)
    expected = [[(e + r * 2 + closed).sum() * X[0] for e in X] for r in X]
    np.testing.assert_allclose(nested, expected)
    np.testing.assert_allclose(plain, closed * X)


def test_one_argument_for_one_captured_value() -> None:
    closed = np.array([1.0, 2.0, 3.0])
    lowered = jit(lambda x: vmap(lambda e: (closed * e).sum() + (closed + e).sum())(x)).lower(X)
    text = lowered.as_text()
    entry, inner = (line for line in text.splitlines() if "func.func" in line)
    assert entry.split("->")[0].count("tensor<3xf64>") == 2
    assert inner.split("->")[0].count("tensor<3xf64>") == 1


def test_leaked_arrays(user_error: Any) -> None:
    kept: list[Any] = []

    def leaks(x: Any) -> Any:
        kept.append(x)
        return x.sum()

    jit(leaks)(X)
    with user_error(LeakedArrayError, "jit traced a function that has returned", "TracedArray"):
        jit(lambda x: x + kept[0])(X)
    kept.clear()

    def inner_leak(x: Any) -> Any:
        vmap(leaks)(x)
        return x + kept[0]

    with user_error(LeakedArrayError, "vmap traced a function", "in inner_leak"):
        jit(inner_leak)(X[None])
    kept.clear()

    def leaks_pullback(x: Any) -> Any:
        kept.append(vjp(lambda x: x * x, x)[1])
        return x

    jit(leaks_pullback)(X)
    with user_error(LeakedArrayError, "has returned"):
        jit(lambda x: kept[0](x))(X)


def test_arrays_of_another_thread() -> None:
    found: list[BaseException] = []

    def f(x: Any) -> Any:
        def other() -> None:
            try:
                jit(lambda y: y + x)(X)
            except LeakedArrayError as error:
                found.append(error)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return x

    jit(f)(X)
    assert len(found) == 1
    assert "another thread" in str(found[0])


@pytest.mark.parametrize(
    "use",
    [bool, float, int, lambda x: range(x), lambda x: x.item(), np.asarray, lambda x: f"{x:.3f}"],
    ids=["bool", "float", "int", "range", "item", "asarray", "format"],
)
def test_values_are_not_known(use: Any, user_error: Any) -> None:
    def f(x: Any) -> Any:
        use(x)
        return x

    with user_error(TracedValueError, "traced"):
        jit(f)(2.0)


def test_a_failed_trace_leaves_the_program_usable() -> None:
    def f(x: Any) -> Any:
        with pytest.raises(ZeroDivisionError):
            vmap(lambda r: 1 / 0)(x)
        with pytest.raises(ValueError, match="shape"):
            vmap(lambda r: primitives.add(r, np.ones(7)))(x)
        return grad(lambda x: vmap(lambda r: r * r)(x).sum())(x)

    lowered = jit(f).lower(X)
    assert lowered.as_text().count("func.func") == 3
    np.testing.assert_allclose(jit(f)(X), 2 * X)
    assert traces.current_trace() is None


def test_primitive_errors_name_operation_shapes_and_line(user_error: Any) -> None:
    def bad_shapes(x: Any) -> Any:
        return primitives.add(x, np.ones((2, 2)))

    def bad_dtypes(x: Any) -> Any:
        return primitives.sin(np.arange(3))

    with user_error(ValueError, "add(float64[3], float64[2,2])", "in bad_shapes"):
        jit(bad_shapes)(X)
    with user_error(TypeError, "sin(int64[3])", "in bad_dtypes"):
        jit(bad_dtypes)(X)


def test_locations_point_to_the_user() -> None:
    def f(x: Any) -> Any:
        return np.sin(x)

    text = jit(f).lower(X)._traced.program.module.text(locations=True)
    assert f'test_traces.py":{f.__code__.co_firstlineno + 1}' in text
    assert "numpy/ufuncs.py" not in text
    assert "primitives.py" not in text


def test_user_site() -> None:
    file, line, function = user_site()
    assert file == __file__
    assert function == "test_user_site"
    assert line == test_user_site.__code__.co_firstlineno + 1


def test_primitives_without_a_trace() -> None:
    np.testing.assert_allclose(primitives.exp(X), np.exp(X))
    np.testing.assert_array_equal(primitives.reduce_sum(X, [0]), X.sum())
    assert traces.current_trace() is None


def test_names() -> None:
    def größe(x: Any) -> Any:
        return x

    assert traces.function_name(lambda x: x) == "main"
    assert traces.function_name(größe) == "gr__e"
    assert traces.function_name(np.sin) == "sin"


def test_avals() -> None:
    assert str(Aval((2, 3), np.dtype("float32"))) == "float32[2,3]"
    assert Aval((), np.dtype("float64"), True) != Aval((), np.dtype("float64"))


def test_writing_into_an_array_of_numpy(user_error: Any) -> None:
    def f(x: Any) -> Any:
        rows = np.zeros(3)
        rows[0] = x
        return rows

    with user_error(TracedValueError, "xform.numpy.zeros", "np.zeros_like(x)"):
        jit(f)(2.0)
    with user_error(TracedValueError, "xform.numpy.zeros"):
        jit(vmap(f))(X)
