"""Derivatives at kinks and limits of functions that are compositions, and checks elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from xform import frontend, nn

INF = np.inf


def total(function: Any) -> Any:
    return lambda *xs: np.sum(function(*xs))


AT_KINKS: dict[str, tuple[Any, tuple[Any, ...], Any]] = {
    "norm at 0": (np.linalg.norm, (np.zeros(3),), np.zeros(3)),
    "norm of order 3 at 0": (lambda x: np.linalg.norm(x, 3), (np.zeros(2),), np.zeros(2)),
    "norm of order 3 beside 0": (lambda x: np.linalg.norm(x, 3), (np.array([0.0, -2.0]),),
                                 [0.0, -1.0]),
    "norm of order 1/2 beside 0": (lambda x: np.linalg.norm(x, 0.5), (np.array([0.0, 2.0]),),
                                   [0.0, 1.0]),
    "norm of order inf at 0": (lambda x: np.linalg.norm(x, np.inf), (np.zeros(2),), np.zeros(2)),
    "norm": (np.linalg.norm, (np.array([3.0, 4.0]),), [0.6, 0.8]),
    "hypot": (total(np.hypot), (np.array([0.0, 3.0]), np.array([0.0, 4.0])), [0.0, 0.6]),
    "arctan2": (total(np.arctan2), (np.array([0.0, 1.0]), np.array([0.0, 1.0])), [0.0, 0.5]),
    "clip": (lambda x: np.sum(np.clip(x, -1, 1)), (np.array([-2.0, -1.0, 0.0, 1.0, 2.0]),),
             [0.0, 1.0, 1.0, 1.0, 0.0]),
    "std of constants": (np.std, (np.full(4, 2.5),), np.zeros(4)),
    "std": (np.std, (np.array([1.0, 3.0]),), [-0.5, 0.5]),
    "abs": (total(np.abs), (np.array([-2.0, 0.0, 3.0]),), [-1.0, 0.0, 1.0]),
    "max ties": (np.max, (np.array([1.0, 3.0, 3.0]),), [0.0, 0.5, 0.5]),
    "x**0": (lambda x: np.sum(x**0), (np.array([0.0, 2.0]),), [0.0, 0.0]),
    "x**1": (lambda x: np.sum(x**1), (np.array([0.0, 2.0]),), [1.0, 1.0]),
    "x**3": (lambda x: np.sum(x**3), (np.array([0.0, 2.0]),), [0.0, 12.0]),
    "x**-2": (
        lambda x: np.sum(x**-2),
        (np.array([1.0, 2.0, 0.0, -0.0, np.inf]),),
        [-2.0, -0.25, -np.inf, np.inf, 0.0],
    ),
    "logaddexp": (total(np.logaddexp), (np.array([0.0, -INF, -INF, 1.0]),
                                        np.array([0.0, -INF, 0.0, -INF])), [0.5, 0.5, 0.0, 1.0]),
    "remainder": (total(np.remainder), (np.array([5.5, -5.5]), np.array([2.0, 2.0])), [1.0, 1.0]),
    "double where": (
        lambda x: np.sum(np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0)),
        (np.array([0.0, 2.0]),), [0.0, 0.5],
    ),
    "sinc": (total(np.sinc), (np.array([0.0]),), [0.0]),
    "prod with a zero": (np.prod, (np.array([2.0, 0.0, 3.0]),), [0.0, 6.0, 0.0]),
    "cumsum": (lambda x: np.cumsum(x)[1], (np.arange(4.0),), [1.0, 1.0, 0.0, 0.0]),
    "diagonal": (np.trace, (np.ones((2, 3)),), np.eye(2, 3)),
    "copysign": (total(np.copysign), (np.array([2.0, -2.0]), np.array([-1.0, -1.0])), [-1.0, 1.0]),
    "relu": (total(nn.relu), (np.array([-1.0, 0.0, 1.0]),), [0.0, 0.0, 1.0]),
    "logsumexp": (nn.logsumexp, (np.array([0.0, 0.0]),), [0.5, 0.5]),
    "logsumexp of -inf": (nn.logsumexp, (np.array([-INF, -INF]),), [0.0, 0.0]),
    "logsumexp with -inf": (nn.logsumexp, (np.array([-INF, 1.0]),), [0.0, 1.0]),
    "softmax": (lambda x: nn.softmax(x)[0], (np.array([0.0, 0.0]),), [0.25, -0.25]),
    "log_softmax": (lambda x: nn.log_softmax(x)[0], (np.array([0.0, 0.0]),), [0.5, -0.5]),
    "written": (lambda x: np.sum(xnp.asarray(x) * 1), (np.ones(2),), [1.0, 1.0]),
}  # fmt: skip


@pytest.fixture(scope="module")
def gradients() -> dict[str, np.ndarray]:
    def everything(args: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
        return {name: frontend.grad(AT_KINKS[name][0])(*xs) for name, xs in args.items()}

    return frontend.jit(everything)({name: args for name, (_, args, _) in AT_KINKS.items()})


@pytest.mark.parametrize("name", AT_KINKS)
def test_gradient(name: str, gradients: dict[str, np.ndarray]) -> None:
    np.testing.assert_allclose(np.asarray(gradients[name]), AT_KINKS[name][2], atol=1e-12)


rng = np.random.default_rng(3)
X = rng.uniform(0.2, 0.8, size=(3, 4))
SMOOTH: dict[str, Any] = {
    "mean": lambda x: np.mean(x) ** 2,
    "var": np.var,
    "einsum": lambda x: np.sum(np.einsum("ij,kj->ik", x, x) ** 2),
    "einsum diagonal": lambda x: np.sum(np.einsum("ii->i", x[:, :3]) ** 2),
    "matmul": lambda x: np.sum((x @ x.T) ** 2),
    "kron": lambda x: np.sum(np.kron(x, x[0]) ** 2),
    "hypot": lambda x: np.sum(np.hypot(x, x[::-1])),
    "logaddexp": lambda x: np.sum(np.logaddexp(x, x[::-1]) ** 2),
    "pad": lambda x: np.sum(np.pad(x, 2, mode="reflect") ** 3),
    "roll": lambda x: np.sum(np.roll(x, 1, 1) * x),
    "repeat": lambda x: np.sum(np.repeat(x, 2, 0)[1:4] ** 2),
    "diff": lambda x: np.sum(np.diff(x, axis=1) ** 3),
    "cumprod": lambda x: np.sum(np.cumprod(x, axis=1) ** 2),
    "norm p": lambda x: np.linalg.norm(x[0], 3),
    "gelu": lambda x: np.sum(nn.gelu(x)),
    "mish": lambda x: np.sum(nn.mish(x)),
    "elu": lambda x: np.sum(nn.elu(x - 0.5)),
    "logsumexp": lambda x: np.sum(nn.logsumexp(x, axis=0) ** 2),
    "softmax": lambda x: np.sum(nn.softmax(x, axis=1) ** 2),
    "slices": lambda x: np.sum(x[::-1, 1::2] ** 3 * x[:, :2]),
}


def test_smooth_gradients_match_central_differences() -> None:
    h = 1e-5
    shifts = (np.eye(X.size) * h).reshape(-1, *X.shape)

    def everything(x, plus, minus):
        gradients = {name: frontend.grad(f)(x) for name, f in SMOOTH.items()}
        differences = {
            name: (frontend.vmap(f)(plus) - frontend.vmap(f)(minus)) / (2 * h)
            for name, f in SMOOTH.items()
        }
        return gradients, differences

    gradients, differences = frontend.jit(everything)(X, X + shifts, X - shifts)
    for name in SMOOTH:
        np.testing.assert_allclose(
            np.asarray(gradients[name]).ravel(), differences[name], rtol=1e-6, atol=1e-8,
            err_msg=name,
        )  # fmt: skip
