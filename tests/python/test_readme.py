"""The README's examples run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), names)
    jacobians = np.asarray(names["fast"](np.ones((8, 3))))
    expected = 3 / np.cosh(1.0) ** 2 * np.eye(3) + np.tanh(1.0)
    np.testing.assert_allclose(jacobians, np.broadcast_to(expected, (8, 3, 3)), rtol=1e-14)
    gradient = np.asarray(names["gradient"](np.ones(3, np.float32)))
    np.testing.assert_allclose(gradient, np.cos(np.ones(3, np.float32)), rtol=1e-6)


def test_command_line(tmp_path: Path) -> None:
    (block,) = (b for b in blocks("sh") if "xform-opt" in b)
    commands, printed = [], []
    for line in block.splitlines():
        if line.startswith("# "):
            printed.append(line.removeprefix("# "))
        elif not line.startswith(". "):  # the environment is the one that runs this
            commands.append(line.replace("examples/", f"{ROOT}/examples/"))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ran = subprocess.run(
        ["bash", "-ec", "\n".join(commands)],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-len(printed) :] == printed
