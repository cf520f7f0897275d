"""Folders of modules: which one is taken, and what is said if none can be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xform_runtime
from xform.frontend import save, spec
from xform_runtime import DeviceError, ModuleFileError, XformValueError
from xform_runtime import folder as folders
from xform_runtime.folder import Manifest, ModuleRecord, first_that_runs, read_manifest

X = np.arange(4, dtype=np.float32)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("folder") / "model.xform"
    targets = ["cpu:x86-64-v2", "cpu:x86-64", "cpu:riscv64-unknown-linux-gnu", "cuda:sm_80"]
    save(lambda x: x * 2, spec(4, "float32"), path=path, target=targets)
    return path


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "model.xform"))


def edit(folder: Path, **changes: Any) -> None:
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_the_highest_level_that_the_processor_has(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert xform_runtime.load(folder).info.target == "cpu:x86-64-v2"
    monkeypatch.setattr(folders, "missing_cpu_features", lambda required: list(required))
    module = xform_runtime.load(folder)
    assert module.info.target == "cpu:x86-64"
    np.testing.assert_array_equal(module(X), 2 * X)


def test_the_order_does_not_follow_from_names() -> None:
    def record(target: str, features: int = 0) -> ModuleRecord:
        names = tuple(map(str, range(features)))
        return ModuleRecord("f", "", 0, target, target.partition(":")[0], "", names)

    expected = [
        record("cpu:znver4", 30),
        record("cpu:x86-64-v3", 15),
        record("cpu:x86-64"),
        record("cuda:sm_120"),
        record("cuda:sm_90"),
        record("vulkan:desktop"),
        record("vulkan:portable"),
        record("vulkan:rdna3"),
    ]
    mixed = [expected[i] for i in (5, 2, 7, 0, 6, 4, 1, 3)]
    assert sorted(mixed, key=folders._rank) == expected


def test_the_next_one_where_a_device_refuses_it(folder: Path) -> None:
    tried = []

    def refuse(image: Any) -> None:
        tried.append(Path(image.origin).name)
        raise DeviceError("not today")

    with pytest.raises(DeviceError) as raised:
        first_that_runs(folder, "cpu", refuse)
    assert tried == ["cpu-x86-64-v2.vmfb", "cpu-x86-64.vmfb"]
    assert sorted(str(raised.value).splitlines()[1:]) == [
        "  cpu:riscv64-unknown-linux-gnu/generic: it is for riscv64, and this machine is x86_64",
        "  cpu:x86-64-v2: not today",
        "  cpu:x86-64: not today",
    ]


def test_devices_that_it_has_nothing_for(folder: Path) -> None:
    with pytest.raises(DeviceError, match=r"no module for device 'vulkan': it has cpu:x86-64-v2,"):
        xform_runtime.load(folder, "vulkan")
    with pytest.raises(XformValueError, match="unknown device 'gpu'"):
        xform_runtime.load(folder, "gpu")


def test_why_none_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders.platform, "machine", lambda: "riscv32")
    monkeypatch.setattr(folders, "why_not", lambda device: "none" if device == "cuda" else None)
    with pytest.raises(DeviceError) as raised:
        xform_runtime.load(folder)
    message = str(raised.value)
    assert message.startswith(f"no module of {folder} runs here:\n")
    assert "  cpu:x86-64: it is for x86_64, and this machine is riscv32\n" in message
    assert message.endswith("  cuda:sm_80: device 'cuda' is not available: none")


def test_a_file_of_another_machine(folder: Path) -> None:
    with pytest.raises(DeviceError, match="was compiled for riscv64, and this machine is "):
        xform_runtime.load(folder / "cpu-riscv64-unknown-linux-gnu-generic.vmfb")


def test_another_file_than_the_manifest_means(folder: Path) -> None:
    best = folder / "cpu-x86-64-v2.vmfb"
    content = best.read_bytes()
    shutil.copy(folder / "cpu-x86-64.vmfb", best)
    with pytest.raises(ModuleFileError, match=r"is not the file|truncated, or of another folder"):
        xform_runtime.load(folder)
    # One bit, where no checksum of the archive looks.
    best.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ModuleFileError, match="its SHA-256 is another one"):
        xform_runtime.load(folder)
    best.write_bytes(content[:-9])
    with pytest.raises(ModuleFileError, match=r"has [\d,]+ bytes, and manifest.json says"):
        xform_runtime.load(folder)
    best.unlink()
    with pytest.raises(ModuleFileError, match="no such file"):
        xform_runtime.load(folder)


def test_manifests_that_are_none(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModuleFileError, match=r"is a directory: expected .* with a manifest\.json"):
        xform_runtime.load(tmp_path)
    whole = read_manifest(folder)
    assert Manifest.from_json(whole.to_json(), "a manifest") == whole
    for name in ("../model.vmfb", "a/b", "..", "", "manifest.json", "\\x"):
        module = {**json.loads(whole.to_json())["modules"][0], "file": name}
        edit(folder, modules=[module])
        with pytest.raises(ModuleFileError, match="no file beside it"):
            xform_runtime.load(folder)
    edit(folder, modules=[{}])
    with pytest.raises(ModuleFileError, match="lacks what a manifest has: KeyError"):
        xform_runtime.load(folder)
    edit(folder, version=2)
    with pytest.raises(ModuleFileError, match="version 2: this runtime reads version 1"):
        xform_runtime.load(folder)
    edit(folder, format="something")
    with pytest.raises(ModuleFileError, match="no manifest of modules that xform wrote"):
        xform_runtime.load(folder)
    (folder / "manifest.json").write_text("{")
    with pytest.raises(ModuleFileError, match="is not valid JSON"):
        xform_runtime.load(folder)
