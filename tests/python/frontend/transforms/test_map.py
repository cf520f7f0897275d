"""map: values, derivatives, structures and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
from xform import frontend
from xform.frontend import grad, jacrev, jit, vmap

X = np.arange(1.0, 13.0).reshape(4, 3)
W = np.array([0.5, -1.0, 2.0])


def test_values_in_one_program() -> None:
    @jit
    def everything(x: Any, w: Any) -> dict[str, Any]:
        return {
            "tree": frontend.map(
                lambda p, w, k: {"s": p["r"] @ w + k, "t": (p["r"] * p["n"],)},
                {"r": x, "n": x[:, 0]},
                w,
                3.0,
            ),
            "empty": frontend.map(np.sin, x[:0]),
            "closure": frontend.map(lambda r: r + x.sum(), x),
            "constant": frontend.map(lambda r: 1.5, x),
            "grad_xs": grad(lambda x: frontend.map(lambda r: (r * r).sum(), x).sum())(x),
            "grad_args": grad(lambda w: frontend.map(lambda r, w: r @ (w * w), x, w).sum())(w),
            "grad_closure": grad(lambda w: frontend.map(lambda r: r @ (w * w), x).sum())(w),
            "vmapped": vmap(lambda s: frontend.map(lambda r: r * s, x))(w),
            "jit_inside": frontend.map(jit(lambda r: r * 2), x),
            "nested": frontend.map(lambda r: frontend.map(lambda e: e * e, r), x),
            "batch": [
                frontend.map(lambda r, w: r * w, x, w, batch_size=n) for n in (1, 2, 3, 4, 9)
            ],
        }

    got = everything(X, W)
    np.testing.assert_allclose(got["tree"]["s"], X @ W + 3)
    np.testing.assert_allclose(got["tree"]["t"][0], X * X[:, :1])
    assert got["empty"].shape == (0, 3)
    np.testing.assert_allclose(got["closure"], X + X.sum())
    np.testing.assert_allclose(got["constant"], np.full(4, 1.5))
    np.testing.assert_allclose(got["grad_xs"], 2 * X)
    np.testing.assert_allclose(got["grad_args"], 2 * W * X.sum(0))
    np.testing.assert_allclose(got["grad_closure"], 2 * W * X.sum(0))
    np.testing.assert_allclose(got["vmapped"], W[:, None, None] * X)
    np.testing.assert_allclose(got["jit_inside"], X * 2)
    np.testing.assert_allclose(got["nested"], X * X)
    for batch in got["batch"]:
        np.testing.assert_allclose(batch, X * W)


def test_direct_and_second_order() -> None:
    np.testing.assert_allclose(frontend.map(lambda r, w: r @ w, X, W), X @ W)
    got = jacrev(lambda x: frontend.map(lambda r: (r * r * r).sum(), x))(X)
    expected = np.zeros((4, 4, 3))
    for i in range(4):
        expected[i, i] = 3 * X[i] ** 2
    np.testing.assert_allclose(got, expected)


def test_errors(user_error: Any) -> None:
    with user_error(ValueError, "map: xs contains no array"):
        frontend.map(lambda x: x, ())
    with user_error(ValueError, "xs['b'] is a scalar"):
        frontend.map(lambda p: p["a"], {"a": X, "b": 1.0})
    with user_error(ValueError, "leading sizes", "xs[0] has shape (4, 3)", "xs[1] has shape (3,)"):
        frontend.map(lambda p: p[0], (X, W))
    with user_error(TypeError, "must return arrays or numbers", "output['k']"):
        frontend.map(lambda r: {"k": "text"}, X)
    with user_error(ValueError, "returned no array", "None"):
        frontend.map(lambda r: None, X)
    with user_error(ValueError, "batch_size must be at least 1"):
        frontend.map(np.sin, X, batch_size=0)
    with user_error(TypeError, "expected a function"):
        frontend.map(X, X)  # type: ignore[arg-type]
