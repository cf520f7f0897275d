"""cg, bicgstab, gmres, minres: solutions, what ends them, and derivatives of dense systems."""

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
from xform.frontend import grad, jacfwd, jit, vmap
from xform.scipy.sparse import linalg
from xform.scipy.sparse.linalg import bicgstab, cg, gmres, minres

rng = np.random.default_rng(3)
N = 5
R = rng.normal(size=(N, N))
POSITIVE = R @ R.T + N * np.eye(N)
SYMMETRIC = R + R.T
GENERAL = R + 3 * np.eye(N)
B = rng.normal(size=N)
W = np.cos(np.arange(N))
# What each is for.
MAPS = {"cg": POSITIVE, "minres": SYMMETRIC, "bicgstab": GENERAL, "gmres": GENERAL}
SOLVERS = {name: getattr(linalg, name) for name in MAPS}
LARGE = scipy.sparse.diags_array(
    [np.full(29, -1.0), np.linspace(2.1, 4, 30), np.full(29, -1.2)], offsets=[-1, 0, 1]
).tocsr()
LARGE_SYMMETRIC = (LARGE + LARGE.T).tocsr()
C = rng.normal(size=30)
# Factors of maps and right-hand sides that have no solution but for the first two.
ILL_MAPS = np.array([1, 1, 1, 1, np.nan, 0])
ILL_SIDES = np.array([1, 0, np.nan, np.inf, 1, 1])


def residual(a: Any, x: Any, b: Any) -> float:
    return float(np.linalg.norm(a @ np.asarray(x) - b) / np.linalg.norm(b))


# Solutions ---------------------------------------------------------------------------------------


def large_of(name: str) -> Any:
    return LARGE_SYMMETRIC if name in ("cg", "minres") else LARGE


