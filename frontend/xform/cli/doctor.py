"""`xform doctor`: what is installed, what works, and what to install."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from ..units import seconds_text, size_text
from .command import Settings, define
from .failures import ExitCode
from .output import Output
from .packages import version_of

if TYPE_CHECKING:
    from subprocess import CompletedProcess

# By the package, what it is for, and whether nothing works without it.
PACKAGES: Final = (
    ("xform", "the frontend and the compiler", True),
    ("xform-runtime", "loads and calls modules", True),
    ("numpy", "the language of programs", True),
    ("ml_dtypes", "bfloat16", True),
    ("optree", "pytrees", True),
    ("iree-base-compiler", "compiles for Vulkan and CUDA", True),
    ("iree-base-runtime", "runs modules", True),
    ("click", "the command line", True),
    ("rich", "the command line on a terminal", True),
    ("scipy", "sparse Jacobians", False),
)

_INSTALL: Final = (
    ("no Vulkan loader", "install libvulkan1 (Debian, Ubuntu) or your system's Vulkan loader"),
    ("no Vulkan driver", "install the GPU's driver, or mesa-vulkan-drivers (Debian, Ubuntu)"),
    ("no CUDA driver", "install NVIDIA's driver; the CUDA toolkit is not needed"),
    ("found no GPU", "look with nvidia-smi whether the driver sees the GPU"),
)
_LIMIT: Final = 120.0
_SAID: Final = 300

State = Literal["ok", "missing", "broken"]


@dataclass(frozen=True)
class Check:
    """What one check found.

    Args:
        group: what it belongs to: "packages", "compiler", "devices" or "settings".
        name: what was looked at.
        state: "missing" for what one can do without.
        found: what there is, or what is wrong.
        advice: what to do about it.
    """

    group: str
    name: str
    state: State
    found: str
    advice: str = ""


@define("doctor")
@click.pass_context
def command(context: click.Context, settings: Settings) -> None:
    """Say what is installed, what works, and what to install.

    A small program is compiled and run on each device. Ends with 1 if something is broken that
    programs need. A device that is not there is none of these.
    """
    out = settings.output
    checks: list[Check] = []
    for group, run in _GROUPS:
        if not out.is_json:
            out.line(f"{group}", "bold")
        with out.working(f"looking at {group}"):
            found = list(run())
        checks += found
        if not out.is_json:
            _show(out, found)
    broken = [check for check in checks if check.state == "broken"]
    out.result({"healthy": not broken, "checks": [asdict(check) for check in checks]})
    if not out.is_json:
        out.line()
        if broken:
            out.line(f"{len(broken)} broken: {', '.join(check.name for check in broken)}", "red")
        else:
            out.line("all that is needed works", "green")
    context.exit(ExitCode.FOUND_WANTING if broken else ExitCode.DONE)


def _show(out: Output, checks: list[Check]) -> None:
    width = max(len(check.name) for check in checks)
    colours = {"ok": "", "missing": "yellow", "broken": "red"}
    for check in checks:
        mark = {"ok": "ok", "missing": "--", "broken": "!!"}[check.state]
        out.line(f"  {mark}  {check.name:<{width}}  {check.found}", colours[check.state])
        if check.advice:
            out.line(f"{' ' * (width + 8)}-> {check.advice}")


def _packages() -> Iterator[Check]:
    import platform

    yield Check("packages", "Python", "ok", f"{platform.python_version()}, {sys.executable}")
    for name, use, is_needed in PACKAGES:
        version = version_of(name)
        if version is not None:
            yield Check("packages", name, "ok", version)
            continue
        folder = _source_folder(name.replace("-", "_"))
        if folder is not None:
            yield Check("packages", name, "ok", f"not installed, imported from {folder}")
            continue
        yield Check(
            "packages",
            name,
            "broken" if is_needed else "missing",
            f"not installed; for {use}",
            f"pip install {name}",
        )


def _source_folder(module: str) -> Path | None:
    """Where a package is imported from that was not installed as one."""
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent


def _compiler() -> Iterator[Check]:
    for extension, what in (("_xform", "passes"), ("_codegen", "machine code for CPUs")):
        spec = find_spec(f"xform.{extension}")
        name = f"xform.{extension}"
        if spec is None or spec.origin is None:
            yield Check(
                "compiler",
                name,
                "broken",
                f"not built; {what}",
                "build and install xform: make build",
            )
            continue
        size = Path(spec.origin).stat().st_size
        ran = _ran([sys.executable, "-c", f"import xform.{extension}"])
        if ran.returncode:
            yield Check("compiler", name, "broken", _last_line(ran.stderr), "make build")
        else:
            yield Check("compiler", name, "ok", f"{what}, {size_text(size)}")
    yield _cache_check()


def _cache_check() -> Check:
    from xform_runtime.errors import XformError

    from ..knobs import CACHE, CACHE_DIR

    try:
        directory, is_on = CACHE_DIR.get(), CACHE.get()
    except XformError as error:
        return Check("compiler", "cache", "broken", str(error))
    if not is_on:
        return Check("compiler", "cache", "missing", "turned off by XFORM_CACHE=0")
    there = next(folder for folder in (directory, *directory.parents) if folder.exists())
    if not os.access(there, os.W_OK | os.X_OK) or not there.is_dir():
        return Check(
            "compiler",
            "cache",
            "broken",
            f"{directory} cannot be written",
            "set XFORM_CACHE_DIR to a directory that can be, or XFORM_CACHE=0",
        )
    return Check("compiler", "cache", "ok", str(directory))


def _devices() -> Iterator[Check]:
    from xform_runtime.devices import DEVICE_NAMES

    for name in DEVICE_NAMES:
        yield device_check(name)


def device_check(name: str) -> Check:
    """Whether a program runs on a device; found out in another process."""
    import subprocess

    try:
        ran = _ran([sys.executable, "-m", "xform.cli.probe", name])
    except subprocess.TimeoutExpired:
        return Check("devices", name, "broken", f"no answer after {_LIMIT:.0f} seconds")
    try:
        data: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        how = f"signal {-ran.returncode}" if ran.returncode < 0 else f"exit code {ran.returncode}"
        said = _last_line(ran.stderr)
        return Check("devices", name, "broken", f"the process ended with {how}: {said}")
    if data["works"]:
        compiled, called = data["compile_seconds"], data["call_seconds"]
        return Check(
            "devices",
            name,
            "ok",
            f"compiled a gradient in {seconds_text(compiled)}, ran it in {seconds_text(called)}",
        )
    reason = str(data["reason"]).partition("; available:")[0].strip()
    reason = reason if len(reason) <= _SAID else f"{reason[:_SAID]}..."
    is_absent = "is not available" in reason and name != "cpu"
    advice = next((todo for mark, todo in _INSTALL if mark in reason), "")
    return Check("devices", name, "missing" if is_absent else "broken", reason, advice)


def _settings() -> Iterator[Check]:
    from xform_runtime.errors import XformError

    from ..knobs import KNOBS

    names = {knob.name for knob in KNOBS}
    defaults: list[str] = []
    for knob in KNOBS:
        try:
            knob.get()
        except XformError as error:
            yield Check("settings", knob.name, "broken", str(error), f"unset {knob.name}")
            continue
        given = os.environ.get(knob.name, "").strip()
        if given:
            yield Check("settings", knob.name, "ok", given)
            continue
        defaults.append(knob.name)
    if defaults:
        yield Check("settings", "not set", "ok", ", ".join(defaults))
    for name in sorted({*os.environ} - names):
        if name.startswith("XFORM_") and (meant := get_close_matches(name, names, n=1, cutoff=0.8)):
            advice = f"did you mean {meant[0]}?"
            yield Check("settings", name, "missing", "is set, and xform knows no such name", advice)


_GROUPS: Final = (
    ("packages", _packages),
    ("compiler", _compiler),
    ("devices", _devices),
    ("settings", _settings),
)


def _ran(command: list[str]) -> CompletedProcess[str]:
    import subprocess

    return subprocess.run(command, capture_output=True, text=True, timeout=_LIMIT, check=False)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:_SAID] if lines else "nothing was printed"
