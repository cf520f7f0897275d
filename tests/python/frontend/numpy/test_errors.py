"""Mistakes: each raises its class, says what is wrong and names the user's line."""

from __future__ import annotations

import copy
import math
import pickle
import re
from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from xform import frontend
from xform.errors import (
    LeakedArrayError,
    TracedValueError,
    XformIndexError,
    XformTypeError,
    XformValueError,
)
from xform.numpy import AxisError

M = np.ones((3, 4))
V = np.ones(3)


def write_element(x):
    a = np.zeros(3)
    a[0] = x[0, 0]


def write_array(x):
    a = np.zeros((3, 4))
    a[:] = x


def add_to_array(x):
    a = np.zeros((3, 4))
    a += x


def multiply_into(x):
    np.multiply(x, 2, out=np.zeros((3, 4)))


def branch(x):
    if x.sum() > 0:
        return x
    return -x


def loop(x):
    while x.max() < 10:
        x = x * 2
    return x


def count(x):
    for _ in range(x.astype(int)[0, 0]):
        pass


VALUE_ERRORS: dict[str, tuple[Any, str]] = {
    "if": (branch, "xform.numpy.where"),
    "while": (loop, "bool(x)"),
    "and": (lambda x: x.any() and x.all(), "combine with &"),
    "in": (lambda x: 1.0 in x, "bool(x)"),
    "float": (lambda x: float(x[0, 0]), "float(x)"),
    "int": (lambda x: int(x[0, 0]), "astype(int)"),
    "math": (lambda x: math.sin(x[0, 0]), "float(x)"),
    "complex": (lambda x: complex(x[0, 0]), "complex(x)"),
    "index": (lambda x: [1, 2, 3][x.astype(int)[0, 0]], "index"),
    "range": (count, "range"),
    "size": (lambda x: xnp.zeros(x.astype(int)[0, 0]), "size"),
    "slice": (lambda x: x[: x.astype(int)[0, 0]], "dynamic_slice"),
    "item": (lambda x: x.sum().item(), "item()"),
    "tolist": (lambda x: x.tolist(), "tolist()"),
    "tobytes": (lambda x: x.tobytes(), "tobytes()"),
    "asarray": (lambda x: np.asarray(x), "xform.numpy.asarray"),
    "array": (lambda x: np.array([x[0, 0], x[0, 1]]), "xform.numpy"),
    "zeros array": (write_array, "xform.numpy.zeros"),
    "zeros add": (add_to_array, "xform.numpy.zeros"),
    "out": (multiply_into, "xform.numpy.zeros"),
    "pickle": (lambda x: pickle.dumps(x), "pickling"),
    "format": (lambda x: f"{x[0, 0]:.3f}", "format"),
    "arange": (lambda x: xnp.arange(x.astype(int)[0, 0]), "arange"),
}


def fails(function: Any, kind: type[BaseException], *parts: str) -> None:
    """Tracing it raises `kind`, with a message that has `parts` and ends with one of its lines."""
    with pytest.raises(kind) as caught:
        frontend.jit(function).lower(M)
    message = str(caught.value)
    for part in parts:
        assert part in message
    file, line = re.findall(r"\n  at (.*):(\d+)", message)[-1]
    assert file == function.__code__.co_filename
    assert int(line) in {line for *_, line in function.__code__.co_lines()}


@pytest.mark.parametrize("name", VALUE_ERRORS)
def test_value_needed(name: str) -> None:
    function, part = VALUE_ERRORS[name]
    fails(function, XformTypeError if name == "arange" else TracedValueError, part)