@cache
def solutions() -> dict[str, Any]:
    """All kinds of input, compiled as one program."""
    f = {name: a.astype(np.float32) for name, a in MAPS.items()}
    diagonals = {name: large_of(name).diagonal() for name in MAPS}
    inverse: dict[str, Any] = {
        name: np.diag(1 / d) if name in ("cg", "bicgstab") else lambda x, d=d: x / d
        for name, d in diagonals.items()
    }

    def everything(maps: Any, f: Any, b: Any, c: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, solve in SOLVERS.items():
            a = maps[name]
            large = large_of(name)
            found[name] = {
                "matrix": solve(a, b, rtol=1e-11),
                "float32": solve(f[name], b.astype(np.float32), rtol=1e-5),
                "guess": solve(a, b, x0=np.linalg.solve(a, b), rtol=1e-10, maxiter=0),
                "sparse": solve(large, c, rtol=1e-9),
                "preconditioned": solve(large, c, rtol=1e-9, M=inverse[name], maxiter=100),
                "too few": solve(
                    large, c, rtol=1e-9, maxiter=2, **({"restart": 3} if name == "gmres" else {})
                ),
                "one": solve(a[:1, :1], b[:1]),
                "none": solve(a[:0, :0], b[:0]),
                "rows": vmap(lambda a, b, solve=solve: solve(a, b, x0=W))(
                    a * ILL_MAPS[:, None, None], b * ILL_SIDES[:, None]
                ),
            }
        found["gmres"]["restarted"] = gmres(LARGE, c, rtol=1e-9, restart=4)
        found["gmres"]["skew"] = gmres(np.array([[0.0, 1.0], [-1.0, 0.0]]), b[:2])
        found["bicgstab"]["skew"] = bicgstab(np.array([[0.0, 1.0], [-1.0, 0.0]]), b[:2])
        found["gmres"]["stagnates"] = gmres(
            np.roll(np.eye(N), 1, 0), b * 0 + W[0] * (W[0] == W), restart=2
        )
        found["minres"]["shifted"] = minres(maps["minres"], b, shift=0.3, rtol=1e-11)
        found["minres"]["not in the range"] = minres(np.diag([1.0, 0.0]), np.ones(2))
        return found

    with np.errstate(all="ignore"):
        found = jit(everything)(MAPS, f, B, C)
    return {name: tree.map(np.asarray, results) for name, results in found.items()}


@pytest.mark.parametrize("name", SOLVERS)
def test_solves(name: str) -> None:
    x, info = solutions()[name]["matrix"]
    assert info == 0
    assert info.dtype == np.int32
    assert residual(MAPS[name], x, B) <= 1e-11


@pytest.mark.parametrize("name", SOLVERS)
def test_single_precision(name: str) -> None:
    x, info = solutions()[name]["float32"]
    assert x.dtype == np.float32
    assert info == 0
    assert residual(MAPS[name], x, B) < 1e-4


@pytest.mark.parametrize("name", SOLVERS)
def test_a_good_guess_needs_no_step(name: str) -> None:
    x, info = solutions()[name]["guess"]
    assert info == 0
    np.testing.assert_array_equal(x, np.asarray(jit(np.linalg.solve)(MAPS[name], B)))


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("kind", ["sparse", "preconditioned"])
def test_large_sparse_systems(name: str, kind: str) -> None:
    large = large_of(name)
    x, info = solutions()[name][kind]
    assert info == 0
    # The norm of minres is that of the preconditioner, whose elements are 1 / 8 to 1 / 2.
    assert residual(large, x, C) <= (4e-9 if name == "minres" and kind != "sparse" else 1e-9)


@pytest.mark.parametrize("name", SOLVERS)
def test_too_few_iterations(name: str) -> None:
    large = large_of(name)
    x, info = solutions()[name]["too few"]
    assert info == 2
    restart = {"restart": 3} if name == "gmres" else {}
    with np.errstate(all="ignore"):
        expected, code = getattr(reference, name)(large, C, rtol=1e-9, maxiter=2, **restart)
    assert code == 2
    np.testing.assert_allclose(x, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", SOLVERS)
def test_edges(name: str) -> None:
    found = solutions()[name]
    np.testing.assert_allclose(found["one"][0], B[:1] / MAPS[name][0, 0], rtol=1e-14)
    assert found["none"][0].shape == (0,)
    assert found["none"][1] == 0


@pytest.mark.parametrize("name", SOLVERS)
def test_loops_end_without_a_solution(name: str) -> None:
    """Rows of one loop: a solution, zeros, NaN and infinities, and maps of NaN and of zeros."""
    x, info = solutions()[name]["rows"]
    np.testing.assert_array_equal(info == 0, [True, True, False, False, False, False])
    assert residual(MAPS[name], x[0], B) <= 1e-5
    np.testing.assert_array_equal(x[1], np.zeros(N))
    # The guess, as nothing better is known.
    np.testing.assert_array_equal(x[2:], np.stack([W] * 4))


def test_gmres_restarts_and_stops() -> None:
    found = solutions()["gmres"]
    assert found["restarted"][1] == 0
    assert residual(LARGE, found["restarted"][0], C) <= 1e-9
    # Nothing is gained until a cycle has as many columns as there are unknowns.
    x, info = found["stagnates"]
    assert info == 1
    np.testing.assert_array_equal(x, np.zeros(N))


def test_a_first_product_orthogonal_to_the_residual() -> None:
    x, info = solutions()["gmres"]["skew"]
    assert info == 0
    np.testing.assert_allclose(x, [-B[1], B[0]], rtol=1e-12)
    # No step of the other method is possible.
    x, info = solutions()["bicgstab"]["skew"]
    assert info == 1
    np.testing.assert_array_equal(x, np.zeros(2))


def test_minres_shifts_and_gives_up() -> None:
    found = solutions()["minres"]
    x, info = found["shifted"]
    assert info == 0
    assert residual(MAPS["minres"] - 0.3 * np.eye(N), x, B) <= 1e-11
    x, info = found["not in the range"]
    assert info > 0
    assert np.isfinite(x).all()


def test_agrees_with_scipy_on_what_is_good_enough() -> None:
    """The number of steps is the same where the tolerance is first met."""
    steps = 0
    for maxiter in range(1, 30):
        code = reference.cg(LARGE_SYMMETRIC, C, rtol=1e-3, maxiter=maxiter)[1]
        steps = maxiter
        if code == 0:
            break
    # SciPy looks at the residual before a step only.
    run = jit(lambda c: [cg(LARGE_SYMMETRIC, c, rtol=1e-3, maxiter=k)[1]
                         for k in (steps - 2, steps - 1)])  # fmt: skip
    assert [int(x) for x in run(C)] == [steps - 2, 0]
    atol = np.linalg.norm(C) * 1e-3
    assert int(cg(LARGE_SYMMETRIC, C, rtol=0.0, atol=atol, maxiter=steps - 1)[1]) == 0


def test_pytrees() -> None:
    """Leaves of several shapes and dtypes; the guess and the preconditioner are like them."""
    b = {"u": B[:4].reshape(2, 2), "v": np.float32(2), "i": 3}

    def run(b: Any, d: Any) -> Any:
        def matvec(x: Any) -> Any:
            return {"u": d * x["u"] + x["i"], "v": 2 * x["v"], "i": 9 * x["i"] + x["u"].sum()}

        def precondition(x: Any) -> Any:
            return {"u": x["u"] / d, "v": x["v"] / 2, "i": x["i"] / 8}

        return cg(matvec, b, x0=tree.map(np.zeros_like, b), M=precondition, rtol=1e-12)

    x, info = jit(run)(b, np.float64(3))
    assert int(info) == 0
    assert x["u"].shape == (2, 2)
    assert x["v"].dtype == np.float32
    assert x["v"].item() == 1
    assert x["i"].dtype == np.float64
    sum_u = np.asarray(x["u"]).sum()
    np.testing.assert_allclose(3 * np.asarray(x["u"]) + x["i"].item(), b["u"], rtol=1e-11)
    assert 9 * x["i"].item() + sum_u == pytest.approx(3)


def test_rows_that_are_done_keep_their_values() -> None:
    """Each row of a vmap has the bits of its own system solved alone."""
    scales = np.stack([np.diag(d) for d in ([2.0] * N, [1, 1, 2, 2, 3], [1, 2, 3, 4, 5])])

    def steps(name: str) -> Callable[[Any], Any]:
        return lambda a: SOLVERS[name](a, B, rtol=1e-6)

    def everything(scales: Any) -> Any:
        batched = {name: vmap(steps(name))(scales) for name in SOLVERS}
        alone = {name: [steps(name)(scales[i]) for i in range(3)] for name in SOLVERS}
        short = vmap(lambda a: cg(a, B, rtol=1e-12, maxiter=2))(scales)
        return batched, alone, short

    batched, alone, (_, info) = tree.map(np.asarray, jit(everything)(scales))
    for name in SOLVERS:
        for row in range(3):
            np.testing.assert_allclose(batched[name][0][row], alone[name][row][0], rtol=1e-14)
            assert residual(scales[row], batched[name][0][row], B) <= 1e-6
        np.testing.assert_array_equal(batched[name][1], 0)
    # They need 1, 3 and 5 steps.
    np.testing.assert_array_equal(info, [0, 2, 2])


# Derivatives -------------------------------------------------------------------------------------


def with_closed_over(name: str, a: Any, b: Any) -> Any:
    """The solution, of a map that closes over what is differentiated."""
    return SOLVERS[name](lambda x: a @ x, b, rtol=1e-13)[0]


def everything(function: Any, lib: Any, *, briefly: bool) -> dict[str, Any]:
    """Nests of derivatives; `lib` is JAX or xform."""

    def scalar(a: Any, b: Any) -> Any:
        return (function(a, b) ** 2 * W).sum()

    nests = {
        "grad": lib.grad(scalar, (0, 1)),
        "jacfwd": lib.jacfwd(function, (0, 1)),
    }
    if briefly:
        return nests
    return {
        **nests,
        "hessian": lib.jacfwd(lib.grad(scalar), (0, 1)),
        "reverse of reverse": lib.grad(lambda a, b: (lib.grad(scalar)(a, b) * a).sum()),
        "vmap of grad": lambda a, b: lib.vmap(lib.grad(scalar), (None, 0))(a, np.stack([B, W])),
    }


# One that is its own transpose, and one that is not.
THOROUGHLY = ("cg", "bicgstab")


def is_symmetric(name: str) -> bool:
    return name in ("cg", "minres")


def nests_of(name: str) -> dict[str, Any]:
    def function(a: Any, b: Any) -> Any:
        return with_closed_over(name, (a + a.T) / 2 if is_symmetric(name) else a, b)

    return everything(function, frontend, briefly=name not in THOROUGHLY)


@cache
def dense(kind: str) -> Callable[..., Any]:
    """A derivative of a dense solve; a share 1 makes the matrix symmetric before it."""

    def run(a: Any, b: Any, share: Any) -> Any:
        def function(a: Any, b: Any) -> Any:
            return jnp.linalg.solve(a + share * (a.T - a) / 2, b)

        return everything(function, jax, briefly=False)[kind](a, b)

    return jax.jit(run)


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name in SOLVERS for kind in nests_of(name)]
)
def test_derivatives_are_those_of_a_dense_solve(name: str, kind: str) -> None:
    with jax.enable_x64(True):
        expected = dense(kind)(MAPS[name], B, float(is_symmetric(name)))
    values = jit(nests_of(name)[kind])(MAPS[name], B)
    for x, y in zip(tree.leaves(values), jax.tree.leaves(expected), strict=True):
        scale = np.abs(y).max()
        np.testing.assert_allclose(np.asarray(x), y, rtol=1e-8, atol=1e-8 * scale)


