"""eigsh: eigenpairs of large symmetric maps, and their derivatives against dense ones of JAX."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg as reference
from xform import frontend, tree
from xform.errors import XformTypeError, XformValueError
from xform.frontend import jit, vmap
from xform.scipy.sparse.linalg import eigsh

rng = np.random.default_rng(4)
R = rng.normal(size=(60, 60))
A = R + R.T
SPARSE = scipy.sparse.diags_array(
    [np.full(59, -1.0), np.linspace(0, 5, 60), np.full(59, -1.0)], offsets=[-1, 0, 1]
).tocsr()
SMALL = [3 * np.eye(3), np.zeros((3, 3)), A[:3, :3], np.diag([1.0, 2.0, 2.0])]
WHICH = ("LA", "SA", "LM")
S = A[:5, :5]
W = rng.normal(size=(5, 2))


# Programs of their own are compiled faster than one of all.
RUNS: dict[str, Callable[[Any], Any]] = {
    "LA": lambda a: eigsh(lambda x: a @ x, 4, which="LA", v0=a[0]),
    "SA": lambda a: eigsh(a, 4, which="SA", ncv=9),
    "LM": lambda a: eigsh(a, 4),
    "sparse": lambda a: eigsh(SPARSE, 3, which="SA"),
    "float32": lambda a: eigsh(a.astype(np.float32), 2, which="LA"),
    "roughly": lambda a: eigsh(a, 4, which="LA", tol=1e-2, return_eigenvectors=False),
    "one": lambda a: eigsh(a[:1, :1], 1),
    "small": lambda a: vmap(lambda s: eigsh(s, 3, which="LA"))(np.stack(SMALL)),
    "rows": lambda a: vmap(lambda s: eigsh(s * a[:30, :30], 2, which="LA", ncv=8, maxiter=30))(
        np.array([1.0, -1.0, np.nan])
    ),
    "no restart": lambda a: eigsh(a, 4, ncv=6, maxiter=1),
}


@cache
def found(name: str) -> Any:
    return tree.map(np.asarray, jit(RUNS[name])(A))


def check(a: Any, w: Any, v: Any, exact: float = 1e-11) -> None:
    np.testing.assert_allclose(a @ v, v * w, rtol=0, atol=exact)
    np.testing.assert_allclose(v.T @ v, np.eye(len(w)), rtol=0, atol=exact)


@pytest.mark.parametrize("which", WHICH)
def test_eigenpairs_are_scipys(which: str) -> None:
    w, v = found(which)
    check(A, w, v)
    expected = reference.eigsh(A, 4, which=which, v0=A[0])[0]
    np.testing.assert_allclose(w, np.sort(expected), rtol=1e-12)


def test_kinds_of_maps() -> None:
    np.testing.assert_allclose(
        found("sparse")[0], np.linalg.eigvalsh(SPARSE.toarray())[:3], rtol=1e-11
    )
    check(SPARSE, *found("sparse"))
    assert found("float32")[1].dtype == np.float32
    np.testing.assert_allclose(found("float32")[0], np.linalg.eigvalsh(A)[-2:], rtol=1e-5)


def test_tolerance() -> None:
    exact = np.linalg.eigvalsh(A)[-4:]
    np.testing.assert_allclose(found("roughly"), exact, rtol=1e-2)
    # It stopped earlier than for all digits.
    assert np.abs(found("roughly") - exact).max() > 1e-10


def test_edges() -> None:
    assert found("one")[0].tolist() == A[0, :1].tolist()
    assert np.abs(found("one")[1]).tolist() == [[1]]
    for a, w, v in zip(SMALL, *found("small"), strict=True):
        np.testing.assert_allclose(w, np.linalg.eigvalsh(a), rtol=1e-13, atol=1e-14)
        check(a, w, v)


def test_what_has_not_converged_is_nan() -> None:
    w, v = found("no restart")
    assert np.isnan(w).all()
    assert np.isnan(v).all()


def test_rows_of_a_batch() -> None:
    exact = np.linalg.eigvalsh(A[:30, :30])
    w, v = found("rows")
    np.testing.assert_allclose(w, [exact[-2:], -exact[1::-1], [np.nan] * 2], rtol=1e-11)
    check(A[:30, :30], w[0], v[0])
    check(-A[:30, :30], w[1], v[1])


# Derivatives -------------------------------------------------------------------------------------


def projected(w: Any, v: Any, n: Any) -> Any:
    """A scalar of pairs that does not depend on the signs of the vectors."""
    first = (v[:, 0] * W[:, 0]).sum()
    return n.sin(first * (v[:, 0] * W[:, 1]).sum()) + (w**2).sum() * (v[:, 1] ** 3).sum() ** 2


def nests(pairs: Any, lib: Any, n: Any) -> dict[str, Any]:
    def scalar(a: Any) -> Any:
        return projected(*pairs((a + a.T) / 2), n)

    return {
        "grad": lib.grad(scalar),
        "forward": lib.jacfwd(scalar),
        "hessian": lib.jacfwd(lib.grad(scalar)),
    }


def lowest(a: Any) -> Any:
    w, v = jnp.linalg.eigh(a)
    return w[:2], v[:, :2]


OURS = nests(lambda a: eigsh(lambda x: a @ x, 2, which="SA", v0=np.ones(5)), frontend, np)


@pytest.mark.parametrize("kind", OURS)
def test_derivatives_are_those_of_a_dense_eigh(kind: str) -> None:
    got = np.asarray(jit(OURS[kind])(S))
    with jax.enable_x64(True):
        expected = np.asarray(jax.jit(nests(lowest, jax, jnp)[kind])(S))
    np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-9 * np.abs(expected).max())


# Ill input ---------------------------------------------------------------------------------------


ERRORS: dict[str, tuple[Callable[[], Any], type[Exception], tuple[str, ...]]] = {
    "which": (
        lambda: eigsh(A, 2, which="SM"),
        XformValueError,
        ("eigsh: which must be one of LA, SA, LM, got 'SM'",),
    ),
    "no size": (
        lambda: eigsh(lambda x: x, 2),
        XformValueError,
        ("eigsh: a function needs v0",),
    ),
    "no map": (
        lambda: eigsh("A", 2),
        XformTypeError,
        ("eigsh: A must be a matrix or a function, got str",),
    ),
    "too many": (
        lambda: eigsh(S, 6),
        XformValueError,
        ("eigsh: k must be from 1 to 5, the number of rows, got 6",),
    ),
    "none": (lambda: eigsh(S, 0), XformValueError, ("k must be from 1 to 5",)),
    "no rows": (lambda: eigsh(S[:0, :0], 1), XformValueError, ("k must be from 1 to 0",)),
    "kind of k": (lambda: eigsh(S, 2.5), XformTypeError, ("k must be an int, got",)),
    "ncv": (
        lambda: eigsh(A, 4, ncv=4),
        XformValueError,
        ("eigsh: ncv must be above k and at most 60, got 4 for k = 4",),
    ),
    "not square": (lambda: eigsh(R[:4], 2), XformValueError, ("A must be a square matrix",)),
    "v0": (
        lambda: eigsh(S, 2, v0=np.ones((5, 1))),
        XformValueError,
        ("eigsh: v0 must be a vector of one axis",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str, error_of: Callable[..., None]) -> None:
    error_of(*ERRORS[name])
