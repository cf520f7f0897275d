"""How many operations a derivative has: what is shared, what folds, and how orders grow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from xform.frontend import (
    checkpoint,
    grad,
    hessian,
    jacfwd,
    jacrev,
    jit,
    jvp,
    linearize,
    scan,
    spec,
    switch,
    vjp,
    vmap,
)

Function = Callable[..., Any]

LINKS: tuple[Function, ...] = (np.sin, np.exp, np.tanh, np.square, np.cos)
VECTOR, MATRIX, MATRIX_4 = spec((4,)), spec((3, 4)), spec((4, 4))


def counts(f: Function, *specs: Any) -> dict[str, int]:
    """The operations of a program after expansion and simplification."""
    names = jit(f).lower(*specs).op_names("expanded")
    return {
        name.removeprefix("xform."): count
        for name, count in names.items()
        if name.startswith("xform.")
    }


def chain(length: int) -> Function:
    def f(x: Any) -> Any:
        for i in range(length):
            x = LINKS[i % len(LINKS)](x)
        return x

    return f


def along_one(f: Function) -> Function:
    return lambda x: jvp(f, (x,), (1.0,))[1]


ORDERS: dict[str, Callable[[Function, int], Function]] = {
    "grad": lambda f, order: grad(f),
    "jvp": lambda f, order: along_one(f),
    "in turn": lambda f, order: along_one(f) if order % 2 else grad(f),
}


@pytest.mark.parametrize("length", [1, 3, 8])
@pytest.mark.parametrize("mode", ORDERS)
def test_higher_derivatives_of_a_number_grow_like_power_series(mode: str, length: int) -> None:
    """A link of the chain maps n + 1 Taylor coefficients to as many.

    A product of two such series takes (n + 1)(n + 2) / 2 products and no more sums; a link has at
    most two, that of the chain rule and one in its own derivative. Nested pullbacks would double
    with each order instead.
    """
    f = chain(length)
    for n in range(1, 6):
        f = ORDERS[mode](f, n)
        found = sum(counts(f, spec(())).values())
        assert found <= 2 * length * (n + 1) * (n + 2), (n, found)


def test_both_modes_give_the_same_number_of_operations() -> None:
    reverse, forward = chain(4), chain(4)
    for _ in range(4):
        reverse, forward = grad(reverse), along_one(forward)
        assert counts(reverse, spec(())) == counts(forward, spec(()))


@pytest.mark.parametrize("total", ["sum", "scaled mean"])
@pytest.mark.parametrize("length", [1, 3, 8])
def test_so_do_those_of_many_numbers_each_by_itself(length: int, total: str) -> None:
    def added(x: Any) -> Any:
        return x.sum() if total == "sum" else -2.5 * x.mean()

    def f(x: Any) -> Any:
        return added(chain(length)(x))

    for n in range(1, 6):
        f = (lambda inner: lambda x: added(grad(inner)(x)))(f)
        found = sum(counts(f, VECTOR).values())
        # The sum, its scale and the scale's constants come on top.
        assert found <= 2 * length * (n + 1) * (n + 2) + 2 * (n + 2), (n, found)


def test_values_of_gradients_of_elements() -> None:
    """Also of no element, with a cotangent for each, and of one of several results."""
    x = np.linspace(0.2, 1.4, 4)

    def several(x: Any) -> Any:
        y = x * np.sin(x)
        return -3 * y.sum() / 2, y

    slope = np.sin(x) + x * np.cos(x)
    np.testing.assert_allclose(jit(grad(several, has_aux=True))(x)[0], -1.5 * slope, rtol=1e-14)
    assert jit(grad(lambda x: np.exp(x).sum()))(x[:0]).shape == (0,)

    def pulled(x: Any) -> Any:
        (total, y), pull = vjp(several, x)
        return pull((0 * total, x))[0], pull((1 + 0 * total, 0 * y))[0]

    first, second = jit(pulled)(x)
    np.testing.assert_allclose(first, slope * x, rtol=1e-14)
    np.testing.assert_allclose(second, -1.5 * slope, rtol=1e-14)
    third = grad(lambda x: grad(lambda x: grad(lambda x: (x**4).sum())(x).sum())(x).sum())
    np.testing.assert_allclose(jit(third)(x), 24 * x, rtol=1e-13)


def test_a_gradient_costs_at_most_three_times_its_function() -> None:
    """So does each order of a vector's derivatives, because they share what they compute."""

    def f(x: Any) -> Any:
        return (chain(5)(x) * x[::-1]).sum()

    before = sum(counts(f, VECTOR).values())
    for _ in range(4):
        f = (lambda inner: lambda x: grad(inner)(x).sum())(f)
        now = sum(counts(f, VECTOR).values())
        assert now <= 3 * before
        before = now


