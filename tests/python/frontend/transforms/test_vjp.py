"""vjp: values, reuse of the pullback, structures and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
from xform.frontend import jit, vjp, vmap

X = np.array([0.5, 1.5, 2.0])
W = np.arange(6.0).reshape(2, 3)


def test_traced_and_repeated_pullback() -> None:
    @jit
    def everything(x: Any, w: Any) -> dict[str, Any]:
        y, pullback = vjp(lambda x, w: w @ (x * x), x, w)
        aux = vjp(lambda x: (np.sin(x), (x * 2, "kept")), x, has_aux=True)
        return {
            "y": y,
            "first": pullback(np.array([1.0, 0.0])),
            "second": pullback(2 * y),
            "batched": vmap(pullback)(np.eye(2)),
            "aux": (aux[0], aux[1](x), aux[2]),
            "number": vjp(lambda x: x.sum(), x)[1](2.0),
        }

    got = everything(X, W)
    y = W @ (X * X)
    np.testing.assert_allclose(got["y"], y)
    np.testing.assert_allclose(got["first"][0], 2 * X * W[0])
    np.testing.assert_allclose(got["first"][1], np.outer([1.0, 0.0], X * X))
    np.testing.assert_allclose(got["second"][0], 2 * X * (2 * y @ W))
    np.testing.assert_allclose(got["batched"][0], 2 * X * W)
    np.testing.assert_allclose(got["aux"][0], np.sin(X))
    np.testing.assert_allclose(got["aux"][1][0], np.cos(X) * X)
    np.testing.assert_allclose(got["aux"][2][0], X * 2)
    assert got["aux"][2][1] == "kept"
    np.testing.assert_allclose(got["number"][0], [2.0, 2.0, 2.0])


def test_direct() -> None:
    scale = np.array([2.0, 2.0, 2.0])
    x = X.copy()
    y, pullback, aux = vjp(lambda x: (x * x * scale, {"n": x + 1}), x, has_aux=True)
    # What was closed over or passed is kept as it was.
    scale[:] = 0.0
    x[:] = 0.0
    np.testing.assert_allclose(y, 2 * X * X)
    np.testing.assert_allclose(aux["n"], X + 1)
    np.testing.assert_allclose(pullback(np.ones(3))[0], 4 * X)
    np.testing.assert_allclose(pullback(X)[0], 4 * X * X)


def test_direct_pullback_in_other_transforms() -> None:
    _, pullback = vjp(lambda x: x * x, X)
    np.testing.assert_allclose(jit(pullback)(X)[0], 2 * X * X)
    np.testing.assert_allclose(vmap(pullback)(np.eye(3))[0], np.diag(2 * X))


def test_the_forward_pass_is_shared() -> None:
    def f(x: Any) -> Any:
        y, pullback = vjp(np.exp, x)
        return y, pullback(x)

    names = jit(f).lower(X).op_names("expanded")
    assert names["xform.exp"] == 1


def test_errors(user_error: Any) -> None:
    with user_error(ValueError, "vjp: needs at least one primal"):
        vjp(np.sin)
    with user_error(TypeError, "vjp: argument 1 ('n') is int64[]"):
        vjp(lambda x, n: x * n, X, 3)
    with user_error(TypeError, "output[1] is bool[3]", "has_aux"):
        vjp(lambda x: (x, x > 0), X)
    with user_error(ValueError, "returned no array"):
        vjp(lambda x: (), X)
    with user_error(TypeError, "must return arrays or numbers", "str"):
        vjp(lambda x: "text", X)


def test_cotangent_errors(user_error: Any) -> None:
    _, pullback = vjp(lambda x: {"a": x, "b": x.sum()}, X)
    with user_error(ValueError, "cotangents have the structure", "{'a': *}", "{'a': *, 'b': *}"):
        pullback({"a": X})
    with user_error(ValueError, "cotangents['a'] has shape (2,)", "(3,)"):
        pullback({"a": X[:2], "b": 1.0})
    with user_error(TypeError, "cotangents['a'] has dtype float32", "float64"):
        pullback({"a": X.astype("float32"), "b": 1.0})
    with user_error(TypeError, "cotangents['b'] has dtype int64"):
        pullback({"a": X, "b": 1})
    with user_error(TypeError, "cotangents['b']", "str"):
        pullback({"a": X, "b": "text"})
