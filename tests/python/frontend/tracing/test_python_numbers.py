"""Python numbers that are neither batched nor differentiated reach functions as what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xform.compiling.direct
from xform import frontend
from xform.frontend import (
    Function,
    checkpoint,
    cond,
    custom_jvp,
    custom_vjp,
    fori_loop,
    functionalize,
    grad,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    jvp,
    scan,
    vjp,
    vmap,
)

X = np.arange(1.0, 4.0)


def power(x: Any, n: Any, scale: Any = 1.0, *, shift: Any = 0.0) -> Any:
    """A function that only Python numbers can be given to, but for x."""
    for number, kind in ((n, int), (scale, float), (shift, float)):
        assert type(number) is kind
    return scale * x**n + shift if n > 1 else x


class Power(Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Any, n: Any, scale: Any) -> Any:
        return power(x, n, scale)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        x, ctx.n, ctx.scale = inputs
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx: Any, ct: Any) -> Any:
        (x,) = ctx.saved_tensors
        return ct * ctx.n * power(x, ctx.n - 1, ctx.scale), None, None


@custom_vjp
def ruled(x: Any) -> Any:
    return power(x, 3, 2.0)


ruled.defvjp(
    lambda x: (power(x, 3, 2.0), (x, 3, 2.0)), lambda r, ct: (ct * 3 * power(r[0], 2, r[2]),)
)


def nondiff(decorator: Any) -> Any:
    """`power` with rules, whose numbers are nondiff arguments."""
    decorated = decorator(lambda x, n, scale: power(x, n, scale), nondiff_argnums=(1, 2))
    if decorator is custom_vjp:
        decorated.defvjp(
            lambda x, n, scale: (power(x, n, scale), x),
            lambda n, scale, x, ct: (ct * n * power(x, n - 1, scale),),
        )
    else:
        decorated.defjvp(
            lambda n, scale, primals, tangents: (
                power(primals[0], n, scale),
                n * power(primals[0], n - 1, scale) * tangents[0],
            )
        )
    return decorated


SLOPE = 3 * 2.0 * X**2

# Each direct, and what it is.
CASES: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "vmap": (lambda x: vmap(power, (0, None, None))(x, 3, 2.0), 2 * X**3),
    "vmap by keyword": (lambda x: vmap(power, (0, None))(x, 3, shift=0.5), X**3 + 0.5),
    "vmap of vmap": (
        lambda x: vmap(lambda x: vmap(power, (0, None, None))(x[None], 3, 2.0)[0])(x),
        2 * X**3,
    ),
    "vmap of a structure": (
        lambda x: vmap(lambda p: power(p["x"], p["n"]), ({"x": 0, "n": None},))({"x": x, "n": 3}),
        X**3,
    ),
    "vmap in chunks": (
        lambda x: vmap(power, (0, None, None), chunk_size=2)(x, 3, 2.0),
        2 * X**3,
    ),
    "Function": (lambda x: Power.apply(x, 3, 2.0), 2 * X**3),
    "vmap of Function": (lambda x: vmap(Power.apply, (0, None, None))(x, 3, 2.0), 2 * X**3),
    "vmap of grad of Function": (
        lambda x: vmap(grad(Power.apply), (0, None, None))(x, 3, 2.0),
        SLOPE,
    ),
    "grad of vmap of Function": (
        lambda x: grad(lambda x: vmap(Power.apply, (0, None, None))(x, 3, 2.0).sum())(x),
        SLOPE,
    ),
    "grad": (lambda x: grad(lambda x, n, s: power(x, n, s).sum())(x, 3, 2.0), SLOPE),
    "grad by the last": (
        lambda x: grad(lambda n, s, x: power(x, n, s).sum(), argnums=-1)(3, 2.0, x),
        SLOPE,
    ),
    "jacrev": (lambda x: jacrev(power)(x, 3, 2.0), np.diag(SLOPE)),
    "jacfwd": (lambda x: jacfwd(power)(x, 3, scale=2.0), np.diag(SLOPE)),
    "jacobian": (lambda x: jacobian(power)(x, 3, 2.0), np.diag(SLOPE)),
    "hessian": (
        lambda x: hessian(lambda x, n: power(x, n).sum())(x, 3),
        np.diag(6 * X),
    ),
    "vjp": (lambda x: vjp(lambda x: power(x, 3, 2.0), x)[1](x)[0], SLOPE * X),
    "jvp": (lambda x: jvp(lambda x: power(x, 3, 2.0), (x,), (x,))[1], SLOPE * X),
    "map": (lambda x: frontend.map(power, x, 3, 2.0), 2 * X**3),
    "cond": (lambda x: cond(x.sum() > 0, power, lambda x, n, s: x, x, 3, 2.0), 2 * X**3),
    "checkpoint": (lambda x: checkpoint(power)(x, 3, 2.0), 2 * X**3),
    "functionalize": (lambda x: functionalize(power)(x, 3, 2.0), 2 * X**3),
    "captures of scan": (
        lambda x: scan(lambda c, row: (c, power(row, 3, 2.0)), 0.0, x)[1],
        2 * X**3,
    ),
    "captures of fori_loop": (lambda x: fori_loop(0, 2, lambda i, c: power(c, 2), x), X**4),
    "custom_vjp": (lambda x: grad(lambda x: ruled(x).sum())(x), SLOPE),
    "nondiff of custom_vjp": (
        lambda x: vmap(grad(nondiff(custom_vjp)), (0, None, None))(x, 3, 2.0),
        SLOPE,
    ),
    "nondiff of custom_jvp": (
        lambda x: vmap(grad(nondiff(custom_jvp)), (0, None, None))(x, 3, 2.0),
        SLOPE,
    ),
}


@pytest.fixture(scope="module")
def under_jit() -> Any:
    return jit(lambda x: {name: case(x) for name, (case, _) in CASES.items()})(X)


@pytest.mark.parametrize("name", CASES)
def test_under_jit(name: str, under_jit: Any) -> None:
    np.testing.assert_allclose(np.asarray(under_jit[name]), CASES[name][1], rtol=1e-12)


# One of each kind of call that is compiled on the fly.
DIRECT = ["vmap", "vmap of Function", "vmap of grad of Function", "grad by the last", "map", "cond"]


@pytest.mark.parametrize("name", DIRECT)
def test_direct(name: str) -> None:
    case, expected = CASES[name]
    np.testing.assert_allclose(np.asarray(case(X)), expected, rtol=1e-12)


def test_what_is_differentiated_is_traced() -> None:
    seen: list[Any] = []

    def loss(x: Any, n: Any, scale: Any) -> Any:
        seen.append((type(x).__name__, type(n).__name__, type(scale).__name__))
        return scale * x**n

    gradients = grad(loss, argnums=(0, 2))(2.0, 3, 0.5)
    assert [g.item() for g in gradients] == [6.0, 8.0]
    assert seen == [("TracedArray", "int", "TracedArray")]


def test_a_float_that_changes_is_not_compiled_again() -> None:
    """Where it meets arrays it is an argument of the program; a branch on it is not."""

    def step(x: Any, rate: Any, *, decay: Any) -> Any:
        assert type(rate) is float
        return x - rate * x * decay if rate < 0.5 else x + rate

    rows = vmap(step, in_dims=(0, None))
    x = X.astype(np.float32)
    before = len(xform.compiling.direct._compiled)
    for rate in (0.1, 0.2, 0.3):
        np.testing.assert_allclose(rows(x, rate, decay=2 * rate), x - rate * x * 2 * rate, 1e-6)
        assert rows(x, rate, decay=2 * rate).dtype == np.float32
    assert len(xform.compiling.direct._compiled) == before + 1
    np.testing.assert_allclose(rows(x, 0.5, decay=1.0), x + 0.5, 1e-6)
    assert len(xform.compiling.direct._compiled) == before + 2
    # Equal floats that are two objects, and one that is given twice.
    rate = 0.25
    for given in ((rate, rate), (rate, float("0.25"))):
        np.testing.assert_allclose(rows(x, given[0], decay=given[1]), x - x / 16, 1e-6)


def test_numbers_stay_python_in_outputs_without_a_dim() -> None:
    def row(x: Any) -> Any:
        return x * 2, 3, "text", None

    def outer(x: Any) -> Any:
        y, three, text, nothing = vmap(row, out_dims=(0, None, None, None))(x)
        assert (type(three), text, nothing) == (int, "text", None)
        return y**three

    np.testing.assert_array_equal(jit(outer)(X), (2 * X) ** 3)
