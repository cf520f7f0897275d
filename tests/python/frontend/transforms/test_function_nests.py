"""Functions in rules, loops, branches and other transforms, and rules that close over values."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import optree
import pytest
import torch
import torch.func
import xform.numpy as xnp
from xform import frontend, random
from xform.frontend import Function, XformRuntimeError, grad, jit, jvp, vmap


class Forgetful(Function):
    """The base of those whose rules need nothing of the call."""

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass


class Logged(Forgetful):
    """The identity, whose rules are told apart by what they multiply with."""

    @staticmethod
    def forward(x: Any) -> Any:
        return x * 1

    @staticmethod
    def backward(ctx: Any, ct: Any) -> Any:
        # Applied within a rule: has a vmap method and a derivative itself.
        return 10 * Doubled.apply(ct)

    @staticmethod
    def vmap(info: Any, in_dims: Any, x: Any) -> Any:
        # Applied again: an outer vmap meets this call.
        return Logged.apply(x) + 1000, 0


class Doubled(Forgetful):
    @staticmethod
    def forward(x: Any) -> Any:
        return 2 * x

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


def test_forward_mode_transposes_the_calls_in_backward_by_their_rules() -> None:
    assert jvp(Logged.apply, (3.0,), (4.0,))[1].item() == 10 * 7 * 4


class Halved(Forgetful):
    """x / 2, found by a loop, which has no transpose."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any) -> Any:
        return frontend.while_loop(lambda c: c[0] < 1, lambda c: (c[0] + 1, c[1] / 2), (0, x))[1]

    @staticmethod
    def backward(ctx: Any, ct: Any) -> Any:
        return Halved.apply(ct)


def test_calls_in_jvp_rules_are_transposed_by_their_rules() -> None:
    plain = frontend.custom_vjp(Halved.forward)
    plain.defvjp(lambda x: (plain(x), None), lambda _, ct: (plain(ct),))

    def derivatives(halved: Any) -> tuple[Any, ...]:
        @frontend.custom_jvp
        def f(x: Any) -> Any:
            return x**2

        @f.defjvp
        def f_jvp(primals: Any, tangents: Any) -> Any:
            (x,), (t,) = primals, tangents
            return f(x), x * halved(t)

        return (
            jvp(f, (3.0,), (4.0,))[1],
            grad(f)(3.0),
            grad(grad(f))(3.0),
            jvp(grad(f), (3.0,), (1.0,))[1],
            grad(lambda x: jvp(f, (x,), (4.0,))[1])(3.0),
            vmap(grad(f))(np.array([3.0])),
            grad(lambda x: vmap(f)(x).sum())(np.array([3.0])),
        )

    expected = [6, 1.5, 0.5, 0.5, 2, 1.5, 1.5]
    for halved in (Halved.apply, plain):
        found = jit(lambda halved=halved: derivatives(halved))()
        np.testing.assert_array_equal([np.asarray(x).item() for x in found], expected)


def test_a_call_that_closes_over_a_tangent_is_transposed_as_it_is() -> None:
    @frontend.custom_jvp
    def f(x: Any) -> Any:
        return x**2

    @f.defjvp
    def f_jvp(primals: Any, tangents: Any) -> Any:
        (x,), (t,) = primals, tangents
        times = frontend.custom_vjp(lambda x: x * t)
        times.defvjp(lambda x: (x * t, t), lambda t, ct: (ct * t,))
        return f(x), times(x)

    assert grad(f)(3.0).item() == 3


class Straight(Forgetful):
    """Rounding, whose derivative is taken for 1; only a jvp."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any) -> Any:
        return np.round(x)

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


def test_what_a_rule_closes_over() -> None:
    table = np.array([1.0, 2.0, 3.0])

    def with_offset(offset: Any) -> Any:
        class Shifted(Forgetful):
            generate_vmap_rule = True

            @staticmethod
            def forward(x: Any) -> Any:
                return x * table

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


def test_random_draws_and_chunks() -> None:
    key = random.key(0)

    class Noisy(Forgetful):
        generate_vmap_rule = True

        @staticmethod
        def forward(x: Any) -> Any:
            return x + random.normal(key)

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
