"""What the rules of a Function are told and keep, compared with torch.autograd.Function."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import optree
import pytest
import torch
import torch.func
import xform.numpy as xnp
from xform import frontend
from xform.frontend import Function, XformTypeError, XformValueError, grad, jit, jvp, vmap

X = np.array([1.0, 2.0, 3.0])


def library(name: str) -> SimpleNamespace:
    """The transforms and the base class of xform or torch, and a list of what rules are given."""
    if name == "torch":
        return SimpleNamespace(t=torch.func, base=torch.autograd.Function, seen=[])
    return SimpleNamespace(t=frontend, base=Function, seen=[])


# Functions of a library that make a Function and apply transforms to it -----------------------


def attributes(lib: Any) -> Callable[..., Any]:
    """Arrays, numbers and containers of them as attributes of ctx."""

    class Op(lib.base):
        generate_vmap_rule = lib.base is Function

        @staticmethod
        def forward(x: Any, power: Any, w: Any) -> Any:
            return x**power * w if power > 1 else x * w

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            x, ctx.power, w = inputs
            ctx.name = x
            ctx.metadata_of = {"w": [w, ("text", output)]}

        @staticmethod
        def backward(ctx: Any, ct: Any) -> Any:
            w, (text, y) = ctx.metadata_of["w"]
            assert text == "text"
            slope = ctx.power * ctx.name ** (ctx.power - 1) * w
            return ct * slope + 0 * y, None, (ct * ctx.name**ctx.power)

    def all_of(x: Any) -> Any:
        def loss(x: Any, w: Any) -> Any:
            return (Op.apply(x, 3, w) * x).sum()

        found = {
            "gradients": lib.t.grad(loss, (0, 1))(x, x * 2),
            "second": lib.t.grad(lambda x: (lib.t.grad(loss)(x, x) * x).sum())(x),
            "pullback": lib.t.vjp(lambda x: Op.apply(x, 2, x), x)[1](x),
        }
        if lib.base is Function:
            found["rows"] = lib.t.vmap(lib.t.grad(Op.apply), in_dims=(0, None, 0))(x, 3, x)
        else:
            found["rows"] = 3 * x**2 * x
        return found

    return all_of


def materialized(lib: Any) -> Callable[..., Any]:
    """None for the cotangents that there are not."""
    seen = lib.seen

    class Op(lib.base):
        @staticmethod
        def forward(x: Any) -> Any:
            return x * 2, x * 3, x * 4

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.set_materialize_grads(False)
            ctx.mark_non_differentiable(output[2])

        @staticmethod
        def backward(ctx: Any, *cts: Any) -> Any:
            seen.append([ct is None for ct in cts])
            return sum(10.0**i * ct for i, ct in enumerate(cts) if ct is not None)

    def all_of(x: Any) -> Any:
        found = {
            "first": lib.t.grad(lambda x: Op.apply(x)[0].sum())(x),
            "second": lib.t.grad(lambda x: (Op.apply(x)[1] * Op.apply(x)[2]).sum())(x),
            "both": lib.t.grad(lambda x: (Op.apply(x)[0] * Op.apply(x)[1]).sum())(x),
        }
        return found

    return all_of


def outputs_that_are_none(lib: Any) -> Callable[..., Any]:
    """Numbers, text and None among outputs, several constants, defaults and keywords."""
    seen = lib.seen

    class Op(lib.base):
        @staticmethod
        def forward(x: Any, scale: Any = 2, name: str = "name") -> Any:
            return x * scale, 3, name, None, x + 1, x > 1

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            x, ctx.scale, _ = inputs
            ctx.save_for_backward(x)
            ctx.mark_non_differentiable(output[4], output[5])

        @staticmethod
        def backward(ctx: Any, *cts: Any) -> Any:
            seen.append([ct is None for ct in cts[:4]])
            (x,) = ctx.saved_tensors
            return cts[0] * ctx.scale * x, None, None

    def all_of(x: Any) -> Any:
        def loss(x: Any) -> Any:
            y, three, name, nothing, shifted, _ = Op.apply(x, scale=5)
            assert (three, name, nothing) == (3, "name", None)
            return (y * three * shifted).sum()

        found = {"gradient": lib.t.grad(loss)(x), "default": Op.apply(x)[0]}
        return found

    return all_of


def in_place(lib: Any) -> Callable[..., Any]:
    """An input that is written into and returned."""

    class Op(lib.base):
        @staticmethod
        def forward(x: Any) -> Any:
            x += 1
            return x

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.mark_dirty(inputs[0])
            ctx.save_for_backward(output)

        @staticmethod
        def backward(ctx: Any, ct: Any) -> Any:
            (y,) = ctx.saved_tensors
            return 3 * ct * y

    def all_of(x: Any) -> Any:
        def written(x: Any) -> Any:
            y = x * 2
            z = Op.apply(y)
            assert z is y
            return (y * z).sum()

        return {"value": written(x), "gradient": lib.t.grad(written)(x)}

    return all_of


def named_vjp(lib: Any) -> Callable[..., Any]:
    """A backward rule called vjp, and one that gets its cotangents as a list."""

    class Named(lib.base):
        @staticmethod
        def forward(x: Any) -> Any:
            return x * 2

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            pass

    rule = "backward" if lib.base is not Function else "vjp"
    setattr(Named, rule, staticmethod(lambda ctx, ct: 7 * ct))

    return lambda x: lib.t.grad(lambda x: Named.apply(x).sum())(x)


CASES = {
    "attributes": attributes,
    "materialized": materialized,
    "outputs that are none": outputs_that_are_none,
    "in place": in_place,
    "named vjp": named_vjp,
}


@pytest.fixture(scope="module")
def ours() -> Any:
    """All cases in one program, and what their rules have seen."""
    libraries = {name: library("xform") for name in CASES}
    cases = {name: make(libraries[name]) for name, make in CASES.items()}
    results = jit(lambda x: {name: case(x) for name, case in cases.items()})(X)
    return {name: (results[name], libraries[name].seen) for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_equals_torch(name: str, ours: Any) -> None:
    lib = library("torch")
    expected = CASES[name](lib)(torch.from_numpy(X.copy()))
    results, seen = ours[name]
    found, wanted = optree.tree_leaves(results), optree.tree_leaves(expected)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(np.asarray(a), b.detach().numpy(), rtol=1e-12)
    for given in lib.seen:
        assert given in seen


def test_tangents_that_there_are_not() -> None:
    seen: list[Any] = []

    class Product(Function):
        @staticmethod
        def forward(x: Any, y: Any) -> Any:
            return x * y

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.set_materialize_grads(False)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def jvp(ctx: Any, dx: Any, dy: Any) -> Any:
            seen.append((dx is None, dy is None))
            x, y = ctx.saved_tensors
            return (0 if dx is None else dx * y) + (0 if dy is None else x * dy)

    def all_of(x: Any, y: Any) -> Any:
        return (
            jvp(lambda y: Product.apply(x, y), (y,), (y,))[1],
            jvp(Product.apply, (x, y), (x, y))[1],
            grad(lambda x: Product.apply(x, y).sum())(x),
        )

    second, both, first = jit(all_of)(X, 2 * X)
    np.testing.assert_allclose(second, 2 * X**2)
    np.testing.assert_allclose(both, 4 * X**2)
    np.testing.assert_allclose(first, 2 * X)
    assert set(seen) == {(True, False), (False, False), (False, True)}


# In place -----------------------------------------------------------------------------------------


def adding(**methods: Any) -> type[Function]:
    """A Function that adds 1 to its argument in place, in a class with other methods."""

    def forward(x: Any) -> Any:
        x[...] += 1
        return x

    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.mark_dirty(inputs[0])

    given = {"forward": forward, "setup_context": setup_context, **methods}
    return type("Op", (Function,), {k: staticmethod(v) for k, v in given.items() if v is not None})


def test_what_is_marked_dirty_is_written_into() -> None:
    def old_style(ctx: Any, x: Any, y: Any) -> Any:
        y *= x
        ctx.mark_dirty(y)
        ctx.save_for_backward(x, y)
        return x + 1, y

    def backward(ctx: Any, a: Any, b: Any) -> Any:
        x, y = ctx.saved_tensors
        return a + b * y, b * x

    op = adding(backward=lambda ctx, ct: ct, vmap=lambda info, dims, x: (x + 10, dims[0]))
    old = adding(forward=old_style, setup_context=None, backward=backward)

    def all_of(x: Any) -> Any:
        matrix = xnp.stack([x, x])
        row = matrix[1]
        op.apply(row)

        def element(x: Any) -> Any:
            y = x * 1
            op.apply(y)
            return y

        def both(x: Any) -> Any:
            y = x * 2
            shifted, product = old.apply(x, y)
            assert product is y
            return (shifted * y).sum()

        return matrix, element(x[0]), vmap(element)(x), both(x), grad(both)(x)

    matrix, element, rows, value, gradient = jit(all_of)(X)
    np.testing.assert_array_equal(matrix, [X, X + 1])
    assert element.item() == 2
    np.testing.assert_array_equal(rows, X + 10)
    # y = 2 x**2, whose cotangent is 1 + x; what is saved of y is the output.
    np.testing.assert_allclose(value, ((X + 1) * 2 * X**2).sum())
    a, b, y = 2 * X**2, X + 1, 2 * X**2
    np.testing.assert_allclose(gradient, a + b * y + 2 * b * X)


def test_what_is_not_marked_stays() -> None:
    op = adding(setup_context=lambda ctx, inputs, output: None)

    def all_of(x: Any) -> Any:
        y = x * 1
        return op.apply(y), y

    output, y = jit(all_of)(X)
    np.testing.assert_array_equal(output, X + 1)
    np.testing.assert_array_equal(y, X)


ERRORS: dict[str, tuple[Callable[[], Any], type[Exception], tuple[str, ...]]] = {
    "into an array of the caller": (
        lambda: adding().apply(X),
        XformTypeError,
        ("Op: forward writes into an argument", "an array of type ndarray"),
    ),
    "into an array that is closed over": (
        lambda: jit(lambda x: adding().apply(X) + x)(X),
        XformTypeError,
        ("Op: forward writes into an argument", "an array of type ndarray"),
    ),
    "into an array of an outer function": (
        lambda: jit(lambda x: vmap(lambda y: adding().apply(x)[0] + y)(x))(X),
        XformTypeError,
        ("made outside of the function that is being traced",),
    ),
    "without returning it": (
        lambda: jit(adding(forward=lambda x: x * 1).apply)(X),
        XformValueError,
        ("Op.mark_dirty: an input that is modified in place must also be returned",),
    ),
    "a scalar that += replaces": (
        lambda: vmap(lambda x: adding(forward=lambda x: x.__iadd__(1)).apply(x * 1))(X),
        XformValueError,
        ("Op.mark_dirty:", "x[...] += y does not"),
    ),
    "an output": (
        lambda: jit(
            adding(
                forward=lambda x: x * 1,
                setup_context=lambda ctx, inputs, output: ctx.mark_dirty(output),
            ).apply
        )(X),
        XformValueError,
        ("Op.mark_dirty: ctx was given something that is no array argument",),
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_of_mark_dirty(name: str, error_of: Callable[..., None]) -> None:
    error_of(*ERRORS[name])