def test_a_polynomial_s_derivatives_vanish() -> None:
    def cubic(x: Any) -> Any:
        return x * x * x + 2 * x

    third = grad(grad(grad(cubic)))
    assert float(jit(third)(0.7)) == 6.0
    assert counts(grad(third), spec(())) == {"constant": 1}


# Linear functions.


@pytest.mark.parametrize("jacobian", [jacrev, jacfwd])
def test_the_jacobian_of_a_matrix_product_is_the_matrix(
    jacobian: Callable[..., Function],
) -> None:
    assert counts(jacobian(lambda x, a: a @ x), VECTOR, MATRIX) == {}
    assert counts(jacobian(lambda x, a: a.T @ (a @ x)), VECTOR, MATRIX) == {"dot_general": 1}


@pytest.mark.parametrize("jacobian", [jacrev, jacfwd])
def test_a_diagonal_jacobian_has_no_matrix_products(jacobian: Callable[..., Function]) -> None:
    for f in (lambda x: 3 * x, np.sin, lambda x: x * np.exp(x)):
        found = counts(jacobian(f), VECTOR)
        assert "dot_general" not in found
        assert "transpose" not in found
        # The basis is a comparison of indices, made once.
        assert found["eq"] == 1
        assert found["iota"] == 2


@pytest.mark.parametrize("jacobian", [jacrev, jacfwd])
def test_a_layer_s_jacobian_scales_its_matrix(jacobian: Callable[..., Function]) -> None:
    """The only contraction is the function's own; the seed and its diagonal are gone."""

    def layer(x: Any, w: Any) -> Any:
        return np.tanh(w @ x) * 3 - (w @ x)

    found = counts(jacobian(layer), VECTOR, MATRIX)
    assert found["dot_general"] == 1
    assert "eq" not in found
    x, w = np.array([0.5, -1.0, 2.0, 0.1]), np.linspace(-1, 1, 12).reshape(3, 4)
    slopes = 3 * (1 - np.tanh(w @ x) ** 2) - 1
    np.testing.assert_allclose(jit(jacobian(layer))(x, w), slopes[:, None] * w, rtol=1e-12)


def test_an_identity_that_is_not_square_is_multiplied() -> None:
    x = np.array([0.5, -1.0, 2.0, 0.1])
    found = jit(lambda x: (xnp.eye(3, 4) @ x, xnp.eye(4) @ x, x @ xnp.eye(4, 2)))(x)
    for y, expected in zip(found, (x[:3], x, x[:2]), strict=True):
        np.testing.assert_array_equal(y, expected)


def test_the_jacobian_of_a_sum_is_a_constant() -> None:
    assert counts(jacrev(lambda x: x.sum()), VECTOR) == {"constant": 1}


def test_the_hessian_of_a_quadratic_form_is_its_matrix_and_its_transpose() -> None:
    found = counts(hessian(lambda x, a: x @ (a @ x)), VECTOR, spec((4, 4)))
    assert "dot_general" not in found
    assert "eq" not in found
    assert sum(found.values()) <= 3


# Each primitive's transpose is one operation.


def test_the_gradients_of_a_matrix_product_are_matrix_products() -> None:
    def pulled(a: Any, b: Any, ct: Any) -> Any:
        return vjp(lambda a, b: a @ b, a, b)[1](ct)

    found = counts(pulled, MATRIX, spec((4, 5)), spec((3, 5)))
    assert found.pop("dot_general") == 2
    assert set(found) <= {"transpose"}


def test_the_gradient_of_indexing_is_one_scatter() -> None:
    for x, index, rows in (
        (VECTOR, np.array([2, 0, 0]), (3,)),
        (MATRIX, (np.array([2, 0]), np.array([1, 1])), (2,)),
        (MATRIX, np.array([[2], [0]]), (2, 1, 4)),
    ):

        def pulled(x: Any, ct: Any, index: Any = index) -> Any:
            return vjp(lambda x: x[index], x)[1](ct)

        assert counts(pulled, x, spec(rows)) == {"scatter_add": 1, "constant": 1}


def test_the_gradient_of_a_broadcast_is_one_sum() -> None:
    def pulled(x: Any, ct: Any) -> Any:
        return vjp(lambda x: np.broadcast_to(x, (3, 4)), x)[1](ct)

    assert counts(pulled, VECTOR, MATRIX) == {"reduce_sum": 1}

    def added(x: Any, y: Any, ct: Any) -> Any:
        return vjp(lambda x, y: x + y, x, y)[1](ct)

    assert counts(added, VECTOR, MATRIX, MATRIX) == {"reduce_sum": 1}


