"""Outputs of a vmap rule that all rows share, under vmaps whose out_dims say so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xform.numpy as xnp
from xform.frontend import Function, XformValueError, grad, jit, jvp, vmap

X = np.arange(6.0).reshape(2, 3)


class Split(Function):
    """x doubled, its first element, which the rule takes to be the same in all rows, and 1."""

    @staticmethod
    def forward(x: Any) -> Any:
        return 2 * x, x[0] * 1, xnp.ones(2)

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_forward(*inputs)

    @staticmethod
    def jvp(ctx: Any, dx: Any) -> Any:
        return 2 * dx, dx[0], None

    @staticmethod
    def vmap(info: Any, in_dims: Any, x: Any) -> Any:
        assert in_dims == (0,)
        return (2 * x, x[0, 0] * 1, xnp.ones(2)), (0, None, None)


def test_equals_what_the_rule_returns() -> None:
    def kept(x: Any) -> Any:
        return vmap(Split.apply, out_dims=(0, None, None))(x)

    def through(x: Any) -> Any:
        """Computed with afterwards, by another function, with what is shared anyway."""

        def row(x: Any, w: Any) -> Any:
            doubled, first, ones = jit(Split.apply)(x)
            return doubled * first, (first + ones.sum()) * w, ones * w[1]

        return vmap(row, in_dims=(0, None), out_dims=(1, None, None))(x, x[0])

    def all_of(x: Any) -> Any:
        return {
            "kept": kept(x),
            "through": through(x),
            "repeated": vmap(Split.apply)(x)[1:],
            "in chunks": vmap(Split.apply, out_dims=(0, None, None), chunk_size=1)(x)[2],
            "within a vmap": vmap(lambda s: vmap(lambda x: Split.apply(x)[0] * s)(x))(x[:, 0]),
            "beside a derivative": grad(lambda x: kept(x)[0].sum())(x),
            "shared": vmap(lambda y: Split.apply(x[0])[1], out_dims=None)(x),
        }

    found = jit(all_of)(X)
    np.testing.assert_array_equal(found["kept"][0], 2 * X)
    np.testing.assert_array_equal(found["kept"][1], X[0, 0])
    np.testing.assert_array_equal(found["kept"][2], np.ones(2))
    product, sums, ones = found["through"]
    np.testing.assert_array_equal(product, (2 * X * X[0, 0]).T)
    np.testing.assert_array_equal(sums, (X[0, 0] + 2) * X[0])
    np.testing.assert_array_equal(ones, np.ones(2))
    np.testing.assert_array_equal(found["repeated"][0], [0, 0])
    np.testing.assert_array_equal(found["repeated"][1], np.ones((2, 2)))
    np.testing.assert_array_equal(found["in chunks"], np.ones(2))
    np.testing.assert_array_equal(found["within a vmap"], 2 * X * X[:, 0][:, None, None])
    np.testing.assert_array_equal(found["beside a derivative"], np.full((2, 3), 2.0))
    np.testing.assert_array_equal(found["shared"], 0)


def test_what_differs_from_row_to_row_is_an_error() -> None:
    with pytest.raises(XformValueError, match=r"vmap: output\[0\] has None in out_dims, but diff"):
        vmap(Split.apply, out_dims=None)(X)
    # Of the derivative the vmap rule says nothing.
    with pytest.raises(XformValueError, match=r"vmap: output has None in out_dims, but differs"):
        vmap(lambda x: jvp(lambda x: Split.apply(x)[1], (x,), (x,))[1], out_dims=None)(X)


def test_strict_jvp_asks_the_function_and_not_its_rows() -> None:
    assert jvp(lambda x: Split.apply(x)[1], (X[0],), (X[0],), strict=True)[1].item() == 0
    with pytest.raises(XformValueError, match="jvp: output does not depend on the primals"):
        jvp(lambda x: Split.apply(x)[2], (X[0],), (X[0],), strict=True)
