"""The tutorials in examples/: their programs agree with their slow loops, and say so."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("rich")
EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def example(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    """The example that the parameter names, as a module."""
    monkeypatch.syspath_prepend(EXAMPLES)
    yield importlib.import_module(request.param)
    del sys.modules[request.param]


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", [name], indirect=True, ids=[name])


def printed_by(example: Any, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert example.main(list(arguments)) == 0
    return capsys.readouterr().out


def images_and_labels(count: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    rng = np.random.default_rng(3)
    return rng.uniform(0, 1, (count, 64)), rng.integers(0, 10, count)


@of("per_sample_gradients")
def test_per_sample_gradients(example: Any, capsys: pytest.CaptureFixture[str]) -> None:
    printed = printed_by(example, capsys, "--samples", "6", "--steps", "3", "--hidden", "4")
    assert "6 gradients of 310 weights each" in printed
    assert "largest difference to the loop" in printed
    assert printed.count("labelled") == 3
    images, labels = images_and_labels(6)
    params = example.initial_params(4)
    together = example.per_sample(params, images, labels)
    assert together["w1"].shape == (6, 64, 4)
    # By central differences in one weight, for each sample.
    bump = params | {"b1": params["b1"] + np.array([0, 1e-5, 0, 0])}
    dent = params | {"b1": params["b1"] - np.array([0, 1e-5, 0, 0])}
    slopes = [
        (np.asarray(example.loss(bump, x, y)) - np.asarray(example.loss(dent, x, y))) / 2e-5
        for x, y in zip(images, labels, strict=True)
    ]
    np.testing.assert_allclose(np.asarray(together["b1"])[:, 1], slopes, atol=1e-8)


@of("ensembling")
def test_ensembling(example: Any, capsys: pytest.CaptureFixture[str]) -> None:
    printed = printed_by(example, capsys, "--members", "3", "--steps", "40")
    assert "3 networks of 12 hidden units" in printed
    best = float(printed.split("the best member")[1].split("│")[1])
    assert best > 60  # chance is 10


@of("jacobians_hessians")
def test_jacobians_and_hessians(example: Any, capsys: pytest.CaptureFixture[str]) -> None:
    printed = printed_by(example, capsys, "--size", "32", "--batch", "3")
    assert "2 x 32" in printed
    assert "3 Hessians at once, (3, 2, 2)" in printed
    weight, bias, x = np.array([[0.5, -1.0]]), np.array([0.2]), np.array([1.0, 0.5])
    y = np.tanh(weight @ x + bias)
    np.testing.assert_allclose(
        example.jacobian_in_a_loop(weight, bias, x), (1 - y**2)[:, None] * weight
    )


@of("neural_tangent_kernel")
def test_neural_tangent_kernel(example: Any, capsys: pytest.CaptureFixture[str]) -> None:
    printed = printed_by(example, capsys, "--samples", "8", "--hidden", "4")
    assert "the kernel of 8 digits, blocks of 2 x 2" in printed
    assert "fours and nines" in printed
    # Without hidden layers the kernel is x . y + 1 times the identity.
    images, _ = images_and_labels(3)
    params = example.initial_params((64, 2))
    expected = (images @ images.T + 1)[..., None, None] * np.eye(2)
    for kernel in (example.by_contraction, example.by_products, example.in_a_loop):
        np.testing.assert_allclose(kernel(params, images, images), expected, rtol=1e-12)
