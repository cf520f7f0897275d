"""What notebooks show of programs: drawn when that is first asked for, and kept."""

from __future__ import annotations

import reprlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Final

from xform_runtime.cost import Cost
from xform_runtime.signature import SIGNATURE_KEY

from .._xform import Module
from ..tracing.program import TracedProgram
from ..units import count_text, seconds_text, size_text
from .backend import Marked
from .refusal import Refused
from .targets import Target

if TYPE_CHECKING:
    from ..explanation.machine_page import MachineCode
    from .lowered import Compiled

_MOST_TYPES: Final = 8


@dataclass(frozen=True)
class Shown:
    """A program as far as pictures of it need it.

    Args:
        bytecode: the traced module.
        name: of its entry.
        paths, parameters, hidden: of the arguments, as `as_arguments` has them.
        results: what people call them.
        target: what it is compiled for.
        passes: to linalg.
        donated: the arguments whose memory may hold results, as `Marked` has them.
    """

    bytecode: bytes
    name: str
    paths: tuple[str, ...]
    parameters: tuple[str, ...]
    hidden: int
    results: tuple[str, ...]
    target: Target
    passes: str
    donated: tuple[int, ...] | None

    @classmethod
    def of(cls, traced: TracedProgram, target: Target, passes: str, *, is_own: bool) -> Shown:
        """A traced program; `is_own` says whether it may become machine code of xform's own."""
        return cls(
            traced.program.module.bytecode(),
            traced.name,
            traced.inputs.paths,
            traced.inputs.parameters,
            len(traced.closed_over),
            traced.outputs.paths,
            target,
            passes,
            tuple(traced.inputs.donated) if is_own and traced.open is None else None,
        )

    @cached_property
    def dataflow(self) -> str:
        """What is computed from what, as HTML."""
        from ..explanation.dataflow import as_arguments
        from ..explanation.dataflow_page import dataflow_html

        arguments = as_arguments(self.paths, self.parameters, self.hidden)
        module = Module.parse(self.bytecode, self.name)
        # Pages with several programs have several of each part's anchors.
        prefix = f"xform-{zlib.crc32(self.bytecode):08x}"
        return dataflow_html(module, arguments, self.results, prefix)

    @cached_property
    def machine_code(self) -> str:
        """The loops of the machine code and its plan of memory, as HTML; empty if IREE makes it.

        The passes run once more for that, but not LLVM, which takes most of the time.
        """
        from ..explanation.machine_page import framed, said, sections

        try:
            code = self._code()
        except Refused as refused:
            reason = "; ".join(refused.diagnostics)
            return framed([said(f"The loops of the machine code cannot be shown: {reason}")])
        return "" if code is None else framed(sections(code))

    def _code(self) -> MachineCode | None:
        from ..explanation.explain import machine_code_of

        if self.donated is None:
            return None
        entry = Marked(self.name, SIGNATURE_KEY, "{}", self.donated)
        return machine_code_of(self.bytecode, self.target, self.passes, entry)


def head_html(title: str, facts: Sequence[str] = ()) -> str:
    """The line above the pictures, and what is said of a call."""
    more = f"<br>{escape(', '.join(facts))} a call" if facts else ""
    return f"<p><code>{escape(title)}</code>{more}</p>"


def jitted_html(
    title: str, rows: Sequence[tuple[Compiled, Shown, Sequence[tuple[str, Any]]]], last: object
) -> str:
    """What became of a jitted function.

    Args:
        title: what it is.
        rows: its programs, with the static arguments that each is for.
        last: the one that was called last.
    """
    if not rows:
        return (
            f"{head_html(title)}<p>Not called yet: nothing is compiled. A call compiles it for the "
            "shapes, dtypes and structure of its arguments, and is shown here then; "
            "<code>.lower(...)</code> traces it without a call.</p>"
        )
    if last not in [compiled for compiled, *_ in rows]:
        last = rows[-1][0]
    lines = "".join(
        f"<tr><td style='text-align: left'><code>{escape(_call_text(compiled, static))}</code></td>"
        f"<td>{escape(', '.join(compiled.costs()))}</td>"
        f"<td>{seconds_text(sum(astuple(compiled.timings)))}</td>"
        f"<td>{'called last' if compiled is last else ''}</td></tr>"
        for compiled, _, static in rows
    )
    head = "<tr><th>compiled for</th><th>a call</th><th>compiled in</th><th></th></tr>"
    shown = next(shown for compiled, shown, _ in rows if compiled is last)
    return f"{head_html(title)}<table>{head}{lines}</table>{shown.dataflow}{shown.machine_code}"


def _call_text(compiled: Compiled, static: Sequence[tuple[str, Any]]) -> str:
    values = ", ".join(f"{name}={reprlib.repr(value)}" for name, value in static)
    return f"{compiled.types}{values and ' with '}{values}"


def cost_texts(cost: Cost, memory: int | None) -> Iterator[str]:
    """What a call costs, for people; `memory` is in bytes, if that is known."""
    yield count_text(cost.flops, "flop")
    yield f"{size_text(cost.bytes)} moved"
    if memory is not None:
        yield f"{size_text(memory)} of memory"


def types_text(types: Sequence[object]) -> str:
    """The types of arguments or results; the first of them if they are many."""
    texts = [str(each) for each in types[:_MOST_TYPES]]
    if len(types) > _MOST_TYPES:
        texts.append(f"... {len(types) - _MOST_TYPES} more")
    return ", ".join(texts)


__all__ = ["Shown", "cost_texts", "head_html", "jitted_html", "types_text"]
