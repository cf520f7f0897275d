"""The plan of memory, drawn: steps of the program to the right, addresses upwards."""

from __future__ import annotations

from html import escape
from typing import Final

from ..units import size_text
from .fitted import fitted_texts
from .line_colours import LineColours, line_text
from .memory import Buffer, Plan

STYLE: Final = """
.xform-explanation svg.plan { box-sizing: border-box; overflow: visible; }
.xform-explanation svg.plan rect { stroke: var(--paper); stroke-width: .5; }
"""
"""What belongs into a page with the picture, beside the style of `.fitted`."""

_HEIGHT: Final = 320
_LEFT: Final = 76
_BOTTOM: Final = 34
_TOP: Final = 10
# How high a line of text is.
_LINE: Final = 14
# The least height of a box, and the least share of the width.
_LEAST: Final = 1.5
_LEAST_SHARE: Final = 0.002


def plan_svg(plan: Plan, colours: LineColours) -> str:
    """The picture, as SVG.

    Args:
        plan: the arrays, one at least.
        colours: of the user's lines.
    """
    across, up = 1 / max(1, len(plan.steps)), (_HEIGHT - _TOP - _BOTTOM) / plan.bytes
    base = _HEIGHT - _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="plan" height="{_HEIGHT}" role="img" '
        f'style="padding-left: {_LEFT}px" aria-label="{_label(plan)}">'
    ]
    for part in (0, 0.25, 0.5, 0.75, 1):
        y = base - part * plan.bytes * up
        parts.append(f'<line class="axis" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(
            f'<text class="faint" x="-8" y="{y + 4:.1f}" text-anchor="end">'
            f"{size_text(int(part * plan.bytes))}</text>"
        )
    for buffer in plan.buffers:
        left, y = buffer.first * across, base - (buffer.offset + buffer.bytes) * up
        width = max(_LEAST_SHARE, (buffer.last - buffer.first + 1) * across)
        height = max(_LEAST, buffer.bytes * up - 0.5)
        parts.append(
            f'<rect x="{min(left, 1 - width):.4%}" y="{y:.1f}" width="{width:.4%}" '
            f'height="{height:.1f}" fill="{colours.of(buffer.place)}">'
            f"<title>{escape(_story(buffer))}</title></rect>"
        )
        if height > _LINE:
            said = [buffer.array]
            if buffer.place is not None:
                said.insert(0, f"{buffer.array}, line {buffer.place.line}")
            parts += fitted_texts(said, left, round(y + height / 2 + 4, 1), width, _LEFT)
    parts += _axis(max(1, len(plan.steps)), base)
    parts.append("</svg>")
    return "".join(parts)


def _axis(steps: int, base: float) -> list[str]:
    every = max(1, round(steps / 12))
    parts = [
        f'<text class="faint" x="{(i + 0.5) / steps:.4%}" y="{base + 15}" '
        f'text-anchor="middle">{i}</text>'
        for i in range(0, steps, every)
    ]
    parts.append(
        f'<text class="faint" x="50%" y="{base + 30}" text-anchor="middle">'
        "steps of a call, in their order</text>"
    )
    return parts


def _label(plan: Plan) -> str:
    return (
        f"{len(plan.buffers)} arrays in {size_text(plan.bytes)} of memory, over "
        f"{len(plan.steps)} steps"
    )


def _story(buffer: Buffer) -> str:
    span = f"steps {buffer.first} to {buffer.last}"
    first = f"{buffer.array}: {size_text(buffer.bytes)} from {size_text(buffer.offset)}, {span}"
    return first if buffer.place is None else f"{first}\n{line_text(buffer.place)}"
