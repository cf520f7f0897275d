"""Patterns of sparse Jacobians, said and drawn."""

from __future__ import annotations

from collections import Counter
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from xform.frontend import jacobian, jit, spec
from xform.sparse.pattern import ColouredPattern, SparsityPattern


def pattern_of(dense: Any) -> SparsityPattern:
    rows, columns = np.nonzero(dense)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(dense)))])
    return SparsityPattern(offsets, columns.astype(np.int32), np.shape(dense)[1])


def boxes(picture: ColouredPattern) -> tuple[list[Any], Any]:
    """The filled boxes, and the picture."""
    root = ElementTree.fromstring(picture.svg())
    return [box for box in root.findall("{*}rect") if box.get("fill") != "none"], root


BAND = np.tri(6, k=1) - np.tri(6, k=-2)


def test_a_band_takes_as_many_products_as_it_is_wide() -> None:
    coloured = ColouredPattern(pattern_of(BAND), forward=True, place="f.py:3")
    assert coloured.products == 3
    assert str(coloured) == "6 x 6 with 16 entries, by 3 jvps of columns at once  f.py:3"
    filled, root = boxes(coloured)
    # One for each entry, and one for each column along the edge.
    assert len(filled) == 16 + 6
    assert len({box.get("fill") for box in filled}) == 3
    # Entries have the colour of their column.
    by_column = {}
    for box in filled:
        by_column.setdefault(box.get("x"), set()).add(box.get("fill"))
    assert [len(colours) for colours in by_column.values()] == [1] * 6
    assert root.get("aria-label") == str(coloured)


def test_rows_at_once() -> None:
    row = np.ones((1, 5))
    coloured = ColouredPattern(pattern_of(row), forward=False, place="")
    assert coloured.products == 1
    assert "by 1 vjp of rows at once" in str(coloured)
    filled, _ = boxes(coloured)
    assert len(filled) == 5 + 1


def test_large_patterns_are_drawn_coarser() -> None:
    coloured = ColouredPattern(pattern_of(np.eye(1000)), forward=True, place="")
    filled, root = boxes(coloured)
    assert len(filled) == 2 * 125
    width, height = (float(root.get(side) or 0) for side in ("width", "height"))
    assert max(width, height) < 450
    for box in filled:
        assert float(box.get("x")) + float(box.get("width")) <= width + 1
        assert float(box.get("y")) + float(box.get("height")) <= height + 1


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (2, 2)])
def test_nothing_to_draw(shape: tuple[int, int]) -> None:
    coloured = ColouredPattern(pattern_of(np.zeros(shape)), forward=True, place="")
    filled, _ = boxes(coloured)
    assert len(filled) == shape[1]
    assert "with 0 entries" in str(coloured)


def test_explained() -> None:
    difference = jacobian(lambda x: x[1:] - x[:-1], sparsity="auto")
    explanation = jit(difference).lower(spec(9, "float32")).explain()
    (picture,) = explanation.pictures
    assert "8 x 9 with 16 entries, by 2 jvps of columns at once  test_pattern_picture.py:" in (
        str(picture)
    )
    assert f"Sparse Jacobians\n  {picture}\n" in str(explanation)
    assert picture.svg() in explanation.html()
    assert explanation.data()["sparse_jacobians"] == [str(picture)]
    dense = jit(jacobian(lambda x: x[1:] - x[:-1])).lower(spec(9, "float32")).explain()
    assert dense.pictures == ()
    assert Counter(str(dense).split())["Sparse"] == 0