# One forward pass.


def test_every_derivative_shares_one_forward_pass() -> None:
    def f(x: Any) -> Any:
        return np.tanh(np.exp(x) * x)

    def everything(x: Any) -> Any:
        y, pullback = vjp(f, x)
        z, pushforward = linearize(f, x)
        pulled = pullback(x), pullback(2 * y), vmap(pullback)(np.eye(4))
        return f(x), pulled, z, pushforward(x), jvp(f, (x,), (x,)), jacrev(f)(x), jacfwd(f)(x)

    found = counts(everything, VECTOR)
    assert found["exp"] == found["tanh"] == 1


def test_a_value_beside_its_gradient_costs_nothing() -> None:
    def f(x: Any) -> Any:
        return np.tanh(np.exp(x) * x).sum()

    def with_value(x: Any) -> Any:
        y, pullback = vjp(f, x)
        return y, pullback(1.0)

    alone, both = counts(grad(f), VECTOR), counts(with_value, VECTOR)
    assert both.pop("reduce_sum") == both.pop("tanh") == 1
    assert both == alone


# Loops that a value and its derivative share.


def recurrence(x: Any, w: Any) -> Any:
    def step(h: Any, row: Any) -> Any:
        h = np.tanh(h @ w + row)
        return h, 2 * h

    last, rows = scan(step, 0 * x[0], x)
    return (last * last).sum() + rows.sum()


def value_then_pullback(x: Any, w: Any) -> Any:
    y, pull, aux = vjp(lambda w: (recurrence(x, w), w + 1), w, has_aux=True)
    return y, aux, pull(2 * y)[0]


SHARING: dict[str, tuple[Function, int]] = {
    "a vjp whose cotangent is computed from the output": (value_then_pullback, 2),
    "a value beside a gradient": (
        lambda x, w: (recurrence(x, w), grad(recurrence, argnums=1)(x, w)),
        2,
    ),
    "a value beside a jvp": (
        lambda x, w: (recurrence(x, w), jvp(lambda w: recurrence(x, w), (w,), (w,))[1]),
        1,
    ),
    "a value of other rows": (
        lambda x, w: (recurrence(2 * x, w), grad(recurrence, argnums=1)(x, w)),
        3,
    ),
    "a value that the derivative is taken at": (
        lambda x, w: grad(recurrence, argnums=1)(x, recurrence(x, w) * w),
        3,
    ),
}


@pytest.mark.parametrize("name", SHARING)
def test_a_value_s_loop_is_that_of_its_derivative(name: str) -> None:
    f, loops = SHARING[name]
    assert counts(f, spec((5, 4)), MATRIX_4)["scan"] == loops


def branched(x: Any, w: Any) -> Any:
    branches = [lambda y: np.tanh(y @ w).sum(), lambda y: np.exp(y * w[0]).sum()]
    return switch(np.where(x[0, 0] > 0, 1, 0), branches, x)


def recomputed(x: Any, w: Any) -> Any:
    return checkpoint(lambda w: np.sin(np.tanh(x @ w) @ w).sum())(w)


@pytest.mark.parametrize(
    ("f", "name"),
    # The second tanh is the checkpoint's in the backward pass.
    [(branched, "switch"), (recomputed, "tanh")],
)
def test_so_are_its_branches_and_checkpoints(f: Function, name: str) -> None:
    def both(x: Any, w: Any) -> Any:
        y, pull = vjp(lambda w: f(x, w), w)
        return y, pull(3 * y)[0]

    assert counts(both, spec((5, 4)), MATRIX_4)[name] == 2
    for sign in (1, -1):
        x = sign * np.linspace(0.2, 1, 20).reshape(5, 4)
        w = np.linspace(-0.4, 0.5, 16).reshape(4, 4)
        y, pulled = jit(both)(x, w)
        np.testing.assert_allclose(y, jit(f)(x, w), rtol=1e-14)
        expected = 3 * np.asarray(y) * jit(grad(f, argnums=1))(x, w)
        np.testing.assert_allclose(pulled, expected, rtol=1e-13)


def test_values_of_shared_loops() -> None:
    x, w = np.linspace(-1, 1, 20).reshape(5, 4), np.linspace(-0.4, 0.5, 16).reshape(4, 4)
    y, aux, pulled = jit(value_then_pullback)(x, w)
    expected = jit(recurrence)(x, w)
    np.testing.assert_allclose(y, expected, rtol=1e-14)
    np.testing.assert_array_equal(aux, w + 1)
    gradient = jit(grad(recurrence, argnums=1))(x, w)
    np.testing.assert_allclose(pulled, 2 * np.asarray(expected) * gradient, rtol=1e-13)
