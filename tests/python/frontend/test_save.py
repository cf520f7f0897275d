"""Saving: a whole file under its name, or none, and errors that name the user's path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from xform.frontend import Compiled, jit, spec
from xform_runtime import load


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return jit(lambda x: x + 1).lower(spec(3)).compile()


def test_a_missing_directory(compiled: Compiled, tmp_path: Path) -> None:
    path = tmp_path / "none" / "x.vmfb"
    with pytest.raises(FileNotFoundError) as caught:
        compiled.save(path)
    assert caught.value.filename == str(path)
    assert f"the directory {str(path.parent)!r} does not exist: {str(path)!r}" in str(caught.value)


def test_a_path_that_is_no_file(compiled: Compiled, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        compiled.save(tmp_path)
    with pytest.raises(NotADirectoryError) as caught:
        compiled.save(tmp_path / "file" / "x.vmfb")
    assert caught.value.filename == str(tmp_path / "file" / "x.vmfb")
    assert os.listdir(tmp_path) == ["file"]


def test_a_saved_file_is_readable_as_usual(compiled: Compiled, tmp_path: Path) -> None:
    path = tmp_path / "x.vmfb"
    before = os.umask(0o027)
    try:
        compiled.save(path)
        compiled.save(str(path))
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["x.vmfb"]
    assert load(path)(np.arange(3.0)).tolist() == [1, 2, 3]


FULL_DISK = """
import os, resource, sys
from xform.frontend import jit, spec
compiled = jit(lambda x: x + 1).lower(spec(3)).compile()
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    compiled.save(sys.argv[1])
except OSError as error:
    print(error.filename)
"""


@pytest.mark.parametrize("exists", [False, True])
def test_a_full_disk_leaves_no_partial_file(tmp_path: Path, exists: bool) -> None:
    path = tmp_path / "x.vmfb"
    if exists:
        path.write_bytes(b"the old file")
    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == str(path)
    assert os.listdir(tmp_path) == ["x.vmfb"] * exists
    if exists:
        assert path.read_bytes() == b"the old file"
