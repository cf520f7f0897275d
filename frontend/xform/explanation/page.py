"""The report as a page of its own: pictures where people would rather look than read."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Final

from ..units import count_text, seconds_text, size_text
from .dataflow_page import parts_html
from .machine_page import MachineCode, bar, framed, said, sections
from .text import content_text, memory_text, runs_text, share_text, short_place

if TYPE_CHECKING:
    from .explanation import Explanation, Stage

_MOST_TEXT: Final = 200_000
_MOST_LINES: Final = 40
_MEANINGS: Final = {
    "traced": "Your function ran once with placeholders for arrays, and each operation on them was "
    "written down. What grad, vmap and others do is not written out yet.",
    "primitives": "Derivatives and batches are written out, and equal operations are one.",
    "linalg": "Each operation as loops over the elements of arrays, joined where that saves "
    "memory; which loops, and which place in memory, is still open.",
    "loops": "The loops in their order, over vectors of numbers, with a place in memory for every "
    "array, and cut into chunks where cores share them.",
    "llvm": "The same in the language of the compiler LLVM: blocks, jumps and registers.",
    "assembly": "The instructions of the processor, as LLVM writes them.",
    "module": "The file that is loaded and called, in the format of IREE's runtime.",
}
"""What the stages are."""


def page(it: Explanation) -> str:
    """The page; it needs nothing but itself."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(it.name)} explained</title>"
        "<style>html { color-scheme: light dark; } body { margin: 0; }</style></head><body>"
        f"{fragment(it)}</body></html>\n"
    )


def fragment(it: Explanation) -> str:
    """The page without its frame, as a notebook shows it."""
    return framed(_sections(it))


def _sections(it: Explanation) -> Iterator[str]:
    yield _head(it)
    yield "<h2>On its way to machine code</h2>"
    yield said(
        "Each form that the program had, how long it took to get there, and what stands in it. "
        "Open one for its passes and its text."
    )
    most = max(stage.seconds for stage in it.stages) or 1.0
    yield from (_stage(stage, stage.seconds / most) for stage in it.stages)
    yield "<h2>What is computed from what</h2>"
    yield said(
        "Your functions, each as it was traced, and after its transforms were replaced by what "
        "they stand for. Fold out what a function runs. Point at a box for its line and its cost."
    )
    # Notebooks show several programs on one page.
    yield parts_html(it.dataflow, f"xform-{zlib.crc32(it.stages[0].text.encode()):08x}")
    yield from _lines(it)
    yield from _sparse(it)
    code = _code(it)
    if code is not None:
        yield from sections(code)
    yield from _kernels(it)


def _head(it: Explanation) -> str:
    takes = "".join(f"<div><code>{escape(text)}</code></div>" for text in it.arguments)
    gives = "".join(f"<div><code>{escape(text)}</code></div>" for text in it.results)
    work = it.work
    intensity = f", {work.flops / work.bytes:.3g} flop a byte" if work.bytes else ""
    facts = [
        (
            count_text(work.flops, "flop"),
            f"computed in a call; {size_text(int(work.bytes))} moved{intensity} (estimates)",
        ),
        (size_text(it.memory.peak), f"of memory a call: {memory_text(it).partition(': ')[2]}"),
        (seconds_text(it.seconds), "to trace and compile, once"),
        (size_text(it.stages[-1].size), f"of compiled module: {runs_text(it)}"),
    ]
    cards = "".join(
        f'<div class="fact"><b>{escape(value)}</b><span>{escape(about)}</span></div>'
        for value, about in facts
    )
    return (
        f"<h1>{escape(it.name)}</h1>"
        f'<p class="said">compiled for {escape(it.target)} by {escape(it.compiler)}</p>'
        f'<div class="facts">{cards}</div>'
        f'<div class="facts"><div class="fact"><span>takes</span>{takes or "nothing"}</div>'
        f'<div class="fact"><span>gives</span>{gives or "nothing"}</div></div>'
    )


