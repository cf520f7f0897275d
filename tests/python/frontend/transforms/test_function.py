"""Function: derivative and batching rules of one's own, compared with torch.func."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import optree
import pytest
import torch
import torch.func
import xform.runtime
from xform import frontend
from xform.frontend import Function, grad, jit, jvp, spec, vjp, vmap

DTYPES = ["float32", "float64"]


class ScaledRules:
    """x * w, whose backward rule limits the cotangent and whose jvp triples the tangents."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x, w):
        return x * w

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, w = inputs
        ctx.save_for_backward(x, w)
        ctx.save_for_forward(x, w)

    @staticmethod
    def backward(ctx, cotangent):
        x, w = ctx.saved_tensors
        limited = cotangent.clip(-1.5, 1.5)
        return limited * w, limited * x * x

    @staticmethod
    def jvp(ctx, dx, dw):
        x, w = ctx.saved_tensors
        return 3 * dx * w + dw * x * x


class Scaled(ScaledRules, Function):
    pass


class TorchScaled(ScaledRules, torch.autograd.Function):
    pass


def transforms_of(t: Any, apply: Any, sin: Any) -> dict[str, Any]:
    """Nests of transforms around a call, in xform's terms or in torch's."""

    def loss(x, w):
        return (sin(x) * apply(x, w)).sum()

    rows = t.vmap(loss, in_dims=(0, None))
    return {
        "grad": lambda x, w: t.grad(loss, argnums=(0, 1))(x[0], w),
        "vjp": lambda x, w: t.vjp(apply, x[0], w)[1](x[1]),
        "jvp": lambda x, w: t.jvp(loss, (x[0], w), (x[1], w))[1],
        "vmap": lambda x, w: t.vmap(apply, in_dims=(0, None))(x, w),
        "vmap by 1": lambda x, w: t.vmap(apply, in_dims=(1, 0), out_dims=1)(x, w),
        "vmap of shared": lambda x, w: t.vmap(apply, in_dims=(None, 0))(w, x),
        "vmap of vmap": lambda x, w: t.vmap(t.vmap(apply), in_dims=(0, None))(x, w),
        "vmap of grad": lambda x, w: t.vmap(t.grad(loss, argnums=(0, 1)), in_dims=(0, None))(x, w),
        "grad of vmap": lambda x, w: t.grad(lambda x, w: rows(x, w).sum(), argnums=(0, 1))(x, w),
        "jvp of vmap": lambda x, w: t.jvp(rows, (x, w), (x, w))[1],
        "vmap of jvp": lambda x, w: t.vmap(
            lambda x, dx: t.jvp(loss, (x, w), (dx, w))[1], in_dims=(0, 0)
        )(x, x),
        "jacrev": lambda x, w: t.jacrev(apply, argnums=(0, 1))(x[0], w),
        "jacfwd": lambda x, w: t.jacfwd(apply, argnums=(0, 1))(x[0], w),
        "hessian": lambda x, w: t.hessian(loss)(x[0], w),
        "grad of grad": lambda x, w: t.grad(lambda x: (t.grad(loss)(x, w) * x).sum())(x[0]),
        "grad of jvp": lambda x, w: t.grad(lambda v: t.jvp(loss, (v, w), (x[1], w))[1])(x[0]),
        "jvp of grad": lambda x, w: t.jvp(t.grad(loss), (x[0], w), (x[1], w))[1],
        "pullback of many": lambda x, w: t.vmap(t.vjp(apply, x[0], w)[1])(x),
    }


OURS = transforms_of(frontend, Scaled.apply, np.sin)
THEIRS = transforms_of(torch.func, TorchScaled.apply, torch.sin)


def example(dtype: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(3, 3)).astype(dtype) * 2, rng.normal(size=3).astype(dtype)


@functools.cache
def ours(dtype: str) -> dict[str, Any]:
    """All of them as one program."""
    program = jit(lambda x, w: {name: f(x, w) for name, f in OURS.items()})
    return program(*example(dtype))


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_equals_torch(name: str, dtype: str) -> None:
    expected = THEIRS[name](*(torch.from_numpy(a) for a in example(dtype)))
    rtol = 2e-5 if dtype == "float32" else 1e-12
    found = optree.tree_leaves(ours(dtype)[name])
    for x, y in zip(found, optree.tree_leaves(expected), strict=True):
        assert x.dtype == np.dtype(dtype)
        np.testing.assert_allclose(x.numpy(), y.detach().numpy(), rtol=rtol, atol=rtol)


