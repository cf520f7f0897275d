"""Programs kept for reuse: pairs of calls that a function can tell apart, and calls that hit."""

from __future__ import annotations

import functools
import gc
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from equal_but_different import PAIRS, Equal, EqualCallable, Options, Point, shown
from xform import tree
from xform.frontend import grad, jacobian, jit, linearize, vjp, vmap

X, Y = np.arange(3.0) + 1, np.arange(3.0) + 5


def is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


@pytest.fixture
def number_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """`number_of(jitted, *calls)` says which of its programs each call takes.

    A program is traced as usual, but nothing is compiled.
    """

    class Numbered:
        count = 0

        def __init__(self, *_: Any) -> None:
            Numbered.count += 1
            self.number = Numbered.count

        def run(self, _: Any) -> int:
            return self.number

        run_plain = run

    monkeypatch.setattr("xform.transforms.jit.Compiled", Numbered)

    def number_of(jitted: Any, *calls: tuple[Any, ...]) -> list[int]:
        first = Numbered.count
        return [jitted(*arguments) - first for arguments in calls]

    return number_of


@pytest.mark.parametrize(
    ("one", "other"), [p for p in PAIRS if is_hashable(p[0]) and is_hashable(p[1])], ids=shown
)
def test_static_values(number_of: Any, one: Any, other: Any) -> None:
    fast = jit(lambda x, what: x, static_argnums=1)
    calls = [(1.0, value) for value in (one, other, one, other, (one,), (other,))]
    assert number_of(fast, *calls) == [1, 2, 1, 2, 3, 4]
    by_name = functools.partial(lambda x, what: fast(x, what=what))
    assert number_of(by_name, *calls[:4]) == [1, 2, 1, 2]


@pytest.mark.parametrize(
    "make",
    [
        lambda: ("relu", 3, (1.5, None)),
        lambda: float("nan"),
        lambda: Options(1, 2),
        lambda: Equal("text"),
        lambda: Point(1, np.float32(2)),
        lambda: np.dtype("float32"),
        lambda: np.tanh,
    ],
)
def test_equal_static_values_hit(number_of: Any, make: Callable[[], Any]) -> None:
    fast = jit(lambda x, what: x, static_argnums=1)
    assert number_of(fast, (1.0, make()), (2.0, make()), (3.0, make())) == [1, 1, 1]


@dataclass
class Layer:
    w: Any
    act: Any = field(metadata={"static": True})


class Box:
    def __init__(self, content: Any, tag: Any) -> None:
        self.content, self.tag = content, tag


tree.register(Box, lambda b: ((b.content,), b.tag), lambda tag, parts: Box(parts[0], tag))

STRUCTURES: list[tuple[Any, Any]] = [
    ({"u": 1.0, "v": 2.0}, {"v": 2.0, "u": 1.0}),
    ([({"u": X, "v": 2.0}, 1)], [({"v": 2.0, "u": X}, 1)]),
    ({1: X}, {True: X}),
    ({0.0: X}, {-0.0: X}),
    (Layer(X, 1), Layer(X, True)),
    (Layer(X, 0.0), Layer(X, -0.0)),
    (Layer(X, EqualCallable(2.0)), Layer(X, EqualCallable(3.0))),
    (Layer(X, Options(1, 2)), Layer(X, Options(1, 3))),
    (Layer(X, [0.0]), Layer(X, [-0.0])),
    (Layer(X, np.array([1, 0])), Layer(X, np.array([True, False]))),
    (Box(X, ("a", 1)), Box(X, ("a", 1.0))),
    (1, True),
    (1, 1.0),
    (1.0, np.float64(1.0)),
    (np.float32(1), np.float64(1)),
    (np.array([1]), np.array([True])),
]


@pytest.mark.parametrize(("one", "other"), STRUCTURES, ids=shown)
def test_arguments(number_of: Any, one: Any, other: Any) -> None:
    fast = jit(lambda what: 1.0)
    calls = [(value,) for value in (one, other, one, other)]
    assert number_of(fast, *calls) == [1, 2, 1, 2]
    # As a part of other arguments, which takes another way than plain ones.
    assert number_of(fast, *([call] for call in calls)) == [1, 2, 1, 2]


def test_the_order_of_dicts_is_the_function_s_to_see() -> None:
    stacked = jit(lambda d: np.stack(list(d.values())))
    np.testing.assert_array_equal(stacked({"u": 1.0, "v": 2.0}), [1, 2])
    np.testing.assert_array_equal(stacked({"v": 2.0, "u": 1.0}), [2, 1])
    back = jit(lambda d: {key: 2 * x for key, x in d.items()})
    assert list(back({"v": 2.0, "u": 1.0})) == ["v", "u"]
    assert list(back({"u": 2.0, "v": 1.0})) == ["u", "v"]
    direct = grad(lambda d: d["v"] * d["u"])
    assert [list(direct(d)) for d in ({"v": 2.0, "u": 1.0}, {"u": 2.0, "v": 1.0})] == [
        ["v", "u"],
        ["u", "v"],
    ]


def test_the_order_of_keywords(number_of: Any) -> None:
    seen: list[list[str]] = []

    def variable(x: Any, **more: Any) -> Any:
        seen.append(list(more))
        return x

    @functools.wraps(lambda x, a, b: None)
    def wrapper(*args: Any, **more: Any) -> Any:
        return variable(*args, **more)

    def fixed(x: Any, a: Any, b: Any) -> Any:
        return variable(x, a=a, b=b)

    for function, traces in ((variable, 2), (wrapper, 2), (fixed, 1)):
        for static in ((), "a", ("a", "b")):
            seen.clear()
            fast = jit(function, static_argnames=static)
            for _ in range(2):
                fast(1.0, a=1, b=2)
                fast(1.0, b=2, a=1)
            assert seen == [["a", "b"], ["b", "a"]][:traces]
    seen.clear()
    jit(lambda x: jit(variable, static_argnames="b")(x, b=1, a=2))(1.0)
    assert seen == [["b", "a"]]


