"""Fixtures of all Python tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import same_text
import second_opinion
from xform_runtime import Array, Executable, XformError, asarray
from xform_runtime.devices import _opened


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


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests on Vulkan come last.

    IREE waits for two semaphores at once, which Mesa's driver for CPUs does in a loop that never
    sleeps: once the device is open, two threads take two cores from all tests to come.
    """
    items.sort(key=lambda item: item.get_closest_marker("vulkan") is not None)


@pytest.fixture(autouse=True)
def vulkan_opens_late(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that open Vulkan say so."""
    was_open = "vulkan" in _opened
    yield
    if request.node.get_closest_marker("vulkan") is None:
        assert was_open or "vulkan" not in _opened, "mark what opens Vulkan with `vulkan`"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Calls compiled code twice and compares, in all tests but those marked `calls_once`."""
    with pytest.MonkeyPatch.context() as patch:
        if item.get_closest_marker("calls_once") is None:
            patch.setattr(Executable, "invoke", invoke_twice)
            second_opinion.patch(patch)
            same_text.patch(patch)
        return (yield)


_invoke = Executable.invoke


def invoke_twice(
    self: Executable, entry: str, args: Sequence[Array | np.ndarray[Any, Any]]
) -> list[Array]:
    """`Executable.invoke`, which must change neither arguments nor what it returned before.

    The second call is given arrays on the device, which it gets as they are. What takes donated
    arguments is called once: whoever looks at one keeps it from being taken.
    """
    signature = self.signature(entry)
    if signature is not None and signature.donors:
        return _invoke(self, entry, args)
    before = [_bytes(arg) for arg in args]
    results = _invoke(self, entry, args)
    first = [_bytes(result) for result in results]
    held = [asarray(arg, self.device) for arg in args]
    again = _invoke(self, entry, held)
    for when, expected, found in (
        ("of a second call", first, again),
        ("after a second call", first, results),
        ("given", before, args),
        ("given on the device", before, held),
    ):
        for i, (wanted, array) in enumerate(zip(expected, found, strict=True)):
            kind = "argument" if expected is before else "result"
            assert wanted == _bytes(array), f"{kind} {i} of {entry} {when} became {array}"
    second_opinion.compare(self, entry, args, results, _invoke)
    return results


def _bytes(array: Array | np.ndarray[Any, Any]) -> bytes:
    """All bits of the values, those of NaN and the signs of zeros too."""
    host = np.asarray(array)
    return host.astype(host.dtype.newbyteorder("="), copy=False).tobytes()


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
