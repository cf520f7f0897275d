"""Keys of values: what they tell apart although it is equal, and what they do not."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import pathlib
import re
import uuid
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from equal_but_different import NAN, PAIRS, Colour, Equal, Liar, Named, Options, Point, Slots, shown
from xform import pytrees
from xform.identity import exact


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=shown)
def test_what_is_only_equal_is_told_apart(one: Any, other: Any) -> None:
    assert exact(one) != exact(other)
    assert exact((one, [one])) != exact((one, [other]))
    hash(exact(one))


OPTIONS = Options(1)
MAKERS: list[Any] = [
    lambda: 1,
    lambda: NAN,
    lambda: float("nan"),
    lambda: (1, (2.0, "a", None, ...), frozenset("abc")),
    lambda: "".join(["a", "b"]),
    lambda: Options(1, 2),
    lambda: Options(1, [1, {"a": np.array([1.0, NAN])}]),
    lambda: Options(1, np.arange(1000.0)),
    lambda: Slots(1, "x"),
    lambda: Equal(len),
    lambda: Named("a"),
    lambda: Liar(3),
    lambda: Point(1, 2),
    lambda: Colour.RED,
    lambda: OPTIONS.__hash__,
    lambda: "ab".join,
    lambda: np.add.reduce,
    lambda: np.float32(2),
    lambda: np.datetime64(1, "D"),
    lambda: np.dtype("<f8"),
    lambda: np.dtype([("a", "f8"), ("b", "i4")]),
    lambda: np.dtype(ml_dtypes.bfloat16),
    lambda: decimal.Decimal("1.0"),
    lambda: fractions.Fraction(1, 2),
    lambda: datetime.datetime(2020, 1, 1),
    lambda: pathlib.PurePosixPath("a/b"),
    lambda: uuid.UUID(int=3),
    lambda: re.compile("a"),
    lambda: collections.OrderedDict(a=1),
    lambda: collections.deque([1], 2),
]


@pytest.mark.parametrize("make", MAKERS)
def test_what_is_made_anew_in_the_same_way_is_not(make: Any) -> None:
    assert exact(make()) == exact(make())
    assert hash(exact(make())) == hash(exact(make()))


def test_a_value_inside_of_itself() -> None:
    def knot(number: int) -> list[Any]:
        items: list[Any] = [number]
        items.append(items)
        return items

    assert exact(knot(1)) == exact(knot(1)) != exact(knot(2))


def test_a_key_keeps_what_it_stands_for() -> None:
    keys = {exact(object()) for _ in range(100)}
    assert len(keys) == 100


EQUAL_STRUCTURES: list[tuple[Any, Any]] = [
    ({"u": 0, "v": 0}, {"v": 0, "u": 0}),
    ({1: 0}, {True: 0}),
    ({0.0: 0}, {-0.0: 0}),
    ({"a": 0}, {Named("a"): 0}),
    ([{"k": ({"u": 0, "v": 0},)}], [{"k": ({"v": 0, "u": 0},)}]),
    (Point({"u": 0, "v": 0}, 1), Point({"v": 0, "u": 0}, 1)),
]


@pytest.mark.parametrize(("one", "other"), EQUAL_STRUCTURES, ids=shown)
def test_structures(one: Any, other: Any) -> None:
    first, second = pytrees.structure(one), pytrees.structure(other)
    assert first == second
    assert pytrees.exact_structure(first) != pytrees.exact_structure(second)
    assert pytrees.exact_structure(first) == pytrees.exact_structure(pytrees.structure(one))
    same_keys = "u" in repr(one)
    unordered = [pytrees.exact_structure(spec, order=False) for spec in (first, second)]
    assert (unordered[0] == unordered[1]) == same_keys
