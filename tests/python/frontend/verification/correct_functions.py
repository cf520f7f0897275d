"""Functions of different kinds that are right, in which `verify` must find nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from xform import random, tree
from xform.frontend import (
    cond,
    custom_jvp,
    custom_vjp,
    fori_loop,
    scan,
    stop_gradient,
    while_loop,
)


@dataclass(frozen=True)
class Correct:
    """A function that is right.

    Attributes:
        function: the function.
        args: its arguments.
        skipped: the checks that do not apply to it.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    skipped: tuple[str, ...] = ("steps",)


class Layer(NamedTuple):
    weights: Any
    bias: Any


DRAWN = np.random.default_rng(7)
X = np.array([0.5, -1.5, 2.0])
SQUARE = DRAWN.normal(size=(4, 4)) + 4 * np.eye(4)
KEY = np.asarray(random.key(3))


def numbers(*shape: int, dtype: Any = np.float64) -> Any:
    return DRAWN.normal(size=shape).astype(dtype)


def mlp_loss(layers: list[Layer], x: Any, labels: Any) -> Any:
    for layer in layers[:-1]:
        x = np.tanh(x @ layer.weights + layer.bias)
    logits = x @ layers[-1].weights + layers[-1].bias
    shifted = logits - stop_gradient(logits.max(axis=1, keepdims=True))
    log_normal = np.log(np.exp(shifted).sum(axis=1))
    chosen = np.take_along_axis(shifted, labels[:, None], axis=1)[:, 0]
    return (log_normal - chosen).mean()


def layers(dtype: Any = np.float64) -> list[Layer]:
    sizes = [(3, 8), (8, 4)]
    return [Layer(numbers(*s, dtype=dtype) / 2, numbers(s[1], dtype=dtype)) for s in sizes]


def recurrence(weights: Any, xs: Any) -> Any:
    def step(carry: Any, x: Any) -> tuple[Any, Any]:
        carry = np.tanh(weights @ carry + x)
        return carry, (carry * carry).sum()

    return scan(step, np.zeros(4), xs)


def root_by_newton(a: Any) -> Any:
    def is_far(x: Any) -> Any:
        return (np.abs(x * x - a) > 1e-5 * a).any()

    return while_loop(is_far, lambda x: 0.5 * (x + a / x), a)


def either(x: Any, y: Any) -> Any:
    return cond(x.sum() > 0, lambda a, b: a * np.sin(b), lambda a, b: a + b, x, y)


def spectrum_sum(matrix: Any) -> Any:
    values, vectors = np.linalg.eigh(matrix + matrix.T)
    return values, (vectors[0] ** 2 * np.arange(4.0)).sum(), (vectors**2).sum()


def smoothed(signal: Any, kernel: Any) -> Any:
    return np.convolve(signal, kernel)


def moved(table: Any, updates: Any, places: Any) -> Any:
    out = table * 1.0
    out[places] = np.sin(updates)
    return out.sum(axis=1), table[places, 0]


@custom_jvp
def log1pexp(x: Any) -> Any:
    return np.logaddexp(x, 0.0)


