"""Layers on complex arrays: linear ones are right, others refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from xform import nn
from xform.frontend import grad, jit

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(2, 3, 8)) + 1j * RNG.normal(size=(2, 3, 8))
W = RNG.normal(size=(4, 3, 3)) + 1j * RNG.normal(size=(4, 3, 3))

REFUSED = [
    "celu", "elu", "gelu", "glu", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu",
    "log_sigmoid", "log_softmax", "logsumexp", "mish", "relu", "relu6", "selu", "sigmoid", "silu",
    "soft_sign", "softmax", "softplus", "swish",
]  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str, user_error: Any) -> None:
    layer = getattr(nn, name)
    with user_error(TypeError, "complex128 is not supported", "abs(x)"):
        layer(Z)
    with user_error(TypeError, "complex128 is not supported"):
        jit(lambda z: layer(z))(Z)


@pytest.mark.parametrize("name", ["avg_pool1d", "max_pool1d"])
def test_pools_refuse(name: str, user_error: Any) -> None:
    with user_error(TypeError, f"{name}: complex128 is not supported"):
        getattr(nn, name)(Z, 2)


def test_convolutions() -> None:
    wanted = torch.nn.functional.conv1d(torch.tensor(Z), torch.tensor(W))
    np.testing.assert_allclose(jit(nn.conv1d)(Z, W), wanted.numpy(), rtol=1e-12)

    def theirs(w: Any) -> Any:
        return (abs(torch.nn.functional.conv1d(torch.tensor(Z), w)) ** 2).sum()

    gradient = torch.func.grad(theirs)(torch.tensor(W)).resolve_conj().numpy()
    found = grad(lambda w: (abs(nn.conv1d(Z, w)) ** 2).sum())(W)
    np.testing.assert_allclose(found, gradient, rtol=1e-11)
