"""Transforms of transforms against torch.func: the same expression is evaluated by both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.func
from xform import frontend

Case = Callable[[Any, Any, dict[str, Any]], Any]


def _inputs(dtype: str) -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(7)
    shapes = {"x": (3,), "X": (4, 3), "W": (3, 3), "B": (2, 4, 3), "s": (), "v": (3,)}
    return {k: rng.uniform(0.2, 1.1, shape).astype(dtype) for k, shape in shapes.items()}


def _vector(m: Any) -> Callable[..., Any]:
    return lambda x: m.sin(x) * x * x[0] + m.exp(-x) * x.sum()


def _scalar(m: Any) -> Callable[..., Any]:
    return lambda x: (m.tanh(x) * x * x).sum() * x[1]


def _two(m: Any) -> Callable[..., Any]:
    return lambda x, w: m.tanh(w @ x) * x


def _tree(m: Any) -> Callable[..., Any]:
    def f(p: dict[str, Any]) -> dict[str, Any]:
        return {"u": m.sin(p["a"]) * p["b"][0], "t": (p["b"][0].sum() * p["a"][0],)}

    return f


def _quartic(m: Any) -> Callable[..., Any]:
    return lambda t: t * t * t * t + m.sin(t)


def _pushed(t: Any, f: Callable[..., Any], x: Any, v: Any) -> Any:
    return t.jvp(f, (x,), (v,))[1]


FIRST: dict[str, Case] = {
    "grad": lambda t, m, a: t.grad(_scalar(m))(a["x"]),
    "grad_argnums": lambda t, m, a: t.grad(lambda x, w: _two(m)(x, w).sum(), (1, 0))(
        a["x"], a["W"]
    ),
    "grad_and_value": lambda t, m, a: t.grad_and_value(_scalar(m))(a["x"]),
    "grad_aux": lambda t, m, a: t.grad(lambda x: (_scalar(m)(x), {"y": x * 2}), has_aux=True)(
        a["x"]
    ),
    "grad_and_value_aux": lambda t, m, a: t.grad_and_value(
        lambda x: (_scalar(m)(x), [x + 1]), has_aux=True
    )(a["x"]),
    "vmap": lambda t, m, a: t.vmap(_vector(m))(a["X"]),
    "vmap_dims": lambda t, m, a: t.vmap(_two(m), in_dims=(1, None), out_dims=1)(a["X"].T, a["W"]),
    "vmap_negative": lambda t, m, a: t.vmap(_vector(m), in_dims=-2, out_dims=-1)(a["X"]),
    "jvp": lambda t, m, a: t.jvp(_two(m), (a["x"], a["W"]), (a["v"], a["W"] * 0.5)),
    "jvp_aux": lambda t, m, a: t.jvp(
        lambda x: (m.sin(x), x * 3), (a["x"],), (a["v"],), has_aux=True
    ),
    "jacrev": lambda t, m, a: t.jacrev(_vector(m))(a["x"]),
    "jacfwd": lambda t, m, a: t.jacfwd(_vector(m))(a["x"]),
    "jacrev_matrix": lambda t, m, a: t.jacrev(lambda w: m.sin(w) @ w)(a["W"]),
    "jacfwd_matrix": lambda t, m, a: t.jacfwd(lambda w: m.sin(w) @ w)(a["W"]),
    "jacrev_argnums": lambda t, m, a: t.jacrev(_two(m), (0, 1))(a["x"], a["W"]),
    "jacfwd_argnums": lambda t, m, a: t.jacfwd(_two(m), (1,))(a["x"], a["W"]),
    "jacrev_aux": lambda t, m, a: t.jacrev(lambda x: (m.sin(x), m.cos(x)), has_aux=True)(a["x"]),
    "jacfwd_aux": lambda t, m, a: t.jacfwd(lambda x: (m.sin(x), m.cos(x)), has_aux=True)(a["x"]),
    "jacrev_tree": lambda t, m, a: t.jacrev(_tree(m))({"a": a["x"], "b": [a["v"]]}),
    "jacfwd_tree": lambda t, m, a: t.jacfwd(_tree(m))({"a": a["x"], "b": [a["v"]]}),
    "jacrev_scalar": lambda t, m, a: t.jacrev(_quartic(m))(a["s"]),
    "jacfwd_scalar": lambda t, m, a: t.jacfwd(_quartic(m))(a["s"]),
    "vjp": lambda t, m, a: t.vjp(_two(m), a["x"], a["W"])[1](a["v"]),
    "vjp_tree": lambda t, m, a: t.vjp(_tree(m), {"a": a["x"], "b": [a["v"]]})[1](
        {"u": a["v"], "t": (a["s"],)}
    ),
    "chunked_jacrev": lambda t, m, a: t.jacrev(_two(m), (0, 1), chunk_size=2)(a["x"], a["W"]),
    "chunked_vmap": lambda t, m, a: t.vmap(_vector(m), chunk_size=3)(a["X"]),
}

SECOND: dict[str, Case] = {
    "vmap_grad": lambda t, m, a: t.vmap(t.grad(_scalar(m)))(a["X"]),
    "vmap_grad_shared": lambda t, m, a: t.vmap(
        t.grad(lambda w, x: _two(m)(x, w).sum()), in_dims=(None, 0)
    )(a["W"], a["X"]),
    "grad_of_sum_of_vmap": lambda t, m, a: t.grad(lambda x: t.vmap(_vector(m))(x).sum())(a["X"]),
    "vmap_jacrev": lambda t, m, a: t.vmap(t.jacrev(_vector(m)))(a["X"]),
    "vmap_jacfwd": lambda t, m, a: t.vmap(t.jacfwd(_vector(m)), out_dims=2)(a["X"]),
    "vmap_vmap": lambda t, m, a: t.vmap(t.vmap(_vector(m)))(a["B"]),
    "vmap_vmap_outer": lambda t, m, a: t.vmap(
        t.vmap(lambda x, y: m.sin(x) @ y, (None, 0)), (0, None)
    )(a["X"], a["B"][0]),
    "grad_grad": lambda t, m, a: t.grad(t.grad(_quartic(m)))(a["s"]),
    "hessian": lambda t, m, a: t.hessian(_scalar(m))(a["x"]),
    "hessian_argnums": lambda t, m, a: t.hessian(
        lambda x, w: (_two(m)(x, w) * x).sum(), argnums=(0, 1)
    )(a["x"], a["W"]),
    "jacrev_jacrev": lambda t, m, a: t.jacrev(t.jacrev(_scalar(m)))(a["x"]),
    "jacrev_jacfwd": lambda t, m, a: t.jacrev(t.jacfwd(_vector(m)))(a["x"]),
    "jacfwd_jacfwd": lambda t, m, a: t.jacfwd(t.jacfwd(_vector(m)))(a["x"]),
    "jvp_grad": lambda t, m, a: t.jvp(t.grad(_scalar(m)), (a["x"],), (a["v"],)),
    "grad_jvp": lambda t, m, a: t.grad(lambda x: _pushed(t, _scalar(m), x, a["v"]))(a["x"]),
    "jvp_of_vjp": lambda t, m, a: t.jvp(
        lambda x: t.vjp(_vector(m), x)[1](a["v"])[0], (a["x"],), (a["v"],)
    ),
    "vjp_of_jvp": lambda t, m, a: t.vjp(lambda x: _pushed(t, _vector(m), x, a["v"]), a["x"])[1](
        a["v"]
    ),
    "vmap_of_vjp_fn": lambda t, m, a: t.vmap(t.vjp(_vector(m), a["x"])[1])(a["X"]),
    "jvp_jvp": lambda t, m, a: t.jvp(lambda x: _pushed(t, _vector(m), x, x), (a["x"],), (a["v"],)),
    "closed_over": lambda t, m, a: t.grad(
        lambda x: t.vmap(lambda r: (r * x).sum() * a["s"])(a["X"]).sum()
    )(a["x"]),
}

THIRD: dict[str, Case] = {
    "vmap_hessian": lambda t, m, a: t.vmap(t.hessian(_scalar(m)))(a["X"]),
    "vmap_vmap_grad": lambda t, m, a: t.vmap(t.vmap(t.grad(_scalar(m))))(a["B"]),
    "grad_vmap_grad": lambda t, m, a: t.grad(lambda x: t.vmap(t.grad(_quartic(m)))(x).sum())(
        a["x"]
    ),
    "grad_grad_grad": lambda t, m, a: t.grad(t.grad(t.grad(_quartic(m))))(a["s"]),
    "jacfwd_vmap_jacrev": lambda t, m, a: t.jacfwd(t.vmap(t.jacrev(_vector(m))))(a["X"]),
    "jacrev_of_hessian": lambda t, m, a: t.jacrev(t.hessian(_scalar(m)))(a["x"]),
    "vmap_jvp_grad": lambda t, m, a: t.vmap(lambda x, v: _pushed(t, t.grad(_scalar(m)), x, v))(
        a["X"], a["X"] * 0.3
    ),
    "grad_of_norm_of_jacobian": lambda t, m, a: t.grad(
        lambda x: (t.jacrev(_vector(m))(x) ** 2).sum()
    )(a["x"]),
    "meta_gradient": lambda t, m, a: t.grad(lambda x: _scalar(m)(x - 0.1 * t.grad(_scalar(m))(x)))(
        a["x"]
    ),
}


def _flat(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in _flat(tree[key])]
    if isinstance(tree, tuple | list):
        return [leaf for part in tree for leaf in _flat(part)]
    return [np.asarray(tree)]


def _shape_of(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _shape_of(tree[key]) for key in sorted(tree)}
    if isinstance(tree, tuple | list):
        return type(tree)(_shape_of(part) for part in tree)
    return tuple(tree.shape)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cases", [FIRST, SECOND, THIRD], ids=["first", "second", "third"])
def test_equals_torch(cases: dict[str, Case], dtype: str) -> None:
    inputs = _inputs(dtype)
    tensors = {key: torch.tensor(value) for key, value in inputs.items()}

    @frontend.jit
    def everything(arrays: dict[str, Any]) -> dict[str, Any]:
        return {name: case(frontend, np, arrays) for name, case in cases.items()}

    got = everything(inputs)
    tolerance = 2e-4 if dtype == "float32" else 1e-11
    for name, case in cases.items():
        expected = case(torch.func, torch, tensors)
        assert _shape_of(got[name]) == _shape_of(expected), name
        for ours, theirs in zip(_flat(got[name]), _flat(expected), strict=True):
            assert ours.dtype == dtype, name
            np.testing.assert_allclose(ours, theirs, tolerance, tolerance, err_msg=name)


@pytest.mark.parametrize("name", ["jacrev_tree", "grad_and_value_aux", "vmap_dims"])
def test_direct_call_equals_torch(name: str) -> None:
    inputs = _inputs("float64")
    tensors = {key: torch.tensor(value) for key, value in inputs.items()}
    got = FIRST[name](frontend, np, inputs)
    expected = FIRST[name](torch.func, torch, tensors)
    assert _shape_of(got) == _shape_of(expected)
    for ours, theirs in zip(_flat(got), _flat(expected), strict=True):
        np.testing.assert_allclose(ours, theirs, 1e-11)


def test_expression_is_linear_in_depth() -> None:
    """Each further vmap adds one operation to the program and one function."""

    def nested(depth: int) -> dict[str, int]:
        f: Callable[..., Any] = np.sin
        for _ in range(depth):
            f = frontend.vmap(f)
        return frontend.jit(f).lower(np.ones((2,) * depth)).op_names()

    assert nested(5)["xform.vmap"] == 5
    assert nested(5)["xform.sin"] == 1
