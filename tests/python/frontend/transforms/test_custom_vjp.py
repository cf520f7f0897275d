"""custom_vjp: the backward rule is used, in every nest of transforms, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from xform import frontend
from xform.frontend import (
    XformRuntimeError,
    XformTypeError,
    XformValueError,
    custom_vjp,
    grad,
    jit,
    jvp,
    vjp,
    vmap,
)


@custom_vjp
def cubed(x: Any) -> Any:
    """x**3 with 5 x as its derivative."""
    return x**3


cubed.defvjp(lambda x: (cubed(x), x), lambda x, ct: (5 * x * ct,))


def test_vjp_of_nothing_but_the_function() -> None:
    """Its rules are no halves of the program, whose name is that of the function."""

    @custom_vjp
    def same(x: Any) -> Any:
        return x

    same.defvjp(lambda x: (x, None), lambda _, ct: (2 * ct,))
    y, pullback = vjp(same, 3.0)
    assert (y.item(), pullback(1.0)[0].item()) == (3.0, 2.0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nests(dtype: str) -> None:
    x = np.array([1.5, -2.0, 0.5], dtype)

    def loss(x: Any) -> Any:
        return (cubed(x) * x).sum()

    def all_of(x: Any) -> dict[str, Any]:
        return {
            "value": cubed(x),
            "grad": grad(loss)(x),
            "vjp": vjp(cubed, x)[1](2 * x)[0],
            "jvp": jvp(cubed, (x,), (x,))[1],
            "vmap": vmap(cubed)(x),
            "vmap of grad": vmap(grad(cubed))(x),
            "grad of vmap": grad(lambda x: vmap(cubed)(x).sum())(x),
            "jacrev": frontend.jacrev(cubed)(x),
            "jacfwd": frontend.jacfwd(cubed)(x),
            "hessian": frontend.hessian(lambda x: cubed(x).sum())(x),
            "jvp of jvp": jvp(lambda x: jvp(cubed, (x,), (x,))[1], (x,), (x,))[1],
            "grad of jvp": grad(lambda v: jvp(cubed, (v,), (x,))[1].sum())(x),
            "vmap of jvp": vmap(lambda v: jvp(cubed, (v,), (x,))[1])(xnp.stack([x, -x])),
            "jvp of vmap": jvp(vmap(cubed), (x,), (x,))[1],
            "vmap of tangents": vmap(lambda v: jvp(cubed, (x,), (v,))[1])(xnp.stack([x, -x])),
            "twice": cubed(cubed(x)),
            "grad of twice": grad(lambda x: cubed(cubed(x)).sum())(x),
            "scan": grad(lambda x: frontend.scan(lambda c, y: (cubed(c) * y, c), x[0], x)[0])(x),
        }

    found = jit(all_of)(x)
    a, b, c = x
    expected = {
        "value": x**3,
        "grad": 5 * x * x + x**3,
        "vjp": 10 * x * x,
        "jvp": 5 * x * x,
        "vmap": x**3,
        "vmap of grad": 5 * x,
        "grad of vmap": 5 * x,
        "jacrev": np.diag(5 * x),
        "jacfwd": np.diag(5 * x),
        "hessian": 5 * np.eye(3),
        "jvp of jvp": 10 * x * x,
        "grad of jvp": 5 * x,
        "vmap of jvp": [5 * x * x, -5 * x * x],
        "jvp of vmap": 5 * x * x,
        "vmap of tangents": [5 * x * x, -5 * x * x],
        "twice": x**9,
        "grad of twice": 5 * x**3 * 5 * x,
    }
    # c1 = a^3 a, c2 = c1^3 b, c3 = c2^3 c, each cube with its false derivative.
    c1 = a**4
    c2 = c1**3 * b
    d1 = 5 * c2 * c * 5 * c1 * b
    expected["scan"] = [d1 * (5 * a * a + a**3), 5 * c2 * c * c1**3, c2**3]
    for name, value in expected.items():
        assert found[name].dtype == np.dtype(dtype)
        np.testing.assert_allclose(
            found[name].numpy(), value, rtol=1e-5 if dtype == "float32" else 1e-12, err_msg=name
        )


def test_pytrees_defaults_and_numbers() -> None:
    seen: list[Any] = []

    @partial(custom_vjp, nondiff_argnums=(1,))
    def f(tree: Any, how: Any, scale: float = 2.0, count: int = 3) -> Any:
        return {"y": how(tree["a"]) * scale, "n": count}, tree["b"] * count

    def fwd(tree: Any, how: Any, scale: Any, count: Any) -> Any:
        out = {"y": how(tree["a"]) * scale, "n": count}, tree["b"] * count
        return out, {"scale": scale, "kept": "static", "table": np.arange(2.0)}

    def bwd(how: Any, residuals: Any, ct: Any) -> Any:
        of_dict, of_b = ct
        seen.append((how, residuals["kept"], of_dict["n"].dtype.kind))
        return {"a": of_dict["y"] * residuals["table"], "b": None}, of_b * residuals["scale"], None

    f.defvjp(fwd, bwd)

    def loss(tree: Any, scale: Any) -> Any:
        out, b = f(tree, np.sin, scale=scale)
        return out["y"].sum() + 4 * b

    tree = {"a": np.array([1.0, 2.0]), "b": np.array(5.0)}
    of_tree, of_scale = grad(loss, argnums=(0, 1))(tree, 10.0)
    np.testing.assert_array_equal(of_tree["a"].numpy(), [0.0, 1.0])
    assert of_tree["b"].item() == 0.0
    assert of_scale.item() == 40.0
    assert seen == [(np.sin, "static", "i")]
    out, b = f(tree, np.cos)
    np.testing.assert_allclose(out["y"].numpy(), 2 * np.cos(tree["a"]))
    assert (out["n"].item(), b.item()) == (3, 15.0)


def test_a_rule_that_is_not_linear_clips_row_by_row() -> None:
    @custom_vjp
    def product(x: Any, w: Any) -> Any:
        return x * w

    product.defvjp(lambda x, w: (x * w, x), lambda x, ct: (None, np.clip(0.4 * ct * x, -1.0, 1.0)))
    x = np.arange(4.0)
    shared = grad(lambda w: vmap(product, in_dims=(0, None))(x, w).sum())(1.0)
    # What is clipped is each row's, not their sum.
    np.testing.assert_allclose(shared.item(), np.clip(0.4 * x, -1, 1).sum())


def test_a_rule_that_is_not_linear_of_one_number() -> None:
    """The derivative of a number by a number could be taken forwards, but not through this rule."""

    @custom_vjp
    def clipped(x: Any) -> Any:
        return x * 1

    clipped.defvjp(lambda x: (x * 1, None), lambda _, ct: (np.clip(ct, -1, 1),))

    def of_steps(x: Any) -> Any:
        return frontend.scan(lambda c, _: (3 * clipped(c), None), x, length=2)[0]

    derivatives = jit(lambda x: (grad(lambda x: 5 * clipped(x))(x), grad(of_steps)(x)))
    assert [float(d) for d in derivatives(2.0)] == [1.0, 1.0]


def test_rules_are_differentiated_by_what_they_close_over() -> None:
    def f(x: Any, strength: Any) -> Any:
        @custom_vjp
        def scaled(x: Any) -> Any:
            return x

        scaled.defvjp(lambda x: (x, None), lambda _, ct: (ct * strength,))
        return grad(lambda x: scaled(x) ** 2)(x)

    np.testing.assert_allclose(grad(f, argnums=1)(3.0, 4.0).item(), 6.0)


def one(fwd: Callable[..., Any], bwd: Callable[..., Any]) -> Callable[[], Any]:
    """The gradient of a function of two arguments with these rules."""

    @custom_vjp
    def f(x: Any, y: Any) -> Any:
        return x * y

    f.defvjp(fwd, bwd)
    return lambda: grad(lambda x: f(x, x).sum())(np.ones(3))


def pair(x: Any, y: Any) -> Any:
    return x * y, x


ERRORS: dict[str, tuple[Callable[[], Any], type[Exception], tuple[str, ...]]] = {
    "no rule": (
        lambda: custom_vjp(lambda x: x)(1.0),
        XformRuntimeError,
        ("custom_vjp 'main': no rule was given", "defvjp(fwd, bwd)"),
    ),
    "no function": (lambda: custom_vjp(3), XformTypeError, ("custom_vjp", "got int")),
    "no rule function": (
        lambda: custom_vjp(lambda x: x).defvjp(lambda x: x, None),
        XformTypeError,
        ("defvjp", "NoneType"),
    ),
    "symbolic zeros": (
        lambda: custom_vjp(lambda x: x).defvjp(pair, pair, symbolic_zeros=True),
        XformValueError,
        ("symbolic_zeros=True is not supported",),
    ),
    "name": (
        lambda: custom_vjp(lambda x: x, nondiff_argnames=["y"]),
        XformValueError,
        ("nondiff_argnames has 'y'", "'x'"),
    ),
    "number": (
        lambda: one_nondiff(5)(1.0),
        XformValueError,
        ("nondiff_argnums 5 is out of range", "1 arguments"),
    ),
    "negative number": (
        lambda: one_nondiff(-1),
        XformValueError,
        ("nondiff_argnums must not be negative",),
    ),
    "arguments": (
        lambda: one_nondiff(0)(1.0, 2.0),
        XformTypeError,
        ("custom_vjp 'main': too many positional arguments",),
    ),
    "no array": (
        lambda: one_nondiff(())("text"),
        XformTypeError,
        ("argument 0 ('x')", "str"),
    ),
    "no pair": (
        one(lambda x, y: x * y, lambda r, ct: (ct, ct)),
        XformTypeError,
        ("custom_vjp: fwd of 'f' must return a pair (output, residuals), got TracedArray",),
    ),
    "structure of fwd": (
        one(lambda x, y: ((x, y), x), lambda r, ct: (ct, ct)),
        XformValueError,
        ("fwd of 'f' returned an output of structure (*, *), the function one of *",),
    ),
    "shape of fwd": (
        one(lambda x, y: (x.sum(), x), lambda r, ct: (ct, ct)),
        XformValueError,
        ("fwd of 'f' returned float64[] as output, the function returned float64[3]",),
    ),
    "dtype of fwd": (
        one(lambda x, y: (x.astype("float32"), x), lambda r, ct: (ct, ct)),
        XformTypeError,
        ("fwd of 'f' returned float32[3] as output, the function returned float64[3]",),
    ),
    "no tuple of bwd": (
        one(pair, lambda r, ct: ct),
        XformTypeError,
        ("bwd of 'f' must return a tuple with a cotangent for each of 2 arguments",),
    ),
    "number of bwd": (
        one(pair, lambda r, ct: (ct,)),
        XformValueError,
        ("bwd of 'f' must return one cotangent (or None)", "2 in all, got 1"),
    ),
    "structure of bwd": (
        one(pair, lambda r, ct: (ct, {"y": ct})),
        XformValueError,
        ("bwd of 'f'", "the result[1] has the structure {'y': *}, expected *"),
    ),
    "shape of bwd": (
        one(pair, lambda r, ct: (ct, 0.0)),
        XformValueError,
        ("bwd of 'f': cotangents[1] has shape (), but the argument has (3,)",),
    ),
}


def one_nondiff(numbers: Any) -> Any:
    f = custom_vjp(lambda x: x, nondiff_argnums=numbers)
    f.defvjp(pair, pair)
    return f


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str, error_of: Callable[..., None]) -> None:
    error_of(*ERRORS[name])


def test_closing_over_what_is_differentiated() -> None:
    def loss(x: Any) -> Any:
        @custom_vjp
        def f(y: Any) -> Any:
            return x * y

        f.defvjp(lambda y: (x * y, None), lambda _, ct: (ct,))
        return f(x)

    with pytest.raises(XformRuntimeError, match="by a value that it closes over; pass the value"):
        grad(loss)(2.0)


def test_stacks_of_rows_with_a_shared_residual() -> None:
    @custom_vjp
    def f(x: Any, w: Any) -> Any:
        return x @ w

    f.defvjp(lambda x, w: (x @ w, (x, w)), lambda r, ct: (2 * ct * r[1], 3 * ct * r[0]))
    x, w = np.arange(6.0).reshape(2, 3), np.array([1.0, -1.0, 2.0])

    def all_of(x: Any, w: Any) -> Any:
        rows = vmap(f, in_dims=(0, None))
        nested = vmap(vmap(f, in_dims=(None, 0)), in_dims=(0, None))
        return (
            vjp(rows, x, w)[1](np.array([1.0, 10.0])),
            vjp(nested, x, xnp.stack([w, w]))[1](np.ones((2, 2))),
        )

    (of_x, of_w), (of_x2, of_w2) = jit(all_of)(x, w)
    ct = np.array([1.0, 10.0])
    np.testing.assert_allclose(of_x.numpy(), 2 * np.outer(ct, w))
    np.testing.assert_allclose(of_w.numpy(), 3 * ct @ x)
    np.testing.assert_allclose(of_x2.numpy(), [4 * w, 4 * w])
    np.testing.assert_allclose(of_w2.numpy(), [3 * x.sum(0)] * 2)
