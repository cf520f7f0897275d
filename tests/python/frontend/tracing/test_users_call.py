"""Messages about traced arrays in NumPy's own functions name what the user's line calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from xform import frontend
from xform.errors import TracedValueError, XformError

A = np.arange(3.0)
MATRIX = np.arange(12.0).reshape(3, 4)


def write_row(x: Any, n: Any) -> None:
    a = np.zeros((2, 3))
    a[0] = x


def write_into_attribute(x: Any, n: Any) -> None:
    class Holder:
        rows = np.zeros((2, 3))

    Holder.rows[1:, :] = x


def list_over_lines(x: Any, n: Any) -> None:
    np.asarray(
        [
            x[0],
            1.0,
        ]
    )


# What is called, and what the message says of it.
CALLS: dict[str, tuple[Callable[[Any, Any], Any], tuple[str, ...]]] = {
    # written in Python: the frame tells the function and the parameter
    "full": (lambda x, n: np.full(3, x[0]), ("full", "fill_value", "use xform.numpy.full")),
    "roll": (lambda x, n: np.roll(A, n), ("roll", "shift", "use xform.numpy.roll")),
    "eye": (lambda x, n: np.eye(n), ("eye", "traced N", "pass a Python number as N")),
    "linspace": (lambda x, n: np.linspace(0, 1, n), ("linspace", "pass a Python number as num")),
    "repeat": (lambda x, n: np.repeat(A, n), ("repeat", "pass a Python number as repeats")),
    "kaiser": (lambda x, n: np.kaiser(n, 14), ("kaiser", "pass a Python number as M")),
    "pad": (lambda x, n: np.pad(A, 1, constant_values=x[0]),
            ("pad", "constant_values", "use xform.numpy.pad")),
    "interp": (lambda x, n: np.interp(0.5, A, A, left=x[0]), ("interp", "traced left")),
    "histogram": (lambda x, n: np.histogram(A, range=(x[0], x[1])), ("use xform.numpy.histogram",)),
    "nan_to_num": (lambda x, n: np.nan_to_num(A, nan=x[0]), ("use xform.numpy.nan_to_num",)),
    "sum": (lambda x, n: np.sum(A, initial=x[0]), ("traced initial", "use xform.numpy.sum")),
    "std": (lambda x, n: np.std(A, ddof=n), ("NumPy's own std", "xform.numpy.std")),
    "norm": (lambda x, n: np.linalg.norm(MATRIX, axis=n), ("norm", "pass a Python number as axis")),
    "unknown here": (lambda x, n: np.asarray_chkfinite(x), ("asarray_chkfinite", "as a result")),
    # written in C: the source tells the function
    "zeros": (lambda x, n: np.zeros(n), ("NumPy's own zeros", "pass a Python number as size")),
    "zeros of a tuple": (lambda x, n: np.zeros((2, n)), ("zeros", "pass a Python number")),
    "empty": (lambda x, n: np.empty(shape=n), ("NumPy's own empty",)),
    # methods of NumPy's arrays
    "dot": (lambda x, n: np.ones(3).dot(x), ("the method dot", "np.dot(a, x) or a @ x")),
    "take": (lambda x, n: A.take(n), ("the method take", "xform.numpy.take")),
    "searchsorted": (lambda x, n: A[1:].searchsorted(x), ("searchsorted",)),
    "reshape": (lambda x, n: MATRIX.reshape(n), ("a size must be known",)),
    # elements
    "element": (lambda x, n: A[n], ("indexing a NumPy array a", "xform.numpy.asarray(a)[x]")),
    "elements": (lambda x, n: MATRIX[:, n], ("indexing", "xform.numpy.asarray(a)[x]")),
    "index tricks": (lambda x, n: np.c_[x, x], ("making a NumPy array of x",)),
    # lists
    "array": (lambda x, n: np.array([x[0], 2 * x[1]]), ("np.array([x, y])", "np.stack([x, y])")),
    "array of some": (lambda x, n: np.array([1.0, x[1]]), ("np.stack",)),
    "array of a comprehension": (lambda x, n: np.array([2 * y for y in x]), ("np.stack",)),
    "asarray": (list_over_lines, ("np.asarray([x, y])", "np.stack")),
    # writing
    "row": (write_row, ("writing x into a NumPy array", "xform.numpy.zeros")),
    "attribute": (write_into_attribute, ("writing x into a NumPy array",)),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_names_the_call(name: str) -> None:
    function, parts = CALLS[name]
    with pytest.raises(TracedValueError) as caught:
        frontend.jit(function).lower(A, np.int64(1))
    message = str(caught.value)
    for part in (*parts, f"\n  at {__file__}:"):
        assert part in message


# Functions in which the error of one argument must not be taken for that of the function.
def test_errors_of_users_functions_are_their_own() -> None:
    def broken(row: Any) -> Any:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        frontend.jit(lambda x: np.apply_along_axis(broken, 0, x)).lower(A)
    with pytest.raises(KeyError):
        frontend.jit(lambda x: xnp.apply_along_axis(lambda row: {}["a"], 0, x)).lower(A)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda x: xnp.cross(x[0], x), "cross: axis -1"),
        (lambda x: xnp.hsplit(x[0], 2), "hsplit: axis 0"),
        (lambda x: x.sum(x[0]), "sum: `axis` must be known"),
        (lambda x: np.sum(x, keepdims=x[0]), "sum: `keepdims` must be known"),
        (lambda x: np.std(x, ddof=x[0]), "std: `ddof` must be known"),
        (lambda x: np.add(x, 1, out=x.astype(int)), "add: cannot write"),
        (lambda x: np.add.reduce(x, axis=x[0]), "add.reduce: `axis` must be known"),
        (lambda x: np.fmod.outer(x, 1j), "fmod.outer: fmod(float64, complex)"),
        (lambda x: xnp.stack(x[0]), "stack: iteration over a 0-d array"),
        (lambda x: xnp.fill_diagonal(x), "fill_diagonal: missing a required argument: 'val'"),
        (lambda x: xnp.sum(x, axes=0), "sum: got an unexpected keyword argument 'axes'"),
        (lambda x: np.concatenate([x, x], dtype=np.float32, casting="safe"), "by the rule 'safe'"),
    ],
)
def test_the_outermost_function_is_named(call: Callable[[Any], Any], says: str) -> None:
    with pytest.raises(XformError) as caught:
        frontend.jit(call).lower(A)
    assert says in str(caught.value)
    assert f"\n  at {__file__}:" in str(caught.value)


def test_traced_options_that_work() -> None:
    def f(n, x, m):
        return {
            "roll": n.roll(x, m), "roll 0": n.roll(x, m, 0), "roll both": n.roll(x, [m, 1], (1, 0)),
            "tril": n.tril(x, m), "triu": n.triu(x, m), "tri": n.tri(3, 4, m),
            "eye": n.eye(3, 4, m),
            "full": n.full((2, 2), x[0, 0]), "full_like": n.full_like(x, x[1, 1]),
            "histogram": n.histogram(x, 4, range=(x[0, 1], x[2, 0]))[0],
            "edges": n.histogram_bin_edges(x, 4, range=(x[0, 1], x[2, 0])),
            "edges of one": n.histogram_bin_edges(x, 2, range=(x[0, 1], x[0, 1])),
            "sum": n.sum(x, initial=x[0, 1], keepdims=1),
            "argmax": n.argmax(x, 1, keepdims=1), "median": n.median(x, 0, keepdims=1),
        }  # fmt: skip

    numbers = [np.int64(-2), np.int8(1), np.uint8(3), np.int32(0), np.int64(2**40)]
    found = frontend.jit(lambda x, ms: [f(xnp, x, m) for m in ms])(MATRIX, numbers)
    for number, results in zip(numbers, found, strict=True):
        for name, expected in f(np, MATRIX, int(number)).items():
            np.testing.assert_array_equal(results[name], expected, err_msg=f"{name} {number!r}")


def test_rolling_differentiates() -> None:
    def f(x, n):
        return (np.roll(x, n) * np.arange(3.0)).sum()

    np.testing.assert_array_equal(frontend.jit(frontend.grad(f))(A, np.int64(1)), [1, 2, 0])
    rows = frontend.vmap(lambda n: xnp.roll(A, n))(np.arange(3))
    np.testing.assert_array_equal(rows, [np.roll(A, n) for n in range(3)])
