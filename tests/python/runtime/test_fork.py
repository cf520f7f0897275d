"""A process that was forked: the threads of its devices are in the parent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from forks import in_forked_child
from xform.frontend import save, spec
from xform_runtime import DeviceError, asarray, load

HERE = Path(__file__)


def on_the_cpu(path: str) -> int:
    module = load(path)
    x = np.ones((300, 300), np.float32)
    assert module["product"].signature.is_shared
    resident = module(x)

    def check() -> None:
        np.testing.assert_array_equal(module(x), x * 300)
        np.testing.assert_array_equal(module(resident), x * 90_000)
        np.testing.assert_array_equal(load(path)(x), x * 300)

    code = in_forked_child(check)
    np.testing.assert_array_equal(module(x), x * 300)
    return code


def on_vulkan() -> int:
    resident = asarray(np.ones(3, np.float32), "vulkan")
    kept = asarray(np.ones(3, np.float32), "vulkan")
    kept.numpy()

    def check() -> None:
        with pytest.raises(DeviceError, match=r"in use when this process was forked.*'spawn'"):
            asarray(1.5, "vulkan")
        with pytest.raises(DeviceError, match=r"stayed with the process .* \.numpy\(\)"):
            resident.numpy()
        assert kept.tolist() == [1, 1, 1]
        assert asarray(1.5).item() == 1.5

    return in_forked_child(check)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("fork") / "product.vmfb"

    def product(x: Any) -> Any:
        return x @ np.ones((300, 300), np.float32)

    save(product, spec((300, 300), "float32"), path=file)
    return file


@pytest.mark.parametrize("part", ["on_the_cpu", "on_vulkan"])
def test_a_forked_process(part: str, path: Path) -> None:
    # In a process of its own: the one that runs the tests may hold any lock at this moment.
    argument = repr(str(path)) if part == "on_the_cpu" else ""
    script = f"import test_fork; raise SystemExit(test_fork.{part}({argument}))"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), *sys.path])},
    )
    assert ran.returncode == 0, ran.stderr
