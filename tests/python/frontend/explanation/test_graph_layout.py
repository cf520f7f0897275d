"""Layouts of graphs: nothing overlaps, edges meet their nodes and no others."""

from __future__ import annotations

import random
import time
from itertools import combinations, pairwise

import pytest
from xform.explanation.graph_layout import Box, Layout, Link, Point, Size, lay_out
from xform.explanation.graph_order import crossings, ordered

GRAPHS: dict[str, tuple[int, list[tuple[int, ...]]]] = {
    "nothing": (0, []),
    "one node": (1, []),
    "no edges": (5, []),
    "a chain": (4, [(0, 1), (1, 2), (2, 3)]),
    "two components": (6, [(0, 2), (1, 2), (3, 4), (4, 5)]),
    "twice the same edge": (2, [(0, 1), (0, 1)]),
    "several values between two nodes": (2, [(0, 1, port) for port in range(9)]),
    "a long edge": (5, [(0, 1), (1, 2), (2, 3), (3, 4), (0, 4)]),
    "many readers": (12, [(0, i) for i in range(1, 11)] + [(i, 11) for i in range(1, 11)]),
    "all with all": (7, [*combinations(range(7), 2)]),
}


def random_graph(count: int, seed: int) -> tuple[list[Size], list[Link]]:
    draw = random.Random(seed)
    sizes = [Size(draw.uniform(40, 200), draw.choice([24, 39, 54, 84])) for _ in range(count)]
    links = {
        Link(max(0, i - 1 - int(draw.expovariate(0.2))), i, draw.randrange(2))
        for i in range(2, count)
        for _ in range(draw.choice([1, 2, 3]))
    }
    return sizes, sorted(links)


def crosses(box: Box, start: Point, end: Point) -> bool:
    """Whether a way between two points, drawn with upright ends, can meet the inside of a box."""
    low, high = sorted((start.x, end.x))
    return (
        low < box.x + box.width and high > box.x and start.y < box.y + box.height and end.y > box.y
    )


def check(layout: Layout, sizes: list[Size], links: list[Link]) -> None:
    assert [box[2:] for box in layout.boxes] == [tuple(size) for size in sizes]
    for a, b in combinations(layout.boxes, 2):
        is_apart = (
            a.x + a.width < b.x
            or b.x + b.width < a.x
            or a.y + a.height < b.y
            or b.y + b.height < a.y
        )
        assert is_apart, (a, b)
    for box in layout.boxes:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= layout.width
        assert box.y + box.height <= layout.height
    for link, route in zip(links, layout.routes, strict=True):
        source, target = layout.boxes[link.source], layout.boxes[link.target]
        assert source.x < route[0].x < source.x + source.width
        assert route[0].y == source.y + source.height
        assert target.x < route[-1].x < target.x + target.width
        assert route[-1].y == target.y
        for start, end in pairwise(route):
            assert start.y < end.y
            assert not any(crosses(box, start, end) for box in layout.boxes)


@pytest.mark.parametrize("name", GRAPHS)
def test_small_graphs(name: str) -> None:
    count, edges = GRAPHS[name]
    sizes = [Size(60 + 13 * i, 30 + 15 * (i % 3)) for i in range(count)]
    links = [Link(*edge) for edge in edges]
    check(lay_out(sizes, links), sizes, links)


@pytest.mark.parametrize("count", [3, 10, 40, 100])
@pytest.mark.parametrize("seed", range(4))
def test_random_graphs(count: int, seed: int) -> None:
    sizes, links = random_graph(count, seed)
    start = time.perf_counter()
    layout = lay_out(sizes, links)
    assert time.perf_counter() - start < 0.5
    check(layout, sizes, links)
    assert lay_out(sizes, links) == layout


def test_a_chain_is_a_straight_line() -> None:
    layout = lay_out([Size(60, 30), Size(90, 30), Size(40, 30)], [Link(0, 1), Link(1, 2)])
    assert {box.x + box.width / 2 for box in layout.boxes} == {12 + 45}
    assert all(len({point.x for point in route}) == 1 for route in layout.routes)


def test_edges_of_one_value_part_where_they_must() -> None:
    # 0 is read by all of a chain, and by its end last.
    links = [Link(1, 2), Link(2, 3), Link(3, 4), *(Link(0, i) for i in (2, 3, 4))]
    layout = lay_out([Size(60, 30)] * 5, links)
    short, middle, long = layout.routes[3:]
    assert short[0] == middle[0] == long[0]
    assert middle[:3] == long[:3]
    other = lay_out([Size(60, 30)] * 5, [*links[:-1], Link(0, 4, 1)])
    assert other.routes[4][0] != other.routes[5][0]


def test_what_is_read_late_is_drawn_late() -> None:
    # 4 is computed from 3 alone, and read at the end of the chain 0, 1, 2.
    links = [Link(0, 1), Link(1, 2), Link(3, 4), Link(2, 5), Link(4, 5)]
    boxes = lay_out([Size(60, 30)] * 6, links).boxes
    assert boxes[4].y == boxes[2].y
    assert boxes[3].y == boxes[1].y
    # 0 is read at the end of the chain, too: so 4, which reads it, can be there.
    links = [Link(0, 1), Link(1, 2), Link(2, 3), Link(0, 4), Link(3, 5), Link(4, 5), Link(0, 5)]
    boxes = lay_out([Size(60, 30)] * 6, links).boxes
    assert boxes[4].y == boxes[3].y


def test_crossings_are_counted_and_avoided() -> None:
    above: list[list[int]] = [[], [], [], [1], [0], [2]]
    below: list[list[int]] = [[4], [3], [5], [], [], []]
    rows = [[0, 1, 2], [3, 4, 5]]
    assert crossings(rows, (above, below)) == 1
    assert crossings([[2, 0, 1], [3, 4, 5]], (above, below)) == 3
    order = ordered(rows, (above, below))
    assert [sorted(row) for row in order] == rows
    assert crossings(order, (above, below)) == 0


@pytest.mark.parametrize("seed", range(3))
def test_orders_are_better_than_they_were(seed: int) -> None:
    draw = random.Random(seed)
    rows = [[*range(10 * i, 10 * i + 10)] for i in range(4)]
    below = [draw.sample(range(10 * (i // 10 + 1), 10 * (i // 10 + 2)), 2) for i in range(30)]
    below += [[] for _ in range(10)]
    above: list[list[int]] = [[] for _ in range(40)]
    for i, nodes in enumerate(below):
        for node in nodes:
            above[node].append(i)
    order = ordered(rows, (above, below))
    assert [sorted(row) for row in order] == rows
    assert crossings(order, (above, below)) < crossings(rows, (above, below)) / 2


def test_pictures_begin_on_the_left() -> None:
    # A chain, whose values are all read again, the last one first: a derivative in reverse mode.
    links = [Link(i, i + 1) for i in range(39)] + [Link(i, 39 - i) for i in range(19)]
    sizes = [Size(60, 30)] * 40
    layout = lay_out(sizes, links)
    assert layout.width > 400
    assert layout.boxes[0].x + 30 <= layout.width / 2 + 100
    check(layout, sizes, links)
