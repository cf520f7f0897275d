"""What is lowered in another way for GPUs, on the driver that there is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xform.frontend import grad, jit, scan

pytestmark = pytest.mark.vulkan


@pytest.mark.parametrize("is_unique", [True, False])
@pytest.mark.parametrize("window", [(), (1,), (5, 1), (1, 5), (33,)])
def test_updates_are_added_once(window: tuple[int, ...], is_unique: bool) -> None:
    """Also where a workgroup has more threads than there are elements."""
    rng = np.random.default_rng(0)

    def cases() -> Any:
        for count in (1, 2, 33):
            places = rng.permutation(count + 4)[:count]
            if not is_unique:
                places = np.append(places, places[0])
            x = rng.random((count + 4, *window), "float32")
            yield places, x, rng.random((len(places), *window), "float32")

    def add(arrays: Any) -> Any:
        results = []
        for (places, _, _), (x, updates) in zip(made, arrays, strict=True):
            y = x.copy()
            np.add.at(y, places, updates)
            results.append(y)
        return results

    made = list(cases())
    arrays = [(x, updates) for _, x, updates in made]
    for got, wanted in zip(jit(add, device="vulkan")(arrays), add(arrays), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_the_gradient_of_a_largest_element() -> None:
    """Its cotangent is added at one place."""

    def largest(x: Any) -> Any:
        return np.sum(np.take_along_axis(np.sin(x), np.argmax(x, keepdims=True), 0))

    x = np.array([0.3, 1.2, -0.4], "float32")
    np.testing.assert_allclose(
        jit(grad(largest), device="vulkan")(x), [0, np.cos(x[1]), 0], rtol=1e-6
    )


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_quotients_of_64_bits(dtype: str) -> None:
    """GPUs may have no such integers; what stands for them divides exactly."""
    rng = np.random.default_rng(1)
    largest = np.iinfo(dtype).max
    edges = [0, 1, 2, 3, 7, 2**24, 2**24 + 1, 2**31, 2**32, 2**32 + 1, 2**53 + 1, largest]
    x = rng.integers(0, largest, 2000, dtype) >> rng.integers(0, 63, 2000).astype(dtype)
    x = np.concatenate([x, np.repeat(np.array(edges, dtype), len(edges))])
    y = np.concatenate([rng.permutation(x[:2000]), np.tile(np.array(edges, dtype), len(edges))])
    if dtype == "int64":
        x = x * rng.choice([-1, 1], x.size)
        y = y * rng.choice([-1, 1], y.size)
        x[0], y[0] = np.iinfo(dtype).min, 3
        x[1], y[1] = np.iinfo(dtype).min, np.iinfo(dtype).min
    y[y == 0] = 5

    def divide(x: Any, y: Any) -> Any:
        return x // y, x % y, np.fmod(x, y)

    for got, wanted in zip(jit(divide, device="vulkan")(x, y), divide(x, y), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_what_a_loop_begins_with_is_read_beside_it() -> None:
    def step(carry: Any, _: Any) -> Any:
        return carry * 0.5, carry.sum()

    def f(x: Any) -> Any:
        mean = np.mean(x, 0, keepdims=True)
        last, sums = scan(step, mean, np.arange(3))
        return np.sum(mean), last + sums.sum()

    x = np.linspace(-1, 2, 16, dtype="float32").reshape(2, 8)
    mean = x.mean(0, keepdims=True)
    total, last = jit(f, device="vulkan")(x)
    np.testing.assert_allclose(total, mean.sum(), rtol=1e-5)
    np.testing.assert_allclose(last, mean / 8 + mean.sum() * 1.75, rtol=1e-5)


def test_what_is_updated_was_read_before() -> None:
    """Behind a loop that does not read the sum, its operand would have been updated."""

    def f(x: Any) -> Any:
        mean = np.mean(x, 0, keepdims=True)
        total = np.tanh(np.sum(mean) / 8)
        y = mean.copy()
        np.add.at(y, np.array([0]), np.sin(mean[[0]]))

        def step(carry: Any, i: Any) -> Any:
            old = carry[i % 1].copy()
            carry[:] = np.tanh(carry[::-1] + carry.mean())
            return carry, (old.sum() + carry[(i + 1) % 1].sum()) / 8

        last, sums = scan(step, y, np.arange(3))
        return total, last + np.tanh(sums).sum()

    x = np.linspace(-1, 2, 16, dtype="float32").reshape(2, 8)
    for got, wanted in zip(jit(f, device="vulkan")(x), jit(f)(x), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-5)
