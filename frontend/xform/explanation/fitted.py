"""Pictures as wide as there is room, whose texts keep their size: shares of the width, not lengths.

Which of several texts fits depends on the width that a picture is shown in, which whoever writes it
does not know. So it has one for each of some widths, and the page's style shows the one that fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

FITTED_CLASS: Final = "fitted"
"""Of what is around such a picture."""

WIDTHS: Final = (440, 640, 900, 1150)
"""The widths from which on texts are chosen that need as much; a narrower place is scrolled."""

# Widths of letters in the pictures' font, with room at both sides of a text.
_LETTER: Final = 6.7
_MARGIN: Final = 10


def fitted_texts(
    texts: Sequence[str], left: float, y: float, share: float, less: float = 0.0
) -> Iterator[str]:
    """As SVG, for each width of a picture the first of some texts that fits.

    Args:
        texts: the longest first; none is shown where none fits.
        left, share: where they begin and how much room they have, in shares of the width.
        y: their base line.
        less: how much less than the place is wide the picture is.
    """
    chosen: dict[str, list[str]] = {}
    for width in WIDTHS:
        room = (width - less) * share - _MARGIN
        fits = next((text for text in texts if _LETTER * len(text) <= room), "")
        if fits:
            chosen.setdefault(fits, []).append(f"from-{width}")
    for text, classes in chosen.items():
        yield (
            f'<text class="{" ".join(classes)}" x="{left:.4%}" dx="5" y="{y:g}">'
            f"{escape(text)}</text>"
        )


def style() -> str:
    """What belongs into a page with such pictures."""
    around = f".xform-explanation .{FITTED_CLASS}"
    least, *more = WIDTHS
    rules = [
        f"{around} {{ container: xform-fitted / inline-size; overflow-x: auto; }}",
        f"{around} > svg {{ display: block; width: 100%; min-width: {least}px; }}",
        f'{around} text[class^="from-"] {{ fill: #1b1f24; pointer-events: none; }}',
        f'{around} text[class^="from-"]:not(.from-{least}) {{ display: none; }}',
    ]
    for width in more:
        rules.append(
            f"@container xform-fitted (min-width: {width}px) {{ "
            f'{around} text[class^="from-"]:not(.from-{width}) {{ display: none; }} '
            f'{around} text[class^="from-"].from-{width} {{ display: inline; }} }}'
        )
    return "\n".join(rules)
