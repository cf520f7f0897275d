"""Folders of modules: what is in them, and how they are written and replaced."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform import runtime
from xform.errors import XformTypeError, XformValueError
from xform.frontend import export, jit, save, spec
from xform_runtime.folder import read_manifest

WEIGHTS = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
X = np.linspace(0, 1, 4, dtype=np.float32)
TARGETS = ["cpu:x86-64", "cpu:x86-64-v3", "cpu:aarch64-unknown-linux-gnu"]


def predict(x: Any) -> Any:
    """Scores of a row.

    They are between -1 and 1.
    """
    return {"scores": np.tanh(x @ WEIGHTS)}


def lowered() -> Any:
    return jit(predict).lower(spec(4, "float32"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "model.xform"
    export(path, {"predict": lowered()}, targets=TARGETS, selftest=True, header=True)
    return path


def test_what_is_in_it(folder: Path) -> None:
    names = {"cpu-x86-64.vmfb", "cpu-x86-64-v3.vmfb", "cpu-aarch64-unknown-linux-gnu-generic.vmfb"}
    assert {file.name for file in folder.iterdir()} == {*names, "manifest.json", "model.h"}
    data = json.loads((folder / "manifest.json").read_text())
    assert (data["format"], data["version"]) == ("xform.modules", 1)
    assert [module["target"] for module in data["modules"]] == [
        "cpu:x86-64",
        "cpu:x86-64-v3",
        "cpu:aarch64-unknown-linux-gnu/generic",
    ]
    assert [module["machine"] for module in data["modules"]] == ["x86_64", "x86_64", "aarch64"]
    assert "avx2" in data["modules"][1]["cpu_features"]
    for record in [*data["modules"], *data["others"]]:
        content = (folder / record["file"]).read_bytes()
        assert record["size"] == len(content)
        assert record["sha256"] == hashlib.sha256(content).hexdigest()
    entry = data["entries"]["predict"]
    assert entry["signature"] == "predict(float32[4]) -> {'scores': float32[3]}"
    assert entry["parameters"] == ["x"]
    assert entry["doc"] == "Scores of a row.\n\nThey are between -1 and 1."
    assert entry["args"] == [{"path": "args[0]", "shape": [4], "dtype": "float32"}]


def test_it_is_loaded_and_right(folder: Path) -> None:
    module = runtime.load(folder)
    np.testing.assert_allclose(module(X)["scores"], predict(X)["scores"], rtol=1e-5, atol=1e-6)
    assert module.selftest().passed
    assert module.info.target in TARGETS
    assert Path(module.info.path).parent == folder


def test_what_a_module_says_of_itself(folder: Path) -> None:
    module = runtime.load(folder / "cpu-x86-64-v3.vmfb")
    content = (folder / "cpu-x86-64-v3.vmfb").read_bytes()
    assert module.info.sha256 == hashlib.sha256(content).hexdigest()
    assert module.info.target == "cpu:x86-64-v3"
    assert module.info.versions["iree-base-compiler"]
    assert "avx2" in module.info.cpu_features
    assert module.predict.__doc__ == (
        "predict(float32[4]) -> {'scores': float32[3]}\n\n"
        "Scores of a row.\n\nThey are between -1 and 1."
    )


def test_it_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "model.xform"
    save(predict, spec(4, "float32"), path=path, target=["cpu:x86-64", "cpu:x86-64-v2"])
    before = runtime.load(path)
    link = tmp_path / "link"
    link.symlink_to(path)
    save(lambda x: x + 1, spec(4, "float32"), path=link, target=["cpu:x86-64"])
    assert link.is_symlink()
    assert sorted(file.name for file in path.iterdir()) == ["cpu-x86-64.vmfb", "manifest.json"]
    np.testing.assert_array_equal(runtime.load(path)(X), X + 1)
    # What was loaded stays as it was.
    np.testing.assert_allclose(before(X)["scores"], predict(X)["scores"], rtol=1e-5, atol=1e-6)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["link", "model.xform"]


def test_nothing_else_is_replaced(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        save(lambda x: x + 1, spec(4, "float32"), path=path, target=["cpu:x86-64"])

    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine")
    with pytest.raises(OSError, match="only a folder of modules that xform wrote is replaced"):
        write(foreign)
    assert (foreign / "thesis.txt").read_text() == "mine"
    with pytest.raises(NotADirectoryError, match="this is none"):
        write(foreign / "thesis.txt")
    with pytest.raises(FileNotFoundError, match="is not there"):
        write(tmp_path / "nowhere" / "model")
    own = tmp_path / "own"
    write(own)
    (own / "notes.txt").write_text("mine, too")
    with pytest.raises(OSError, match=r"it has 'notes\.txt' in it"):
        write(own)
    assert read_manifest(own).modules[0].target == "cpu:x86-64"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["foreign", "own"]


def test_a_failure_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.xform"
    save(lambda x: x + 1, spec(4, "float32"), path=path, target=["cpu:x86-64"])
    real = os.rename

    def fails(source: str, target: str) -> None:
        if target == str(path) and not source.endswith(".old"):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "rename", fails)
    with pytest.raises(OSError, match="No space left"):
        save(lambda x: x + 2, spec(4, "float32"), path=path, target=["cpu:x86-64"])
    monkeypatch.undo()
    np.testing.assert_array_equal(runtime.load(path)(X), X + 1)
    assert [file.name for file in tmp_path.iterdir()] == ["model.xform"]


def test_mistakes(tmp_path: Path) -> None:
    path, entries = tmp_path / "model.xform", {"f": lowered()}
    with pytest.raises(XformTypeError, match="at least one target, got \\[\\]"):
        export(path, entries, targets=[])
    with pytest.raises(XformTypeError, match="at least one target, got 'cpu'"):
        export(path, entries, targets="cpu")
    with pytest.raises(XformTypeError, match="target or targets, not both"):
        export(path, entries, target="cpu", targets=["cpu"])
    with pytest.raises(XformValueError, match="'cpu:x86-64' twice"):
        export(path, entries, targets=["cpu:x86-64", "cpu:x86-64"])
    with pytest.raises(XformValueError, match="unknown device 'gpu'"):
        export(path, entries, targets=["cpu", "gpu"])
    assert not path.exists()


@pytest.mark.vulkan
def test_vulkan_where_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "model.xform"
    targets = ["cpu:x86-64", "vulkan", "vulkan:desktop"]
    export(path, {"f": lowered()}, targets=targets, weights="beside")
    assert runtime.load(path).device == "cpu"
    module = runtime.load(path, "vulkan")
    assert module.info.target == "vulkan:desktop"
    for device in ("cpu", "vulkan"):
        found = runtime.load(path, device)(X)["scores"]
        np.testing.assert_allclose(found, predict(X)["scores"], rtol=1e-5, atol=1e-6)
