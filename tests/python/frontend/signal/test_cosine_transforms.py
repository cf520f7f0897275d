"""Cosine and sine transforms against SciPy's, and their derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.fft
from xform import signal
from xform.errors import XformValueError
from xform.frontend import jacfwd, jit, vjp, vmap

ONE_AXIS = ("dct", "idct", "dst", "idst")
SEVERAL = ("dctn", "idctn", "dstn", "idstn")
NORMS = ("backward", "ortho", "forward")
X = np.random.default_rng(0).standard_normal((3, 13))


@pytest.mark.parametrize("n", [1, 2, 3, 8, 13, 20])
def test_one_axis(n: int) -> None:
    cases = [
        (name, kind, norm, orthogonalize)
        for name in ONE_AXIS
        for kind in (1, 2, 3, 4)
        for norm in NORMS
        for orthogonalize in (None, norm != "ortho")
        if n > 1 or kind > 1 or "dst" in name
    ]

    def every(of: Any, x: Any) -> list[Any]:
        return [
            getattr(of, name)(x, kind, n, norm=norm, orthogonalize=orthogonalize)
            for name, kind, norm, orthogonalize in cases
        ]

    got = jit(lambda x: every(signal, x))(X)
    for case, found, wanted in zip(cases, got, every(scipy.fft, X), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-13, err_msg=str(case))


def test_other_arrays() -> None:
    """Other axes, integers, float32, complex numbers, no rows, and concrete arrays."""
    z = X + 1j * X[::-1]
    single = X.astype(np.float32)
    cases = [
        lambda of: of.dct(X.T, axis=0),
        lambda of: of.dct(X, axis=0, n=5, type=3),
        lambda of: of.dst(np.arange(5)),
        lambda of: of.idct(z, norm="ortho"),
        lambda of: of.dct(single),
        lambda of: of.dst(single[:0], 1),
        *(lambda of, name=name: getattr(of, name)(X) for name in SEVERAL),
        lambda of: of.dctn(X, 4, s=(2, 15), axes=(1, 0), norm="ortho"),
    ]
    results = jit(lambda: [case(signal) for case in cases])()
    for case, found in zip(cases, results, strict=True):
        wanted = case(scipy.fft)
        assert found.dtype == wanted.dtype
        tolerance = 20 * np.finfo(found.dtype).eps
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(signal.dct(X), scipy.fft.dct(X), rtol=1e-13, atol=1e-13)


def test_derivatives() -> None:
    """Jacobians are the matrices, cotangents are transformed by the transposed ones."""
    x = X[0, :6]

    def every(x: Any) -> list[Any]:
        return [getattr(signal, name)(x, kind) for name in ONE_AXIS for kind in (1, 2, 3, 4)]

    matrices = jit(jacfwd(every))(x)
    columns = jit(vmap(every))(np.eye(6))
    cotangents = [np.cos(np.arange(6.0) + i) for i in range(len(columns))]
    (back,) = jit(lambda x, c: vjp(every, x)[1](c))(x, cotangents)
    for matrix, column in zip(matrices, columns, strict=True):
        np.testing.assert_allclose(matrix, np.transpose(column), atol=1e-14)
    wanted = sum(column @ c for column, c in zip(columns, cotangents, strict=True))
    np.testing.assert_allclose(back, wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: signal.dct(x, 5), "dct: expected a type from 1 to 4, got 5"),
        (lambda x: signal.dct(x[:1], 1), "dct: expected at least 2 points, got 1"),
        (lambda x: signal.idst(x, norm="half"), "idst: expected norm .* got 'half'"),
        (lambda x: signal.dst(x, n=0), "dst: expected at least one point, got 0"),
    ],
)
def test_refused(call: Any, message: str) -> None:
    with pytest.raises(XformValueError, match=message):
        jit(call)(X[0])
