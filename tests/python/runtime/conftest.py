"""Modules that the runtime's tests load, each compiled once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform.compiling.forms import compile_module
from xform.frontend import save, spec


def model(x: Any, p: dict[str, Any], *, scale: Any) -> dict[str, Any]:
    y = np.tanh(p["w"] @ x + p["b"][0])
    return {"y": y * scale, "rest": (y.sum(), None, [x])}


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("modules") / "model.vmfb"
    weights = {"w": spec((2, 3), "float32"), "b": (spec(2, "float32"),)}
    save(model, spec(3, "float32"), weights, scale=spec((), "float32"), path=path)
    return path


@pytest.fixture(scope="session")
def add_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("modules") / "add.vmfb"
    save(lambda x, y: x + y, spec(4, "float32"), spec(4, "float32"), path=path)
    return path


@pytest.fixture(scope="session")
def vulkan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """x * c + 1 for x of 1001 float32, with c a constant inside the file."""
    path = tmp_path_factory.mktemp("modules") / "scale.vmfb"
    constant = np.arange(1001, dtype=np.float32)
    save(lambda x: x * constant + 1, spec(1001, "float32"), path=path, target="vulkan")
    return path


def double(signature: str | None = None, target: str = "cpu") -> bytes:
    """A module whose entry `main` adds 4 float32 to themselves, with any text as its signature."""
    attributes = ""
    if signature is not None:
        quoted = signature.replace("\\", "\\\\").replace('"', '\\"')
        attributes = f'attributes {{iree.reflection = {{xform.signature = "{quoted}"}}}}'
    return compile_module(
        f"""
        func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {attributes} {{
          %y = arith.addf %x, %x : tensor<4xf32>
          return %y : tensor<4xf32>
        }}
        """,
        target,
        name="main",
    )


@pytest.fixture(scope="session")
def bare_vmfb() -> bytes:
    """A module of IREE's compiler alone, without a signature."""
    return double()


@pytest.fixture(scope="session")
def make_double() -> Any:
    return double
