"""In which order what is in a layer of a graph is drawn, so that few edges cross."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

_SWEEPS: Final = 12
# Whether exchanging two helps is worked out for layers up to this size.
_MOST_EXCHANGED: Final = 60

Rows = list[list[int]]
# What each node is connected with, in the layer above and in the one below.
Neighbours = tuple[Sequence[Sequence[int]], Sequence[Sequence[int]]]


def ordered(rows: Sequence[Sequence[int]], neighbours: Neighbours) -> Rows:
    """The layers, each in an order that leaves few crossings.

    Each node goes to the mean place of its neighbours in the layer above, then, from the bottom up,
    in the layer below, again and again; then neighbours change places where that helps.

    Args:
        rows: the nodes of each layer, each once.
        neighbours: of each node, by its number.
    """
    order = _by_search(rows, neighbours)
    best, fewest = [[*row] for row in order], crossings(order, neighbours)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        is_down = sweep % 2 == 0
        _sweep(order, neighbours[0 if is_down else 1], is_down)
        _exchange(order, neighbours)
        count = crossings(order, neighbours)
        if count < fewest:
            best, fewest = [[*row] for row in order], count
    return best


def crossings(order: Sequence[Sequence[int]], neighbours: Neighbours) -> int:
    """How many pairs of edges cross."""
    below = neighbours[1]
    count = 0
    for upper, lower in pairwise(order):
        place = {node: i for i, node in enumerate(lower)}
        ends: list[int] = []
        for node in upper:
            own = sorted(place[other] for other in below[node])
            count += sum(len(ends) - bisect_right(ends, end) for end in own)
            for end in own:
                insort(ends, end)
    return count


def _by_search(rows: Sequence[Sequence[int]], neighbours: Neighbours) -> Rows:
    """What belongs together next to each other: as a search from the first nodes meets them."""
    above, below = neighbours
    found: Rows = [[] for _ in rows]
    rank_of = {node: rank for rank, row in enumerate(rows) for node in row}
    seen: set[int] = set()
    for start in sorted(rank_of, key=lambda node: (rank_of[node], node)):
        stack = [start]
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            found[rank_of[node]].append(node)
            stack += reversed([*below[node], *above[node]])
    return found


def _sweep(order: Rows, towards: Sequence[Sequence[int]], is_down: bool) -> None:
    ranks = range(1, len(order)) if is_down else range(len(order) - 2, -1, -1)
    for rank in ranks:
        fixed = order[rank - 1 if is_down else rank + 1]
        place = {node: i / max(1, len(fixed) - 1) for i, node in enumerate(fixed)}
        row = order[rank]
        # What has no neighbours there stays where it is.
        mean = {
            node: sum(place[other] for other in towards[node]) / len(towards[node])
            if towards[node]
            else i / max(1, len(row) - 1)
            for i, node in enumerate(row)
        }
        row.sort(key=mean.__getitem__)


def _exchange(order: Rows, neighbours: Neighbours) -> None:
    """Lets those next to each other change places while fewer edges cross then."""
    for rank, row in enumerate(order):
        if len(row) > _MOST_EXCHANGED:
            continue
        sides = []
        for side, other in ((0, rank - 1), (1, rank + 1)):
            if 0 <= other < len(order):
                place = {node: i for i, node in enumerate(order[other])}
                sides.append(
                    {node: sorted(place[o] for o in neighbours[side][node]) for node in row}
                )
        for _ in range(3):
            has_changed = False
            for i in range(len(row) - 1):
                a, b = row[i], row[i + 1]
                if sum(_crossed(s[a], s[b]) - _crossed(s[b], s[a]) for s in sides) > 0:
                    row[i], row[i + 1] = b, a
                    has_changed = True
            if not has_changed:
                break


def _crossed(left: Sequence[int], right: Sequence[int]) -> int:
    """How many edges of two nodes cross, by where the other ends of each are."""
    return sum(len(left) - bisect_right(left, end) for end in right)