def _stage(stage: Stage, share: float) -> str:
    summary = (
        f'<summary><span class="title">{escape(stage.title)}</span>'
        f'<span class="time">{seconds_text(stage.seconds)}</span>'
        f'<span class="room">{bar(share)}</span>'
        f'<span class="ops">{escape(content_text(stage))}</span></summary>'
    )
    meaning = said(_MEANINGS[stage.name])
    return f'<details class="stage">{summary}{meaning}{_passes(stage)}{_text(stage)}</details>'


def _passes(stage: Stage) -> str:
    if not stage.passes:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(done.name)}</code></td>"
        f'<td class="number">{seconds_text(done.seconds)}</td>'
        f'<td class="number">{done.ops:,}</td></tr>'
        for done in stage.passes
    )
    return (
        '<div class="scroll"><table style="width: auto"><tr><th>pass</th><th>time</th>'
        f"<th>operations afterwards</th></tr>{rows}</table></div>"
    )


def _text(stage: Stage) -> str:
    if not stage.text:
        return ""
    shown, rest = stage.text[:_MOST_TEXT], stage.text[_MOST_TEXT:]
    note = ""
    if rest:
        note = said(
            f"{len(rest):,} characters more: explanation.stage({stage.name!r}).text has all."
        )
    return f"<pre>{escape(shown)}</pre>{note}"


def _lines(it: Explanation) -> Iterator[str]:
    if not it.lines:
        return
    code = _code(it)
    yield "<h2>Your lines, by what they cost</h2>"
    about = (
        "What is computed for each line of yours, derivatives and batches included. A share is "
        "that of the estimated time, in which a division counts as 4 additions and a sine as 20."
    )
    if any("while" in line.ops for line in it.lines):
        about += " A while loop counts as one turn."
    if code is not None:
        about += " The pictures below have the colours of the lines."
    yield said(about)
    total = sum(line.work.additions for line in it.lines) or 1.0
    rows = []
    for line in it.lines[:_MOST_LINES]:
        share = line.work.additions / total
        ops = ", ".join(f"{count} {name}" for name, count in line.ops.items())
        colour = "" if code is None else code.colours.of(line.place)
        rows.append(
            f'<tr><td><span class="room">{bar(share, colour)}</span></td>'
            f'<td class="number">{share_text(share)}</td>'
            f'<td class="number">{count_text(line.work.flops, "flop")}</td>'
            f"<td><code>{escape(line.source or str(line.place))}</code>"
            f'<br><span class="where" style="margin: 0">{escape(short_place(line.place))}'
            f" &middot; {escape(ops)}</span></td></tr>"
        )
    yield (
        '<div class="scroll"><table><tr><th></th><th>share</th><th>work</th><th>line</th></tr>'
        f"{''.join(rows)}</table></div>"
    )
    if len(it.lines) > _MOST_LINES:
        yield said(f"{len(it.lines) - _MOST_LINES} more lines cost less.")


def _sparse(it: Explanation) -> Iterator[str]:
    if not it.pictures:
        return
    yield "<h2>Sparse Jacobians</h2>"
    yield said(
        "Which elements of the output, downwards, depend on which of the input, to the right. What "
        "has one colour is computed by one product; the strip along the edge has the colours of "
        "the columns or rows."
    )
    for picture in it.pictures:
        yield f'<p>{escape(str(picture))}</p><div class="scroll">{picture.svg()}</div>'


def _code(it: Explanation) -> MachineCode | None:
    return None if it.loops is None else MachineCode(it.lines, it.loops, it.plan)


def _kernels(it: Explanation) -> Iterator[str]:
    if not it.kernels:
        return
    yield "<h2>Kernels</h2>"
    yield said(
        f"What IREE made of the program: {len(it.kernels)} kernels, of which a call runs "
        f"{it.dispatches} one after the other, where each stands once."
    )
    rows = "".join(f"<li><code>{escape(name)}</code></li>" for name in it.kernels)
    yield f"<ol>{rows}</ol>"
