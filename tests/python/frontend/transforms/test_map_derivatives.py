"""Derivatives and batches of a map against torch.func's of the same rows under vmap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.func
from xform import frontend

RNG = np.random.default_rng(0)
X, W = RNG.normal(size=(4, 3)), RNG.normal(size=(3, 3))
BATCH, WEIGHTS = RNG.normal(size=(2, 4, 3)), RNG.normal(size=(5, 3, 3))


def body(m: Any) -> Callable[..., Any]:
    return lambda x, w: m.tanh(w @ x) * x.sum()


def mapped(t: Any, x: Any, w: Any) -> Any:
    """A loop over rows in xform; torch has every row at once."""
    if t is frontend:
        return frontend.map(body(np), x, w)
    return torch.func.vmap(lambda row: body(torch)(row, w))(x)


def summed(t: Any) -> Callable[..., Any]:
    return lambda x, w: mapped(t, x, w).sum()


CASES: dict[str, Callable[[Any, Any], Any]] = {
    "jacrev": lambda t, a: t.jacrev(lambda x, w: mapped(t, x, w), argnums=(0, 1))(a(X), a(W)),
    "jacfwd": lambda t, a: t.jacfwd(lambda x, w: mapped(t, x, w), argnums=(0, 1))(a(X), a(W)),
    "hessian by a capture": lambda t, a: t.hessian(lambda w: summed(t)(a(X), w))(a(W)),
    "hessian by rows": lambda t, a: t.hessian(lambda x: (mapped(t, x, a(W)) ** 2).sum())(a(X)),
    "reverse over reverse": lambda t, a: t.jacrev(t.jacrev(lambda w: mapped(t, a(X), w).sum(0)))(
        a(W)
    ),
    "vmap over rows": lambda t, a: t.vmap(lambda x, w: mapped(t, x, w), in_dims=(0, None))(
        a(BATCH), a(W)
    ),
    "vmap of grad": lambda t, a: t.vmap(t.grad(summed(t)), in_dims=(0, None))(a(BATCH), a(W)),
    "vmap of grad by a capture": lambda t, a: t.vmap(
        t.grad(summed(t), argnums=1), in_dims=(None, 0)
    )(a(X), a(WEIGHTS)),
}


@pytest.mark.parametrize("name", CASES)
def test_equals_torch(
    name: str, results: dict[str, Any], equal_leaves: Callable[..., None]
) -> None:
    expected = CASES[name](torch.func, torch.from_numpy)
    equal_leaves(results[name], expected, rtol=1e-12, atol=1e-13)


def test_nested() -> None:
    w = W[0]

    def nested(w: Any) -> Any:
        inner = frontend.map(
            lambda rows: frontend.map(lambda row, w: np.sin(row * w).sum(), rows, w), BATCH
        )
        return inner.sum()

    gradient, value = frontend.grad_and_value(nested)(w)
    np.testing.assert_allclose(float(value), np.sin(BATCH * w).sum(), rtol=1e-13)
    np.testing.assert_allclose(
        np.asarray(gradient), (np.cos(BATCH * w) * BATCH).sum((0, 1)), rtol=1e-13
    )


def test_no_rows_and_one_row() -> None:
    def gradient(x: np.ndarray) -> np.ndarray:
        return np.asarray(frontend.grad(lambda x: frontend.map(lambda r: r * r, x).sum())(x))

    assert gradient(np.zeros((0, 3))).shape == (0, 3)
    np.testing.assert_array_equal(gradient(np.ones((1, 3))), 2 * np.ones((1, 3)))
