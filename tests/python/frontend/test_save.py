"""Saving: a whole file under its name, or none, and errors that name the user's path."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform.frontend import Compiled, jit, save, spec
from xform_runtime import XformTypeError, load


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


def test_an_old_file_s_permissions_stay(compiled: Compiled, tmp_path: Path) -> None:
    path = tmp_path / "x.vmfb"
    path.write_text("old")
    path.chmod(0o4640)
    compiled.save(path)
    assert path.stat().st_mode & 0o7777 == 0o640
    assert load(path)(np.arange(3.0)).tolist() == [1, 2, 3]


def test_a_link_stays_one(compiled: Compiled, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target = tmp_path / "far" / "x.vmfb"
    (tmp_path / "link").symlink_to(Path("far") / "x.vmfb")
    (tmp_path / "link of link").symlink_to("link")
    for name in ("link", "link of link"):
        compiled.save(tmp_path / name)
        assert (tmp_path / name).is_symlink()
        assert load(target)(np.arange(3.0)).tolist() == [1, 2, 3]
        target.write_text("old")
    assert os.listdir(tmp_path / "far") == ["x.vmfb"]
    (tmp_path / "lost").symlink_to(tmp_path / "none" / "x.vmfb")
    with pytest.raises(FileNotFoundError, match=r"the directory .*none' does not exist.*lost'"):
        compiled.save(tmp_path / "lost")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        compiled.save(tmp_path / "loop")


def test_only_files_are_replaced(compiled: Compiled, tmp_path: Path) -> None:
    pipe, plug = tmp_path / "pipe", tmp_path / "plug"
    os.mkfifo(pipe)
    devices: list[tuple[Path, str]] = []
    with suppress(PermissionError):
        os.mknod(tmp_path / "zero", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
        devices = [(tmp_path / "zero", "a device")]
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(plug))
        for path, kind in ((pipe, "a FIFO"), (plug, "a socket"), *devices):
            before = path.lstat()
            for way in (path, tmp_path / "link"):
                if way != path:
                    way.symlink_to(path)
                with pytest.raises(OSError, match=f"only regular files .* is {kind}") as caught:
                    compiled.save(way)
                assert caught.value.filename == str(way)
            (tmp_path / "link").unlink()
            assert path.lstat().st_ino == before.st_ino
            assert path.lstat().st_mode == before.st_mode
    assert sorted(os.listdir(tmp_path)) == ["pipe", "plug", *["zero"] * len(devices)]


READ_ONLY = """
import os, sys
from xform.files import write_whole
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    write_whole(sys.argv[1], b"new")
except PermissionError as error:
    print(error.filename)
"""


def test_a_read_only_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "x.vmfb"
    path.write_text("old")
    path.chmod(0o444)
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents[:3]:
        parent.chmod(0o755)
    ran = subprocess.run(
        [sys.executable, "-c", READ_ONLY, str(path)], capture_output=True, text=True
    )
    assert ran.stdout.strip() == str(path), ran.stderr
    assert path.read_text() == "old"


def test_long_names_and_odd_paths(compiled: Compiled, tmp_path: Path, user_error: Any) -> None:
    path = tmp_path / ("x" * 250 + ".vmfb")
    compiled.save(os.fsencode(path))
    assert load(path)(np.arange(3.0)).tolist() == [1, 2, 3]
    with user_error(TypeError, "save: path must be a path, got 3 of type int"):
        compiled.save(3)  # type: ignore[arg-type]
    for odd in ("", "a\0b"):
        with user_error(ValueError, "is no path of a file"):
            compiled.save(odd)
    with pytest.raises(IsADirectoryError):
        compiled.save(f"{tmp_path}/new/")


def test_options_by_their_names(tmp_path: Path, user_error: Any) -> None:
    def model(x: Any, scale: Any = 1.0) -> Any:
        return x * scale

    path = tmp_path / "x.vmfb"
    with user_error(
        TypeError, "save: unknown keyword 'targte'", "'path', 'target' and 'selftest'", "'model'"
    ):
        save(model, spec(3), path=path, targte="cpu")
    with user_error(TypeError, "save: unknown keyword 'device'"):
        jit(model).save(path, spec(3), device="cpu")
    with pytest.raises(
        XformTypeError, match=r"target must be a name .* got \['cpu'\] of type list"
    ):
        save(model, spec(3), path=path, target=[["cpu"]])  # type: ignore[list-item]
    with pytest.raises(XformTypeError, match=r"target must be a name .* got 3 of type int"):
        jit(model).lower(spec(3)).compile(3)  # type: ignore[arg-type]
    save(model, spec(3), path=path, scale=2.0)
    assert load(path)(np.arange(3.0), scale=3.0).tolist() == [0, 3, 6]
    variable = jit(lambda x, **more: more["device"])
    variable.save(path, spec(3), device=1.0)
    assert load(path)(np.arange(3.0), device=2.0).item() == 2


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
