"""jvp: values, strict, integer outputs and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
from xform.frontend import jit, jvp, stop_gradient

X = np.array([0.5, 1.5, 2.0])
V = np.array([1.0, -1.0, 0.5])


def test_values_in_one_program() -> None:
    @jit
    def everything(x: Any, v: Any) -> dict[str, Any]:
        return {
            "tree": jvp(
                lambda p: [p["a"] * p["a"], p["b"]], ({"a": x, "b": x},), ({"a": v, "b": x},)
            ),
            "aux": jvp(lambda x: (x * 2, ("kept", x + 1)), (x,), (v,), has_aux=True),
            "int": jvp(lambda x: (x, x > 1), (x,), (v,)),
            "zero": jvp(lambda x: stop_gradient(x) * 2, (x,), (v,)),
            "strict": jvp(lambda x: x * 2, (x,), (v,), strict=True),
            "number": jvp(lambda t: t * t, (3.0,), (1.0,)),
        }

    got = everything(X, V)
    (y, b), (dy, db) = got["tree"]
    np.testing.assert_allclose(y, X * X)
    np.testing.assert_allclose(b, X)
    np.testing.assert_allclose(dy, 2 * X * V)
    np.testing.assert_allclose(db, X)
    np.testing.assert_allclose(got["aux"][1], 2 * V)
    assert got["aux"][2][0] == "kept"
    np.testing.assert_allclose(got["aux"][2][1], X + 1)
    assert got["int"][1][1].dtype == "bool"
    np.testing.assert_array_equal(got["int"][1][1], [False] * 3)
    np.testing.assert_array_equal(got["zero"][1], np.zeros(3))
    np.testing.assert_allclose(got["strict"][1], 2 * V)
    assert (got["number"][0].item(), got["number"][1].item()) == (9.0, 6.0)


def test_strict(user_error: Any) -> None:
    with user_error(ValueError, "output[1] does not depend on the primals", "strict"):
        jvp(lambda x: (x, X), (X,), (V,), strict=True)
    with user_error(ValueError, "output does not depend on the primals"):
        jvp(lambda x: stop_gradient(x) * 2, (X,), (V,), strict=True)


def test_errors(user_error: Any) -> None:
    with user_error(TypeError, "jvp: primals must be a tuple, got ndarray"):
        jvp(np.sin, X, (V,))  # type: ignore[arg-type]
    with user_error(TypeError, "jvp: tangents must be a tuple, got list"):
        jvp(np.sin, (X,), [V])  # type: ignore[arg-type]
    with user_error(ValueError, "primals is empty"):
        jvp(lambda: 1.0, (), ())
    with user_error(ValueError, "tangents have the structure (*, *)", "(*,)"):
        jvp(np.sin, (X,), (V, V))
    with user_error(ValueError, "tangents have the structure"):
        jvp(lambda p: p["a"], ({"a": X},), ({"b": X},))
    with user_error(ValueError, "tangents[0] has shape (2,)", "(3,)"):
        jvp(np.sin, (X,), (V[:2],))
    with user_error(TypeError, "tangents[0] has dtype float32", "float64"):
        jvp(np.sin, (X,), (V.astype("float32"),))
    with user_error(TypeError, "argument 0 ('n') is int64[3]"):
        jvp(lambda n: n, (np.arange(3),), (np.arange(3),))
