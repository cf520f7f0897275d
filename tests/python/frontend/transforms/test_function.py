"""Function: derivative and batching rules of one's own, compared with torch.func."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optree
import pytest
import torch
import torch.func
import xform.numpy as xnp
import xform.runtime
from xform import frontend, random
from xform.frontend import (
    Function,
    XformRuntimeError,
    XformTypeError,
    XformValueError,
    grad,
    jit,
    jvp,
    spec,
    vjp,
    vmap,
)

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


class Bowl(Function):
    """Pytrees, integers and what is no array; the batching rule adds 100 so that it shows."""

    @staticmethod
    def forward(state: Any, power: int, count: Any, name: str | None) -> Any:
        return {"y": state["x"] ** power + count, "count": count + 1}, state["w"].sum(), state["x"]

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        state, ctx.power, _, ctx.name = inputs
        ctx.save_for_backward(state["x"], None, output[0]["y"])
        ctx.save_for_forward(state["x"])
        ctx.mark_non_differentiable(output[2])
        SEEN["needs"] = ctx.needs_input_grad

    @staticmethod
    def backward(ctx: Any, ct: Any, of_sum: Any, of_constant: Any) -> Any:
        x, nothing, _ = ctx.saved_tensors
        SEEN["backward"] = (ctx.name, nothing, ct["count"].dtype.name)
        return {"x": ct["y"] * ctx.power * x + of_constant, "w": None}, None, None, None

    @staticmethod
    def jvp(ctx: Any, state: Any, *others: Any) -> Any:
        (x,) = ctx.saved_tensors
        SEEN["jvp"] = others
        return {"y": state["x"] * ctx.power * x, "count": None}, state["w"].sum(), None

    @staticmethod
    def vmap(info: Any, in_dims: Any, state: Any, power: int, count: Any, name: Any) -> Any:
        SEEN["vmap"] = (*info, in_dims)
        x, w = state["x"], state["w"]
        if in_dims[0]["w"] is not None:
            w = w[0]
        y = x.T**power + 100
        return ({"y": y, "count": count + 1}, w.sum(), x), ({"y": 1, "count": None}, None, 0)


SEEN: dict[str, Any] = {}


def test_pytrees_integers_and_values_that_are_no_arrays() -> None:
    state = {"x": np.array([1.0, 2.0]), "w": np.arange(3.0)}
    count = np.array(7)

    def loss(state: Any, scale: float) -> Any:
        out, total, constant = Bowl.apply(state, 3, count, "bowl")
        return (out["y"] * scale).sum() + 5 * total + constant.sum() * out["count"]

    def all_of(state: Any) -> Any:
        value = Bowl.apply(state, 3, count, None)
        return value, grad(loss)(state, 1.0), jvp(lambda s: loss(s, 1.0), (state,), (state,))[1]

    value, gradient, tangent = jit(all_of)(state)
    np.testing.assert_array_equal(value[0]["y"], state["x"] ** 3 + 7)
    assert value[0]["count"].numpy() == 8
    # Of backward: 3 x, nothing for w; the output that is a constant counts for neither.
    np.testing.assert_array_equal(gradient["x"], 3 * state["x"])
    np.testing.assert_array_equal(gradient["w"], np.zeros(3))
    np.testing.assert_array_equal(tangent, (3 * state["x"] ** 2).sum() + 5 * 3)
    assert SEEN["backward"] == ("bowl", None, "int64")
    assert SEEN["jvp"] == (None, None, None)
    assert SEEN["needs"] == (True, False, False, False)


def test_the_vmap_method_is_told_what_is_batched() -> None:
    x, w = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.arange(3.0)

    def all_of(x: Any, w: Any) -> Any:
        def rows(x: Any) -> Any:
            return Bowl.apply({"x": x, "w": w}, 2, np.array(1), "bowl")

        return vmap(rows, in_dims=1, randomness="same")(x.T)

    out, total, same = jit(all_of)(x, w)
    np.testing.assert_array_equal(out["y"], x**2 + 100)
    np.testing.assert_array_equal(out["count"], [2, 2, 2])
    np.testing.assert_array_equal(total, [3, 3, 3])
    np.testing.assert_array_equal(same, x)
    assert SEEN["vmap"] == (3, "same", ({"x": 0, "w": None}, None, None, None))


class Logged(Function):
    """The identity, whose rules are told apart by what they multiply with."""

    @staticmethod
    def forward(x: Any) -> Any:
        return x * 1

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, ct: Any) -> Any:
        # Applied within a rule: has a vmap method and a derivative itself.
        return 10 * Doubled.apply(ct)

    @staticmethod
    def vmap(info: Any, in_dims: Any, x: Any) -> Any:
        # Applied again: an outer vmap meets this call.
        return Logged.apply(x) + 1000, 0


class Doubled(Function):
    @staticmethod
    def forward(x: Any) -> Any:
        return 2 * x

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, ct: Any) -> Any:
        return 7 * ct

    @staticmethod
    def vmap(info: Any, in_dims: Any, x: Any) -> Any:
        return 3 * x, in_dims[0]


class TorchLogged(torch.autograd.Function):
    forward = staticmethod(Logged.forward)
    setup_context = staticmethod(Logged.setup_context)

    @staticmethod
    def backward(ctx: Any, ct: Any) -> Any:
        return 10 * TorchDoubled.apply(ct)

    @staticmethod
    def vmap(info: Any, in_dims: Any, x: Any) -> Any:
        return TorchLogged.apply(x) + 1000, 0


class TorchDoubled(torch.autograd.Function):
    forward = staticmethod(Doubled.forward)
    setup_context = staticmethod(Doubled.setup_context)
    backward = staticmethod(Doubled.backward)
    vmap = staticmethod(Doubled.vmap)


def nests_of(t: Any, apply: Any) -> dict[str, Any]:
    """Where the method of an outer or an inner call is met by which transform."""

    def square(x: Any) -> Any:
        return (apply(x) ** 2).sum()

    return {
        "vmap": lambda x: t.vmap(apply)(x),
        "vmap of vmap": lambda x: t.vmap(t.vmap(apply))(x),
        "vmap of grad": lambda x: t.vmap(t.grad(square))(x),
        "grad of vmap": lambda x: t.grad(lambda x: (t.vmap(apply)(x) ** 2).sum())(x),
        "vmap of vmap of grad": lambda x: t.vmap(t.vmap(t.grad(square)))(x),
        "jacrev": lambda x: t.jacrev(apply)(x[0]),
        "vmap of the pullback": lambda x: t.vmap(t.vjp(apply, x[0])[1])(x),
        "grad of the pullback": lambda x: t.grad(lambda v: (t.vjp(apply, x[0])[1](v)[0] * v).sum())(
            x[0]
        ),
        "grad of grad": lambda x: t.grad(lambda x: t.grad(square)(x).sum())(x[0]),
    }


def test_nests_of_calls_in_rules_equal_torch() -> None:
    x = np.arange(1.0, 7.0).reshape(2, 3)
    program = jit(lambda x: {k: f(x) for k, f in nests_of(frontend, Logged.apply).items()})
    found = program(x)
    for name, case in nests_of(torch.func, TorchLogged.apply).items():
        expected = case(torch.from_numpy(x))
        for a, b in zip(optree.tree_leaves(found[name]), optree.tree_leaves(expected), strict=True):
            np.testing.assert_array_equal(a.numpy(), b.detach().numpy(), err_msg=name)


def test_forward_mode_transposes_the_calls_in_backward() -> None:
    assert jvp(Logged.apply, (3.0,), (4.0,))[1].item() == 10 * 2 * 4


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


class Straight(Function):
    """Rounding, whose derivative is taken for 1; only a jvp."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any) -> Any:
        return np.round(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def jvp(ctx: Any, dx: Any) -> Any:
        return dx


def test_control_flow() -> None:
    def step(c: Any, x: Any) -> Any:
        y = Straight.apply(c * x)
        return y, y * x

    def scanned(x: Any) -> Any:
        last, ys = frontend.scan(step, x.sum(), x)
        return last + ys.sum()

    def mapped(x: Any) -> Any:
        return frontend.map(lambda row: Straight.apply(row) ** 2, x).sum()

    def chosen(x: Any) -> Any:
        return frontend.cond(x[0] > 0, lambda x: Straight.apply(x) * x, lambda x: x, x).sum()

    def repeated(x: Any) -> Any:
        return frontend.while_loop(
            lambda c: c[1] < 3, lambda c: (Straight.apply(c[0]) * 1.3, c[1] + 1), (x, 0)
        )[0].sum()

    cases = {"scan": scanned, "map": mapped, "cond": chosen}
    x = np.array([1.2, 2.6, 0.9])

    def all_of(x: Any) -> Any:
        both = {k: (f(x), grad(f)(x), vmap(grad(f))(xnp.stack([x, -x]))) for k, f in cases.items()}
        return both, jvp(repeated, (x,), (x,)), vmap(repeated)(xnp.stack([x, x + 1]))

    found, (value, tangent), batch = jit(all_of)(x)

    class TorchStraight(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return torch.round(x)

        @staticmethod
        def backward(ctx: Any, ct: Any) -> Any:
            return ct

    def torch_scanned(x: Any) -> Any:
        c, total = x.sum(), 0
        for row in x:
            c = TorchStraight.apply(c * row)
            total = total + c * row
        return c + total

    def torch_chosen(x: Any) -> Any:
        return (TorchStraight.apply(x) * x if x[0] > 0 else x).sum()

    expected = {
        "scan": torch_scanned,
        "map": lambda x: (TorchStraight.apply(x) ** 2).sum(),
        "cond": torch_chosen,
    }
    for name, f in expected.items():
        gradients = []
        for sign in (1, -1):
            point = torch.tensor(sign * x, requires_grad=True)
            y = f(point)
            (gradient,) = torch.autograd.grad(y, point)
            gradients.append(gradient.numpy())
            if sign == 1:
                np.testing.assert_allclose(found[name][0].numpy(), y.item(), err_msg=name)
        np.testing.assert_allclose(found[name][1].numpy(), gradients[0], err_msg=name)
        np.testing.assert_allclose(found[name][2].numpy(), gradients, err_msg=name)

    def numpy_repeated(x: Any) -> Any:
        for _ in range(3):
            x = np.round(x) * 1.3
        return x.sum()

    np.testing.assert_allclose(value.numpy(), numpy_repeated(x))
    np.testing.assert_allclose(tangent.numpy(), 1.3**3 * x.sum())
    np.testing.assert_allclose(batch.numpy(), [numpy_repeated(x), numpy_repeated(x + 1)])


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


def test_what_a_rule_closes_over() -> None:
    table = np.array([1.0, 2.0, 3.0])

    def with_offset(offset: Any) -> Any:
        class Shifted(Function):
            generate_vmap_rule = True

            @staticmethod
            def forward(x: Any) -> Any:
                return x * table

            @staticmethod
            def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
                pass

            @staticmethod
            def backward(ctx: Any, ct: Any) -> Any:
                return ct * table * offset

        return Shifted.apply

    def all_of(x: Any, offset: Any) -> Any:
        apply = with_offset(offset)
        batch = vmap(lambda o: grad(lambda x: with_offset(o)(x).sum())(x))(xnp.stack([offset, x]))
        return grad(lambda x: apply(x).sum())(x), vmap(apply)(xnp.stack([x, x])), batch

    x, offset = np.arange(3.0), np.full(3, 4.0)
    gradient, rows, batch = jit(all_of)(x, offset)
    np.testing.assert_array_equal(gradient.numpy(), table * 4)
    np.testing.assert_array_equal(rows.numpy(), [x * table] * 2)
    np.testing.assert_array_equal(batch.numpy(), [table * 4, table * x])


# Errors ------------------------------------------------------------------------------------------


def made(**methods: Any) -> type[Function]:
    """A Function of one argument with some methods."""

    def forward(x: Any) -> Any:
        return x * 2

    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    methods = {"forward": forward, "setup_context": setup_context, **methods}
    body = {k: staticmethod(v) if callable(v) else v for k, v in methods.items() if v is not None}
    return type("Op", (Function,), body)


X = np.ones(3)


def gradient(**methods: Any) -> Callable[[], Any]:
    return lambda: grad(lambda x: made(**methods).apply(x).sum())(X)


def batch(**methods: Any) -> Callable[[], Any]:
    return lambda: vmap(made(**methods).apply)(X)


ERRORS: dict[str, tuple[Callable[[], Any], type[Exception], tuple[str, ...]]] = {
    "no forward": (
        lambda: made(forward=None, backward=lambda ctx, ct: ct).apply(X),
        XformRuntimeError,
        ("Op: the class defines no forward",),
    ),
    "the gradient of no forward": (
        gradient(forward=None),
        XformRuntimeError,
        ("Op: the class defines no forward",),
    ),
    "no derivative rule": (
        gradient(),
        XformRuntimeError,
        ("Op: a derivative is asked for", "neither backward nor jvp"),
    ),
    "no vmap": (
        batch(),
        XformRuntimeError,
        ("vmap: Op cannot be batched", "neither a vmap static method nor generate_vmap_rule"),
    ),
    "both": (
        batch(generate_vmap_rule=True, vmap=lambda info, dims, x: (x, 0)),
        XformRuntimeError,
        ("Op", "both a vmap static method and generate_vmap_rule"),
    ),
    "old style": (
        batch(generate_vmap_rule=True, setup_context=None, forward=lambda ctx, x: x),
        XformRuntimeError,
        ("Op", "generate_vmap_rule = True", "needs forward(*args) with setup_context"),
    ),
    "one value of vmap": (
        batch(vmap=lambda info, dims, x: x),
        XformTypeError,
        ("Op.vmap: must return two values", "got TracedArray"),
    ),
    "three values of vmap": (
        batch(vmap=lambda info, dims, x: (x, 0, 0)),
        XformTypeError,
        ("Op.vmap: must return two values", "got tuple of 3"),
    ),
    "structure of vmap": (
        batch(vmap=lambda info, dims, x: ((x, x), 0)),
        XformValueError,
        ("Op.vmap: the output has the structure (*, *)", "forward returned *"),
    ),
    "out_dims of vmap": (
        batch(vmap=lambda info, dims, x: (x, (0, 0))),
        XformValueError,
        ("Op.vmap: out_dims", "a tuple of 2 where there is a single array"),
    ),
    "range of out_dims": (
        batch(vmap=lambda info, dims, x: (x, 2)),
        XformValueError,
        ("Op.vmap: out_dim 2 is out of range for output",),
    ),
    "shape of vmap": (
        batch(vmap=lambda info, dims, x: (x[:2], 0)),
        XformValueError,
        ("Op.vmap: output has shape (2,)", "it must have (3,)"),
    ),
    "dtype of vmap": (
        batch(vmap=lambda info, dims, x: (x.astype("float32"), 0)),
        XformTypeError,
        ("Op.vmap: output has dtype float32", "float64"),
    ),
    "number of cotangents": (
        gradient(backward=lambda ctx, ct: (ct, ct)),
        XformValueError,
        ("Op.backward: cotangent 0 has the structure (*, *)",),
    ),
    "number of cotangents for two": (
        lambda: grad(
            lambda x: (
                made(forward=lambda x, y: x * y, backward=lambda ctx, ct: ct).apply(x, x).sum()
            )
        )(X),
        XformValueError,
        ("Op.backward: must return one cotangent (or None) for each argument", "2 in all, got 1"),
    ),
    "shape of a cotangent": (
        gradient(backward=lambda ctx, ct: ct[:2]),
        XformValueError,
        ("Op.backward: cotangent 0 has shape (2,)", "(3,)"),
    ),
    "dtype of a cotangent": (
        gradient(backward=lambda ctx, ct: ct.astype("float32")),
        XformTypeError,
        ("Op.backward: cotangent 0 has dtype float32", "float64"),
    ),
    "cotangent of what is no array": (
        lambda: grad(
            lambda x: (
                made(forward=lambda x, name: x * 2, backward=lambda ctx, ct: (ct, ct))
                .apply(x, "name")
                .sum()
            )
        )(X),
        XformTypeError,
        ("Op.backward: the cotangent of an argument that is no array must be None",),
    ),
    "number of tangents": (
        lambda: grad(
            lambda x: made(forward=lambda x: (x, x), jvp=lambda ctx, dx: dx).apply(x)[0].sum()
        )(X),
        XformValueError,
        ("Op.jvp: must return one tangent (or None) for each output", "2 in all, got 1"),
    ),
    "shape of a tangent": (
        gradient(jvp=lambda ctx, dx: dx.sum()),
        XformValueError,
        ("Op.jvp: tangent 0 has shape ()", "(3,)"),
    ),
    "saving a string": (
        gradient(
            setup_context=lambda ctx, inputs, output: ctx.save_for_backward("x"),
            backward=lambda ctx, ct: ct,
        ),
        XformTypeError,
        ("Op: ctx.save_for_backward keeps arrays, but argument 0 is of type str",),
    ),
    "setting what belongs to ctx": (
        gradient(
            setup_context=lambda ctx, inputs, output: setattr(ctx, "saved_tensors", inputs),
            backward=lambda ctx, ct: ct,
        ),
        XformTypeError,
        ("Op: ctx.saved_tensors belongs to ctx itself",),
    ),
    "reading too early": (
        gradient(
            setup_context=lambda ctx, inputs, output: ctx.saved_tensors,
            backward=lambda ctx, ct: ct,
        ),
        XformRuntimeError,
        ("Op: saved_tensors can be read in backward and jvp only",),
    ),
    "marking what is no output": (
        gradient(
            setup_context=lambda ctx, inputs, output: ctx.mark_non_differentiable(inputs[0]),
            backward=lambda ctx, ct: ct,
        ),
        XformValueError,
        ("ctx.mark_non_differentiable was given something that forward did not return",),
    ),
    "an output of complex numbers": (
        lambda: made(forward=lambda x: np.ones(3) * 1j).apply(X),
        XformTypeError,
        ("Op.forward: output: dtype complex128 cannot be compiled",),
    ),
    "an array where forward returned none": (
        lambda: vmap(
            made(forward=lambda x: (x, "a"), vmap=lambda info, dims, x: ((x, x), 0)).apply,
            out_dims=(0, None),
        )(X),
        XformTypeError,
        ("Op.vmap: an output is an array, but forward returned none there",),
    ),
    "both names of backward": (
        gradient(backward=lambda ctx, ct: ct, vjp=lambda ctx, ct: ct),
        XformRuntimeError,
        ("Op: the class defines both backward and vjp",),
    ),
    "an unknown keyword": (
        lambda: made().apply(X, power=2),
        XformTypeError,
        ("Op.apply:", "unexpected keyword argument 'power'"),
    ),
    "a keyword that is no positional parameter": (
        lambda: made(forward=lambda x, *, power=2: x).apply(X),
        XformTypeError,
        ("Op.apply: the arguments ['power'] can only be given by name",),
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str, error_of: Callable[..., None]) -> None:
    error_of(*ERRORS[name])


def test_closing_over_what_is_differentiated() -> None:
    def loss(w: Any) -> Any:
        return made(forward=lambda x: x * w, backward=lambda ctx, ct: ct).apply(w).sum()

    with pytest.raises(XformRuntimeError, match="by a value that it closes over; pass the value"):
        grad(loss)(X)


def test_a_backward_that_is_not_linear_has_no_jvp() -> None:
    op = made(backward=lambda ctx, ct: np.clip(ct, -1, 1))
    with pytest.raises(XformRuntimeError, match="must be linear in the cotangents"):
        jvp(op.apply, (X,), (X,))


def test_a_rule_is_needed_only_where_a_derivative_goes_through() -> None:
    apply = made().apply

    def loss(x: Any) -> Any:
        with frontend.no_grad():
            y = apply(x)
        return x * y + x * frontend.stop_gradient(apply(x))

    assert grad(loss)(3.0).item() == 12.0


def test_random_draws_and_chunks() -> None:
    key = random.key(0)

    class Noisy(Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(x: Any) -> Any:
            return x + random.normal(key)

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            pass

        @staticmethod
        def backward(ctx: Any, ct: Any) -> Any:
            return ct * random.uniform(key)

    class Own(Noisy):
        generate_vmap_rule = False

        @staticmethod
        def vmap(info: Any, in_dims: Any, x: Any) -> Any:
            seen.append(info)
            return x + random.normal(key, (info.batch_size,)), 0

    seen: list[Any] = []

    def all_of(x: Any) -> Any:
        different = functools.partial(vmap, randomness="different")
        return (
            (different(Noisy.apply)(x), different(lambda x: x + random.normal(key))(x)),
            (different(grad(Noisy.apply))(x), different(lambda x: random.uniform(key))(x)),
            (vmap(Noisy.apply, randomness="same")(x), x + random.normal(key)),
            (vmap(Own.apply)(x), x + random.normal(key, (3,))),
            (different(Own.apply, chunk_size=2)(x)[:2], x[:2] + random.normal(key, (2,))),
        )

    for found, expected in jit(all_of)(np.arange(3.0)):
        np.testing.assert_array_equal(found.numpy(), expected.numpy())
    assert set(seen) == {(3, "error"), (2, "different"), (1, "different")}
    with pytest.raises(XformRuntimeError, match="with a key that all rows share"):
        vmap(Noisy.apply)(np.arange(3.0))