class OldStyle(Function):
    """The exponential, by a forward that saves; the backward rule is half of the truth."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        y = np.exp(x)
        ctx.save_for_backward(y)
        ctx.save_for_forward(y)
        return y

    @staticmethod
    def backward(ctx: Any, ct: Any) -> Any:
        (y,) = ctx.saved_tensors
        return 0.5 * ct * y


def test_old_style_forward() -> None:
    def all_of(x: Any) -> Any:
        slope = grad(OldStyle.apply)
        # The saved output has the derivative of the output.
        return OldStyle.apply(x), slope(x), grad(slope)(x), jvp(OldStyle.apply, (x,), (x,))[1]

    e = np.exp(0.3)
    found = jit(all_of)(0.3 + np.zeros(()))
    np.testing.assert_allclose(found, [e, 0.5 * e, 0.25 * e, 0.3 * 0.5 * e], rtol=1e-14)


def test_no_rule_without_a_derivative() -> None:
    class Fails(Scaled):
        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            raise AssertionError("no derivative is asked for")

    x, w = example("float64")
    np.testing.assert_array_equal(vmap(Fails.apply, in_dims=(0, None))(x, w).numpy(), x * w)


def test_needs_input_grad_says_what_is_differentiated() -> None:
    seen: list[Any] = []

    class Product(Function):
        @staticmethod
        def forward(x: Any, w: Any, n: Any) -> Any:
            return x * w * n

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)

        @staticmethod
        def backward(ctx: Any, ct: Any) -> Any:
            seen.append(ctx.needs_input_grad)
            x, w, n = ctx.saved_tensors
            return ct * w * n, (ct * x * n if ctx.needs_input_grad[1] else None), None

    n = np.array(2)
    assert grad(lambda x, w: Product.apply(x, w, n))(3.0, 5.0).item() == 10.0
    assert seen == [(True, False, False)]
    assert grad(lambda x, w: Product.apply(x, w, n), argnums=1)(3.0, 5.0).item() == 6.0
    assert seen[1:] == [(False, True, False)]


def test_direct_pullbacks_and_files(tmp_path: Path) -> None:
    x, w = example("float64")
    y, pullback = vjp(Scaled.apply, x[0], w)
    np.testing.assert_array_equal(y.numpy(), x[0] * w)
    np.testing.assert_allclose(pullback(x[1])[0].numpy(), np.clip(x[1], -1.5, 1.5) * w)
    # Under a transform of another program the call is traced again.
    many = vmap(pullback)(x)
    np.testing.assert_allclose(many[0].numpy(), np.clip(x, -1.5, 1.5) * w)
    _, pushforward = frontend.linearize(Scaled.apply, x[0], w)
    np.testing.assert_allclose(
        pushforward(x[1], w).numpy(), 3 * x[1] * w + w * x[0] * x[0], rtol=1e-14
    )
    sparse = frontend.jacobian(lambda x: Scaled.apply(x, w), sparsity="auto")(x[0])
    assert sparse.nnz == 3
    np.testing.assert_allclose(sparse.toarray(), np.diag(3 * w))

    def loss_gradient(x: Any) -> Any:
        return grad(lambda x: 2 * Scaled.apply(x, w).sum())(x)

    path = tmp_path / "function.vmfb"
    jit(loss_gradient).lower(spec((3,), np.float64)).save(path)
    np.testing.assert_allclose(xform.runtime.load(path)(x[0]), 1.5 * w)


def test_size_zero_and_scalars() -> None:
    empty, w = np.zeros((0, 3)), np.ones(3)

    def all_of(empty: Any, x: Any) -> Any:
        rows = vmap(Scaled.apply, in_dims=(0, None))
        return rows(empty, w), grad(lambda w: rows(empty, w).sum())(w), grad(Scaled.apply)(x, x)

    batch, shared, scalar = jit(all_of)(empty, np.array(2.0))
    assert batch.shape == (0, 3)
    np.testing.assert_array_equal(shared.numpy(), np.zeros(3))
    assert scalar.item() == 2.0
