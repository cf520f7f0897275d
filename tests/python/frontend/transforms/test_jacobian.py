"""jacrev, jacfwd and hessian: result structures, chunks, and what the program contains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xform.frontend import hessian, jacfwd, jacrev, jit, vmap

X = np.array([0.5, 1.5, 2.0])
W = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize("jac", [jacrev, jacfwd])
def test_structures_in_one_program(jac: Callable[..., Any]) -> None:
    def f(p: dict[str, Any], w: Any) -> Any:
        return {"m": w * p["x"], "s": p["x"].sum() * p["t"]}

    @jit
    def everything(x: Any, w: Any, t: Any) -> dict[str, Any]:
        return {
            "tree": jac(f)({"x": x, "t": t}, w),
            "tuple": jac(f, argnums=(1, 0))({"x": x, "t": t}, w),
            "one_tuple": jac(lambda x: x * x, argnums=(0,))(x),
            "aux": jac(lambda x: ((x * x, x.sum()), [x, "kept"]), has_aux=True)(x),
            "independent": jac(lambda x: w)(x),
            "constant": jac(lambda x: 2.0)(x),
            "keyword": jac(lambda x, k: x * k)(x, k=x),
            "integer": jac(lambda x, n: x[n] * x)(x, 1),
        }

    got = everything(X, W, 2.0)
    tree = got["tree"]
    expected = np.einsum("ij,jk->ijk", W, np.eye(3))
    np.testing.assert_allclose(tree["m"]["x"], expected)
    np.testing.assert_array_equal(tree["m"]["t"], np.zeros((2, 3)))
    np.testing.assert_allclose(tree["s"]["x"], [2.0, 2.0, 2.0])
    np.testing.assert_allclose(tree["s"]["t"], X.sum())
    by_w, by_p = got["tuple"]["m"]
    np.testing.assert_allclose(by_w, np.einsum("ik,jl,j->ijkl", np.eye(2), np.eye(3), X))
    np.testing.assert_allclose(by_p["x"], expected)
    assert isinstance(got["one_tuple"], tuple)
    np.testing.assert_allclose(got["one_tuple"][0], np.diag(2 * X))
    (square, total), (kept, label) = got["aux"]
    np.testing.assert_allclose(square, np.diag(2 * X))
    np.testing.assert_allclose(total, np.ones(3))
    np.testing.assert_allclose(kept, X)
    assert label == "kept"
    np.testing.assert_array_equal(got["independent"], np.zeros((2, 3, 3)))
    np.testing.assert_array_equal(got["constant"], np.zeros(3))
    np.testing.assert_allclose(got["keyword"], np.diag(X))
    np.testing.assert_allclose(got["integer"], X[1] * np.eye(3) + np.outer(X, [0.0, 1.0, 0.0]))


def test_hessian_of_a_quadratic() -> None:
    a = np.array([[2.0, 1.0], [0.0, 3.0]])
    got = hessian(lambda p: p["x"] @ a @ p["x"])({"x": np.array([0.5, -1.0])})
    np.testing.assert_allclose(got["x"]["x"], a + a.T)


@pytest.mark.parametrize("jac", [jacrev, jacfwd])
def test_chunks_give_the_same_numbers(jac: Callable[..., Any]) -> None:
    def f(w: Any) -> Any:
        return np.sin(w) @ w.T

    def everything(w: Any) -> list[Any]:
        return [jac(f, chunk_size=size)(w) for size in (None, 1, 2, 4, 5, 100)]

    whole, *chunked = jit(everything)(W)
    for other in chunked:
        np.testing.assert_allclose(other, whole, 1e-13)


def test_no_dense_identity_matrix() -> None:
    """The basis is a comparison of indices: no constant of its size stands in the program."""
    for jac in (jacrev, jacfwd):
        lowered = jit(jac(np.sin)).lower(np.ones(50))
        text = lowered.as_text("xform") + lowered.as_text("linalg")
        assert not [line for line in text.splitlines() if "dense<[" in line]


def test_forward_pass_is_not_batched() -> None:
    lowered = jit(jacrev(lambda x: np.exp(np.sin(x)))).lower(X)
    for line in lowered.as_text("expanded").splitlines():
        if "xform.exp" in line or "xform.sin" in line or "xform.cos" in line:
            assert "tensor<3xf64>" in line


def test_one_function_for_all_rows() -> None:
    names = jit(vmap(jacrev(lambda x: np.sin(x) * x[0]))).lower(np.ones((5, 40))).op_names()
    assert names["xform.sin"] == 1
    assert names["xform.vmap"] == 2
    assert names["xform.vjp"] == 1


def test_errors(user_error: Any) -> None:
    with user_error(ValueError, "jacrev: chunk_size must be at least 1, got 0"):
        jacrev(np.sin, chunk_size=0)
    with user_error(ValueError, "jacfwd: chunk_size must be at least 1, got -1"):
        jacfwd(np.sin, chunk_size=-1)
    with user_error(TypeError, "jacrev: argument 0 ('n') is int64[3]"):
        jacrev(lambda n: n * 1.0)(np.arange(3))
    with user_error(TypeError, "jacfwd: output[1] is int64[3]"):
        jacfwd(lambda x: (x, np.arange(3)))(X)
    with user_error(TypeError, "jacrev: argument 0 ('x') is complex128", "holomorphic=True"):
        jacrev(lambda x: x)(X * 1j)
    with user_error(TypeError, "hessian: output is complex128", "holomorphic=True"):
        hessian(lambda x: x.sum() * 1j)(X)
    with user_error(TypeError, "jacfwd: with holomorphic=True", "output is float64"):
        jacfwd(abs, holomorphic=True)(X * 1j)
    with user_error(IndexError, "jacrev: argnums 4"):
        jacrev(np.sin, argnums=4)(X)
    with user_error(ValueError, "jacrev: the function returned no array"):
        jacrev(lambda x: None)(X)
