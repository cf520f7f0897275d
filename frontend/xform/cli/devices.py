"""`xform devices`: the devices of this machine."""

from __future__ import annotations

import contextlib
import platform
from typing import TYPE_CHECKING, Any, Final

from .command import Settings, define

if TYPE_CHECKING:
    from ..compiling.targets import Target

# The processors of a device that differ in what they can hold, of a Vulkan GPU by its driver.
_ARCHS: Final[dict[str, tuple[str | None, ...]]] = {
    "cpu": (None,),
    "vulkan": ("portable", "desktop"),
    "cuda": (None,),
}


@define("devices")
def command(settings: Settings) -> None:
    """List devices, what they hold, and why others cannot be used."""
    from xform_runtime.devices import DEVICE_NAMES

    out = settings.output
    with out.working("opening devices"):
        found = [device_data(name) for name in DEVICE_NAMES]
    if out.result({"devices": found}):
        return
    rows = [
        (
            str(device["name"]),
            "yes" if device["available"] else "no",
            "\n".join(device["hardware"]) if device["available"] else str(device["reason"]),
            _holds(device),
        )
        for device in found
    ]
    out.table(("device", "usable", "what", "holds"), rows)
    levels = found[0]["levels"]
    if levels:
        out.line(f"This CPU runs code for {', '.join(f'cpu:{level}' for level in levels)}.")


def device_data(name: str) -> dict[str, Any]:
    """A device as JSON data; it is opened."""
    from xform_runtime.devices import cores, hardware, why_not

    from ..compiling.targets import Target

    reason = why_not(name)
    data: dict[str, Any] = {
        "name": name,
        "available": reason is None,
        "reason": reason,
        "hardware": list(hardware(name)) if reason is None else [],
    }
    if name == "cpu":
        data["cores"] = cores()
        data["machine"] = platform.machine()
        data["levels"] = _levels()
    data["dtypes"] = {
        str(target): _dtypes(target) for target in (Target(name, arch) for arch in _ARCHS[name])
    }
    return data


def _levels() -> list[str]:
    """The levels of x86-64 that this machine's processor has."""
    from xform_runtime.cpu_features import missing_cpu_features

    from ..compiling.targets import X86_64_LEVELS

    if platform.machine() != "x86_64":
        return []
    return [level for level, needs in X86_64_LEVELS.items() if not missing_cpu_features(needs)]


def _dtypes(target: Target) -> list[str]:
    """The dtypes that programs for a target may have."""
    from xform_runtime.errors import XformTypeError

    from ..compiling.targets import check_dtypes
    from ..tracing.avals import DTYPE_NAMES

    found = []
    for name in DTYPE_NAMES:
        with contextlib.suppress(XformTypeError):
            check_dtypes([("", name)], target)
            found.append(name)
    return found


def _holds(device: dict[str, Any]) -> str:
    """The dtypes of a device's targets, in words."""
    from ..tracing.avals import DTYPE_NAMES

    said = []
    for target, dtypes in device["dtypes"].items():
        missing = [name for name in DTYPE_NAMES if name not in dtypes]
        every = f"all dtypes but {', '.join(missing)}" if missing else "all dtypes"
        said.append(every if len(device["dtypes"]) == 1 else f"{every} ({target})")
    return "; ".join(said)
