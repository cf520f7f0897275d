"""The gradients of the fixed-point layer, in both modes, alone and in a batch."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from xform.frontend import grad, jacfwd, jacrev, jit, vmap

PATH = Path(__file__).parents[3] / "examples" / "fixed_point.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fixed_point", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def solve(weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    x = np.zeros_like(bias)
    for _ in range(300):
        x = np.tanh(weights @ x + bias)
    return x


def test_gradients_solve_the_linear_system(example: ModuleType) -> None:
    weights, biases = example.problem()
    apply = example.FixedPoint.apply
    x, forward, reverse, (of_weights, of_bias) = jit(
        lambda w, b: (
            apply(w, b),
            jacfwd(apply, argnums=1)(w, b),
            jacrev(apply, argnums=1)(w, b),
            grad(example.loss, argnums=(0, 1))(w, b),
        )
    )(weights, biases[0])
    expected = solve(weights, biases[0])
    np.testing.assert_allclose(x.numpy(), expected, rtol=1e-11)
    slope = np.diag(1 - expected**2)
    jacobian = np.linalg.solve(np.eye(len(x)) - slope @ weights, slope)
    np.testing.assert_allclose(forward.numpy(), jacobian, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(reverse.numpy(), jacobian, rtol=1e-10, atol=1e-12)

    def loss(w: np.ndarray, b: np.ndarray) -> float:
        x = solve(w, b)
        return float(np.sum(np.sin(3 * x) + x * x))

    for found, numeric in [
        (of_weights, example.central_differences(lambda w: loss(w, biases[0]), weights)),
        (of_bias, example.central_differences(lambda b: loss(weights, b), biases[0])),
    ]:
        np.testing.assert_allclose(found.numpy(), numeric, rtol=1e-6, atol=1e-8)


def test_batches_equal_the_rows(example: ModuleType) -> None:
    weights, biases = example.problem()
    gradient = grad(example.loss, argnums=(0, 1))

    def both_orders(w: np.ndarray, bs: np.ndarray) -> object:
        rows = vmap(example.loss, in_dims=(None, 0))
        return (
            vmap(gradient, in_dims=(None, 0))(w, bs),
            grad(lambda w, bs: rows(w, bs).sum(), argnums=(0, 1))(w, bs),
        )

    (each_w, each_b), (sum_w, rows_b) = jit(both_orders)(weights, biases)
    one = jit(gradient)
    for i, bias in enumerate(biases):
        of_weights, of_bias = one(weights, bias)
        np.testing.assert_allclose(each_w.numpy()[i], of_weights.numpy(), rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(each_b.numpy()[i], of_bias.numpy(), rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(rows_b.numpy()[i], of_bias.numpy(), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(sum_w.numpy(), each_w.numpy().sum(0), rtol=1e-9, atol=1e-11)


def test_the_example_runs(example: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    example.main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(float(line.rsplit(" ", 1)[1]) < 1e-7 for line in lines)
