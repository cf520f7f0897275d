"""Updates of some elements: their values, and that nothing else is copied if nothing reads it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xform.frontend import fori_loop, grad, jit, jvp, scan, spec, vmap, while_loop
from xform_runtime.dtypes import numpy_dtype

X = np.random.default_rng(0).normal(size=(12, 5))
LARGE = (1000, 300)


def replaced(x: Any, i: Any, v: Any) -> Any:
    x[i] = v
    return x


def running(x: Any) -> Any:
    def body(i: Any, c: Any) -> Any:
        c[i] = c[i - 1] * 0.5 + c[i]
        return c

    return fori_loop(1, 12, body, x)


def swapped(x: Any) -> Any:
    """Reads what it writes next, and writes twice."""

    def body(i: Any, c: Any) -> Any:
        a, b = c[i].copy(), c[i + 1].copy()
        c[i] = np.minimum(a, b)
        c[i + 1] = np.maximum(a, b)
        return c

    return fori_loop(0, 11, body, x)


def columns(x: Any) -> Any:
    def body(i: Any, c: Any) -> Any:
        c[:, i] = c[:, i - 1] + c[:, i]
        return c

    return fori_loop(1, 5, body, x)


def with_old(x: Any) -> Any:
    """What is replaced is needed afterwards."""

    def body(c: Any, i: Any) -> Any:
        old = c.copy()
        c[i] = -c[i]
        return c, (old * c).sum()

    return scan(body, x, np.arange(12))


def with_new(x: Any) -> Any:
    def body(c: Any, i: Any) -> Any:
        c[i] = -c[i]
        return c, (c[0].copy(), c.sum())

    return scan(body, x, np.arange(12))


def exchanged(x: Any) -> Any:
    """Two that are carried change places."""

    def body(carry: Any, i: Any) -> Any:
        a, b = carry
        a[i] = b[i - 1] + 1
        return (b, a), a[0, 0]

    return scan(body, (x, x * 2), np.arange(1, 12))


def doubled(x: Any) -> Any:
    """Both that are carried become the same."""

    def body(carry: Any, i: Any) -> Any:
        a, b = carry
        a[i] = b[i] * 2
        return (a, a), None

    return scan(body, (x, x + 1), np.arange(3, 7))[0]


def nested(x: Any) -> Any:
    def outer(i: Any, c: Any) -> Any:
        def inner(j: Any, d: Any) -> Any:
            d[i, j] = d[i, j - 1] * d[i - 1, j]
            return d

        c = fori_loop(1, 5, inner, c)
        c[0] = c[0] + c[i]
        return c

    return fori_loop(1, 12, outer, x)


def several(x: Any) -> Any:
    """Several elements at once, some twice."""

    def body(c: Any, i: Any) -> Any:
        c[(i + np.array([0, 3, 3, 7])) % 12] = c[np.array([1, 2, 3, 4])] * 0.5
        np.add.at(c, (np.array([1, 1, 2]), np.array([0, 0, 4])), c[i, 0] * 0.1)
        return c, c[i]

    return scan(body, x, np.arange(9))


def until(x: Any) -> Any:
    def cond(state: Any) -> Any:
        i, c = state
        return (i < 11) & (c[i].sum() < 100.0)

    def body(state: Any) -> Any:
        i, c = state
        c[i + 1] = c[i + 1] + c[i]
        return i + 1, c

    return while_loop(cond, body, (0, x))


def kept(x: Any) -> Any:
    """What goes into a loop, and what a loop made, is a result too."""
    first = x * 2
    second = fori_loop(0, 9, lambda i, c: replaced(c, i, c[i + 1]), first.copy())
    third = fori_loop(0, 9, lambda i, c: replaced(c, i, c[i + 1]), second.copy())
    return first, second, third


def chosen(x: Any) -> Any:
    def body(c: Any, i: Any) -> Any:
        c[i] = np.where(c[i].sum() > 0, c[i - 1], c[i])
        return c, None

    return scan(body, x, np.arange(1, 12))[0]


def slices(x: Any) -> Any:
    x[2:5] = x[3:6] * 2
    x[::4, 1] = 0.5
    x[1] = x[2] - x[1]
    return x


def unrolled(x: Any) -> Any:
    for i in range(1, 12):
        x[i] = x[i - 1] * 0.5 + x[i]
        x[0, i % 5] = x[i, 2]
    return x


PROGRAMS = [
    running,
    swapped,
    columns,
    with_old,
    with_new,
    exchanged,
    doubled,
    nested,
    several,
    kept,
    chosen,
    slices,
    unrolled,
]


def leaves(results: Any) -> list[Any]:
    if isinstance(results, tuple | list):
        return [leaf for part in results for leaf in leaves(part)]
    return [results]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("function", [*PROGRAMS, until])
def test_values(function: Any, dtype: str) -> None:
    """The functions run in NumPy as well, their loops by Python."""
    x = X.astype(dtype)
    for got, wanted in zip(leaves(jit(function)(x)), leaves(function(x.copy())), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=2e-5 if dtype == "float32" else 1e-12)


def total(function: Any, x: Any) -> Any:
    return sum(np.sum(np.sin(leaf)) for leaf in leaves(function(x)) if leaf is not None)


@pytest.mark.parametrize("function", PROGRAMS)
def test_derivatives(function: Any) -> None:
    direction = np.cos(np.arange(60.0)).reshape(12, 5)
    gradient = jit(grad(lambda x: total(function, x)))(X)
    _, forward = jit(lambda x: jvp(lambda x: total(function, x), (x,), (direction,)))(X)
    np.testing.assert_allclose(np.vdot(gradient, direction), forward, rtol=1e-9)
    step = 1e-6
    ahead, behind = (total(function, X + s * direction) for s in (step, -step))
    np.testing.assert_allclose(forward, (ahead - behind) / (2 * step), rtol=1e-5, atol=1e-7)
    rows = jit(vmap(grad(lambda x: total(function, x))))(np.stack([X * 0.5, X]))
    np.testing.assert_allclose(rows[1], gradient, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "dtype",
    ["bool", "int8", "uint8", "int32", "uint64", "float16", "bfloat16", "float32", "float64"],
)
def test_dtypes(dtype: str) -> None:
    x = np.arange(17).astype(numpy_dtype(dtype))
    v = np.arange(4)[::-1].astype(numpy_dtype(dtype))
    for i in ([3, 0, 3, -1], [[5, 2], [2, 16]]):
        wanted = x.copy()
        wanted[i] = v.reshape(np.shape(i))
        got = jit(replaced)(x, np.array(i), v.reshape(np.shape(i)))
        np.testing.assert_array_equal(got, wanted)
        if dtype != "bool":
            summed = x.copy()
            np.add.at(summed, np.array(i), v.reshape(np.shape(i)))
            np.testing.assert_array_equal(
                jit(lambda x, i, v: np.add.at(x, i, v) or x)(
                    x, np.array(i), v.reshape(np.shape(i))
                ),
                summed,
            )


@pytest.mark.parametrize("size", [1, 8, 9, 15, 16, 17, 25, 33])
def test_copies_of_bfloats(size: int) -> None:
    """LLVM 22 cannot select some of them."""
    x = np.arange(size).astype(numpy_dtype("bfloat16"))
    np.testing.assert_array_equal(jit(lambda x: np.concatenate([x, x]))(x)[size:], x)


@pytest.mark.parametrize("shape", [(1,), (3, 1), (1, 3), (4, 0)])
def test_edge_shapes(shape: tuple[int, ...]) -> None:
    x = np.arange(float(np.prod(shape))).reshape(shape)
    wanted = x.copy()
    wanted[-1] = 7.0
    np.testing.assert_array_equal(jit(replaced)(x, -1, 7.0), wanted)
    np.testing.assert_array_equal(jit(replaced)(x, np.array([-1]), np.array([7.0])), wanted)


def test_rows_of_their_own() -> None:
    """Batches of indices, of arrays and of both."""
    xs, i, v = np.stack([X, X * 2, X * 3]), np.array([3, 0, -1]), np.array([0.5, 1.5, 2.5])
    wanted = xs.copy()
    wanted[np.arange(3), i] = v[:, None]
    np.testing.assert_array_equal(jit(vmap(replaced))(xs, i, v), wanted)
    wanted = np.stack([replaced(X.copy(), k, 1.0) for k in i])
    np.testing.assert_array_equal(jit(vmap(replaced, (None, 0, None)))(X, i, 1.0), wanted)


def scratch(function: Any, *arguments: Any, **options: Any) -> int:
    return jit(function, **options).lower(*arguments).compile().memory().scratch


LOOPS = [
    lambda x: fori_loop(0, 9, lambda i, c: replaced(c, i, c[i + 1] * 2), x),
    lambda x: scan(lambda c, i: (replaced(c, i, c[0] + 1), c[i, 0]), x, np.arange(9)),
    lambda x: fori_loop(0, 9, lambda i, c: replaced(c, (slice(None), i), c[:, 0]), x),
    lambda x: while_loop(
        lambda s: s[0] < 9, lambda s: (s[0] + 1, replaced(s[1], s[0], 1.0)), (0, x)
    ),
    lambda x: scan(lambda c, i: (replaced(c, slice(2, 5), c[i]), None), x, np.arange(9))[0],
]


@pytest.mark.parametrize("function", LOOPS)
def test_loops_update_in_place(function: Any) -> None:
    """They have one array, where the result is."""
    size = np.prod(LARGE) * 8
    assert scratch(function, spec(LARGE, "float64")) < size / 10


def test_gradients_of_loops_update_in_place() -> None:
    """The cotangent of what is read by elements is not one more array in each turn."""
    size = np.prod(LARGE) * 8

    def read(x: Any) -> Any:
        return scan(lambda c, i: (c + x[i].sum() * x[2, 3], None), 0.0, np.arange(9))[0]

    def written(x: Any) -> Any:
        body = lambda c, i: (replaced(c, i, c[i + 1] * 0.5), c[0, 0])  # noqa: E731
        return scan(body, x, np.arange(9))[1].sum()

    assert scratch(grad(read), spec(LARGE, "float64")) < size / 10
    assert scratch(grad(written), spec(LARGE, "float64")) < size / 10


def test_donated_arrays_are_updated_in_place() -> None:
    arguments = spec(LARGE, "float64"), spec((7,), "int64"), spec((7, LARGE[1]), "float64")
    assert scratch(replaced, *arguments, donate_argnums=0) < np.prod(LARGE)


def test_each_value_that_a_loop_keeps_has_its_place() -> None:
    """Also if nobody reads it in the end: a turn may compute in it what it goes on with."""

    def total(nothing: Any, x: Any) -> Any:
        # The cotangent of nothing is nothing, so what is saved for it is not read.
        def turn(c: Any, i: Any) -> Any:
            c = np.sin(c) * i + 0.1
            return np.sin(c) * np.cos(c), c.sum()

        last, sums = scan(turn, nothing.sum()[None] + 0.3, np.arange(3.0))
        return np.sin(x + last).sum() + 0 * sums.sum()

    nothing, x = np.zeros((0, 2)), np.array(0.5)
    _, both = jit(grad(total, (0, 1)))(nothing, x)
    np.testing.assert_allclose(both, jit(grad(total, 1))(nothing, x), rtol=1e-14)
