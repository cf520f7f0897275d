"""What became of a function on its way to a module, as data."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xform_runtime.memory import Memory

from ..errors import XformIndexError
from ..files import checked_path, write_whole
from ..tracing.traces import Picture
from .data import data_of
from .expansions import Part
from .lines import Line
from .loops import Nest
from .memory import Plan
from .page import fragment, page
from .structure import Work
from .text import text_of


@dataclass(frozen=True)
class PassTime:
    """A pass, how long it took, and how many operations there were afterwards."""

    name: str
    seconds: float
    ops: int


@dataclass(frozen=True)
class Stage:
    """A form that the program has on its way.

    Attributes:
        name: "traced", "primitives", "linalg", "loops", "llvm", "assembly" or "module".
        title: what it is, in a few words.
        seconds: how long it took to get there from the one before.
        ops: how often each operation stands in it, where it has operations.
        passes: those that led there.
        text: the program in that form; empty where it has no text.
        size: its bytes, where it is not text.
    """

    name: str
    title: str
    seconds: float
    ops: dict[str, int]
    passes: tuple[PassTime, ...] = ()
    text: str = ""
    size: int = 0


@dataclass(frozen=True)
class Explanation:
    """What a compiler made of a function: printed, and in notebooks, a report.

    Attributes:
        name: of the entry point.
        target: what it was compiled for.
        compiler: who made the machine code, "xform" or "IREE".
        arguments: the arrays that it takes, such as "x: float32[64, 16]".
        results: the arrays that it gives.
        stages: in their order.
        work: an estimate of what a call computes and moves.
        memory: the bytes that a call takes; where IREE made the machine code, by its estimate, in
            which a loop has one turn.
        lines: the user's lines, the costliest first.
        loops: those of the machine code; None where IREE made it.
        plan: of the memory between arguments and results; None where there is none, or IREE's.
        kernels: what a call runs on the device, by name, each as often as it stands in the program.
        dataflow: the traced functions, each before and after its transforms.
        pictures: of sparse Jacobians: their entries, in the colours of what is computed together.
    """

    name: str
    target: str
    compiler: str
    arguments: tuple[str, ...]
    results: tuple[str, ...]
    stages: tuple[Stage, ...]
    work: Work
    memory: Memory
    lines: tuple[Line, ...]
    loops: Nest | None
    plan: Plan | None
    kernels: tuple[str, ...]
    dispatches: int
    dataflow: Part
    pictures: tuple[Picture, ...] = ()

    @property
    def seconds(self) -> float:
        """How long all stages took."""
        return sum(stage.seconds for stage in self.stages)

    def stage(self, name: str) -> Stage:
        """The stage of a name.

        Raises:
            XformIndexError: the program did not have that form.
        """
        for stage in self.stages:
            if stage.name == name:
                return stage
        had = ", ".join(stage.name for stage in self.stages)
        raise XformIndexError(f"explain: no stage {name!r}; there are {had}")

    def html(self) -> str:
        """The report as a page of its own, with pictures; it needs no network."""
        return page(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the page into a file.

        Raises:
            OSError: the file cannot be written, or is a directory, FIFO or device.
        """
        write_whole(checked_path("save", path), self.html().encode())

    def data(self) -> dict[str, Any]:
        """The numbers of the report, as JSON has them."""
        return data_of(self)

    def __str__(self) -> str:
        return text_of(self)

    def _repr_html_(self) -> str:
        return fragment(self)


def pass_times(passes: Sequence[Any]) -> tuple[PassTime, ...]:
    """The times of passes that were watched."""
    return tuple(PassTime(done.name, done.seconds, sum(done.ops.values())) for done in passes)
