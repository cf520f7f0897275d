"""The loops of machine code and its plan of memory, as sections of a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

from ..units import size_text
from . import fitted, loops_picture, plan_picture
from .fitted import FITTED_CLASS
from .line_colours import LineColours
from .lines import Line, source_of
from .loops import Nest
from .loops_picture import LEAST_SHARE, legend_html, loops_svg
from .memory import Plan
from .plan_picture import plan_svg
from .style import STYLE
from .text import share_text, short_place

_MOST_LISTED: Final = 300


@dataclass(frozen=True)
class MachineCode:
    """What there is to draw of a program's machine code.

    Attributes:
        lines: the user's, the costliest first.
        loops: those of the entry.
        plan: of the memory between arguments and results; None where there is none.
    """

    lines: tuple[Line, ...]
    loops: Nest
    plan: Plan | None

    @property
    def colours(self) -> LineColours:
        """Those of the user's lines."""
        buffers = () if self.plan is None else self.plan.buffers
        places = [nest.place for _, nest in self.loops.walk()]
        return LineColours(self.lines, [*places, *(buffer.place for buffer in buffers)])


def sections(code: MachineCode) -> Iterator[str]:
    """The loops, and where there is some, the memory."""
    yield from _loops(code.loops, code.colours)
    if code.plan is not None:
        yield from _memory(code.plan, code.colours)


def framed(parts: Iterable[str]) -> str:
    """Sections with the style that they need."""
    return (
        f"<style>{STYLE}{fitted.style()}{loops_picture.STYLE}{plan_picture.STYLE}</style>"
        f'<div class="xform-explanation">{"".join(parts)}</div>'
    )


def said(text: str) -> str:
    """A paragraph that says what is below it."""
    return f'<p class="said">{escape(text)}</p>'


def bar(share: float, colour: str = "") -> str:
    """A share as a bar of a width."""
    look = f"; background: {colour}" if colour else ""
    return f'<span class="bar" style="width: {share:.1%}{look}"></span>'


def _loops(loops: Nest, colours: LineColours) -> Iterator[str]:
    yield "<h2>Loops of the machine code</h2>"
    if not loops.inner or not loops.work:
        yield said("There are no loops: all is done in straight lines.")
        return
    yield said(
        "How a call runs, from left to right. A box is a loop, as wide as its share of the work, "
        'with the loops within it below; where nothing is below, it computes by itself. "for 64" '
        'has 64 turns, and "16 numbers at once" are what one instruction computes with. Point at '
        "a box for its line."
    )
    yield legend_html(loops, colours)
    yield f'<div class="{FITTED_CLASS}">{loops_svg(loops, colours)}</div>'
    yield from _remarks(loops)
    yield f"<details><summary>The same as a list</summary>{_list(loops, colours)}</details>"


def _remarks(loops: Nest) -> Iterator[str]:
    remarks = []
    if loops.own / loops.work >= LEAST_SHARE:
        share = share_text(loops.own / loops.work)
        remarks.append(f"{share} of the work is outside of loops: the empty room on the right.")
    if not loops.is_bound:
        remarks.append("A loop whose end is not known before counts as one turn.")
    if any(nest.what == "if" for _, nest in loops.walk()):
        remarks.append("Of the ways of an if, the costliest counts.")
    if remarks:
        yield said(" ".join(remarks))


def _list(loops: Nest, colours: LineColours) -> str:
    large = [
        (depth, nest)
        for depth, nest in loops.walk()
        if depth and nest.work / loops.work >= LEAST_SHARE
    ]
    rows = "".join(
        _row(depth, nest, nest.work / loops.work, colours) for depth, nest in large[:_MOST_LISTED]
    )
    more = len(large) - _MOST_LISTED
    note = said(f"{more:,} more are not listed.") if more > 0 else ""
    return (
        '<div class="scroll"><table><tr><th></th><th>share</th><th>loop</th><th>line</th></tr>'
        f"{rows}</table></div>{note}"
    )


def _row(depth: int, nest: Nest, share: float, colours: LineColours) -> str:
    about = " (one turn of it)" if nest.is_one_turn else ""
    lanes = f", {nest.lanes} numbers at once" if nest.lanes > 1 else ""
    where, source = "", source_of(nest.place)
    if nest.place is not None:
        where = short_place(nest.place)
    return (
        f'<tr><td><span class="room">{bar(share, colours.of(nest.place))}</span></td>'
        f'<td class="number">{share_text(share)}</td>'
        f'<td style="padding-left: {1.2 * (depth - 1):.1f}rem">{escape(nest.what)}{about}{lanes}'
        f'</td><td><code>{escape(where)} <span class="source">{escape(source)}</span></code>'
        "</td></tr>"
    )


def _memory(plan: Plan, colours: LineColours) -> Iterator[str]:
    yield "<h2>Memory between arguments and results</h2>"
    saved = ""
    if plan.unshared > plan.bytes:
        saved = f", which would take {size_text(plan.unshared)} if each had a place of its own"
    count = f"{len(plan.buffers)} array{'s' * (len(plan.buffers) != 1)}"
    yield said(
        f"{size_text(plan.bytes)} for {count}{saved}. A box is an array: from left "
        "to right while it is needed, as high as it is large. Its colour is that of the line that "
        "it is computed for; point at one for that line."
    )
    legend = colours.legend_html(buffer.place for buffer in plan.buffers)
    yield f'<p class="keys">{legend}</p>'
    yield f'<div class="{FITTED_CLASS}">{plan_svg(plan, colours)}</div>'
