"""`xform compile`, `inspect` and `run` of folders, headers, and weights beside modules."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from command_line import XformCall, error_of_run, json_of
from xform.runtime import load

LEVELS = ("--target", "cpu:x86-64", "--target", "cpu:x86-64-v2")


@pytest.fixture(scope="module")
def done() -> dict[str, bool]:
    return {}


@pytest.fixture
def compiled(xform: XformCall, folder: Path, done: dict[str, bool]) -> Path:
    """big.xform, compiled once."""
    if not done:
        options = (*LEVELS, "--weights", "beside", "--header", "-o", "big.xform")
        said = xform("compile", "model.py:big", "-a", "f32[5000]", *options)
        lines = said.stdout.splitlines()
        assert lines[0] == "big(x: float32[5000]) -> float32[5000]"
        words = [line.split()[0] for line in lines[1:]]
        assert words == ["file", "target", "file", "target", "weights", "time"]
        assert "big.xform/weights.irpa, 19.5 KiB" in lines[-2]
        np.save(folder / "x.npy", np.full(5000, 2, np.float32))
        done["big"] = True
    return folder / "big.xform"


def test_a_folder_is_run(xform: XformCall, compiled: Path) -> None:
    assert {file.name for file in compiled.iterdir()} == {
        "cpu-x86-64.vmfb",
        "cpu-x86-64-v2.vmfb",
        "weights.irpa",
        "manifest.json",
        "big.h",
    }
    x = np.full(5000, 2, np.float32)
    np.testing.assert_array_equal(load(compiled)(x), 2 * np.arange(5000, dtype=np.float32))
    xform("run", "big.xform", "-a", "x=@x.npy", "-o", "y.npy")
    assert np.load(compiled.parent / "y.npy")[-1] == 2 * 4999
    message = error_of_run(xform("run", "big.xform", "-a", "x=@x.npy", "--device", "cuda", code=5))
    assert message.startswith("big.xform has no module for device 'cuda': it has cpu:x86-64, ")


def test_a_folder_is_inspected(xform: XformCall, compiled: Path) -> None:
    data = json_of(xform("inspect", "big.xform", "--json"))
    assert [module["target"] for module in data["modules"]] == ["cpu:x86-64", "cpu:x86-64-v2"]
    for record in [*data["modules"], data["weights"], *data["others"]]:
        content = (compiled / record["file"]).read_bytes()
        assert (record["bytes"], record["damage"]) == (len(content), None)
        assert record["sha256"] == hashlib.sha256(content).hexdigest()
    assert [entry["name"] for entry in data["entries"]] == ["big"]
    message = error_of_run(xform("inspect", "big.xform", "--entry", "bi", code=2))
    assert message == "big.xform has no entry point 'bi'; did you mean 'big'?"


def test_damage_is_seen(xform: XformCall, compiled: Path) -> None:
    file = compiled / "weights.irpa"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        assert "weights.irpa is not the file that manifest.json means" in (
            xform("inspect", "big.xform").stdout
        )
        file.unlink()
        data = json_of(xform("inspect", "big.xform/cpu-x86-64.vmfb", "--json"))
        assert data["weights"]["arrays"][0]["shape"] == [5000]
        assert "which is not there" in data["weights"]["error"]
        message = error_of_run(xform("run", "big.xform", "-a", "x=@x.npy", code=3))
        assert "which is not there" in message
    finally:
        file.write_bytes(content)


def test_a_file_is_inspected(xform: XformCall, compiled: Path) -> None:
    data = json_of(xform("inspect", "big.xform/cpu-x86-64-v2.vmfb", "--json"))
    assert data["machine"] == "x86_64"
    assert data["weights"]["file"] == "weights.irpa"
    assert (data["weights"]["bytes"], data["weights"]["error"]) == (20_000, None)
    assert data["entries"][0]["doc"] == ""
    said = xform("inspect", "big.xform/cpu-x86-64-v2.vmfb").stdout
    assert "  weights      1 array in weights.irpa, 19.5 KiB\n" in said


def test_docstrings_are_kept(xform: XformCall, folder: Path) -> None:
    (folder / "told.py").write_text(
        'def told(x):\n    """What it does.\n\n    And how.\n    """\n    return x\n'
    )
    xform("compile", "told.py:told", "-a", "f32[2]", "-o", "told.vmfb", "--header")
    lines = xform("inspect", "told.vmfb").stdout.splitlines()
    start = lines.index("told(x: float32[2]) -> float32[2]")
    assert lines[start + 1 : start + 4] == ["  What it does.", "", "  And how."]
    assert " * What it does." in (folder / "told.h").read_text().splitlines()


def test_what_is_not_replaced(xform: XformCall, folder: Path) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.txt").write_text("mine")
    result = xform("compile", "model.py:big", "-a", "f32[5000]", *LEVELS, "-o", "mine", code=3)
    assert "only a folder of modules that xform wrote is replaced" in result.stderr
    message = error_of_run(xform("inspect", "mine", code=3))
    assert message.startswith("mine is a directory: expected a compiled module")
