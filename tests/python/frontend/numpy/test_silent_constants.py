"""No traced value becomes a constant, an object or a number on its way through Python or NumPy."""

from __future__ import annotations

import array
import bisect
import cmath
import copy
import ctypes
import decimal
import fractions
import heapq
import json
import math
import operator
import pickle
import random
import statistics
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from test_errors import fails
from xform import frontend
from xform.errors import TracedValueError, XformTypeError
from xform.tracing.array import TracedArray

M = np.arange(12.0).reshape(3, 4)
A = np.arange(12.0)


def number(x: Any) -> Any:
    return x[0, 0]


def count(x: Any) -> Any:
    return x[0, 0].astype(int)


def matches(x: Any) -> Any:
    match number(x):
        case 1.0:
            return 1


def writes(write: Callable[[np.ndarray, Any], Any]) -> Callable[[Any], Any]:
    """A function that writes into an array of NumPy's."""
    return lambda x: write(np.zeros((3, 4)), x)


# Raised by xform, with a remedy and the line of the lambda.
REFUSED: dict[str, Callable[[Any], Any]] = {
    # numbers
    "float": lambda x: float(number(x)),
    "int": lambda x: int(number(x)),
    "complex": lambda x: complex(number(x)),
    "bool": lambda x: bool(number(x)),
    "item": lambda x: number(x).item(),
    "tolist": lambda x: x.tolist(),
    "tobytes": lambda x: x.tobytes(),
    "bytes": lambda x: bytes(x),
    "float64": lambda x: np.float64(number(x)),
    "float32 of an array": lambda x: np.float32(x),
    "int64": lambda x: np.int64(count(x)),
    "bool_": lambda x: np.bool_(number(x)),
    "index": lambda x: operator.index(count(x)),
    "chr": lambda x: chr(count(x)),
    "hex": lambda x: hex(count(x)),
    "range": lambda x: range(count(x)),
    "c_double": lambda x: ctypes.c_double(number(x)),
    "ctypes array": lambda x: (ctypes.c_double * 2)(number(x), 1.0),
    "array.array": lambda x: array.array("d", [number(x)]),
    # math
    "math.sin": lambda x: math.sin(number(x)),
    "math.floor": lambda x: math.floor(number(x)),
    "math.ceil": lambda x: math.ceil(number(x)),
    "math.trunc": lambda x: math.trunc(number(x)),
    "math.isnan": lambda x: math.isnan(number(x)),
    "math.fsum": lambda x: math.fsum(x[0]),
    "math.dist": lambda x: math.dist(x[0], x[1]),
    "cmath.sin": lambda x: cmath.sin(number(x)),
    "randint": lambda x: random.randint(0, count(x)),
    # text
    "format": lambda x: f"{number(x):.3f}",
    "str.format": lambda x: "{:d}".format(x),  # noqa: UP032
    "percent f": lambda x: "%f" % number(x),  # noqa: UP031
    "repeated text": lambda x: "a" * count(x),
    # containers
    "hash": lambda x: hash(x),
    "dict key": lambda x: {number(x): 1},
    "set": lambda x: {number(x)},
    "list index": lambda x: [1, 2, 3][count(x)],
    "list slice": lambda x: [1, 2, 3][: count(x)],
    "repeated list": lambda x: [0] * count(x),
    "repeated list left": lambda x: count(x) * [0],
    "list.index": lambda x: [1.0, 2.0].index(number(x)),
    "list.count": lambda x: [1.0, 2.0].count(number(x)),
    "list.remove": lambda x: [1.0, 2.0].remove(number(x)),
    "in a list": lambda x: number(x) in [1.0, 2.0],
    "in x": lambda x: 1.0 in x,
    "sorted": lambda x: sorted(x[0]),
    "max": lambda x: max(x[0]),
    "min": lambda x: min(number(x), 1.0),
    "any": lambda x: any(x[0]),
    "bisect": lambda x: bisect.bisect([1.0, 2.0], number(x)),
    "heapify": lambda x: heapq.heapify(list(x[0])),
    "match": matches,
    "not": lambda x: not number(x),
    "chained comparison": lambda x: 0 < number(x) < 1,
    "pickle": lambda x: pickle.dumps(x),
    # NumPy's arrays
    "np.asarray": lambda x: np.asarray(x),
    "np.array": lambda x: np.array(x),
    "np.array of elements": lambda x: np.array([x[0, 0], x[0, 1]]),
    "np.array of both": lambda x: np.array([1.0, x[0, 1]]),
    "np.array of objects": lambda x: np.array([x, x], dtype=object),
    "np.full": lambda x: np.full(2, number(x)),
    "np.fromiter": lambda x: np.fromiter(x[0], float),
    "np.vectorize": lambda x: np.vectorize(lambda e: e + 1)(x),
    "np.frompyfunc": lambda x: np.frompyfunc(lambda e: e, 1, 1)(x),
    "np.ma.array": lambda x: np.ma.array(x),
    "np.poly1d": lambda x: np.poly1d(x[0]),
    "np.asarray_chkfinite": lambda x: np.asarray_chkfinite(x),
    "np.concatenate of lists": lambda x: np.concatenate([[number(x)], [1.0]]),
    "np.save": lambda x: np.save("file.npy", x),
    "from_dlpack": lambda x: np.from_dlpack(x),
    "np.eye": lambda x: np.eye(count(x)),
    "np.linspace": lambda x: np.linspace(0, 1, count(x)),
    "np.roll": lambda x: np.roll(A, count(x)),
    "np.repeat": lambda x: np.repeat(A, count(x)),
    "np.tile": lambda x: np.tile(A, count(x)),
    "method round": lambda x: A.round(count(x)),
    # writing into them
    "element": writes(lambda a, x: operator.setitem(a, (0, 0), number(x))),
    "row": writes(lambda a, x: operator.setitem(a, 0, x[0])),
    "all": writes(lambda a, x: operator.setitem(a, ..., x)),
    "mask": writes(lambda a, x: operator.setitem(a, a < 1, number(x))),
    "a += x": writes(lambda a, x: operator.iadd(a, x)),
    "a *= x": writes(lambda a, x: operator.imul(a, number(x))),
    "a @= x": lambda x: operator.imatmul(np.zeros((3, 3)), x @ x.T),
    "out": writes(lambda a, x: np.add(x, 1, out=a)),
    "out of a reduction": writes(lambda a, x: np.sum(x, axis=0, out=a[0])),
    "out of concatenate": writes(lambda a, x: np.concatenate([x[:1], x[1:]], out=a)),
    "copyto": writes(lambda a, x: np.copyto(a, x)),
    "fill": writes(lambda a, x: a.fill(number(x))),
    "add.at": lambda x: np.add.at(np.zeros(4), [0, 1], number(x)),
    "x.shape =": lambda x: setattr(x, "shape", (4, 3)),
    "x.dtype =": lambda x: setattr(x, "dtype", np.float32),
}  # fmt: skip