def test_functions_are_kept_by_identity() -> None:
    two, three = EqualCallable(2.0), EqualCallable(3.0)
    assert two == three
    assert [jit(f)(1.0).item() for f in (two, three, two)] == [2, 3, 2]
    assert [jit(f.__call__)(1.0).item() for f in (two, three)] == [2, 3]
    kept = weakref.ref(two)
    del two
    gc.collect()
    assert kept() is None, "programs do not keep their function"


def test_two_jits_of_one_function_share_programs(number_of: Any) -> None:
    def f(x: Any) -> Any:
        return x

    fast, again, other = jit(f), jit(f), jit(f, device="vulkan")
    assert number_of(lambda g: g(1.0), (fast,), (again,), (other,), (fast,)) == [1, 1, 2, 1]


def test_unhashable_static_values(user_error: Any) -> None:
    fast = jit(lambda x, k: x, static_argnums=1)
    for value, kind in (([1], "list"), ((1, [2]), "tuple"), ({}, "dict"), (X, "ndarray")):
        with user_error(TypeError, "argument 1 ('k') is static", "hashable", f"got {kind}"):
            fast(1.0, value)


def test_compiled_programs_check_what_only_equals() -> None:
    compiled = jit(lambda layer: layer.w * layer.act).lower(Layer(X, 1)).compile()
    np.testing.assert_array_equal(compiled(Layer(Y, 1)), Y)
    with pytest.raises(ValueError, match="another type or identity"):
        compiled(Layer(Y, True))
    # Its arguments are found by their keys, as in a file.
    compiled = jit(lambda d: d["u"] - d["v"]).lower({"u": X, "v": Y}).compile()
    np.testing.assert_array_equal(compiled({"v": Y, "u": X}), X - Y)


DIRECT: list[tuple[str, Callable[[], Any], Any]] = [
    ("two arguments", lambda: grad(lambda a, b: np.sum(a * b))(X, Y), Y),
    ("one closed over", lambda: grad(lambda a: np.sum(a * Y))(X), Y),
    ("another one", lambda: grad(lambda a: np.sum(a * X))(X), X),
    ("two others", lambda: grad(lambda a, b: np.sum(a * b))(X, 2 * Y), 2 * Y),
    ("first closed over", lambda: grad(lambda a: np.sum(a + Y))(X), np.ones(3)),
    ("then an argument", lambda: grad(lambda a, b: np.sum(a + b))(X, Y), np.ones(3)),
    ("vmap of two", lambda: vmap(lambda a, b: a * b)(X, Y), X * Y),
    ("another structure", lambda: vmap(lambda a, b: {"k": a * b})(X, Y)["k"], X * Y),
    ("a number", lambda: grad(lambda a, s: np.sum(a * s))(X, 2.0), np.full(3, 2)),
    ("an array for it", lambda: grad(lambda a, s: np.sum(a * s))(X, np.float64(3)), np.full(3, 3)),
    ("pullback of two", lambda: vjp(lambda a, b: a * b, X, Y)[1](np.ones(3)), (Y, X)),
    ("pullback of one", lambda: vjp(lambda a: a * Y, X)[1](np.ones(3)), (Y,)),
    ("pullback of two others", lambda: vjp(lambda a, b: a * b, Y, X)[1](np.ones(3)), (X, Y)),
    ("pushforward of two", lambda: linearize(lambda a, b: a * b, X, Y)[1](X, X), X * (X + Y)),
    ("pushforward of one", lambda: linearize(lambda a: a * Y, X)[1](X), X * Y),
    (
        "pattern by both",
        lambda: [
            block.toarray()
            for block in jacobian(lambda a, b: a * b, argnums=(0, 1), sparsity="auto")(X, Y)
        ],
        [np.diag(Y), np.diag(X)],
    ),
    (
        "pattern by one of two",
        lambda: jacobian(lambda a, b: a * b, sparsity="auto")(X, Y).toarray(),
        np.diag(Y),
    ),
    (
        "pattern with one closed over",
        lambda: jacobian(lambda a: a * Y, sparsity="auto")(X).toarray(),
        np.diag(Y),
    ),
]


def test_direct_calls_of_equal_programs() -> None:
    for name, call, expected in DIRECT:
        for _ in range(2):
            found, wanted = tree.leaves(call()), tree.leaves(expected)
            assert len(found) == len(wanted), name
            for x, y in zip(found, wanted, strict=True):
                np.testing.assert_array_equal(x, y, err_msg=name)


def test_what_is_no_array_in_a_direct_call() -> None:
    def f(tag: Any) -> Any:
        return grad(lambda x: (x * x, tag), has_aux=True)(3.0)[1]

    for tag in ("one", "two", len, abs, "one"):
        assert f(tag) is tag
    assert [f(tag).dtype.name for tag in (1, True, 1.0)] == ["int64", "bool", "float64"]
    kinds: list[type[Any]] = []
    for flag in (1, True):
        grad(lambda x, flag: kinds.append(type(flag)) or x)(1.0, flag=flag)  # type: ignore[func-returns-value]
    assert kinds == [int, bool]
