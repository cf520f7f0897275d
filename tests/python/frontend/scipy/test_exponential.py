"""The exponential of matrices: values against SciPy's, derivatives against torch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from batch import Batch, Case
from derivatives import Derivatives, Pair
from scipy import linalg as scipy_linalg
from xform import frontend
from xform.errors import XformValueError
from xform.scipy import linalg

rng = np.random.default_rng(6)

A, E = rng.normal(size=(4, 4)), rng.normal(size=(4, 4))
JORDAN = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
ROTATION = np.array([[0.0, -200.0], [200.0, 0.0]])
# With no halving, a few, and many; the rows of a batch differ in how many.
SCALES = (1e-3, 1.0, 12.0)
STACK = np.stack([0.01 * A, 2.0 * A, -6.0 * A])
STIFF = np.array([[-1e12, 1.0], [0.0, -1.0]])

CASES = Batch([
    *[Case(f"of norm {scale}", linalg.expm, scale * A, expected=scipy_linalg.expm, rtol=1e-11)
      for scale in SCALES],
    *[Case(f"float32 of norm {scale}", linalg.expm, (scale * A).astype(np.float32), rtol=2e-4,
           atol=1e-4 * np.exp(3 * scale),
           expected=lambda a: scipy_linalg.expm(a.astype(float)).astype(np.float32))
      for scale in SCALES[:2]],
    Case("float16", linalg.expm, (0.5 * A).astype(np.float16),
         expected=lambda a: scipy_linalg.expm(a.astype(float)).astype(np.float16), rtol=2e-3),
    Case("zeros", linalg.expm, np.zeros((3, 3)), expected=lambda a: np.eye(3)),
    Case("a defective matrix", linalg.expm, JORDAN, expected=scipy_linalg.expm),
    Case("a rotation", linalg.expm, ROTATION, rtol=1e-11, expected=lambda a: np.array(
        [[np.cos(200), -np.sin(200)], [np.sin(200), np.cos(200)]])),
    Case("a stiff matrix", linalg.expm, STIFF,
         expected=lambda a: np.array([[0.0, np.exp(-1) / 1e12], [0.0, np.exp(-1)]]), rtol=1e-3,
         atol=1e-18),
    Case("one", linalg.expm, np.array([[2.5]]), expected=np.exp),
    Case("ints", linalg.expm, np.array([[1, 2], [0, 1]]), expected=scipy_linalg.expm),
    Case("a batch", linalg.expm, STACK, rtol=1e-10,
         expected=lambda a: np.stack([scipy_linalg.expm(x) for x in a])),
    Case("nothing", lambda a, b: [linalg.expm(a), linalg.expm(b)], np.zeros((0, 0)),
         np.zeros((0, 2, 2)), expected=lambda a, b: [a, b]),
    Case("expm_frechet", lambda a, e: [linalg.expm_frechet(a, e),
                                       linalg.expm_frechet(a, e, "SPS", False)], A, E, rtol=1e-11,
         expected=lambda a, e: [scipy_linalg.expm_frechet(a, e),
                                scipy_linalg.expm_frechet(a, e, compute_expm=False)]),
    Case("expm_frechet of batches", lambda a, e: linalg.expm_frechet(a, e, compute_expm=False),
         STACK, E, rtol=1e-9, expected=lambda a, e: np.stack(
             [scipy_linalg.expm_frechet(x, e, compute_expm=False) for x in a])),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


def test_what_is_not_finite_ends() -> None:
    results = frontend.jit(lambda xs: [linalg.expm(x) for x in xs])(
        [np.full((2, 2), np.inf), np.full((2, 2), np.nan), np.full((2, 2), 1e308)]
    )
    infinite, unknown, huge = map(np.asarray, results)
    assert np.isnan(infinite).all()
    assert np.isnan(unknown).all()
    assert not np.isfinite(huge).any()


# Derivatives -------------------------------------------------------------------------------------


# No basis of eigenvectors has the one that is differentiated twice, nor two of the others.
DEFECTIVE = A @ (np.eye(4) + np.eye(4, k=1)) @ np.linalg.inv(A)
KINDS = np.stack([A[:3, :3], JORDAN, np.zeros((3, 3)), np.eye(3, k=2), 2.0 * A[1:, 1:]])

DERIVATIVES = Derivatives({
    "a batch": Pair(linalg.expm, torch.matrix_exp, (KINDS,)),
    "a defective matrix": Pair(linalg.expm, torch.matrix_exp, (DEFECTIVE,), True),
})  # fmt: skip


@pytest.mark.parametrize("name", DERIVATIVES.pairs)
def test_derivatives(name: str) -> None:
    DERIVATIVES.check(name)


def test_third_derivative_by_one_parameter() -> None:
    """Of exp(t a), whose derivatives are a^k exp(t a)."""

    def trace(t: Any) -> Any:
        return linalg.expm(t * A).trace()

    got = frontend.jit(frontend.grad(frontend.grad(frontend.grad(trace))))(0.3)
    want = np.trace(A @ A @ A @ scipy_linalg.expm(0.3 * A))
    np.testing.assert_allclose(np.asarray(got), want, rtol=1e-11)


def test_vmap() -> None:
    def gradient(a: Any) -> Any:
        return frontend.grad(lambda a: (linalg.expm(a) ** 2).sum())(a)

    values, gradients, one = frontend.jit(
        lambda a: (
            frontend.vmap(linalg.expm, 2)(np.moveaxis(a, 0, 2)),
            frontend.vmap(gradient)(a),
            gradient(a[1]),
        )
    )(STACK)
    wanted = np.stack([scipy_linalg.expm(x) for x in STACK])
    np.testing.assert_allclose(np.asarray(values), wanted, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(np.asarray(gradients)[1], np.asarray(one), rtol=1e-11)


MISTAKES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "not square": (lambda a: linalg.expm(a[:3]), ("expm", "(3, 4)")),
    "sizes": (lambda a: linalg.expm_frechet(a, a[:3, :3]), ("expm_frechet", "one size", "(3, 3)")),
    "method": (lambda a: linalg.expm_frechet(a, a, "pade"), ("'pade'", "'SPS'")),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, parts = MISTAKES[name]
    with pytest.raises(XformValueError) as caught:
        frontend.jit(function).lower(A)
    for part in (*parts, "test_exponential.py"):
        assert part in str(caught.value)