OTHERS: dict[str, tuple[Any, type[Exception], tuple[str, ...]]] = {
    "uncovered": (lambda x: np.save("x", x), XformTypeError, ("numpy.save", "file")),
    "near": (lambda x: np.roots(x), XformTypeError, ("numpy.roots", "zeros")),
    "ufunc": (lambda x: np.isnat(x), XformTypeError, ("numpy.isnat", "dates")),
    "ufunc method": (lambda x: np.hypot.at(x, 0, 1), XformTypeError, ("numpy.hypot.at",)),
    "lacking argument": (lambda x: np.array(1, subok=True, like=x), XformTypeError, ("subok",)),
    "broadcast": (lambda x: x + np.ones(3), XformValueError, ("(3, 4)", "(3,)")),
    "matmul": (lambda x: x @ x, XformValueError, ("(3, 4)", "4 columns", "3 rows")),
    "matmul 0-d": (lambda x: x @ x[0, 0], XformValueError, ("0-d",)),
    "matmul batch": (lambda x: x[None] @ xnp.ones((2, 4, 3))[:, None][:, :, :1],
                     XformValueError, ("matmul",)),
    "reshape": (lambda x: x.reshape(5, -1), XformValueError, ("(3, 4)", "(5, -1)")),
    "concatenate": (lambda x: np.concatenate([x, x[:, :2]]), XformValueError, ("(3, 2)",)),
    "stack": (lambda x: np.stack([x, x[0]]), XformValueError, ("one shape",)),
    "index": (lambda x: x[3], XformIndexError, ("index 3", "axis 0", "size 3")),
    "indices": (lambda x: x[0, 0, 0], XformIndexError, ("3 for an array of shape (3, 4)",)),
    "ellipsis": (lambda x: x[..., ...], XformIndexError, ("Ellipsis",)),
    "traced size": (lambda x: x[: x.argmax()], TracedValueError, ("dynamic_slice",)),
    "mask": (lambda x: np.sort(x[x > 0]), TracedValueError, ("traced mask", "where")),
    "index type": (lambda x: x["a"], XformTypeError, ("str",)),
    "slice step": (lambda x: x[::0], XformValueError, ("step",)),
    "slice type": (lambda x: x[1.5:], XformTypeError, ("slice",)),
    "write shape": (lambda x: x.__setitem__(0, np.ones(3)), XformValueError, ("(3,)", "(4,)")),
    "write mask": (lambda x: x.__setitem__(x > 0, np.ones(12)), XformTypeError, ("(12,)",)),
    "write mask shape": (lambda x: x.__setitem__(np.ones(2, bool), 1), XformIndexError, ("(2,)",)),
    "write broadcast": (lambda x: np.broadcast_to(x, (2, 3, 4)).__setitem__(0, 1),
                        XformValueError, ("read-only",)),
    "write shape grows": (lambda x: x[0].__iadd__(x), XformValueError, ("(3, 4)", "(4,)")),
    "write dtype": (lambda x: x.astype(int).__iadd__(0.5), XformTypeError, ("int64",)),
    "axis": (lambda x: x.sum(2), AxisError, ("sum", "axis 2", "2 axes")),
    "axis twice": (lambda x: x.sum((0, 0)), AxisError, ("twice",)),
    "axis type": (lambda x: x.sum("a"), XformTypeError, ("str",)),
    "empty max": (lambda x: x[:0].max(0), XformValueError, ("initial",)),
    "bitwise": (lambda x: x & 1, XformTypeError, ("bitwise_and", "float64")),
    "subtract bool": (lambda x: (x > 0) - (x > 1), XformTypeError, ("subtract",)),
    "negative power": (lambda x: x.astype(int) ** -1, XformValueError, ("negative",)),
    "int range": (lambda x: x.astype(np.uint8) + 300, XformValueError, ("300", "uint8")),
    "strings": (lambda x: np.add(x, "a"), XformTypeError, ("str",)),
    "einsum letters": (lambda x: np.einsum("i", x), XformValueError, ("'i'", "(3, 4)")),
    "einsum output": (lambda x: np.einsum("ij->ik", x), XformValueError, ("'ik'",)),
    "einsum size": (lambda x: np.einsum("ij,ji", x, x), XformValueError, ("4 and 3",)),
    "einsum count": (lambda x: np.einsum("ij,jk", x), XformValueError, ("2 terms",)),
    "einsum casting": (lambda x: np.einsum("ij", x, dtype=np.float32), XformTypeError,
                       ("float64", "float32", "'safe'")),
    "linalg outer": (lambda x: np.linalg.outer(x, x), XformValueError, ("vectors", "(3, 4)")),
    "norm": (lambda x: np.linalg.norm(x, 3), XformValueError, ("ord 3",)),
    "where alone": (lambda x: np.add(x, 1, where=x > 0), XformTypeError, ("out",)),
    "iterate 0-d": (lambda x: list(x.sum()), XformTypeError, ("0-d",)),
    "len 0-d": (lambda x: len(x.sum()), XformTypeError, ("0-d",)),
    "split": (lambda x: np.split(x, 2), XformValueError, ("3 rows",)),
    "tensordot": (lambda x: np.tensordot(x, x, 1), XformValueError, ("(3, 4)",)),
    "squeeze": (lambda x: np.squeeze(x, 0), XformValueError, ("squeeze",)),
    "full": (lambda x: xnp.full((2,), x), XformValueError, ("(3, 4)",)),
    "negative size": (lambda x: xnp.zeros(-1), XformValueError, ("negative",)),
    "bins": (lambda x: np.histogram(x, bins=np.array([5, 3, 1], np.uint8)), XformValueError,
             ("bins", "ascend")),
    "bins of a grid": (lambda x: np.histogramdd(x[:, :2], [[0, 1], [2, 3, 1]]), XformValueError,
                       ("bins", "ascend")),
    "range": (lambda x: np.histogram(x, range=(0, np.inf)), XformValueError, ("not finite",)),
    "select": (lambda x: np.select([x > 0, x], [x, x]), XformTypeError,
               ("condition 1", "float64")),
    "vsplit": (lambda x: np.vsplit(x[0], 2), XformValueError, ("vsplit", "(4,)")),
    "fweights": (lambda x: np.cov(x, fweights=[1, 1, -1, 1]), XformValueError,
                 ("fweights", "negative")),
    "put": (lambda x: np.put(x + 0, [0, 12], 1), XformIndexError, ("put", "12")),
    "choose": (lambda x: np.choose([0, 2], [x[:, :2], x[:, 2:]]), XformValueError,
               ("choose", "2")),
    "initial": (lambda x: np.sum(x, 0, initial=np.ones(4)), XformValueError, ("initial", "(4,)")),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_mistakes(name: str) -> None:
    function, kind, parts = OTHERS[name]
    fails(function, kind, *parts)


def test_unknown_name_suggests_a_near_one() -> None:
    with pytest.raises(AttributeError, match=r"did you mean .*concatenate"):
        xnp.concatenat  # noqa: B018
    with pytest.raises(AttributeError, match="norm"):
        xnp.linalg.nrom  # noqa: B018


def test_uncovered_function_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"numpy\.i0 is not supported on traced arrays"):
        frontend.jit(lambda x: np.i0(x)).lower(V)


