"""functionalize: a function as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.func
from xform import frontend
from xform.frontend import XformTypeError, XformValueError, functionalize, grad, jit, vmap

X = np.array([1.0, 2.0, 3.0])


def written(x: Any, *, by: Any) -> Any:
    y = x * 1
    y[1:] *= x[:-1]
    y[0] += by
    return y


def test_equals_torch() -> None:
    def all_of(t: Any, x: Any, f: Any) -> Any:
        return [f(x, by=2), t.functionalize(t.grad(lambda x: f(x, by=2).sum()))(x)]

    found = jit(
        lambda x: all_of(frontend, x, functionalize(written, remove="mutations_and_views"))
    )(X)
    expected = all_of(torch.func, torch.from_numpy(X), written)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b.numpy())
    np.testing.assert_array_equal(functionalize(written)(X, by=2), written(X, by=2))


def test_writes_reach_what_a_plain_call_would_reach() -> None:
    def adds(x: Any) -> Any:
        x += 1
        return x

    def caller(x: Any) -> Any:
        y = x * 2
        functionalize(adds)(y)
        return y

    np.testing.assert_array_equal(jit(caller)(X), 2 * X + 1)
    np.testing.assert_array_equal(vmap(caller)(X[None]), [2 * X + 1])
    assert grad(lambda x: caller(x).sum())(X).numpy().tolist() == [2, 2, 2]
    x = X.copy()
    np.testing.assert_array_equal(functionalize(adds)(x), X + 1)
    np.testing.assert_array_equal(x, X)


def test_errors(user_error: Any) -> None:
    with user_error(
        XformValueError, "functionalize: remove must be one of 'mutations',", "'views'"
    ):
        functionalize(written, remove="views")
    with user_error(XformTypeError, "functionalize: expected a function, got int"):
        functionalize(3)  # type: ignore[arg-type]
