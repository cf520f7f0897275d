"""What is computed and then read in two ways by one loop is right in both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xform import frontend

FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sum": lambda x: np.outer(x.sum(1), x.sum(1)),
    "maximum": lambda x: x.max(0)[:, None] - x.max(0),
    "function of a sum": lambda x: np.outer(x.sum(1), np.tanh(x.sum(1))),
    "two functions of one": lambda x: np.outer(np.tanh(x.sum(1)), np.exp(x.sum(1))),
    "column and row": lambda x: x.sum(1, keepdims=True) * np.sin(x.sum(1, keepdims=True)).T,
    "within a sum": lambda x: (x.sum(1)[:, None] * x.sum(1) * x).sum(),
    "transposed": lambda x: np.tanh(x) + np.exp(np.tanh(x)).T,
    "product": lambda x: (x @ x) / (x @ x).T,
    "correlations": lambda x: (x.T @ x) / np.outer(np.diag(x.T @ x), np.diag(x.T @ x)),
    "neighbours": lambda x: x.sum(1)[1:] - x.sum(1)[:-1],
    "choice": lambda x: np.where(x.sum(1)[:, None] > x.sum(1), np.exp(x.sum(1))[:, None], x),
    "reshaped": lambda x: np.outer(x.reshape(5, 5, 1).sum(2), x.sum(0)),
    "matrix of sums": lambda x: np.outer((x[:, None] + x).sum(0), (x[:, None] + x).sum(0)),
    "reshaped function": lambda x: np.outer(x + x.sum(1), np.tanh(x + x.sum(1))),
    "argmax": lambda x: x.argmax(1)[:, None] - x.argmax(1),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_equals_numpy(dtype: str) -> None:
    x = np.random.default_rng(3).normal(size=(5, 5)).astype(dtype)
    tolerance = 2e-5 if dtype == "float32" else 1e-12
    given = dict.fromkeys(FUNCTIONS, x)
    results = frontend.jit(lambda xs: {name: f(xs[name]) for name, f in FUNCTIONS.items()})(given)
    for name, function in FUNCTIONS.items():
        want = function(x)
        np.testing.assert_allclose(results[name], want, tolerance, tolerance, err_msg=name)
