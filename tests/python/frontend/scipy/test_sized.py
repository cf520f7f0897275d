"""Matrices known from their size alone are SciPy's, dtypes included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import linalg as scipy_linalg
from xform import frontend
from xform.errors import XformValueError
from xform.scipy import linalg

SIZES = (1, 2, 3, 6, 14, 15, 34, 35, 40)
KINDS = [{"kind": kind, "exact": exact} for kind in ("symmetric", "lower", "upper")
         for exact in (True, False)]  # fmt: skip
OPTIONS: dict[str, list[dict[str, Any]]] = {
    "hilbert": [{}],
    "invhilbert": [{}, {"exact": True}],
    "pascal": [{}, *KINDS],
    "invpascal": [{}, *KINDS],
    "helmert": [{}, {"full": True}],
}


@pytest.mark.parametrize("name", OPTIONS)
def test_values(name: str) -> None:
    for n in SIZES:
        for options in OPTIONS[name]:
            got = getattr(linalg, name)(n, **options)
            want = getattr(scipy_linalg, name)(n, **options)
            assert (got.dtype, got.shape) == (want.dtype, want.shape)
            if got.dtype == np.float64:
                np.testing.assert_allclose(got, want, rtol=1e-14, atol=0)
            else:
                np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("n", [1, 2, 8])
def test_hadamard(n: int) -> None:
    for options in ({}, {"dtype": np.float32}):
        got, want = linalg.hadamard(n, **options), scipy_linalg.hadamard(n, **options)
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got, want)


def test_they_are_constants_of_a_program() -> None:
    got = frontend.jit(lambda x: linalg.hilbert(3) @ x)(np.ones(3))
    np.testing.assert_allclose(np.asarray(got), scipy_linalg.hilbert(3).sum(1), rtol=1e-15)


def test_mistakes() -> None:
    for n in (0, 3, 12):
        with pytest.raises(XformValueError, match=f"hadamard: n must be a power of 2, got {n}"):
            linalg.hadamard(n)
    for function in (linalg.pascal, linalg.invpascal):
        with pytest.raises(XformValueError, match=f"{function.__name__}: unknown kind 'left'"):
            function(3, kind="left")
