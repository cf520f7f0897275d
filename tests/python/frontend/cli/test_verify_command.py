"""`xform verify`: what a check of a function of the command line says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import XformCall, json_of

MISTAKEN = """
import numpy as np
from xform.frontend import custom_jvp


@custom_jvp
def cube(x):
    return x**3


@cube.defjvp
def cube_rule(primals, tangents):
    return cube(*primals), 2 * primals[0] ** 2 * tangents[0]


def root(x):
    return np.sqrt(x).sum()


def of_named(x, *, by):
    return np.sin(x) * by
"""


@pytest.fixture(autouse=True)
def mistaken(folder: Path) -> None:
    (folder / "mistaken.py").write_text(MISTAKEN)


def test_passes(xform: XformCall) -> None:
    made = xform("verify", "model.py:loss", "-a", "w=f32[3]", "-a", "f64[2,3]", "--check", "jit")
    first, second = made.stdout.splitlines()
    assert first.startswith("verify loss: 1 check passed, ")
    assert second.split()[:2] == ["jit", "passed"]


def test_fails(xform: XformCall) -> None:
    arguments = ("mistaken.py:cube", "-a", "x=f64[2]", "--check", "derivatives")
    made = xform("verify", *arguments, code=1)
    assert "a factor of 2/3 too much: rule of custom function `cube`?" in made.stdout
    assert made.stderr == ""
    data = json_of(xform("verify", *arguments, "--json", code=1))
    assert (data["function"], data["ok"]) == ("cube", False)
    (check,) = data["checks"]
    assert (check["name"], check["status"]) == ("derivatives", "failed")
    assert check["findings"][0].startswith("the jvp of output[")


def test_arguments_are_arrays_of_files(xform: XformCall, folder: Path) -> None:
    """Here the derivative is infinite; what is drawn is elsewhere."""
    np.save(folder / "zeros.npy", np.zeros(2))
    made = xform("verify", "mistaken.py:root", "-a", "@zeros.npy", "--check", "finite", code=1)
    assert "x[0]" in made.stdout


def test_keywords_and_seeds(xform: XformCall) -> None:
    arguments = ("mistaken.py:of_named", "-a", "by=f64[2]", "-a", "x=f64[2]")
    data = json_of(xform("verify", *arguments, "--check", "transpose", "--seed", "3", "--json"))
    assert data["ok"]
    second = json_of(xform("verify", *arguments, "--second-order", "--json"))
    assert "second_order" in [check["name"] for check in second["checks"]]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["-a", "f32[3]"], 2, "no type was given for 'x'"),
        (["-a", "f32[3]", "-a", "f32"], 2, "a scalar is f32[]"),
        (["-a", "f32[3]", "-a", "@no.npy"], 3, "there is no file 'no.npy'"),
        (["--check", "derivative"], 2, "did you mean 'derivatives'?"),
        (["-a", "f32[3]", "-a", "f32[2,4]", "--check", "jit"], 4, "do not fit"),
    ],
)
def test_mistakes(xform: XformCall, arguments: list[str], code: int, message: str) -> None:
    made = xform("verify", "model.py:loss", *arguments, code=code)
    assert made.stdout == ""
    assert "Traceback" not in made.stderr
    assert message in made.stderr