def test_derivatives_by_sparse_entries_and_by_the_map_of_a_jacobian() -> None:
    """A traced sparse Jacobian is a map too."""
    d = np.linspace(2, 3, N)

    def newton(x: Any) -> Any:
        jacobian = frontend.jacobian(lambda x: d * x + x * x, sparsity="auto")(x)
        return gmres(jacobian, B, rtol=1e-13)[0]

    x = np.abs(B)
    np.testing.assert_allclose(np.asarray(newton_values := jit(newton)(x)), B / (d + 2 * x))
    found = jit(jacfwd(newton))(x)
    np.testing.assert_allclose(
        np.asarray(found), np.diag(-2 * np.asarray(newton_values) / (d + 2 * x)), atol=1e-12
    )


def test_the_guess_and_the_preconditioner_are_constants() -> None:
    def run(x0: Any, m: Any) -> Any:
        return bicgstab(GENERAL, B, x0=x0, M=lambda x: m * x, rtol=1e-13)[0].sum()

    for gradient in grad(run, argnums=(0, 1))(B, W + 2):
        np.testing.assert_array_equal(np.asarray(gradient), np.zeros(N))


# Ill input ---------------------------------------------------------------------------------------


ERRORS: dict[str, tuple[Callable[[], Any], type[Exception], tuple[str, ...]]] = {
    "operator": (
        lambda: cg(reference.aslinearoperator(POSITIVE), B),
        XformTypeError,
        ("cg: A must be a matrix", "got MatrixLinearOperator; pass its function"),
    ),
    "no map": (
        lambda: gmres("A", B),
        XformTypeError,
        ("gmres: A must be a matrix", "got str"),
    ),
    "not square": (
        lambda: minres(R[:2], B),
        XformValueError,
        (f"minres: A must be a square matrix, got shape (2, {N})",),
    ),
    "size": (
        lambda: bicgstab(GENERAL, B[:3]),
        XformValueError,
        (f"bicgstab: A has shape ({N}, {N}), but the vectors have 3 elements",),
    ),
    "size of M": (
        lambda: cg(POSITIVE, B, M=np.eye(2)),
        XformValueError,
        ("cg: M has shape (2, 2)",),
    ),
    "shape of the guess": (
        lambda: cg(POSITIVE, B, x0=B[:2]),
        XformValueError,
        (f"cg: x0 has shape (2,), but the vectors have ({N},)",),
    ),
    "result of the map": (
        lambda: cg(lambda x: x[:2], B),
        XformValueError,
        (f"cg: A(x) has shape (2,), but the vectors have ({N},)",),
    ),
    "structure": (
        lambda: cg(lambda x: (x,), B),
        XformValueError,
        ("cg: A(x) has the structure (*,), but the vectors have *",),
    ),
    "nothing": (
        lambda: cg(lambda x: x, {}),
        XformValueError,
        ("cg: b has no arrays, got {}",),
    ),
    "callback": (
        lambda: cg(POSITIVE, B, callback=print),
        XformValueError,
        ("cg: callback is not supported",),
    ),
    "show": (
        lambda: minres(POSITIVE, B, show=True),
        XformValueError,
        ("minres: show is not supported",),
    ),
    "maxiter": (
        lambda: cg(POSITIVE, B, maxiter="3"),
        XformTypeError,
        ("cg: maxiter must be an int, got str",),
    ),
    "restart": (
        lambda: gmres(POSITIVE, B, restart=0),
        XformValueError,
        ("gmres: restart must be at least 1, got 0",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str, error_of: Callable[..., None]) -> None:
    error_of(*ERRORS[name])
