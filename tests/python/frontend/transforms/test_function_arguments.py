"""Functions of pytrees, integers and what is no array: what their rules are given."""

from __future__ import annotations

from typing import Any

import numpy as np
from xform.frontend import Function, grad, jit, jvp, vmap


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
