"""Fixtures of all Python tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

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


@pytest.fixture
def user_error() -> Callable[..., AbstractContextManager[None]]:
    """`with user_error(cls, *parts):` expects an XformError that says `parts` and the line.

    The reported line must be inside the `with` block, or in a function defined in the test's file.
    """

    @contextmanager
    def expect(cls: type[BaseException], *parts: str) -> Iterator[None]:
        frame = sys._getframe(2)
        file = frame.f_code.co_filename
        with pytest.raises(cls) as caught:
            yield
        message = str(caught.value)
        assert isinstance(caught.value, XformError)
        for part in parts:
            assert part in message, message
        assert f"\n  at {file}:" in message, message
        line = int(message.split(f"\n  at {file}:")[1].split(",")[0])
        assert frame.f_code.co_firstlineno <= line <= frame.f_lineno + 10, message

    return expect
