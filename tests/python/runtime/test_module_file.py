"""Reading module files: paths of all kinds, hashes, what is no file, and what changes later."""

from __future__ import annotations

import errno
import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from xform.frontend import save, spec
from xform_runtime import (
    MissingFileError,
    ModuleFileError,
    XformRuntimeError,
    XformTypeError,
    XformValueError,
    load,
)
from xform_runtime.module_file import read_module

ONES = np.ones(4, np.float32)


def test_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "none.vmfb"
    with pytest.raises(FileNotFoundError, match=r"none\.vmfb: no such file") as caught:
        load(path)
    assert (caught.value.errno, caught.value.filename) == (errno.ENOENT, str(path))
    assert isinstance(caught.value, MissingFileError)
    for wider in (XformRuntimeError, ModuleFileError, ValueError, OSError):
        assert isinstance(caught.value, wider)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy)) == (MissingFileError, str(caught.value))
    with pytest.raises(MissingFileError, match="none: no such file"):
        load("none/x.vmfb/../../none")


def test_paths_of_all_kinds(add_file: Path) -> None:
    class Anywhere:
        def __fspath__(self) -> bytes:
            return os.fsencode(add_file)

    for path in (add_file, str(add_file), os.fsencode(add_file), Anywhere()):
        assert load(path)(ONES, ONES).tolist() == [2] * 4
    for path in (None, 3, add_file.open):
        with pytest.raises(XformTypeError, match="the path of a module is a str, bytes or"):
            load(path)  # type: ignore[arg-type]
    with pytest.raises(ModuleFileError, match="cannot be read: embedded null"):
        load("a\0b")


def test_only_regular_files_are_read(tmp_path: Path, add_file: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(ModuleFileError, match=r"cannot be read: .* no regular file"):
            load(path)
    with pytest.raises(ModuleFileError, match="is a directory"):
        load(tmp_path)
    (tmp_path / "link").symlink_to(add_file)
    assert load(tmp_path / "link")(ONES, ONES).tolist() == [2] * 4


def test_hashes(add_file: Path) -> None:
    digest = hashlib.sha256(add_file.read_bytes()).hexdigest()
    for text in (digest, digest.upper(), f"{digest}\n"):
        assert load(add_file, sha256=text)(ONES, ONES).tolist() == [2] * 4
    other = hashlib.sha256(b"another file").hexdigest()
    with pytest.raises(ModuleFileError, match=rf"add\.vmfb has .* {digest}, expected {other}"):
        load(add_file, "cpu", sha256=other)
    for wrong in ("", digest[:-1], f"sha256:{digest}", "g" * 64):
        with pytest.raises(XformValueError, match="expected 64 hexadecimal digits"):
            load(add_file, sha256=wrong)
    with pytest.raises(XformTypeError, match="got a bytes"):
        load(add_file, sha256=bytes.fromhex(digest))  # type: ignore[arg-type]


def test_a_hash_is_compared_before_anything_is_read_out_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.vmfb"
    path.write_bytes(b"no module at all")
    with pytest.raises(ModuleFileError, match="has the SHA-256 hash"):
        load(path, sha256="0" * 64)


CHANGED = """
import sys
import numpy as np
from xform_runtime import load

path, change = sys.argv[1:]
module = load(path)
with open(path, "r+b") as file:
    size = len(file.read())
    file.seek(0)
    if change == "cut":
        file.truncate(0)
    else:
        file.write(b"\\xcc" * size)
print(np.asarray(module(np.arange(200_000.0))).tobytes() == (3 * np.arange(200_000.0)).tobytes())
"""


@pytest.fixture(scope="module")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 1.6 MB, whose array is read when it is called."""
    path = tmp_path_factory.mktemp("modules") / "large.vmfb"
    array = np.arange(200_000.0)
    save(lambda x: 2 * x + array, spec(200_000), path=path)
    assert path.stat().st_size > array.nbytes
    return path


@pytest.mark.parametrize("change", ["overwrite", "cut"])
def test_a_file_that_changes_in_its_place(large_file: Path, tmp_path: Path, change: str) -> None:
    path = tmp_path / "x.vmfb"
    path.write_bytes(large_file.read_bytes())
    ran = subprocess.run(
        [sys.executable, "-c", CHANGED, str(path), change], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[0] == "True"
    assert path.read_bytes() != large_file.read_bytes()


def test_what_is_read_lies_where_iree_wants_it(large_file: Path) -> None:
    content = read_module(str(large_file))
    assert content.readonly
    assert np.frombuffer(content, np.uint8).ctypes.data % 64 == 0
    assert content == large_file.read_bytes()
