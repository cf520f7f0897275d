"""Eigenvalues of general matrices: by laws, and derivatives by differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import second_opinion
import xform.numpy as xnp
from xform import frontend, primitives
from xform.errors import XformValueError

rng = np.random.default_rng(29)
A = rng.normal(size=(12, 12))
Q = np.linalg.qr(A[:9, :9])[0]
TURN = np.array([[0.0, 2], [-1, 0]])
MATRICES = {
    "one": A[:1, :1],
    "two": A[:2, :2],
    "three": A[:3, :3],
    "general": A,
    "large": A[:5, :5] * 1e300,
    "small": A[:5, :5] * 1e-300,
    "zeros": np.zeros((4, 4)),
    "identity": np.eye(5),
    "ones": np.ones((6, 6)),
    "nilpotent": np.diag(np.ones(8), 1),
    "nilpotent below": np.diag(np.ones(8), -1),
    "defective": Q @ (np.eye(9) + np.diag(np.ones(8), 1)) @ Q.T,
    "a permutation": np.roll(np.eye(8), 1, 0),
    "orthonormal": Q,
    "symmetric": A + A.T,
    "skew": A - A.T,
    "upper": np.triu(A),
    "lower": np.tril(A),
    "low rank": A[:, :2] @ A[:2],
    "companion": np.vstack([A[:1, :7], np.eye(7)[:-1]]),
    "repeated": (Q * np.repeat([1.0, 2.0, -1.0], 3)) @ Q.T,
    "clustered": (Q * (1 + 1e-13 * np.arange(9))) @ Q.T,
    "turns": np.kron(np.eye(4), TURN),
    "hidden turns": (Q[:8, :8] @ np.kron(np.eye(4), TURN)) @ np.linalg.inv(Q[:8, :8]),
    "graded": A[:9, :9] * 10.0 ** -np.arange(9),
    "graded up": (A[:9, :9] * 10.0 ** -np.arange(9))[::-1, ::-1],
}
IN_SINGLE = [name for name in MATRICES if name not in ("large", "small")]


def factors(a: Any) -> Any:
    return primitives.schur(a), primitives.eig(a)


def check(a: np.ndarray, schur: Any, eig: Any, rounding: float) -> None:
    """Residuals and lengths within some roundings of the largest element."""
    n = a.shape[-1]
    size = np.abs(a).max() or 1.0
    t, z = (np.asarray(x, np.float64) for x in schur)
    wr, wi, vr, vi = (np.asarray(x, np.float64) for x in eig)
    a, t, wr, wi = a / size, t / size, wr / size, wi / size
    allowed = {"rtol": 0, "atol": rounding * n * max(np.linalg.norm(a, 2), 1e-300)}
    np.testing.assert_allclose(z @ t @ z.T, a, **allowed)
    np.testing.assert_allclose(z.T @ z, np.eye(n), rtol=0, atol=rounding * n)
    below = np.diag(t, -1)
    assert not np.tril(t, -2).any()
    for i in np.flatnonzero(below):
        assert t[i, i] == t[i + 1, i + 1]
        assert t[i, i + 1] * below[i] < 0
        assert i + 1 == n - 1 or below[i + 1] == 0
    v, w = vr + 1j * vi, wr + 1j * wi
    np.testing.assert_allclose(a @ v, v * w, **allowed)
    np.testing.assert_allclose(np.linalg.norm(v, axis=0), 1, rtol=rounding)
    for i in np.flatnonzero(wi > 0):
        assert w[i + 1] == w[i].conj()
        np.testing.assert_array_equal(v[:, i + 1], v[:, i].conj())
        assert vi[np.argmax(np.abs(v[:, i])), i] == 0


@pytest.mark.parametrize(
    ("name", "dtype"),
    [*((n, np.float64) for n in MATRICES), *((n, np.float32) for n in IN_SINGLE)],
)
def test_laws(name: str, dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # IREE's code may find eigenvalues in another order.
    monkeypatch.setattr(second_opinion, "_SHARE", 0.0)
    a = np.ascontiguousarray(MATRICES[name].astype(dtype))
    check(a.astype(np.float64), *frontend.jit(factors)(a), 30 * float(np.finfo(dtype).eps))


SCALED = {name: MATRICES[name] for name in ("upper", "lower", "graded")}
SCALED["columns"] = A * 10.0 ** np.arange(-3, 9)
SCALED["both"] = SCALED["columns"] / (10.0 ** np.arange(-3, 9))[:, None]


@pytest.mark.parametrize("name", SCALED)
def test_values_of_scaled_matrices_are_numpys(name: str) -> None:
    """Small eigenvalues beside large ones keep their digits, as matrices are balanced."""
    a = SCALED[name]
    got = np.sort(np.asarray(frontend.jit(lambda a: primitives.eig(a)[0])(a)))
    np.testing.assert_allclose(got, np.sort(np.linalg.eigvals(a).real), rtol=1e-6)


def test_schur_form_stays() -> None:
    """Rows are not exchanged, as derivatives rely on."""
    t = np.zeros((5, 5))
    t[np.diag_indices(5)] = [3, 1, 1, 5, 2]
    t[1, 2], t[2, 1], t[0, 4] = 2, -4, 0
    (again, z), (wr, wi, *_) = frontend.jit(factors)(t)
    np.testing.assert_array_equal(again, t)
    np.testing.assert_array_equal(z, np.eye(5))
    np.testing.assert_allclose(wr, np.diag(t))
    np.testing.assert_allclose(wi, [0, 8**0.5, -(8**0.5), 0, 0])


def test_what_is_not_finite_is_nan() -> None:
    batch = np.stack([A[:4, :4]] * 3)
    batch[1, 2, 1] = np.nan
    batch[2, 3, 0] = -np.inf
    for results in frontend.jit(factors)(batch):
        for result in map(np.asarray, results):
            assert np.isfinite(result[0]).all()
            assert np.isnan(result[1:]).all()


def test_names() -> None:
    """NumPy's: real numbers where they are real, NaN where they are not, named results."""
    a = np.array([[2.0, 1, 0, 0], [0, 3, 0, 0], [0, 0, 0, 1], [0, 0, -1, 0]])
    w, v = frontend.jit(xnp.linalg.eig)(a)
    np.testing.assert_array_equal(np.isnan(w), [False, False, True, True])
    np.testing.assert_array_equal(np.isnan(v).any(0), [False, False, True, True])
    np.testing.assert_allclose(np.asarray(w)[:2], [2, 3])
    assert frontend.jit(lambda a: np.linalg.eig(a).eigenvalues)(a).shape == (4,)
    np.testing.assert_array_equal(frontend.jit(xnp.linalg.eigvals)(a[:2, :2]), w[:2])
    np.testing.assert_allclose(
        frontend.jit(xnp.linalg.eigvals)(np.array([[1, 2], [2, 1]])), [3, -1]
    )
    assert np.iscomplexobj(xnp.linalg.eigvals(a))
    with pytest.raises(XformValueError, match="square matrices"):
        frontend.jit(np.linalg.eigvals)(np.ones((2, 3)))


