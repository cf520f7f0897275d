"""The colours of pictures, which those who see few can tell apart, too."""

from __future__ import annotations

from typing import Final

# Paul Tol's light scheme.
COLOURS: Final = ("#77aadd", "#ee8866", "#eedd88", "#ffaabb", "#99ddff", "#44bb99", "#bbcc33",
                  "#aaaa00")  # fmt: skip
NO_COLOUR: Final = "#dddddd"


def colour_of(number: int) -> str:
    """The colour of a number; they come again after some.

    >>> colour_of(0) == colour_of(8)
    True
    """
    return COLOURS[number % len(COLOURS)]
