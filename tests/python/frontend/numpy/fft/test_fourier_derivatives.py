"""Derivatives of Fourier transforms, which are linear: by their adjoints, and beside JAX's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xform.frontend import grad, hessian, jit, jvp, vjp, vmap

jax = pytest.importorskip("jax")

N = 12


def signal(shape: tuple[int, ...], seed: int) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


FUNCTIONS = {
    "fft": lambda fft, x: fft.fft(x, 10, norm="ortho"),
    "ifft": lambda fft, x: fft.ifft(x, axis=0),
    "fft of real": lambda fft, x: fft.fft(x.real),
    "rfft": lambda fft, x: fft.rfft(x.real, 9),
    "irfft": lambda fft, x: fft.irfft(x, 9),
    "irfft even": lambda fft, x: fft.irfft(x, 10, norm="forward"),
    "hfft": lambda fft, x: fft.hfft(x, 8),
    "ihfft": lambda fft, x: fft.ihfft(x.real),
    "fft2": lambda fft, x: fft.fft2(x),
    "rfftn": lambda fft, x: fft.rfftn(x.real),
    "irfftn": lambda fft, x: fft.irfftn(x),
    "fft of a large prime": lambda fft, x: fft.fft(x[0], 401),
}


def loss(fft: Any, np_: Any, x: Any) -> Any:
    """A real function of all transforms, of which no derivative is constant."""
    total = 0.0
    for f in FUNCTIONS.values():
        y = f(fft, x)
        total = total + np_.sum(np_.abs(y) ** 4 / 1e3 + np_.real(y * y) * np_.sin(np_.real(y)))
    return total


def test_against_jax() -> None:
    """First derivatives, and products with second ones; JAX's gradient is the conjugate."""
    x, t = signal((3, N), 0), signal((3, N), 1)
    jnp = jax.numpy

    def theirs(x: Any) -> Any:
        return loss(jnp.fft, jnp, x)

    def ours(x: Any) -> Any:
        return loss(np.fft, np, x)

    with jax.enable_x64(True):
        slope = np.conj(jax.grad(theirs)(x))
        bend = np.conj(jax.jvp(jax.grad(theirs), (jnp.asarray(x),), (jnp.asarray(t),))[1])
    np.testing.assert_allclose(jit(grad(ours))(x), slope, rtol=1e-10)
    got = jit(lambda x, t: jvp(grad(ours), (x,), (t,))[1])(x, t)
    np.testing.assert_allclose(got, bend, rtol=1e-8, atol=1e-8 * np.max(abs(bend)))
    rows = jit(vmap(grad(ours)))(np.stack([t, x]))
    np.testing.assert_allclose(rows[1], slope, rtol=1e-10)


def test_linear() -> None:
    """A tangent is transformed as the primal is, and cotangents by the adjoint."""
    x, t = signal((3, N), 2), signal((3, N), 3)

    def every(x: Any) -> list[Any]:
        return [f(np.fft, x) for f in FUNCTIONS.values()]

    values, tangents = jit(lambda x, t: jvp(every, (x,), (t,)))(x, t)
    for got, wanted in zip([*values, *tangents], [*every(x), *every(t)], strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12)
    cotangents = [np.asarray(y) * (1 + 0.5j if np.iscomplexobj(y) else 2) for y in values]
    (back,) = jit(lambda x, c: vjp(every, x)[1](c))(x, cotangents)
    pairs = zip(cotangents, tangents, strict=True)
    wanted = sum(np.vdot(c, np.asarray(y)).real for c, y in pairs)
    np.testing.assert_allclose(np.vdot(back, t).real, wanted, rtol=1e-12)


def test_hessian_of_a_filter() -> None:
    """Through frequencies and back: what is real in, is real out."""
    weights = np.exp(-np.arange(N // 2 + 1) / 3)
    x = signal((N,), 4).real

    def filtered(x: Any) -> Any:
        return np.fft.irfft(np.fft.rfft(x) * weights, N)

    matrix = filtered(np.eye(N))
    got = jit(hessian(lambda x: np.sum(filtered(x) ** 2) / 2))(x)
    np.testing.assert_allclose(got, matrix @ matrix.T, atol=1e-14)
