"""The package's own names."""

from __future__ import annotations

import subprocess
import sys

import pytest
import xform


def test_names_are_forwarded() -> None:
    assert xform.vmap is xform.frontend.vmap
    assert xform.XformError is xform.runtime.XformError
    assert "jacrev" in dir(xform)
    assert "tree" in dir(xform)
    with pytest.raises(AttributeError, match="'vmao'"):
        xform.vmao  # noqa: B018


def test_the_package_alone_loads_nothing() -> None:
    program = "import sys, xform, xform.runtime; xform.XformError; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = ran.stdout.split()
    assert "xform.runtime" in loaded
    for name in ("xform.frontend", "xform._xform", "xform.numpy", "iree.compiler", "optree"):
        assert name not in loaded


@pytest.mark.parametrize(
    "module",
    [
        "tracing.array",
        "compiling.lowered",
        "primitives",
        "tracing.program",
        "tracing.traces",
        "transforms.vmap",
    ],
)
def test_any_module_can_be_imported_first(module: str) -> None:
    subprocess.run([sys.executable, "-c", f"import xform.{module}"], check=True)
