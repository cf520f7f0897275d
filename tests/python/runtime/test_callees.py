"""Files that carry the modules they call: elsewhere, under IREE's own tool, and damaged."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xform import runtime
from xform.frontend import export, jit, spec
from xform_runtime import DeviceError, ModuleFileError
from xform_runtime.archive import read_members, with_bytecode, with_member
from xform_runtime.callees import CALLEES_FOLDER, content_named, member_of
from xform_runtime.image import ModuleImage
from xform_runtime.module import module_of

X = np.array([0.5, -1.0, 2.0])


@pytest.fixture(scope="module")
def inner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("modules") / "inner.vmfb"
    export(path, {"smooth": jit(np.tanh).lower(X), "step": jit(lambda x: x + 1).lower(X)})
    return path


@pytest.fixture(scope="module")
def outer(inner: Path) -> Path:
    model, path = runtime.load(inner), inner.with_name("outer.vmfb")
    jit(lambda x: {"y": 2 * model.smooth(x) + model.step(x)}).save(path, X)
    return path


def expected(x: Any) -> Any:
    return 2 * np.tanh(x) + x + 1


def callee_of(file: Path) -> tuple[str, bytes]:
    """The one member that is a module, and its bytes."""
    found = {k: bytes(v) for k, v in read_members(file.read_bytes()).items()}
    ((member, body),) = ((k, v) for k, v in found.items() if k.startswith(CALLEES_FOLDER))
    return member, body


def with_callee(file: Path, member: str | None, body: bytes = b"") -> bytes:
    """The file with another callee; without one for None."""
    ours, _ = callee_of(file)
    content = file.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        at = archive.getinfo(ours).header_offset
        others = {
            info.filename: archive.read(info)
            for info in archive.infolist()
            if info.header_offset > at
        }
    # What is in front, as it was, and a directory of that.
    whole = io.BytesIO(content)
    with zipfile.ZipFile(whole, "a") as archive:
        for name in (ours, *others):
            archive.filelist.remove(archive.NameToInfo.pop(name))
        archive.start_dir = at
        archive._didModify = True  # type: ignore[attr-defined]
    if member is not None:
        others = {member: body} | others
    found = whole.getvalue()
    for name, each in others.items():
        found = with_member(found, name, each)
    return found


def test_where_only_the_runtime_is(outer: Path) -> None:
    program = f"""
import sys
import numpy as np
from xform_runtime import load
y = load({str(outer)!r})(np.array({X.tolist()!r}))["y"]
print([float(v).hex() for v in y.tolist()])
print("xform" in sys.modules, "iree.compiler" in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    said = [float(v).hex() for v in runtime.load(outer)(X)["y"].tolist()]
    assert ran.stdout.splitlines() == [str(said), "False False"]
    np.testing.assert_allclose([float.fromhex(v) for v in said], expected(X))


def test_the_bytes_are_the_modules_but_for_its_name(inner: Path, outer: Path) -> None:
    member, body = callee_of(outer)
    image = ModuleImage(inner.read_bytes())
    assert member == member_of(image.name_to_call)
    assert content_named(ModuleImage(body), "module") == inner.read_bytes()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
    assert ModuleImage(body).vm_module.name == image.name_to_call


def test_iree_run_module_takes_both(outer: Path, tmp_path: Path) -> None:
    """The callee in front, as any program unpacks it from the archive."""
    with zipfile.ZipFile(outer) as archive:
        member, _ = callee_of(outer)
        callee = archive.extract(member, tmp_path)
    entry = runtime.load(outer).entries[0]
    command = [
        str(Path(sys.executable).with_name("iree-run-module")),
        f"--module={callee}",
        f"--module={outer}",
        "--device=local-sync",
        f"--function={entry}",
        "--input=3xf64=0.5 -1 2",
        f"--output=@{tmp_path / 'y.npy'}",
    ]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), runtime.load(outer)(X)["y"])


def refused(tmp_path: Path, content: bytes, error: type[Exception], *parts: str) -> None:
    file = tmp_path / "bad.vmfb"
    file.write_bytes(content)
    with pytest.raises(error) as caught:
        runtime.load(file)
    for part in (str(file), *parts):
        assert part in str(caught.value)


def test_with_callee(outer: Path, tmp_path: Path) -> None:
    """What the tests below change is all that they change."""
    file = tmp_path / "same.vmfb"
    file.write_bytes(with_callee(outer, *callee_of(outer)))
    np.testing.assert_allclose(runtime.load(file)(X)["y"], expected(X))