# Derivatives ------------------------------------------------------------------------------------

D = np.cos(np.arange(36.0)).reshape(6, 6)
REAL = np.diag(np.arange(6.0)) * 2 + A[:6, :6] / 4
PAIRS = np.kron(np.diag([1.0, 2, 3]), np.array([[1.0, 2], [-1, 1]])) + A[:6, :6] / 4
MIXED = np.diag([0.0, 4, 4, 8, 12, 12]) + np.kron(np.diag([0, 0, 1.0]), TURN) + A[:6, :6] / 8


def squares(vr: Any, vi: Any) -> list[Any]:
    """Vectors but for their signs."""
    return [vr * vr, vi * vi, vr * vi]


FUNCTIONS: dict[str, Any] = {
    "values": lambda a: primitives.eig(a)[:2],
    "vectors": lambda a: squares(*primitives.eig(a)[2:]),
    "schur": lambda a: [x * x for x in primitives.schur(a)],
}


@pytest.mark.parametrize("at", ["REAL", "PAIRS", "MIXED"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives(name: str, at: str) -> None:
    """To second order, by differences; in reverse, by the product with the forward ones."""
    x, function = globals()[at], FUNCTIONS[name]

    def flat(a: Any) -> Any:
        return np.concatenate([y.ravel() for y in function(a)])

    def slope(a: Any) -> Any:
        return frontend.jvp(flat, (a,), (D,))[1]

    run = frontend.jit(lambda a: (flat(a), slope(a), frontend.jvp(slope, (a,), (D,))[1]))
    step = 1e-3
    moved = {k: [np.asarray(y) for y in run(x + k * step * D)] for k in (-2, -1, 0, 1, 2)}
    for order in (0, 1):
        want = (
            8 * (moved[1][order] - moved[-1][order]) - moved[2][order] + moved[-2][order]
        ) / (12 * step)  # fmt: skip
        np.testing.assert_allclose(moved[0][order + 1], want, rtol=1e-6, atol=1e-7)
    u = np.sin(np.arange(moved[0][0].size))
    (back,) = frontend.jit(lambda a: frontend.vjp(flat, a)[1](u))(x)
    np.testing.assert_allclose(np.vdot(back, D), u @ moved[0][1], rtol=1e-9)


def test_sums_over_equal_values() -> None:
    """Where there are as many vectors as values, each is as good as another."""
    s = A[:6, :6]
    a = s @ np.diag([1.0, 1, 1, 2, 2, 5]) @ np.linalg.inv(s)
    got = frontend.jit(frontend.grad(lambda a: np.exp(np.linalg.eigvals(a)).sum()))(a)
    exact = s @ np.diag(np.exp([1.0, 1, 1, 2, 2, 5])) @ np.linalg.inv(s)
    np.testing.assert_allclose(got, exact.T, rtol=1e-8, atol=1e-8)


@pytest.mark.vulkan
def test_general_matrices_on_vulkan() -> None:
    """By the same sweeps, of all matrices of a batch at once."""
    names = ("one", "two", "general", "skew", "defective", "turns")
    schur, eig = (frontend.jit(f, device="vulkan") for f in (primitives.schur, primitives.eig))
    for name in names[:2]:
        a = MATRICES[name].astype(np.float32)
        check(a.astype(np.float64), schur(a), eig(a), 30 * 2.0**-23)
    batch = np.stack([MATRICES[name][:8, :8] for name in names[2:]]).astype(np.float32)
    found = [[np.asarray(x) for x in f(batch)] for f in (schur, eig)]
    for i, a in enumerate(batch):
        check(a.astype(np.float64), *([x[i] for x in y] for y in found), 30 * 2.0**-23)
