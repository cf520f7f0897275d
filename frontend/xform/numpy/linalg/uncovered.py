"""The functions of numpy.linalg that have no traced form: on traced arrays they say what has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from ...errors import XformTypeError, at_user_line
from ..dispatch import function

_POSITIVE = "cholesky, or solve, inv, det and slogdet with assume_a='positive definite'"

_NEAREST: dict[Callable[..., Any], str] = {
    np.linalg.cond: "norm for orders that need no singular values",
    np.linalg.eig: _POSITIVE,
    np.linalg.eigh: _POSITIVE,
    np.linalg.eigvals: "trace and slogdet for what depends on their sum or product",
    np.linalg.eigvalsh: "trace and slogdet for what depends on their sum or product",
    np.linalg.lstsq: "solve(a.T @ a, a.T @ b, assume_a='positive definite') for full rank",
    np.linalg.matrix_rank: "cholesky, which is NaN where a matrix is not positive definite",
    np.linalg.pinv: "solve(a.T @ a, a.T, assume_a='positive definite') for full column rank",
    np.linalg.qr: "cholesky(a.T @ a, upper=True) for r, then a triangular solve for q",
    np.linalg.svd: "norm for orders that need no singular values, or cholesky",
    np.linalg.svdvals: "norm for orders that need no singular values",
    np.linalg.tensorinv: "solve and inv on reshaped matrices",
    np.linalg.tensorsolve: "solve on reshaped matrices",
}


def _uncovered(numpy: Callable[..., Any], nearest: str) -> Callable[..., Any]:
    name = numpy.__name__

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise XformTypeError(
            at_user_line(
                f"numpy.linalg.{name} is not supported on traced arrays; nearest in "
                f"xform.numpy.linalg: {nearest}"
            )
        )

    refuse.__name__ = name
    refuse.__doc__ = f"NumPy's {name}, on concrete arrays only."
    return function(numpy)(refuse)


UNCOVERED = {numpy.__name__: _uncovered(numpy, nearest) for numpy, nearest in _NEAREST.items()}
