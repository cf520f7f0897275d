"""Derivatives of functions of complex arrays: against PyTorch, which has the same convention,
complex derivatives by hand, and differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from xform import tree
from xform.frontend import (
    custom_jvp,
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    jvp,
    linearize,
    value_and_jacobian,
    vjp,
    vmap,
)

RNG = np.random.default_rng(0)


def normal(*shape: int) -> Any:
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


Z, W, A = normal(3), normal(3), normal(4, 3)


def close(found: Any, wanted: Any, rtol: float = 1e-11) -> None:
    found, wanted = tree.leaves(found), tree.leaves(wanted)
    assert len(found) == len(wanted)
    for x, y in zip(found, wanted, strict=True):
        got = np.asarray(x)
        want = y.resolve_conj().detach().numpy() if isinstance(y, torch.Tensor) else np.asarray(y)
        assert got.dtype == want.dtype
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol)


def of_torch(transform: Callable[..., Any], *args: Any) -> Any:
    """What torch.func makes of a function and tensors."""
    return transform(*(torch.tensor(x) for x in args))


# Of a name, the function in NumPy's words and in PyTorch's; none of them is holomorphic.
LOSSES: dict[str, tuple[Any, Any]] = {
    "magnitudes": (lambda z: (abs(z) ** 3).sum(), lambda z: (abs(z) ** 3).sum()),
    "a real part": (lambda z: np.exp(z).sum().real, lambda z: torch.exp(z).sum().real),
    "an imaginary part": (
        lambda z: (z * z[0]).imag.sum() * 2,
        lambda z: (z * z[0]).imag.sum() * 2,
    ),
    "angles": (lambda z: (np.angle(z) ** 2).sum(), lambda z: (torch.angle(z) ** 2).sum()),
    "conjugates": (
        lambda z: (z * np.conj(W) + np.sin(np.conj(z))).real.sum(),
        lambda z: (z * torch.tensor(W).conj() + torch.sin(torch.conj(z))).real.sum(),
    ),
    "a product": (
        lambda z: abs(np.tanh(A @ z)).sum(),
        lambda z: abs(torch.tanh(torch.tensor(A).to(z.dtype) @ z)).sum(),
    ),
    "quotients and roots": (
        lambda z: abs(np.sqrt(z) / (z + 3j)).sum(),
        lambda z: abs(torch.sqrt(z) / (z + 3j)).sum(),
    ),
    "powers and logarithms": (
        lambda z: (z**3 * np.log(z)).real.sum(),
        lambda z: (z**3 * torch.log(z)).real.sum(),
    ),
}
losses = pytest.mark.parametrize("name", LOSSES)


@losses
def test_gradients(name: str) -> None:
    ours, theirs = LOSSES[name]
    wanted = of_torch(torch.func.grad(theirs), Z)
    close(grad(ours)(Z), wanted)
    close(jit(grad_and_value(ours))(Z), (wanted, ours(Z)))
    single = Z.astype("complex64")
    close(grad(ours)(single).astype(complex), wanted, 2e-5)
    assert grad(ours)(single).dtype == np.complex64
    batch = A[:3]
    by_row = of_torch(torch.func.vmap(torch.func.grad(theirs)), batch)
    close(vmap(grad(ours))(batch), by_row)
    close(jit(vmap(grad(ours), in_dims=1, out_dims=1))(batch.T.copy()), by_row.T)


@losses
def test_gradients_of_gradients(name: str) -> None:
    ours, theirs = LOSSES[name]
    close(
        jit(grad(lambda z: (abs(grad(ours)(z)) ** 2).sum()))(Z),
        of_torch(torch.func.grad(lambda z: (abs(torch.func.grad(theirs)(z)) ** 2).sum()), Z),
        1e-9,
    )


@losses
def test_a_gradient_is_the_steepest_ascent(name: str) -> None:
    """By real and imaginary parts, and by small steps."""
    ours, _ = LOSSES[name]
    gradient = np.asarray(grad(ours)(Z))
    parts = grad(lambda x, y: ours(x + 1j * y), argnums=(0, 1))(Z.real.copy(), Z.imag.copy())
    np.testing.assert_allclose(gradient, parts[0].numpy() + 1j * parts[1].numpy(), rtol=1e-11)
    step = 1e-6
    slope = (ours(Z + step * W) - ours(Z - step * W)) / (2 * step)
    np.testing.assert_allclose((gradient.conj() * W).sum().real, slope, rtol=1e-6)
    np.testing.assert_allclose(jvp(ours, (Z,), (W,))[1], slope, rtol=1e-6)


def mixed(z: Any, np: Any = np) -> Any:
    """A complex array of which nothing is holomorphic."""
    return np.conj(z) * abs(z) + z**2 * z[0].real


@pytest.mark.parametrize("direct", [False, True])
def test_maps_of_tangents_and_cotangents(direct: bool) -> None:
    compiled: Any = (lambda f: f) if direct else jit

    def pulled(z: Any, w: Any) -> Any:
        y, pullback = vjp(mixed, z)
        return y, pullback(w)

    def linear(z: Any, w: Any) -> Any:
        y, push = linearize(mixed, z)
        return y, push(w), push(w * 1j)

    def theirs(z: Any, w: Any) -> Any:
        y, pullback = torch.func.vjp(lambda z: mixed(z, torch), z)
        return y, pullback(w)

    close(compiled(pulled)(Z, W), of_torch(theirs, Z, W))
    y, tangent, turned = compiled(linear)(Z, W)
    close((y, tangent), jvp(mixed, (Z,), (W,)))
    # A tangent by i t is no i times the tangent by t where the function is not holomorphic.
    assert np.abs(turned.numpy() - 1j * tangent.numpy()).max() > 0.1
    step = 1e-6
    slope = (mixed(Z + step * W) - mixed(Z - step * W)) / (2 * step)
    close(tangent, slope, 1e-7)
    cotangent = np.asarray(pulled(Z, W)[1][0])
    # The real parts of products are what both agree on.
    np.testing.assert_allclose(
        (cotangent.conj() * W).sum().real, (W.conj() * tangent.numpy()).sum().real, rtol=1e-12
    )
    close(vmap(lambda z: jvp(mixed, (z,), (W,))[1])(A)[2], jvp(mixed, (A[2],), (W,))[1])


def smooth(z: Any, np: Any = np) -> Any:
    return np.sin(z) * np.exp(z * z) + z[::-1] ** 3


def derivative(z: Any) -> Any:
    """The complex Jacobian of `smooth`."""
    found = np.diag((np.cos(z) + 2 * z * np.sin(z)) * np.exp(z * z))
    return found + np.diag(3 * z[::-1] ** 2)[:, ::-1]


JACOBIANS: dict[str, Any] = {
    "jacrev": lambda f: jacrev(f, holomorphic=True),
    "jacrev in chunks": lambda f: jacrev(f, holomorphic=True, chunk_size=2),
    "jacfwd": lambda f: jacfwd(f, holomorphic=True),
    "jacfwd in chunks": lambda f: jacfwd(f, holomorphic=True, chunk_size=2),
    "rows of gradients": lambda f: (
        lambda z: np.stack([grad(lambda z, i=i: f(z)[i], holomorphic=True)(z) for i in range(3)])
    ),
}


@pytest.mark.parametrize("name", JACOBIANS)
def test_holomorphic_functions(name: str) -> None:
    transform = JACOBIANS[name]
    close(transform(smooth)(Z), derivative(Z))
    close(jit(vmap(transform(smooth)))(A), np.stack([derivative(z) for z in A]))


def test_second_holomorphic_derivatives() -> None:
    def cubes(z: Any) -> Any:
        return (z**3).sum() + z[0] * z[1]

    wanted = np.diag(6 * Z)
    wanted[0, 1] = wanted[1, 0] = 1
    close(hessian(cubes, holomorphic=True)(Z), wanted)
    close(jit(hessian(cubes, holomorphic=True))(Z), wanted)
    twice = grad(grad(lambda z: np.sin(z) * z, holomorphic=True), holomorphic=True)
    close(twice(1 + 2j), np.complex128(2 * np.cos(1 + 2j) - (1 + 2j) * np.sin(1 + 2j)))


def test_what_comes_with_a_holomorphic_derivative() -> None:
    def f(z: Any, scale: Any) -> Any:
        return (z**2).sum() * scale, {"twice": z * 2, "text": "a"}

    gradient, (value, aux) = grad_and_value(f, has_aux=True, holomorphic=True)(Z, 2.0)
    close((gradient, value, aux["twice"]), (4 * Z, 2 * (Z**2).sum(), 2 * Z))
    assert aux["text"] == "a"
    close(grad(lambda z, s: f(z, s)[0], holomorphic=True)(Z, 2.0), 4 * Z)


def test_real_and_complex_arguments_together() -> None:
    """Each gradient has its argument's dtype."""
    x, s = RNG.normal(size=3), np.float32(1.5)

    def ours(p: Any) -> Any:
        return (abs(p["z"] * p["x"] + p["s"]) ** 2).sum()

    def theirs(z: Any, x: Any) -> Any:
        return (abs(z * x + 1.5) ** 2).sum()

    found = grad(ours)({"z": Z, "x": x, "s": s})
    wanted = of_torch(torch.func.grad(theirs, argnums=(0, 1)), Z, x)
    close((found["z"], found["x"]), wanted)
    assert found["s"].dtype == np.float32
    # By a real argument of a complex function.
    pullback = vjp(lambda x: x * W, x)[1]
    close(pullback(Z)[0], (Z * W.conj()).real)
    close(jvp(lambda x: x * W, (x,), (x,))[1], x * W)


