"""expm_multiply: the exponential of a map times vectors, and derivatives against JAX's expm."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
from xform import frontend, tree
from xform.errors import XformTypeError, XformValueError
from xform.frontend import jit, vmap
from xform.scipy.sparse.linalg import expm_multiply

rng = np.random.default_rng(7)
A = rng.normal(size=(5, 5))
B = rng.normal(size=(5, 2))
b = B[:, 0]
W = np.cos(np.arange(5))
SKEW = A - A.T
SCALES = np.array([0, 1e-4, 1, 12, -30])
SPARSE = scipy.sparse.diags_array([np.full(19, 3.0), np.full(20, -6.0), np.full(19, 3.0)],
                                  offsets=[-1, 0, 1]).tocsr()  # fmt: skip


@cache
def results() -> dict[str, Any]:
    def run(a: Any) -> dict[str, Any]:
        return {
            "scales": vmap(lambda s: expm_multiply(s * a, B))(SCALES),
            "skew": expm_multiply(lambda x: 40 * ((a - a.T) @ x), b),
            "sparse": expm_multiply(SPARSE, np.ones((20, 1))),
            "float32": expm_multiply(a.astype(np.float32), b.astype(np.float32)),
            "decay": expm_multiply(-500 * np.eye(3) * a[0, 0] / a[0, 0], np.ones(3)),
            "with a trace": expm_multiply(lambda x: -500 * x, np.ones(3), traceA=-1500.0),
            "ints": expm_multiply(np.array([[0, 1], [0, 0]]), np.array([2, 3])),
            "one": expm_multiply(a[:1, :1], b[:1]),
            "none": expm_multiply(a[:0, :0], B[:0]),
            "nan": expm_multiply(a * np.nan, b),
            "infinite": expm_multiply(a, b * np.inf),
            "too large": expm_multiply(a * 1e300, b),
        }

    return tree.map(np.asarray, jit(run)(A))


def test_values() -> None:
    found = results()
    for scale, x in zip(SCALES, found["scales"], strict=True):
        exact = scipy.linalg.expm(scale * A) @ B
        np.testing.assert_allclose(x, exact, rtol=1e-11, atol=1e-12 * np.abs(exact).max())
    np.testing.assert_allclose(found["skew"], scipy.linalg.expm(40 * SKEW) @ b, atol=1e-12)
    exact = scipy.linalg.expm(SPARSE.toarray()) @ np.ones((20, 1))
    np.testing.assert_allclose(found["sparse"], exact, rtol=1e-12)
    assert found["float32"].dtype == np.float32
    exact = scipy.linalg.expm(A) @ b
    np.testing.assert_allclose(found["float32"], exact, rtol=1e-5, atol=1e-5)


def test_edges() -> None:
    found = results()
    # Far below what alternating terms of the whole series would leave.
    np.testing.assert_allclose(found["decay"], np.full(3, np.exp(-500)), rtol=1e-12)
    np.testing.assert_allclose(found["with a trace"], np.full(3, np.exp(-500)), rtol=1e-12)
    assert found["ints"].tolist() == [5, 3]
    np.testing.assert_allclose(found["one"], np.exp(A[0, :1]) * b[:1], rtol=1e-14)
    assert found["none"].shape == (0, 2)
    assert np.isnan(found["nan"]).all()
    assert not np.isfinite(found["infinite"]).any()
    assert not np.isfinite(found["too large"]).any()


# Derivatives -------------------------------------------------------------------------------------


def nests(function: Any, lib: Any, n: Any) -> dict[str, Any]:
    def scalar(a: Any, b: Any) -> Any:
        return (n.sin(function(a, b)) * W).sum()

    return {
        "forward": lib.jacfwd(function, (0, 1)),
        "grad": lib.grad(scalar, (0, 1)),
        "reverse of reverse": lib.grad(lambda a, b: (lib.grad(scalar)(a, b) ** 2).sum(), (0, 1)),
    }


OURS = nests(lambda a, b: expm_multiply(lambda x: a @ x, b), frontend, np)


@pytest.mark.parametrize("kind", OURS)
def test_derivatives_are_those_of_a_dense_exponential(kind: str) -> None:
    got = tree.leaves(jit(OURS[kind])(A, b))
    with jax.enable_x64(True):
        dense = nests(lambda a, b: jax.scipy.linalg.expm(a) @ b, jax, jnp)[kind]
        expected = jax.tree.leaves(jax.jit(dense)(A, b))
    for x, y in zip(got, expected, strict=True):
        np.testing.assert_allclose(np.asarray(x), y, rtol=1e-9, atol=1e-11 * np.abs(y).max())


def test_a_derivative_by_columns_and_by_time() -> None:
    def run(t: Any, columns: Any) -> Any:
        return (expm_multiply(t * A, columns) * B).sum()

    by_time, by_columns = frontend.grad(run, argnums=(0, 1))(0.5, B)
    exact = scipy.linalg.expm(0.5 * A)
    assert by_time.item() == pytest.approx((A @ exact @ B * B).sum(), rel=1e-12)
    np.testing.assert_allclose(np.asarray(by_columns), exact.T @ B, rtol=1e-11, atol=1e-13)


# Ill input ---------------------------------------------------------------------------------------


ERRORS: dict[str, tuple[Callable[[], Any], type[Exception], tuple[str, ...]]] = {
    "no map": (
        lambda: expm_multiply("A", b),
        XformTypeError,
        ("expm_multiply: A must be a matrix", "got str"),
    ),
    "size": (
        lambda: expm_multiply(A, b[:3]),
        XformValueError,
        ("expm_multiply: A has shape (5, 5), but the vectors have 3 elements",),
    ),
    "axes": (
        lambda: expm_multiply(A, np.ones((5, 1, 1))),
        XformValueError,
        ("expm_multiply: B must be a vector or columns, got shape (5, 1, 1)",),
    ),
    "result": (
        lambda: expm_multiply(lambda x: x[:2], b),
        XformValueError,
        ("expm_multiply: A must keep the shape of a vector (5,), it returned (2,)",),
    ),
    "time": (
        lambda: expm_multiply(A, b, start=0, stop=1, num=3),
        XformValueError,
        ("expm_multiply: points of time are not supported; for one at t, give t * A",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str, error_of: Callable[..., None]) -> None:
    error_of(*ERRORS[name])
