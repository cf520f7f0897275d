"""`xform cache`: where it is, how much it holds, and its clearing."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import XformCall, error_of_run, json_of
from xform.compiling.cache import CompileCache


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cache"
    monkeypatch.setenv("XFORM_CACHE_DIR", str(path))
    return path


def test_for_people(xform: XformCall, directory: Path) -> None:
    assert xform("cache", "path").stdout == f"{directory}\n"
    assert xform("cache", "size").stdout == f"0 programs, 0 B of 1.0 GiB, in {directory}\n"
    CompileCache(directory, 1 << 20).put("key", b"x" * 4000)
    assert xform("cache", "size").stdout == f"1 program, 4.0 KiB of 1.0 GiB, in {directory}\n"
    assert xform("cache", "clear").stdout == f"removed 1 program, 4.0 KiB, from {directory}\n"
    assert xform("cache", "size").stdout.startswith("0 programs")


def test_json(xform: XformCall, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XFORM_CACHE", "0")
    assert json_of(xform("cache", "path", "--json")) == {"path": str(directory), "enabled": False}
    CompileCache(directory, 1 << 20).put("key", b"x")
    size = json_of(xform("cache", "size", "--json"))
    assert size["entries"] == 1
    assert size["limit_bytes"] == 1 << 30
    assert json_of(xform("cache", "clear", "--json"))["bytes"] == size["bytes"] > 0


def test_mistakes(xform: XformCall, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no such command 'sise'" in error_of_run(xform("cache", "sise", code=2))
    directory.write_text("a file")
    assert error_of_run(xform("cache", "size", code=3)) == f"{directory}: Not a directory"
    monkeypatch.setenv("XFORM_CACHE_LIMIT_MB", "much")
    message = error_of_run(xform("cache", "size", code=2))
    assert message.startswith("environment variable XFORM_CACHE_LIMIT_MB is 'much': expected")
