"""Indexing and writing in place: the same function on NumPy's arrays is the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from batch import Batch, Case
from xform import frontend

M = np.arange(20.0).reshape(4, 5)
T = np.arange(24.0).reshape(2, 3, 4)
V = np.arange(7.0)

INDICES: list[tuple[np.ndarray, Any]] = [
    (V, 0), (V, -1), (V, np.int64(2)), (V, np.array(3)), (V, slice(2, 5)), (V, slice(None)),
    (V, slice(None, None, -1)), (V, slice(5, 1, -2)), (V, slice(1, None, 3)), (V, slice(-3, None)),
    (V, slice(5, 2)), (V, slice(100, None)), (V, slice(None, -100, -1)), (V, None), (V, ...),
    (V, ()),
    (M, 1), (M, (1, 2)), (M, (slice(None), 2)), (M, (slice(1, 3), slice(None, None, 2))),
    (M, (..., -1)), (M, (None, slice(None), None, 0)), (M, (1, ..., 2)), (M, (slice(0), 1)),
    (T, (..., 0)), (T, (0, ..., slice(None, None, -1))), (T, (slice(None), None, 1, ..., None)),
    (T, (1, 2, 3)), (T, (slice(None, None, -1), slice(None, None, -1), slice(3, 0, -2))),
]  # fmt: skip

READS = Batch([Case(f"{x.shape}{i}", lambda a, i=i: a[i], x) for x, i in INDICES])


@pytest.mark.parametrize("case", READS.cases, ids=str)
def test_reading(case: Case) -> None:
    READS.check(case)


def iterated(x):
    return [row * 2 for row in x] + [len(x)]


def unpacked(x):
    a, b, c, d = x
    return a + d - b * c


def write_number(x):
    x[1] = 5
    x[2, 3] = -1.0
    x[:, 0] = 7
    return x


def write_row(x):
    x[0] = x[1] * 2
    x[1:3, 1:4] = x[0, :3]
    return x


def write_block(x):
    x[1:3, ::2] = np.stack([x[0, :3], x[3, 2:]])
    return x


def write_backwards(x):
    x[::-1] = x * 2
    x[:, 4:1:-1] = x[:, :3]
    return x


def write_strided(x):
    x[::3, 1::2] = x[1:3, :2]
    return x


def write_column(x):
    x[1:, 2:4] = x[:3, :1]
    return x


def write_all(x):
    y = x + 1
    x[...] = 0
    x[:] = y * 2
    return [x, y]


def write_nothing(x):
    x[2:2] = 5
    return x


def write_new_axes(x):
    x[None, 1, :, None] = x[0][:, None]
    return x


def write_leading_ones(x):
    x[1] = x[2:3] * 3
    return x


def write_element_of_vector(x):
    for i in range(3):
        x[i] = x[i + 1] ** 2
    return x


def write_other_dtype(x):
    x[0] = 2.7
    x[1] = x[2] * 1.5
    return x


def mask_number(x):
    x[x > 7] = 0
    x[x < 2] = -1
    return x


def mask_row(x):
    x[np.array([True, False, True, False])] = x[1]
    return x


def mask_add(x):
    y = x * 2
    y[y > 3] = 1.5
    return y


def add_in_place(x):
    y = x
    y += 1
    y *= 2
    return [x, y]


def rebind_is_not_write(x):
    y = x
    y = y + 1
    return [x, y]


def scalar_results_are_not_shared(x):
    s = x.sum()
    t = s
    t += 1
    return [s, t]


def row_in_place(x):
    x[1] += 10
    x[:, 2] *= 3
    x[0, 0] -= 5
    return x


def through_slice(x):
    view = x[1:3]
    view[0] = 9
    view += 1
    return [x, view]


def through_slice_of_slice(x):
    a = x[1:]
    b = a[:, ::2]
    b[1] = 0
    x[3] = 100
    return [x, a, b]


def through_transpose(x):
    t = x.T
    t[0] = 7
    x[1, 1] = -3
    return [x, t]


def through_reshape(x):
    flat = x.reshape(-1)
    flat[7] = 55
    x[0, 0] = 44
    return [x, flat]


def reshape_that_copies(x):
    copy = x.T.reshape(-1)
    copy[0] = 99
    x[0, 1] = 77
    return [x, copy]


def through_ravel_and_flip(x):
    x.ravel()[3] = 8
    np.flip(x)[0, 0] = 6
    return x


def flatten_copies(x):
    flat = x.flatten()
    flat[0] = 5
    return [x, flat]


def copy_is_independent(x):
    y = x.copy()
    y[0] = 5
    x[1] = 6
    return [x, y]


def through_split(x):
    left, right = np.split(x, [2], axis=1)
    left[0] = 1
    right[...] = left[:, :1]
    return [x, left, right]


def through_rows(x):
    for row in x:
        row[0] = row[1]
    return x


def read_only_views_follow(x):
    wide = np.broadcast_to(x[0], (2, 5))
    diagonal = np.diagonal(x)
    x[0, 0] = 9
    return [wide, diagonal]


def same_dtype_astype_copies(x):
    y = x.astype(x.dtype)
    y[0] = 1
    return [x, y]


def positive_copies(x):
    y = +x
    y[0] = 1
    return [x, y]


def out_argument(x):
    y = np.zeros_like(x)
    np.add(x, 1, out=y)
    np.multiply(y, 2, out=y, where=x > 3)
    np.sum(x, axis=0, out=y[0])
    return y


def fill_and_copyto(x):
    y = np.empty_like(x)
    y.fill(3)
    np.copyto(y, x, where=x > 10)
    return y


WRITES = Batch(
    [
        Case(function.__name__, function, M)
        for function in (
            iterated, unpacked, write_number, write_row, write_block, write_backwards,
            write_strided, write_column, write_all, write_nothing, write_new_axes,
            write_leading_ones, mask_number, mask_row, mask_add, add_in_place,
            rebind_is_not_write, scalar_results_are_not_shared, row_in_place, through_slice,
            through_slice_of_slice, through_transpose, through_reshape, reshape_that_copies,
            through_ravel_and_flip, flatten_copies, copy_is_independent, through_split,
            through_rows, read_only_views_follow, same_dtype_astype_copies, positive_copies,
            out_argument, fill_and_copyto,
        )
    ]
    + [
        Case("vector", write_element_of_vector, V),
        Case("ints", write_other_dtype, np.arange(5)),
        Case("float32", write_other_dtype, np.arange(5, dtype=np.float32)),
    ]
)  # fmt: skip


@pytest.mark.parametrize("case", WRITES.cases, ids=str)
def test_writing(case: Case) -> None:
    WRITES.check(case)


def test_writing_into_new_arrays() -> None:
    def polynomial(x):
        powers = xnp.zeros((4, 3))
        powers[0] = 1
        for i in range(1, 4):
            powers[i] = powers[i - 1] * x
        return powers

    x = np.array([0.5, 2.0, -1.0])
    np.testing.assert_allclose(frontend.jit(polynomial)(x), x ** np.arange(4)[:, None])


def test_a_write_does_not_reach_the_caller() -> None:
    x = np.arange(3.0)

    def f(a):
        a[0] = 9
        a += 1
        return a

    np.testing.assert_array_equal(frontend.jit(f)(x), [10, 2, 3])
    np.testing.assert_array_equal(x, [0, 1, 2])


def test_gradient_through_writes() -> None:
    def f(x):
        y = xnp.zeros(4)
        y[1:3] = x[:2] ** 2
        y[y > 8] = 0
        y[::3] = x[2]
        return np.sum(y * np.array([1.0, 2.0, 3.0, 4.0]))

    gradient = frontend.grad(f)(np.array([1.0, 3.0, 5.0]))
    np.testing.assert_allclose(gradient, [4.0, 0.0, 5.0])
