"""What this machine's processor is and can do, as far as the system tells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache


@cache
def cpu_features() -> frozenset[str] | None:
    """The names under "flags" in /proc/cpuinfo, or None where there is no such file."""
    found = _cpuinfo("flags", "Features")
    return None if found is None else frozenset(found.split())


def cpu_model() -> str:
    """What the processor is called.

    >>> cpu_model() != ""
    True
    """
    import platform

    return _cpuinfo("model name") or platform.processor() or platform.machine() or "unknown"


def _cpuinfo(*keys: str) -> str | None:
    """The first value under one of some keys in /proc/cpuinfo."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return None
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in keys:
            return value.strip()
    return None


def missing_cpu_features(required: Sequence[str]) -> list[str]:
    """The features of `required` that this machine lacks; none where they cannot be known."""
    present = cpu_features()
    if present is None:
        return []
    return [name for name in required if name not in present]
