"""Compiling plainly: without the best form, apart from what is kept otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xform.compiling import forms, machine_code
from xform.compiling.plainly import compiling_plainly, plainly
from xform.frontend import grad, jit, linearize, vjp

pytestmark = pytest.mark.calls_once

X = np.array([0.5, 1.5, -2.0])


@pytest.fixture
def plain_flags(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each program that becomes machine code, whether it does so plainly."""
    found: list[bool] = []
    make = machine_code.compile_here

    def compile_here(*args: Any, plain: bool = False) -> bytes:
        found.append(plain)
        return make(*args, plain=plain)

    monkeypatch.setattr(machine_code, "compile_here", compile_here)
    return found


def test_the_best_form_is_left_out() -> None:
    text = "module attributes {xform.cpu} {\n}"
    best = forms.forms(text)
    with compiling_plainly():
        assert forms.forms(text) == best[1:]
        assert len(forms.forms("module {\n}")) == 1
    assert forms.forms(text) == best


def test_programs_are_kept_apart(plain_flags: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x: Any) -> Any:
        return (x**3).sum()

    expected = 3 * X**2
    for is_plain in (False, True, False, True):
        if not is_plain:
            np.testing.assert_allclose(grad(f)(X), expected)
            continue
        with compiling_plainly() as state:
            assert not state.has_run
            np.testing.assert_allclose(grad(f)(X), expected)
            assert state.has_run
    # Each was compiled once.
    assert plain_flags == [False, True]
    with compiling_plainly():
        (cotangent,) = vjp(f, X)[1](1.0)
        np.testing.assert_allclose(cotangent, expected)
        np.testing.assert_allclose(linearize(f, X)[1](np.ones(3)), expected.sum())
    assert plain_flags[2:] == [True] * len(plain_flags[2:])
    assert len(plain_flags) > 3


def test_what_is_under_jit_is_called_as_it_is(plain_flags: list[bool]) -> None:
    @jit
    def f(x: Any) -> Any:
        assert isinstance(x, np.ndarray) == plainly.is_on
        x[0] = 1.0
        return x * 2

    with compiling_plainly() as state:
        found = f(X)
        assert isinstance(found, np.ndarray)
        assert not state.has_run
    assert X[0] == 0.5
    assert plain_flags == []
    assert f(X).tolist() == found.tolist()
    assert plain_flags == [False]


def test_it_ends_where_something_is_raised() -> None:
    with pytest.raises(ZeroDivisionError), compiling_plainly():
        _ = 1 / 0
    assert not plainly.is_on
