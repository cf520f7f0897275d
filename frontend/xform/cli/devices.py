"""`xform devices`: the devices of this machine."""

from __future__ import annotations

from typing import Any

from .command import Settings, define


@define("devices")
def command(settings: Settings) -> None:
    """List the devices of this machine, and why others cannot be used."""
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
        )
        for device in found
    ]
    out.table(("device", "usable", "what"), rows)


def device_data(name: str) -> dict[str, Any]:
    """A device as JSON data; it is opened."""
    from xform_runtime.devices import cores, hardware, why_not

    reason = why_not(name)
    data: dict[str, Any] = {
        "name": name,
        "available": reason is None,
        "reason": reason,
        "hardware": list(hardware(name)) if reason is None else [],
    }
    if name == "cpu":
        data["cores"] = cores()
    return data