def test_damage(outer: Path, tmp_path: Path) -> None:
    content, (member, body) = outer.read_bytes(), callee_of(outer)
    at = content.index(body)
    for place in (at, at + len(body) // 2, at + len(body) - 1):
        broken = bytearray(content)
        broken[place] ^= 1
        refused(tmp_path, bytes(broken), ModuleFileError, f"bad checksum in member '{member}'")
    for size in (at - 1, at + 10, len(content) - 1):
        refused(tmp_path, content[:size], ModuleFileError, "truncated or damaged")
    # What ends where the callee's archive does is read as one.
    refused(tmp_path, content[: at + len(body)], ModuleFileError, "not a compiled module")
    # An archive that is whole, of a callee that is not.
    inside = f"in it {member}"
    for length in (1, 20, len(body) - 1):
        bad = with_callee(outer, member, body[:length])
        refused(tmp_path, bad, ModuleFileError, inside)
    refused(tmp_path, with_callee(outer, member), ModuleFileError, inside, "is empty")


def test_another_callee(inner: Path, outer: Path, tmp_path: Path) -> None:
    member, body = callee_of(outer)
    name = ModuleImage(inner.read_bytes()).name_to_call
    inside = f"in it {member}"
    # Under its own name, and one that was not compiled here.
    said = "is not the module that is called so"
    bad = with_callee(outer, member, inner.read_bytes())
    refused(tmp_path, bad, ModuleFileError, inside, said)
    refused(tmp_path, with_callee(outer, member_of("abcdef"), body), ModuleFileError, said)
    # Of other entries, and of entries of other types.
    for entries in (
        {"smooth": jit(np.tanh).lower(X)},
        {"smooth": jit(np.tanh).lower(X), "step": jit(lambda x, y: x + y).lower(X, X)},
    ):
        file = tmp_path / "other.vmfb"
        export(file, entries)
        other = content_named(ModuleImage(file.read_bytes()), name)
        bad = with_callee(outer, member, bytes(other))
        refused(tmp_path, bad, ModuleFileError, "does not have in it what it calls", "step")
    bad = with_callee(outer, None)
    refused(tmp_path, bad, ModuleFileError, "does not have in it what it calls", name)


def test_two_of_one_name(inner: Path, outer: Path, tmp_path: Path) -> None:
    """A program's callee that another of its callees calls too, but as another module."""
    model, deep = runtime.load(inner), runtime.load(outer)
    file = tmp_path / "deep.vmfb"
    jit(lambda x: deep(x)["y"] + model.smooth(x)).save(file, X)
    np.testing.assert_allclose(runtime.load(file)(X), expected(X) + np.tanh(X))
    image = ModuleImage(file.read_bytes(), "deep")
    name = ModuleImage(inner.read_bytes()).name_to_call
    other = tmp_path / "other.vmfb"
    export(other, {"smooth": jit(np.sin).lower(X), "step": jit(lambda x: x - 1).lower(X)})
    image.callees[name] = ModuleImage(content_named(ModuleImage(other.read_bytes()), name), "else")
    with pytest.raises(ModuleFileError, match=r"deep, in it .* are two modules of one name"):
        image.with_needed(None)


def test_a_name_that_cannot_be_exchanged(inner: Path) -> None:
    image = ModuleImage(inner.read_bytes(), "inner")
    image.content = memoryview(with_bytecode(image.content, 100, b"\xff" * 40))
    with pytest.raises(ModuleFileError, match="inner cannot be called by another module: its name"):
        image.content_to_call()


def test_a_callee_for_another_processor(outer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = ModuleImage(outer.read_bytes(), "outer")
    (callee,) = image.callees.values()
    for name, signature in callee.signatures.items():
        monkeypatch.setitem(callee.signatures, name, replace(signature, device="cuda"))
    with pytest.raises(DeviceError, match=r"outer, in it .* was compiled for device 'cuda'"):
        module_of(image)


def test_arrays_beside_the_caller(inner: Path, tmp_path: Path) -> None:
    model, weights = runtime.load(inner), np.arange(3.0)
    file = tmp_path / "beside.vmfb"
    jit(lambda x: model.smooth(x * weights)).lower(X).save(file, weights="beside")
    np.testing.assert_allclose(runtime.load(file)(X), np.tanh(X * weights))


def test_a_batch_of_a_size_that_is_open(inner: Path, tmp_path: Path) -> None:
    """What is traced with open sizes is served for each size when it is called."""
    model = runtime.load(inner)
    with pytest.raises(TypeError, match="in a program with open sizes"):
        jit(lambda xs: model.smooth(xs[0])).lower(spec(("n", 3))).save(tmp_path / "f.vmfb")
