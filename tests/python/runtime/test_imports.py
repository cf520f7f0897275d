"""What the runtime loads: little besides NumPy, so that programs that only call start at once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import xform.runtime
import xform_runtime

# What is imported beside NumPy, the modules of the runtime, and IREE's native one. All is small;
# what is not, such as zipfile or concurrent.futures, is imported where it is used.
SMALL = {
    "__future__", "_json", "atexit", "copy", "dataclasses", "errno", "json", "json.decoder",
    "json.encoder", "json.scanner", "threading", "zlib",
}  # fmt: skip
IREE = {
    "iree", "iree._runtime", "iree._runtime.libs", "iree._runtime_libs",
    "iree._runtime_libs._runtime",
}  # fmt: skip


def loaded_by(program: str) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ran.stdout.split())


def test_importing_loads_little() -> None:
    found = loaded_by("import xform_runtime") - loaded_by("import numpy")
    own = {name for name in found if name.split(".")[0] == "xform_runtime"}
    assert "xform_runtime.module" in own
    assert found - own - IREE - SMALL == set()
    later = ("selftest", "selftest_report", "stopping", "memory", "contents", "cost")
    assert own.isdisjoint(f"xform_runtime.{name}" for name in later)


def test_a_call_does_not_load_iree_s_package(add_file: os.PathLike[str]) -> None:
    found = loaded_by(
        "import numpy, xform_runtime\n"
        f"xform_runtime.load({os.fspath(add_file)!r})(*2 * [numpy.ones(4, numpy.float32)])"
    )
    assert found.isdisjoint({"iree.runtime", "ml_dtypes", "xform", "concurrent.futures"})


def test_names_that_are_imported_late() -> None:
    assert "ResultCheck" in dir(xform_runtime)
    for name in xform_runtime.__all__:
        assert getattr(xform_runtime, name).__module__.startswith("xform_runtime.")
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        xform_runtime.laod  # noqa: B018


def test_one_package_under_two_names() -> None:
    assert xform.runtime is xform_runtime
    assert "numpy" not in loaded_by("import xform")


def test_iree_s_settings_are_heard() -> None:
    program = "from xform_runtime.devices import get_device; get_device('cpu')"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "IREE_PY_RUNTIME_FLAGS": "--no_such_flag"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1
    assert "IREE_PY_RUNTIME_FLAGS" in ran.stderr
