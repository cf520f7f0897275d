"""The warning where a traced function draws from NumPy's global generator."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.random import standard_normal
from xform import random
from xform.frontend import (
    TracedRandomWarning,
    custom_jvp,
    fori_loop,
    grad,
    jit,
    linearize,
    spec,
    vjp,
    vmap,
)
from xform.tracing import global_random

X = np.arange(3.0)


@pytest.fixture(autouse=True)
def generator() -> Iterator[None]:
    before = np.random.get_state(legacy=False)
    np.random.seed(0)
    yield
    np.random.set_state(before)


def noisy(x: Any) -> Any:
    y = x * 2
    return y + np.random.uniform(size=3)  # drawn here


def outer(x: Any) -> Any:
    return noisy(x) + 1


def imported(x: Any) -> Any:
    return x + standard_normal(3)  # drawn here


def through_an_alias(x: Any) -> Any:
    generator = np.random
    return x + generator.uniform(size=3)


class Model:
    def __call__(self, x: Any) -> Any:
        return x + np.random.uniform()  # drawn here

    def apply(self, x: Any) -> Any:
        return sum(x * np.random.uniform() for _ in range(2))  # drawn here


def line_of(function: Any) -> str:
    return open(function.filename).read().splitlines()[function.lineno - 1]


def total(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: f(x).sum()


@pytest.mark.parametrize(
    ("trace", "name"),
    [
        (lambda: jit(noisy).lower(X), "jit traced 'noisy'"),
        (lambda: jit(outer).lower(spec(3)), "jit traced 'outer'"),
        (lambda: jit(imported).lower(X), "'imported'"),
        (lambda: jit(Model()).lower(X), "'Model'"),
        (lambda: jit(Model().apply).lower(X), "'apply'"),
        (lambda: jit(vmap(outer)).lower(np.ones((2, 3))), "'outer'"),
        (lambda: jit(functools.partial(noisy)).lower(X), "'noisy'"),
        (lambda: jit(lambda x: fori_loop(0, 3, lambda i, c: noisy(c), x)).lower(X), "'main'"),
    ],
)
def test_the_line_that_draws(trace: Callable[[], Any], name: str) -> None:
    with pytest.warns(TracedRandomWarning, match="np.random was used while") as caught:
        trace()
    (warning,) = caught
    assert name in str(warning.message)
    assert "xform.random" in str(warning.message)
    assert warning.filename == __file__
    assert "# drawn here" in line_of(warning)


def test_where_the_line_is_not_found() -> None:
    with pytest.warns(TracedRandomWarning) as caught:
        jit(through_an_alias).lower(X)
    assert line_of(caught[0]) == "def through_an_alias(x: Any) -> Any:"


def test_direct_calls() -> None:
    calls: list[Callable[[], Any]] = [
        lambda: grad(total(noisy))(X),
        lambda: vjp(noisy, X),
        lambda: linearize(noisy, X),
    ]
    for call in calls:
        with pytest.warns(TracedRandomWarning) as caught:
            call()
        assert len(caught) == 1
        assert "# drawn here" in line_of(caught[0])


def test_functions_that_are_traced_again_warn_once() -> None:
    ruled = custom_jvp(lambda x: x * 2)
    ruled.defjvp(lambda primals, tangents: (ruled(*primals), 2 * tangents[0]))
    traces: list[int] = []

    def f(x: Any) -> Any:
        traces.append(1)
        return (ruled(x) + np.random.uniform()).sum()

    with pytest.warns(TracedRandomWarning) as caught:
        jit(grad(f)).lower(X)
    assert len(traces) > 1
    assert len(caught) == 1


def test_one_warning_for_a_line() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for size in (1, 2, 3):
            jit(lambda x: x + np.random.uniform()).lower(np.ones(size))
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TracedRandomWarning):
            jit(noisy).lower(X)


def test_a_normal_number_that_was_left_over() -> None:
    np.random.randn()
    assert global_random.mark().has_spare
    with pytest.warns(TracedRandomWarning):
        jit(lambda x: x + np.random.randn()).lower(X)
    assert not global_random.mark().has_spare


def test_another_bit_generator() -> None:
    before = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(1))  # type: ignore[arg-type]
    try:
        with pytest.warns(TracedRandomWarning):
            jit(noisy).lower(X)
    finally:
        np.random.set_bit_generator(before)


def test_no_warning() -> None:
    own = np.random.default_rng(0)
    np.random.uniform()

    def f(x: Any) -> Any:
        return x + own.uniform(size=3) + random.uniform(random.key(0), (3,))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        jit(f).lower(X)
        np.random.randn()
        jit(f).lower(X)
