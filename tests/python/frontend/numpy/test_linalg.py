"""Factors, solutions, inverses, determinants: values against NumPy's, derivatives against torch."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch
import xform.numpy as xnp
from against_torch import Gradients, Pair, to_torch
from batch import Batch, Case
from scipy import linalg as scipy_linalg
from xform import frontend, primitives
from xform.errors import XformValueError

rng = np.random.default_rng(11)


def symmetric_positive(*shape: int) -> np.ndarray:
    """Well-conditioned symmetric positive definite matrices."""
    x = rng.normal(size=shape)
    return x @ x.swapaxes(-1, -2) + shape[-1] * np.eye(shape[-1])


S = symmetric_positive(4, 4)
F = S.astype(np.float32)
STACK = symmetric_positive(2, 3, 4, 4)
# Two panels of columns and a few more.
LARGE = symmetric_positive(70, 70)
G = rng.normal(size=(3, 3))
SMALL = [rng.normal(size=(2, n, n)) + 2 * np.eye(n) for n in range(4)]
L = np.tril(rng.normal(size=(4, 4))) + 3 * np.eye(4)
U = L.T.copy()
# Rows have to be exchanged, within leaves and between them.
GENERAL = rng.normal(size=(70, 70))
BATCH = rng.normal(size=(2, 3, 5, 5))
LOWER = np.tril(rng.normal(size=(70, 70))) / 10 + 3 * np.eye(70)
D = np.diag([2.0, -4.0, 0.5, 1.0])
V = rng.normal(size=4)
R = rng.normal(size=(4, 2))
RHS = rng.normal(size=(70, 3))
INTS = np.array([[4, 2], [2, 2]])
# Its first two axes have as many elements as the others.
TENSOR = rng.normal(size=(2, 3, 2, 3))
KINDS = {"positive definite": S, "lower triangular": L, "upper triangular": U,
         "diagonal": D}  # fmt: skip


def poisoned(x: np.ndarray, lower: bool) -> np.ndarray:
    """With NaN where a function of the lower, or the upper, triangle must not look."""
    keep = np.tri(len(x), dtype=bool)
    return np.where(keep if lower else keep.T, x, np.nan)


def solve_every_right_hand_side(n: Any, a: Any, kind: str, b: Any, v: Any) -> list[Any]:
    """Vectors, matrices, a batch of matrices, a batch of systems."""
    stack = np.stack([b, 2 * b, -b])
    both = np.stack([a, a + a])
    more = {"assume_a": kind} if n is xnp else {}
    return [
        n.linalg.solve(a, v, **more),
        n.linalg.solve(a, b, **more),
        n.linalg.solve(a, stack, **more),
        n.linalg.solve(both, v, **more),
        n.linalg.solve(both[:, None], stack, **more),
    ]


CASES = Batch([
    Case("cholesky", lambda a, f, s: [np.linalg.cholesky(x) for x in (a, f, s)], S, F, STACK),
    Case("cholesky upper", lambda a, s: [np.linalg.cholesky(x, upper=True) for x in (a, s)],
         S, STACK),
    Case("cholesky of panels", np.linalg.cholesky, LARGE),
    Case("cholesky of panels of float32", np.linalg.cholesky, LARGE.astype(np.float32)),
    Case("cholesky of a batch of panels", np.linalg.cholesky, np.stack([LARGE, 2 * LARGE])),
    Case("cholesky of ints", np.linalg.cholesky, INTS),
    Case("cholesky of nothing", lambda a, b: [np.linalg.cholesky(a), np.linalg.cholesky(b)],
         np.zeros((0, 0)), np.zeros((0, 3, 3))),
    Case("cholesky of one", np.linalg.cholesky, np.array([[9.0]])),
    Case("cholesky reads one triangle", lambda a, b: [np.linalg.cholesky(a),
                                                      np.linalg.cholesky(b, upper=True)],
         poisoned(S, True), poisoned(S, False),
         expected=lambda a, b: [np.linalg.cholesky(S), np.linalg.cholesky(S, upper=True)]),
    Case("cholesky of panels reads one triangle", np.linalg.cholesky, poisoned(LARGE, True),
         expected=lambda a: np.linalg.cholesky(LARGE)),
    Case("cholesky of float16", np.linalg.cholesky, S.astype(np.float16),
         expected=lambda a: np.linalg.cholesky(a.astype(float)).astype(np.float16), rtol=2e-3),
    *[
        Case(f"solve {kind}",
             lambda a, b, v, kind=kind: solve_every_right_hand_side(xnp, a, kind, b, v), a, R, V,
             expected=lambda a, b, v: solve_every_right_hand_side(np, a, "", b, v))
        for kind, a in KINDS.items()
    ],
    *[
        Case(f"general {n} x {n}", lambda a: [np.linalg.solve(a, a[..., :1]), np.linalg.inv(a),
                                              np.linalg.det(a), np.linalg.slogdet(a)], SMALL[n])
        for n in range(4)
    ],
    *[
        Case(f"general {name}", lambda a: [np.linalg.solve(a, a[..., :2]), np.linalg.inv(a),
                                           np.linalg.det(a), np.linalg.slogdet(a)], a, rtol=1e-10)
        for name, a in (("4 x 4", GENERAL[:4, :4]), ("batch", BATCH), ("panels", GENERAL))
    ],
    Case("closed forms whose products leave the range of numbers", lambda a: [
        np.linalg.solve(a, a[..., :1]), np.linalg.inv(a), np.linalg.slogdet(a)],
         np.stack([1e-120 * SMALL[3], 1e120 * SMALL[3]])),
    Case("general right-hand sides",
         lambda a, b, v: solve_every_right_hand_side(np, a, "", b, v), GENERAL[:4, :4], R, V),
    Case("general of float32", np.linalg.solve, F, R.astype(np.float32)),
    *[
        Case(f"qr of {m} x {n}", lambda a: [np.linalg.qr(a, mode) for mode in
                                            ("reduced", "complete", "r")], GENERAL[:m, :n],
             rtol=1e-9, atol=1e-11)
        for m, n in ((4, 4), (5, 3), (3, 5), (1, 4), (4, 1), (70, 40), (40, 70))
    ],
    Case("qr of a batch", np.linalg.qr, BATCH),
    Case("qr of nothing", lambda a, b, c: [np.linalg.qr(a), np.linalg.qr(b), np.linalg.qr(c)],
         np.ones((0, 3)), np.ones((3, 0)), np.ones((0, 2, 2))),
    Case("qr of zeros", np.linalg.qr, np.zeros((4, 3))),
    Case("qr of ints", np.linalg.qr, INTS),
    Case("general with a vector", np.linalg.solve, G, V[:3]),
    Case("general of ints", lambda a: [np.linalg.solve(a, a[0]), np.linalg.inv(a),
                                       np.linalg.det(a)], INTS),
    *[
        Case(f"inv, det, slogdet {kind}",
             lambda a, kind=kind: [xnp.linalg.inv(a, assume_a=kind),
                                   xnp.linalg.det(a, assume_a=kind),
                                   xnp.linalg.slogdet(a, assume_a=kind)],
             np.stack([a, 2 * a]),
             expected=lambda a: [np.linalg.inv(a), np.linalg.det(a), np.linalg.slogdet(a)])
        for kind, a in KINDS.items()
    ],
    Case("a solve of one triangle", lambda a, v: xnp.linalg.solve_triangular(a, v, lower=True),
         poisoned(L, True), V, expected=lambda a, v: np.linalg.solve(L, v)),
    *[
        Case(f"solve_triangular of panels, lower {lower}, transpose {transpose}, unit {unit}",
             lambda a, b, lower=lower, transpose=transpose, unit=unit:
             xnp.linalg.solve_triangular(a, b, lower=lower, transpose=transpose,
                                         unit_diagonal=unit),
             poisoned(LOWER if lower else LOWER.T, lower), RHS,
             expected=lambda a, b, lower=lower, transpose=transpose, unit=unit:
             scipy_linalg.solve_triangular(LOWER if lower else LOWER.T, b, lower=lower,
                                           trans=int(transpose), unit_diagonal=unit))
        for lower, transpose, unit in ((True, False, False), (False, False, False),
                                       (True, True, True), (False, True, False))
    ],
    Case("cho_solve", lambda a, b: [xnp.linalg.cho_solve(np.linalg.cholesky(a), b),
                                    xnp.linalg.cho_solve(np.linalg.cholesky(a, upper=True), b,
                                                         upper=True)], S, R,
         expected=lambda a, b: [np.linalg.solve(a, b)] * 2),
    Case("tensorsolve", lambda a, b: [np.linalg.tensorsolve(a, b),
                                      np.linalg.tensorsolve(a, b, (0,)),
                                      np.linalg.tensorsolve(a.reshape(3, 2, 6), b, (0, 2)),
                                      np.linalg.tensorsolve(a[:1, :1, :1, :1], b[:1, :1])],
         TENSOR, rng.normal(size=(2, 3)), rtol=1e-10, atol=1e-11),
    Case("tensorinv", lambda a: [np.linalg.tensorinv(a), np.linalg.tensorinv(
        a.reshape(6, 2, 3), 1)], TENSOR, rtol=1e-10, atol=1e-11),
    Case("tensors of ints", lambda a: [np.linalg.tensorinv(a, 1), np.linalg.tensorsolve(a, a[0])],
         INTS),
    Case("negative matrix_power", lambda a: np.linalg.matrix_power(a, -2), G),
    Case("solve of two dtypes", lambda a, b: xnp.linalg.solve(a, b, assume_a="pos"), F, V,
         expected=lambda a, b: np.linalg.solve(a, b)),
    Case("solve of float32", lambda a, b: xnp.linalg.solve(a, b, assume_a="pos"),
         F, R.astype(np.float32), expected=np.linalg.solve),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


def test_what_is_not_positive_definite_is_nan() -> None:
    """From the first bad pivot on; also where the pivot is zero, and in a later panel."""
    negative, zero, late = np.diag([4.0, -1.0, 9.0]), np.ones((3, 3)), LARGE.copy()
    late[40, 40] = -1.0
    factors = frontend.jit(lambda xs: [np.linalg.cholesky(x) for x in xs])([negative, zero, late])
    for factor, first in zip(map(np.asarray, factors), (1, 1, 40), strict=True):
        lower = np.tri(len(factor), dtype=bool)
        assert np.isnan(factor[:, first:][lower[:, first:]]).all()
        assert np.isfinite(factor[:, :first]).all()
        assert (factor[~lower] == 0).all()
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.cholesky(negative)


def test_every_kind_of_triangular_system() -> None:
    """From either side, of either triangle, transposed or not, with a diagonal or not."""
    flags = list(itertools.product((True, False), repeat=4))
    names = ("left_side", "lower", "transpose_a", "unit_diagonal")
    a, b = rng.normal(size=(3, 3)) + 3 * np.eye(3), rng.normal(size=(3, 3))

    def run(a: Any, b: Any) -> list[Any]:
        return [
            primitives.triangular_solve(a, b, **dict(zip(names, chosen, strict=True)))
            for chosen in flags
        ]

    for chosen, x in zip(flags, map(np.asarray, frontend.jit(run)(a, b)), strict=True):
        left, lower, transpose, unit = chosen
        matrix = np.tril(a) if lower else np.triu(a)
        if unit:
            np.fill_diagonal(matrix, 1)
        if transpose:
            matrix = matrix.T
        product = matrix @ x if left else x @ matrix
        np.testing.assert_allclose(product, b, rtol=1e-12, atol=1e-12)


# Derivatives -------------------------------------------------------------------------------------


tl = torch.linalg


PAIRS: dict[str, Pair] = {
    "cholesky": (np.linalg.cholesky, tl.cholesky, (S,)),
    "cholesky of a batch": (np.linalg.cholesky, tl.cholesky, (STACK,)),
    "cholesky upper": (lambda a: np.linalg.cholesky(a, upper=True),
                       lambda a: tl.cholesky(a, upper=True), (S,)),
    "solve": (lambda a, b: xnp.linalg.solve(a, b, assume_a="pos"),
              lambda a, b: torch.cholesky_solve(b, tl.cholesky(a)), (S, R)),
    "inv": (lambda a: xnp.linalg.inv(a, assume_a="pos"),
            lambda a: torch.cholesky_inverse(tl.cholesky(a)), (S,)),
    "slogdet": (lambda a: xnp.linalg.slogdet(a, assume_a="pos")[1],
                lambda a: 2 * torch.log(torch.diagonal(tl.cholesky(a))).sum(), (S,)),
    "det": (lambda a: xnp.linalg.det(a, assume_a="pos"), tl.det, (S,)),
    "closed forms": (lambda a: [np.linalg.inv(a), np.linalg.det(a), np.linalg.slogdet(a)[1]],
                     lambda a: [tl.inv(a), tl.det(a), tl.slogdet(a)[1]], (SMALL[3],)),
    "closed solve": (np.linalg.solve, tl.solve, (G, V[:3])),
    "general": (lambda a, b: [np.linalg.solve(a, b), np.linalg.det(a), np.linalg.slogdet(a)[1]],
                lambda a, b: [tl.solve(a, b), tl.det(a), tl.slogdet(a)[1]],
                (GENERAL[:4, :4], R)),
    "general inv": (np.linalg.inv, tl.inv, (BATCH,)),
    "general panels": (lambda a: np.linalg.solve(a, RHS), lambda a: tl.solve(a, to_torch(RHS)),
                       (GENERAL,)),
    "qr": (np.linalg.qr, tl.qr, (GENERAL[:5, :4],)),
    "wide qr": (np.linalg.qr, tl.qr, (GENERAL[:3, :5],)),
    "qr of panels": (np.linalg.qr, tl.qr, (GENERAL[:, :40],)),
    "panels": (lambda a: xnp.linalg.solve(a, RHS, assume_a="pos"),
               lambda a: torch.cholesky_solve(to_torch(RHS), tl.cholesky(a)), (LARGE,)),
}  # fmt: skip


# Those whose second derivatives are compared as well.
TWICE = ("cholesky", "solve", "slogdet", "general", "qr")


GRADIENTS = Gradients(PAIRS, TWICE)


@pytest.mark.parametrize("name", PAIRS)
def test_gradients_are_torchs(name: str) -> None:
    GRADIENTS.check(name)


def test_gradient_by_a_symmetric_matrix_is_symmetric() -> None:
    gradient = np.asarray(GRADIENTS.found["cholesky"][0])
    np.testing.assert_allclose(gradient, gradient.T, rtol=0, atol=1e-14)


def test_hessian_of_a_gaussian_log_likelihood() -> None:
    """By the mean and the logarithms of the kernel's parameters."""
    points, observed = rng.normal(size=(6, 2)), rng.normal(size=6)

    def log_likelihood(parameters: Any, n: Any, eye: Any, x: Any, y: Any) -> Any:
        mean, scale, noise = parameters[0], n.exp(parameters[1]), n.exp(parameters[2])
        squares = ((x[:, None] - x[None]) ** 2).sum(-1)
        covariance = n.exp(-squares / (2 * scale)) + noise * eye
        rest = y - mean
        if n is torch:
            factor = torch.linalg.cholesky(covariance)
            white = torch.linalg.solve_triangular(factor, rest[:, None], upper=False)[:, 0]
            diagonal = torch.diagonal(factor)
        else:
            factor = np.linalg.cholesky(covariance)
            white = xnp.linalg.solve_triangular(factor, rest, lower=True)
            diagonal = np.diagonal(factor)
        return -0.5 * (white @ white) - n.log(diagonal).sum() - 3 * math.log(2 * math.pi)

    at = np.array([0.3, 0.5, -1.0])
    got = frontend.hessian(lambda p: log_likelihood(p, np, np.eye(6), points, observed))(at)
    x, y = to_torch(points), to_torch(observed)
    want = torch.func.hessian(
        lambda p: log_likelihood(p, torch, torch.eye(6, dtype=torch.float64), x, y)
    )(to_torch(at))
    np.testing.assert_allclose(np.asarray(got), want.numpy(), rtol=1e-9, atol=1e-9)


