"""Derivatives of determinants against those by minors, also where there is no inverse."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import second_opinion
from xform.frontend import grad, jacfwd, jacrev, jit, vmap

Matrix = npt.NDArray[np.float64]

rng = np.random.default_rng(23)
N = 4
U, V = (np.linalg.qr(rng.normal(size=(N, N)))[0] for _ in range(2))
MATRICES = {
    "general": rng.normal(size=(N, N)), "identity": np.eye(N),
    "turned": U @ np.diag([-1, 1, 1, 1.0]),
    "one zero": (U * [3, 2, 1, 0]) @ V, "equal": (U * [2, 2, 2, 0]) @ V,
    "two zeros": (U * [3, 2, 0, 0]) @ V, "two equal": (U * [2, 2, 0, 0]) @ V,
    "three zeros": (U * [3, 0, 0, 0]) @ V, "zero": np.zeros((N, N)), "ones": np.ones((N, N)),
    "a zero pivot": np.diag([0.0, 1, 2, 3]), "nilpotent": np.diag([1.0, 2, 3], 1),
    "close": (U * [3, 2, 1, 1e-13]) @ V, "two close": (U * [3, 2, 1e-9, 1e-9]) @ V,
    "scales": (U * [1e6, 1, 1e-3, 1e-6]) @ V,
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each program is called many times, and there are no other numbers than those asked for."""
    monkeypatch.setattr(second_opinion, "_SHARE", 0.0)


def by_permutations(a: Matrix) -> float:
    """The determinant, as it is defined."""
    if not len(a):
        return 1.0
    return sum((-1) ** j * a[0, j] * by_permutations(np.delete(a[1:], j, 1)) for j in range(len(a)))


def cofactors(a: Matrix) -> Matrix:
    n = len(a)
    return np.array(
        [
            [
                (-1) ** (i + j) * by_permutations(np.delete(np.delete(a, i, 0), j, 1))
                for j in range(n)
            ]
            for i in range(n)
        ]
    )


def second(a: Matrix) -> Matrix:
    """The second derivatives."""
    n = len(a)
    result = np.zeros((n, n, n, n))
    for i, j in np.ndindex(n, n):
        # Without row i and column j: a determinant has one element of each.
        left = a.copy()
        left[i], left[:, j] = 0, 0
        left[i, j] = 1
        result[:, :, i, j] = cofactors(left)
        result[i, :, i, j] = result[:, j, i, j] = 0
    return result


first = jit(grad(np.linalg.det))
forward = jit(jacfwd(grad(np.linalg.det)))
reverse = jit(jacrev(jacrev(np.linalg.det)))


@pytest.mark.parametrize("name", MATRICES)
def test_derivatives(name: str) -> None:
    a = MATRICES[name]
    scale = np.linalg.norm(a, 2) or 1.0
    np.testing.assert_allclose(first(a), cofactors(a), rtol=1e-9, atol=1e-14 * scale ** (N - 1))
    for found in (forward(a), reverse(a)):
        np.testing.assert_allclose(found, second(a), rtol=1e-7, atol=1e-12 * scale ** (N - 2))


def test_batches() -> None:
    batch = np.stack([*MATRICES.values()])
    expected = np.stack([cofactors(a) for a in batch])
    atol = 1e-13 * np.abs(batch).max((1, 2), keepdims=True) ** (N - 1) + 1e-14
    for found in (
        jit(vmap(grad(np.linalg.det)))(batch),
        jit(grad(lambda a: np.linalg.det(a).sum()))(batch),
    ):
        assert (np.abs(np.asarray(found) - expected) <= atol + 1e-9 * np.abs(expected)).all()


def test_float32() -> None:
    for name in ("general", "one zero", "two equal", "ones"):
        a = MATRICES[name].astype(np.float32)
        found = np.asarray(first(a))
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, cofactors(a.astype(float)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("sizes", [(3,), (0, 5), (2, 3)])
def test_values_are_numpys(sizes: tuple[int, ...]) -> None:
    a: Any = rng.normal(size=(*sizes, 5, 5))
    np.testing.assert_allclose(jit(np.linalg.det)(a), np.linalg.det(a), rtol=1e-12)


def test_what_is_not_finite() -> None:
    a = MATRICES["general"].copy()
    a[1, 2] = np.nan
    assert np.isnan(np.asarray(first(a))).any()
