"""The report as a page of its own: pictures where people would rather look than read."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Final

from ..units import count_text, seconds_text, size_text
from .dataflow_page import parts_html
from .loops import Nest
from .plan_picture import line_text, plan_svg
from .style import STYLE
from .text import content_text, memory_text, runs_text, share_text, short_place

if TYPE_CHECKING:
    from .explanation import Explanation, Stage

_MOST_TEXT: Final = 200_000
_MOST_LINES: Final = 40
_LEAST_SHARE: Final = 0.005
_OPEN_SHARE: Final = 0.05


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
    return f'<style>{STYLE}</style><div class="xform-explanation">{"".join(_sections(it))}</div>'


def _sections(it: Explanation) -> Iterator[str]:
    yield _head(it)
    yield "<h2>On its way to machine code</h2>"
    yield _said(
        "Each form that the program had, how long it took to get there, and what stands in it. "
        "Open one for its passes and its text."
    )
    most = max(stage.seconds for stage in it.stages) or 1.0
    yield from (_stage(stage, stage.seconds / most) for stage in it.stages)
    yield "<h2>What is computed from what</h2>"
    yield _said(
        "Your functions, each as it was traced, and after its transforms were replaced by what "
        "they stand for. Fold out what a function runs. Point at a box for its line and its cost."
    )
    yield parts_html(it.dataflow)
    yield from _lines(it)
    yield from _sparse(it)
    yield from _loops(it)
    yield from _kernels(it)
    yield from _memory(it)


def _said(text: str) -> str:
    return f'<p class="said">{escape(text)}</p>'


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
        (size_text(it.memory.peak), memory_text(it)),
        (seconds_text(it.seconds), "to trace and compile"),
        (size_text(it.stages[-1].size), f"of module; {runs_text(it)}"),
    ]
    cards = "".join(
        f'<div class="fact"><b>{escape(value)}</b><span>{escape(said)}</span></div>'
        for value, said in facts
    )
    return (
        f"<h1>{escape(it.name)}</h1>"
        f'<p class="said">compiled for {escape(it.target)} by {escape(it.compiler)}</p>'
        f'<div class="facts">{cards}</div>'
        f'<div class="facts"><div class="fact"><span>takes</span>{takes or "nothing"}</div>'
        f'<div class="fact"><span>gives</span>{gives or "nothing"}</div></div>'
    )


def _bar(share: float) -> str:
    return f'<span class="bar" style="width: {share:.1%}"></span>'


def _stage(stage: Stage, share: float) -> str:
    summary = (
        f'<summary><span class="title">{escape(stage.title)}</span>'
        f'<span class="time">{seconds_text(stage.seconds)}</span>'
        f'<span class="room">{_bar(share)}</span>'
        f'<span class="ops">{escape(content_text(stage))}</span></summary>'
    )
    return f'<details class="stage">{summary}{_passes(stage)}{_text(stage)}</details>'


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
        note = _said(
            f"{len(rest):,} characters more: explanation.stage({stage.name!r}).text has all."
        )
    return f"<pre>{escape(shown)}</pre>{note}"


def _lines(it: Explanation) -> Iterator[str]:
    if not it.lines:
        return
    yield "<h2>Your lines, by what they cost</h2>"
    yield _said(
        "What is computed for each line of yours, derivatives and batches included: in additions "
        "that would take as long. While loops count as one turn."
    )
    total = sum(line.work.additions for line in it.lines) or 1.0
    rows = []
    for line in it.lines[:_MOST_LINES]:
        share = line.work.additions / total
        ops = ", ".join(f"{count} {name}" for name, count in line.ops.items())
        rows.append(
            f'<tr><td><span class="room">{_bar(share)}</span></td>'
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
        yield _said(f"{len(it.lines) - _MOST_LINES} more lines cost less.")


def _sparse(it: Explanation) -> Iterator[str]:
    if not it.pictures:
        return
    yield "<h2>Sparse Jacobians</h2>"
    yield _said(
        "Which elements of the output, downwards, depend on which of the input, to the right. What "
        "has one colour is computed by one product; the strip along the edge has the colours of "
        "the columns or rows."
    )
    for picture in it.pictures:
        yield f'<p>{escape(str(picture))}</p><div class="scroll">{picture.svg()}</div>'


def _loops(it: Explanation) -> Iterator[str]:
    if it.loops is None:
        return
    yield "<h2>Loops of the machine code</h2>"
    yield _said(
        "How the program runs, in its order, with the share of the work of each loop. What cores "
        "share is cut into chunks. A loop whose end is not known before counts as one turn."
    )
    total = it.loops.work or 1.0
    shown = [nest for nest in it.loops.inner if nest.work / total >= _LEAST_SHARE]
    yield "".join(_nest(nest, total) for nest in shown) or _said(
        "There are no loops: all is done in straight lines."
    )
    small = len(it.loops.inner) - len(shown)
    rest = []
    if it.loops.own / total >= _LEAST_SHARE:
        rest.append(f"{share_text(it.loops.own / total)} of the work is outside of loops.")
    if small:
        rest.append(f"{small} more loops take less than {_LEAST_SHARE:.1%} each.")
    if shown and rest:
        yield _said(" ".join(rest))


def _nest(nest: Nest, total: float) -> str:
    share = nest.work / total
    about = "" if nest.is_bound else " (of one turn)"
    lanes = f", {nest.lanes} numbers at once" if nest.lanes > 1 else ""
    where = "" if nest.place is None else line_text(nest.place)
    said = (
        f'<span class="share">{share_text(share)}</span><span class="room">{_bar(share)}</span>'
        f" {escape(nest.what)}{about}{lanes}"
        f'<span class="where">{escape(where)}</span>'
    )
    inner = [each for each in nest.inner if each.work / total >= _LEAST_SHARE]
    if not inner:
        return f'<div class="nest leaf">{said}</div>'
    is_open = " open" if share >= _OPEN_SHARE else ""
    within = "".join(_nest(each, total) for each in inner)
    return f'<details class="nest"{is_open}><summary>{said}</summary>{within}</details>'


def _kernels(it: Explanation) -> Iterator[str]:
    if not it.kernels:
        return
    yield "<h2>Kernels</h2>"
    yield _said(
        f"What IREE made of the program: {len(it.kernels)} kernels, of which a call runs "
        f"{it.dispatches} one after the other, where each stands once."
    )
    rows = "".join(f"<li><code>{escape(name)}</code></li>" for name in it.kernels)
    yield f"<ol>{rows}</ol>"


def _memory(it: Explanation) -> Iterator[str]:
    if it.plan is None:
        return
    plan = it.plan
    yield "<h2>Memory between arguments and results</h2>"
    yield _said(
        f"{size_text(plan.bytes)} hold {len(plan.buffers)} arrays, which would take "
        f"{size_text(plan.unshared)} if each had a place of its own. A box is an array: from left "
        "to right when it is needed, upwards where it lies; its colour is that of the line that "
        "it is computed for. Point at one for its line."
    )
    yield f'<div class="scroll">{plan_svg(plan)}</div>'
