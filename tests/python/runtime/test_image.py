"""Files that are not what `load` expects: an error that says so, and never a crash."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from xform.compiling.targets import Target
from xform.frontend import save, spec
from xform_runtime import DeviceError, Executable, ModuleFileError, XformError, load
from xform_runtime.archive import read_members
from xform_runtime.contents import _constant_sections, read_contents
from xform_runtime.image import ModuleImage

# Loads many damaged copies of a file in one process, so that a crash shows as its exit code.
LOAD_ALL = """
import sys
from xform_runtime import ModuleFileError, load

content, path, cases = open(sys.argv[1], "rb").read(), sys.argv[2], eval(sys.argv[3])
for kind, where in cases:
    damaged = bytearray(content)
    if kind == "cut":
        del damaged[where:]
    else:
        damaged[where] ^= 1 << (where % 8)
    with open(path, "wb") as file:
        file.write(damaged)
    try:
        load(path)
    except ModuleFileError as error:
        assert path in str(error), error
        print("rejected")
    else:
        print("loaded", kind, where)
"""


def load_all(source: Path, scratch: Path, cases: list[tuple[str, int]]) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", LOAD_ALL, str(source), str(scratch / "damaged.vmfb"), repr(cases)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout.splitlines()


def test_truncated_files(model_file: Path, tmp_path: Path) -> None:
    size = model_file.stat().st_size
    lengths = {0, 1, 3, 4, 29, 30, 31, 63, 64, 65, size - 1, size - 2, size - 21, size - 22}
    lengths |= set(range(0, size, size // 200))
    said = load_all(model_file, tmp_path, [("cut", length) for length in sorted(lengths)])
    assert said == ["rejected"] * len(lengths)


def test_flipped_bits(model_file: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(model_file) as archive:
        members = archive.infolist()
    contents: set[int] = set()
    for member in members:
        # The header of a member is 30 bytes, its name and up to 64 bytes of padding.
        start = member.header_offset + 30 + len(member.filename) + 64
        end = member.header_offset + member.file_size
        contents |= set(range(start, end, 47))
    said = load_all(model_file, tmp_path, [("flip", where) for where in sorted(contents)])
    assert len(said) > 100
    assert said == ["rejected"] * len(contents)


def test_flipped_bits_outside_of_the_code_do_no_harm(model_file: Path, tmp_path: Path) -> None:
    size = model_file.stat().st_size
    everywhere = [*range(160), *range(size - 300, size)]
    said = load_all(model_file, tmp_path, [("flip", where) for where in everywhere])
    # Only dates, attributes and padding may change: nothing that is read.
    assert said.count("rejected") > len(everywhere) // 2
    assert len(said) == len(everywhere)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\x7fELF" + bytes(500), r"not a compiled module: it starts with b'\\x7fELF'"),
        (b"PK\x03\x04", "truncated or damaged"),
        (b"PK\x03\x04" + bytes(1000), "truncated or damaged"),
        (b"#!/bin/sh\n", "not a compiled module"),
        (b"MLIR", "not a compiled module"),
    ],
)
def test_foreign_files(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "foreign.vmfb"
    path.write_bytes(content)
    with pytest.raises(ModuleFileError, match=says) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_foreign_archives(tmp_path: Path) -> None:
    path = tmp_path / "archive.vmfb"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "text")
    with pytest.raises(ModuleFileError, match=r"its first member is not 'module\.fb'"):
        load(path)
    for content in (b"", b"text" * 400):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("module.fb", content)
        with pytest.raises(ModuleFileError, match="not a valid compiled module"):
            load(path)


def test_a_missing_file_and_a_directory(tmp_path: Path) -> None:
    with pytest.raises(ModuleFileError, match=r"none\.vmfb: no such file"):
        load(tmp_path / "none.vmfb")
    with pytest.raises(ModuleFileError, match="is a directory"):
        load(tmp_path)
    with pytest.raises(ModuleFileError, match="cannot be read"):
        load(os.fspath(Path(sys.executable) / "f.vmfb"))


def test_a_module_without_a_signature(bare_vmfb: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bare.vmfb"
    path.write_bytes(bare_vmfb)
    with pytest.raises(ModuleFileError, match=r"bare\.vmfb has no xform signature"):
        load(path)
    assert Executable(bare_vmfb, "cpu").signature("main") is None


def with_other_bytes(vmfb: bytes, old: bytes, new: bytes) -> bytes:
    """The module with something else in its host code, and right checksums."""
    body = read_members(vmfb)["module.fb"]
    changed = bytes(body).replace(old, new, 1)
    assert changed != body
    sums = [struct.pack("<I", zlib.crc32(content)) for content in (body, changed)]
    return vmfb.replace(bytes(body), changed).replace(*sums)


def test_a_module_of_another_version_of_iree(add_file: Path, tmp_path: Path) -> None:
    version, next_one = (struct.pack("<I", number << 16) for number in (17, 18))
    path = tmp_path / "future.vmfb"
    path.write_bytes(with_other_bytes(add_file.read_bytes(), version, next_one))
    with pytest.raises(
        ModuleFileError, match=r"future\.vmfb was compiled for another version"
    ) as e:
        load(path)
    assert "runtime supports 17.0, module has 18.0" in str(e.value)
    assert f"iree-base-runtime {metadata.version('iree-base-runtime')}" in str(e.value)


def test_a_module_for_another_kind_of_processor(tmp_path: Path) -> None:
    path = tmp_path / "arm.vmfb"
    target = Target("cpu", "generic", "aarch64-unknown-linux-gnu")
    save(lambda x: x + 1, spec(4), path=path, target=target)
    with pytest.raises(DeviceError, match=r"arm\.vmfb was compiled for aarch64, and"):
        load(path)


def test_a_bad_signature(make_double: Callable[[str], bytes], tmp_path: Path) -> None:
    path = tmp_path / "bad.vmfb"
    good = {
        "version": 1,
        "name": "main",
        "device": "cpu",
        "work": 4,
        "inputs": {"dict": [["args", {"tuple": [{"leaf": 0}]}], ["kwargs", {"dict": []}]]},
        "outputs": {"leaf": 0},
        "args": [{"path": "args[0]", "shape": [4], "dtype": "float32"}],
        "results": [{"path": "result", "shape": [4], "dtype": "float32"}],
        "cpu_features": [],
    }
    for text, says in (
        ("{", "not valid JSON"),
        (json.dumps({**good, "version": 99}), "version 99 is not supported"),
        (json.dumps({**good, "name": "other"}), "carries the signature of 'other'"),
        (json.dumps({**good, "device": "tpu"}), "unknown device 'tpu'"),
    ):
        path.write_bytes(make_double(text))
        with pytest.raises(ModuleFileError, match=r"entry 'main' of .*bad\.vmfb") as caught:
            load(path)
        assert says in str(caught.value)
    path.write_bytes(make_double(json.dumps(good)))
    assert load(path).entries == ("main",)


def test_an_image_names_what_it_was_given(bare_vmfb: bytes) -> None:
    image = ModuleImage(bare_vmfb)
    assert list(image.functions) == ["main"]
    assert image.signatures == {}
    with pytest.raises(XformError, match="the download is truncated or damaged"):
        ModuleImage(bare_vmfb[:-30], "the download")


def test_what_a_file_is_made_of(add_file: Path, vulkan_file: Path, tmp_path: Path) -> None:
    constant = np.arange(5000.0)
    large = tmp_path / "large.vmfb", tmp_path / "large-vulkan.vmfb"
    save(lambda x: x * constant, spec(5000), path=large[0])
    save(lambda x: x * constant, spec(5000), path=large[1], target="vulkan:desktop")
    # What is small is in IREE's host code.
    for path, constants in ((add_file, 0), (vulkan_file, 0), *((path, 40_000) for path in large)):
        image = ModuleImage.from_file(path)
        found = read_contents(image.content)
        assert found.total == path.stat().st_size
        assert constants <= found.constants < constants + 1000
        assert min(found.host, found.code) > 0
        # The rest is the archive's.
        assert 0.8 * found.total < found.host + found.code + found.constants < found.total


def test_a_shared_object_that_lies_about_its_sections(add_file: Path) -> None:
    members = read_members(add_file.read_bytes())
    assert [*members] == ["module.fb", "$elf.so"]
    elf = bytearray(members["$elf.so"])
    before = [*_constant_sections(memoryview(elf))]
    assert before
    elf[40:48] = (2**40).to_bytes(8, "little")
    assert [*_constant_sections(memoryview(elf))] == []
    assert [*_constant_sections(memoryview(b"\x7fELF\x02\x01"))] == []


def test_a_module_of_another_compiler(bare_vmfb: bytes, tmp_path: Path) -> None:
    (tmp_path / "bare.vmfb").write_bytes(bare_vmfb)
    with pytest.raises(ModuleFileError, match=r"bare\.vmfb has no xform signature"):
        ModuleImage.from_file(tmp_path / "bare.vmfb")
