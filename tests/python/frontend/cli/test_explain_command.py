"""`xform explain`: what became of a function, as text, page and data."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import XformCall, error_of_run, json_of

LAYER = ("explain", "model.py:loss", "-a", "w=f32[40,30]", "-a", "x=f32[20,40]")


def test_for_people(xform: XformCall, folder: Path) -> None:
    text = xform(*LAYER, "-t", "grad", "-o", "loss.html").stdout
    lines = text.splitlines()
    assert lines[0] == "loss, compiled for cpu:host by xform"
    assert "  takes     w: float32[40,30]" in lines
    assert any("operations: 1 grad, " in line for line in lines)
    assert "  return ((x @ w) ** 2).sum()" in text
    page = folder / "loss.html"
    assert lines[-1].startswith("The page is in loss.html, ")
    assert page.read_text().startswith("<!doctype html>")


def test_json(xform: XformCall) -> None:
    data = json_of(xform(*LAYER, "--json"))
    assert data["arguments"] == ["w: float32[40,30]", "x: float32[20,40]"]
    assert [stage["name"] for stage in data["stages"]][:3] == ["traced", "primitives", "linalg"]
    assert data["flops"] >= 2 * 20 * 40 * 30


@pytest.mark.parametrize(
    ("stage", "part"),
    [("traced", "xform.dot_general"), ("linalg", "linalg.matmul"), ("assembly", "vfmadd")],
)
def test_a_stage(xform: XformCall, stage: str, part: str) -> None:
    assert part in xform(*LAYER, "--target", "cpu:x86-64-v3", "--stage", stage).stdout
    data = json_of(xform(*LAYER, "--target", "cpu:x86-64-v3", "--stage", stage, "--json"))
    assert data["stage"] == stage
    assert part in data["text"]


def test_mistakes(xform: XformCall) -> None:
    assert error_of_run(xform(*LAYER, "--stage", "loop", code=2)) == (
        "there is no stage 'loop'; did you mean 'loops'?"
    )
    assert xform(*LAYER, "--target", "vulkan", "--stage", "loops", code=4).stderr.endswith(
        "error: loss has no stage 'loops' for vulkan:portable; it has traced, primitives, linalg\n"
    )
    assert "no types were given for 'w', 'x'" in xform("explain", "model.py:loss", code=2).stderr
    assert "no/folder.html" in error_of_run(xform(*LAYER, "-o", "no/folder.html", code=3))
