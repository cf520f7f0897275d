"""Pairs of values that are equal and that a function can tell apart."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import functools
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np


def shown(value: Any) -> str:
    """A test's id: the repr without addresses, which differ between processes."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


@dataclass(frozen=True)
class Options:
    n: Any
    hidden: Any = field(compare=False, default=0)


class Slots:
    __slots__ = ("__private", "public")

    def __init__(self, public: Any, private: Any) -> None:
        self.public, self.__private = public, private

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slots)

    def __hash__(self) -> int:
        return 1


class Equal:
    """Equal to every other one."""

    def __init__(self, content: Any) -> None:
        self.content = content

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Equal)

    def __hash__(self) -> int:
        return 1


class EqualCallable(Equal):
    def __call__(self, x: Any) -> Any:
        return x * self.content


class Guarded(Equal):
    def __reduce__(self) -> Any:
        raise TypeError("not to be copied")


class Named(str):
    pass


class Liar(int):
    def __int__(self) -> int:
        return 5


class Colour(enum.IntEnum):
    RED = 1


Point = collections.namedtuple("Point", "x y")
Pair = collections.namedtuple("Pair", "x y")
NAN = float("nan")
MIDNIGHT = datetime.datetime(2020, 1, 1)

PAIRS: list[tuple[Any, Any]] = [
    (1, True),
    (1, 1.0),
    (1, 1 + 0j),
    (0.0, -0.0),
    (complex(0, 0.0), complex(0, -0.0)),
    (np.float64(1), 1.0),
    (np.float64(0.0), np.float64(-0.0)),
    (np.float32(1), np.float64(1)),
    (np.int64(1), 1),
    (np.bool_(True), True),
    (np.datetime64(1, "D"), np.datetime64(24, "h")),
    (np.str_("a"), "a"),
    (np.dtype("f8"), np.dtype("f8", metadata={"unit": "m"})),
    (np.dtype("f8"), np.float64),
    (np.dtype("f8"), "float64"),
    (np.dtype("l"), np.dtype("q")),
    ((2,), (2.0,)),
    ((1, (0.0, "a")), (1, (-0.0, "a"))),
    (frozenset({1}), frozenset({True})),
    (range(0), range(1, 1)),
    (slice(1), slice(True)),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({1: 2}, {True: 2}),
    (b"a", bytearray(b"a")),
    (collections.OrderedDict(a=1), {"a": 1}),
    (collections.OrderedDict(a=1), collections.OrderedDict(a=True)),
    (collections.Counter("a"), {"a": 1}),
    (collections.deque([1], 2), collections.deque([1], 3)),
    (Options(1), Options(True)),
    (Options(1, 2), Options(1, 3)),
    (Options(1, [1]), Options(1, [1.0])),
    (Options(1, np.array([0.0])), Options(1, np.array([-0.0]))),
    (Options(1, np.zeros(1000)), Options(1, -np.zeros(1000))),
    (Options(1, np.array([1, None])), Options(1, np.array([True, None]))),
    (Slots(1, 2), Slots(1, 3)),
    (Slots(1, 2), Slots(2, 2)),
    (Equal(len), Equal(abs)),
    (EqualCallable(2), EqualCallable(2)),
    (Guarded(1), Guarded(1)),
    (Colour.RED, 1),
    (Named("a"), "a"),
    (Liar(3), 3),
    (Liar(3), Liar(4)),
    (Point(1, 2), (1, 2)),
    (Point(1, 2), Pair(1, 2)),
    (decimal.Decimal("1.0"), decimal.Decimal("1.00")),
    (fractions.Fraction(1), 1),
    (MIDNIGHT, MIDNIGHT.replace(fold=1)),
    (functools.partial(len), functools.partial(len)),
    (Options(1).__hash__, Options(1).__hash__),
    ([1].append, [1].append),
]
