"""Runs the command line, on modules that are compiled once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import MODEL, XformCall, run


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with model.py."""
    path = tmp_path_factory.mktemp("cli")
    (path / "model.py").write_text(MODEL)
    return path


@pytest.fixture
def xform(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[XformCall]:
    """`xform("compile", "model.py:loss", code=0)` runs a command in the folder."""
    monkeypatch.chdir(folder)
    paths = [*sys.path]
    yield run
    # What commands import is not for other tests.
    sys.path[:] = paths
    written = str(tmp_path_factory.getbasetemp())
    for name, module in [*sys.modules.items()]:
        if str(getattr(module, "__file__", "")).startswith(written):
            del sys.modules[name]


@pytest.fixture(scope="session")
def modules(folder: Path, request: pytest.FixtureRequest) -> Path:
    """The folder, with layer.vmfb, kinds.vmfb and p.npz."""
    from xform.frontend import save, spec

    names: dict[str, Any] = {}
    exec(compile(MODEL, "model.py", "exec"), names)
    params = names["Params"](spec((2, 3), "float32"), spec(2, "float32"))
    save(names["layer"], params, spec(3, "float32"), path=folder / "layer.vmfb")
    kinds = spec((), "bool"), spec((), "int32"), spec(2, "bfloat16")
    save(names["kinds"], *kinds, path=folder / "kinds.vmfb")
    np.savez(
        folder / "p.npz",
        weights=np.ones((2, 3), np.float32),
        bias=np.zeros(2, np.float32),
    )
    return folder
