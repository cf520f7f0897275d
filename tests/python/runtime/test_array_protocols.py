"""Arrays on a device in the places where Python, NumPy and others take one of NumPy's arrays."""

from __future__ import annotations

import array
import cmath
import collections.abc
import io
import itertools
import math
import numbers
import operator
import struct
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from xform_runtime import Array, XformTypeError, asarray

VECTOR = np.array([3.0, 1.0, 2.0])
MATRIX = np.array([[3.25, -1.5, 2.0], [0.0, 5.75, 4.5]])
WHOLE = np.array([2, 0, 1])
MASK = np.array([True, False, True])
NARROW = np.array([1.5, 2.5], np.float32)
BRAIN = NARROW.astype(ml_dtypes.bfloat16)
NUMBER = np.array(2.5)
COUNT = np.array(3)
TRUTH = np.array(True)
EMPTY = np.zeros((0, 3))
ALL = (VECTOR, MATRIX, WHOLE, MASK, NARROW, NUMBER, COUNT, TRUTH, EMPTY, np.array([[2]]))

Use = Callable[[Any], Any]

OPERATORS = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor",
    "lshift", "rshift", "lt", "le", "eq", "ne", "gt", "ge",
)  # fmt: skip
INDICES: dict[str, Any] = {
    "a number": 0, "from the end": -1, "too large": 9, "NumPy's": np.int64(1), "a float": 1.0,
    "text": "a", "a slice": slice(0, 2), "backwards": slice(None, None, -1), "all": ..., "none": (),
    "a new axis": None, "a list": [0, 1], "an array": WHOLE, "a mask": MASK, "True": True,
    "two": (0, 1), "a column": (slice(None), 1), "too many": (0, 0, 0),
}  # fmt: skip

# Of every array in ALL: the same result, of the same type, or an error of the same class.
ANY: dict[str, Use] = {
    # Python
    **{kind.__name__: kind for kind in (bool, int, float, complex, len, abs, sum, max, any, list)},
    **{name: getattr(operator, name) for name in ("index", "neg", "pos", "invert")},
    "hash": hash, "set": lambda a: {a}, "tuple": tuple, "bytes": bytes, "str": str,
    "callable": callable, "reversed": lambda a: list(reversed(a)), "unpacking": lambda a: [*a],
    "divmod": lambda a: divmod(a, 2), "pow of three": lambda a: pow(a, 2, 3),
    "in": lambda a: 2 in a, "format": format,
    "%s": lambda a: "%s" % a, "%d": lambda a: "%d" % a, "%.2f": lambda a: "%.2f" % a,  # noqa: UP031
    ".3f": lambda a: f"{a:.3f}", "d": lambda a: f"{a:d}", ">20": lambda a: f"{a:>20}",
    "hex": hex, "range": lambda a: list(range(a)), "a list's index": lambda a: [0, 1, 2, 3][a],
    "times a list": lambda a: [0] * a, "text times": lambda a: "ab" * a,
    "chained": lambda a: 1 < a < 3,
    "islice": lambda a: list(itertools.islice(range(9), a)), "math": math.sqrt, "cmath": cmath.exp,
    "struct": lambda a: struct.pack("d", a), "array.array": lambda a: array.array("d", a),
    "fsum": math.fsum, "iterable": lambda a: isinstance(a, collections.abc.Iterable),
    "a number": lambda a: isinstance(a, numbers.Number), "None": lambda a: a == None,  # noqa: E711
    "text": lambda a: a == "text", "plus text": lambda a: a + "text",
    "deleting": lambda a: delete(a),
    "an attribute": lambda a: a.no_such_name, "a new attribute": lambda a: setattr(a, "note", 1),
    # NumPy
    "asarray": np.asarray, "array": np.array, "another dtype": lambda a: np.array(a, np.float32),
    "without a copy": lambda a: np.array(a, copy=False),
    "a copy": lambda a: np.asarray(a, copy=True),
    "another dtype without a copy": lambda a: np.array(a, np.int8, copy=False),
    "__array__": lambda a: [a.__array__(), a.__array__(np.float32), a.__array__(None, copy=False)],
    "several": lambda a: np.array([a, a]), "with more axes": lambda a: np.array(a, ndmin=3),
    "Fortran": lambda a: np.asarray(a, order="F").flags.f_contiguous, "dlpack": np.from_dlpack,
    "ufunc": lambda a: [np.add(a, 1), np.add.reduce(a), np.negative(a, out=np.zeros(a.shape))],
    "like": lambda a: [np.zeros_like(a), np.full_like(a, 1)], "scalar": np.isscalar,
    "einsum": lambda a: np.einsum("...,...->...", a, a), "norm": np.linalg.norm, "fft": np.fft.fft,
    "unique": np.unique, "iterating": lambda a: [x.item() for x in np.nditer(a)],
    "r_": lambda a: np.r_[a],
    "enumerating": lambda a: list(np.ndenumerate(a)),
    "broadcast": lambda a: np.broadcast_to(a, (2, 2, 3)),
    "as an index": lambda a: VECTOR[a] if a.size else None,
    "as a shape": np.zeros, "as an end": np.arange,
    "as a limit": lambda a: VECTOR[:a], "as a fill": lambda a: np.full(2, a),
    "into another": lambda a: np.copyto(np.zeros((2, 3)), a), "a generator": lambda a: drawn(a),
    "text file": lambda a: saved(np.savetxt, a), "binary file": lambda a: saved(np.save, a),
    "array2string": np.array2string, "datetime": lambda a: np.datetime64("2020-01-01") + a,
    "namespace": lambda a: a.__array_namespace__(),
    "no version": lambda a: a.__array_namespace__(api_version="1"),
    **{f"[{name}]": (lambda a, index=index: a[index]) for name, index in INDICES.items()},
}  # fmt: skip


