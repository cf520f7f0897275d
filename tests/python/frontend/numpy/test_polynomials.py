"""Polynomials through points, and quotients of polynomials, against NumPy and torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from batch import Batch, Case
from xform import frontend
from xform.errors import XformValueError

rng = np.random.default_rng(12)
X = rng.normal(size=7)
Y, YS = rng.normal(size=7), rng.normal(size=(7, 2))
W = rng.uniform(0.5, 2.0, size=7)
U, V = rng.normal(size=6), rng.normal(size=3)


def every_fit(x: Any, y: Any, w: Any) -> list[Any]:
    return [
        np.polyfit(x, y, 3),
        np.polyfit(x, y, 2, w=w),
        np.polyfit(x, y, 2, w=w, cov=True),
        np.polyfit(x, y, 1, cov="unscaled"),
        np.polyfit(x, y, 3, full=True)[:4],
        np.polyfit(x, y, 3, rcond=0.1),
    ]


CASES = Batch([
    Case("polyfit", every_fit, X, Y, W, rtol=1e-10, atol=1e-11),
    Case("polyfit of two", every_fit, X, YS, W, rtol=1e-10, atol=1e-11),
    Case("polyfit through points", lambda x, y: np.polyfit(x, y, 2), X[:3], Y[:3], rtol=1e-10),
    Case("polyfit of ints", lambda x, y: np.polyfit(x, y, 1, w=x), np.arange(4),
         np.array([1, 3, 2, 5])),
    Case("polyfit of float32", every_fit, *(x.astype(np.float32) for x in (X, Y, W)), rtol=1e-5,
         atol=1e-6),
    Case("polydiv", lambda u, v: [np.polydiv(u, v), np.polydiv(v, u), np.polydiv(u, v[:1])[0],
                                  np.polydiv(u, u[:2]), np.polydiv(u, np.array([2, 1]))], U, V),
    Case("polydiv of equal lengths", lambda u, v: np.polydiv(u[:3], v), U, V),
    # NumPy drops zeros of the remainder.
    Case("polydiv without a remainder", lambda u, v: np.polydiv(np.polymul(u, v), v), U, V,
         expected=lambda u, v: [u, np.zeros(2)], atol=1e-11),
    Case("polydiv by a number", lambda u: np.polydiv(u, 2.0), U,
         expected=lambda u: [u / 2, np.zeros(1)]),
    Case("polydiv of ints", np.polydiv, np.array([1, 5, 6, 1]), np.array([1, 2])),
    Case("polydiv of float32", np.polydiv, U.astype(np.float32), V.astype(np.float32), rtol=1e-4),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


def test_derivatives() -> None:
    """Of a fit by everything, twice, and of a quotient."""

    def fit(x: Any, y: Any, w: Any) -> Any:
        return (np.polyfit(x, y, 2, w=w) * np.array([1.0, -2.0, 3.0])).sum()

    def fit_of_torch(x: Any, y: Any, w: Any) -> Any:
        powers = torch.stack([x * x, x, torch.ones_like(x)], 1) * w[:, None]
        found = torch.linalg.inv(powers.mT @ powers) @ (powers.mT @ (w * y))
        return (found * torch.tensor([1.0, -2.0, 3.0], dtype=x.dtype)).sum()

    def divided(u: Any, v: Any) -> Any:
        quotient, rest = np.polydiv(u, v)
        return (quotient * np.arange(1.0, 5.0)).sum() + (rest * np.array([-1.0, 2.0])).sum()

    def divided_by_hand(u: Any, v: Any) -> Any:
        rest, total = u, 0.0
        for k in range(4):
            factor = rest[k] / v[0]
            total = total + (k + 1.0) * factor
            rest = torch.cat([rest[:k], rest[k : k + 3] - factor * v, rest[k + 3 :]])
        return total - rest[4] + 2.0 * rest[5]

    def hessian(library: Any, f: Any) -> Any:
        inner = library.grad(f)
        return lambda *xs: library.grad(lambda *ys: (inner(*ys) ** 2).sum())(*xs)

    got = frontend.jit(
        lambda x, y, w, u, v: (
            *frontend.grad(fit, (0, 1, 2))(x, y, w),
            hessian(frontend, fit)(x, y, w),
            *frontend.grad(divided, (0, 1))(u, v),
        )
    )(X, Y, W, U, V)
    x, y, w, u, v = map(torch.from_numpy, (X, Y, W, U, V))
    want = [
        *torch.func.grad(fit_of_torch, (0, 1, 2))(x, y, w),
        hessian(torch.func, fit_of_torch)(x, y, w),
        *torch.func.grad(divided_by_hand, (0, 1))(u, v),
    ]
    for result, truth in zip(got, want, strict=True):
        np.testing.assert_allclose(np.asarray(result), truth.numpy(), rtol=1e-8, atol=1e-9)


def test_vmap() -> None:
    ys = rng.normal(size=(3, 7))
    got = frontend.vmap(lambda y: np.polyfit(X, y, 2))(ys)
    np.testing.assert_allclose(np.asarray(got), np.polyfit(X, ys.T, 2).T, rtol=1e-10)
    quotients, rests = frontend.vmap(np.polydiv, (0, None))(ys, V)
    for y, quotient, rest in zip(ys, np.asarray(quotients), np.asarray(rests), strict=True):
        np.testing.assert_allclose(quotient, np.polydiv(y, V)[0], rtol=1e-12)
        np.testing.assert_allclose(rest, np.polydiv(y, V)[1], rtol=1e-10)


def test_points_that_determine_nothing() -> None:
    """The least of the lines through one place; and 0 divides nothing."""
    fit, few, quotient = frontend.jit(
        lambda x, y: (np.polyfit(x, y, 1), np.polyfit(x[:2], y[:2], 3),
                      np.polydiv(x, np.array([0.0, 1.0]))[0])
    )(np.array([2.0, 2.0]), np.array([1.0, 2.0]))  # fmt: skip
    with pytest.warns(np.exceptions.RankWarning):
        np.testing.assert_allclose(fit, np.polyfit([2.0, 2.0], [1.0, 2.0], 1), rtol=1e-12)
    with pytest.warns(np.exceptions.RankWarning):
        np.testing.assert_allclose(few, np.polyfit([2.0, 2.0], [1.0, 2.0], 3), rtol=1e-12)
    assert not np.isfinite(np.asarray(quotient)).any()


MISTAKES: dict[str, tuple[Any, str]] = {
    "degree": (lambda x: np.polyfit(x, x, -1), "deg cannot be negative, got -1"),
    "no spare point": (lambda x: np.polyfit(x, x, 6, cov=True), "7 points are too few"),
    "lengths": (lambda x: np.polyfit(x, x[1:], 1), "(7,) and (6,)"),
    "a matrix": (lambda x: np.polyfit(x[:, None], x, 1), "(7, 1)"),
    "weights": (lambda x: np.polyfit(x, x, 1, w=x[1:]), "7 weights, got shape (6,)"),
    "no divisor": (lambda x: np.polydiv(x, x[:0]), "without coefficients"),
    "a divisor of rows": (lambda x: np.polydiv(x, x[None]), "expected a vector"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, part = MISTAKES[name]
    with pytest.raises(XformValueError) as caught:
        frontend.jit(function).lower(X)
    assert part in str(caught.value)
    assert "test_polynomials.py" in str(caught.value)
