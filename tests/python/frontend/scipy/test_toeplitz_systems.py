"""Systems and products of Toeplitz and circulant matrices against SciPy's dense ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg as sl
from xform.errors import XformValueError
from xform.frontend import grad, hessian, jacfwd, jit, vmap
from xform.scipy import linalg as xsl

RNG = np.random.default_rng(0)


def vectors(n: int, dtype: str = "float64") -> tuple[Any, Any, Any]:
    """A column and a row of a matrix whose diagonal is large, and right-hand sides."""
    c, r, b = (RNG.standard_normal(shape).astype(dtype) for shape in (n, n, (n, 2)))
    c[0] += 2 * n
    return c, r, b


def every(of: Any, c: Any, r: Any, b: Any) -> list[Any]:
    return [
        of.solve_toeplitz((c, r), b),
        of.solve_toeplitz((c, r), b[:, 0]),
        of.solve_toeplitz(c, b),
        of.matmul_toeplitz((c, r), b),
        of.matmul_toeplitz((c[:3], r), b[:, 1]),
        of.matmul_toeplitz((c, r[:2]), b[: r[:2].shape[0]]),
        of.solve_circulant(c, b[:, 0]),
        of.solve_circulant(c, b),
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 40])
def test_values(n: int, dtype: str) -> None:
    c, r, b = vectors(n, dtype)
    exact = [x.astype(np.float64) for x in (c, r, b)]
    tolerance = 300 * np.finfo(dtype).eps
    got = jit(lambda *xs: every(xsl, *xs))(c, r, b)
    for found, wanted in zip(got, every(sl, *exact), strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


def test_complex_and_singular_circulants() -> None:
    c, _, b = vectors(6)
    z = c + 1j * RNG.standard_normal(6)
    flat = np.ones(6)

    def both(of: Any, c: Any, z: Any, b: Any) -> list[Any]:
        return [
            of.solve_circulant(z, b[:, 0]),
            of.solve_circulant(c, b + 1j),
            of.solve_circulant(flat, b[:, 1], singular="lstsq"),
            of.solve_circulant(c[:, None], b.T, caxis=0, baxis=1, outaxis=-1),
        ]

    got = jit(lambda *xs: both(xsl, *xs))(c, z, b)
    for found, wanted in zip(got, both(sl, c, z, b), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)
    with np.errstate(all="ignore"):
        assert not np.isfinite(jit(xsl.solve_circulant)(flat, b[:, 0])).all()
        # The first leading minor is 0.
        assert not np.isfinite(jit(xsl.solve_toeplitz)(np.array([0.0, 1, 0]), b[:3, 0])).all()


@pytest.mark.parametrize("name", ["solve_toeplitz", "matmul_toeplitz", "solve_circulant"])
def test_derivatives(name: str) -> None:
    """First and second ones, those of the dense matrices; and batches."""
    c, r, b = vectors(4)
    w = np.cos(np.arange(8.0)).reshape(4, 2)
    solve = name != "matmul_toeplitz"

    def ours(c: Any, r: Any, b: Any) -> Any:
        found = getattr(xsl, name)(c if name == "solve_circulant" else (c, r), b)
        return np.sum(np.sin(found) * w)

    def dense(c: Any, r: Any, b: Any) -> Any:
        a = xsl.circulant(c) if name == "solve_circulant" else xsl.toeplitz(c, r)
        return np.sum(np.sin(np.linalg.solve(a, b) if solve else a @ b) * w)

    def derivatives(f: Any) -> Any:
        numbers = (0, 1, 2)
        return jit(
            lambda c, r, b: (
                grad(f, numbers)(c, r, b),
                jacfwd(f, numbers)(c, r, b),
                hessian(f)(c, r, b),
                vmap(grad(f), (0, None, None))(np.stack([c, c + 1]), r, b),
            )
        )(c, r, b)

    def flat(tree: Any) -> list[Any]:
        return [y for x in tree for y in flat(x)] if isinstance(tree, tuple) else [tree]

    for found, wanted in zip(flat(derivatives(ours)), flat(derivatives(dense)), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-11)


def test_batches() -> None:
    c, r, b = vectors(5)
    many = np.stack([c, 2 * c])
    got = jit(lambda c, r, b: xsl.solve_toeplitz((c, r), b))(many, r, b)
    wanted = np.stack([sl.solve_toeplitz((each, r), b) for each in many])
    np.testing.assert_allclose(got, wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c, b: xsl.solve_toeplitz((c, c[:2]), b), "solve_toeplitz: expected a square"),
        (lambda c, b: xsl.solve_toeplitz(c, b[:2]), "solve_toeplitz: expected 3 rows"),
        (lambda c, b: xsl.solve_toeplitz(c[:0], b), "with elements, got shapes"),
        (lambda c, b: xsl.matmul_toeplitz((c, c[:2]), b), "matmul_toeplitz: expected 2 rows"),
        (lambda c, b: xsl.solve_circulant(c, b[:2]), "c has 3 elements along axis -1 and b has 2"),
        (lambda c, b: xsl.solve_circulant(c, b, "pinv"), "got 'pinv'"),
    ],
)
def test_refused(call: Any, message: str) -> None:
    with pytest.raises(XformValueError, match=message):
        jit(call)(np.array([4.0, 1, 2]), np.ones(3))