def delete(a: Any) -> None:
    try:
        del a[0]
    except ValueError as error:  # NumPy's; of xform all errors of this kind are TypeErrors
        raise TypeError(str(error)) from None


def drawn(a: Any) -> Any:
    return np.random.default_rng(0).choice(a, 2)


def saved(save: Callable[..., None], a: Any) -> bytes:
    file = io.BytesIO()
    save(file, a)
    return file.getvalue()


# Of Python's and NumPy's own functions.
ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error)


def outcome(use: Use, value: Any) -> Any:
    try:
        return use(value)
    except ERRORS as error:
        return error


def assert_alike(got: Any, expected: Any) -> None:
    if isinstance(expected, Exception):
        assert isinstance(got, type(expected)), repr(got)
    elif isinstance(expected, list | tuple):
        assert type(got) is type(expected)
        assert len(got) == len(expected)
        for one, other in zip(got, expected, strict=True):
            assert_alike(one, other)
    elif isinstance(expected, np.ndarray | np.generic):
        assert type(got) is type(expected)
        np.testing.assert_array_equal(got, expected, strict=True)
    else:
        assert type(got) is type(expected), repr(got)
        assert got == expected


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("name", ANY)
def test_like_an_array_of_numpys(name: str) -> None:
    for host in ALL:
        expected, got = outcome(ANY[name], host.copy()), outcome(ANY[name], asarray(host))
        assert_alike(got, expected)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("name", OPERATORS)
def test_operators_like_numpys(name: str) -> None:
    function = getattr(operator, name)
    for host in ALL:
        for other in (2, 2.0, True, None, "text", [1, 2, 3], WHOLE, np.float32(2), NARROW):
            for use in (lambda a, b=other: function(a, b), lambda a, b=other: function(b, a)):
                assert_alike(outcome(use, asarray(host)), outcome(use, host))
        with_itself = lambda a: function(a, a)  # noqa: E731
        assert_alike(outcome(with_itself, asarray(host)), outcome(with_itself, host))


