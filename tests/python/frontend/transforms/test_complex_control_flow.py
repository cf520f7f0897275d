"""Loops, branches and functions with rules of their own on complex arrays: values against Python's,
derivatives against those of the same thing written out, batches against loops over rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xform import tree
from xform.frontend import (
    Function,
    associative_scan,
    checkpoint,
    cond,
    custom_jvp,
    custom_linear_solve,
    custom_vjp,
    fori_loop,
    grad,
    jit,
    jvp,
    map,
    no_grad,
    once_differentiable,
    scan,
    stop_gradient,
    switch,
    vjp,
    vmap,
    while_loop,
)
from xform.scipy.sparse import linalg as sparse_linalg

RNG = np.random.default_rng(1)


def normal(*shape: int) -> Any:
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


Z, W, A = normal(3), normal(3), normal(4, 3)


def close(found: Any, wanted: Any, rtol: float = 1e-11) -> None:
    found, wanted = tree.leaves(found), tree.leaves(wanted)
    assert len(found) == len(wanted)
    for x, y in zip(found, wanted, strict=True):
        assert np.asarray(x).dtype == np.asarray(y).dtype
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol)


def walked(z: Any) -> Any:
    def step(carry: Any, y: Any) -> Any:
        u, n = carry
        u = np.tanh(u * 0.5 + y)
        return (u * 1j, n + 1), {"u": u * n, "size": abs(u)}

    (u, n), out = scan(step, (z, 0), A)
    return u * n + out["u"].sum(0) + out["size"].sum(0)


def walked_out(z: Any) -> Any:
    total = 0
    for n, y in enumerate(A):
        z = np.tanh(z * 0.5 + y)
        total = total + z * n + abs(z)
        z = z * 1j
    return z * len(A) + total


def backwards(z: Any) -> Any:
    return scan(lambda c, y: (c * y, c + y), z, A, reverse=True)[1].sum(0)


def backwards_out(z: Any) -> Any:
    total = 0
    for y in A[::-1]:
        total, z = total + z + y, z * y
    return total


def repeated(body: Any) -> Any:
    def out(z: Any) -> Any:
        c = z
        for i in range(4):
            c = body(i, c, z)
        return c

    return out


def _turn(i: Any, c: Any, z: Any) -> Any:
    return np.tanh(c) * z + i * 1j


BRANCHES = [lambda z: z * 2j, lambda z: np.conj(z) ** 2, np.exp, lambda z: z.imag + 0j * z]


@custom_jvp
def cube(z: Any) -> Any:
    return z**3


cube.defjvp(lambda p, t: (cube(*p), 3 * p[0] ** 2 * t[0]))


@custom_jvp
def length(z: Any) -> Any:
    """Not holomorphic: |z|."""
    return abs(z)


length.defjvp(lambda p, t: (length(*p), (np.conj(p[0]) * t[0]).real / abs(p[0])))


@custom_vjp
def product(z: Any, w: Any) -> Any:
    return z * w


product.defvjp(lambda z, w: (z * w, (z, w)), lambda r, ct: (ct * np.conj(r[1]), ct * np.conj(r[0])))


class Square(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(z: Any) -> Any:
        return z * z

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, ct: Any) -> Any:
        (z,) = ctx.saved_tensors
        return ct * 2 * np.conj(z)


# Of a name, the function and the same without what is tested, both from complex[3] to an array.
CASES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "scan": (walked, walked_out),
    "scan from the end": (backwards, backwards_out),
    "fori_loop": (
        lambda z: fori_loop(0, 4, lambda i, c: _turn(i, c, z), z),
        repeated(_turn),
    ),
    "fori_loop of checkpoints": (
        lambda z: fori_loop(0, 4, checkpoint(lambda i, c: _turn(i, c, z)), z),
        repeated(_turn),
    ),
    "cond": (
        lambda z: cond(abs(z).sum() > 4, BRANCHES[0], BRANCHES[1], z),
        lambda z: BRANCHES[0 if abs(z).sum() > 4 else 1](z),
    ),
    "switch": (
        lambda z: switch((z.real > 0).sum(), BRANCHES, z),
        lambda z: BRANCHES[int((z.real > 0).sum())](z),
    ),
    "map": (
        lambda z: map(lambda s: np.sin(s) * z, z),
        lambda z: np.sin(z)[:, None] * z,
    ),
    "associative_scan": (
        lambda z: associative_scan(
            lambda a, b: (b[0] * a[0], b[0] * a[1] + b[1]), (z, z * 1j), reverse=True
        )[1],
        lambda z: np.stack(
            [
                (z[0] * (z[1] * z[2] * 1j + z[1] * 1j) + z[0] * 1j),
                z[1] * z[2] * 1j + z[1] * 1j,
                z[2] * 1j,
            ]
        ),
    ),
    "checkpoint": (
        checkpoint(lambda z: np.sin(np.exp(z * 0.5) * z)),
        lambda z: np.sin(np.exp(z * 0.5) * z),
    ),
    "custom_jvp": (lambda z: cube(z) * length(z), lambda z: z**3 * abs(z)),
    "custom_vjp": (lambda z: product(z, np.conj(z) * 1j), lambda z: z * np.conj(z) * 1j),
    "Function": (lambda z: Square.apply(z) * 1j, lambda z: z * z * 1j),
}
cases = pytest.mark.parametrize("name", CASES)
# What has no forward derivative.
REVERSE_ONLY = {"custom_vjp", "Function"}


def of_squares(f: Any) -> Any:
    return lambda z: (abs(f(z) * (1 - 2j)) ** 2).sum()


@cases
def test_values_and_gradients(name: str) -> None:
    ours, plain = CASES[name]
    wanted = plain(Z)
    close(ours(Z), wanted)
    # A branch taken by Python is fixed for its row.
    gradients = [np.asarray(_gradient(plain, z)) for z in A]

    def everything(z: Any, rows: Any) -> Any:
        slopes = grad(of_squares(ours))
        return ours(z), vmap(ours)(rows), slopes(rows[0]), vmap(slopes)(rows)

    value, values, slope, slopes = jit(everything)(Z, A)
    close(value, wanted)
    close(values, np.stack([plain(z) for z in A]))
    close(slope, gradients[0], 1e-9)
    close(slopes, np.stack(gradients), 1e-9)


def _gradient(f: Any, z: Any) -> Any:
    """By central differences of higher order in both parts."""
    loss, found, step = of_squares(f), np.zeros(3, complex), 1e-3
    for i in range(3):
        for direction in (1, 1j):
            e = np.zeros(3, complex)
            e[i] = step * direction
            slope = sum(
                weight * (loss(z + k * e) - loss(z - k * e))
                for k, weight in ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))
            )
            found[i] += direction * slope / step
    return found


@pytest.mark.parametrize("name", sorted(set(CASES) - REVERSE_ONLY))
def test_tangents_and_cotangents_agree(name: str) -> None:
    ours, plain = CASES[name]
    value, tangent = jit(lambda z, w: jvp(ours, (z,), (w,)))(Z, W)
    close(value, plain(Z))
    u = np.ones_like(np.asarray(value)) * (2 - 1j)
    pulled = np.asarray(vjp(ours, Z)[1](u)[0])
    slope = (np.conj(u) * np.asarray(tangent)).real.sum()
    np.testing.assert_allclose((np.conj(pulled) * W).real.sum(), slope, rtol=1e-10)


def test_loops_of_unknown_length() -> None:
    def grown(z: Any) -> Any:
        return while_loop(
            lambda c: abs(c[0]).sum() < 100, lambda c: (c[0] * (1.5 + 0.5j), c[1] + 1), (z, 0)
        )

    def out(z: Any) -> Any:
        n = 0
        while abs(z).sum() < 100:
            z, n = z * (1.5 + 0.5j), n + 1
        return z, np.int64(n)

    close(grown(Z), out(Z))
    rows = [out(z) for z in A]
    found = jit(vmap(grown))(A)
    close(found, tuple(np.stack(parts) for parts in zip(*rows, strict=True)))
    n = out(Z)[1]
    close(jvp(lambda z: grown(z)[0], (Z,), (W,))[1], W * (1.5 + 0.5j) ** n)


def test_numbers_of_python_are_carried() -> None:
    """A real number becomes complex where a step makes it so, and never the other way round."""
    close(fori_loop(0, 3, lambda i, c: c * 1j, 1.0), np.complex128(-1j))
    close(scan(lambda c, y: (c + y, c), 0, Z)[0], Z.sum())
    single = scan(lambda c, y: (c + y, c), 0, Z.astype("complex64"))[0]
    assert single.dtype == np.complex64
    close(while_loop(lambda c: abs(c) < 3, lambda c: c * (1 + 1j), 1), np.complex128(-4))
    assert cond(True, lambda: 1.0, lambda: 1j).dtype == np.complex128


def test_refusals(user_error: Any) -> None:
    x = Z.real.copy()
    with user_error(TypeError, "scan: the carry", "was float64[3], the function returned complex"):
        scan(lambda c, y: (c * 1j, c), x, None, length=2)
    with user_error(TypeError, "fori_loop: the carry", "was float64[3]"):
        fori_loop(0, 2, lambda i, c: c * 1j, x)
    with user_error(TypeError, "the branches differ", "complex128[3]", "float64[3]"):
        cond(True, lambda: x, lambda: x * 1j)
    wrong = custom_vjp(lambda z: z * z)
    wrong.defvjp(lambda z: (z * z, z), lambda r, ct: (abs(ct),))
    with pytest.raises(TypeError, match=r"cotangents\[0\] has dtype float64, .* has complex128"):
        grad(of_squares(wrong))(Z)
    for solve in (sparse_linalg.cg, sparse_linalg.bicgstab, sparse_linalg.gmres):
        with user_error(TypeError, f"{solve.__name__}: b is complex128[3], and vectors are real"):
            solve(np.eye(3), Z)
        with user_error(TypeError, f"{solve.__name__}: a matrix is complex128[3,3]"):
            solve(np.eye(3) * 1j, x)
        with user_error(TypeError, f"{solve.__name__}: A(x) is complex128[3], and vectors"):
            solve(lambda x: x * 1j, x)
    with user_error(TypeError, "eigsh: a matrix is complex128[3,3]"):
        sparse_linalg.eigsh(np.eye(3) * 1j, 1)
    with user_error(TypeError, "lobpcg: a matrix is complex128[3,3]"):
        sparse_linalg.lobpcg(np.eye(3) * 1j, np.eye(3)[:, :1])
    with user_error(TypeError, "expm_multiply: A or B is complex128[3]"):
        sparse_linalg.expm_multiply(np.eye(3), Z)


def test_what_derivatives_do_not_see() -> None:
    close(grad(lambda z: (abs(z * stop_gradient(z)) ** 2).sum())(Z), 2 * Z * abs(Z) ** 2)

    def outside(z: Any) -> Any:
        with no_grad():
            y = z * 2j
        return (abs(y * z) ** 2).sum()

    close(jit(grad(outside))(Z), 2 * Z * abs(2 * Z) ** 2)


def test_rules_of_rules() -> None:
    """Second derivatives, and a rule that allows one only."""
    twice = grad(lambda z: (abs(grad(of_squares(cube))(z)) ** 2).sum())
    plain = grad(lambda z: (abs(grad(of_squares(lambda z: z**3))(z)) ** 2).sum())
    close(twice(Z), plain(Z))

    class Once(Function):
        @staticmethod
        def forward(ctx: Any, z: Any) -> Any:
            ctx.save_for_backward(z)
            return abs(z) ** 2

        @staticmethod
        @once_differentiable
        def backward(ctx: Any, ct: Any) -> Any:
            return ct * 2 * ctx.saved_tensors[0]

    close(grad(lambda z: Once.apply(z).sum())(Z), 2 * Z)


def test_a_mixture_of_real_and_complex_arguments() -> None:
    """A rule gets and gives each in its dtype; integers have none."""
    seen = []

    @custom_vjp
    def scaled(x: Any, z: Any, n: Any) -> Any:
        return x * z * n

    def forward(x: Any, z: Any, n: Any) -> Any:
        return x * z * n, (x, z, n)

    def backward(r: Any, ct: Any) -> Any:
        x, z, n = r
        seen.append((x.dtype, z.dtype, ct.dtype))
        return (ct * np.conj(z) * n).real, ct * x * n, None

    scaled.defvjp(forward, backward)
    x = RNG.normal(size=3)
    n = np.arange(3)

    def loss(f: Any) -> Any:
        return lambda x, z: (abs(f(x, z, n) + 1j) ** 2).sum()

    found = jit(grad(loss(scaled), argnums=(0, 1)))(x, Z)
    close(found, grad(loss(lambda x, z, n: x * z * n), argnums=(0, 1))(x, Z))
    assert {kind.name for kind in seen[0]} == {"float64", "complex128"}


def test_systems_of_ones_own() -> None:
    """`symmetric` is for maps that are their own conjugate transpose."""
    hermitian = A.T @ A.conj() + 4 * np.eye(3)

    def relaxed(f: Any, b: Any) -> Any:
        return fori_loop(0, 600, lambda i, x: x + (b - f(x)) * 0.05, b * 0)

    def solution(h: Any, b: Any) -> Any:
        return custom_linear_solve(lambda x: h @ x, b, relaxed, symmetric=True)

    inverse = np.linalg.inv(hermitian)
    close(solution(hermitian, Z), inverse @ Z)
    x = inverse @ Z
    seed = inverse.conj().T @ (2 * x)

    def loss(h: Any, b: Any) -> Any:
        return (abs(solution(h, b)) ** 2).sum()

    found = jit(grad(loss, argnums=(0, 1)))(hermitian, Z)
    close(found, (-np.outer(seed, x.conj()), seed), 1e-10)
    # Another map, of which the conjugate transpose is to be solved.
    general = hermitian + 0.2j * np.diag([1.0, 2.0, 3.0]) + 0.1 * np.triu(np.ones((3, 3)))

    def of_general(b: Any) -> Any:
        return custom_linear_solve(lambda x: general @ x, b, relaxed, transpose_solve=relaxed)

    x = np.linalg.solve(general, Z)
    close(of_general(Z), x)
    close(
        grad(lambda b: (abs(of_general(b)) ** 2).sum())(Z),
        np.linalg.solve(general.conj().T, 2 * x),
        1e-10,
    )
