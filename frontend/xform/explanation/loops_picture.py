"""The loops of machine code, drawn: the entry on top, loops below those that they are within.

What is as wide as the picture is all of the work. Loops follow one another from left to right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from .fitted import fitted_texts
from .line_colours import LineColours, line_text
from .loops import Nest
from .structure import Place
from .text import share_text, short_place

LEAST_SHARE: Final = 0.005
"""Loops of less of the work are not drawn one by one."""

_ROW: Final = 38
_BOX: Final = 36
_CHUNKS_EDGE: Final = 4

STYLE: Final = """
.xform-explanation .loops rect { stroke: var(--paper); }
.xform-explanation .loops .plain rect { fill: var(--panel); stroke: var(--line); }
.xform-explanation .loops .small rect { fill: var(--line); fill-opacity: .5; }
.xform-explanation .loops line { stroke: var(--ink); stroke-width: 3; stroke-dasharray: 9 3; }
.xform-explanation .loops g:hover > rect { stroke: var(--ink); }
.xform-explanation .loops .plain text[class], .xform-explanation .loops .small text[class] {
  fill: var(--ink); }
"""
"""What belongs into a page with the picture, beside the style of `.fitted`."""


@dataclass(frozen=True)
class Box:
    """A part of the picture.

    Attributes:
        nest: what it stands for; of loops that are joined, what they are within.
        depth: how many boxes lie above it.
        left, width: shares of the picture's width.
        joined: how many loops it stands for that are too small to be drawn; 0 for one that is not.
        hidden: how many branches are not drawn, as they cost less than one that is.
    """

    nest: Nest
    depth: int
    left: float
    width: float
    joined: int = 0
    hidden: int = 0


def boxes_of(entry: Nest) -> list[Box]:
    """The boxes of a program in its order, each before what lies within."""
    return list(_boxes(entry, entry.work, 0, 0.0)) if entry.work else []


def _boxes(nest: Nest, total: float, depth: int, left: float) -> Iterator[Box]:
    inner = [each for each in nest.inner if each.work]
    # A branch costs what the costliest of its ways does, so the others have no room in it.
    is_choice = sum(each.work for each in inner) > nest.work * (1 + 1e-9)
    drawn = [max(inner, key=lambda each: each.work)] if is_choice else inner
    yield Box(nest, depth, left, nest.work / total, hidden=len(inner) - len(drawn))
    small = [each for each in drawn if each.work < LEAST_SHARE * total]
    for each in drawn:
        if each.work >= LEAST_SHARE * total:
            yield from _boxes(each, total, depth + 1, left)
            left += each.work / total
    if small:
        share = sum(each.work for each in small) / total
        yield Box(nest, depth + 1, left, share, joined=len(small))


def loops_svg(entry: Nest, colours: LineColours) -> str:
    """The picture, as SVG.

    Args:
        entry: the program, which has some work.
        colours: of the user's lines.
    """
    boxes = boxes_of(entry)
    height = _ROW * (1 + max(box.depth for box in boxes))
    count = sum(box.depth > 0 and not box.joined for box in boxes)
    said = f"{count} loops of {entry.what} by their share of the work"
    parts = [_box(box, entry, colours) for box in boxes]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="loops" height="{height}" role="img" '
        f'aria-label="{escape(said)}">{"".join(parts)}</svg>'
    )


def legend_html(entry: Nest, colours: LineColours) -> str:
    """What the picture's colours and marks mean."""
    boxes = boxes_of(entry)
    keys = [colours.legend_html(places_of(boxes))]
    if any(box.nest.is_shared and not box.joined for box in boxes):
        keys.append(
            '<span class="key"><i class="chunks"></i>cut into chunks that cores share</span>'
        )
    if any(box.joined for box in boxes):
        keys.append(
            f'<span class="key"><i class="small"></i>loops of less than {LEAST_SHARE:.1%} of the '
            "work, together</span>"
        )
    return f'<p class="keys">{"".join(keys)}</p>'


def places_of(boxes: Sequence[Box]) -> list[Place | None]:
    """The user's lines that have a colour in the picture."""
    return [box.nest.place for box in boxes if box.depth and not box.joined]


def _box(box: Box, entry: Nest, colours: LineColours) -> str:
    kind, colour = "", ""
    if box.joined:
        kind = ' class="small"'
    elif not box.depth:
        kind = ' class="plain"'
    else:
        colour = f' fill="{colours.of(box.nest.place)}"'
    x, y, width = f"{box.left:.4%}", box.depth * _ROW, f"{box.width:.4%}"
    parts = [
        f"<g{kind}><title>{escape(_story(box, entry))}</title>",
        f'<rect x="{x}" y="{y}" width="{width}" height="{_BOX}" rx="2"{colour}/>',
    ]
    if box.nest.is_shared and not box.joined:
        end = f"{box.left + box.width:.4%}"
        parts.append(
            f'<line x1="{x}" x2="{end}" y1="{y + _CHUNKS_EDGE / 2}" y2="{y + _CHUNKS_EDGE / 2}"/>'
        )
    for at, texts in ((17, _names(box)), (31, _notes(box))):
        parts += fitted_texts(texts, box.left, y + at, box.width)
    parts.append("</g>")
    return "".join(parts)


def _names(box: Box) -> list[str]:
    """What a box is, the longest text first."""
    if box.joined:
        return [_joined(box), f"{box.joined} small", f"{box.joined}"]
    what, lanes = box.nest.what, box.nest.lanes
    if not box.depth:
        return [what]
    names = [what]
    if lanes > 1:
        names = [f"{what}, {lanes} numbers at once", f"{what}, {lanes} at once", what]
    if box.nest.is_shared:
        chunks = what.partition(",")[0]
        names += [chunks, chunks.partition(" ")[0]]
    elif what.startswith("for "):
        names.append(what.removeprefix("for "))
    return names


def _joined(box: Box) -> str:
    return f"{box.joined} small one{'s' * (box.joined != 1)}"


def _notes(box: Box) -> list[str]:
    """What a box costs, and the user's line, the longest text first."""
    share = share_text(box.width)
    place = box.nest.place
    if not box.depth or box.joined or place is None:
        return [share]
    return [f"{share}  {line_text(place)}", f"{share}  {short_place(place)}", share]


def _story(box: Box, entry: Nest) -> str:
    """All there is to say about a box, by line."""
    nest = box.nest
    share = f"{share_text(box.width)} of the work"
    if box.joined:
        return f"{_joined(box)}, {share}"
    lines = [_names(box)[0], share]
    if nest.inner and nest.own:
        lines[1] += f"; {share_text(nest.own / entry.work)} is outside of the loops within"
    if box.hidden:
        lines.append(f"of its ways the costliest is drawn; {box.hidden} more cost less")
    if nest.is_one_turn:
        lines.append("how often it turns is not known before; counted as one turn")
    if nest.place is not None and box.depth:
        lines.append(line_text(nest.place))
    return "\n".join(lines)
