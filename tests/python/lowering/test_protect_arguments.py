"""Updates in place reach neither arguments, nor closed-over arrays, nor earlier results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from xform.frontend import checkpoint, cond, fori_loop, grad, jit, scan, switch, vmap, while_loop
from xform_runtime import asarray

X = np.arange(6.0)
PLACES = np.array([0, 2, 2, 5])
V = np.array([1.0, -2.0, 3.0, 0.5])


def updated(x: Any, i: Any, v: Any, ufunc: Any = np.add) -> Any:
    y = xnp.array(x, copy=True)
    ufunc.at(y, i, v)
    return y


def assigned(x: Any, i: Any, v: Any) -> Any:
    y = xnp.array(x, copy=True)
    y[i[:1]] = v[0]
    y[3:5] = v[1:3]
    return y


def put(x: Any, i: Any, v: Any) -> Any:
    y = xnp.array(x, copy=True)
    np.put(y, i, v)
    return y


def diagonal(x: Any, i: Any, v: Any) -> Any:
    y = xnp.array(x, copy=True).reshape(2, 3)
    np.fill_diagonal(y, v[0])
    return y


def stepwise(x: Any, i: Any, v: Any) -> Any:
    def step(carry: Any, each: Any) -> tuple[Any, Any]:
        return updated(carry, i, each * v), updated(x, i, v)

    return scan(step, x, v)


def until(x: Any, i: Any, v: Any) -> Any:
    def step(state: tuple[Any, Any]) -> tuple[Any, Any]:
        return state[0] + 1, updated(state[1], i, v)

    return while_loop(lambda state: state[0] < i[3] - 2, step, (0, x))[1]


def chosen(x: Any, i: Any, v: Any) -> Any:
    either = cond(v[0] > 0, lambda x: x, lambda x: 2 * x, x)
    many = switch(i[1], [lambda x: x, lambda x: x + 1, lambda x: updated(x, i, v)], x)
    return updated(either, i, v), many


def rows(x: Any, i: Any, v: Any) -> Any:
    return vmap(lambda row: updated(row, i, v))(x.reshape(1, 6)), vmap(
        lambda each: updated(x, i, each * v)
    )(v)


def derivatives(x: Any, i: Any, v: Any) -> Any:
    def loss(x: Any, v: Any) -> Any:
        return (fori_loop(0, 2, lambda _, y: updated(y, i, v * y[i]), x) ** 2).sum()

    return grad(loss, argnums=(0, 1))(x, v), grad(checkpoint(loss))(x, v)


CASES: dict[str, Callable[..., Any]] = {
    "add": updated,
    "multiply": lambda x, i, v: updated(x, i, v, np.multiply),
    "maximum": lambda x, i, v: updated(x, i, v, np.maximum),
    "assigned": assigned,
    "put": put,
    "diagonal": diagonal,
    "scan": stepwise,
    "while": until,
    "branches": chosen,
    "vmap": rows,
    "derivatives": derivatives,
    # What IREE takes for the argument itself.
    "reshaped": lambda x, i, v: updated(x.reshape(3, 2), (i // 2, i % 2), v),
    "column": lambda x, i, v: updated(x[None].T, i, v[:, None]),
    "sum of a row": lambda x, i, v: updated(x[None].sum(0), i, v),
    "sliced": lambda x, i, v: updated(x[1:], i[:3], v[:3]),
    "returned too": lambda x, i, v: (x, updated(x, i, v), x.reshape(2, 3)),
    "sorted": lambda x, i, v: (np.sort(x), np.cumsum(x), np.concatenate([x, v])),
}

EXPECTED: dict[str, list[Any]] = {
    "add": [[1, 1, 3, 3, 4, 5.5]],
    "multiply": [[0, 1, -12, 3, 4, 2.5]],
    "maximum": [[1, 1, 3, 3, 4, 5]],
    "assigned": [[1, 1, 2, -2, 3, 5]],
    "put": [[1, 1, 3, 3, 4, 0.5]],
    "diagonal": [[[1, 1, 2], [3, 1, 5]]],
    "scan": [[2.5, 1, 4.5, 3, 4, 6.25], [[1, 1, 3, 3, 4, 5.5]] * 4],
    "while": [[3, 1, 5, 3, 4, 6.5]],
    "branches": [[1, 1, 3, 3, 4, 5.5]] * 2,
    "vmap": [
        [[1, 1, 3, 3, 4, 5.5]],
        [[s, 1, 2 + s, 3, 4, 5 + s / 2] for s in V],
    ],
    "derivatives": [[0, 2, 64, 6, 8, 50.625], [0, 128, 128, 337.5], [0, 2, 64, 6, 8, 50.625]],
    "reshaped": [[[1, 1], [3, 3], [4, 5.5]]],
    "column": [[[1], [1], [3], [3], [4], [5.5]]],
    "sum of a row": [[1, 1, 3, 3, 4, 5.5]],
    "sliced": [[2, 2, 4, 4, 5]],
    "returned too": [[0, 1, 2, 3, 4, 5], [1, 1, 3, 3, 4, 5.5], [[0, 1, 2], [3, 4, 5]]],
    "sorted": [[0, 1, 2, 3, 4, 5], [0, 1, 3, 6, 10, 15], [0, 1, 2, 3, 4, 5, 1, -2, 3, 0.5]],
}


def leaves(result: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(result, tuple | list):
        return [leaf for part in result for leaf in leaves(part)]
    return [np.array(result)]


def check(results: list[dict[str, Any]]) -> None:
    for result in results:
        for name, given in result.items():
            for found, expected in zip(leaves(given), EXPECTED[name], strict=True):
                np.testing.assert_array_equal(found, expected, err_msg=name)


@pytest.mark.vulkan
@pytest.mark.parametrize(
    ("device", "names"), [("cpu", list(CASES)), ("vulkan", ["add", "while", "column"])]
)
def test_arguments_stay(device: str, names: list[str]) -> None:
    x, v = X.astype(np.float32), V.astype(np.float32)
    held = [asarray(a, device) for a in (x, PLACES.astype(np.int32), v)]
    program = jit(lambda *args: {name: CASES[name](*args) for name in names}, device=device)
    check([program(*held) for _ in range(3)])
    for array, value in zip(held, (x, PLACES, v), strict=True):
        np.testing.assert_array_equal(array, value)


def test_closed_over_arrays_stay() -> None:
    program = jit(lambda: {name: case(X, PLACES, V) for name, case in CASES.items()})
    check([program() for _ in range(3)])
    assert X.tolist() == [0, 1, 2, 3, 4, 5]
    assert V.tolist() == [1, -2, 3, 0.5]


def test_results_that_are_arguments_again() -> None:
    step = jit(updated)
    first = step(X, PLACES, V)
    second = step(first, PLACES, V)
    again = step(first, PLACES, V)
    np.testing.assert_array_equal(first, [1, 1, 3, 3, 4, 5.5])
    np.testing.assert_array_equal(second, [2, 1, 4, 3, 4, 6])
    np.testing.assert_array_equal(again, second)
    # One array in two places.
    np.testing.assert_array_equal(
        jit(lambda x, v: updated(x, PLACES[1:], v[:3]))(first, first), [1, 1, 5, 3, 4, 8.5]
    )
    np.testing.assert_array_equal(first, [1, 1, 3, 3, 4, 5.5])


def test_large_arrays_are_used_where_they_are_and_stay() -> None:
    x = np.zeros(100_000)
    i, v = np.array([5, 5, 99_999]), np.ones(3)
    step = jit(updated)
    for _ in range(3):
        result = np.asarray(step(x, i, v))
        assert (result[5], result[99_999], result.sum()) == (2, 1, 3)
    assert not x.any()
