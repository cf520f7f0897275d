"""small_eigh: every eigenpair of a small symmetric matrix, in order."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from xform import tree
from xform.frontend import jit, vmap
from xform.scipy.sparse.linalg.small_eigenproblems import small_eigh

rng = np.random.default_rng(8)


def symmetric(n: int) -> np.ndarray:
    x = rng.normal(size=(n, n))
    return x + x.T


MATRICES = {
    "0": np.zeros((0, 0)),
    "1": np.array([[-3.0]]),
    "2": np.array([[0.0, 1.0], [1.0, 0.0]]),
    "odd": symmetric(5),
    "even": symmetric(8),
    "40": symmetric(40),
    "float32": symmetric(7).astype(np.float32),
    "of one vector": np.ones((4, 4)),
    "equal eigenvalues": np.diag([2.0, 1.0, 2.0, 1.0]),
    "zeros": np.zeros((3, 3)),
    "large and small": symmetric(4) * np.array([1e6, 1, 1, 1]) * np.array([[1e6], [1], [1], [1]]),
    "tiny": symmetric(4) * 1e-100,
}


@cache
def results() -> Any:
    def run(matrices: dict[str, Any]) -> Any:
        stack = np.stack([matrices["odd"], np.eye(5), 2 * matrices["odd"]])
        return {name: small_eigh(a) for name, a in matrices.items()}, vmap(small_eigh)(stack)

    return tree.map(np.asarray, jit(run)(MATRICES))


@pytest.mark.parametrize("name", MATRICES)
def test_eigenpairs(name: str) -> None:
    a = MATRICES[name]
    w, v = results()[0][name]
    assert w.dtype == v.dtype == a.dtype
    size = np.linalg.norm(a)
    close = {"rtol": 0, "atol": 60 * np.finfo(a.dtype).eps * size}
    np.testing.assert_allclose(w, np.linalg.eigvalsh(a), **close)
    np.testing.assert_allclose(a @ v, v * w, **close)
    np.testing.assert_allclose(v.T @ v, np.eye(len(a)), rtol=0, atol=60 * np.finfo(a.dtype).eps)


def test_rows_of_a_batch_take_different_numbers_of_sweeps() -> None:
    of_odd, (w, v) = results()[0]["odd"], results()[1]
    np.testing.assert_allclose(w, [of_odd[0], np.ones(5), 2 * of_odd[0]], rtol=1e-13)
    np.testing.assert_array_equal(v[1], np.eye(5))


def test_a_matrix_with_nan_ends() -> None:
    w, _ = jit(small_eigh)(np.full((3, 3), np.nan))
    assert np.isnan(np.asarray(w)).all()