@log1pexp.defjvp
def log1pexp_rule(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    return log1pexp(x), dx / (1 + np.exp(-x))


@custom_vjp
def scaled(x: Any, y: Any) -> Any:
    return x * y


scaled.defvjp(lambda x, y: (x * y, (x, y)), lambda r, ct: (ct * r[1], ct * r[0]))


def noisy(x: Any) -> Any:
    return x + 0.1 * random.normal(KEY, x.shape)


def dropped(x: Any, key: Any) -> Any:
    kept = random.bernoulli(key, 0.5, x.shape)
    return np.where(kept, 2 * x, 0.0)


def power_and_label(x: Any, count: int, label: str, wanted: bool) -> Any:
    for _ in range(count):
        x = x * np.cos(x)
    return {label: x, "given": wanted}


def mixed_tree(parameters: Mapping[str, Any]) -> Any:
    doubled = tree.map(lambda x: 2.0 * x, parameters)
    a, (b, c) = doubled["a"], doubled["b"]
    return {"sum": a.sum() + b * c.mean(), "parts": [np.sin(c), (a[0], None)]}


def factorial_series(x: Any) -> Any:
    return fori_loop(1, 12, lambda i, s: 1 + s * x / (12 - i), x * 0 + 1)


def rosenbrock(x: Any) -> Any:
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


CORRECT: dict[str, Correct] = {
    "loss of a network": Correct(mlp_loss, (layers(), numbers(5, 3), np.array([0, 3, 1, 2, 0]))),
    "loss of a network in float32": Correct(
        mlp_loss,
        (layers(np.float32), numbers(5, 3, dtype=np.float32), np.array([0, 3, 1, 2, 0])),
    ),
    "scan": Correct(recurrence, (numbers(4, 4) / 3, numbers(6, 4))),
    "while_loop, forward only": Correct(
        root_by_newton, (np.array([2.0, 9.0, 0.3]),), ("transpose", "second_order", "steps")
    ),
    "cond": Correct(either, (X, X + 2)),
    "sort": Correct(lambda x: np.sort(x, axis=0) * np.arange(1.0, 6.0)[:, None], (numbers(5, 2),)),
    "cumsum": Correct(lambda x: np.cumsum(np.exp(x), axis=1), (numbers(2, 5),)),
    "solve": Correct(lambda a, b: np.linalg.solve(a, b), (SQUARE, numbers(4, 2))),
    "eigh": Correct(spectrum_sum, (numbers(4, 4),)),
    "convolution": Correct(smoothed, (numbers(9), np.array([0.25, 0.5, 0.25]))),
    "gather and scatter": Correct(moved, (numbers(5, 3), numbers(2, 3), np.array([4, 1]))),
    "custom_jvp": Correct(log1pexp, (np.array([-30.0, 0.5, 100.0]),)),
    "custom_vjp": Correct(scaled, (X, X + 1)),
    "random numbers with a fixed key": Correct(noisy, (X,), ("steps", "float32")),
    "a key as argument": Correct(dropped, (numbers(8), KEY), ("steps", "float32")),
    "pytrees": Correct(mixed_tree, ({"a": X, "b": (0.7, np.array([[1.0, 2.0]]))},)),
    "constants of other types": Correct(power_and_label, (X, 2, "name", True)),
    "a Python float": Correct(lambda x, scale: np.exp(-x * scale), (X.astype(np.float32), 0.5)),
    "0-d": Correct(lambda x: x * np.arctan(x), (np.array(1.5),)),
    "size 0": Correct(lambda x, y: (x.sum() + y, np.concatenate([x, y])), (np.zeros((0,)), X)),
    "nothing but size 0": Correct(
        lambda x: np.sin(x),
        (np.zeros((2, 0)),),
        ("derivatives", "linearity", "transpose", "second_order", "steps", "float32"),
    ),
    "integers alone": Correct(
        lambda n: n * n % 7,
        (np.arange(5),),
        ("derivatives", "linearity", "transpose", "second_order", "steps", "float32"),
    ),
    "kinks": Correct(
        lambda x, y: (np.abs(x).sum(), np.maximum(x, y), np.linalg.norm(x)),
        (np.array([0.0, 0.0]), np.array([0.0, 1.0])),
    ),
    "the root of a square at 0": Correct(lambda x: np.sqrt(x**2), (np.array([0.0, -2.0]),)),
    "a where around log": Correct(
        lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), x), (np.array([2.0, -1.0]),)
    ),
    "an end of the domain": Correct(lambda x: x**1.5, (np.array([0.0, 1.0]),)),
    "many arguments": Correct(
        lambda a, b, c, n, d: (np.tanh(a @ b) * c[n], d * c.sum()),
        (numbers(3), numbers(3, 2), numbers(4, 2), np.array(3), 2.5),
    ),
    "a valley": Correct(rosenbrock, (numbers(6),)),
    "a loop of known length": Correct(factorial_series, (X,)),
    "half precision": Correct(lambda x: (np.sin(x) * x).sum(), (np.array([0.5, 1.5], np.float16),)),
    "large and small numbers": Correct(
        lambda x, y: np.log(x) * y, (np.array([1e-3, 1.5, 1e4]), np.array([1e12, 1.0, 1e-12]))
    ),
    "rounding without a derivative": Correct(
        lambda x, y: y * np.floor(x) + x * y, (X + 0.25, X), ()
    ),
}
