"""`--selftest`: test vectors are kept by `xform compile`, shown by `inspect`, tried by `run`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command_line import XformCall, error_of_run, json_of
from xform_runtime.archive import read_members, with_member
from xform_runtime.image import ModuleImage
from xform_runtime.selftest import SELFTEST_FOLDER, Drawn

DIFFERS = ("compile", "differs.py:f", "-a", "f32[3]", "-o", "differs.vmfb")
LOSS = ("model.py:loss", "-a", "w=f32[3,2]")


def test_from_the_function_to_the_report(xform: XformCall, folder: Path) -> None:
    made = xform("compile", *LOSS, "-a", "x=f32[4,3]", "-o", "loss.vmfb", "--selftest")
    assert "  self-test  2 test vectors, inputs drawn; expected results by NumPy\n" in made.stdout
    said = xform("run", "loss.vmfb", "--selftest").stdout.splitlines()
    assert said[0] == "self-test of loss.vmfb on cpu: passed, 2 results of 2 test vectors"
    assert said[1].startswith("  loss, vector 0, output: passed, ")
    assert len(said) == 3
    data = json_of(xform("run", "loss.vmfb", "--selftest", "--json", "--entry", "loss"))
    assert data["passed"] is True
    assert (data["device"], data["vectors"]) == ("cpu", 2)
    first = data["results"][0]
    assert (first["entry"], first["vector"], first["path"]) == ("loss", 0, "output")
    assert abs(first["got"] - first["expected"]) == first["difference"] <= first["tolerance"]


def test_arrays_of_files_are_inputs(xform: XformCall, folder: Path) -> None:
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    np.save(folder / "x.npy", x)
    both = xform("compile", *LOSS, "-a", "x=@x.npy", "-o", "given.vmfb", "--selftest", "--json")
    assert json_of(both)["selftest"] == {
        "vectors": 2,
        "inputs": 4,
        "drawn_inputs": 2,
        "summarised_results": 0,
        "reference": "numpy",
    }
    selftest = ModuleImage.from_file(folder / "given.vmfb").selftest("loss")
    assert selftest is not None
    w, given = selftest.vectors[0].inputs
    assert isinstance(w, Drawn)
    assert not isinstance(given, Drawn)
    np.testing.assert_array_equal(given, x)
    np.save(folder / "w.npy", np.ones((3, 2), np.float32))
    alone = xform(
        "compile", "model.py:loss", "-a", "@w.npy", "-a", "@x.npy", "-o", "a.vmfb", "--selftest"
    )
    assert "  self-test  1 test vector, inputs given; expected" in alone.stdout
    # Without the option a file stands for its type alone.
    plain = xform("compile", *LOSS, "-a", "x=@x.npy", "-o", "a.vmfb", "--json")
    assert json_of(plain)["selftest"] is None


def test_it_is_inspected(xform: XformCall, modules: Path) -> None:
    xform("compile", *LOSS, "-a", "x=f32[4,3]", "-t", "grad", "-o", "g.vmfb", "--selftest")
    said = xform("inspect", "g.vmfb").stdout
    assert "  self-test     2 test vectors, inputs drawn; expected results by NumPy and by " in said
    assert ", self-test " in said
    data = json_of(xform("inspect", "g.vmfb", "--json"))
    assert data["entries"][0]["selftest"]["reference"] == "plain"
    assert data["sizes"]["selftests"] > 50
    without = xform("inspect", "kinds.vmfb")
    assert "self-test" not in without.stdout
    data = json_of(xform("inspect", "kinds.vmfb", "--json"))
    assert data["entries"][0]["selftest"] is None
    assert data["sizes"]["selftests"] == 0


@pytest.fixture
def altered(xform: XformCall, folder: Path) -> str:
    """A file whose results are not what they have to be."""
    for option, name in (("--selftest", "good.vmfb"), ("--json", "bare.vmfb")):
        xform("compile", *LOSS, "-a", "x=f32[4,3]", "-o", name, option)
    selftest = ModuleImage.from_file(folder / "good.vmfb").selftest("loss")
    assert selftest is not None
    first, second = selftest.vectors
    (result,) = first.results
    wrong = replace(first, results=(replace(result, values=result.values + 1),))
    infinite = replace(second, results=(replace(result, values=result.values * np.inf),))
    body = replace(selftest, vectors=(wrong, infinite)).to_bytes()
    made = with_member((folder / "bare.vmfb").read_bytes(), f"{SELFTEST_FOLDER}loss", body)
    (folder / "altered.vmfb").write_bytes(made)
    return "altered.vmfb"


def test_wrong_results(xform: XformCall, altered: str) -> None:
    said = xform("run", altered, "--selftest", code=1)
    lines = said.stdout.splitlines()
    assert lines[0] == (
        "self-test of altered.vmfb on cpu: failed, 2 of 2 results of 2 test vectors are wrong"
    )
    assert lines[1].startswith("  loss, vector 0, output: failed, got ")
    assert "a difference of 1 where " in lines[1]
    assert said.stderr == ""
    data = json_of(xform("run", altered, "--selftest", "--json", code=1))
    assert data["passed"] is False
    assert [result["passed"] for result in data["results"]] == [False, False]
    # JSON has no infinity.
    assert data["results"][1]["expected"] == data["results"][1]["difference"] == "Infinity"


def test_what_cannot_be_tested(xform: XformCall, modules: Path, altered: str) -> None:
    said = error_of_run(xform("run", "kinds.vmfb", "--selftest", code=2))
    assert said.startswith("kinds.vmfb has no self-test: save it with selftest=True, or by xform ")
    for options in (("-a", "w=[[1]]"), ("--cast",), ("-o", "y.npy")):
        said = error_of_run(xform("run", altered, "--selftest", *options, code=2))
        assert said == "--selftest goes without --arg, --cast and --output"
    said = error_of_run(xform("run", altered, "--selftest", "--entry", "los", code=2))
    assert "has no entry point 'los'; did you mean 'loss'?" in said
    said = error_of_run(xform("run", altered, "--selftest", "--device", "tpu", code=2))
    assert "unknown device 'tpu'" in said
    content = bytearray((modules / altered).read_bytes())
    member = read_members(content)[f"{SELFTEST_FOLDER}loss"]
    member[-1] ^= 1
    (modules / "damaged.vmfb").write_bytes(content)
    said = error_of_run(xform("run", "damaged.vmfb", "--selftest", code=3))
    assert said == "damaged.vmfb is damaged: bad checksum in member 'xform.selftest/loss'"


def test_one_of_a_newer_version(xform: XformCall, altered: str, folder: Path) -> None:
    content = (folder / "bare.vmfb").read_bytes()
    newer = with_member(content, f"{SELFTEST_FOLDER}loss", b'{"version":2}\n')
    (folder / "newer.vmfb").write_bytes(newer)
    said = error_of_run(xform("run", "newer.vmfb", "--selftest", code=3))
    assert "its version 2 is not supported: this runtime reads version 1" in said
    # All else can be looked at.
    shown = xform("inspect", "newer.vmfb").stdout
    assert f"  self-test     {said}\n" in shown
    data = json_of(xform("inspect", "newer.vmfb", "--json"))
    assert data["entries"][0]["selftest"] == {"error": said}


def test_what_the_function_prints_is_no_result(xform: XformCall, folder: Path) -> None:
    (folder / "prints.py").write_text("def f(x):\n    print('hello')\n    return x\n")
    made = xform("compile", "prints.py:f", "-a", "f32[3]", "--selftest", "--json")
    assert json_of(made)["selftest"]["vectors"] == 2
    assert "hello" in made.stderr


def test_a_function_that_differs(xform: XformCall, folder: Path) -> None:
    (folder / "differs.py").write_text(
        "import numpy as np\ndef f(x):\n    return x + (1 if isinstance(x, np.ndarray) else 2)\n"
    )
    said = error_of_run(xform(*DIFFERS, "--selftest", code=4))
    assert said.startswith("save: compiled, 'f' gives other results than called by Python.")
    assert "f, vector 0, output[" in said
    assert not (folder / "differs.vmfb").exists()
    xform(*DIFFERS)
