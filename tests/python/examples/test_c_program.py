"""The example in C: what it calls is run by IREE's own tool, and it is built where that can be.

No package of Debian's or PyPI's has IREE's runtime as a library: iree-base-runtime has executables
and an extension of Python whose symbols are hidden, and no headers. Who has built it from sources
says where, by IREE_SOURCE and IREE_BUILD in the environment, which are the example's.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest

EXAMPLE = Path(__file__).parents[3] / "examples" / "c_program"


@pytest.fixture(scope="module")
def model() -> Any:
    # Other tests have files of that name, too.
    spec = spec_from_file_location("c_program_model", EXAMPLE / "model.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("c_program")
    model.main(path)
    return path


def test_irees_tool_runs_a_step(model: Any, folder: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    weights = random.normal(size=4).astype(np.float32)
    x = random.normal(size=(64, 4)).astype(np.float32)
    y = random.normal(size=64).astype(np.float32)
    inputs = []
    for name, array in (("weights", weights), ("x", x), ("y", y)):
        np.save(tmp_path / f"{name}.npy", array)
        inputs.append(f"--input=@{tmp_path / name}.npy")
    done = subprocess.run(
        [
            Path(sys.executable).with_name("iree-run-module"),
            f"--module={folder / 'model.vmfb'}",
            "--device=local-sync",
            "--function=step",
            *inputs,
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    loss, moved = re.findall(r"f32=(.*)", done.stdout)
    left = x @ weights - y
    assert float(loss) == pytest.approx((left**2).mean(), rel=1e-4)
    slope = 2 * x.T @ left / 64
    expected = weights - model.RATE * slope
    np.testing.assert_allclose([float(w) for w in moved.split()], expected, rtol=1e-3, atol=1e-5)


def test_the_program_calls_what_the_header_has(folder: Path) -> None:
    header, program = (folder / "model.h").read_text(), (EXAMPLE / "train.c").read_text()
    declared = re.search(r"model_step\(\n([^)]*)\)", header)
    assert declared
    names = re.findall(r"\*(\w+)", declared[1])
    assert names == ["session", "in_weights", "in_x", "in_y", "out_loss", "out_weights"]
    called = re.search(r"model_step\(([^;]*)\)\);", program)
    assert called
    assert re.findall(r"/\*(\w+)=\*/", called[1]) == ["out_loss", "out_weights"]
    assert called[1].count(",") == len(names) - 1


def test_what_the_packages_lack() -> None:
    """On the day when one has the library, the example can be built from it."""
    found = find_spec("iree")
    assert found
    assert found.submodule_search_locations
    for place in map(Path, found.submodule_search_locations):
        assert [*place.rglob("api.h")] == []
        assert [*place.rglob("*iree_runtime_unified*")] == []


def test_it_is_built_and_trains(folder: Path, tmp_path: Path) -> None:
    source, build = os.environ.get("IREE_SOURCE"), os.environ.get("IREE_BUILD")
    if not source or not build:
        pytest.skip("IREE's runtime was not built: IREE_SOURCE and IREE_BUILD are not set")
    cmake = shutil.which("cmake")
    if cmake is None:
        pytest.skip("there is no cmake")
    settings = [f"-DIREE_SOURCE={source}", f"-DIREE_BUILD={build}", f"-DMODEL={folder}"]
    for command in (
        [cmake, "-S", EXAMPLE, "-B", tmp_path, *settings],
        [cmake, "--build", tmp_path],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    for device in ("local-sync", "local-task"):
        done = subprocess.run(
            [tmp_path / "train", folder / "model.vmfb", device], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == "weights: 1.000 -2.000 0.500 3.000"
