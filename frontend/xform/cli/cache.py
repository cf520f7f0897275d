"""`xform cache`: the compile cache on disk."""

from __future__ import annotations

from typing import Any

import click

from ..units import size_text
from .command import Settings, define


@click.group("cache")
def command() -> None:
    """Look at the compile cache, or clear it.

    It keeps what was compiled, so that a program is compiled once per machine; XFORM_CACHE_DIR says
    where it is, XFORM_CACHE_LIMIT_MB how large it may become, and XFORM_CACHE=0 turns it off.
    """


@define("path")
def path(settings: Settings) -> None:
    """Print the directory of the cache."""
    from ..knobs import CACHE, CACHE_DIR

    directory = CACHE_DIR.get()
    if settings.output.result({"path": str(directory), "enabled": CACHE.get()}):
        return
    settings.output.line(str(directory))


@define("size")
def size(settings: Settings) -> None:
    """Say how much the cache holds."""
    cache = _cache()
    usage, limit = cache.usage(), cache.limit
    data = {
        "path": str(cache.directory),
        "entries": usage.entries,
        "bytes": usage.size,
        "limit_bytes": limit,
    }
    if settings.output.result(data):
        return
    settings.output.line(
        f"{usage.entries} program{'s' * (usage.entries != 1)}, {size_text(usage.size)} of "
        f"{size_text(limit)}, in {cache.directory}"
    )


@define("clear")
def clear(settings: Settings) -> None:
    """Remove all that the cache holds."""
    cache = _cache()
    removed = cache.clear()
    data = {"path": str(cache.directory), "entries": removed.entries, "bytes": removed.size}
    if settings.output.result(data):
        return
    settings.output.line(
        f"removed {removed.entries} program{'s' * (removed.entries != 1)}, "
        f"{size_text(removed.size)}, from {cache.directory}"
    )


def _cache() -> Any:
    from ..compiling.cache import CompileCache
    from ..knobs import CACHE_DIR, CACHE_LIMIT

    # Also where the cache is turned off: what it holds is there.
    return CompileCache(CACHE_DIR.get(), CACHE_LIMIT.get())


for _each in (path, size, clear):
    command.add_command(_each)
