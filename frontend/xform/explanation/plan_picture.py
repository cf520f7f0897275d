"""The plan of memory, drawn: steps of the program to the right, addresses upwards."""

from __future__ import annotations

from html import escape
from typing import Final

from ..units import size_text
from .line_colours import LineColours, line_text
from .memory import Buffer, Plan

_WIDTH: Final = 960
_HEIGHT: Final = 320
_LEFT: Final = 76
_BOTTOM: Final = 34
_TOP: Final = 10
# Widths of letters in the picture's font, and how high a line of it is.
_LETTER: Final = 6.6
_LINE: Final = 14
_LEAST: Final = 1.5


def plan_svg(plan: Plan, colours: LineColours) -> str:
    """The picture, as SVG.

    Args:
        plan: the arrays, one at least.
        colours: of the user's lines.
    """
    steps = max(1, len(plan.steps))
    across, up = (_WIDTH - _LEFT - 8) / steps, (_HEIGHT - _TOP - _BOTTOM) / plan.bytes
    base = _HEIGHT - _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'style="min-width: 40rem; width: 100%" role="img" aria-label="{_label(plan)}">'
    ]
    for part in (0, 0.25, 0.5, 0.75, 1):
        y = base - part * plan.bytes * up
        parts.append(
            f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - 8}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(
            f'<text class="faint" x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">'
            f"{size_text(int(part * plan.bytes))}</text>"
        )
    for buffer in plan.buffers:
        x, y = _LEFT + buffer.first * across, base - (buffer.offset + buffer.bytes) * up
        width = max(_LEAST, (buffer.last - buffer.first + 1) * across - 0.5)
        height = max(_LEAST, buffer.bytes * up - 0.5)
        parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{colours.of(buffer.place)}"><title>{escape(_story(buffer))}</title></rect>'
        )
        said = buffer.array if buffer.place is None else f"{buffer.array}, line {buffer.place.line}"
        if height > _LINE and width > _LETTER * len(said):
            parts.append(
                f'<text x="{x + 4:.1f}" y="{y + height / 2 + 4:.1f}" style="fill: #1b1f24" '
                f'pointer-events="none">{escape(said)}</text>'
            )
    parts += _axis(steps, across, base)
    parts.append("</svg>")
    return "".join(parts)


def _axis(steps: int, across: float, base: float) -> list[str]:
    every = max(1, round(steps / 12))
    parts = [
        f'<text class="faint" x="{_LEFT + (i + 0.5) * across:.1f}" y="{base + 15}" '
        f'text-anchor="middle">{i}</text>'
        for i in range(0, steps, every)
    ]
    middle = _LEFT + steps * across / 2
    parts.append(
        f'<text class="faint" x="{middle:.1f}" y="{base + 30}" text-anchor="middle">'
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
