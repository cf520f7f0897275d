"""Convolutions by way of frequencies against SciPy's and NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
from xform import signal
from xform.errors import XformValueError
from xform.frontend import grad, jit, vmap

RNG = np.random.default_rng(0)
SHAPES: list[tuple[tuple[int, ...], tuple[int, ...], Any]] = [
    ((5,), (3,), None),
    ((3,), (5,), None),
    ((200,), (101,), 0),
    ((4, 6), (2, 3), None),
    ((4, 6), (4, 3), 1),
    ((4, 6), (1, 3), (-1,)),
    ((4, 1), (4, 3), None),
    ((0,), (3,), None),
    ((), (), None),
]


@pytest.mark.parametrize(("first", "second", "axes"), SHAPES)
def test_against_scipy(first: tuple[int, ...], second: tuple[int, ...], axes: Any) -> None:
    x, y = RNG.standard_normal(first), RNG.standard_normal(second)
    arrays = (x, y, x + 1j * x, x.astype(np.float32), y.astype(np.float32))

    def every(of: Any, x: Any, y: Any, z: Any, u: Any, v: Any) -> list[Any]:
        modes = ("full", "same", "valid")
        pairs = [(x, y), (z, y), (u, v)]
        return [of.fftconvolve(*pair, mode, axes) for mode in modes for pair in pairs]

    got = jit(lambda *arrays: every(signal, *arrays))(*arrays)
    for found, wanted in zip(got, every(scipy.signal, *arrays), strict=True):
        tolerance = 30 * np.finfo(wanted.dtype).eps
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * 10)


def test_integers_and_concrete_arrays() -> None:
    x, y = np.array([1, 2, 3]), np.array([0, 1, 2])
    np.testing.assert_allclose(signal.fftconvolve(x, y), np.convolve(x, y), atol=1e-14)


def test_derivative() -> None:
    """That of the sums of products."""
    x, y, w = RNG.standard_normal(9), RNG.standard_normal(4), RNG.standard_normal(12)

    def slopes(convolve: Any) -> Any:
        loss = lambda x, y: np.sum(np.sin(convolve(x, y)) * w)  # noqa: E731
        return jit(vmap(grad(loss, argnums=(0, 1)), (0, None)))(np.stack([x, -x]), y)

    for found, wanted in zip(slopes(signal.fftconvolve), slopes(np.convolve), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: signal.fftconvolve(x, x, "half"), "got 'half'"),
        (lambda x: signal.fftconvolve(x, x[0]), "in1 has 2 axes and in2 has 1"),
        (lambda x: signal.fftconvolve(x, x[:, :2], axes=0), "axis 1 has 3 elements in in1 and 2"),
        (lambda x: signal.fftconvolve(x, x.T, "valid"), "neither of the shapes"),
    ],
)
def test_refused(call: Any, message: str) -> None:
    with pytest.raises(XformValueError, match=message):
        jit(call)(np.ones((2, 3)))
