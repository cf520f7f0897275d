"""Circular and hyperbolic functions of matrices, against SciPy's and torch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from batch import Batch, Case
from scipy import linalg as scipy_linalg
from xform import frontend
from xform.errors import XformValueError
from xform.scipy import linalg

rng = np.random.default_rng(13)

NAMES = ("cosm", "sinm", "tanm", "coshm", "sinhm", "tanhm")
A = rng.normal(size=(3, 3))
# The last one has no basis of eigenvectors.
STACK = np.stack([0.1 * A, 3.0 * A, np.eye(3, k=1)])


def every(library: Any, a: Any) -> list[Any]:
    return [getattr(library, name)(a) for name in NAMES]


CASES = Batch([
    Case("a batch", lambda a: every(linalg, a), STACK, expected=lambda a: every(scipy_linalg, a),
         rtol=1e-9, atol=1e-10),
    Case("sines of what is small", lambda a: [linalg.sinhm(a), linalg.tanhm(a), linalg.sinm(a)],
         1e-9 * A, expected=lambda a: [a] * 3, rtol=1e-14, atol=0.0),
    Case("ints", linalg.cosm, np.array([[1, 2], [0, 1]]), expected=scipy_linalg.cosm),
    Case("float32", linalg.coshm, A.astype(np.float32), expected=scipy_linalg.coshm, rtol=1e-4),
    Case("nothing", lambda a: every(linalg, a), np.zeros((0, 0)), expected=lambda a: [a] * 6),
])  # fmt: skip


@pytest.mark.parametrize("case", CASES.cases, ids=str)
def test_values(case: Case) -> None:
    CASES.check(case)


@pytest.mark.parametrize("name", NAMES)
def test_mistakes(name: str) -> None:
    with pytest.raises(XformValueError, match=rf"{name}: expected square .* \(2, 3\)") as caught:
        frontend.jit(lambda a: getattr(linalg, name)(a[:2])).lower(A)
    assert "test_trigonometric.py" in str(caught.value)
