"""Functions by eigenvalues of general matrices, against SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import linalg as scipy_linalg
from xform import frontend
from xform.errors import XformValueError
from xform.scipy import linalg

rng = np.random.default_rng(31)
A = np.diag([1.0, 3, 5, 8]) + rng.normal(size=(4, 4)) / 4
B = np.eye(4) * 2 + rng.normal(size=(4, 4)) / 4
TURN = np.array([[0.0, 2], [-1, 0]])


def in_order(w: Any, *vectors: Any) -> list[np.ndarray]:
    """Sorted by values, vectors of the sign that makes their diagonal positive."""
    order = np.argsort(np.asarray(w).real)
    found = [np.asarray(w).real[order]]
    for v in vectors:
        v = np.asarray(v).real[:, order]
        found.append(v * np.sign(np.diag(v)))
    return found


@pytest.mark.parametrize("b", [None, B], ids=["standard", "generalised"])
def test_eigenvalues(b: Any) -> None:
    run = frontend.jit(lambda a, b: linalg.eig(a, b, left=True))
    for got, want in zip(
        in_order(*run(A, b)), in_order(*scipy_linalg.eig(A, b, left=True)), strict=True
    ):
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-12)
    values = frontend.jit(linalg.eigvals)(A, b)
    np.testing.assert_allclose(np.sort(values), in_order(*run(A, b))[0], rtol=1e-12)
    assert linalg.eig(A, b, right=False).shape == (4,)


def test_left_vectors_beside_complex_ones() -> None:
    a = scipy_linalg.block_diag(A, TURN)
    a[0, 4] = a[5, 1] = 0.5
    w, u = frontend.jit(lambda a: linalg.eig(a, left=True, right=False))(a)
    real = np.isfinite(w)
    assert real.sum() == 4
    assert np.isnan(np.asarray(u)[:, ~real]).all()
    u, w = np.asarray(u)[:, real], np.asarray(w)[real]
    np.testing.assert_allclose(u.T @ a, w[:, None] * u.T, rtol=1e-10, atol=1e-12)


def test_schur_form() -> None:
    a = scipy_linalg.block_diag(A, TURN) + rng.normal(size=(6, 6)) / 8
    t, z = (np.asarray(x) for x in frontend.jit(linalg.schur)(a))
    np.testing.assert_allclose(z @ t @ z.T, a, rtol=1e-12, atol=1e-13)
    wanted = np.sort_complex(scipy_linalg.eigvals(a))
    np.testing.assert_allclose(np.sort_complex(scipy_linalg.eigvals(t)), wanted, rtol=1e-10)


FUNCTIONS: dict[str, tuple[Any, Any]] = {
    "funm": (lambda a: linalg.funm(a, np.sin), scipy_linalg.sinm),
    "funm of itself": (lambda a: linalg.funm(a, lambda w: w), lambda a: a),
    **{
        f"power {t}": (
            lambda a, t=t: linalg.fractional_matrix_power(a, t),
            lambda a, t=t: scipy_linalg.fractional_matrix_power(a, t),
        )
        for t in (0.5, -1.25, 2, 0, 3.75)
    },
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_matrices(name: str) -> None:
    """Values are SciPy's, slopes those of its differences."""
    function, expected = FUNCTIONS[name]
    run = frontend.jit(lambda a, d: frontend.jvp(function, (a,), (d,)))
    value, slope = (np.asarray(x) for x in run(A, B))
    np.testing.assert_allclose(value, np.real(expected(A)), rtol=1e-10, atol=1e-11)
    step = 1e-3
    ends = {k: np.real(expected(A + k * step * B)) for k in (-2, -1, 1, 2)}
    want = (8 * (ends[1] - ends[-1]) - ends[2] + ends[-2]) / (12 * step)
    np.testing.assert_allclose(slope, want, rtol=1e-7, atol=1e-7)
    batch = frontend.jit(frontend.vmap(function))(np.stack([A, B + 4 * np.eye(4)]))
    np.testing.assert_allclose(batch[0], value, rtol=1e-10, atol=1e-12)


def test_what_is_complex_is_nan() -> None:
    assert np.isnan(np.asarray(linalg.eigvals(TURN))).all()
    assert np.isnan(np.asarray(linalg.funm(TURN, np.exp))).all()


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        (lambda a: linalg.schur(a, output="complex"), ("'real'", "'complex'")),
        (lambda a: linalg.schur(a, sort="lhp"), ("sort=None", "'lhp'")),
        (lambda a: linalg.schur(a[:2]), ("schur", "(2, 4)")),
        (lambda a: linalg.eig(a, homogeneous_eigvals=True), ("homogeneous_eigvals=False",)),
        (lambda a: linalg.eigvals(a, a[:2, :2]), ("eigvals", "(4, 4)", "(2, 2)")),
        (lambda a: linalg.funm(a, np.exp, disp=False), ("disp=True",)),
    ],
)
def test_errors(call: Any, parts: tuple[str, ...]) -> None:
    with pytest.raises(XformValueError) as error:
        frontend.jit(call)(A)
    assert all(part in str(error.value) for part in parts)
