"""The picture of loops: boxes below those around them, as wide as their share of the work."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from explained import explained
from hypothesis import given
from hypothesis import strategies as st
from xform.explanation.line_colours import LineColours
from xform.explanation.lines import Line
from xform.explanation.loops import Nest
from xform.explanation.loops_picture import (
    LEAST_SHARE,
    Box,
    boxes_of,
    legend_html,
    loops_svg,
)
from xform.explanation.palette import NO_COLOUR, colour_of
from xform.explanation.structure import Place, Work

ELSEWHERE = Place("/no/such/<folder>/a&b.py", 3, "f")
COLOURS = LineColours((), [ELSEWHERE])
MANY = "8 chunks, shared by cores"


def nest(what: str, own: float, *inner: Nest, lanes: int = 1) -> Nest:
    total = own + sum(each.work for each in inner)
    return Nest(what, ELSEWHERE, total, what not in ("for", "while"), lanes, inner)


def leaves() -> st.SearchStrategy[Nest]:
    works = st.one_of(st.just(0.0), st.floats(1e-3, 1e9))
    whats = st.sampled_from(["for 64", "for", "while", MANY, 'call <f>&"', "branch 0"])
    return st.builds(lambda what, own, lanes: nest(what, own, lanes=lanes),
                     whats, works, st.sampled_from([1, 16]))  # fmt: skip


def around(inner: st.SearchStrategy[Nest]) -> st.SearchStrategy[Nest]:
    def put(outer: Nest, parts: list[Nest], is_choice: bool) -> Nest:
        if is_choice and parts:
            costliest = max(part.work for part in parts)
            return Nest("if", None, costliest, True, 1, tuple(parts))
        return nest(outer.what, outer.work, *parts, lanes=outer.lanes)

    return st.builds(put, leaves(), st.lists(inner, max_size=6), st.booleans())


@given(st.recursive(leaves(), around, max_leaves=40))
def test_boxes_lie_within_those_above_and_beside_each_other(entry: Nest) -> None:
    boxes = boxes_of(entry)
    if not entry.work:
        assert boxes == []
        return
    assert (boxes[0].nest, boxes[0].depth) == (entry, 0)
    assert (boxes[0].left, boxes[0].width) == (0, 1)
    above: list[Box] = []
    inner: dict[int, list[Box]] = {}
    for box in boxes:
        del above[box.depth :]
        assert len(above) == box.depth
        if above:
            parent = above[-1]
            assert box.left >= parent.left - 1e-9
            assert box.left + box.width <= parent.left + parent.width + 1e-9
            inner.setdefault(id(parent), []).append(box)
        above.append(box)
        # Each is there, but for those that are too small or not taken.
        if not box.joined:
            assert box.width == pytest.approx(box.nest.work / entry.work)
            assert not box.depth or box.width >= LEAST_SHARE
    for row in inner.values():
        for left, right in pairwise(row):
            assert left.left + left.width <= right.left + 1e-9
    for box in boxes:
        if box.joined or box.hidden:
            continue
        within = sum(each.width for each in inner.get(id(box), []))
        assert box.nest.own / entry.work == pytest.approx(box.width - within, abs=1e-6)
        count = sum(each.joined or 1 for each in inner.get(id(box), []))
        assert count == sum(each.work > 0 for each in box.nest.inner)


@given(st.recursive(leaves(), around, max_leaves=20))
def test_the_picture_has_all_boxes_and_texts_that_fit(entry: Nest) -> None:
    if not entry.work:
        return
    boxes = boxes_of(entry)
    picture = ElementTree.fromstring(loops_svg(entry, COLOURS))
    height = float(picture.attrib["height"])
    groups = picture.findall("{*}g")
    assert len(groups) == len(boxes)
    for group, box in zip(groups, boxes, strict=True):
        (rect,) = group.findall("{*}rect")
        left, width = (float(rect.attrib[name].rstrip("%")) / 100 for name in ("x", "width"))
        assert (left, width) == pytest.approx((box.left, box.width), abs=1e-5)
        top, tall = float(rect.attrib["y"]), float(rect.attrib["height"])
        assert 0 <= top < top + tall <= height
        title = group.findtext("{*}title")
        assert title
        assert box.joined or title.startswith(box.nest.what)
        lines = group.findall("{*}line")
        assert len(lines) == (box.nest.is_shared and not box.joined)
        for text in group.findall("{*}text"):
            least = min(map(int, re.findall(r"\d+", text.attrib["class"])))
            assert text.text
            # The letters of most fonts are no wider than that.
            assert 6.5 * len(text.text) + 5 <= least * box.width
            assert top < float(text.attrib["y"]) < top + tall


def test_each_width_of_the_picture_has_one_of_the_texts() -> None:
    entry = nest("f", 0, nest(MANY, 0, nest("for 128", 25, lanes=16), nest("for 3", 75)))
    picture = ElementTree.fromstring(loops_svg(entry, COLOURS))
    chosen = [group.findall("{*}text") for group in picture.findall("{*}g")]
    names = [
        {
            int(width): text.text
            for text in texts
            if text.attrib["y"] == texts[0].attrib["y"]
            for width in re.findall(r"\d+", text.attrib["class"])
        }
        for texts in chosen
    ]
    assert names[2] == {
        440: "for 128",
        640: "for 128, 16 at once",
        900: "for 128, 16 numbers at once",
        1150: "for 128, 16 numbers at once",
    }
    assert set(names[1].values()) == {MANY}


def test_small_loops_are_one_box() -> None:
    entry = nest("f", 0, nest("for 1000", 1000), *[nest("for 2", 1) for _ in range(3)])
    *_, last = boxes_of(entry)
    assert (last.joined, last.depth) == (3, 1)
    assert last.left + last.width == pytest.approx(1)
    assert "3 small ones" in loops_svg(entry, COLOURS)
    assert "loops of less than 0.5% of the work, together" in legend_html(entry, COLOURS)
    assert "cores share" not in legend_html(entry, COLOURS)


def test_of_branches_the_costliest_is_drawn() -> None:
    ways = nest("branch 0", 30), nest("branch 1", 70)
    entry = nest("f", 0, Nest("if", None, 70, True, 1, ways))
    assert [box.nest.what for box in boxes_of(entry)] == ["f", "if", "branch 1"]
    assert "the costliest is drawn; 1 more cost" in loops_svg(entry, COLOURS)


def test_a_step_has_its_lines_and_chunks() -> None:
    explanation = explained("step")
    loops = explanation.loops
    assert loops is not None
    colours = LineColours(explanation.lines)
    picture = ElementTree.fromstring(loops_svg(loops, colours))
    assert picture.findall("{*}g/{*}line")
    titles = [group.findtext("{*}title") or "" for group in picture.findall("{*}g")]
    assert any("return np.mean(np.tanh(x @ w) ** 2)" in title for title in titles)
    legend = legend_html(loops, colours)
    assert "return np.mean(np.tanh(x @ w) ** 2)" in legend
    assert "cut into chunks that cores share" in legend
    # The costliest line has the first colour, here as in the picture of memory.
    assert colours.of(explanation.lines[0].place) == colour_of(0)
    assert colour_of(0) in legend


def test_lines_have_colours_by_what_they_cost() -> None:
    dear, cheap = Place("b.py", 9, "g"), Place("a.py", 2, "f")
    colours = LineColours([Line(dear, "y = x", Work(), {})], [cheap, None, dear])
    assert colours.of(dear) == colours.of(Place("b.py", 9, "<lambda>")) == colour_of(0)
    assert colours.of(cheap) == colour_of(1)
    assert colours.of(None) == colours.of(ELSEWHERE) == NO_COLOUR
    legend = colours.legend_html([dear, None, cheap, dear])
    assert legend.index("a.py:2") < legend.index("b.py:9")
    assert legend.count("<i ") == 2


def test_texts_are_escaped() -> None:
    entry = nest('<f>&"', 0, nest("for 2", 1))
    assert "<f>" not in loops_svg(entry, COLOURS)
    assert "a&amp;b.py:3" in legend_html(entry, COLOURS)
