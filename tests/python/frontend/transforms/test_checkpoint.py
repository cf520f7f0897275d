"""checkpoint: values and derivatives as without it, what runs twice, and what is kept meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any

import numpy as np
import optree
import pytest
import torch
import torch.func
from xform import XformError
from xform import random as xrandom
from xform.errors import XformTypeError, XformValueError
from xform.frontend import (
    checkpoint,
    checkpoint_name,
    cond,
    grad,
    grad_and_value,
    hessian,
    jacrev,
    jit,
    jvp,
    linearize,
    scan,
    vjp,
    vmap,
    while_loop,
)
from xform.frontend import checkpoint_policies as policies

RNG = np.random.default_rng(0)
X, V, W = RNG.normal(size=3), RNG.normal(size=3), RNG.normal(size=(3, 3))
XS, WS = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 2, 3))

POLICIES = {
    "none": None,
    "everything": policies.everything_saveable,
    "dots": policies.dots_saveable,
    "only": policies.save_only_these_names("hidden"),
    "except": policies.save_anything_except_these_names("hidden"),
    "limit": policies.save_at_most(24),
}


def plain(fun: Callable[..., Any]) -> Callable[..., Any]:
    return fun


def network(wrap: Callable[..., Any], m: Any = np) -> Callable[..., Any]:
    """Two layers: a named value, a keyword, pytrees in and out, a closure over the input."""

    def loss(x: Any, w: Any) -> Any:
        def layer(tree: Any, *, scale: float) -> Any:
            hidden = m.exp(-((tree["w"] @ tree["x"]) ** 2)) * scale
            if m is np:
                hidden = checkpoint_name(hidden, "hidden")
            return {"y": (tree["w"] @ hidden) ** 2 + x, "hidden": hidden}

        layer = wrap(layer)
        first = layer({"x": x, "w": w}, scale=0.5)
        second = layer({"x": first["y"], "w": w}, scale=2.0)
        return (second["y"] * first["hidden"]).sum()

    return loss


def basic(loss: Callable[..., Any]) -> Callable[..., Any]:
    def every(x: Any, v: Any, w: Any, xs: Any, ws: Any) -> Any:
        return {
            "grad": grad(loss, argnums=(0, 1))(x, w),
            "hessian": hessian(loss)(x, w),
            "jvp": jvp(loss, (x, w), (v, w))[1],
            "vmap of grad": vmap(grad(loss), in_dims=(0, 1))(xs, ws),
        }

    return every


def further(loss: Callable[..., Any]) -> Callable[..., Any]:
    def every(x: Any, v: Any, w: Any, xs: Any, ws: Any) -> Any:
        def batch(w: Any) -> Any:
            return vmap(loss, in_dims=(0, None))(xs, w).sum()

        pulled = vjp(lambda x, w: loss(x, w) * x, x, w)[1]
        return {
            "linearize": linearize(loss, x, w)[1](v, w),
            "reverse over reverse": grad(lambda x: (grad(loss)(x, w) * v).sum())(x),
            "reverse over forward": grad(lambda x: jvp(partial(loss, w=w), (x,), (v,))[1])(x),
            "vmap over w": vmap(grad(loss), in_dims=(None, 1))(x, ws),
            "forward over reverse of vmap": jvp(grad(batch), (w,), (w,))[1],
            "pulled twice": (pulled(x), pulled(v)),
        }

    return every


ARGUMENTS = X, V, W, XS, WS


@pytest.fixture(scope="module")
def expected() -> Any:
    return jit(basic(network(plain)))(*ARGUMENTS)


def assert_same(result: Any, expected: Any, tolerance: float = 1e-12) -> None:
    assert optree.tree_structure(result) == optree.tree_structure(expected)
    for path, x, y in zip(
        optree.tree_paths(expected),
        optree.tree_leaves(result),
        optree.tree_leaves(expected),
        strict=True,
    ):
        np.testing.assert_allclose(
            np.asarray(x), np.asarray(y), tolerance, tolerance, err_msg=str(path)
        )


def test_derivatives_are_what_they_are_without(expected: Any) -> None:
    assert_same(jit(basic(network(checkpoint)))(*ARGUMENTS), expected)


def test_no_policy_changes_a_derivative(expected: Any) -> None:
    def every(x: Any, w: Any) -> Any:
        losses = [network(partial(checkpoint, policy=policy)) for policy in POLICIES.values()]
        return [(grad(f, argnums=(0, 1))(x, w), hessian(f)(x, w)) for f in losses[1:]]

    for result in jit(every)(X, W):
        assert_same(result, (expected["grad"], expected["hessian"]))


def test_it_composes_with_every_transform() -> None:
    result = jit(further(network(checkpoint)))(*ARGUMENTS)
    assert_same(result, jit(further(network(plain)))(*ARGUMENTS))


def test_derivatives_are_those_of_torch(expected: Any) -> None:
    loss = network(plain, torch)
    x, v, w, xs, ws = (torch.tensor(a) for a in (X, V, W, XS, WS))
    assert_same(
        {
            "grad": expected["grad"],
            "hessian": expected["hessian"],
            "vmap of grad": expected["vmap of grad"],
            "jvp": expected["jvp"],
        },
        {
            "grad": torch.func.grad(loss, argnums=(0, 1))(x, w),
            "hessian": torch.func.hessian(loss)(x, w),
            "vmap of grad": torch.func.vmap(torch.func.grad(loss), (0, 1))(xs, ws),
            "jvp": torch.func.jvp(loss, (x, w), (v, w))[1],
        },
    )


def test_direct_calls_and_leaves_that_are_no_arrays() -> None:
    @checkpoint
    def f(x: Any, mode: str, *, scale: Any) -> Any:
        """Its docstring."""
        return {"y": x * scale, "mode": mode, "none": None}

    result = f(X, "mean", scale=2)
    np.testing.assert_array_equal(result["y"].numpy(), 2 * X)
    assert (result["mode"], result["none"]) == ("mean", None)
    assert (f.__name__, f.__doc__) == ("f", "Its docstring.")
    out, pull = vjp(checkpoint(lambda x: np.sin(np.sin(x))), X)
    np.testing.assert_allclose(out.numpy(), np.sin(np.sin(X)))
    np.testing.assert_allclose(pull(V)[0].numpy(), V * np.cos(np.sin(X)) * np.cos(X))
    pushed = linearize(checkpoint(lambda x: np.sin(np.sin(x))), X)[1](V)
    np.testing.assert_allclose(pushed.numpy(), V * np.cos(np.sin(X)) * np.cos(X))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_edge_shapes_and_dtypes(dtype: Any) -> None:
    def f(x: Any, n: Any) -> Any:
        return {"y": np.exp(np.sin(x)), "n": n + 1}

    def every(*xs: Any) -> Any:
        return [vjp(lambda x: checkpoint(f)(x, np.int32(2))["y"], x)[1](np.cos(x))[0] for x in xs]

    xs = [np.ones(shape, dtype) for shape in ((), (0, 3), (1,), (2, 1))]
    for x, result in zip(xs, jit(every)(*xs), strict=True):
        assert result.dtype == dtype
        wanted = np.cos(x) * np.cos(x) * np.exp(np.sin(x))
        np.testing.assert_allclose(result.numpy(), wanted, 1e-5 if dtype == np.float32 else 1e-12)


def test_control_flow_around_and_inside() -> None:
    def loss(wrap: Callable[..., Any]) -> Callable[..., Any]:
        def cell(h: Any, x: Any) -> Any:
            h = np.exp(-h * x)
            return h, wrap(lambda h: cond(h.sum() > 0, np.square, np.exp, h))(h)

        def total(x: Any) -> Any:
            h, ys = scan(wrap(cell), x, XS)
            square = wrap(np.square)
            n, _ = while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, square(c[1])), (0, x))
            inner = wrap(lambda h: scan(wrap(cell), h, XS)[1])(h)
            return (h * ys).sum() + inner.sum() + n

        return total

    def every(wrap: Callable[..., Any]) -> Callable[..., Any]:
        def results(x: Any, xs: Any) -> Any:
            f = loss(wrap)
            return grad(f)(x), vmap(grad(f))(xs)

        return results

    assert_same(jit(every(checkpoint))(X, XS), jit(every(plain))(X, XS))


def test_while_loop_has_forward_derivatives_through_it() -> None:
    def f(x: Any) -> Any:
        return while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, np.sin(c[1])), (0, x))[1]

    np.testing.assert_allclose(
        jvp(checkpoint(f), (X,), (V,))[1].numpy(), jvp(f, (X,), (V,))[1].numpy()
    )


def test_random_draws_are_drawn_again_alike() -> None:
    def noisy(x: Any) -> Any:
        return np.exp(np.sin(x * xrandom.normal(xrandom.key(3), (3,))))

    def rows(wrap: Callable[..., Any]) -> Callable[..., Any]:
        return vmap(grad(lambda x: wrap(noisy)(x).sum()), randomness="different")

    one, other = rows(checkpoint)(XS), rows(plain)(XS)
    np.testing.assert_allclose(one.numpy(), other.numpy(), 1e-12)
    with pytest.raises(XformError, match="key that all rows share"):
        vmap(checkpoint(noisy))(XS)


def deep(wrap: Callable[..., Any]) -> Callable[..., Any]:
    """Three layers of two products; what tanh returns and its operand are of one size."""

    def layer(x: Any, w: Any) -> Any:
        return np.tanh(checkpoint_name(np.tanh(x @ w), "inner") @ w)

    def loss(x: Any, w: Any) -> Any:
        for _ in range(3):
            x = wrap(layer)(x, w)
        return (x * x).sum()

    return loss


# Forward, a tanh and a product twice a layer; backward, two products each for the cotangents.
# What is wanted again are the slopes of all six, which are made of the products, and three of their
# results: the other three are inputs of the next layer.
COUNTS = {
    "none": (9, 6 + 12 + 6),
    "everything": (6, 6 + 12),
    "dots": (9, 6 + 12),
    "only": (6, 6 + 12 + 6),
    "except": (9, 6 + 12),
    "limit": (9, 6 + 12 + 3),
}


@pytest.mark.parametrize("policy", POLICIES)
def test_what_runs_again_after_simplification(policy: str) -> None:
    chosen = POLICIES[policy]
    if policy == "only":
        chosen = policies.save_only_these_names("inner")
    if policy == "except":
        chosen = policies.save_anything_except_these_names("inner")
    if policy == "limit":
        chosen = policies.save_at_most(X.nbytes)
    lowered = jit(grad(deep(partial(checkpoint, policy=chosen)), argnums=(0, 1))).lower(X, W)
    counts = lowered.op_names("expanded")
    assert (counts["xform.tanh"], counts["xform.dot_general"]) == COUNTS[policy]
    assert "xform.checkpoint_name" not in counts
    assert counts.get("xform.barrier", 0) == (0 if policy == "everything" else 3)


def residual_bytes(function: Callable[..., Any], *args: Any) -> int:
    """The size of what goes from the forward pass to the pullback besides arguments."""
    lowered = jit(function).lower(*args)
    module = lowered._module("xform").clone()
    numbers = ",".join(map(str, range(len(args))))
    module.run(f"xform-split-derivative{{function={lowered.name} argnums={numbers}}}")
    results = module.lookup(f"{lowered.name}.forward").result_types
    return sum(prod(t.shape) * np.dtype(t.dtype).itemsize for t in results[1:])


def test_residuals_are_what_the_policy_says() -> None:
    def size(policy: Any) -> float:
        wrap = plain if policy == "plain" else partial(checkpoint, policy=policy)
        return residual_bytes(deep(wrap), X, W) / X.nbytes

    # Without arguments: the two inputs of the later layers and the output.
    assert size(None) == 3
    assert size(policies.nothing_saveable) == 3
    assert size("plain") == size(policies.everything_saveable) == 3 + 9
    # And two products a layer, or one of the two results of tanh.
    assert size(policies.dots_saveable) == 3 + 6
    assert size(policies.checkpoint_dots_with_no_batch_dims) == 3 + 6
    assert size(policies.save_only_these_names("inner")) == 3 + 3
    assert size(policies.save_any_names_but_these("other")) == 3 + 3
    assert size(policies.save_any_names_but_these("inner")) == 3
    assert size(policies.save_only_these_names("other")) == 3
    # As many of the three values of a layer as fit: both derivatives, and the first tanh.
    assert [size(policies.save_at_most(n * X.nbytes)) for n in range(5)] == [3, 6, 9, 12, 12]
    assert size(policies.save_at_most(X.nbytes - 1)) == 3


def test_batched_products_can_be_left_out() -> None:
    policy = policies.dots_with_no_batch_dims_saveable

    def loss(x: Any, w: Any) -> Any:
        f = checkpoint(lambda x, w: np.tanh(x @ w), policy=policy)
        return f(x, w).sum()

    def counts(*shapes: tuple[int, ...]) -> tuple[int, int]:
        names = jit(grad_and_value(loss)).lower(*map(np.ones, shapes)).op_names("expanded")
        return names["xform.dot_general"], names["xform.tanh"]

    assert counts((4, 2, 3), (4, 3, 3)) == (3, 1)
    assert counts((2, 3), (3, 3)) == (2, 1)


def chained(wrap: Callable[..., Any]) -> Callable[..., Any]:
    def step(h: Any, x: Any) -> Any:
        return np.exp(-((np.exp(-h * h) * x) ** 2)), None

    return lambda h, xs: scan(wrap(step), h, xs)[0].sum()


def nested(h: Any, xs: Any) -> Any:
    """A scan over checkpoints of scans, each of about the square root of the length."""
    count, size = len(xs), int(len(xs) ** 0.5)
    step = checkpoint(lambda h, x: (np.exp(-((np.exp(-h * h) * x) ** 2)), None))
    block = checkpoint(lambda h, x: (scan(step, h, x)[0], None))
    return scan(block, h, xs.reshape(count // size, size, *xs.shape[1:]))[0].sum()


def test_a_loop_keeps_what_is_carried_only() -> None:
    h, xs = np.ones(5), np.ones((7, 5))
    row = h.nbytes
    assert residual_bytes(chained(checkpoint), h, xs) == 7 * row
    assert residual_bytes(chained(plain), h, xs) > 3 * 7 * row
    for n in (100, 400):
        # The outer loop's carries; inner ones are made again, a block at a time.
        assert residual_bytes(nested, h, np.ones((n, 5))) == n**0.5 * row
    assert_same(
        jit(lambda h, xs: grad(nested, argnums=(0, 1))(h, xs))(h, np.ones((16, 5))),
        jit(lambda h, xs: grad(chained(plain), argnums=(0, 1))(h, xs))(h, np.ones((16, 5))),
    )


def test_measured_memory_of_a_deep_chain_falls() -> None:
    x, w = np.ones((256, 32), np.float32), np.full((32, 32), 0.1, np.float32)

    def loss(wrap: Callable[..., Any]) -> Callable[..., Any]:
        def block(x: Any, w: Any) -> Any:
            for _ in range(4):
                x = np.exp(-x * x) @ w
            return x

        def total(x: Any, w: Any) -> Any:
            for _ in range(4):
                x = wrap(block)(x, w)
            return (x * x).sum()

        return total

    peaks, results = {}, {}
    for name, wrap in {"plain": plain, "checkpoint": checkpoint}.items():
        compiled = jit(grad(loss(wrap), argnums=(0, 1))).lower(x, w).compile()
        peaks[name] = compiled.peak_memory(x, w) / x.nbytes
        results[name] = [y.numpy() for y in compiled(x, w)]
    assert_same(results["checkpoint"], results["plain"], 1e-5)
    # Three values for each of 16 layers, or the inputs of 4 blocks and the values of one of them.
    assert peaks["plain"] > 48
    assert peaks["checkpoint"] < 26


def test_measured_memory_of_a_loop_grows_as_the_root_of_its_length() -> None:
    h = np.linspace(0, 1, 1024, dtype=np.float32)
    peaks = {}
    for n in (100, 400):
        xs = np.ones((n, 1), np.float32)
        compiled = jit(grad(nested)).lower(h, xs).compile()
        peaks[n] = (compiled.peak_memory(h, xs) - xs.nbytes) / h.nbytes
    assert 20 < peaks[100] < 50
    assert peaks[400] < 2 * peaks[100]


def test_a_policy_must_be_one(user_error: Callable[..., Any]) -> None:
    with user_error(XformTypeError, "checkpoint: policy must be one of", "got 'dots'"):
        checkpoint(np.sin, policy="dots")  # type: ignore[arg-type]
    with user_error(XformTypeError, "policy must be", "got the function save_only_these_names"):
        checkpoint(np.sin, policy=policies.save_only_these_names)  # type: ignore[arg-type]
    with user_error(XformTypeError, "checkpoint: expected a function, got int"):
        checkpoint(3)  # type: ignore[arg-type]
    with user_error(XformTypeError, "save_only_these_names: names must be strings, got int"):
        policies.save_only_these_names("a", 2)  # type: ignore[arg-type]
    with user_error(XformTypeError, "save_at_most: bytes must be a Python int, got float"):
        policies.save_at_most(1e6)  # type: ignore[arg-type]
    with user_error(XformValueError, "save_at_most: bytes must not be negative, got -1"):
        policies.save_at_most(-1)
    with user_error(XformTypeError, "checkpoint_name: name must be a string, got int"):
        checkpoint_name(X, 3)  # type: ignore[arg-type]


def test_names_of_policies() -> None:
    assert repr(policies.save_only_these_names("a", "b")) == "save_only_these_names('a', 'b')"
    assert repr(policies.save_at_most(8)) == "save_at_most(8)"
    assert repr(policies.checkpoint_dots) == "dots_saveable"
    assert checkpoint_name(X, "x") is X


def test_sorts_that_are_computed_again_and_shared() -> None:
    """The keys of a sort have no part in the tangents that are sorted along with them."""
    x = np.array([3.0, 1.0, 2.0])
    least = checkpoint(lambda v: np.minimum(np.sort(v)[2:3], np.sort(v)[2:3]))
    np.testing.assert_allclose(jacrev(least)(x), [[1, 0, 0]])
    product = checkpoint(lambda v: np.maximum(np.sort(v)[0], np.sort(v)[0]) * v.sum())
    np.testing.assert_allclose(grad(product)(x), [1, 7, 1])
    np.testing.assert_allclose(vmap(grad(product))(np.stack([x, x])), [[1, 7, 1]] * 2)
    np.testing.assert_allclose(jacrev(grad(product))(x), [[0, 1, 0], [1, 2, 1], [0, 1, 0]])
