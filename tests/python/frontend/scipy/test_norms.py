"""Norms under SciPy's name, against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from batch import Batch, Case
from scipy import linalg as scipy_linalg
from xform.scipy import linalg

M = np.random.default_rng(11).normal(size=(3, 4))

CASES = Batch([
    Case(f"norm{args}", lambda m, args=args: linalg.norm(m, *args), M,
         expected=lambda m, args=args: np.asarray(scipy_linalg.norm(m, *args)))
    for args in ((), ("fro",), (1,), (-1,), (2,), (-2,), ("nuc",), (np.inf,), (2, 0),
                 (3, 1, True), (None, (0, 1)))
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)
