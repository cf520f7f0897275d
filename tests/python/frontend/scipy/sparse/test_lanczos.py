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


@cache
def pairs() -> dict[str, Any]:
    def everything(a: Any) -> dict[str, Any]:
        f = a.astype(np.float32)
        return {
            **{which: eigsh(a, 4, which=which) for which in WHICH},
            "function": eigsh(lambda x: a @ x, 3, which="LA", v0=a[0]),
            "sparse": eigsh(SPARSE, 3, which="SA"),
            "float32": eigsh(f, 2, which="LA"),
            "few vectors": eigsh(a, 2, which="SA", ncv=5),
            "roughly": eigsh(a, 4, which="LA", tol=1e-2, return_eigenvectors=False),
            "one": eigsh(a[:1, :1], 1),
            "small": vmap(lambda s: eigsh(s, 3, which="LA"))(np.stack(SMALL)),
            "no restart": eigsh(a, 4, ncv=6, maxiter=1),
            "rows": vmap(lambda s: eigsh(s * a[:30, :30], 2, which="LA"))(
                np.array([1.0, -1.0, np.nan])
            ),
        }

    return tree.map(np.asarray, jit(everything)(A))


def check(a: Any, w: Any, v: Any, exact: float = 1e-11) -> None:
    np.testing.assert_allclose(a @ v, v * w, rtol=0, atol=exact)
    np.testing.assert_allclose(v.T @ v, np.eye(len(w)), rtol=0, atol=exact)


@pytest.mark.parametrize("which", WHICH)
def test_eigenpairs_are_scipys(which: str) -> None:
    w, v = pairs()[which]
    check(A, w, v)
    expected = reference.eigsh(A, 4, which=which, v0=A[0])[0]
    np.testing.assert_allclose(w, np.sort(expected), rtol=1e-12)


def test_kinds_of_maps() -> None:
    found, exact = pairs(), np.linalg.eigvalsh(A)
    np.testing.assert_allclose(found["function"][0], exact[-3:], rtol=1e-12)
    check(A, *found["function"])
    np.testing.assert_allclose(
        found["sparse"][0], np.linalg.eigvalsh(SPARSE.toarray())[:3], rtol=1e-11
    )
    check(SPARSE, *found["sparse"])
    assert found["float32"][1].dtype == np.float32
    np.testing.assert_allclose(found["float32"][0], exact[-2:], rtol=1e-5)


def test_options() -> None:
    found, exact = pairs(), np.linalg.eigvalsh(A)
    np.testing.assert_allclose(found["few vectors"][0], exact[:2], rtol=1e-12)
    rough = found["roughly"]
    np.testing.assert_allclose(rough, exact[-4:], rtol=1e-2)
    # It stopped earlier than for all digits.
    assert np.abs(rough - exact[-4:]).max() > 1e-10


def test_edges() -> None:
    found = pairs()
    assert found["one"][0].tolist() == A[0, :1].tolist()
    assert np.abs(found["one"][1]).tolist() == [[1]]
    for a, w, v in zip(SMALL, *found["small"], strict=True):
        np.testing.assert_allclose(w, np.linalg.eigvalsh(a), rtol=1e-13, atol=1e-14)
        check(a, w, v)


def test_what_has_not_converged_is_nan() -> None:
    w, v = pairs()["no restart"]
    assert np.isnan(w).all()
    assert np.isnan(v).all()


def test_rows_of_a_batch() -> None:
    exact = np.linalg.eigvalsh(A[:30, :30])
    w, v = pairs()["rows"]
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
        "values": lib.jacfwd(lambda a: pairs((a + a.T) / 2)[0]),
        "grad": lib.grad(scalar),
        "forward": lib.jacfwd(scalar),
        "hessian": lib.jacfwd(lib.grad(scalar)),
        "reverse of reverse": lib.grad(lambda a: (lib.grad(scalar)(a) ** 2).sum()),
        "vmap of grad": lambda a: lib.vmap(lib.grad(scalar))(n.stack([a, a * a])),
    }


@cache
def derivatives() -> tuple[dict[str, Any], dict[str, Any]]:
    ours = nests(lambda a: eigsh(lambda x: a @ x, 2, which="SA", v0=np.ones(5)), frontend, np)
    got = jit(lambda a: {kind: f(a) for kind, f in ours.items()})(S)
    with jax.enable_x64(True):

        def lowest(a: Any) -> Any:
            w, v = jnp.linalg.eigh(a)
            return w[:2], v[:, :2]

        dense = nests(lowest, jax, jnp)
        run = jax.jit(lambda a: {kind: f(a) for kind, f in dense.items()}).lower(S)
        expected = run.compile({"xla_backend_optimization_level": 0})(S)
    return tree.map(np.asarray, got), jax.tree.map(np.asarray, expected)


@pytest.mark.parametrize("kind", nests(None, frontend, np))
def test_derivatives_are_those_of_a_dense_eigh(kind: str) -> None:
    got, expected = (results[kind] for results in derivatives())
    scale = np.abs(expected).max()
    np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-9 * scale)


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
