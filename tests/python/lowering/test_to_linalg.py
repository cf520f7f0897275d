"""What the lowering to linalg makes of several operations, compiled by IREE and run, against NumPy.

Single primitives are tested by their table; here are views that loops read through, contractions in
all their forms, conversions of any number, and scans. All programs are functions of one module,
which is lowered and compiled once.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from iree import runtime
from linalg_cases import contractions, conversions, loops, reductions, views
from linalg_cases.case import Array, Case
from xform.compiling.forms import compile_module

CASES = [
    case
    for family in (conversions, views, reductions, contractions, loops)
    for case in family.CASES
]


def xform_opt() -> str:
    """Path of the compiler's command line tool."""
    return os.environ.get("XFORM_OPT", str(Path(sys.executable).parent / "xform-opt"))


def signless(array: Array) -> Array:
    """An array of unsigned numbers as the signed one with the same bits."""
    return array.view(f"i{array.itemsize}") if array.dtype.kind == "u" else array


@pytest.fixture(scope="module")
def program() -> Callable[[Case], list[Array]]:
    """Function that runs a case in the module of all of them."""
    text = "".join(case.text() for case in CASES)
    lowered = subprocess.run(
        [xform_opt(), "--xform-lower-loops", "--xform-to-linalg", "--xform-expand-math"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert lowered.returncode == 0, lowered.stderr
    binary = compile_module(lowered.stdout, "cpu", name="cases")
    config = runtime.Config("local-sync")
    module = runtime.load_vm_module(
        runtime.VmModule.copy_buffer(config.vm_instance, binary), config
    )

    def run(case: Case) -> list[Array]:
        results = module[case.name](*[np.array(signless(a), order="C") for a in case.args])
        several = results if isinstance(results, (list, tuple)) else [results]
        hosts = [np.array(result.to_host()) for result in several]
        return [
            host.astype(np.bool_) if want.dtype == np.bool_ else host.view(want.dtype)
            for host, want in zip(hosts, case.wants, strict=True)
        ]

    return run


def assert_near(got: Array, want: Array, ulps: float) -> None:
    """Equal shapes, types, NaNs and signs of zeros, numbers up to some units in the last place."""
    assert got.shape == want.shape
    assert got.dtype == want.dtype
    if want.dtype.kind != "f" or ulps == 0:
        np.testing.assert_array_equal(got, want)
    else:
        spacing = np.spacing(np.abs(np.where(np.isfinite(want), want, 1)))
        exact = (got == want) | (np.isnan(got) & np.isnan(want))
        with np.errstate(invalid="ignore"):
            error = np.where(exact, 0, np.abs(got.astype(np.float64) - want) / spacing)
        assert np.all(error <= ulps), f"{np.max(error)} ulps: got {got}, want {want}"
    if want.dtype.kind == "f" and ulps == 0:
        numbers = ~np.isnan(want)
        np.testing.assert_array_equal(np.signbit(got[numbers]), np.signbit(want[numbers]))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_runs_as_numpy(case: Case, program: Callable[[Case], list[Array]]) -> None:
    for got, want in zip(program(case), case.wants, strict=True):
        assert_near(got, want, case.ulps)