# Raised by Python or NumPy, who do not take x for what they want.
OTHERS: dict[str, Callable[[Any], Any]] = {
    "percent d": lambda x: "%d" % count(x),  # noqa: UP031
    "struct.pack": lambda x: struct.pack("d", number(x)),
    "memoryview": lambda x: memoryview(x),
    "np.frombuffer": lambda x: np.frombuffer(x),
    "np.ndarray": lambda x: np.ndarray((3, 4), buffer=x),
    "json": lambda x: json.dumps(x),
    "Decimal": lambda x: decimal.Decimal(number(x)),
    "Fraction": lambda x: fractions.Fraction(number(x)),
    "statistics.mean": lambda x: statistics.mean(x[0]),
    "np.zeros": lambda x: np.zeros(count(x)),
    "np.reshape": lambda x: A.reshape(count(x)),
    "default_rng": lambda x: np.random.default_rng(count(x)),
    "np.nditer": lambda x: np.nditer(x),
    "flat": lambda x: x.flat,
    "a.flat": writes(lambda a, x: operator.setitem(a.flat, 0, number(x))),
    "attribute": lambda x: setattr(x, "anything", 1),
    "del": lambda x: operator.delitem(x, 0),
}

# What goes on as a traced array.
TRACED: dict[str, Callable[[Any], Any]] = {
    "deepcopy": lambda x: copy.deepcopy(x),
    "copy": lambda x: copy.copy(x),
    "sum": lambda x: sum(x[0]),
    "math.prod": lambda x: math.prod(x[0]),
    "abs": lambda x: abs(x),
    "round": lambda x: round(number(x), 2),
    "np.ones @ x": lambda x: np.ones((2, 3)) @ x,
    "np.ones + x": lambda x: np.ones((3, 4)) + x,
    "np.float64 * x": lambda x: np.float64(2) * x,
    "list + x": lambda x: operator.add([1, 2, 3, 4], x),
    "a == x": lambda x: number(x) == A,
    "a -= x of a number": lambda x: operator.isub(2.0, x),
    "where in a sum": lambda x: np.ones(4).sum(where=x[0] > 0),
    "nested lists": lambda x: xnp.concatenate([[number(x)], [1.0]]),
    "xnp.asarray": lambda x: xnp.asarray([[number(x), 1.0], [2, x[1, 1]]]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(XformTypeError) as caught:
        frontend.jit(REFUSED[name]).lower(M)
    assert f"\n  at {__file__}:" in str(caught.value)


@pytest.mark.parametrize("name", OTHERS)
def test_not_taken(name: str) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError, struct.error)):
        frontend.jit(OTHERS[name]).lower(M)


@pytest.mark.parametrize("name", TRACED)
def test_still_traced(name: str) -> None:
    def watch(x):
        result = TRACED[name](x)
        assert type(result) is TracedArray
        return result

    frontend.jit(watch).lower(M)


def test_text_has_no_numbers() -> None:
    def f(x):
        assert str(x) == f"{x}" == "%s" % x == "TracedArray((3, 4), float64)"  # noqa: UP031
        assert np.str_(x) == str(x)
        assert repr([number(x)]) == "[TracedArray((), float64)]"
        return x

    frontend.jit(f).lower(M)


def test_the_line_is_the_users_even_behind_pythons_library() -> None:
    fails(lambda x: random.randint(0, count(x)), TracedValueError, "int(x)")
    fails(lambda x: heapq.nlargest(2, list(x[0])), TracedValueError, "bool(x)")
