"""Roots, logarithms and signs of matrices against SciPy's, and what derivatives satisfy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from batch import Batch, Case
from scipy import linalg as scipy_linalg
from xform import frontend
from xform.errors import XformValueError
from xform.scipy import linalg

rng = np.random.default_rng(23)

A = scipy_linalg.expm(0.6 * rng.normal(size=(4, 4)))
TURN = np.array([[0.1, -1.0], [1.0, 0.1]])
JORDAN = np.array([[2.0, 1.0, 0.0], [0.0, 2.0, 1.0], [0.0, 0.0, 2.0]])
STACK = np.stack([A, 300.0 * A, np.eye(4) + 1e-9 * A, 1e-12 * A.T])
SIGNED = rng.normal(size=(4, 4))
# Singular, with a negative eigenvalue, and not finite.
DIAGONALS = np.array([[0.0, 0.0], [1.0, 0.0], [4.0, -1.0], [np.nan, 1.0], [np.inf, 1.0]])
BAD = np.stack([*map(np.diag, DIAGONALS), np.array([[1.0, 2.0], [2.0, 1.0]])])


def each(function: Any) -> Any:
    return lambda a: np.stack([function(x).real for x in a])


BOTH = {"sqrtm": (linalg.sqrtm, scipy_linalg.sqrtm), "logm": (linalg.logm, scipy_linalg.logm)}
CASES = Batch([
    *[case for name, (ours, theirs) in BOTH.items() for case in (
        Case(f"{name} of a batch", ours, STACK, expected=each(theirs), rtol=1e-11, atol=1e-14),
        Case(f"{name} of others", lambda a, b, c, f=ours: [f(a), f(b), f(c), f(c[:1, :1])], TURN,
             JORDAN, np.array([[4, 0], [1, 9]]), rtol=1e-12, atol=1e-14,
             expected=lambda a, b, c, f=theirs: [f(a).real, f(b), f(c), f(c[:1, :1])]),
        Case(f"{name} float32", ours, A.astype(np.float32), rtol=1e-4, atol=1e-5,
             expected=lambda a, f=theirs: f(a.astype(float)).real.astype(np.float32)),
        Case(f"{name} float16", ours, A.astype(np.float16), rtol=2e-3, atol=2e-3,
             expected=lambda a, f=theirs: f(a.astype(float)).real.astype(np.float16)),
        Case(f"{name} of what has none", ours, BAD, expected=lambda a: np.full(a.shape, np.nan)),
    )],
    Case("nothing", lambda a: [f(a) for f in (linalg.sqrtm, linalg.logm, linalg.signm)],
         np.zeros((0, 0)), expected=lambda a: [a] * 3),
    Case("of the identity", lambda a: [linalg.sqrtm(a), linalg.logm(a), linalg.signm(-a)],
         np.eye(3), expected=lambda a: [a, 0 * a, -a]),
    Case("of every size", lambda a, b: [linalg.sqrtm(a), linalg.sqrtm(b), linalg.signm(a),
                                        linalg.signm(-b)], 1e-200 * np.eye(2), 1e300 * np.eye(3),
         expected=lambda a, b: [np.sqrt(a), np.sqrt(b), np.eye(2), -np.eye(3)], rtol=1e-14),
    Case("signm", lambda a, b: [linalg.signm(a), linalg.signm(b), linalg.signm(1e-3 * a)], SIGNED,
         np.array([[0.0, 1.0], [-1.0, 0.0]]), rtol=1e-10, atol=1e-11, expected=lambda a, b: [
             scipy_linalg.signm(a), np.full((2, 2), np.nan), scipy_linalg.signm(a)]),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


# Derivatives -------------------------------------------------------------------------------------


def torch_root(a: torch.Tensor) -> torch.Tensor:
    x, y = a, torch.eye(a.shape[-1], dtype=a.dtype).expand(a.shape)
    for _ in range(16):
        x, y = (x + torch.linalg.inv(y)) / 2, (y + torch.linalg.inv(x)) / 2
    return x


def torch_log(a: torch.Tensor) -> torch.Tensor:
    for _ in range(3):
        a = torch_root(a)
    x = a - torch.eye(a.shape[-1], dtype=a.dtype)
    result, power = torch.zeros_like(x), -torch.eye(a.shape[-1], dtype=a.dtype)
    for k in range(1, 90):
        power = -power @ x
        result = result + power / k
    return 8 * result


NEAR = scipy_linalg.expm(0.5 * rng.normal(size=(3, 3)))
# At the last two, eigenvectors do not tell the derivatives.
POINTS = np.stack([NEAR, np.eye(3), JORDAN])
PAIRS = {"sqrtm": (linalg.sqrtm, torch_root), "logm": (linalg.logm, torch_log)}


def curvature(library: Any, function: Any, weights: Any) -> Any:
    """The gradient of what a gradient is along fixed directions, at one matrix."""

    def gradient(a: Any) -> Any:
        return library.grad(lambda a: (function(a) * weights).sum())(a)

    return library.grad(lambda a: (gradient(a) * weights.T).sum())


@pytest.mark.parametrize("name", PAIRS)
def test_second_derivatives(name: str) -> None:
    ours, reference = PAIRS[name]
    weights = np.cos(np.arange(9.0)).reshape(3, 3)
    compiled = frontend.jit(curvature(frontend, ours, weights))
    wanted = curvature(torch.func, reference, torch.from_numpy(weights))
    for point in POINTS:
        np.testing.assert_allclose(
            np.asarray(compiled(point)),
            wanted(torch.from_numpy(point)).numpy(),
            rtol=1e-8,
            atol=1e-9,
        )


def test_vmap() -> None:
    """The rows of a batch differ in how many steps they take."""

    def gradient(a: Any) -> Any:
        return frontend.grad(lambda a: (linalg.logm(a) ** 2).sum())(a)

    values, rows, one = frontend.jit(
        lambda a: (
            frontend.vmap(linalg.sqrtm, 2)(np.moveaxis(a, 0, 2)),
            frontend.vmap(gradient)(a),
            gradient(a[1]),
        )
    )(STACK)
    roots = np.asarray(values)
    np.testing.assert_allclose(roots @ roots, STACK, rtol=1e-10, atol=1e-22)
    np.testing.assert_allclose(np.asarray(rows)[1], np.asarray(one), rtol=1e-9, atol=1e-12)


MISTAKES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "sqrtm": (lambda a: linalg.sqrtm(a[:3]), ("sqrtm", "(3, 4)")),
    "logm": (lambda a: linalg.logm(a[0]), ("logm", "(4,)")),
    "signm": (lambda a: linalg.signm(a[:3]), ("signm", "(3, 4)")),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, parts = MISTAKES[name]
    with pytest.raises(XformValueError) as caught:
        frontend.jit(function).lower(A)
    for part in (*parts, "test_roots.py"):
        assert part in str(caught.value)
