"""Successive operations that are drawn as one, where there are too many for a picture.

Only operations that follow each other are put together. A segment of an order in which nothing
depends on what comes later never depends on a later segment, so the picture has no cycles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from .structure import Op

# Larger ones are read, and not looked at.
_MOST_SEGMENTS: Final = 40
# So many operations that run functions are drawn by themselves.
_MOST_ALONE: Final = 20
# More next to each other are wider than a screen.
_MOST_ABREAST: Final = 12
_MOST_PARALLEL: Final = 3
# What repeats itself in a segment has so many operations at least, of which so many are the same.
_LEAST_PERIOD: Final = 4
_MOST_PERIOD: Final = 64
_LIKENESS: Final = 0.85
_PART: Final = 24

Segment = list[Op]


def segments_of(ops: Sequence[Op], room: int) -> list[Segment]:
    """Parts of a sequence, each of one operation if there is room for all.

    Args:
        ops: in their order.
        room: how many parts there may be if each is to be of one operation.
    """
    segments: list[Segment] = [[op] for op in ops]
    if len(ops) <= room and _abreast(segments) <= _MOST_ABREAST:
        return segments
    most = max(1, min(room, _MOST_SEGMENTS))
    alone = {id(op) for op in ops if op.runs}
    if len(alone) > min(_MOST_ALONE, most // 2):
        alone = set()
    segments = _joined(segments, _new_lines(segments), alone)
    if len(segments) > most:
        segments = _joined(segments, _new_turns(segments), alone)
    if len(segments) > most:
        segments = _joined(segments, _even_parts(segments, most - 2 * len(alone)), alone)
    return _periods(segments, most)


def _abreast(segments: Sequence[Segment]) -> int:
    """How many there are at most that wait for equally many."""
    rank_of: dict[int, int] = {}
    width: Counter[int] = Counter()
    for segment in segments:
        rank = max((rank_of.get(v, 0) for op in segment for v in op.operands), default=0)
        rank_of.update((value.number, rank + 1) for op in segment for value in op.results)
        width[rank] += 1
    return max(width.values(), default=0)


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


def _even_parts(segments: Sequence[Segment], most: int) -> list[bool]:
    """Where another begins of so many parts that have as many segments each."""
    size = -(-len(segments) // max(1, most))
    return [i % size == 0 for i in range(len(segments))]


def _periods(segments: Sequence[Segment], most: int) -> list[Segment]:
    """Segments that repeat themselves, as a loop in Python within one line does, in their turns.

    Very large ones that do not are cut into even parts.
    """
    found: list[Segment] = []
    left = most - len(segments)
    for segment in segments:
        size = _period([op.name for op in segment])
        if not size:
            size = _PART if len(segment) >= 2 * _PART else len(segment)
        # Several turns each, if there is no room for all.
        size *= -(-len(segment) // (size * (left + 1)))
        parts = [segment[i : i + size] for i in range(0, len(segment), size)]
        # Turns that do not depend on each other are no loop.
        if _abreast(parts) > _MOST_PARALLEL:
            parts = [segment]
        left -= len(parts) - 1
        found += parts
    return found


def _period(names: Sequence[str]) -> int:
    """After how many of a sequence it begins again, nearly; 0 if it does not."""
    for size in range(_LEAST_PERIOD, min(len(names) // 2, _MOST_PERIOD) + 1):
        same = sum(a == b for a, b in zip(names, names[size:], strict=False))
        if same >= _LIKENESS * (len(names) - size):
            return size
    return 0
