"""What functions of scipy.linalg give for complex matrices, or how they refuse them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import scipy.linalg as sl
import xform.scipy.linalg as xsl
import xform.scipy.sparse.linalg as xssl
from xform import frontend

RANDOM = np.random.default_rng(4)
PARTS = RANDOM.standard_normal((2, 3, 3))
A = PARTS[0] + 1j * PARTS[1]
b, v = A[0], A[1]
BLOCKS = A[:2, :2][None]

# Matrices of a pattern, and norms.
SERVED: dict[str, tuple[Any, ...]] = {
    "toeplitz": (b,),
    "circulant": (b,),
    "hankel": (b, v),
    "companion": (b,),
    "leslie": (b, v[:2]),
    "fiedler": (b,),
    "convolution_matrix": (b, 4),
    "block_diag": (A, b[None]),
    "khatri_rao": (A, A.T),
    "diagsvd": (b, 3, 4),
    "norm": (A,),
}

OF_ONE = (
    "cho_factor", "cholesky", "cholesky_banded", "coshm", "cosm", "det", "eig", "eigh", "eigvals",
    "eigvalsh", "expm", "inv", "logm", "lu", "lu_factor", "pinv", "pinvh", "polar", "qr", "schur",
    "signm", "sinhm", "sinm", "sqrtm", "svd", "svdvals", "tanhm", "tanm",
)  # fmt: skip
WITH_VECTOR = ("solve", "solve_triangular", "lstsq", "solveh_banded")
OF_TWO = ("expm_frechet", "orthogonal_procrustes", "subspace_angles")

REFUSED: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(OF_ONE, (A,)),
    **dict.fromkeys(WITH_VECTOR, (A, b)),
    **dict.fromkeys(OF_TWO, (A, A)),
    "fractional_matrix_power": (A, 0.5),
    "funm": (A, np.exp),
    "solve_banded": ((1, 1), A, b),
    "cho_solve": ((A, True), b),
    "cho_solve_banded": ((A, True), b),
    "lu_solve": ((A, np.arange(3)), b),
    "solve_block_tridiagonal": (BLOCKS, np.repeat(BLOCKS, 2, 0), BLOCKS, A[:2, :2]),
    "cg": (A, b),
    "bicgstab": (A, b),
    "gmres": (A, b),
    "minres": (A, b),
    "eigsh": (A, 2),
    "lobpcg": (A, A[:, :1]),
    "expm_multiply": (A, b),
}


def traced(function: Any, args: tuple[Any, ...]) -> Any:
    """The function as one of its complex arrays, and these."""
    places = [i for i, x in enumerate(args) if isinstance(x, np.ndarray)]

    def call(*arrays: Any) -> Any:
        given = list(args)
        for i, x in zip(places, arrays, strict=True):
            given[i] = x
        return function(*given)

    return call, [args[i] for i in places]


@pytest.mark.parametrize("name", SERVED)
def test_values(name: str) -> None:
    call, arrays = traced(getattr(xsl, name), SERVED[name])
    got, want = frontend.jit(call)(*arrays), getattr(sl, name)(*SERVED[name])
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, 1e-13)


@pytest.mark.parametrize("name", REFUSED)
def test_others_refuse_them(name: str) -> None:
    function = getattr(xsl, name, None) or getattr(xssl, name)
    call, arrays = traced(function, REFUSED[name])
    said = f"^{name}: complex matrices are not supported yet, got complex128\n"
    if hasattr(xssl, name):
        said = rf"^{name}: .* is complex128\[.*\], and vectors are real here: .*\n"
    with pytest.raises(TypeError, match=f"{said}  at {re.escape(__file__)}"):
        frontend.jit(call).lower(*arrays)
