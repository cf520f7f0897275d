"""The `xform.numpy.linalg` namespace: NumPy's, and what tells a solver the kind of a matrix.

Functions of matrices take them in the last two axes, with any axes before.
"""

from __future__ import annotations

from typing import NoReturn

from ..dispatch import suggest as _suggest
from .general import eig, eigvals
from .norms import matrix_norm, norm, vector_norm
from .orthogonal import qr
from .products import (
    cross,
    diagonal,
    matmul,
    matrix_power,
    matrix_transpose,
    multi_dot,
    outer,
    tensordot,
    trace,
    vecdot,
)
from .singular import cond, lstsq, matrix_rank, pinv, svd, svdvals
from .spectral import eigh, eigvalsh
from .systems import det, inv, slogdet, solve
from .tensors import tensorinv, tensorsolve
from .triangular import cho_solve, cholesky, solve_triangular

__all__ = [
    "cho_solve",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "trace",
    "vecdot",
    "vector_norm",
]


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(
        f"module 'xform.numpy.linalg' has no attribute {name!r}{_suggest(name, __all__)}"
    )
