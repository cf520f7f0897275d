"""`xform inspect`: what a file tells."""

from __future__ import annotations

import hashlib
from pathlib import Path

from command_line import XformCall, error_of_run, json_of


def test_json(xform: XformCall, modules: Path) -> None:
    data = json_of(xform("inspect", "layer.vmfb", "--json"))
    content = (modules / "layer.vmfb").read_bytes()
    assert data["bytes"] == len(content)
    assert data["sha256"] == hashlib.sha256(content).hexdigest()
    assert (data["device"], data["target"]) == ("cpu", "cpu:host")
    assert sum(data["sizes"].values()) < len(content)
    (entry,) = data["entries"]
    assert [leaf["name"] for leaf in entry["arguments"]] == ["p.weights", "p.bias", "x"]
    assert entry["arguments"][0] == {
        "name": "p.weights",
        "dtype": "float32",
        "shape": [2, 3],
        "bytes": 24,
    }
    assert {leaf["name"] for leaf in entry["results"]} == {"y", "sum"}
    assert entry["structure"]["result"]["dict"][0][0] == "y"
    assert entry["memory"]["arguments"] == 24 + 8 + 12
    # Six products and their sums, biases, and a sum.
    assert 15 <= entry["flops"] <= 100
    assert entry["uses_all_cores"] is False
    assert entry["donated"] == []


def test_for_people(xform: XformCall, modules: Path) -> None:
    lines = xform("inspect", "layer.vmfb").stdout.splitlines()
    assert lines[0] == "layer.vmfb"
    assert "layer(p: Params(weights=float32[2,3], bias=float32[2]), x: float32[3]) -> " in (
        "\n".join(lines)
    )
    assert "  takes p.weights  float32[2,3], 24 B" in lines
    assert any(line.startswith("  compiled by ") for line in lines)


def test_another_device_need_not_be_there(xform: XformCall, folder: Path) -> None:
    xform("compile", "model.py:big", "-a", "f32[5000]", "--target", "cuda:sm_90", "-o", "c.vmfb")
    data = json_of(xform("inspect", "c.vmfb", "--json"))
    assert (data["device"], data["target"]) == ("cuda", "cuda:sm_90")
    assert 20_000 <= data["sizes"]["constants"] < 20_100
    assert data["entries"][0]["memory"] is None
    assert data["entries"][0]["uses_all_cores"] is None
    assert "target       cuda:sm_90" in xform("inspect", "c.vmfb").stdout
    message = error_of_run(xform("run", "c.vmfb", "-a", "x=1", code=2))
    assert message == "x: 1 has no axes, as a single number, expected float32[5000]"


def test_an_entry_that_is_not_there(xform: XformCall, modules: Path) -> None:
    message = error_of_run(xform("inspect", "layer.vmfb", "--entry", "main", code=2))
    assert message == "layer.vmfb has no entry point 'main'; there is only 'layer'"


def test_donated_arguments(xform: XformCall, folder: Path) -> None:
    from xform.frontend import jit, spec

    step = jit(lambda state, x: state + x, donate_argnums=0)
    step.save(folder / "step.vmfb", spec(100), spec(100))
    data = json_of(xform("inspect", "step.vmfb", "--json"))
    assert data["entries"][0]["donated"] == [0]
    assert "state: results are made in their memory" in xform("inspect", "step.vmfb").stdout
    # A call does not take what the next one needs.
    assert json_of(xform("bench", "step.vmfb", "--calls", "3", "--json"))["calls"] == 3


def test_modules_that_it_calls(xform: XformCall, folder: Path) -> None:
    from xform import runtime
    from xform.frontend import export, jit, spec

    export(folder / "inner.vmfb", {"twice": jit(lambda x: 2 * x).lower(spec(3))})
    inner = runtime.load(folder / "inner.vmfb")
    jit(lambda x: inner.twice(x) + 1).save(folder / "outer.vmfb", spec(3))
    data = json_of(xform("inspect", "outer.vmfb", "--json"))
    ((name, entries),) = data["calls"].items()
    assert entries == ["twice"]
    assert sum(data["sizes"].values()) < data["bytes"]
    said = xform("inspect", "outer.vmfb").stdout
    assert f"twice of callees/{name}.vmfb in it" in said
    assert json_of(xform("inspect", "inner.vmfb", "--json"))["calls"] == {}