def test_numbers_of_python() -> None:
    assert grad(lambda z: abs(z) ** 2)(1 + 2j).item() == 2 + 4j
    assert jvp(lambda z: z * z, (1j,), (1.0,))[1].item() == 2j
    assert vjp(lambda z: abs(z), 3 + 4j)[1](1.0)[0].item() == 0.6 + 0.8j


def test_gradients_of_samples() -> None:
    weights, rows = normal(3, 2), A

    def ours(w: Any, x: Any) -> Any:
        return (abs(np.tanh(x @ w)) ** 2).sum()

    def theirs(w: Any, x: Any) -> Any:
        return (abs(torch.tanh(x @ w)) ** 2).sum()

    close(
        jit(vmap(grad(ours), in_dims=(None, 0)))(weights, rows),
        of_torch(torch.func.vmap(torch.func.grad(theirs), in_dims=(None, 0)), weights, rows),
    )


def test_a_singular_gradient_is_zero() -> None:
    """|z| has none at 0, by convention as for real numbers."""
    assert np.asarray(grad(lambda z: abs(z).sum())(np.zeros(2, complex))).tolist() == [0, 0]
    found = jit(grad(lambda z: (abs(z) ** 2).sum()))(np.zeros(2, complex))
    assert np.asarray(found).tolist() == [0, 0]


