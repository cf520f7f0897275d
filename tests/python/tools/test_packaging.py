"""What is installed for whom, and which wheels are fit to be given away."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


def tool(name: str) -> ModuleType:
    spec = spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(*options: str) -> set[str]:
    """The packages that tools/requirements.py lists."""
    ran = subprocess.run(
        [sys.executable, "tools/requirements.py", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.split(">")[0].split("=")[0] for line in ran.stdout.split("\n")}


def test_the_demonstration_needs_no_tools_of_developers() -> None:
    demo = names("--extra", "demo", "--build")
    everything = names("--extra", "demo", "--extra", "dev", "--build")
    assert {"numpy", "scikit-learn", "nanobind", "iree-base-compiler"} <= demo < everything
    assert demo.isdisjoint({"torch", "jax", "mypy", "pytest", "clang-tidy"})
    commands = subprocess.run(
        ["make", "-n", "-B", "demo"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "--extra demo" in commands
    assert "--extra dev" not in commands
    assert "mesa-vulkan-drivers" not in commands


def test_what_building_wheels_needs() -> None:
    found = names("--extra", "wheel", "--build", "--without-dependencies")
    assert {"auditwheel", "scikit-build-core", "hatchling"} <= found
    assert found.isdisjoint({"numpy", "click"})


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("xform-0.1.0-cp311-cp311-linux_x86_64.whl", "has no tag of manylinux"),
        ("xform-0.1.0-cp311-cp311-manylinux_2_38_x86_64.whl", "needs a newer C library"),
        ("xform-0.1.0-cp311-cp311-manylinux_2_36_x86_64.whl", "bytes, expected below"),
        ("xform-0.1.0-cp312-abi3-manylinux_2_36_x86_64.whl", "needs {'libz.so.1'}"),
    ],
)
def test_wheels_that_are_refused(
    name: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try_wheels = tool("try_wheels")
    with zipfile.ZipFile(tmp_path / name, "w") as archive:
        archive.writestr("xform/_xform.so", b"\x7fELF")
        archive.writestr("xform/__init__.py", b"")
    if "bytes" in says:
        monkeypatch.setattr(try_wheels, "MOST_BYTES", 100)
    libraries = ("linux-vdso.so.1 (1)", "libz.so.1 => /lib/libz.so.1 (2)", "/lib/libc.so.6 (3)")
    listed = "\n".join(f"\t{library}" for library in libraries)
    answer = subprocess.CompletedProcess([], 0, stdout=listed)
    monkeypatch.setattr(try_wheels.subprocess, "run", lambda *_, **__: answer)
    with pytest.raises(AssertionError) as caught:
        try_wheels.check_wheel(tmp_path / name)
    assert says in str(caught.value)
