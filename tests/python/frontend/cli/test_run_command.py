"""`xform run`: values on the command line and in files, results, and what is said of wrong ones."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command_line import XformCall, error_of_run, json_of

P = ("--arg", "p=@p.npz")
X = ("--arg", "x=[1, 2, -3.5]")


def test_results_are_printed(xform: XformCall, modules: Path) -> None:
    said = xform("run", "layer.vmfb", *P, *X).stdout.splitlines()
    assert said[0] == "y: float32[2]"
    name, _, value = said[2].partition(" = ")
    assert name == "sum: float32[]"
    y = np.tanh(-0.5)
    found = [*json.loads(said[1]), float(value)]
    np.testing.assert_allclose(found, [y, y, 2 * y], rtol=1e-6)


def test_json(xform: XformCall, modules: Path) -> None:
    data = json_of(xform("run", "layer.vmfb", *P, "-a", "x=[inf, nan, 1]", "--json"))
    assert data["results"][0] == {
        "name": "y",
        "dtype": "float32",
        "shape": [2],
        "value": ["NaN", "NaN"],
    }
    data = json_of(xform("run", "layer.vmfb", *P, "-a", "[inf, 1, 1]", "--json"))
    assert data["results"][1]["value"] == 2


def test_results_in_files(xform: XformCall, modules: Path) -> None:
    said = xform("run", "layer.vmfb", *P, *X, "-o", "out.npz").stdout
    assert said == "y: float32[2] in out.npz\nsum: float32[] in out.npz\n"
    with np.load("out.npz") as archive:
        assert {*archive} == {"y", "sum"}
        assert archive["sum"] == archive["y"].sum()
    # Files of results are files of arguments.
    parts = ("-a", "p.bias=@out.npz[y]", "-a", "p.weights=@p.npz[weights]")
    assert "sum: float32[]" in xform("run", "layer.vmfb", *parts, *X).stdout


def test_all_kinds_of_numbers(xform: XformCall, modules: Path) -> None:
    values = ("flag=True", "n=-7", "x=[1, 2.5]")
    options = [part for value in values for part in ("--arg", value)]
    results = json_of(xform("run", "kinds.vmfb", *options, "--json"))["results"]
    assert [result["value"] for result in results] == [-7, [1.0, 6.25]]
    # By number, and as NumPy's format keeps bfloat16.
    xform("run", "kinds.vmfb", *options, "-o", "kinds.npz")
    with np.load("kinds.npz") as archive:
        assert {*archive} == {"0", "1"}
        assert archive["1"].dtype == "V2"
    said = xform("run", "kinds.vmfb", *options[:4], "-a", "x=@kinds.npz[1]", "--json")
    assert json_of(said)["results"][1]["value"] == [1, 39]


def test_one_result_in_a_file(xform: XformCall, modules: Path) -> None:
    xform("compile", "model.py:loss", "-a", "w=f32[2,1]", "-a", "x=f64[1,2]", "-o", "loss.vmfb")
    np.save("w.npy", np.ones((2, 1)))
    np.save("x.npy", np.array([[1.0, 2.0]]))
    files = ("-a", "x=@x.npy", "-a", "w=@w.npy")
    message = error_of_run(xform("run", "loss.vmfb", *files, code=2))
    assert message == ("w: @w.npy has dtype float64, expected float32[2,1]\n--cast converts it.")
    said = xform("run", "loss.vmfb", *files, "--cast", "-o", "y.npy").stdout
    assert said == "result: float64[] in y.npy\n"
    assert np.load("y.npy") == 9


def test_arrays_without_elements(xform: XformCall, folder: Path) -> None:
    xform("compile", "model.py:loss", "-a", "w=f32[0,2]", "-a", "x=f32[3,0]", "-o", "empty.vmfb")
    assert xform("run", "empty.vmfb", "-a", "[]", "-a", "[]").stdout == "result: float32[] = 0.0\n"


WRONG = [
    (["no.vmfb"], 3, "no.vmfb: no such file"),
    (["."], 3, ". is a directory: expected a compiled module (.vmfb)"),
    (["model.py"], 3, "model.py is not a compiled module"),
    (["cut.vmfb"], 3, "cut.vmfb is truncated or damaged"),
    (["flipped.vmfb"], 3, "flipped.vmfb is damaged: bad checksum"),
    (["layer.vmfb"], 2, "no value was given for p.weights (float32[2,3]), p.bias (float32[2]), x"),
    (["layer.vmfb", *P], 2, "no value was given for x (float32[3])"),
    (["layer.vmfb", *P, *X, "-a", "3"], 2, "there are too many values: layer takes p.weights"),
    (["layer.vmfb", *P, *X, *X], 2, "x was given twice"),
    (["layer.vmfb", *P, "-a", "y=1"], 2, "layer has no argument 'y'; expected one of 'p.bias'"),
    (["layer.vmfb", *P, "-a", "p.wights=1"], 2, "did you mean 'p.weights'?"),
    (["layer.vmfb", "-a", "p=3"], 2, "p holds several arrays: give each of p.weights, p.bias"),
    (["layer.vmfb", "-a", "p=@x.npy"], 2, "p holds several arrays, but @x.npy has one"),
    (["layer.vmfb", "-a", "p=@no.npz"], 3, "p: there is no file 'no.npz'"),
    (["layer.vmfb", "-a", "p=@other.npz"], 2, "@other.npz has no array 'bias'; did you mean 'bia'"),
    (["layer.vmfb", "-a", "p.bias=@p.npz"], 2, "name one, as in @p.npz[weights]"),
    (["layer.vmfb", "-a", "p.bias=@p.npz[bais]"], 2, "has no array 'bais'; did you mean 'bias'?"),
    (["layer.vmfb", "-a", "p.bias=@x.npy[a]"], 2, "'x.npy' is a .npy file, which has no array 'a'"),
    (["layer.vmfb", "-a", "x=@objects.npy"], 3, "it is no array of numbers in NumPy's format"),
    (["layer.vmfb", "-a", "x=@model.py"], 3, "it is no array of numbers in NumPy's format"),
    (["layer.vmfb", "-a", "x=@."], 3, "'.' cannot be read: Is a directory"),
    (["layer.vmfb", "-a", "x=@x.npy"], 2, "x: @x.npy has shape [2,2], expected float32[3]"),
    (["layer.vmfb", "-a", "x=[1, 2]"], 2, "x: [1, 2] has shape [2], expected float32[3]"),
    (["layer.vmfb", "-a", "x=2"], 2, "x: 2 has no axes, as a single number, expected float32[3]"),
    (["layer.vmfb", "-a", "x=[1, 2"], 2, "x: '[1, 2' is no value: expected a number such as 2.5"),
    (["layer.vmfb", "-a", "x=a"], 2, "x: 'a' is no value"),
    (["layer.vmfb", "-a", "x=['a', 'b', 'c']"], 2, "is no number or list of numbers"),
    (["layer.vmfb", "-a", "x=[[1], [2, 3]]"], 2, "the rows of [[1], [2, 3]] are not equally long"),
    (["kinds.vmfb", "-a", "n=1.5"], 2, "n: 1.5 has fractions, expected int32[]"),
    (["kinds.vmfb", "-a", "n=3000000000"], 2, "n: 3000000000 is out of range for int32"),
    (["kinds.vmfb", "-a", "flag=1"], 2, "flag: 1 has whole numbers, expected bool[]"),
    (["layer.vmfb", *P, *X, "-o", "y.npy"], 2, "a .npy file holds one array, but the result has 2"),
    (["layer.vmfb", *P, *X, "-o", "y.txt"], 2, "expected a file that ends with .npy or .npz"),
    (["layer.vmfb", *P, *X, "-o", "no/y.npz"], 3, "the directory 'no' does not exist"),
    (["layer.vmfb", *P, *X, "--device", "gpu"], 2, "unknown device 'gpu': expected one of 'cpu'"),
    (["layer.vmfb", *P, *X, "--device", "vulkan"], 5, "was compiled for device 'cpu' and cannot"),
    (["layer.vmfb", *P, *X, "--entry", "lyer"], 2, "no entry point 'lyer'; did you mean"),
    (["layer.vmfb", *P, *X, "--sha256", "0" * 64], 3, f"expected {'0' * 64}: it is another file"),
    (["layer.vmfb", "--selftest", "--sha256", "0" * 64], 3, "layer.vmfb has the SHA-256 hash"),
    (["layer.vmfb", *P, *X, "--sha256", "abc"], 2, "sha256 is 'abc', expected 64 hexadecimal"),
    (["layer.vmfb", "--nope"], 2, "no such option '--nope'"),
]


@pytest.fixture(scope="module")
def bad_modules(modules: Path) -> None:
    content = bytearray((modules / "layer.vmfb").read_bytes())
    (modules / "cut.vmfb").write_bytes(content[:3000])
    content[3000] ^= 1
    (modules / "flipped.vmfb").write_bytes(content)
    np.save(modules / "x.npy", np.zeros((2, 2), np.float32))
    np.save(modules / "objects.npy", np.array([{}], object), allow_pickle=True)
    np.savez(modules / "other.npz", weights=np.ones((2, 3), np.float32), bia=np.zeros(2))


@pytest.mark.parametrize(("arguments", "code", "says"), WRONG)
def test_mistakes(
    xform: XformCall, bad_modules: None, arguments: list[str], code: int, says: str
) -> None:
    assert says in error_of_run(xform("run", *arguments, code=code))


def test_a_file_of_a_known_hash(xform: XformCall, modules: Path) -> None:
    digest = json_of(xform("inspect", "layer.vmfb", "--json"))["sha256"]
    assert hashlib.sha256((modules / "layer.vmfb").read_bytes()).hexdigest() == digest
    said = xform("run", "layer.vmfb", *P, *X, "--sha256", digest).stdout
    assert said == xform("run", "layer.vmfb", *P, *X).stdout


def test_an_output_that_cannot_be_written(
    xform: XformCall, modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    message = error_of_run(xform("run", "layer.vmfb", *P, *X, "-o", "y.npz", code=3))
    assert message == "'y.npz' cannot be written: permission denied"


def test_nothing_of_the_compiler_is_loaded(xform: XformCall, modules: Path) -> None:
    program = (
        "import sys\n"
        "from xform.cli.group import commands\n"
        "commands.main(['run', 'layer.vmfb', '-a', 'p=@p.npz', '-a', 'x=[1,2,3]'],"
        " standalone_mode=False)\n"
    )
    program = f"""
import atexit, sys
def report():
    print(*(m for m in ("xform._xform", "xform.frontend", "iree.compiler", "rich", "optree")
            if m in sys.modules), file=sys.stderr)
atexit.register(report)
{program}
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("y: float32[2]")
    assert ran.stderr.strip() == ""
