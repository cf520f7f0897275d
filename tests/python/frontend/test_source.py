"""Tracebacks show the user's frames."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xform import frontend, nn
from xform.frontend import (
    XformValueError,
    associative_scan,
    cond,
    fori_loop,
    grad,
    jit,
    jvp,
    linearize,
    save,
    scan,
    switch,
    vjp,
    vmap,
    while_loop,
)

X = np.ones((2, 3, 3))


def inner(x: Any) -> Any:
    return np.linalg.solve(x, x[0, 0])


def outer(x: Any) -> Any:
    return vmap(inner)(x).sum()


def frames(call: Callable[[], Any], kind: type[BaseException]) -> list[traceback.FrameSummary]:
    with pytest.raises(kind) as caught:
        call()
    return list(traceback.extract_tb(caught.value.__traceback__))


CALLS: dict[str, Callable[[], Any]] = {
    "jit": lambda: jit(grad(outer))(X),
    "lower": lambda: jit(grad(outer)).lower(X),
    "grad": lambda: grad(outer)(X),
    "jvp": lambda: jvp(outer, (X,), (X,)),
    "vjp": lambda: vjp(outer, X),
    "linearize": lambda: linearize(outer, X),
    "cond": lambda: cond(True, outer, outer, X),
    "switch": lambda: switch(0, [outer, outer], X),
    "map": lambda: frontend.map(outer, X[None]),
    "while_loop": lambda: while_loop(outer, outer, X),
    "save": lambda: save(outer, X, path="never.vmfb"),
}


def step(carry: Any, _: Any) -> Any:
    return outer(carry), None


STEPS: dict[str, Callable[[], Any]] = {
    "scan": lambda: scan(step, X, X),
    "fori_loop": lambda: fori_loop(0, 3, lambda i, x: outer(x), X),
    "associative_scan": lambda: associative_scan(lambda x, y: outer(x[0]), X[None].repeat(2, 0)),
}
CALLED_LATER: dict[str, Callable[[], Any]] = {
    "pullback": lambda: vjp(np.sin, X)[1](X[0]),
    "pushforward": lambda: linearize(np.sin, X)[1](X[0]),
    "an extension": lambda: softmax_of_a_missing_axis(X),
}


def softmax_of_a_missing_axis(x: Any) -> Any:
    return nn.softmax(x, axis=7)


@pytest.mark.parametrize("name", CALLS)
def test_frames_of_the_user(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = frames(CALLS[name], XformValueError)
    assert [frame.name for frame in found if frame.filename == __file__] == [
        "frames", "<lambda>", "outer", "inner",
    ]  # fmt: skip
    assert len(found) == 5, "and the one of xform that was called"
    monkeypatch.setenv("XFORM_TRACEBACK", "full")
    assert len(frames(CALLS[name], XformValueError)) > 10


@pytest.mark.parametrize("name", STEPS)
def test_frames_of_steps(name: str) -> None:
    names = [frame.name for frame in frames(STEPS[name], XformValueError)]
    assert names[:2] == ["frames", "<lambda>"]
    assert names[3:] in (["step", "outer", "inner"], ["<lambda>", "outer", "inner"])


@pytest.mark.parametrize("name", CALLED_LATER)
def test_frames_of_what_runs_compiled_code(name: str) -> None:
    found = frames(CALLED_LATER[name], XformValueError)
    assert [frame.filename == __file__ for frame in found].count(False) == 1


def test_an_error_of_the_function() -> None:
    def broken(x: Any) -> Any:
        return x.sum() / missing  # type: ignore[name-defined]  # noqa: F821

    found = frames(lambda: jit(vmap(broken))(X), NameError)
    assert [frame.name for frame in found] == ["frames", "<lambda>", "__call__", "broken"]


def test_a_fault_of_xform_keeps_its_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xform.compiling.build.compile_cached", None)
    found = frames(lambda: jit(lambda x: x + 1)(X), TypeError)
    assert found[-1].filename.endswith("build.py")


def test_a_bad_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XFORM_TRACEBACK", "none")
    with pytest.raises(XformValueError, match="XFORM_TRACEBACK is 'none': expected short or full"):
        jit(outer)(X)
