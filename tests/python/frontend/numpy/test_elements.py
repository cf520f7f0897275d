"""Elements taken, put, inserted, deleted and counted, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from batch import Batch, Case
from xform import frontend

M = np.arange(20.0).reshape(4, 5)
V = np.arange(7.0)
I = np.array([[2, 0], [-1, 1]])  # noqa: E741 - indices


def in_place(function: Any) -> Any:
    """The array that a function writes into."""

    def changed(x, *args):
        y = x.copy()
        function(y, *args)
        return y

    return changed


CASES = [
    Case("take", lambda x, i: [np.take(x, i), x.take(i, 1), np.take(x, [3, 0], 0)], M, I),
    Case("take clip", lambda x, i: np.take(x, i * 9, 0, mode="clip"), M, I),
    Case("take wrap", lambda x, i: np.take(x, i * 9 + 1, 1, mode="wrap"), M, I),
    Case(
        "take_along_axis", lambda x, i: np.take_along_axis(x, i, 0), M, np.array([[3, 0, -1, 2, 1]])
    ),
    Case("take_along_axis rows", lambda x, i: np.take_along_axis(x, i, 1), M, np.array([[3, 0]])),
    Case("take_along_axis constant", lambda x: np.take_along_axis(x, np.argsort(-M, 1), -1), M),
    Case("take_along_axis flat", lambda x, i: np.take_along_axis(x, i, None), M, I[0]),
    Case("put_along_axis", in_place(lambda x, i: np.put_along_axis(x, i, 9, 1)), M, I.repeat(2, 0)),
    Case("put", in_place(lambda x, i: np.put(x, i, [7, 8])), M, np.array([3, -1, 5])),
    Case("putmask", in_place(lambda x: np.putmask(x, x > 8, [1, 2, 3])), M),
    Case("place", in_place(lambda x: np.place(x, M > 8, [1, 2, 3])), M),
    Case("compress", lambda x: np.compress([True, False, True], x, 1), M),
    Case("extract", lambda x: np.extract(M % 3 == 0, x), M),
    Case("choose", lambda i, x: np.choose(i, [x, x * 2, 7]), np.array([2, 0, 1, 1, 0]), M),
    Case("choose wrap", lambda i: i.choose([1, 2, 3], mode="wrap"), np.array([4, -1])),
    Case(
        "delete",
        lambda x: [np.delete(x, 1, 0), np.delete(x, [0, -1], 1), np.delete(x, slice(2))],
        M,
    ),
    Case(
        "insert",
        lambda x: [
            np.insert(x, 1, 9, 0),
            np.insert(x, [0, 3], x[:, :2], 1),
            np.insert(x, 2, [5, 6]),
        ],
        M,
    ),
    Case("insert rows", lambda x: np.insert(x, 2, x[0], axis=0), M),
    Case("fill_diagonal", in_place(lambda x: np.fill_diagonal(x, [1, 2])), M),
    Case(
        "fill_diagonal wrap",
        in_place(lambda x: np.fill_diagonal(x, -1, wrap=True)),
        np.zeros((7, 2)),
    ),
    Case("unravel_index", lambda i: np.unravel_index(i, (3, 4, 5)), np.array([[7, 59], [0, 23]])),
    Case("unravel_index F", lambda i: np.unravel_index(i, (3, 4), order="F"), np.array([7, 11])),
    Case("ravel_multi_index", lambda i, j: np.ravel_multi_index((i, j), (4, 5)), I % 4, I % 5),
    Case("bincount of weights", lambda w: np.bincount([0, 2, 2], w), np.array([0.5, 1.0, 2.0])),
    Case(
        "bincount",
        lambda i: xnp.bincount(i, length=6),
        np.array([1, 5, 1, 0]),
        expected=lambda i: np.bincount(i, minlength=6),
    ),
    Case("apply_along_axis", lambda x: np.apply_along_axis(lambda v: v[:2] * v.sum(), 0, x), M),
    Case("apply_along_axis to a number", lambda x: np.apply_along_axis(np.max, 1, x), M),
    Case("ix_", lambda x, i: x[np.ix_(i, [0, 2])], M, np.array([3, 1])),
    Case("tril_indices", lambda x: x[xnp.tril_indices(4)], M),
    Case(
        "dynamic_slice",
        lambda x, i: xnp.dynamic_slice(x, [i, -2], [2, 2]),
        M,
        np.int64(1),
        expected=lambda x, i: x[1:3, -2:],
    ),
    Case(
        "dynamic_update_slice",
        lambda x, i: xnp.dynamic_update_slice(x, np.ones((1, 2)), [i, 0]),
        M,
        np.int64(9),
        expected=in_place(lambda x, i: x.__setitem__((3, slice(2)), 1)),
    ),
]
BATCH = Batch(CASES)


@pytest.mark.parametrize("case", BATCH.cases, ids=str)
def test_elements(case: Case) -> None:
    BATCH.check(case)


def test_outside_of_a_function() -> None:
    np.testing.assert_array_equal(xnp.bincount(np.array([1, 1]), length=3), [0, 2, 0])
    np.testing.assert_array_equal(xnp.dynamic_slice(V, [3], [2]), [3, 4])
    np.testing.assert_array_equal(xnp.take(V, [1]), [1])


def test_a_traced_index_out_of_range_reads_the_nearest_and_writes_nothing() -> None:
    def f(x, i):
        y = x.copy()
        y[i] = 9
        np.add.at(y, i, 1)
        return x[i], y

    read, written = frontend.jit(f)(V, np.array([99, -99, 2]))
    np.testing.assert_array_equal(read, [6, 0, 2])
    np.testing.assert_array_equal(written, [0, 1, 10, 3, 4, 5, 6])
