"""Fixtures of all Python tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from xform_runtime import XformError


@pytest.fixture(scope="session", autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Tests neither read nor fill the user's compile cache."""
    directory = tmp_path_factory.mktemp("cache")
    before = os.environ.get("XFORM_CACHE_DIR")
    os.environ["XFORM_CACHE_DIR"] = str(directory)
    yield directory
    if before is None:
        del os.environ["XFORM_CACHE_DIR"]
    else:
        os.environ["XFORM_CACHE_DIR"] = before


def line_in_error(error: BaseException, parts: Sequence[str], file: str) -> int:
    """The line of a file at which an XformError is reported that says `parts`."""
    message = str(error)
    assert isinstance(error, XformError)
    for part in (*parts, f"\n  at {file}:"):
        assert part in message, message
    return int(message.split(f"\n  at {file}:")[1].split(",")[0])


@pytest.fixture
def error_of(request: pytest.FixtureRequest) -> Callable[..., None]:
    """`error_of(call, cls, parts)` expects an XformError that says `parts` and a line of the file.

    For tables of calls, which stand somewhere in the test's file.
    """

    def check(call: Callable[[], Any], cls: type[BaseException], parts: Sequence[str]) -> None:
        with pytest.raises(cls) as caught:
            call()
        line_in_error(caught.value, parts, str(request.path))

    return check


@pytest.fixture
def user_error() -> Callable[..., AbstractContextManager[None]]:
    """`with user_error(cls, *parts):` expects an XformError that says `parts` and the line.

    The reported line must be inside the `with` block, or in a function defined in the test's file.
    """

    @contextmanager
    def expect(cls: type[BaseException], *parts: str) -> Iterator[None]:
        frame = sys._getframe(2)
        with pytest.raises(cls) as caught:
            yield
        line = line_in_error(caught.value, parts, frame.f_code.co_filename)
        first = frame.f_code.co_firstlineno
        assert first <= line <= frame.f_lineno + 10, str(caught.value)

    return expect