def test_vmap_over_leading_and_inner_axes() -> None:
    inside = np.moveaxis(STACK[0], 0, 1)
    sides = rng.normal(size=(3, 4, 2))

    def run(leading: Any, inner: Any, rows: Any, a: Any, b: Any) -> list[Any]:
        cholesky, solve = np.linalg.cholesky, xnp.linalg.solve

        def positive(a: Any, b: Any) -> Any:
            return solve(a, b, assume_a="pos")

        return [
            frontend.vmap(frontend.vmap(cholesky))(leading),
            frontend.vmap(cholesky, 1, 2)(inner),
            frontend.vmap(positive)(leading[0], rows),
            frontend.vmap(positive, (None, 0))(a, rows),
            frontend.vmap(positive, (None, 1))(a, b),
            frontend.vmap(positive, (1, None))(inner, b),
        ]

    got = frontend.jit(run)(STACK, inside, sides, S, R)
    want = [
        np.linalg.cholesky(STACK),
        np.moveaxis(np.linalg.cholesky(STACK[0]), 0, 2),
        np.linalg.solve(STACK[0], sides),
        np.linalg.solve(S, sides),
        np.linalg.solve(S, R).T,
        np.linalg.solve(STACK[0], R),
    ]
    for result, truth in zip(got, want, strict=True):
        np.testing.assert_allclose(np.asarray(result), truth, rtol=1e-12, atol=1e-12)


