"""Vectors of elements, and the search for the one to blame."""

from __future__ import annotations

import numpy as np
import pytest
from xform.verification.layout import Layout, element_to_blame

LAYOUT = Layout(("a", "b['c']", "d"), ((), (0, 3), (2, 2)))


def test_there_and_back() -> None:
    arrays = [np.array(1.0), np.zeros((0, 3)), np.arange(4.0).reshape(2, 2)]
    for x, y in zip(arrays, LAYOUT.unpacked(LAYOUT.packed(arrays)), strict=True):
        np.testing.assert_array_equal(x, y, strict=True)


def test_places() -> None:
    assert [str(LAYOUT.place(i)) for i in range(LAYOUT.size)] == [
        "a",
        "d[0, 0]",
        "d[0, 1]",
        "d[1, 0]",
        "d[1, 1]",
    ]
    with pytest.raises(IndexError):
        LAYOUT.place(5)


@pytest.mark.parametrize("guilty", range(5))
def test_the_guilty_one_is_found(guilty: int) -> None:
    assert element_to_blame(range(5), lambda some: -1.0 if guilty in some else 0.0) == guilty


def test_nan_is_worse_than_any_number() -> None:
    assert element_to_blame(range(4), lambda some: np.nan if 1 in some else 1e300) == 1


def test_nobody_is_blamed_for_what_is_not_there() -> None:
    assert element_to_blame(range(4), lambda some: 0.0) is None
    assert element_to_blame([], lambda some: 1.0) is None
