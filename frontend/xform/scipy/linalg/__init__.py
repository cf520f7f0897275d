"""The `xform.scipy.linalg` namespace: SciPy's, and a solver for block tridiagonal matrices.

What is left out raises AttributeError; its reason, where there is one, is in the message.
"""

from __future__ import annotations

from typing import NoReturn

from ...numpy.dispatch import suggest as _suggest
from .banded import solve_banded
from .block_tridiagonal import solve_block_tridiagonal
from .eigenvalue_functions import funm, funmh
from .exponential import expm, expm_frechet
from .general import eig, eigvals, fractional_matrix_power, schur
from .lu import lu, lu_factor, lu_solve
from .norms import norm
from .orthogonal import qr
from .patterned import (
    block_diag,
    circulant,
    companion,
    convolution_matrix,
    fiedler,
    hankel,
    khatri_rao,
    leslie,
    toeplitz,
)
from .polar_factors import orthogonal_procrustes, polar
from .positive_banded import cho_solve_banded, cholesky_banded, solveh_banded
from .roots import logm, signm, sqrtm
from .singular import diagsvd, lstsq, pinv, pinvh, subspace_angles, svd, svdvals
from .sized import hadamard, helmert, hilbert, invhilbert, invpascal, pascal
from .spectral import eigh, eigvalsh
from .systems import det, inv, solve
from .toeplitz_systems import matmul_toeplitz, solve_circulant, solve_toeplitz
from .triangular import cho_factor, cho_solve, cholesky, solve_triangular
from .trigonometric import coshm, cosm, sinhm, sinm, tanhm, tanm
from .uncovered import REASONS

__all__ = [
    "block_diag",
    "cho_factor",
    "cho_solve",
    "cho_solve_banded",
    "cholesky",
    "cholesky_banded",
    "circulant",
    "companion",
    "convolution_matrix",
    "coshm",
    "cosm",
    "det",
    "diagsvd",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "expm",
    "expm_frechet",
    "fiedler",
    "fractional_matrix_power",
    "funm",
    "funmh",
    "hadamard",
    "hankel",
    "helmert",
    "hilbert",
    "inv",
    "invhilbert",
    "invpascal",
    "khatri_rao",
    "leslie",
    "logm",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_solve",
    "matmul_toeplitz",
    "norm",
    "orthogonal_procrustes",
    "pascal",
    "pinv",
    "pinvh",
    "polar",
    "qr",
    "schur",
    "signm",
    "sinhm",
    "sinm",
    "solve",
    "solve_banded",
    "solve_block_tridiagonal",
    "solve_circulant",
    "solve_toeplitz",
    "solve_triangular",
    "solveh_banded",
    "sqrtm",
    "subspace_angles",
    "svd",
    "svdvals",
    "tanhm",
    "tanm",
    "toeplitz",
]


def __getattr__(name: str) -> NoReturn:
    reason = REASONS.get(name)
    told = f": {reason}" if reason else _suggest(name, __all__)
    raise AttributeError(f"module 'xform.scipy.linalg' has no attribute {name!r}{told}")
