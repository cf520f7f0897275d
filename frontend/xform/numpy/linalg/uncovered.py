"""The functions of numpy.linalg that have no traced form, and what comes nearest to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

_POSITIVE: Final = "cholesky, or solve, inv, det and slogdet with assume_a='positive definite'"

NEAREST: Final[dict[Callable[..., Any], str]] = {
    np.linalg.cond: "norm for orders that need no singular values",
    np.linalg.eig: _POSITIVE,
    np.linalg.eigh: _POSITIVE,
    np.linalg.eigvals: "trace and slogdet for what depends on their sum or product",
    np.linalg.eigvalsh: "trace and slogdet for what depends on their sum or product",
    np.linalg.lstsq: "qr, then solve_triangular(r, q.T @ b), for full column rank",
    np.linalg.matrix_rank: "cholesky, which is NaN where a matrix is not positive definite",
    np.linalg.pinv: "solve(a.T @ a, a.T, assume_a='positive definite') for full column rank",
    np.linalg.svd: "norm for orders that need no singular values, or cholesky",
    np.linalg.svdvals: "norm for orders that need no singular values",
}