# Where they are not alike, and why.
def test_a_result_of_a_program_counts_as_numpys_scalar() -> None:
    for round_it in (round, lambda a: round(a, 1), math.floor, math.ceil, math.trunc):
        assert round_it(asarray(NUMBER)) == round_it(np.float64(NUMBER))


def test_the_text_says_what_a_result_is() -> None:
    assert repr(asarray(NARROW)) == "Array([1.5, 2.5], shape=(2,), dtype=float32, device='cpu')"
    for host in ALL:
        with np.printoptions(precision=3, threshold=2):
            assert str(asarray(host)) == str(host)


def test_no_pointers_are_given_away() -> None:
    # bfloat16 has no code there, and whoever has a pointer can write.
    for name in ("__array_interface__", "__array_struct__", "ctypes"):
        with pytest.raises(AttributeError):
            getattr(asarray(VECTOR), name)
    assert np.asarray(asarray(BRAIN)).dtype == BRAIN.dtype


WRITERS: dict[str, Use] = {
    "shuffle": lambda a: np.random.default_rng(0).shuffle(a),
    "copyto": lambda a: np.copyto(a, 0),
    "put": lambda a: np.put(a, [0], 1),
    "place": lambda a: np.place(a, MASK, 0),
    "putmask": lambda a: np.putmask(a, MASK, 0),
    "fill_diagonal": lambda a: np.fill_diagonal(a.reshape(1, -1), 9),
    "out": lambda a: np.add(a, 1, out=a),
    "add.at": lambda a: np.add.at(a, [0], 1),
    "sort": lambda a: a.sort(),
    "an item": lambda a: operator.setitem(a, 0, 1),
    "an item of a view": lambda a: operator.setitem(a[1:], 0, 1),
    "a slice": lambda a: operator.setitem(a, slice(None), 1),
    "an item of the iterator": lambda a: operator.setitem(a.flat, 0, 1),
    "deleting": lambda a: operator.delitem(a, 0),
    "flags": lambda a: np.asarray(a).setflags(write=True),
    "flags of a view": lambda a: np.asarray(a)[1:].setflags(write=True),
    "memory": lambda a: operator.setitem(a.data, 0, 1.0),
    "its memory as NumPy's": lambda a: np.frombuffer(a.data).__setitem__(0, 1.0),
    "readinto": lambda a: io.BytesIO(b"12345678").readinto(a.data),
}


@pytest.mark.filterwarnings("ignore:you are shuffling:UserWarning")
@pytest.mark.parametrize("name", WRITERS)
def test_nothing_of_numpys_writes_into_a_result(name: str) -> None:
    result = asarray(VECTOR)
    with pytest.raises((TypeError, ValueError, BufferError)):
        WRITERS[name](result)
    np.testing.assert_array_equal(result, VECTOR)


def test_what_to_do_instead_of_deleting() -> None:
    with pytest.raises(XformTypeError, match=r"immutable: use np\.delete\(a, i\)"):
        del asarray(VECTOR)[0]  # type: ignore[attr-defined]
    np.testing.assert_array_equal(np.delete(asarray(VECTOR), 0), VECTOR[1:])


@pytest.mark.skipif("sys.version_info < (3, 12)", reason="classes have buffers from Python 3.12 on")
def test_the_buffer() -> None:
    view = memoryview(asarray(MATRIX))  # type: ignore[arg-type]
    assert view.readonly
    assert view.tolist() == MATRIX.tolist()


def test_the_buffer_is_read_only() -> None:
    assert asarray(MATRIX).__buffer__(0).tolist() == MATRIX.tolist()
    assert asarray(MATRIX).__buffer__(0).readonly
    with pytest.raises(BufferError, match="read-only"):
        asarray(MATRIX).__buffer__(1)
    assert isinstance(asarray(MATRIX), Array)
