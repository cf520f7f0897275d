"""Which instruction sets this machine has, as far as the system tells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path


@cache
def cpu_features() -> frozenset[str] | None:
    """The names under "flags" in /proc/cpuinfo, or None where there is no such file."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("flags", "Features"):
            return frozenset(value.split())
    return None


def missing_cpu_features(required: Sequence[str]) -> list[str]:
    """The features of `required` that this machine lacks; none where they cannot be known."""
    present = cpu_features()
    if present is None:
        return []
    return [name for name in required if name not in present]
