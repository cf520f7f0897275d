"""Where the nodes of a graph are drawn, and which way its edges go around them.

Layers from top to bottom, after Sugiyama, Tagawa and Toda: each node has a rank below those of what
it reads; an edge over several ranks has a point in each of them, between the nodes there; nodes and
points of a rank are put in an order in which few edges cross, and then as near to their neighbours
as the others let them. Between two ranks there are edges only, so none of them meets a node.
All edges that carry one value have their points in common, and part where they must.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from .graph_order import ordered
from .graph_positions import positions

_MARGIN: Final = 12.0
_ACROSS: Final = 18.0
# Between ranks: more where an edge goes far to the side, or it would be all but horizontal.
_DOWN: Final = (30.0, 64.0)
_SLOPE: Final = 0.12
_POINT: Final = 6.0
# What does not begin nearer to the left than this is mirrored, if it then does.
_NARROW: Final = 200.0


class Size(NamedTuple):
    """How large a node is."""

    width: float
    height: float


class Link(NamedTuple):
    """An edge: from which node, as which of its values, to which node."""

    source: int
    target: int
    port: int = 0


# A node, and which of its values.
Value = tuple[int, int]


class Box(NamedTuple):
    """Where a node is: its left upper corner, and its size."""

    x: float
    y: float
    width: float
    height: float


class Point(NamedTuple):
    """A place in the picture."""

    x: float
    y: float


@dataclass(frozen=True)
class Layout:
    """Where everything is.

    Attributes:
        boxes: of the nodes, by their numbers.
        routes: of the edges, in their order: points from the lower side of a box to the upper
            side of another, and always downwards.
        width, height: of the whole.
    """

    boxes: tuple[Box, ...]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def lay_out(sizes: Sequence[Size], links: Sequence[Link]) -> Layout:
    """Places nodes in layers, and the edges between them.

    Args:
        sizes: of the nodes.
        links: the edges, each from a node to one with a larger number.

    >>> lay_out([Size(40, 20), Size(40, 20)], [Link(0, 1)]).boxes
    (Box(x=12.0, y=12.0, width=40, height=20), Box(x=12.0, y=62.0, width=40, height=20))
    """
    layers = _layered(len(sizes), links)
    widths = [*(size.width for size in sizes), *[_POINT] * (layers.count - len(sizes))]
    order = ordered(layers.rows, layers.neighbours)
    centres = _from_left(positions(order, layers.neighbours, widths, len(sizes), _ACROSS), order)
    left = min((x - w / 2 for x, w in zip(centres, widths, strict=True)), default=0.0) - _MARGIN
    centres = [round(x - left, 1) for x in centres]
    tops, bottoms, height = _rows(order, sizes, layers.neighbours[1], centres)
    boxes = tuple(
        Box(round(centres[i] - size.width / 2, 1), tops[layers.ranks[i]], size.width, size.height)
        for i, size in enumerate(sizes)
    )
    right = max((x + w / 2 for x, w in zip(centres, widths, strict=True)), default=0.0)
    routes = _routes(layers, links, boxes, centres, tops, bottoms)
    return Layout(boxes, routes, round(right + _MARGIN, 1), height)


def _from_left(centres: list[float], order: Sequence[Sequence[int]]) -> list[float]:
    """The picture or its mirror image: where a window is narrow, its beginning is to be seen."""
    if not centres:
        return centres
    first = [centres[i] for i in order[0]]
    left, right = min(first) - min(centres), max(centres) - max(first)
    return [-x for x in centres] if left > right + _NARROW else centres


@dataclass
class _Layers:
    """Nodes, and the points of long edges, which have the numbers behind those of the nodes.

    Attributes:
        ranks: of both.
        rows: what is in each rank.
        neighbours: what each is connected with in the rank above, and in that below.
        points: those of each edge, from top to bottom.
    """

    ranks: list[int]
    rows: list[list[int]]
    neighbours: tuple[list[list[int]], list[list[int]]]
    points: list[list[int]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.ranks)


def _layered(count: int, links: Sequence[Link]) -> _Layers:
    ranks = _ranks(count, links)
    lowest: dict[Value, int] = {}
    for link in links:
        value = (link.source, link.port)
        lowest[value] = max(lowest.get(value, 0), ranks[link.target])
    points: dict[Value, list[int]] = {}
    pairs: dict[tuple[int, int], None] = {}
    for (source, port), rank in lowest.items():
        chain = []
        above = source
        for between in range(ranks[source] + 1, rank):
            chain.append(len(ranks))
            pairs[above, len(ranks)] = None
            above = len(ranks)
            ranks.append(between)
        points[source, port] = chain
    routes = []
    for link in links:
        chain = points[link.source, link.port]
        own = chain[: ranks[link.target] - ranks[link.source] - 1]
        routes.append(own)
        pairs[own[-1] if own else link.source, link.target] = None
    above_of: list[list[int]] = [[] for _ in ranks]
    below_of: list[list[int]] = [[] for _ in ranks]
    for upper, lower in pairs:
        above_of[lower].append(upper)
        below_of[upper].append(lower)
    rows: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for i, rank in enumerate(ranks):
        rows[rank].append(i)
    return _Layers(ranks, rows, (above_of, below_of), routes)


def _ranks(count: int, links: Sequence[Link]) -> list[int]:
    """Below all that is read, and as far down as that makes no edges longer."""
    reads: list[set[Value]] = [set() for _ in range(count)]
    readers: list[set[int]] = [set() for _ in range(count)]
    readers_of: dict[Value, set[int]] = {}
    for link in links:
        reads[link.target].add((link.source, link.port))
        readers[link.source].add(link.target)
        readers_of.setdefault((link.source, link.port), set()).add(link.target)
    ranks = [0] * count
    # What nothing else is computed from than what reads it can be near to that.
    is_movable = [False] * count
    for i in range(count):
        ranks[i] = max((ranks[source] + 1 for source, _ in reads[i]), default=0)
        is_movable[i] = all(is_movable[s] and len(readers[s]) == 1 for s, _ in reads[i])
    for i in reversed(range(count)):
        lowest = min((ranks[reader] for reader in readers[i]), default=0) - 1

        def is_there(value: Value, lowest: int = lowest, i: int = i) -> bool:
            """Whether a value is led down to there anyway, or comes along."""
            others = readers_of[value] - {i}
            if not others:
                return is_movable[value[0]]
            return max(ranks[other] for other in others) >= lowest

        if lowest > ranks[i] and all(is_there(value) for value in reads[i]):
            ranks[i] = lowest
    return ranks


def _rows(
    order: Sequence[Sequence[int]],
    sizes: Sequence[Size],
    below: Sequence[Sequence[int]],
    centres: Sequence[float],
) -> tuple[list[float], list[float], float]:
    """The upper and lower ends of the ranks, and the height of all."""
    tops, bottoms = [], []
    y, gap = _MARGIN, 0.0
    for row in order:
        y += gap
        tops.append(y)
        y += max((sizes[i].height for i in row if i < len(sizes)), default=0.0)
        bottoms.append(y)
        far = max((abs(centres[i] - centres[j]) for i in row for j in below[i]), default=0.0)
        gap = float(round(min(_DOWN[0] + _SLOPE * far, _DOWN[1])))
    return tops, bottoms, y + _MARGIN


def _routes(
    layers: _Layers,
    links: Sequence[Link],
    boxes: Sequence[Box],
    centres: Sequence[float],
    tops: Sequence[float],
    bottoms: Sequence[float],
) -> tuple[tuple[Point, ...], ...]:
    first: dict[Value, list[float]] = {}
    last: dict[int, dict[Value, float]] = {}
    for link, points in zip(links, layers.points, strict=True):
        value = (link.source, link.port)
        first.setdefault(value, []).append(centres[points[0] if points else link.target])
        last.setdefault(link.target, {})[value] = centres[points[-1] if points else link.source]
    towards: dict[int, dict[Value, float]] = {}
    for value, xs in first.items():
        towards.setdefault(value[0], {})[value] = sum(xs) / len(xs)
    leaving = {node: _ports(boxes[node], values) for node, values in towards.items()}
    entering = {node: _ports(boxes[node], values) for node, values in last.items()}
    routes = []
    for link, points in zip(links, layers.points, strict=True):
        value = (link.source, link.port)
        box = boxes[link.source]
        x = leaving[link.source][value]
        route = [Point(x, box.y + box.height)]
        below = bottoms[layers.ranks[link.source]]
        if below > box.y + box.height:
            route.append(Point(x, below))
        for point in points:
            rank = layers.ranks[point]
            route.append(Point(centres[point], tops[rank]))
            if bottoms[rank] > tops[rank]:
                route.append(Point(centres[point], bottoms[rank]))
        route.append(Point(entering[link.target][value], boxes[link.target].y))
        routes.append(tuple(route))
    return tuple(routes)


def _ports(box: Box, values: dict[Value, float]) -> dict[Value, float]:
    """Where along a side each value enters or leaves: in the order of where they come from."""
    order = sorted(values, key=lambda value: (values[value], value))
    apart = min(box.width / (len(order) + 1), 24.0)
    middle = box.x + box.width / 2
    return {
        value: round(middle + (i - (len(order) - 1) / 2) * apart, 1)
        for i, value in enumerate(order)
    }
