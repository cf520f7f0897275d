"""The dataflow of a program before and after its transforms, as HTML without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from .._xform import Module
from .dataflow import Graph
from .drawing import draw, legend_html, summary
from .expansions import Part, expansions_of
from .kinds import MEANINGS
from .labels import counted, listed

# Pictures of more nodes are longer than a screen.
_MOST_UNFOLDED: Final = 40

_STYLE: Final = """
.xform-parts{font:14px/1.5 system-ui,sans-serif}
.xform-parts figure{margin:0 0 8px;min-width:0;max-width:100%}
.xform-parts figcaption{margin:4px 0}
.xform-parts .pictures{display:flex;flex-wrap:wrap;gap:8px 24px;align-items:flex-start}
.xform-parts .scroll{overflow-x:auto;max-width:100%;border:1px solid #8b95a166;border-radius:6px}
.xform-parts svg{display:block}
@media (min-width:45rem){
 .xform-parts .scroll svg{width:clamp(.72*var(--whole),100%,var(--whole));height:auto}}
.xform-parts details details,.xform-parts .same{margin:6px 0 6px 8px;padding-left:12px;
 border-left:2px solid #8b95a166}
.xform-parts summary{cursor:pointer;padding:2px 0}
.xform-parts code{font:600 13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.xform-parts .note{opacity:.75}
.xform-parts .legend span{display:inline-block;margin-right:14px}
"""


def dataflow_html(
    module: Module,
    arguments: Sequence[str] = (),
    results: Sequence[str] = (),
    prefix: str = "dataflow",
) -> str:
    """A traced program's functions in pictures, before and after their transforms.

    Args:
        module: the program.
        arguments, results: what the user calls those of the entry.
        prefix: of the anchors, for a page with several programs.
    """
    return parts_html(expansions_of(module, arguments, results), prefix)


def parts_html(entry: Part, prefix: str = "dataflow") -> str:
    """A program's functions in pictures: the entry's, and folded what it runs.

    Args:
        entry: the first part.
        prefix: of the anchors, for a page with several programs.
    """
    parts = [part for _, part in entry.walk()]
    drawn = [
        graph
        for part in parts
        for graph in (part.graph, part.expanded)
        if graph is not None and part.same_as is None
    ]
    used = {node.kind for graph in drawn for node in graph.nodes}
    legend = legend_html([kind for kind in MEANINGS if kind in used])
    titles = {part.number: part.graph.title for part in parts}
    inner = _part(entry, prefix, titles)
    return f'<div class="xform-parts"><style>{_STYLE}</style>{legend}{inner}</div>'


def _part(part: Part, prefix: str, titles: dict[int, str]) -> str:
    head = f"<code>{escape(part.graph.title)}</code>"
    if part.run_by:
        head += f' <span class="note">run by</span> <code>{escape(part.run_by)}</code>'
    if part.same_as is not None:
        return (
            f'<p class="same">{head} <span class="note">is the one at</span> '
            f'<a href="#{prefix}-{part.same_as}">{escape(titles[part.same_as])}</a></p>'
        )
    head += f' <span class="note">{escape(_facts(part))}</span>'
    pictures = [_figure("As it is written" if part.transforms else "", part.graph)]
    if part.expanded is not None:
        said = f"After {listed(part.transforms)} is replaced by what it computes"
        if len(part.transforms) > 1:
            said = f"After {listed(part.transforms)} are replaced by what they compute"
        pictures.append(_figure(said, part.expanded))
    elif part.refusal:
        pictures.append(
            f'<p class="note">Its transforms cannot be replaced here: {escape(part.refusal)}</p>'
        )
    inner = [_part(run, prefix, titles) for run in part.runs]
    if part.expanded_runs:
        inner.append('<p class="note">Once the transforms are replaced, it runs</p>')
        inner += [_part(run, prefix, titles) for run in part.expanded_runs]
    is_open = "" if part.run_by else " open"
    return (
        f'<details id="{prefix}-{part.number}"{is_open}><summary>{head}</summary>'
        f'<div class="pictures">{"".join(pictures)}</div>{"".join(inner)}</details>'
    )


def _facts(part: Part) -> str:
    place = part.graph.place
    where = "" if place is None else f"{place.file.rpartition('/')[2]}:{place.line}, "
    if part.expanded is None:
        return where + summary(part.graph)
    written = counted(part.graph.operations, "operation")
    return f"{where}{written}; {part.expanded.operations:,} without transforms"


def _figure(caption: str, graph: Graph) -> str:
    said = escape(f"{caption}: {summary(graph)}") if caption else ""
    picture = f'<div class="scroll">{draw(graph, alone=False)}</div>'
    if said and len(graph.nodes) > _MOST_UNFOLDED:
        return f"<details><summary>{said}</summary><figure>{picture}</figure></details>"
    caption_html = f"<figcaption>{said}</figcaption>" if said else ""
    return f"<figure>{caption_html}{picture}</figure>"
