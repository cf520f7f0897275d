"""Several programs in one file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from .._xform import Diagnostic, Module
from ..errors import XformValueError
from ..files import checked_path, write_whole
from .lowered import Lowered, build_module
from .selftests import with_selftest
from .signatures import file_signature
from .targets import Target, as_target


def save_several(
    path: str | os.PathLike[str],
    entries: Mapping[str, Lowered],
    target: Target | str | None = None,
    *,
    selftest: bool = False,
) -> None:
    """Compiles several programs into one file; see `export`."""
    file = checked_path("export", path)
    module, programs = Module(), []
    chosen = next(iter(entries.values())).target if target is None else as_target(target)
    for name, lowered in entries.items():
        traced = lowered.baked()
        try:
            module.take(traced.program.module.bytecode(), traced.name, name)
        except Diagnostic as error:
            raise XformValueError(f"export: {error.message}") from None
        programs.append((traced, replace(file_signature(traced, chosen), name=name)))
    vmfb = build_module([(module, {})], Path(file).stem, chosen, programs).vmfb
    if selftest:
        for (traced, signature), lowered in zip(programs, entries.values(), strict=True):
            vmfb = with_selftest(
                vmfb,
                traced,
                lowered.original,
                True,
                lowered.plain_results,
                entry=signature.name,
            )
    write_whole(file, vmfb, durable=True)
