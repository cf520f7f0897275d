"""What `XFORM_DUMP` keeps of each compilation: the program at every stage, and a script.

A program called `model` becomes `model-1a2b3c4d.1-xform.mlir`, `.2-expanded.mlir`,
`.3-linalg.mlir`, `.4-module.vmfb` and, to compile the third into the fourth again, `.sh`. The
number stands for the program, so that another one of that name has files of its own. A program
that becomes machine code here also has that as `.3-llvm.ll` and `.3-assembly.s`, and the host code
around it as `.3-vm.mlir`, which the script then compiles.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ..files import write_whole

_ENDINGS = {
    "xform": "1-xform.mlir",
    "expanded": "2-expanded.mlir",
    "linalg": "3-linalg.mlir",
    "llvm": "3-llvm.ll",
    "assembly": "3-assembly.s",
    "vm": "3-vm.mlir",
    "module": "4-module.vmfb",
    "script": "sh",
}

Stage = Literal["xform", "expanded", "linalg", "llvm", "assembly", "vm"]


class Stages:
    """The files of one program.

    Args:
        directory: where they are; made if it is not there.
        name: the program's name.
        text: what tells it from others of its name, its linalg text where it has one.
    """

    def __init__(self, directory: Path, name: str, text: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._stem = f"{file_name(name)}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    def path(self, stage: str) -> Path:
        """The file of a stage, or of the script."""
        return self._directory / f"{self._stem}.{_ENDINGS[stage]}"

    def write(self, stage: Stage, text: str) -> None:
        """Keeps the program at a stage."""
        write_whole(self.path(stage), text.encode())

    def write_module(self, vmfb: bytes) -> None:
        """Keeps the compiled program."""
        write_whole(self.path("module"), vmfb)

    def write_script(self, flags: Sequence[str], phase: str = "") -> None:
        """Keeps how IREE compiles the program, from its linalg text or what a phase begins with."""
        if phase:
            flags = [*flags, f"--compile-from={phase}"]
        source, module = self.path(phase or "linalg").name, self.path("module").name
        self.write_command(["iree-compile", *flags, source, "-o", module])

    def write_command(self, command: Sequence[str]) -> None:
        """Keeps a command that runs where the files are."""
        text = f'#!/bin/sh\ncd "$(dirname "$0")" && {shlex.join(command)}\n'
        write_whole(self.path("script"), text.encode(), mode=0o777)


def file_name(name: str) -> str:
    """A program's name as part of a file's.

    >>> file_name("my program/1")
    'my_program_1'
    """
    return re.sub(r"[^\w.-]", "_", name)[:80] or "program"
