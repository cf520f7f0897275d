"""Fourier transforms against NumPy's, of every kind of length."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from xform.errors import XformTypeError, XformValueError
from xform.frontend import jit, vmap
from xform.numpy.axes import AxisError

# Powers of 2, products of small primes, primes below and above what a matrix is for, and both.
LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 30, 49, 64, 97, 100, 257, 360, 509, 1018, 4096)
NAMES = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
NORMS = ("backward", "ortho", "forward")


def signal(shape: tuple[int, ...], dtype: str, seed: int = 0) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    if dtype.startswith("complex"):
        x = x + 1j * rng.standard_normal(shape)
    return x.astype(dtype)


def given(name: str, shape: tuple[int, ...], wide: bool) -> np.ndarray[Any, Any]:
    real = name in ("rfft", "ihfft", "rfftn", "rfft2")
    return signal(shape, ("float" if real else "complex") + str((32 << wide) << (not real)))


def check_near(got: Any, wanted: Any, n: int) -> None:
    """They differ by at most 4 eps log2(n) of the norm."""
    got = np.asarray(got)
    assert got.shape == wanted.shape
    assert got.dtype == wanted.dtype
    eps = np.finfo(got.dtype).eps
    bound = 4 * eps * max(1.0, math.log2(max(n, 1))) * np.linalg.norm(wanted)
    assert np.linalg.norm((got - wanted).ravel()) <= bound


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("n", LENGTHS)
def test_one_axis(n: int, wide: bool) -> None:
    arrays = [given(name, (n,), wide) for name in NAMES]

    def every(*arrays: Any) -> list[Any]:
        found = [getattr(np.fft, name)(x, n) for name, x in zip(NAMES, arrays, strict=True)]
        found += [
            getattr(np.fft, name)(x, n, norm=norm)
            for name, x in zip(NAMES, arrays, strict=True)
            for norm in NORMS[1:]
            if n in (7, 8)
        ]
        return found

    # NumPy's own float32 is off, too.
    exact = every(*(x.astype(np.result_type(x, np.float64)) for x in arrays))
    for got, own, wanted in zip(jit(every)(*arrays), every(*arrays), exact, strict=True):
        check_near(got, wanted.astype(own.dtype), n)


def test_sizes_and_axes() -> None:
    """Fewer and more points than there are, other axes, batches, and views."""
    x = signal((3, 5, 8), "complex128")

    def every(x: Any) -> list[Any]:
        real = x.real
        found = []
        for axis in (0, 1, -1):
            for n in (1, 4, 7, 10):
                found += [np.fft.fft(x, n, axis), np.fft.ifft(x.T, n, axis)]
                found += [np.fft.rfft(real, n, axis), np.fft.irfft(x, n, axis)]
                found += [np.fft.hfft(x, n, axis=axis), np.fft.ihfft(real, n, axis=axis)]
        return [*found, np.fft.irfft(x), np.fft.hfft(x), np.fft.fft(x[:, ::-2, 1:])]

    for got, wanted in zip(jit(every)(x), every(x), strict=True):
        check_near(got, wanted, 10)


def test_several_axes() -> None:
    x = signal((4, 6, 5), "complex128")

    def every(x: Any) -> list[Any]:
        fft, real = np.fft, x.real
        return [
            *(f(x) for f in (fft.fftn, fft.ifftn, fft.fft2, fft.ifft2, fft.irfftn, fft.irfft2)),
            *(f(real) for f in (fft.rfftn, fft.rfft2, fft.fftn, fft.fft2)),
            fft.fftn(x, axes=(2, 0)),
            fft.fftn(x, axes=(1, 1)),
            fft.fftn(x, axes=()),
            fft.fftn(real, axes=()),
            fft.fftn(x, s=(7, -1), axes=(0, 2), norm="ortho"),
            fft.ifftn(x, s=(3, 3), axes=(1, 2), norm="forward"),
            fft.fft2(x, axes=(0, 1)),
            fft.rfftn(real, s=(3, 9), axes=(2, 1)),
            fft.rfft2(real, axes=(1, 0), norm="forward"),
            fft.irfftn(x, s=(5, 7), axes=(0, 1)),
            fft.irfft2(x, axes=(2, 1), norm="ortho"),
        ]

    for got, wanted in zip(jit(every)(x), every(x), strict=True):
        check_near(got, wanted, 50)


def test_dtypes_and_shapes() -> None:
    def every(*arrays: Any) -> list[Any]:
        return [np.fft.fft(x) for x in arrays] + [np.fft.rfft(x) for x in arrays[:4]]

    arrays = (
        np.arange(6, dtype=np.int16),
        np.array([True, False, True]),
        np.linspace(0, 1, 5, dtype=np.float16),
        np.arange(4, dtype=np.uint8),
        np.zeros((0, 4)),
        np.zeros((2, 0, 3), np.complex64),
    )
    for got, wanted in zip(jit(every)(*arrays), every(*arrays), strict=True):
        check_near(got, wanted, 6)


def test_order_of_frequencies() -> None:
    x = signal((4, 5), "complex64")

    def every(x: Any) -> list[Any]:
        shifts = (np.fft.fftshift, np.fft.ifftshift)
        return [f(x, axes) for f in shifts for axes in (None, 0, -1, (1, 0), [1])] + [
            np.fft.fftshift(x.real),
            np.fft.fftfreq(5, x.real[0, 0]),
            np.fft.rfftfreq(8, d=x.real[0, 0]),
        ]

    for got, wanted in zip(jit(every)(x), every(x), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_frequencies() -> None:
    assert np.array_equal(xnp.fft.fftfreq(5, 0.1), np.fft.fftfreq(5, 0.1))
    assert xnp.fft.rfftfreq(6, dtype=np.float32).dtype == np.float32
    got = jit(lambda d: (xnp.fft.fftfreq(4, d), xnp.fft.rfftfreq(5, d, np.float64)))(np.float32(2))
    assert [x.dtype for x in got] == [np.float64, np.float64]
    for x, wanted in zip(got, (np.fft.fftfreq(4, 2), np.fft.rfftfreq(5, 2)), strict=True):
        np.testing.assert_allclose(x, wanted, rtol=1e-6)


def test_batched() -> None:
    x = signal((3, 4, 12), "complex128")
    got = jit(vmap(lambda x: (np.fft.fft(x), np.fft.irfft(x, 9), np.fft.fft2(x)), in_dims=1))(x)
    rows = np.moveaxis(x, 1, 0)
    for found, f in zip(got, (np.fft.fft, lambda x: np.fft.irfft(x, 9), np.fft.fft2), strict=True):
        check_near(found, np.stack([f(row) for row in rows]), 12)


def test_written_into() -> None:
    def f(x: Any) -> Any:
        out = np.zeros_like(x)
        np.fft.fft(x, out=out)
        return out

    x = signal((6,), "complex128")
    check_near(jit(f)(x), np.fft.fft(x), 6)


@pytest.mark.vulkan
def test_vulkan() -> None:
    x = signal((3, 34), "complex64")

    def every(x: Any) -> list[Any]:
        return [np.fft.fft(x), np.fft.fft2(x), np.fft.irfft(x), np.fft.rfft(x.real)]

    for got, wanted in zip(jit(every, device="vulkan")(x), every(x), strict=True):
        check_near(got, wanted, 34)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda x: np.fft.fft(x, 0), XformValueError, "fft: expected at least one point, got 0"),
        (lambda x: np.fft.irfft(x[:1]), XformValueError, "irfft: expected at least one point"),
        (lambda x: np.fft.fft(x, axis=2), AxisError, "fft"),
        (lambda x: np.fft.fft(x, norm="half"), XformValueError, "\"ortho\".*got 'half'"),
        (lambda x: np.fft.rfft(x), XformTypeError, "rfft: expected real numbers, got complex128"),
        (lambda x: np.fft.fftn(x, s=(2, 3), axes=(0,)), XformValueError, "2 numbers for 1 axes"),
        (lambda x: np.fft.irfftn(x, axes=()), XformValueError, "at least one axis"),
        (lambda x: np.fft.rfftn(x.real, axes=()), XformValueError, "at least one axis"),
    ],
)
def test_refused(call: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        jit(call)(signal((4,), "complex128"))
