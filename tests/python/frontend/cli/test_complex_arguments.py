"""Complex numbers on the command line: types, literals, files, results, and wrong ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import XformCall, error_of_run, json_of
from xform.cli.drawn import drawn
from xform.cli.dtypes import dtype_name, parse_type

WAVES = """
import numpy as np


def turned(z, s=1j):
    \"\"\"A turned wave, and its power.\"\"\"
    return z * s, np.sum(np.abs(z) ** 2)
"""
Z = ("--arg", "z=[1+2j, 3, -4j]")
S = ("--arg", "s=2j")


@pytest.fixture(scope="module")
def waves(folder: Path) -> Path:
    (folder / "waves.py").write_text(WAVES)
    np.save(folder / "z.npy", np.array([1 + 2j, 3, -4j]))
    np.save(folder / "x.npy", np.array([1.0, 2.0, 3.0]))
    return folder


def test_types() -> None:
    assert dtype_name("c64") == dtype_name("complex64") == "complex64"
    assert parse_type("c128[4, batch]", "z") == ("complex128", (4, "batch"))


def test_drawn_numbers() -> None:
    z = drawn("complex64", (50, 20), (1, 2))
    assert (z.shape, z.dtype) == ((50, 20), np.complex64)
    assert abs(z.real.std() - 1) < 0.1
    assert abs(z.imag.std() - 1) < 0.1
    assert abs((z.real * z.imag).mean()) < 0.1
    assert drawn("complex128", (), (0,)).shape == ()


def test_from_a_function_to_results(xform: XformCall, waves: Path) -> None:
    arguments = ("-a", "z=c64[3]", "-a", "s=complex128[]")
    said = xform("compile", "waves.py:turned", *arguments, "-o", "w.vmfb", "--selftest").stdout
    assert said.splitlines()[0] == (
        "turned(z: complex64[3], s: complex128[]) -> (complex128[3], float32[])"
    )
    said = xform("run", "w.vmfb", *Z, *S).stdout
    assert said == ("0: complex128[3]\n[-4.+2.j,  0.+6.j,  8.-0.j]\n1: float32[] = 30.0\n"), said
    data = json_of(xform("run", "w.vmfb", *Z, "-a", "s=nan", "--json"))["results"]
    assert data[0]["value"][1] == ["NaN", "NaN"]
    assert (data[0]["dtype"], data[1]["value"]) == ("complex128", 30)
    data = json_of(xform("run", "w.vmfb", *Z, *S, "--json"))["results"]
    assert data[0]["value"] == [[-4, 2], [0, 6], [8, 0]]
    xform("run", "w.vmfb", "-a", "z=@z.npy", "--cast", *S, "-o", "out.npz")
    with np.load("out.npz") as archive:
        np.testing.assert_array_equal(archive["0"], np.load("z.npy") * 2j)
    said = xform("run", "w.vmfb", "-a", "z=@x.npy", "--cast", "-a", "s=2").stdout
    assert "[2.+0.j, 4.+0.j, 6.+0.j]" in said
    assert "passed, 4 results of 2 test vectors" in xform("run", "w.vmfb", "--selftest").stdout
    said = xform("inspect", "w.vmfb").stdout
    assert "takes z       complex64[3], 24 B" in said
    assert "gives 0       complex128[3], 48 B" in said
    assert "2 drawn with seed 0" in xform("bench", "w.vmfb", "--seconds", "0.01").stdout


@pytest.mark.parametrize(
    ("said", "arguments"),
    [
        ("z: @z.npy has dtype complex128, expected complex64[3]", ("-a", "z=@z.npy", *S)),
        ("z: [1, 2] has shape [2], expected complex64[3]", ("-a", "z=[1, 2]", *S)),
        ("s: '1+j' is no value: expected a number such as 2.5 or 1+2j", (*Z, "-a", "s=1+j")),
        ("no value was given for s (complex128[])", Z),
    ],
)
def test_wrong_values(xform: XformCall, waves: Path, said: str, arguments: tuple[str, ...]) -> None:
    if not (waves / "w.vmfb").exists():
        types = ("-a", "z=c64[3]", "-a", "s=c128[]")
        xform("compile", "waves.py:turned", *types, "-o", "w.vmfb")
    assert said in error_of_run(xform("run", "w.vmfb", *arguments, code=2))


def test_complex_values_are_not_real_ones(xform: XformCall, modules: Path) -> None:
    said = error_of_run(xform("run", "layer.vmfb", "-a", "p=@p.npz", "-a", "x=[1, 2j, 3]", code=2))
    assert "x: [1, 2j, 3] has complex numbers, expected float32[3]" in said


def test_verify_and_explain(xform: XformCall, waves: Path) -> None:
    said = xform("verify", "waves.py:turned", "-a", "z=c128[3]", "--check", "derivatives").stdout
    assert "derivatives  passed" in said
    said = xform("explain", "waves.py:turned", "-a", "z=@z.npy").stdout
    assert "takes     z: complex128[3]" in said
