"""lobpcg: extreme eigenpairs against dense ones, step by step against SciPy's, and derivatives."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
import scipy.sparse
import scipy.sparse.linalg as reference
from xform import frontend, tree
from xform.errors import XformTypeError, XformValueError
from xform.frontend import jit, vmap
from xform.scipy.sparse.linalg import lobpcg

rng = np.random.default_rng(6)
N = 40
R = rng.normal(size=(N, N)) / 10
A = np.diag(np.arange(1.0, N + 1)) + R + R.T
ROOT = np.eye(N) + R / 2
B = ROOT @ ROOT.T
X = rng.normal(size=(N, 3))
JACOBI = np.diag(1 / np.diag(A))
SPARSE = scipy.sparse.csr_array(np.where(np.abs(A) > 0.1, A, 0))
LOWEST = scipy.linalg.eigh(A)[1][:, :2]


RUNS: dict[str, Callable[..., Any]] = {
    "largest": lambda a, b, x: lobpcg(a, x, tol=1e-9, maxiter=80),
    "smallest": lambda a, b, x: lobpcg(lambda x: a @ x, x, B=lambda x: b @ x, M=JACOBI, Y=LOWEST,
                               largest=False, tol=1e-9, maxiter=80),
    "steps": lambda a, b, x: lobpcg(SPARSE, x, maxiter=3, tol=1e-12),
    "float32": lambda a, b, x: lobpcg(
        a[:8, :8].astype(np.float32), x[:8, :1].astype(np.float32), largest=False,
        M=lambda x: x / np.diag(A)[:8, None].astype(np.float32),
    ),
    "rows": lambda a, b, x: vmap(lambda x, s: lobpcg(s * a[:4, :4], x, tol=1e-10))(
                np.stack([x[:4], x[:4], x[:4, :1] * np.ones(3), x[:4]]),
                np.array([1, -2, 1, np.nan]),
            ),
}  # fmt: skip


@cache
def pairs(name: str) -> Any:
    return tree.map(np.asarray, jit(RUNS[name])(A, B, X))


def check(a: Any, b: Any, w: Any, v: Any, exact: float = 1e-8) -> None:
    np.testing.assert_allclose(a @ v, b @ v * w, rtol=0, atol=exact)
    np.testing.assert_allclose(v.T @ b @ v, np.eye(len(w)), rtol=0, atol=1e-13)


def test_largest() -> None:
    w, v = pairs("largest")
    np.testing.assert_allclose(w, np.linalg.eigvalsh(A)[:-4:-1], rtol=1e-13)
    check(A, np.eye(N), w, v)


def test_smallest_of_functions_with_a_preconditioner_and_constraints() -> None:
    """Those of the problem that is left, even if the constraints are no eigenvectors of it."""
    w, v = pairs("smallest")
    np.testing.assert_allclose(LOWEST.T @ B @ v, np.zeros((2, 3)), atol=1e-13)
    rest = scipy.linalg.null_space(LOWEST.T @ B)
    expected = scipy.linalg.eigvalsh(rest.T @ A @ rest, rest.T @ B @ rest)[:3]
    np.testing.assert_allclose(w, expected, rtol=1e-12)
    np.testing.assert_allclose(v.T @ B @ v, np.eye(3), atol=1e-13)
    assert np.abs(expected - scipy.linalg.eigvalsh(A, B)[2:5]).max() > 1e-4


def test_steps_are_scipys() -> None:
    w, v = pairs("steps")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, _ = reference.lobpcg(SPARSE, X.copy(), maxiter=3, tol=1e-12)
        one_less, _ = reference.lobpcg(SPARSE, X.copy(), maxiter=2, tol=1e-12)
    np.testing.assert_allclose(w, expected, rtol=1e-10)
    assert np.abs(w - one_less).max() > 1e-3
    np.testing.assert_allclose(np.diag(v.T @ SPARSE @ v), w, rtol=1e-12)


def test_single_precision() -> None:
    w, v = pairs("float32")
    assert w.dtype == v.dtype == np.float32
    np.testing.assert_allclose(w, np.linalg.eigvalsh(A[:8, :8])[:1], rtol=1e-5)


def test_rows_of_a_batch_and_few_unknowns() -> None:
    """Three blocks of columns are more than there are rows."""
    w, v = pairs("rows")
    small = A[:4, :4]
    exact = np.linalg.eigvalsh(small)
    np.testing.assert_allclose(w[:2], [exact[:0:-1], -2 * exact[:3]], rtol=1e-13)
    check(small, np.eye(4), w[0], v[0])
    # The same column three times over is one direction.
    assert np.isnan(w[2]).tolist() == [False, True, True]
    assert np.isnan(w[3]).all()


# Derivatives -------------------------------------------------------------------------------------

SMALL_A, SMALL_B = A[:5, :5], B[:5, :5]
W = rng.normal(size=(5, 2))


def nests(pairs: Any, lib: Any) -> dict[str, Any]:
    def scalar(a: Any, b: Any) -> Any:
        w, v = pairs((a + a.T) / 2, (b + b.T) / 2)
        return (w**2).sum() + (v[:, 0] * W[:, 0]).sum() * (v[:, 0] * W[:, 1]).sum() * (
            v[:, 1] * W[:, 0]
        ).sum() ** 2

    return {
        "grad": lib.grad(scalar, (0, 1)),
        "forward": lib.jacfwd(scalar, (0, 1)),
        "second": lib.grad(lambda a, b: (lib.grad(scalar, 1)(a, b) ** 2).sum(), (0, 1)),
    }


def lowest(a: Any, b: Any) -> Any:
    inverse = jnp.linalg.inv(jnp.linalg.cholesky(b))
    w, v = jnp.linalg.eigh(inverse @ a @ inverse.T)
    return w[:2], inverse.T @ v[:, :2]


def smallest(a: Any, b: Any) -> Any:
    options = {"largest": False, "tol": 1e-12, "maxiter": 50}
    return lobpcg(lambda x: a @ x, X[:5, :2], B=lambda x: b @ x, **options)


@cache
def derivatives() -> dict[str, Any]:
    """One program, so that the pairs themselves are found once."""
    ours = nests(smallest, frontend)
    return jit(lambda a, b: {kind: f(a, b) for kind, f in ours.items()})(SMALL_A, SMALL_B)


@pytest.mark.parametrize("kind", nests(None, frontend))
def test_derivatives_are_those_of_dense_pairs(kind: str) -> None:
    with jax.enable_x64(True):
        expected = jax.tree.leaves(jax.jit(nests(lowest, jax)[kind])(SMALL_A, SMALL_B))
    for x, y in zip(tree.leaves(derivatives()[kind]), expected, strict=True):
        np.testing.assert_allclose(np.asarray(x), y, rtol=1e-8, atol=1e-9 * np.abs(y).max())


def test_eigenvalues_with_constraints_have_derivatives() -> None:
    """The constraints are eigenvectors, and constants."""
    y = np.eye(N)[:, :2]
    diagonal = np.arange(1.0, N + 1)

    def second(d: Any) -> Any:
        return lobpcg(lambda x: d[:, None] * x, X[:, :1], Y=y, largest=False, tol=1e-10,
                      maxiter=100, M=np.diag(1 / diagonal))[0][0]  # fmt: skip

    gradient = np.asarray(frontend.grad(second)(diagonal))
    np.testing.assert_allclose(gradient, np.eye(N)[2], atol=1e-12)


def test_the_start_and_the_preconditioner_are_constants() -> None:
    def run(x: Any, m: Any) -> Any:
        return lobpcg(SMALL_A, x, M=lambda r: m * r, tol=1e-8)[1].sum()

    for gradient in frontend.grad(run, argnums=(0, 1))(X[:5, :1], 2.0):
        assert not np.asarray(gradient).any()


# Ill input ---------------------------------------------------------------------------------------


ERRORS: dict[str, tuple[Callable[[], Any], type[Exception], tuple[str, ...]]] = {
    "no map": (
        lambda: lobpcg("A", X),
        XformTypeError,
        ("lobpcg: A must be a matrix", "got str"),
    ),
    "no columns": (
        lambda: lobpcg(A, X[:, 0]),
        XformValueError,
        ("lobpcg: X must be a matrix with an axis of columns, got shape (40,)",),
    ),
    "too many columns": (
        lambda: lobpcg(A[:2, :2], X[:2]),
        XformValueError,
        ("lobpcg: X must have from 1 to n = 2 columns, got 3",),
    ),
    "size": (lambda: lobpcg(A[:4, :4], X), XformValueError, ("lobpcg: A has shape (4, 4)",)),
    "size of B": (lambda: lobpcg(A, X, B=np.eye(2)), XformValueError, ("B has shape (2, 2)",)),
    "size of Y": (
        lambda: lobpcg(A, X, Y=X[:3]),
        XformValueError,
        ("lobpcg: Y must be a matrix with 40 rows, got shape (3, 3)",),
    ),
    "result": (
        lambda: lobpcg(lambda x: x[:2], X),
        XformValueError,
        ("lobpcg: A must keep the shape of a block (40, 1), it returned (2, 1)",),
    ),
    "history": (
        lambda: lobpcg(A, X, retLambdaHistory=True),
        XformValueError,
        ("lobpcg: retLambdaHistory is not supported",),
    ),
    "maxiter": (lambda: lobpcg(A, X, maxiter=2.5), XformTypeError, ("maxiter must be an int",)),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str, error_of: Callable[..., None]) -> None:
    error_of(*ERRORS[name])
