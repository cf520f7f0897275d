"""Self-tests in module files: kept, read again, run, and found wrong where something is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from xform.frontend import save, spec
from xform_runtime import ModuleFileError, SelfTestError, XformTypeError, XformValueError, load
from xform_runtime.archive import read_members, with_member
from xform_runtime.contents import read_contents
from xform_runtime.image import ModuleImage
from xform_runtime.selftest import (
    SELFTEST_FOLDER,
    Drawn,
    Expected,
    SelfTest,
    Vector,
    drawn,
    sample_positions,
)
from xform_runtime.signature import DictNode, LeafNode, LeafSpec, Signature, TupleNode

NAME = f"{SELFTEST_FOLDER}model"


def model(x: Any, p: dict[str, Any], *, scale: Any) -> dict[str, Any]:
    y = np.tanh(p["w"] @ x)
    return {"y": y * scale, "rest": (y > 0, p["n"] + 1)}


TYPES = (spec(3, "float32"), {"w": spec((2, 3), "float32"), "n": spec((), "int32")})


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same module with and without a self-test."""
    folder = tmp_path_factory.mktemp("selftest")
    tested, bare = folder / "tested.vmfb", folder / "bare.vmfb"
    save(model, *TYPES, scale=2.0, path=tested, selftest=True)
    save(model, *TYPES, scale=2.0, path=bare)
    return tested, bare


def selftest_of(path: Path) -> SelfTest:
    found = ModuleImage.from_file(path).selftest("model")
    assert found is not None
    return found


def with_other(bare: Path, path: Path, selftest: SelfTest | bytes) -> Path:
    """A file like the tested one, with another self-test."""
    body = selftest if isinstance(selftest, bytes) else selftest.to_bytes()
    path.write_bytes(with_member(bare.read_bytes(), NAME, body))
    return path


def test_a_good_module_passes(files: tuple[Path, Path]) -> None:
    module = load(files[0])
    report = module.selftest()
    assert report.passed
    assert report.vectors == 2
    assert [check.path for check in report.checks[:3]] == [
        "output['rest'][0]",
        "output['rest'][1]",
        "output['y']",
    ]
    assert len(report.checks) == 6
    report.raise_if_failed()
    assert module.model.selftest() == report
    said = str(report).splitlines()
    assert said[0] == f"self-test of {files[0]} on cpu: passed, 6 results of 2 test vectors"
    assert len(said) == 7


def test_the_code_in_front_of_it_stays(files: tuple[Path, Path]) -> None:
    tested, bare = (path.read_bytes() for path in files)
    members, others = read_members(tested), read_members(bare)
    assert [*members] == [*others, NAME]
    assert all(members[name] == others[name] for name in others)
    found, plain = read_contents(tested), read_contents(bare)
    assert found.selftests == len(members[NAME])
    assert (found.host, found.code, found.constants) == (plain.host, plain.code, plain.constants)
    assert plain.selftests == 0
    # Drawn inputs are not kept: what is, are 2 floats, 2 bools and an int for each of two calls,
    # and the number 2.0 once.
    selftest = selftest_of(files[0])
    assert [isinstance(x, Drawn) for x in selftest.vectors[0].inputs] == [True, True, True, False]
    assert len(members[NAME].tobytes().partition(b"\n")[2]) == 2 * (2 * 4 + 2 + 4) + 8
    with pytest.raises(XformValueError, match="has a member"):
        with_member(tested, NAME, b"")


def test_equal_modules_have_equal_files(files: tuple[Path, Path], tmp_path: Path) -> None:
    save(model, *TYPES, scale=2.0, path=tmp_path / "again.vmfb", selftest=True)
    assert (tmp_path / "again.vmfb").read_bytes() == files[0].read_bytes()


