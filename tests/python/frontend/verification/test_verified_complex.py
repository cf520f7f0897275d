"""Functions of complex arrays: what is verified of their parts, and which mistakes are found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xform.frontend import custom_jvp, custom_vjp, verify
from xform.verification.parts import Parts, by_parts

RNG = np.random.default_rng(0)
Z = RNG.normal(size=3) + 1j * RNG.normal(size=3)


def test_a_function_of_parts() -> None:
    function, args = by_parts(lambda z, n: {"z": z * n, "size": abs(z), "n": n}, (Z, 2))
    assert isinstance(args[0], Parts)
    assert args[1] == 2
    found = function(*args)
    np.testing.assert_array_equal(found["z"].imag, (Z * 2).imag)
    assert found["n"] == 2
    assert function(Parts(1.0, 2.0), 1j)["z"] == Parts(-2.0, 1.0)


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (lambda z, s: np.exp(z * s) + np.conj(z), (Z, 1 + 2j)),
        (lambda z, x: {"a": z * x, "n": abs(z)}, (Z.astype("complex64"), np.ones(3, "float32"))),
        (lambda x: x * (1 - 2j), (np.ones(3),)),
    ],
    ids=["a number", "single", "real to complex"],
)
def test_right_ones_pass(function: Any, args: tuple[Any, ...]) -> None:
    report = verify(function, *args)
    report.raise_if_failed()
    passed = {check.name for check in report.checks if check.status == "passed"}
    assert {"jit", "derivatives", "linearity", "transpose", "vmap", "float32"} <= passed


def test_the_other_convention_is_found() -> None:
    """A cotangent that lacks a conjugate."""
    square = custom_vjp(lambda z: z * z)
    square.defvjp(lambda z: (z * z, z), lambda z, ct: (2 * z * ct,))
    report = verify(square, Z, checks=["derivatives"])
    assert not report.ok
    assert any("z.imag[" in str(finding) for finding in report["derivatives"].findings)
    right = custom_vjp(lambda z: z * z)
    right.defvjp(lambda z: (z * z, z), lambda z, ct: (2 * np.conj(z) * ct,))
    assert verify(right, Z, checks=["derivatives"]).ok


def test_a_conjugate_too_many_is_found() -> None:
    @custom_jvp
    def cube(z: Any) -> Any:
        return z**3

    cube.defjvp(lambda p, t: (cube(*p), 3 * np.conj(p[0]) ** 2 * t[0]))
    (finding, *_) = verify(cube, Z, checks=["derivatives"])["derivatives"].findings
    assert "the jvp of output." in str(finding)
    assert "rule of custom function `cube`" in str(finding)
