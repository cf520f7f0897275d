"""Eigenvalues and singular values: values against NumPy's, derivatives against torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import xform.numpy as xnp
from against_torch import Gradients, Pair
from batch import Batch, Case
from xform import frontend
from xform.errors import XformValueError

rng = np.random.default_rng(17)
GENERAL = rng.normal(size=(70, 70))
SYMMETRIC = GENERAL + GENERAL.T
BATCH = rng.normal(size=(2, 3, 5, 4))
Q = np.linalg.qr(GENERAL[:9, :9])[0]
LOW_RANK = GENERAL[:9, :2] @ GENERAL[:9, :2].T
REPEATED = (Q * np.repeat([1.0, 2.0, -1.0], 3)) @ Q.T
CLUSTERED = (Q * (1 + 1e-13 * np.arange(9))) @ Q.T
GRADED = GENERAL[:9, :9] * 10.0 ** -np.arange(9)
# Where the iterations begin with zeros, or need no turn.
NILPOTENT = np.diag(np.ones(8), 1)
BIDIAGONAL = np.diag([1.0, 0, 2, 3, 0]) + np.diag([1.0, 2, 3, 4], 1)
MATRICES = {
    "one": GENERAL[:1, :1], "two": GENERAL[:2, :2], "five": GENERAL[:5, :5], "panels": GENERAL,
    "zeros": np.zeros((4, 4)), "identity": np.eye(5), "ones": np.ones((6, 6)),
    "low rank": LOW_RANK, "repeated": REPEATED, "clustered": CLUSTERED, "graded": GRADED,
    "graded up": GRADED[::-1, ::-1].copy(), "nilpotent": NILPOTENT, "bidiagonal": BIDIAGONAL,
    "large": GENERAL[:6, :6] * 1e300, "small": GENERAL[:6, :6] * 1e-300,
    "subnormal": GENERAL[:6, :6] * 1e-310,
}  # fmt: skip
# Of which an iteration for values alone comes apart, before it begins or on its way, is turned
# round, takes smaller shifts than it tried, or finds many values that are close.
LINKS = np.where(np.arange(15) % 4 == 3, 1e-5, 1.0)
STEPS = 10.0 ** -np.r_[0:8, 7:-1:-1]
BANDS = {
    "blocks": np.kron(np.eye(3), GENERAL[:5, :5]),
    "weak links": np.diag(1.0 + np.arange(16) % 4) + np.diag(LINKS, 1),
    "weak links up": np.diag(4.0 - np.arange(16) % 4) + np.diag(LINKS, 1),
    "down and up": np.diag(STEPS) + np.diag(STEPS[:-1], 1),
    "close": np.eye(12) + 1e-6 * np.diag(GENERAL[0, :11], 1),
    "pairs": np.diag(np.abs(np.arange(-10.0, 11))) + np.diag(np.ones(20), 1),
    "all sizes": np.diag(10.0 ** (-7 * np.abs(GENERAL[3, :40])))
    + np.diag(10.0 ** (-7 * np.abs(GENERAL[4, :39])), 1),
}
RECTANGLES = {
    "tall": GENERAL[:, :40], "wide": GENERAL[:40], "a column": GENERAL[:, :1],
    "a row": GENERAL[:1], "batch": BATCH, "wide batch": BATCH.swapaxes(-1, -2),
    "low rank": LOW_RANK[:, :5],
}  # fmt: skip


def both(x: np.ndarray) -> np.ndarray:
    return x + x.swapaxes(-1, -2)


def scaled(x: np.ndarray) -> np.ndarray:
    """Errors are counted by the largest element, as sums of squares may not be numbers."""
    wide = x.astype(np.float64)
    return wide / (np.abs(wide).max(initial=0) or 1.0)


def transposed(x: Any) -> Any:
    return x.swapaxes(-1, -2)


def of_eigh(a: Any) -> list[Any]:
    """What does not depend on the signs, or the choice, of vectors."""
    w, v = np.linalg.eigh(a)
    return [w, (v * w[..., None, :]) @ transposed(v), transposed(v) @ v, np.linalg.eigvalsh(a)]


def of_svd(a: Any, full: bool) -> list[Any]:
    u, s, vh = np.linalg.svd(a, full)
    k = s.shape[-1]
    return [
        s,
        (u[..., :k] * s[..., None, :]) @ vh[..., :k, :],
        transposed(u) @ u,
        vh @ transposed(vh),
        np.linalg.svdvals(a),
    ]


def expected_svd(a: np.ndarray, full: bool) -> list[np.ndarray]:
    """By NumPy in float64, with the sizes that this has."""
    return [x.astype(a.dtype) for x in of_svd(a.astype(np.float64), full)]


def expected_eigh(a: np.ndarray) -> list[np.ndarray]:
    return [x.astype(a.dtype) for x in of_eigh(a.astype(np.float64))]


def tolerances(a: np.ndarray) -> dict[str, float]:
    """A few roundings of the largest number in the results."""
    rounding = 30 * max(a.shape[-2:]) * float(np.finfo(a.dtype).eps)
    size = np.linalg.norm(scaled(a), axis=(-2, -1)).max(initial=0)
    return {"rtol": rounding, "atol": max(size * np.abs(a).max(initial=0), 1.0) * rounding / 10}


DTYPES = (np.float64, np.float32)
CASES = Batch([
    *[
        Case(f"eigh {name} {np.dtype(dtype)}", of_eigh, both(x).astype(dtype),
             expected=expected_eigh, **tolerances(both(x).astype(dtype)))
        for name, x in MATRICES.items() for dtype in DTYPES
        if dtype == np.float64 or name not in ("large", "small", "subnormal")
    ],
    *[
        Case(f"eigvalsh {name} {np.dtype(dtype)}", np.linalg.eigvalsh, both(x).astype(dtype),
             expected=lambda a: np.linalg.eigvalsh(a.astype(np.float64)).astype(a.dtype),
             **tolerances(both(x).astype(dtype)))
        for name, x in (MATRICES | BANDS).items() for dtype in DTYPES
        if dtype == np.float64 or name not in ("large", "small", "subnormal")
    ],
    Case("eigh of a batch", of_eigh, both(rng.normal(size=(2, 3, 4, 4))), rtol=1e-12, atol=1e-12),
    Case("eigh of many", of_eigh, both(rng.normal(size=(70, 3, 3))), rtol=1e-12, atol=1e-12),
    Case("eigh of nothing", of_eigh, np.zeros((2, 0, 0))),
    Case("eigh of ints", np.linalg.eigvalsh, np.array([[2, 1], [1, 2]])),
    Case("eigh reads one triangle",
         lambda a, b: [np.linalg.eigvalsh(a), np.linalg.eigvalsh(b, "U")],
         np.where(np.tri(5, dtype=bool), SYMMETRIC[:5, :5], np.nan),
         np.where(np.tri(5, dtype=bool).T, SYMMETRIC[:5, :5], np.nan),
         expected=lambda a, b: [np.linalg.eigvalsh(SYMMETRIC[:5, :5])] * 2, rtol=1e-12),
    *[
        Case(f"svd {name} {np.dtype(dtype)}", lambda a: of_svd(a, False), x.astype(dtype),
             expected=lambda a: expected_svd(a, False), **tolerances(x.astype(dtype)))
        for name, x in MATRICES.items() for dtype in DTYPES
        if dtype == np.float64 or name not in ("large", "small", "subnormal")
    ],
    *[
        Case(f"svdvals {name} {np.dtype(dtype)}", np.linalg.svdvals, x.astype(dtype),
             expected=lambda a: np.linalg.svdvals(a.astype(np.float64)).astype(a.dtype),
             **tolerances(x.astype(dtype)))
        for name, x in (MATRICES | BANDS).items() for dtype in DTYPES
        if dtype == np.float64 or name not in ("large", "small", "subnormal")
    ],
    Case("svdvals of many", np.linalg.svdvals, rng.normal(size=(70, 16, 16)), rtol=1e-12,
         atol=1e-13),
    *[
        Case(f"svd {name} {'full' * full}", lambda a, full=full: of_svd(a, full), x,
             **tolerances(x))
        for name, x in RECTANGLES.items() for full in (False, True)
    ],
    *[
        Case(f"svd of {shape}", lambda a: [*of_svd(a, False), *of_svd(a, True)], np.ones(shape))
        for shape in ((0, 0), (0, 3), (3, 0), (2, 0, 3))
    ],
    Case("svd of symmetric matrices", lambda a: np.linalg.svd(a, hermitian=True)[1],
         np.where(np.tri(5, dtype=bool), SYMMETRIC[:5, :5], np.nan),
         expected=lambda a: np.linalg.svd(SYMMETRIC[:5, :5])[1], rtol=1e-12),
    Case("values alone", lambda a: np.linalg.svd(a, compute_uv=False), BATCH, rtol=1e-12),
    Case("ranks", lambda a, b, c: [np.linalg.matrix_rank(a), np.linalg.matrix_rank(b, tol=1.0),
                                   np.linalg.matrix_rank(b, rtol=0.5), np.linalg.matrix_rank(c),
                                   np.linalg.matrix_rank(c[0, 0, 0]) + np.int64(0),
                                   np.linalg.matrix_rank(c, hermitian=False, tol=c[:, :, 0, 0])],
         LOW_RANK, GENERAL[:9, :9], BATCH),
    Case("ranks of nothing", lambda a: np.linalg.matrix_rank(a), np.zeros((3, 0, 2))),
    *[
        Case(f"cond {p}", lambda a, b, p=p: [np.linalg.cond(a, p), np.linalg.cond(b, p)],
             BATCH[..., :4, :], np.eye(3), rtol=1e-11)
        for p in (None, 2, -2, 1, -1, np.inf, -np.inf, "fro", "nuc")
    ],
    Case("cond of singular ones", lambda a: [np.linalg.cond(a), np.linalg.cond(a, 1)],
         np.zeros((2, 2))),
    *[
        Case(f"norm {order}", lambda a, order=order: [
            np.linalg.norm(a, order, (-2, -1)), np.linalg.norm(a, order, (0, 2), True),
            np.linalg.matrix_norm(a, ord=order, keepdims=True)], BATCH[0], rtol=1e-12)
        for order in (2, -2, "nuc")
    ],
    Case("norm 2 of nothing", lambda a: np.linalg.norm(a, 2), np.zeros((0, 3))),
    *[
        Case(f"pinv {name}", lambda a: [np.linalg.pinv(a), np.linalg.pinv(a, rtol=None),
                                        np.linalg.pinv(a, 1e-3), np.linalg.pinv(a, rtol=1e-3)],
             x, rtol=1e-9, atol=1e-11)
        for name, x in (("square", GENERAL[:5, :5]), ("tall", BATCH), ("wide", BATCH.mT))
    ],
    Case("pinv of low rank", lambda a: np.linalg.pinv(a, 1e-12), LOW_RANK, rtol=1e-9, atol=1e-11),
    Case("pinv of nothing", lambda a: np.linalg.pinv(a), np.zeros((2, 0, 3))),
    Case("pinv of symmetric ones", lambda a: np.linalg.pinv(a, hermitian=True), SYMMETRIC[:4, :4],
         rtol=1e-9),
    *[
        Case(f"lstsq {m} x {n}", lambda a, b: [np.linalg.lstsq(a, b), np.linalg.lstsq(a, b[:, 0]),
                                              np.linalg.lstsq(a, b, 0.5)[0],
                                              np.linalg.lstsq(a, b, -1)[0]],
             GENERAL[:m, :n], GENERAL[:m, -2:], rtol=1e-9, atol=1e-11)
        for m, n in ((6, 3), (4, 4), (3, 6), (5, 1))
    ],
    Case("lstsq of low rank", lambda a, b: np.linalg.lstsq(a, b)[::2], LOW_RANK, GENERAL[:9, :2],
         rtol=1e-9, atol=1e-11),
    Case("lstsq of nothing", lambda a, b: [*np.linalg.lstsq(a, b), *np.linalg.lstsq(b, a)],
         np.ones((3, 0)), np.ones((3, 2))),
    Case("lstsq of ints", lambda a, b: np.linalg.lstsq(a, b)[0], np.array([[1, 2], [3, 4]]),
         np.array([1, 2]), rtol=1e-12),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


@pytest.mark.parametrize("device", ["cpu", pytest.param("vulkan", marks=pytest.mark.vulkan)])
def test_what_is_not_finite_is_nan(device: str) -> None:
    """Where NumPy raises LinAlgError; the other matrices of a batch keep their values."""
    batch = np.stack([SYMMETRIC[:4, :4]] * 3).astype(np.float32)
    batch[1, 2, 1] = np.nan
    batch[2, 3, 0] = -np.inf

    def factors(a: Any) -> list[Any]:
        (w, v), (u, s, vh) = np.linalg.eigh(a), np.linalg.svd(a)
        # Products that do not know the vectors' signs.
        return [w, s, np.linalg.eigvalsh(2 * a), np.linalg.svdvals(2 * a),
                (v * w[..., None, :]) @ v.mT, (u * s[..., None, :]) @ vh]  # fmt: skip

    jitted = frontend.jit(factors, device=device)  # type: ignore[call-overload]
    for result, truth in zip(jitted(batch), factors(batch[0]), strict=True):
        np.testing.assert_allclose(np.asarray(result)[0], truth, rtol=1e-4, atol=1e-5)
        assert np.isnan(np.asarray(result)[1:]).all()


tl = torch.linalg
X, TALL, WIDE = GENERAL[:4, :4], GENERAL[:5, :3], GENERAL[:3, :5]


def columns(v: Any) -> Any:
    """Vectors without their signs."""
    return v * v * v * v


def eigenpairs(eigh: Any) -> Any:
    def function(a: Any) -> list[Any]:
        w, v = eigh(a + a.mT)
        return [w, columns(v)]

    return function


def triples(svd: Any) -> Any:
    def function(a: Any) -> list[Any]:
        u, s, vh = svd(a)
        return [columns(u), s, columns(vh)]

    return function


svd, torch_svd = (
    triples(lambda a: np.linalg.svd(a, full_matrices=False)),
    triples(lambda a: tl.svd(a, full_matrices=False)),
)
PAIRS: dict[str, Pair] = {
    "eigh": (eigenpairs(np.linalg.eigh), eigenpairs(tl.eigh), (X,)),
    "eigh of a batch": (eigenpairs(np.linalg.eigh), eigenpairs(tl.eigh), (BATCH[..., :4, :],)),
    "eigvalsh": (lambda a: np.linalg.eigvalsh(a + a.mT), lambda a: tl.eigvalsh(a + a.mT), (X,)),
    "svd": (svd, torch_svd, (X,)),
    "svd of tall ones": (svd, torch_svd, (TALL,)),
    "svd of wide ones": (svd, torch_svd, (WIDE,)),
    "svd of a batch": (svd, torch_svd, (BATCH,)),
    "svdvals": (np.linalg.svdvals, tl.svdvals, (TALL,)),
    "pinv": (np.linalg.pinv, tl.pinv, (TALL,)),
    "pinv of wide ones": (np.linalg.pinv, tl.pinv, (WIDE,)),
    "pinv of the identity": (np.linalg.pinv, tl.pinv, (np.eye(3),)),
    "lstsq": (lambda a, b: np.linalg.lstsq(a, b)[:2],
              lambda a, b: [x := tl.pinv(a) @ b, ((b - a @ x) ** 2).sum(0)],
              (TALL, GENERAL[:5, :2])),
    "lstsq of wide ones": (lambda a, b: np.linalg.lstsq(a, b)[0], lambda a, b: tl.pinv(a) @ b,
                           (WIDE, GENERAL[:3, :2])),
    "norms": (lambda a: [np.linalg.norm(a, p) for p in (2, -2, "nuc")],
              lambda a: [tl.matrix_norm(a, p) for p in (2, -2, "nuc")], (TALL,)),
    "cond": (lambda a: [np.linalg.cond(a, p) for p in (None, -2, 1, "fro")],
             lambda a: [tl.cond(a, 2), tl.cond(a, -2),
                        *(tl.matrix_norm(a, p) * tl.matrix_norm(tl.inv(a), p)
                          for p in (1, "fro"))], (X,)),
}  # fmt: skip
GRADIENTS = Gradients(PAIRS, ("eigh", "svd", "svd of tall ones", "svd of wide ones", "pinv",
                              "pinv of wide ones", "lstsq", "norms"))  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_gradients_are_torchs(name: str) -> None:
    GRADIENTS.check(name)


# What does not depend on which vectors of equal values are chosen -------------------------------

D = np.cos(np.arange(81.0)).reshape(9, 9)


def projector(a: Any) -> Any:
    """On the vectors of the three least eigenvalues, which are equal."""
    v = np.linalg.eigh(a)[1][:, :3]
    return v @ v.T


def polar(a: Any) -> Any:
    u, _, vh = np.linalg.svd(a)
    return u @ vh


def left_over(a: Any) -> Any:
    """The projector on what the columns leave, by vectors that complete them."""
    u = np.linalg.svd(a)[0][:, a.shape[1] :]
    return u @ u.T


DEGENERATE: dict[str, tuple[Any, np.ndarray]] = {
    "a projector": (projector, REPEATED),
    "a sum over eigenvalues": (lambda a: np.exp(np.linalg.eigvalsh(a)).sum(), REPEATED),
    "a sum over singular values": (lambda a: np.linalg.svdvals(a).sum(), REPEATED),
    "the nearest rotation": (polar, Q),
    "of others": (polar, 2 * Q @ REPEATED),
    "the pseudoinverse": (np.linalg.pinv, REPEATED),
    "least squares": (lambda a: np.linalg.lstsq(a, D[:, :2])[0], REPEATED[:, :5] * 0 + Q[:, :5]),
    "what columns leave": (left_over, Q[:, :6]),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_derivatives_where_values_are_equal(name: str) -> None:
    """Against differences, as no library has them all."""
    function, at = DEGENERATE[name]
    direction = D[: at.shape[0], : at.shape[1]]
    if name in ("a projector", "a sum over eigenvalues"):
        direction = both(direction)
    step = 1e-4

    def moved(t: float) -> Any:
        return np.asarray(frontend.jit(function)(at + t * direction))

    _, got = frontend.jit(lambda x, d: frontend.jvp(function, (x,), (d,)))(at, direction)
    want = (8 * (moved(step) - moved(-step)) - moved(2 * step) + moved(-2 * step)) / (12 * step)
    np.testing.assert_allclose(np.asarray(got), want, rtol=1e-8, atol=1e-9)


def test_second_derivative_of_the_nearest_rotation() -> None:
    """Of exp(t k) r it is k^2 r, for a skew k: also at r, whose singular values are all 1."""
    k = D[:3, :3] - D[:3, :3].T

    def rotated(t: Any) -> Any:
        return polar(np.eye(3) + t * k + t * t * (k @ k) / 2)

    got = frontend.jit(frontend.jacfwd(frontend.jacfwd(rotated)))(0.0)
    np.testing.assert_allclose(np.asarray(got), k @ k, rtol=1e-10, atol=1e-12)


def test_vmap_over_inner_axes() -> None:
    got = frontend.jit(frontend.vmap(lambda a: np.linalg.svdvals(a), 1, 1))(BATCH[0])
    np.testing.assert_allclose(np.asarray(got), np.linalg.svdvals(BATCH[0].swapaxes(0, 1)).T,
                               rtol=1e-12)  # fmt: skip


@pytest.mark.vulkan
def test_on_vulkan() -> None:
    """By rotations, where many small steps would take long."""
    a, b = both(GENERAL[:5, :5]).astype(np.float32), GENERAL[:2, :12].reshape(2, 4, 3)

    def run(a: Any, b: Any) -> list[Any]:
        return [*of_eigh(a), *of_svd(b, False)]

    got = frontend.jit(run, device="vulkan")(a, b.astype(np.float32))
    for result, truth in zip(got, [*expected_eigh(a), *expected_svd(b, False)], strict=True):
        np.testing.assert_allclose(np.asarray(result), truth, rtol=1e-5, atol=1e-5)


MISTAKES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "not square": (np.linalg.eigh, ("eigh", "(5, 3)")),
    "a vector": (lambda a: np.linalg.svd(a[0]), ("svd", "(3,)")),
    "UPLO": (lambda a: np.linalg.eigvalsh(a[:3], "x"), ("UPLO", "'x'")),
    "two limits": (lambda a: np.linalg.matrix_rank(a, 1.0, rtol=1.0), ("tol and rtol",)),
    "two fractions": (lambda a: np.linalg.pinv(a, 1.0, rtol=1.0), ("rcond and rtol",)),
    "rows": (lambda a: np.linalg.lstsq(a, a[0]), ("lstsq", "(5, 3)", "(3,)")),
    "order": (lambda a: np.linalg.norm(a, 3), ("ord 3", "'nuc'")),
    "nothing": (lambda a: np.linalg.cond(a[:0]), ("cond", "(0, 3)")),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, parts = MISTAKES[name]
    with pytest.raises(XformValueError) as caught:
        frontend.jit(function).lower(TALL)
    for part in (*parts, "test_linalg_spectra.py"):
        assert part in str(caught.value)


def test_concrete_arrays() -> None:
    """They are NumPy's."""
    np.testing.assert_array_equal(xnp.linalg.eigvalsh(SYMMETRIC), np.linalg.eigvalsh(SYMMETRIC))
    assert type(xnp.linalg.pinv(TALL)) is np.ndarray
