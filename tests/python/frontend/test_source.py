"""Tracebacks show the user's frames."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xform.frontend import XformValueError, grad, jit, vmap

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
    "direct": lambda: grad(outer)(X),
}


@pytest.mark.parametrize("name", CALLS)
def test_frames_of_the_user(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = frames(CALLS[name], XformValueError)
    assert [frame.name for frame in found if frame.filename == __file__] == [
        "frames", "<lambda>", "outer", "inner",
    ]  # fmt: skip
    assert len(found) == 5, "and the one of xform that was called"
    monkeypatch.setenv("XFORM_TRACEBACK", "full")
    assert len(frames(CALLS[name], XformValueError)) > 10


def test_an_error_of_the_function() -> None:
    def broken(x: Any) -> Any:
        return x.sum() / missing  # type: ignore[name-defined]  # noqa: F821

    found = frames(lambda: jit(vmap(broken))(X), NameError)
    assert [frame.name for frame in found] == ["frames", "<lambda>", "__call__", "broken"]


def test_a_fault_of_xform_keeps_its_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xform.compiling.lowered.compile_cached", None)
    found = frames(lambda: jit(lambda x: x + 1)(X), TypeError)
    assert found[-1].filename.endswith("lowered.py")


def test_a_bad_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XFORM_TRACEBACK", "none")
    with pytest.raises(XformValueError, match="XFORM_TRACEBACK is 'none': expected short or full"):
        jit(outer)(X)
