"""The dataflow of a function as a picture: SVG, which is well-formed XML and needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from ..units import count_text, size_text
from .dataflow import Edge, Graph, Node, dataflow_of
from .drawing_style import DRAWING_CLASS, LETTER, MARKS, shortened, style, width_of
from .graph_layout import Box, Link, Point, Size, lay_out
from .kinds import MEANINGS, Kind
from .labels import counted, listed
from .structure import Function, Program

_MOST_LETTERS: Final = 40
# More values from one node to another are one line, of no value in particular.
_MOST_LINES: Final = 3
_BUNDLE: Final = -1
_LINE: Final = 15.0
_PAD: Final = 9.0
_MARK: Final = 18.0
_TIP: Final = 5.0
# The least a share of the work must be to be written down.
_LEAST_SHARE: Final = 0.05
_HEAD: Final = 42.0
_LEGEND_LINE: Final = 18.0
_LEAST_WIDTH: Final = 420.0
_STRENGTH: Final = "The stronger a box is coloured, the more of the work it does."
# How strong a colour fills a box of no work, and how much stronger it is for all of it.
_FILL: Final = (0.06, 0.36)
# What no XML may have.
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def svg_of(
    function: Function,
    program: Program | None = None,
    arguments: Sequence[str] = (),
    results: Sequence[str] = (),
) -> str:
    """The picture of a function, for a file or a notebook.

    Args:
        function: of the dialect xform.
        program: the functions that it runs, for their names.
        arguments, results: what the user calls them.
    """
    return draw(dataflow_of(function, program or {}, arguments, results))


def draw(graph: Graph, *, alone: bool = True) -> str:
    """The picture of a graph.

    Args:
        graph: what to draw.
        alone: whether the picture has to speak for itself: has a heading, a legend and its style.
    """
    total = sum(node.work.additions for node in graph.nodes) or 1.0
    shares = [node.work.additions / total for node in graph.nodes]
    texts = [_texts(node, share) for node, share in zip(graph.nodes, shares, strict=True)]
    sizes = [_size(lines) for lines in texts]
    lines = _lines(graph.edges)
    layout = lay_out(sizes, [Link(*line[:3]) for line in lines])
    kinds = [kind for kind in MEANINGS if any(node.kind == kind for node in graph.nodes)]
    width = max(layout.width, _LEAST_WIDTH) if alone else layout.width
    legend, below = _legend(kinds, width, layout.height + _HEAD) if alone else ("", layout.height)
    parts = [f"<style>{style()}</style>"] if alone else []
    parts.append(f'<rect class="xdf-ground" width="{width:g}" height="{below:g}"/>')
    if alone:
        parts.append(_heading(graph))
        parts.append(f'<g transform="translate({(width - layout.width) / 2:g} {_HEAD:g})">')
    parts.append('<g class="xdf-edges">')
    for line, route in zip(lines, layout.routes, strict=True):
        source, target = graph.nodes[line.source], graph.nodes[line.target]
        said = f"{line.what} from {source.label} to {target.label}"
        kind = "xdf-way xdf-many" if line.is_bundle else "xdf-way"
        parts.append(f'<g class="{kind}">{_title(said)}{_path(route)}</g>')
    parts.append("</g>")
    for node, box, text, share in zip(graph.nodes, layout.boxes, texts, shares, strict=True):
        parts.append(_node(node, box, text, share))
    if alone:
        parts.append(f"</g>{legend}")
    return _svg(parts, width, below, f"Dataflow of {graph.title}: {summary(graph)}")


def legend_html(kinds: Sequence[Kind]) -> str:
    """What the marks mean, for pictures that do not say it themselves, and how these look."""
    said = " ".join(
        f'<span class="xdf-{kind}"><b class="xdf-mark">{MARKS[kind]}</b> '
        f"{escape(MEANINGS[kind])}</span>"
        for kind in kinds
    )
    return (
        f'<style>{style()}</style><p class="{DRAWING_CLASS} legend">{said} '
        f"<span>{_STRENGTH}</span></p>"
    )


def summary(graph: Graph) -> str:
    """How much a function does, in a line."""
    said = [counted(graph.operations, "operation")]
    if graph.work.flops:
        said.append(count_text(graph.work.flops, "flop"))
    if graph.work.bytes:
        said.append(f"{size_text(int(graph.work.bytes))} moved")
    boxes = sum(node.operations > 0 for node in graph.nodes)
    if boxes < graph.operations:
        said.append(f"in {counted(boxes, 'box')[:-1]}es" if boxes != 1 else "in 1 box")
    return ", ".join(said)


def story(node: Node, share: float) -> str:
    """All there is to say about a node, by line."""
    lines = [f"{node.label} - {MEANINGS[node.kind]}", *node.details]
    if node.types:
        lines.append(f"gives {listed(node.types, 6)}" if node.operations else listed(node.types, 6))
    if node.reads:
        lines.append(f"reads {listed(node.reads, 6)}")
    if node.contents:
        lines.append(listed([f"{count} {name}" for name, count in node.contents], 8))
    if node.place is not None:
        where = f" in {node.place.function}" if node.place.function else ""
        lines.append(f"{node.place}{where}")
        if node.source:
            lines.append(f"    {node.source}")
    if node.operations:
        work = node.work
        lines.append(
            f"{count_text(work.flops, 'flop')}, {size_text(int(work.bytes))} moved, "
            f"{share:.0%} of the work"
        )
    if node.kind == "transform":
        lines.append("(the work of the function, before it is transformed)")
    lines += [f"{name} = {value}" for name, value in node.attributes]
    return "\n".join(lines)


class _Line(NamedTuple):
    """An edge as it is drawn, or several between the same nodes."""

    source: int
    target: int
    port: int
    what: str
    is_bundle: bool


def _lines(edges: Sequence[Edge]) -> list[_Line]:
    """The edges, those of many values from one node to another together."""
    pairs: dict[tuple[int, int], list[Edge]] = {}
    for edge in edges:
        pairs.setdefault(edge[:2], []).append(edge)
    found = []
    for (source, target), between in pairs.items():
        ports = {edge.port: edge for edge in between}
        if len(ports) > _MOST_LINES:
            said = counted(len(ports), "array")
            found.append(_Line(source, target, _BUNDLE, said, True))
            continue
        for port in ports:
            types = listed([edge.type for edge in between if edge.port == port])
            found.append(_Line(source, target, port, types, False))
    return found


def _texts(node: Node, share: float) -> list[str]:
    """What stands in a box, by line; the first is its label."""
    lines = [node.label, *node.details]
    if len(node.types) <= 2:
        lines += node.types
    elif node.operations:
        lines.append(f"gives {counted(len(node.types), 'array')}")
    if node.operations and share >= _LEAST_SHARE:
        lines.append(f"{share:.0%} of the work")
    return [shortened(line, _MOST_LETTERS) for line in lines]


def _size(lines: Sequence[str]) -> Size:
    label = width_of(lines[0], LETTER)
    widest = max(label, *(width_of(line) for line in lines[1:]), 0.0)
    return Size(round(widest + _MARK + 2 * _PAD, 1), _LINE * len(lines) + _PAD)


def _node(node: Node, box: Box, lines: Sequence[str], share: float) -> str:
    strength = _FILL[0] + _FILL[1] * share
    round_by = min(box.height / 2, 14) if node.kind in ("argument", "result") else 5
    frame = f'width="{box.width:g}" height="{box.height:g}" rx="{round_by:g}"'
    parts = []
    if node.kind == "several":
        # As a stack of papers.
        parts.append(
            f'<rect class="xdf-sheet" x="4" y="4" {frame}/>'
            f'<rect class="xdf-rim" x="4" y="4" {frame}/>'
        )
    parts.append(f'<rect class="xdf-sheet" {frame}/>')
    parts.append(f'<rect class="xdf-work" fill-opacity="{strength:.2f}" {frame}/>')
    if node.kind in ("control", "transform", "custom"):
        parts.append(
            f'<rect class="xdf-rim" x="3" y="3" width="{box.width - 6:g}" '
            f'height="{box.height - 6:g}" rx="3"/>'
        )
    y = _LINE + 1
    parts.append(_text(MARKS[node.kind], _PAD + 5, y, "mark"))
    for i, line in enumerate(lines):
        parts.append(_text(line, _PAD + _MARK, y + i * _LINE, "faint" if i else "label"))
    return (
        f'<g class="xdf-node xdf-{node.kind}" transform="translate({box.x:g} {box.y:g})">'
        f"{_title(story(node, share))}{''.join(parts)}</g>"
    )


def _path(route: Sequence[Point]) -> str:
    x, y = route[0]
    path = [f"M{x:g} {y:g}"]
    *_, end = route
    # The line ends where its tip begins.
    stops = [*route[:-1], Point(end.x, end.y - _TIP)]
    for above, below in pairwise(stops):
        if above.x == below.x:
            path.append(f"V{below.y:g}")
        else:
            middle = (above.y + below.y) / 2
            path.append(f"C{above.x:g} {middle:g} {below.x:g} {middle:g} {below.x:g} {below.y:g}")
    tip = f"M{end.x:g} {end.y:g}l-3.5 {-_TIP - 1:g}h7z"
    return f'<path class="xdf-edge" d="{"".join(path)}"/><path class="xdf-tip" d="{tip}"/>'


def _heading(graph: Graph) -> str:
    place = "" if graph.place is None else f", {graph.place.file.rpartition('/')[2]}:"
    line = "" if graph.place is None else str(graph.place.line)
    return _text(shortened(f"{graph.title}{place}{line}", 52), 12, 20, "label") + _text(
        shortened(summary(graph), 60), 12, 36, "faint"
    )


def _legend(kinds: Sequence[Kind], width: float, top: float) -> tuple[str, float]:
    """What the marks mean, and where the picture ends below it."""
    parts = []
    x, y = 12.0, top + _LEGEND_LINE
    for kind in kinds:
        meaning = MEANINGS[kind]
        wide = _MARK + width_of(meaning) + _PAD
        if x > 12 and x + wide > width - 12:
            x, y = 12.0, y + _LEGEND_LINE
        parts.append(
            f'<g class="xdf-{kind}">{_text(MARKS[kind], x + 5, y, "mark")}'
            f"{_text(meaning, x + _MARK - 3, y, 'faint')}</g>"
        )
        x += wide
    y += _LEGEND_LINE
    parts.append(_text(_STRENGTH, 12, y, "faint"))
    return f'<g class="xdf-legend">{"".join(parts)}</g>', y + 12


def _svg(parts: Sequence[str], width: float, height: float, said: str) -> str:
    # Pages may make a wide picture somewhat smaller.
    size = f'width="{width:g}" height="{height:g}" style="--whole:{width:g}px"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{DRAWING_CLASS}" role="img" '
        f"aria-label={quoteattr(_clean(said))} {size} "
        f'viewBox="0 0 {width:g} {height:g}">{"".join(parts)}</svg>'
    )


def _text(text: str, x: float, y: float, role: str) -> str:
    return f'<text class="xdf-{role}" x="{x:g}" y="{y:g}">{escape(_clean(text))}</text>'


def _title(text: str) -> str:
    return f"<title>{escape(_clean(text))}</title>"


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