def test_empty_and_scalar_arrays() -> None:
    assert grad(lambda z: abs(z).sum())(np.zeros((0, 2), complex)).shape == (0, 2)
    close(grad(lambda z: z.real)(np.complex64(1j)), np.complex64(1))
    close(jacrev(lambda z: z * z, holomorphic=True)(np.complex128(1j)), np.complex128(2j))


def test_refusals(user_error: Any) -> None:
    x = Z.real.copy()
    for transform in (jacobian, value_and_jacobian):
        name = transform.__name__
        with user_error(TypeError, f"{name}: argument 0 ('z') is complex128[3]", "jvp or vjp"):
            transform(lambda z: abs(z))(Z)
        with user_error(TypeError, f"{name}: output is complex128[3]"):
            transform(lambda x: x * 1j, sparsity="auto")(x)
    for transform in (jacrev, jacfwd, hessian):
        with user_error(TypeError, "argument 0 ('z') is complex128[3]", "holomorphic=True"):
            transform(lambda z: abs(z).sum())(Z)
    with user_error(TypeError, "cotangents has dtype float64, but the output has complex128"):
        vjp(lambda z: z * z, Z)[1](x)
    with user_error(TypeError, "cotangents has dtype complex128, but the output has float64"):
        vjp(lambda x: x * x, x)[1](Z)
    with user_error(TypeError, "cotangents has dtype complex128, but the output has float64"):
        vjp(lambda z: abs(z), 3 + 4j)[1](1j)
    with user_error(TypeError, "tangents[0] has dtype complex128, but the primals has float64"):
        jvp(lambda x: x * x, (1.0,), (1j,))
    with user_error(TypeError, "tangents[0] has dtype float64, but the primals has complex128"):
        jvp(lambda z: z * z, (Z,), (x,))


def test_the_other_convention_is_the_conjugate() -> None:
    """A rule written for JAX's convention, and what differences say of it."""

    @custom_jvp
    def wrong(z: Any) -> Any:
        return z * z

    wrong.defjvp(lambda p, t: (wrong(*p), 2 * np.conj(p[0]) * t[0]))
    right = np.asarray(grad(lambda z: (z * z).real.sum())(Z))
    other = np.asarray(grad(lambda z: wrong(z).real.sum())(Z))
    np.testing.assert_allclose(other, right.conj(), rtol=1e-12)
