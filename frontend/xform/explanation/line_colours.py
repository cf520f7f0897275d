"""The colours of the user's lines, the same in all pictures of a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from .lines import Line, source_of
from .palette import NO_COLOUR, colour_of
from .structure import Place
from .text import short_place

_MOST_NAMED: Final = 12


class LineColours:
    """Which line has which colour: those that cost most have colours that no other has.

    Args:
        lines: the user's, the costliest first.
        others: more, such as those of arrays in memory.
    """

    def __init__(self, lines: Sequence[Line], others: Iterable[Place | None] = ()) -> None:
        self._numbers: dict[tuple[str, int], int] = {}
        for place in (*(line.place for line in lines), *others):
            if place is not None:
                self._numbers.setdefault(place[:2], len(self._numbers))

    def of(self, place: Place | None) -> str:
        """The colour of a line.

        >>> colours = LineColours((), [Place("model.py", 3, "f")])
        >>> colours.of(Place("model.py", 3, "g")), colours.of(None)
        ('#77aadd', '#dddddd')
        """
        number = None if place is None else self._numbers.get(place[:2])
        return NO_COLOUR if number is None else colour_of(number)

    def legend_html(self, places: Iterable[Place | None]) -> str:
        """The lines that a picture shows, each after its colour, in the order of the files."""
        shown = {place[:2]: place for place in places if place is not None}
        keys = [
            f'<span class="key"><i style="background: {self.of(place)}"></i>'
            f"{escape(short_place(place))} <code>{escape(source_of(place))}</code></span>"
            for _, place in sorted(shown.items())[:_MOST_NAMED]
        ]
        if len(shown) > _MOST_NAMED:
            more = len(shown) - _MOST_NAMED
            keys.append(f'<span class="key">and {more} more line{"s" * (more != 1)}</span>')
        return "".join(keys)


def line_text(place: Place) -> str:
    """A user's line with its place.

    >>> line_text(Place("/home/me/model.py", 3, "f"))
    'model.py:3'
    """
    name = short_place(place)
    source = source_of(place)
    return f"{name}  {source}" if source else name
