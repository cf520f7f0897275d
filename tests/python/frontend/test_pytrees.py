"""Pytrees: containers, registration, paths and prefixes."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass, field
from typing import Any

import pytest
from xform import pytrees, tree

Point = namedtuple("Point", "x y")


@dataclass
class Inner:
    a: Any


@dataclass(frozen=True)
class Outer:
    inner: Inner
    label: str = field(default="", metadata={"static": True})
    total: Any = field(init=False, default=0)

    def __post_init__(self) -> None:
        raise AssertionError("unflattening must not run this")


def _outer(inner: Inner, label: str, total: Any) -> Outer:
    node = object.__new__(Outer)
    for name, value in (("inner", inner), ("label", label), ("total", total)):
        object.__setattr__(node, name, value)
    return node


@pytest.mark.parametrize(
    ("value", "leaves"),
    [
        (1, [1]),
        (None, []),
        ((1, [2, None], {"b": 3, "a": 4}), [1, 2, 4, 3]),
        (Point(1, Point(2, None)), [1, 2]),
        (OrderedDict(b=1, a=2), [1, 2]),
        (defaultdict(list, b=1, a=2), [2, 1]),
        (deque([1, 2]), [1, 2]),
        ([Inner({"k": 5})], [5]),
        (_outer(Inner(1), "name", 2), [1, 2]),
        ({1: "a", "k": "b"}, ["a", "b"]),
    ],
)
def test_round_trip(value: Any, leaves: list[Any]) -> None:
    found, spec = tree.flatten(value)
    assert found == leaves
    assert tree.leaves(value) == leaves
    assert tree.structure(value) == spec
    back = tree.unflatten(spec, found)
    assert type(back) is type(value)
    assert back == value


def test_static_fields_are_structure() -> None:
    one, other = _outer(Inner(1), "one", 2), _outer(Inner(1), "other", 2)
    assert tree.structure(one) != tree.structure(other)
    assert tree.structure(one) == tree.structure(_outer(Inner(5), "one", 6))


def test_map() -> None:
    assert tree.map(lambda a, b: a + b, {"k": (1, None)}, {"k": (10, None)}) == {"k": (11, None)}
    with pytest.raises(ValueError, match=r"pytree 1 has structure.*\[\*\].*expected \(\*,\)"):
        tree.map(lambda a, b: a, (1,), [1])


def test_register() -> None:
    class Box:
        def __init__(self, content: Any, tag: str) -> None:
            self.content, self.tag = content, tag

    assert tree.leaves(Box(1, "t"))[0].tag == "t", "a plain class is a leaf"
    tree.register(Box, lambda b: ((b.content,), b.tag), lambda tag, parts: Box(parts[0], tag))
    doubled = tree.map(lambda x: 2 * x, Box((1, 2), "t"))
    assert doubled.content == (2, 4)
    assert doubled.tag == "t"
    with pytest.raises(ValueError, match="Box is a container already"):
        tree.register(Box, lambda b: ((), None), lambda kept, parts: Box(None, ""))
    with pytest.raises(TypeError, match="expected a class"):
        tree.register(3, lambda b: ((), None), lambda kept, parts: None)  # type: ignore[arg-type]


def test_paths() -> None:
    value = {"w": [1, Point(2, Inner(3))]}
    assert pytrees.paths(tree.structure(value), "p") == [
        "p['w'][0]",
        "p['w'][1].x",
        "p['w'][1].y.a",
    ]


def test_argument_names() -> None:
    def f(x: Any, y: Any = 0, *rest: Any, k: Any = 0) -> None:
        pass

    assert pytrees.argument_paths(f, (1, 2, 3), {"k": 4}) == [
        "argument 0 ('x')",
        "argument 1 ('y')",
        "argument 2 ('rest[0]')",
        "keyword argument 'k'",
    ]
    assert pytrees.argument_paths(max, (1,), {}) == ["argument 0"]


def _prefix(prefix: Any, value: Any) -> list[Any]:
    def accepts(part: Any) -> bool:
        return part is None or isinstance(part, int)

    return pytrees.prefix_leaves(prefix, value, "dims", accepts, "an int")


def test_prefixes() -> None:
    value = ({"a": 1, "b": (2, 3)}, None, Inner(4))
    assert _prefix(0, value) == [0, 0, 0, 0]
    assert _prefix(({"a": None, "b": 1}, 5, 2), value) == [None, 1, 1, 2]
    assert _prefix(({"a": 0, "b": (1, 2)}, None, Inner(3)), value) == [0, 1, 2, 3]
    for bad, message in [
        (({"a": 0, "b": [1, 2]}, None, 3), r"dims\[0\]\['b'\].*a list of 2.*a tuple of 2"),
        (({"a": (0, 1), "b": 1}, None, 3), r"dims\[0\]\['a'\].*single array"),
        (({"a": 0}, None, 3), r"dims\[0\].*keys \['a'\].*keys \['a', 'b'\]"),
        ((0, None), r"dims: .*tuple of 2.*tuple of 3"),
        ((0, None, "x"), r"dims\[2\]: expected an int.*'x'"),
    ]:
        with pytest.raises(ValueError, match=message):
            _prefix(bad, value)
