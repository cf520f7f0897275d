"""XFORM_DUMP: every stage of every compilation, whatever is in the cache."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform.frontend import XformRuntimeError, grad, jit, spec, vjp
from xform_runtime import load

STAGES = {
    "iree": ["1-xform.mlir", "2-expanded.mlir", "3-linalg.mlir", "4-module.vmfb", "sh"],
    "xform": [
        "1-xform.mlir",
        "2-expanded.mlir",
        "3-assembly.s",
        "3-linalg.mlir",
        "3-llvm.ll",
        "3-vm.mlir",
        "4-module.vmfb",
        "sh",
    ],
}


@pytest.fixture(params=STAGES)
def compiler(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XFORM_COMPILER", request.param)
    return str(request.param)


@pytest.fixture
def dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "new" / "dump"
    monkeypatch.setenv("XFORM_DUMP", str(directory))
    return directory


def loss(x: Any) -> Any:
    return np.sin(x).sum()


def test_every_stage_each_time(dump: Path, compiler: str) -> None:
    x = np.arange(3.0)
    before: list[Path] = []
    for _ in range(2):
        # A function of its own, so that the compiled module is in the cache on disk only.
        np.testing.assert_allclose(jit(grad(lambda x: loss(x)))(x), np.cos(x))
        paths = sorted(dump.iterdir())
        assert [path.name.split(".", 1)[1] for path in paths] == STAGES[compiler]
        assert all(re.match(r"main-[0-9a-f]{8}\.", path.name) for path in paths)
        of = dict(zip(STAGES[compiler], paths, strict=True))
        traced, expanded, linalg = (
            of[name].read_text() for name in ("1-xform.mlir", "2-expanded.mlir", "3-linalg.mlir")
        )
        assert "xform.grad" in traced
        assert "xform.signature" not in traced
        assert "xform.cos" in expanded
        assert "xform.grad" not in expanded
        assert "linalg.generic" in linalg
        if compiler == "xform":
            # What debuggers and profilers show is the user's name.
            assert "@main.body(" in of["3-llvm.ll"].read_text()
            assert "main.body:" in of["3-assembly.s"].read_text()
        np.testing.assert_allclose(load(of["4-module.vmfb"])(x)[0], np.cos(x))
        assert before in ([], paths)
        before = paths
        for path in paths:
            path.unlink()


@pytest.mark.usefixtures("compiler")
def test_the_script_compiles_the_program(dump: Path) -> None:
    lowered = jit(loss).lower(spec(3))
    compiled = lowered.compile()
    (script,) = dump.glob("loss-*.sh")
    (module,) = dump.glob("loss-*.4-module.vmfb")
    module.unlink()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run([script], check=True, env={**os.environ, "PATH": path})
    assert load(module)(np.ones(3))[0].item() == compiled(np.ones(3)).item()


def test_programs_of_one_name_and_both_halves(dump: Path) -> None:
    for factor in (2.0, 3.0):
        _, pullback = vjp(lambda x, k=factor: np.sin(x) * k, 1.0)
        np.testing.assert_allclose(pullback(1.0)[0], np.cos(1.0) * factor)
    names = [path.name for path in dump.iterdir()]
    for part, count in (("main-", 1), ("main.forward-", 8), ("main.pullback-", 8)):
        assert len([name for name in names if name.startswith(part)]) == 2 * count, names


def test_a_program_that_cannot_be_lowered(dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xform.compiling.build.passes_to", lambda *_, **__: "xform-fuse-everything")
    with pytest.raises(XformRuntimeError, match="cannot lower 'main'"):
        jit(lambda x: x + 1)(1.0)
    (path,) = dump.iterdir()
    assert "xform.add" in path.read_text()


def test_a_file_in_the_way(dump: Path) -> None:
    dump.parent.mkdir()
    dump.write_text("mine")
    with pytest.raises(FileExistsError):
        jit(lambda x: x + 2)(1.0)
    assert dump.read_text() == "mine"
