"""What is found by singular values, against SciPy's; derivatives against torch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from batch import Batch, Case
from derivatives import Derivatives, Pair
from scipy import linalg as scipy_linalg
from xform import frontend
from xform.compiling import forms
from xform.errors import XformValueError
from xform.scipy import linalg

rng = np.random.default_rng(22)

A, B, V = rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), rng.normal(size=5)
STACK = rng.normal(size=(2, 5, 3))
DEFICIENT = A[:, :2] @ rng.normal(size=(2, 3))
SYMMETRIC = DEFICIENT.T @ DEFICIENT
# Its other triangle is not read.
TRIANGLE = np.where(np.tri(3, dtype=bool), SYMMETRIC, np.nan)
ROTATION = scipy_linalg.expm(np.array([[0.0, 1.0, 2.0], [-1.0, 0.0, 0.5], [-2.0, -0.5, 0.0]]))
CLOSE = A[:, :2] + 1e-9 * B


def product(parts: Any, m: int, n: int) -> Any:
    u, s, vh = parts
    return [u @ linalg.diagsvd(s, m, n) @ vh, s, u.mT @ u]


CASES = Batch([
    Case("svd", lambda a: [product(linalg.svd(a), 5, 3), linalg.svdvals(a),
                           product(linalg.svd(a.mT, full_matrices=False), 3, 3),
                           linalg.svd(a, compute_uv=False, lapack_driver="gesvd")], A, rtol=1e-10,
         atol=1e-12, expected=lambda a: [a, (s := scipy_linalg.svdvals(a)), np.eye(5), s,
                                         a.T, s, np.eye(3), s]),
    Case("diagsvd", lambda s: [linalg.diagsvd(s, 3, 4), linalg.diagsvd(s, 4, 3)],
         np.array([1, 2, 3]),
         expected=lambda s: [scipy_linalg.diagsvd(s, 3, 4), scipy_linalg.diagsvd(s, 4, 3)]),
    Case("pinv", lambda a, b: [linalg.pinv(a), linalg.pinv(b, return_rank=True),
                               linalg.pinv(a.mT, atol=1.0, rtol=0.1, return_rank=True)],
         A, DEFICIENT, rtol=1e-10, atol=1e-11, expected=lambda a, b: [
             scipy_linalg.pinv(a), scipy_linalg.pinv(b, return_rank=True),
             scipy_linalg.pinv(a.T, atol=1.0, rtol=0.1, return_rank=True)]),
    Case("pinvh", lambda a: [linalg.pinvh(a, return_rank=True), linalg.pinvh(a.mT, lower=False)],
         TRIANGLE, rtol=1e-8, atol=1e-9, expected=lambda a: [
             scipy_linalg.pinvh(SYMMETRIC), np.int64(2), scipy_linalg.pinvh(SYMMETRIC)]),
    Case("lstsq", lambda a, b, v: [linalg.lstsq(a, b), linalg.lstsq(a, v, lapack_driver="gelss"),
                                   linalg.lstsq(a.mT, b[:3]), linalg.lstsq(a, b, cond=0.9)[0]],
         A, B, V, rtol=1e-10, atol=1e-12, expected=lambda a, b, v: [
             [np.asarray(x) for x in scipy_linalg.lstsq(a, b)][:2], np.int32(3),
             scipy_linalg.svdvals(a),
             [np.asarray(x) for x in scipy_linalg.lstsq(a, v)][:2], np.int32(3),
             scipy_linalg.svdvals(a), scipy_linalg.lstsq(a.T, b[:3])[0], np.zeros(0), np.int32(3),
             scipy_linalg.svdvals(a), scipy_linalg.lstsq(a, b, cond=0.9)[0]]),
    Case("lstsq of a batch", lambda a, b: linalg.lstsq(a, b)[:2], STACK, B, rtol=1e-10, atol=1e-12,
         expected=lambda a, b: [np.stack(x) for x in zip(
             *(scipy_linalg.lstsq(m, b)[:2] for m in a), strict=True)]),
    Case("polar", lambda a: [linalg.polar(a), linalg.polar(a, "left"), linalg.polar(a.mT),
                             linalg.polar(a.mT, side="left")], A, rtol=1e-10, atol=1e-12,
         expected=lambda a: [scipy_linalg.polar(a), scipy_linalg.polar(a, "left"),
                             scipy_linalg.polar(a.T), scipy_linalg.polar(a.T, "left")]),
    Case("polar of a batch", linalg.polar, STACK, rtol=1e-10, atol=1e-12, expected=lambda a: [
        np.stack(x) for x in zip(*map(scipy_linalg.polar, a), strict=True)]),
    Case("orthogonal_procrustes", linalg.orthogonal_procrustes, A, STACK[0], rtol=1e-10,
         atol=1e-12, expected=scipy_linalg.orthogonal_procrustes),
    Case("subspace_angles", lambda a, b, c: [linalg.subspace_angles(a, b),
                                             linalg.subspace_angles(b, a),
                                             linalg.subspace_angles(a[:, :2], c)], A, B, CLOSE,
         rtol=1e-7, atol=1e-14, expected=lambda a, b, c: [
             scipy_linalg.subspace_angles(a, b), scipy_linalg.subspace_angles(b, a),
             scipy_linalg.subspace_angles(a[:, :2], c)]),
    Case("float32", lambda a: [linalg.pinv(a), linalg.polar(a)], A.astype(np.float32), rtol=1e-4,
         atol=1e-5, expected=lambda a: [scipy_linalg.pinv(a), scipy_linalg.polar(a)]),
    Case("nothing", lambda a: [linalg.pinv(a), linalg.polar(a), linalg.svdvals(a)],
         np.zeros((0, 0)), expected=lambda a: [a, a, a, np.zeros(0)]),
    Case("one", lambda a: [linalg.pinv(a), linalg.polar(a), linalg.svdvals(a)], np.array([[-4]]),
         expected=lambda a: [1 / a, a / 4, -1.0 * a, np.array([4.0])]),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


def torch_polar(a: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """By Newton's iteration for the part of a within its columns."""
    q, r = torch.linalg.qr(a)
    for _ in range(12):
        r = (r + torch.linalg.inv(r).mT) / 2
    u = q @ r
    return u, u.mT @ a


