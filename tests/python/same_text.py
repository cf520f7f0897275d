"""Some programs are lowered by xform-opt as well, which has to give the text that Python gives.

Which ones is chosen anew in each run; XFORM_TEST_SHARE=1 takes them all.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from xform._xform import Module
from xform.compiling import backend, build

# The one that is installed, unless another is asked for.
XFORM_OPT = os.environ.get("XFORM_OPT", str(Path(sys.executable).parent / "xform-opt"))

_SHARE = float(os.environ.get("XFORM_TEST_SHARE", "0.01"))
_random = random.Random()
_in_worker = build._in_worker


def patch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lowers some programs twice from now on."""
    monkeypatch.setattr(build, "_in_worker", _lower_twice)


def _lower_twice(module: Module, name: str, job: Callable[..., Any], *arguments: Any) -> Any:
    made = _in_worker(module, name, job, *arguments)
    if job is backend.lower and _random.random() < _SHARE:
        compare(module, made, *arguments)
    return made


def compare(
    module: Module,
    made: backend.Linalg,
    passes: str,
    name: str,
    entries: Sequence[backend.Marked],
    *_: Any,
) -> None:
    """Compares what a worker made of a traced program with what xform-opt does."""
    copy = module.clone()
    reflections = Module.parse(made.text).reflections()
    for marked in entries:
        entry = copy.lookup(marked.name)
        entry.set_reflection(reflections[marked.name])
        if marked.donated is not None:
            entry.set_donated(marked.donated)
    pipeline, _, options = passes.partition("{")
    ran = subprocess.run(
        [XFORM_OPT, f"--{pipeline}={options.removesuffix('}')}"],
        input=copy.text(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == made.text.strip(), f"xform-opt and Python differ: {name}"
