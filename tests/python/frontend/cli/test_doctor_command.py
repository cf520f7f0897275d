"""`xform doctor` and `xform devices`: what works here, and what does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from command_line import XformCall, json_of
from xform.cli import doctor
from xform.cli.doctor import Check, device_check
from xform.cli.probe import probe


def of_the_command(*arguments: str, **variables: str) -> Any:
    """What a command writes as JSON in a process of its own, where it may open devices."""
    ran = subprocess.run(
        [sys.executable, "-m", "xform", *arguments, "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "", **variables},
    )
    return ran.returncode, json.loads(ran.stdout)


@pytest.mark.vulkan
def test_devices() -> None:
    missing = {"VK_ICD_FILENAMES": "/none.json", "VK_DRIVER_FILES": "/none.json"}
    code, data = of_the_command("devices", **missing)
    assert code == 0
    cpu, vulkan, cuda = data["devices"]
    assert cpu["available"]
    assert cpu["hardware"]
    assert cpu["cores"] >= 1
    assert "float64" in cpu["dtypes"]["cpu:host"]
    assert cpu["levels"][:1] == (["x86-64"] if cpu["machine"] == "x86_64" else [])
    assert "float64" not in vulkan["dtypes"]["vulkan:portable"]
    assert "float64" in vulkan["dtypes"]["vulkan:desktop"]
    assert not vulkan["available"]
    assert vulkan["reason"] == "no Vulkan driver (ICD) was found"
    assert not cuda["available"]
    assert cuda["reason"]


def test_a_probe_compiles_and_runs() -> None:
    data = probe("cpu")
    assert data["works"], data["reason"]
    assert data["compile_seconds"] > 0


def test_a_device_that_works() -> None:
    check = device_check("cpu")
    assert check.state == "ok", check
    assert "compiled a gradient in " in check.found


@pytest.mark.parametrize(
    ("printed", "code", "state", "found", "advice"),
    [
        (
            '{"works": false, "reason": "device \'vulkan\' is not available: no Vulkan loader '
            "(libvulkan.so.1) was found; available: 'cpu'\"}",
            0,
            "missing",
            "device 'vulkan' is not available: no Vulkan loader (libvulkan.so.1) was found",
            "install libvulkan1",
        ),
        ('{"works": false, "reason": "the gradient is 3"}', 0, "broken", "the gradient is 3", ""),
        ("", -11, "broken", "the process ended with signal 11: last words", ""),
        ("no JSON", 1, "broken", "the process ended with exit code 1: last words", ""),
    ],
)
def test_a_device_that_does_not(
    monkeypatch: pytest.MonkeyPatch,
    printed: str,
    code: int,
    state: str,
    found: str,
    advice: str,
) -> None:
    def ran(command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, code, printed, "words\nlast words\n")

    monkeypatch.setattr(doctor, "_ran", ran)
    check = device_check("vulkan")
    assert (check.state, check.found) == (state, found)
    assert check.advice.startswith(advice)


def test_a_device_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(command: list[str]) -> None:
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(doctor, "_ran", hangs)
    assert device_check("vulkan").found == "no answer after 120 seconds"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The groups without what starts processes."""
    groups = [group for group in doctor._GROUPS if group[0] in ("packages", "settings")]
    monkeypatch.setattr(doctor, "_GROUPS", groups)


def test_what_is_installed_and_set(
    xform: XformCall, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XFORM_COMPILER", "iree")
    monkeypatch.setenv("XFORM_CACHE_DIRR", "x")
    data = json_of(xform("doctor", "--json"))
    assert data["healthy"]
    checks = {check["name"]: check for check in data["checks"]}
    assert checks["numpy"]["state"] == checks["click"]["state"] == "ok"
    assert checks["XFORM_COMPILER"]["found"] == "iree"
    assert checks["XFORM_CACHE_DIRR"]["advice"] == "did you mean XFORM_CACHE_DIR?"
    assert "all that is needed works" in xform("doctor").stdout


def test_what_is_broken_is_an_exit_code(
    xform: XformCall, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XFORM_CACHE", "perhaps")
    said = xform("doctor", code=1).stdout
    assert "!!  XFORM_CACHE" in said
    assert "expected 0 or 1" in said
    assert "-> unset XFORM_CACHE" in said
    assert said.endswith("1 broken: XFORM_CACHE\n")
    assert not json_of(xform("doctor", "--json", code=1))["healthy"]


def test_a_package_that_is_missing(
    xform: XformCall, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = (("no-such-package", "tests", True), ("nor-such", "nothing", False))
    monkeypatch.setattr(doctor, "PACKAGES", packages)
    checks = {
        check["name"]: check for check in json_of(xform("doctor", "--json", code=1))["checks"]
    }
    assert checks["no-such-package"]["state"] == "broken"
    assert checks["no-such-package"]["advice"] == "pip install no-such-package"
    assert checks["nor-such"]["state"] == "missing"


def test_the_compiler_s_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    def ran(command: list[str]) -> subprocess.CompletedProcess[str]:
        code = 1 if "_codegen" in command[-1] else 0
        return subprocess.CompletedProcess(command, code, "", "ImportError: undefined symbol\n")

    monkeypatch.setattr(doctor, "_ran", ran)
    found: Iterator[Check] = doctor._compiler()
    states = {check.name: (check.state, check.found) for check in found}
    assert states["xform._xform"][0] == states["cache"][0] == "ok"
    assert states["xform._codegen"] == ("broken", "ImportError: undefined symbol")


def test_a_cache_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    check = doctor._cache_check()
    assert check.state == "broken"
    assert "XFORM_CACHE_DIR" in check.advice
    monkeypatch.setenv("XFORM_CACHE", "0")
    assert doctor._cache_check().found == "turned off by XFORM_CACHE=0"