def torch_symmetric(x: torch.Tensor) -> torch.Tensor:
    return torch.tril(x) + torch.tril(x, -1).mT


DERIVATIVES = Derivatives({
    "polar": Pair(linalg.polar, torch_polar, (A,), rtol=1e-8),
    "polar of orthonormal columns": Pair(linalg.polar, torch_polar, (ROTATION[:, :2],), True, 1e-8),
    "pinv": Pair(linalg.pinv, lambda a: torch.linalg.inv(a.mT @ a) @ a.mT, (A,), rtol=1e-8),
    "pinvh": Pair(linalg.pinvh, lambda a: torch.linalg.inv(torch_symmetric(a)), (A.T @ A,),
                  rtol=1e-8),
    "lstsq": Pair(lambda a, b: linalg.lstsq(a, b)[0],
                  lambda a, b: torch.linalg.inv(a.mT @ a) @ a.mT @ b, (A, V), rtol=1e-8),
    "procrustes": Pair(linalg.orthogonal_procrustes, lambda a, b: (
        torch_polar(a.mT @ b)[0], torch.linalg.svdvals(a.mT @ b).sum()), (A, STACK[0]), rtol=1e-8),
})  # fmt: skip


@pytest.mark.parametrize("name", DERIVATIVES.pairs)
def test_derivatives(name: str) -> None:
    DERIVATIVES.check(name)


def test_polar_of_rows() -> None:
    """Under vmap, and with one singular value 0, where the factor of a square matrix is smooth."""

    def gradient(a: Any) -> Any:
        return frontend.grad(lambda a: (linalg.polar(a)[0] * A[:3]).sum())(a)

    singular = np.diag([3.0, 2.0, 0.0])
    both = np.stack([ROTATION, singular])
    rows, one = frontend.jit(lambda x: (frontend.vmap(gradient)(x), gradient(x[0])))(both)
    np.testing.assert_allclose(np.asarray(rows)[0], np.asarray(one), rtol=1e-10, atol=1e-12)
    assert np.isfinite(np.asarray(rows)).all()


def test_the_best_form_for_wide_vectors() -> None:
    """Of gradients of which LLVM dies with AVX-512 otherwise, and a warning would say so."""

    def gradients(a: Any, b: Any) -> Any:
        angles = frontend.grad(lambda a, b: linalg.subspace_angles(a, b).sum(), (0, 1))(a, b)
        return angles, frontend.grad(lambda a: linalg.lstsq(a.mT, b[:3])[0].sum())(a)

    text = frontend.jit(gradients).lower(A, B).as_text("linalg")
    assert forms.compile_program(text, "cpu:x86-64-v4", name="gradients").is_best


MISTAKES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "svd": (lambda a: linalg.svd(a[0]), ("svd", "(3,)")),
    "driver": (lambda a: linalg.svd(a, lapack_driver="gelsd"), ("'gelsd'", "'gesdd'")),
    "driver of lstsq": (lambda a: linalg.lstsq(a, B, lapack_driver="gesdd"), ("'gelsy'",)),
    "rows": (lambda a: linalg.lstsq(a, B[:3]), ("lstsq", "(3, 2)")),
    "values": (lambda a: linalg.diagsvd(a[0], 4, 5), ("diagsvd", "4 values")),
    "limit": (lambda a: linalg.pinv(a, atol=-1.0), ("pinv", "-1.0")),
    "side": (lambda a: linalg.polar(a, "up"), ("'up'", "'left'")),
    "shapes": (lambda a: linalg.orthogonal_procrustes(a, B), ("one shape", "(5, 2)")),
    "different rows": (lambda a: linalg.subspace_angles(a, B[:3]), ("rows", "(3, 2)")),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, parts = MISTAKES[name]
    with pytest.raises(XformValueError) as caught:
        frontend.jit(function).lower(A)
    for part in (*parts, "test_singular.py"):
        assert part in str(caught.value)
