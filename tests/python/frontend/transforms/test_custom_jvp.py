"""custom_jvp: the rule is used forwards, and transposed in reverse."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from xform import frontend
from xform.frontend import (
    XformRuntimeError,
    XformTypeError,
    XformValueError,
    custom_jvp,
    grad,
    jit,
    jvp,
    vmap,
)


@custom_jvp
def cubed(x: Any) -> Any:
    """x**3 with 5 x as its derivative."""
    return x**3


@cubed.defjvp
def cubed_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    return cubed(x), 5 * x * dx


@custom_jvp
def product(x: Any, y: Any) -> Any:
    return x * y


product.defjvps(lambda dx, out, x, y: 2 * dx * y, lambda dy, out, x, y: dy * out)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nests(dtype: str) -> None:
    x = np.array([1.5, -2.0, 0.5], dtype)

    def all_of(x: Any) -> dict[str, Any]:
        return {
            "value": cubed(x),
            "grad": grad(lambda x: (cubed(x) * x).sum())(x),
            "jvp": jvp(cubed, (x,), (x,))[1],
            "vmap of grad": vmap(grad(cubed))(x),
            "grad of vmap": grad(lambda x: vmap(cubed)(x).sum())(x),
            "vmap of jvp": vmap(lambda x: jvp(cubed, (x,), (x,))[1])(x),
            "jacrev": frontend.jacrev(cubed)(x),
            "jacfwd": frontend.jacfwd(cubed)(x),
            "hessian": frontend.hessian(lambda x: cubed(x).sum())(x),
            "third": vmap(grad(grad(grad(lambda x: cubed(x) * x))))(x),
            "product": grad(lambda x, y: product(x, y).sum(), argnums=(0, 1))(x, x + 1),
            # The tangent of an argument that is not differentiated is zero.
            "by first": grad(lambda x: product(x, x * 0 + 3).sum())(x),
            "by second": grad(lambda y: product(np.ones(3, dtype), y).sum())(x),
            "map": grad(lambda x: frontend.map(cubed, x).sum())(x),
            "scan": grad(lambda x: frontend.scan(lambda c, y: (product(c, y), c), x[0], x)[0])(x),
        }

    found = jit(all_of)(x)
    expected = {
        "value": x**3,
        "grad": 5 * x * x + x**3,
        "jvp": 5 * x * x,
        "vmap of grad": 5 * x,
        "grad of vmap": 5 * x,
        "vmap of jvp": 5 * x * x,
        "jacrev": np.diag(5 * x),
        "jacfwd": np.diag(5 * x),
        "hessian": 5 * np.eye(3),
        # (x f)' = 5 x^2 + f, (..)'' = 10 x + 5 x, (..)''' = 15
        "third": np.full(3, 15),
        "product": (2 * (x + 1), x * (x + 1)),
        "by first": np.full(3, 6),
        "by second": x,
        "map": 5 * x,
    }
    # c' = 2 c y as it depends on c, c y as it depends on y.
    a, b, c = x
    c1, c2 = a * a, a * a * b
    of_c2 = 2 * c
    of_c1 = of_c2 * 2 * b
    expected["scan"] = [of_c1 * (2 * a + a * a), of_c2 * c1 * b, c2 * c]
    rtol = 1e-5 if dtype == "float32" else 1e-12
    for name, value in expected.items():
        values = value if isinstance(value, tuple) else (value,)
        results = found[name] if isinstance(value, tuple) else (found[name],)
        for a, b in zip(results, values, strict=True):
            assert a.dtype == np.dtype(dtype)
            np.testing.assert_allclose(a.numpy(), b, rtol=rtol, err_msg=name)


def test_a_rule_for_every_order_is_traced_as_far_as_it_is_needed() -> None:
    orders: list[int] = []

    @partial(custom_jvp, nondiff_argnums=(0,))
    def power(n: int, x: Any) -> Any:
        orders.append(n)
        return x**n

    @power.defjvp
    def power_jvp(n: int, primals: Any, tangents: Any) -> Any:
        # Of a higher order each time: only laziness ends it.
        return power(n, *primals), power(n + 1, *primals) * tangents[0]

    assert grad(grad(lambda x: power(2, x)))(3.0).item() == 3.0**4
    assert max(orders) == 4


def test_integers_structures_and_None() -> None:
    @custom_jvp
    def f(tree: Any, n: int) -> Any:
        return {"y": tree["x"] * n, "n": n + 1}, tree["w"]

    seen: list[Any] = []

    @f.defjvp
    def f_jvp(primals: Any, tangents: Any) -> Any:
        dtree, dn = tangents
        seen.append(dn.dtype.kind)
        return f(*primals), ({"y": 10 * dtree["x"], "n": None}, None)

    def g(x: Any, w: Any) -> Any:
        out, w = f({"x": x, "w": w}, 3)
        return out["y"] * out["n"] + w

    value, tangent = jvp(g, (2.0, 5.0), (1.0, 1.0))
    assert (value.item(), tangent.item()) == (29.0, 40.0)
    assert seen == ["i"]
    assert f({"x": 1.0, "w": 2.0}, n=4)[0]["y"].item() == 4.0


def rule(jvp_rule: Callable[..., Any]) -> Callable[[], Any]:
    @custom_jvp
    def f(x: Any) -> Any:
        return x * 2

    f.defjvp(jvp_rule)
    return lambda: grad(lambda x: f(x).sum())(np.ones(3))


def rules(*jvps: Any) -> Any:
    f = custom_jvp(lambda x: x * 2)
    f.defjvps(*jvps)
    return f


ERRORS: dict[str, tuple[Callable[[], Any], type[Exception], tuple[str, ...]]] = {
    "no rule": (
        lambda: custom_jvp(lambda x: x)(1.0),
        XformRuntimeError,
        ("custom_jvp 'main': no rule was given", "defjvp(jvp) or defjvps"),
    ),
    "no rule function": (
        lambda: custom_jvp(lambda x: x).defjvp(3),
        XformTypeError,
        ("defjvp", "got int"),
    ),
    "symbolic zeros": (
        lambda: custom_jvp(lambda x: x).defjvp(lambda p, t: t, symbolic_zeros=True),
        XformValueError,
        ("symbolic_zeros=True is not supported",),
    ),
    "rules with nondiff": (
        lambda: custom_jvp(lambda n, x: x, nondiff_argnums=(0,)).defjvps(None),
        XformTypeError,
        ("defjvps: cannot be used with nondiff_argnums",),
    ),
    "number of rules": (
        lambda: grad(rules(None, None))(1.0),
        XformValueError,
        ("defjvps: 2 rules were given, but 'main' was called with 1 arguments",),
    ),
    "only by name": (
        lambda: rules_by_name()(x=1.0, y=2.0),
        XformTypeError,
        ("custom_jvp 'main': the arguments ['y'] can only be given by name",),
    ),
    "no pair": (
        rule(lambda primals, tangents: tangents[0]),
        XformTypeError,
        ("the jvp rule of 'f' must return a pair (output, tangents), got TracedArray",),
    ),
    "output": (
        rule(lambda primals, tangents: (primals, tangents)),
        XformValueError,
        ("the jvp rule of 'f' returned an output of structure (*,), the function one of *",),
    ),
    "structure of the tangents": (
        rule(lambda primals, tangents: (primals[0], tangents)),
        XformValueError,
        ("the jvp rule of 'f'", "tangents has the structure (*,), expected *"),
    ),
    "shape of the tangents": (
        rule(lambda primals, tangents: (primals[0], tangents[0].sum())),
        XformValueError,
        ("the jvp rule of 'f': tangents has shape (), but the output has (3,)",),
    ),
}


def rules_by_name() -> Any:
    f = custom_jvp(lambda x, *, y: x * y)
    f.defjvps(None)
    return f


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str, error_of: Callable[..., None]) -> None:
    error_of(*ERRORS[name])
