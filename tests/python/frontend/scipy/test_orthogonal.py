"""Orthogonal factors under SciPy's name and modes."""

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

rng = np.random.default_rng(14)
MODES = ("full", "economic", "r")
TALL = rng.normal(size=(5, 3))


def every_mode(library: Any, a: Any) -> list[Any]:
    return [library.qr(a, mode=mode) for mode in MODES]


CASES = Batch([
    *[Case(f"{a.dtype} {a.shape}", lambda a: every_mode(linalg, a), a,
           expected=lambda a: every_mode(scipy_linalg, a), rtol=1e-5, atol=1e-6 if
           a.dtype == np.float32 else 1e-12)
      for a in (TALL, TALL.T.copy(), TALL[:3], rng.normal(size=(2, 4, 3)), np.ones((1, 1)),
                TALL.astype(np.float32), np.array([[1, 2], [3, 4]]))],
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


DERIVATIVES = Derivatives({
    "economic": Pair(lambda a: linalg.qr(a, mode="economic"), torch.linalg.qr, (TALL,)),
    "r": Pair(lambda a: linalg.qr(a, mode="r")[0][:3], lambda a: torch.linalg.qr(a)[1], (TALL,)),
})  # fmt: skip


@pytest.mark.parametrize("name", DERIVATIVES.pairs)
def test_derivatives(name: str) -> None:
    DERIVATIVES.check(name)


MISTAKES: dict[str, tuple[Any, str]] = {
    "a vector": (lambda a: linalg.qr(a[0]), "got shape (3,)"),
    "raw": (lambda a: linalg.qr(a, mode="raw"), "unknown mode 'raw'; expected one of 'full'"),
    "pivoting": (lambda a: linalg.qr(a, pivoting=True), "columns cannot be exchanged"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    function, part = MISTAKES[name]
    with pytest.raises(XformValueError) as caught:
        frontend.jit(function).lower(TALL)
    assert str(caught.value).startswith("qr: ")
    assert part in str(caught.value)
    assert "test_orthogonal.py" in str(caught.value)
