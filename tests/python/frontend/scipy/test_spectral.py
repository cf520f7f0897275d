"""Eigenvalues of symmetric matrices against SciPy's, derivatives against torch's."""

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

rng = np.random.default_rng(21)

A = rng.normal(size=(4, 4))
S = A + A.T
P = A @ A.T + 4 * np.eye(4)
LOWER = np.tri(4, dtype=bool)


def unsigned(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    """Eigenvectors but for their signs."""
    return pair[0], abs(pair[1])


def case(name: str, **options: Any) -> Case:
    lower = options.get("lower", True)
    poisoned = [np.where(LOWER if lower else LOWER.T, x, np.nan) for x in (S, P)]
    return Case(
        name,
        lambda a, b: [unsigned(linalg.eigh(a, b, **options)), linalg.eigvalsh(a, b, **options)],
        *poisoned,
        expected=lambda a, b: [unsigned(scipy_linalg.eigh(S, P, **options)),
                               scipy_linalg.eigvalsh(S, P, **options)],
        rtol=1e-10,
        atol=1e-11,
    )  # fmt: skip


CASES = Batch([
    *[case(f"type {kind}", type=kind, lower=kind != 2) for kind in (1, 2, 3)],
    case("a subset", subset_by_index=(1, 2), driver="gvx"),
    Case("of one matrix", lambda a: [unsigned(linalg.eigh(a, lower=False)), linalg.eigvalsh(a)], S,
         expected=lambda a: [unsigned(scipy_linalg.eigh(a)), scipy_linalg.eigvalsh(a)],
         rtol=1e-10, atol=1e-11),
    Case("a batch", lambda a, b: linalg.eigh(a, b, eigvals_only=True), np.stack([S, P, -S]), P,
         expected=lambda a, b: np.stack([scipy_linalg.eigvalsh(x, b) for x in a]), rtol=1e-10,
         atol=1e-11),
    Case("float32", linalg.eigvalsh, S.astype(np.float32), P.astype(np.float32),
         expected=scipy_linalg.eigvalsh, rtol=1e-4, atol=1e-5),
    Case("small", lambda a, b: [linalg.eigvalsh(a), linalg.eigvalsh(b, b), linalg.eigvalsh(b)],
         np.zeros((0, 0)), np.array([[4]]),
         expected=lambda a, b: [np.zeros(0), np.ones(1), np.array([4.0])]),
    Case("not positive definite", lambda a: linalg.eigh(a, -a), P,
         expected=lambda a: [np.full(4, np.nan), np.full((4, 4), np.nan)]),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


def torch_symmetric(x: torch.Tensor) -> torch.Tensor:
    return torch.tril(x) + torch.tril(x, -1).mT


def torch_generalised(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    inverse = torch.linalg.inv(torch.linalg.cholesky(torch_symmetric(b)))
    w, v = torch.linalg.eigh(inverse @ torch_symmetric(a) @ inverse.mT)
    return w, (inverse.mT @ v) ** 2


def generalised(a: Any, b: Any) -> tuple[Any, Any]:
    w, v = linalg.eigh(a, b)
    return w, v**2


DERIVATIVES = Derivatives({"generalised": Pair(generalised, torch_generalised, (S, P), rtol=1e-8)})


@pytest.mark.parametrize("name", DERIVATIVES.pairs)
def test_derivatives(name: str) -> None:
    DERIVATIVES.check(name)


MISTAKES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "not square": (lambda a: linalg.eigh(a[:3]), ("eigh", "(3, 4)")),
    "sizes": (lambda a: linalg.eigh(a, a[:3, :3]), ("one size", "(3, 3)")),
    "type": (lambda a: linalg.eigh(a, a, type=4), ("type 4",)),
    "by value": (lambda a: linalg.eigvalsh(a, subset_by_value=(0, 1)), ("subset_by_index",)),
    "index": (lambda a: linalg.eigvalsh(a, subset_by_index=(2, 4)), ("below 4", "(2, 4)")),
    "driver": (lambda a: linalg.eigvalsh(a, driver="gesdd"), ("'gesdd'", "'evr'")),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, parts = MISTAKES[name]
    with pytest.raises(XformValueError) as caught:
        frontend.jit(function).lower(A)
    for part in (*parts, "test_spectral.py"):
        assert part in str(caught.value)
