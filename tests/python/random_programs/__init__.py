"""Random programs on arrays, which NumPy runs as well: for what nobody thought of.

A program is a list of steps, each of which makes an array of earlier ones. Sizes are 0, 1, small,
and around those at which loops are shared, cut or written out. Values stay near 1, so that results
can be compared, and only functions occur that are smooth where a program uses them, but for
`abs`, extremes and sorts, whose kinks random numbers do not meet.
"""

from __future__ import annotations

from .elementwise import binary, unary
from .layout import layout, places
from .loops import LOOPS, loop
from .products import batched_product, product, window
from .programs import Kind, Maker, Program
from .reductions import ordered, reduction
from .updates import update, updates

__all__ = ["LOOPS", "Program", "program", "updates"]

_KINDS: list[Kind] = [
    *[unary] * 4,
    *[binary] * 4,
    *[reduction] * 3,
    *[layout] * 3,
    *[ordered, places, loop] * 2,
    *[product, batched_product, window],
]


def program(seed: int, is_small: bool = False) -> Program:
    """The program of a seed; those of odd ones have loops that update arrays."""
    return Maker(seed, is_small).make(_KINDS + [update] * 8 * (seed % 2))