# On concrete arrays, and mistakes ----------------------------------------------------------------


def test_concrete_arrays() -> None:
    """What NumPy has is NumPy's; what it lacks is compiled and run."""
    assert type(xnp.linalg.cholesky(S)) is np.ndarray
    np.testing.assert_array_equal(xnp.linalg.solve(S, V), np.linalg.solve(S, V))
    np.testing.assert_array_equal(xnp.linalg.svd(S)[1], np.linalg.svd(S)[1])
    got = xnp.linalg.solve(S, V, assume_a="positive definite")
    np.testing.assert_allclose(np.asarray(got), np.linalg.solve(S, V), rtol=1e-13)
    got = xnp.linalg.solve_triangular(L, V, lower=True, unit_diagonal=False)
    np.testing.assert_allclose(np.asarray(got), np.linalg.solve(L, V), rtol=1e-13)


MISTAKES: dict[str, tuple[Any, type[Exception], tuple[str, ...]]] = {
    "not square": (lambda a: np.linalg.cholesky(a[:3]), XformValueError, ("cholesky", "(3, 4)")),
    "a vector": (lambda a: np.linalg.cholesky(a[0]), XformValueError, ("square", "(4,)")),
    "rows": (lambda a: xnp.linalg.solve_triangular(a, V[:3]), XformValueError,
             ("solve_triangular", "4 rows", "(3,)")),
    "0-d": (lambda a: xnp.linalg.solve_triangular(a, 1.0), XformValueError, ("shape ()",)),
    "batches": (lambda a: xnp.linalg.solve(np.stack([a, a]), np.ones((3, 4, 1)), assume_a="pos"),
                XformValueError, ("(2,)", "(3,)")),
    "tensorsolve": (lambda a: np.linalg.tensorsolve(a, np.ones((2, 2))), XformValueError,
                    ("tensorsolve", "(4, 4)", "(2, 2)")),
    "tensorinv": (lambda a: np.linalg.tensorinv(a, 2), XformValueError,
                  ("tensorinv", "first 2 axes", "(4, 4)")),
    "tensorinv by none": (lambda a: np.linalg.tensorinv(a, 0), XformValueError, ("positive",)),
    "qr of a vector": (lambda a: np.linalg.qr(a[0]), XformValueError, ("qr", "(4,)")),
    "mode": (lambda a: np.linalg.qr(a, "raw"), XformValueError, ("'raw'", "'reduced'")),
    "kind": (lambda a: xnp.linalg.solve(a, V, assume_a="symmetric"), XformValueError,
             ("'symmetric'", "'lower triangular'")),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, kind, parts = MISTAKES[name]
    with pytest.raises(kind) as caught:
        frontend.jit(function).lower(S)
    for part in (*parts, "test_linalg.py"):
        assert part in str(caught.value)


def test_columns_that_complete() -> None:
    """Their projector is what the others leave, whichever are chosen."""
    x = GENERAL[:4, :2]

    def beside(x: Any, complete: bool) -> Any:
        q = np.linalg.qr(x, "complete" if complete else "reduced")[0]
        rest = q[:, 2:] @ q[:, 2:].T if complete else np.eye(4) - q @ q.T
        return (rest * R[:, :1]).sum()

    for wrapped in (frontend.grad, frontend.hessian):
        got, want = (wrapped(lambda x, c=c: beside(x, c))(x) for c in (True, False))
        np.testing.assert_allclose(np.asarray(got), np.asarray(want), rtol=1e-10, atol=1e-11)
