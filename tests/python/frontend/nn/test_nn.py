"""Activations and the log-sum-exp family against torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.special
import torch
import torch.nn.functional as F
from batch import Batch, Case
from xform import frontend, nn
from xform.errors import XformTypeError, XformValueError

X = np.array([[-1000.0, -20.0, -1.5, -1.0, 0.0], [0.5, 1.0, 3.0, 20.0, 1000.0]])
ROWS = np.array([[-np.inf, -np.inf, -np.inf], [-np.inf, 0.5, 2.0], [1.0, 2.0, 1000.0]])


def against(name: str, reference: Any, *args: Any, **options: Any) -> Case:
    function = getattr(nn, name)

    def expected(*xs: Any) -> Any:
        return reference(*(torch.from_numpy(x) for x in xs)).numpy()

    return Case(f"{name}{options or ''}", lambda *xs: function(*xs, **options), *args,
                expected=expected)  # fmt: skip


ACTIVATIONS = {
    "relu": F.relu, "relu6": F.relu6, "leaky_relu": F.leaky_relu, "elu": F.elu, "celu": F.celu,
    "selu": F.selu, "sigmoid": torch.sigmoid, "hard_sigmoid": F.hardsigmoid,
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)), "log_sigmoid": F.logsigmoid,
    "silu": F.silu, "hard_silu": F.hardswish, "mish": F.mish, "gelu": F.gelu,
    "soft_sign": F.softsign, "hard_tanh": F.hardtanh, "softmax": lambda x: F.softmax(x, -1),
    "log_softmax": lambda x: F.log_softmax(x, -1),
}  # fmt: skip

VALUES = Batch([
    *(against(name, reference, X) for name, reference in ACTIVATIONS.items()),
    against("gelu", lambda x: F.gelu(x, approximate="tanh"), X, approximate=True),
    against("glu", lambda x: F.glu(x, -1), X[:, :4]),
    against("logsumexp", lambda x: torch.logsumexp(x, -1), ROWS, axis=-1),
    against("logsumexp", lambda x: torch.logsumexp(x, (0, 1), keepdim=True), ROWS, keepdims=True),
    against("softmax", lambda x: F.softmax(x, 0), ROWS[1:], axis=0),
    against("softmax", lambda x: F.softmax(x, -1), ROWS, axis=-1),
    against("log_softmax", lambda x: F.log_softmax(x, -1), ROWS[1:], axis=-1),
    against("one_hot", lambda x: F.one_hot(x, 4).to(torch.float64), np.array([[0, 3], [1, 2]]),
            num_classes=4),
    Case("one_hot out of range", lambda i: nn.one_hot(i, 3, dtype=np.float32, axis=0),
         np.array([-1, 1, 3]), expected=lambda i: (np.arange(3)[:, None] == i).astype(np.float32)),
    Case("logsumexp b", lambda x, b: nn.logsumexp(x, axis=1, b=b), X, np.abs(X) / 10,
         expected=lambda x, b: scipy.special.logsumexp(x, axis=1, b=b)),
    Case("logsumexp where", lambda x: nn.logsumexp(x, axis=1, where=x > 0), X,
         expected=lambda x: scipy.special.logsumexp(np.where(x > 0, x, -np.inf), axis=1)),
    Case("logsumexp of none", lambda x: nn.logsumexp(x, axis=1), np.zeros((2, 0)),
         expected=lambda x: np.full(2, -np.inf)),
    Case("float32", lambda x: [nn.gelu(x), nn.softmax(x)], X.astype(np.float32) / 50,
         expected=lambda x: [f(torch.from_numpy(x)).numpy()
                             for f in (F.gelu, lambda t: F.softmax(t, -1))]),
    Case("ints", lambda x: nn.sigmoid(x), np.arange(-2, 3),
         expected=lambda x: scipy.special.expit(x.astype(float))),
])  # fmt: skip


@pytest.mark.parametrize("case", VALUES.cases, ids=str)
def test_values(case: Case) -> None:
    VALUES.check(case)


SMOOTH_POINTS = np.array([-3.0, -1.2, -0.4, 0.3, 0.9, 2.2])


def test_gradients_match_torch() -> None:
    points = np.concatenate([SMOOTH_POINTS, [0.0]])
    exact_at_zero = {"relu", "relu6", "silu", "gelu", "mish", "sigmoid", "softplus", "log_sigmoid"}
    names = [name for name in ACTIVATIONS if "softmax" not in name]

    def everything(x):
        return {name: frontend.grad(lambda v, n=name: np.sum(getattr(nn, n)(v)))(x)
                for name in names}  # fmt: skip

    gradients = frontend.jit(everything)(points)
    for name in names:
        x = torch.from_numpy(points).requires_grad_()
        (truth,) = torch.autograd.grad(ACTIVATIONS[name](x).sum(), x)
        count = len(points) if name in exact_at_zero else len(SMOOTH_POINTS)
        # torch's 1 / 6 is a float32.
        digits = 1e-7 if name in ("hard_sigmoid", "hard_silu") else 1e-10
        np.testing.assert_allclose(
            np.asarray(gradients[name])[:count], truth.numpy()[:count], rtol=digits, err_msg=name
        )


def test_on_concrete_arrays() -> None:
    np.testing.assert_allclose(nn.softmax(np.zeros((2, 4)), 1), np.full((2, 4), 0.25))
    np.testing.assert_allclose(nn.logsumexp(a=np.zeros(2), axis=(0,), keepdims=True), [np.log(2)])


def test_errors(user_error) -> None:
    with user_error(XformTypeError, "one_hot", "float64"):
        frontend.jit(lambda x: nn.one_hot(x, 3)).lower(np.ones(2))
    with user_error(XformValueError, "glu", "odd"):
        frontend.jit(nn.glu).lower(np.ones(3))
