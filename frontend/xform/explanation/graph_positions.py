"""How far from the left what is in the layers of a graph is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from .graph_order import Neighbours

_SWEEPS: Final = 24
# How much an edge wants to be straight: between two nodes, at an end of a long edge, within it.
_STRAIGHT: Final = (1.0, 2.0, 8.0)


def positions(
    order: Sequence[Sequence[int]],
    neighbours: Neighbours,
    widths: Sequence[float],
    nodes: int,
    apart: float,
) -> list[float]:
    """The middles of nodes and points, near to those of their neighbours.

    Layer after layer, downwards and upwards in turn, each goes to the mean of its neighbours in the
    layer before, as far as the order within the layer and the space between them allow; among all
    such places the squares of the distances from the means are the least.

    Args:
        order: of each layer.
        neighbours: in the layers above and below.
        widths: of each.
        nodes: how many there are; what has a larger number is a point of a long edge.
        apart: the space between two.
    """
    places = [0.0] * len(widths)
    for row in order:
        _place(row, [0.0] * len(row), [1.0] * len(row), widths, apart, places)
    for sweep in range(_SWEEPS):
        is_down = sweep % 2 == 0
        rows = order[1:] if is_down else order[-2::-1]
        # In the end both sides count, so that the last sweep does not undo the one before.
        is_last = sweep >= _SWEEPS - 4
        sides = neighbours if is_last else (neighbours[0 if is_down else 1],)
        for row in rows if not is_last else (order if is_down else order[::-1]):
            wanted, weights = [], []
            for node in row:
                pulls = [
                    (_STRAIGHT[(node >= nodes) + (other >= nodes)], places[other])
                    for side in sides
                    for other in side[node]
                ]
                total = sum(weight for weight, _ in pulls)
                weights.append(total or 0.01)
                wanted.append(sum(w * x for w, x in pulls) / total if total else places[node])
            _place(row, wanted, weights, widths, apart, places)
    chains = _chains(order, neighbours, nodes)
    for _ in range(2):
        for chain in chains:
            _straighten(chain, order, widths, apart, places)
    return places


def _chains(
    order: Sequence[Sequence[int]], neighbours: Neighbours, nodes: int
) -> list[list[tuple[int, int]]]:
    """What is to lie on one line: points of an edge, and nodes that have one neighbour each.

    Returns:
        For each chain its members from top to bottom: rank and place within. Long ones come first.
    """
    above, below = neighbours
    where = {node: (rank, i) for rank, row in enumerate(order) for i, node in enumerate(row)}

    def follower(node: int) -> int | None:
        inner = [other for other in below[node] if node >= nodes and other >= nodes]
        if not inner and len(below[node]) == 1 and len(above[below[node][0]]) == 1:
            inner = [*below[node]]
        return inner[0] if inner else None

    next_of = {node: after for node in where if (after := follower(node)) is not None}
    chains = []
    for node in sorted(where.keys() - set(next_of.values())):
        chain = [where[node]]
        while node in next_of:
            node = next_of[node]
            chain.append(where[node])
        if len(chain) > 1:
            chains.append(chain)
    return sorted(chains, key=lambda chain: (-len(chain), chain))


def _straighten(
    chain: Sequence[tuple[int, int]],
    order: Sequence[Sequence[int]],
    widths: Sequence[float],
    apart: float,
    places: list[float],
) -> None:
    """Puts what it can of a chain on one line, between what is to the left and to the right."""
    group: list[int] = []
    least, most = -math.inf, math.inf
    for rank, i in chain:
        row = order[rank]
        node = row[i]
        low, high = -math.inf, math.inf
        if i:
            low = places[row[i - 1]] + (widths[row[i - 1]] + widths[node]) / 2 + apart
        if i + 1 < len(row):
            high = places[row[i + 1]] - (widths[row[i + 1]] + widths[node]) / 2 - apart
        if max(least, low) > min(most, high):
            _align(group, least, most, places)
            group, least, most = [], low, high
        else:
            least, most = max(least, low), min(most, high)
        group.append(node)
    _align(group, least, most, places)


def _align(group: Sequence[int], least: float, most: float, places: list[float]) -> None:
    mean = sum(places[node] for node in group) / max(1, len(group))
    for node in group:
        places[node] = min(max(mean, least), most)


def _place(
    row: Sequence[int],
    wanted: Sequence[float],
    weights: Sequence[float],
    widths: Sequence[float],
    apart: float,
    places: list[float],
) -> None:
    """Puts a layer's nodes as near as they can be to where they want to be.

    A weighted least squares problem under an order: nodes that would overlap form a block, which
    goes to the mean of what its nodes want.
    """
    offset = 0.0
    offsets = []
    # Of a block: where it goes, its weight, and how many nodes it has.
    blocks: list[tuple[float, float, int]] = []
    for i, node in enumerate(row):
        if i:
            offset += (widths[row[i - 1]] + widths[node]) / 2 + apart
        offsets.append(offset)
        at, weight, count = wanted[i] - offset, weights[i], 1
        while blocks and blocks[-1][0] >= at:
            before, heavier, more = blocks.pop()
            at = (before * heavier + at * weight) / (heavier + weight)
            weight += heavier
            count += more
        blocks.append((at, weight, count))
    i = 0
    for at, _, count in blocks:
        for _ in range(count):
            places[row[i]] = at + offsets[i]
            i += 1
