"""Successive operations that are drawn as one, where there are too many for a picture.

Only operations that follow each other are put together. A segment of an order in which nothing
depends on what comes later never depends on a later segment, so the picture has no cycles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from .structure import Op

# Larger ones are read, and not looked at.
_MOST_SEGMENTS: Final = 40
# So many operations that run functions are drawn by themselves.
_MOST_ALONE: Final = 20

Segment = list[Op]


def segments_of(ops: Sequence[Op], room: int) -> list[Segment]:
    """Parts of a sequence, each of one operation if there is room for all.

    Args:
        ops: in their order.
        room: how many parts there may be if each is to be of one operation.
    """
    segments: list[Segment] = [[op] for op in ops]
    if len(ops) <= room:
        return segments
    most = min(room, _MOST_SEGMENTS)
    alone = {id(op) for op in ops if op.runs}
    if len(alone) > min(_MOST_ALONE, most // 2):
        alone = set()
    for begins in (_new_lines, _new_turns, _even_parts(most - 2 * len(alone))):
        if len(segments) <= most:
            break
        segments = _joined(segments, begins(segments), alone)
    return segments


def _joined(segments: Sequence[Segment], begins: Sequence[bool], alone: set[int]) -> list[Segment]:
    """Larger segments: those that begin, each with the ones behind it."""
    found: list[Segment] = []
    was_alone = True
    for segment, does_begin in zip(segments, begins, strict=True):
        is_alone = id(segment[0]) in alone
        if is_alone or was_alone or does_begin:
            found.append([*segment])
        else:
            found[-1].extend(segment)
        was_alone = is_alone
    return found


def _line(op: Op) -> tuple[str, int] | None:
    return None if op.place is None else op.place[:2]


def _new_lines(segments: Sequence[Segment]) -> list[bool]:
    """Where another line begins; what has no place belongs to what is in front of it."""
    begins = []
    at: tuple[str, int] | None = None
    for segment in segments:
        line = _line(segment[0])
        begins.append(line is not None and line != at)
        at = line or at
    return begins


def _new_turns(segments: Sequence[Segment]) -> list[bool]:
    """Where a line is come back to, mostly as a loop in Python goes on, or a function changes."""
    begins = []
    seen: set[tuple[str, int] | None] = set()
    function: str | None = None
    for segment in segments:
        op = segment[0]
        line = _line(op)
        is_new = line in seen or (op.place is not None and op.place.function != function)
        if is_new:
            seen.clear()
            function = op.place.function if op.place is not None else function
        seen.add(line)
        begins.append(is_new)
    return begins


def _even_parts(most: int) -> Callable[[Sequence[Segment]], list[bool]]:
    """Where another begins of so many parts that have as many segments each."""

    def begins(segments: Sequence[Segment]) -> list[bool]:
        size = -(-len(segments) // max(1, most))
        return [i % size == 0 for i in range(len(segments))]

    return begins
