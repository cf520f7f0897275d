"""Pads that are written with strides: what gradients of slices of slices are made of."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from xform.frontend import grad, jit, jvp, vmap

X = np.linspace(-1, 2, 24)
SLICES = [
    slice(None, None, 2), slice(1, None, 3), slice(2, 9), slice(None, None, -1), slice(3, 4),
    slice(7, 1, -2), slice(1, 3),
]  # fmt: skip


def cut(x: Any, *slices: slice) -> Any:
    for each in slices:
        x = x[each]
    return x


def slopes(x: Any, *slices: slice) -> Any:
    """Those of the sum of sines of what is cut out."""
    result = np.zeros_like(x)
    places = cut(np.arange(x.size), *slices)
    np.add.at(result, places, np.cos(x[places]))
    return result


@pytest.mark.parametrize("first", SLICES, ids=str)
def test_gradients_of_slices_of_slices(first: slice) -> None:
    chains = [(first, *rest) for rest in product(SLICES, repeat=2)]
    chains += [(first, second) for second in SLICES]
    chains = [chain for chain in chains if cut(X, *chain).size]

    def gradients(x: Any) -> list[Any]:
        return [grad(lambda y, chain=chain: np.sin(cut(y, *chain)).sum())(x) for chain in chains]

    for chain, found in zip(chains, jit(gradients)(X), strict=True):
        np.testing.assert_allclose(found, slopes(X, *chain), rtol=1e-12, err_msg=str(chain))


def test_of_two_axes_in_rows_and_forward() -> None:
    x = np.sin(np.arange(3 * 9 * 8.0)).reshape(3, 9, 8)

    def loss(x: Any) -> Any:
        return np.sin(x[1::2, ::3][:2, 1:3]).sum()

    expected = np.zeros_like(x)
    for row, slope in zip(x, expected, strict=True):
        slope[1::2, ::3][:2, 1:3] = np.cos(row[1::2, ::3][:2, 1:3])
    np.testing.assert_allclose(jit(vmap(grad(loss)))(x), expected)
    change = jit(lambda x: jvp(loss, (x,), (x,))[1])(x[0])
    np.testing.assert_allclose(change, np.vdot(expected[0], x[0]))


def spread(whole: Any, number: float, other: float) -> Any:
    x, y = np.full_like(whole, other), whole[:5]
    x[1::3] = np.pad(y, (2, 1), constant_values=number)
    return x


@pytest.mark.parametrize("numbers", [(0.0, 0.0), (2.0, 2.0), (0.0, 1.0)])
def test_updates_with_what_is_padded(numbers: tuple[float, float]) -> None:
    np.testing.assert_array_equal(jit(lambda x: spread(x, *numbers))(X), spread(X, *numbers))
    found = jit(grad(lambda x: (spread(x, *numbers) * X).sum()))(X)
    np.testing.assert_allclose(found, np.pad(X[1::3][2:7], (0, 19)))


@pytest.mark.vulkan
def test_on_vulkan() -> None:
    x = X.astype(np.float32)
    chains = [(SLICES[0], SLICES[6]), (SLICES[1], SLICES[4]), (SLICES[0], SLICES[3], SLICES[6])]

    def results(x: Any) -> list[Any]:
        found = [grad(lambda y, chain=chain: np.sin(cut(y, *chain)).sum())(x) for chain in chains]
        return [*found, spread(x, 0.0, 0.0)]

    wanted = [*(slopes(x, *chain) for chain in chains), spread(x, 0.0, 0.0)]
    for result, value in zip(jit(results, device="vulkan")(x), wanted, strict=True):
        np.testing.assert_allclose(result, value, rtol=1e-5)