def test_other_programs_load_it(files: tuple[Path, Path]) -> None:
    tool = Path(sys.executable).with_name("iree-run-module")
    inputs = ["3xf32=0", "i32=4", "2x3xf32=0", "f64=1"]
    ran = subprocess.run(
        [tool, f"--module={files[0]}", "--function=model", *(f"--input={x}" for x in inputs)],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert "i32=5" in ran.stdout


RUNTIME_ALONE = """
import sys
import xform_runtime
xform_runtime.load(sys.argv[1]).selftest().raise_if_failed()
loaded = [m for m in sys.modules if m == "xform" or m.startswith(("xform.", "iree.compiler"))]
assert not loaded, loaded
"""


def test_the_runtime_is_enough(files: tuple[Path, Path]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", RUNTIME_ALONE, str(files[0])], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr


def test_a_file_without_one(files: tuple[Path, Path]) -> None:
    module = load(files[1])
    with pytest.raises(XformValueError, match=r"bare\.vmfb has no self-test: save it with self"):
        module.selftest()
    with pytest.raises(XformValueError, match=r"entry 'model' of .*bare\.vmfb has no self-test"):
        module.model.selftest()
    assert ModuleImage.from_file(files[1]).selftest("model") is None


@pytest.mark.parametrize("result", [0, 1, 2])
def test_a_wrong_result_is_named(files: tuple[Path, Path], tmp_path: Path, result: int) -> None:
    selftest = selftest_of(files[0])
    first, second = selftest.vectors
    values = second.results[result].values.copy()
    values.flat[-1] = ~values.flat[-1] if values.dtype == bool else values.flat[-1] + 1
    results = list(second.results)
    results[result] = replace(results[result], values=values)
    changed = replace(selftest, vectors=(first, replace(second, results=tuple(results))))
    report = load(with_other(files[1], tmp_path / "f.vmfb", changed)).selftest()
    assert not report.passed
    (failure,) = report.failures
    path = ("output['rest'][0]", "output['rest'][1]", "output['y']")[result]
    assert (failure.entry, failure.vector, failure.path) == ("model", 1, path)
    assert failure.index == ((), (1,))[values.ndim]
    assert failure.expected == values.flat[-1]
    with pytest.raises(SelfTestError, match="1 of 6 results of 2 test vectors is wrong") as caught:
        report.raise_if_failed()
    assert caught.value.report is report
    assert f"model, vector 1, {path}" in str(caught.value)
    assert isinstance(caught.value, AssertionError)


# Damage -----------------------------------------------------------------------------------------


def test_a_damaged_one_is_refused(files: tuple[Path, Path], tmp_path: Path) -> None:
    content = files[0].read_bytes()
    with zipfile.ZipFile(files[0]) as archive:
        member = archive.getinfo(NAME)
    start = member.header_offset + 30 + len(NAME)
    path = tmp_path / "damaged.vmfb"
    for where in range(start, start + member.file_size, 7):
        damaged = bytearray(content)
        damaged[where] ^= 1 << (where % 8)
        path.write_bytes(damaged)
        with pytest.raises(ModuleFileError, match=f"bad checksum in member '{NAME}'"):
            load(path)
    for length in range(member.header_offset, len(content), 29):
        path.write_bytes(content[:length])
        with pytest.raises(ModuleFileError, match=r"damaged\.vmfb is truncated or damaged"):
            load(path)


def changed_head(selftest: SelfTest, change: Callable[[dict[str, Any]], object]) -> bytes:
    head, _, body = selftest.to_bytes().partition(b"\n")
    data = json.loads(head)
    change(data)
    return json.dumps(data).encode() + b"\n" + body


BAD: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("its version 2 is not supported", lambda d: d.update(version=2)),
    ("its version None is not supported", lambda d: d.pop("version")),
    ("it has no vectors", lambda d: d.update(vectors=[])),
    ("it has no vectors", lambda d: d.pop("vectors")),
    ("its expected results are from 'oracle'", lambda d: d.update(reference="oracle")),
    ("has not 4 inputs and 3 results", lambda d: d["vectors"][1]["inputs"].pop()),
    ("has not 4 inputs and 3 results", lambda d: d["vectors"].append("x")),
    ("it has no 8 bytes at 99999", lambda d: d["vectors"][0]["results"][2].update(at=99999)),
    ("it has no 8 bytes at -1", lambda d: d["vectors"][0]["results"][2].update(at=-1)),
    ("it has no 8 bytes at '0'", lambda d: d["vectors"][0]["results"][2].update(at="0")),
    ("the result output['y'] is", lambda d: d["vectors"][0]["results"][2].pop("relative")),
    ("the input args[0] is", lambda d: d["vectors"][0]["inputs"][0].update(bound=0)),
    ("the input args[0] is", lambda d: d["vectors"][0]["inputs"][0].update(key=[1, -2])),
    ("samples and 1 blocks of 2", lambda d: d["vectors"][0]["results"][2].update(
        samples=3, blocks=1, summary=[0, 0, 0])),
    ("a result is {", lambda d: d["vectors"][0]["results"][2].update(
        samples=1, blocks=1, summary=[0])),
]  # fmt: skip


@pytest.mark.parametrize(("says", "change"), BAD)
def test_one_that_cannot_be_read(
    files: tuple[Path, Path], tmp_path: Path, says: str, change: Callable[[dict[str, Any]], object]
) -> None:
    path = with_other(files[1], tmp_path / "bad.vmfb", changed_head(selftest_of(files[0]), change))
    # The module itself is as good as ever.
    module = load(path)
    with pytest.raises(ModuleFileError) as caught:
        module.selftest()
    assert str(caught.value).startswith(f"the self-test of entry 'model' of {path} cannot be read")
    assert says in str(caught.value)


def test_one_that_is_no_json(files: tuple[Path, Path], tmp_path: Path) -> None:
    for body in (b"", b"{", b"\xff\n", b"[" * 100_000):
        path = with_other(files[1], tmp_path / "bad.vmfb", body)
        with pytest.raises(ModuleFileError, match="it does not begin with JSON"):
            load(path).selftest()


# The format -------------------------------------------------------------------------------------


DRAWN: dict[str, list[Any]] = {
    "uint8": [2, 1, 6, 0, 3, 3],
    "bool": [True, True, True, False, False, False],
    "float64": [0.48019269612374305, 0.6966914639443746, 0.6267615172050991],
    "float32": [0.48019278049468994, 0.6966913938522339, 0.6267615556716919],
    "float16": [0.4794921875, 0.6962890625, 0.6259765625],
    "bfloat16": [0.4765625, 0.6953125, 0.6328125],
}


def test_drawn_arrays_are_the_same_for_ever() -> None:
    # A file keeps keys only: these numbers must not change.
    key = (3, 1)
    assert drawn("uint8", (6,), key, 7).tolist() == DRAWN["uint8"]
    assert drawn("bool", (6,), key, 1).tolist() == DRAWN["bool"]
    for dtype in ("float64", "float32", "float16", "bfloat16"):
        assert drawn(dtype, (3,), key, 1).astype(float).tolist() == DRAWN[dtype]


def test_what_is_drawn() -> None:
    for dtype in ("float64", "float32", "float16", "bfloat16"):
        x = drawn(dtype, (50, 20), (0, 0), 1)
        assert x.shape == (50, 20)
        assert x.dtype.name == dtype
        wide = x.astype(float)
        assert 0.9 < np.abs(wide).max() < 1
        assert np.all(wide != 0)
        assert abs(wide.mean()) < 0.1
    n = drawn("int16", (1000,), (0, 0), 5)
    assert sorted({*n.tolist()}) == [0, 1, 2, 3, 4]
    flags = drawn("bool", (1000,), (0, 0), 1)
    assert 400 < flags.sum() < 600
    assert drawn("float32", (), (0, 0), 1).shape == ()
    assert drawn("float32", (0, 3), (0, 0), 1).shape == (0, 3)
    assert not np.array_equal(drawn("float64", (9,), (0, 1), 1), drawn("float64", (9,), (1, 0), 1))
    z = drawn("complex64", (3, 2), (0, 1), 1)
    assert (z.shape, z.dtype.name) == ((3, 2), "complex64")
    np.testing.assert_array_equal(
        np.stack([z.real, z.imag], -1), drawn("float32", (3, 2, 2), (0, 1), 1)
    )
    assert drawn("complex128", (), (0, 0), 1).shape == ()
    assert drawn("complex128", (0, 3), (0, 0), 1).shape == (0, 3)
    with pytest.raises(XformTypeError, match="complex256 cannot be drawn"):
        drawn("complex256", (2,), (0, 0), 1)


def test_samples_are_everywhere() -> None:
    for size, count in ((64, 64), (1000, 16), (1 << 20, 4096)):
        found = sample_positions(size, count)
        assert found.dtype == np.int64
        assert 0 <= found.min() <= found.max() < size
        assert np.all(np.diff(found) > 0)
    columns = np.bincount(sample_positions(1 << 20, 4096) % 64, minlength=64)
    assert columns.min() > 0


@pytest.mark.parametrize(
    "dtype", ["float64", "float32", "float16", "bfloat16", "int64", "bool", "complex64"]
)
def test_it_reads_what_it_wrote(dtype: str) -> None:
    shapes = ((), (0, 2), (3,), (200, 50))
    leaves = tuple(LeafSpec(f"x[{i}]", shape, dtype) for i, shape in enumerate(shapes))
    nodes = TupleNode(tuple(map(LeafNode, range(len(shapes)))))
    inputs = DictNode((("args", nodes), ("kwargs", DictNode(()))))
    signature = Signature("f", "cpu", 0, inputs, nodes, leaves, leaves)
    arrays = [drawn(dtype, shape, (1, i), 3) for i, shape in enumerate(shapes)]
    if dtype not in ("int64", "bool"):
        arrays[2][:] = [np.nan, np.inf, -np.inf]
    vector = Vector(
        (*arrays[:2], Drawn((1, 2), 3), arrays[3]),
        tuple(Expected.of(x, 1e-6, 1e-9, 1024) for x in arrays),
    )
    again = SelfTest.from_bytes(SelfTest("plain", (vector,)).to_bytes(), signature)
    assert again.reference == "plain"
    (read,) = again.vectors
    assert read.inputs[2] == Drawn((1, 2), 3)
    for given, found in zip(vector.arguments(signature), read.arguments(signature), strict=True):
        assert found.dtype == given.dtype
        assert found.shape == given.shape
        assert found.tobytes() == given.tobytes()
    for wanted, got in zip(vector.results, read.results, strict=True):
        assert (got.relative, got.absolute) == (1e-6, 1e-9)
        assert got.values.tobytes() == wanted.values.tobytes()
    summary, other = vector.results[3].summary, read.results[3].summary
    assert summary is not None
    assert other is not None
    for name in ("sums", "magnitudes", "odd"):
        assert getattr(other, name).tobytes() == getattr(summary, name).tobytes()
    assert all(result.summary is None for result in read.results[:3])
    assert arrays[3].dtype == (ml_dtypes.bfloat16 if dtype == "bfloat16" else np.dtype(dtype))