def test_writing_into_an_outer_array() -> None:
    def outer(x):
        total = xnp.zeros(3)

        def inner(row):
            total[0] = row[0]
            return row

        return frontend.vmap(inner)(x), total

    with pytest.raises(TracedValueError, match=r"outside of the function.*\n  at .*test_errors"):
        frontend.jit(outer).lower(M)


def test_copy_of_an_outer_array_can_be_written() -> None:
    def outer(x):
        total = xnp.zeros(4)

        def inner(row):
            own = copy.copy(total)
            own[0] = row[1]
            return own

        return frontend.vmap(inner)(x)

    result = frontend.jit(outer)(np.arange(12.0).reshape(3, 4))
    np.testing.assert_array_equal(result, [[1, 0, 0, 0], [5, 0, 0, 0], [9, 0, 0, 0]])


@pytest.mark.parametrize("use", [lambda x: x + 1, np.sum, np.asarray, lambda x: xnp.stack([x])])
def test_leaked_array(use: Any) -> None:
    stored = []
    frontend.jit(lambda x: stored.append(x) or x).lower(M)
    with pytest.raises(LeakedArrayError, match="had returned"):
        use(stored[0])


def test_repr_shows_type_and_not_elements() -> None:
    seen = []

    def f(x, n):
        seen.extend([repr(x), f"{x}", repr(n)])
        return x

    frontend.jit(f).lower(M.astype(np.float32), 2.0)
    assert seen == ["TracedArray((3, 4), float32)"] * 2 + ["TracedArray((), float64, weak)"]


def test_writing_an_element_into_a_numpy_array() -> None:
    with pytest.raises(TracedValueError, match=r"xform\.numpy\.zeros(.|\n)*write_element"):
        frontend.jit(write_element).lower(M)


def test_other_objects_are_left_to_python() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        frontend.jit(lambda x: x + object()).lower(M)


def test_comparison_with_none_is_pythons() -> None:
    def f(x):
        assert (x == None) is False  # noqa: E711
        assert (x != None) is True  # noqa: E711
        return x

    frontend.jit(f).lower(M)
