"""The functions of numpy.linalg that have no traced form, and what comes nearest to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

_POSITIVE: Final = "cholesky, or solve, inv, det and slogdet with assume_a='positive definite'"

NEAREST: Final[dict[Callable[..., Any], str]] = {
    np.linalg.eig: _POSITIVE,
    np.linalg.eigvals: "trace and slogdet for what depends on their sum or product",
    np.linalg.tensorinv: "solve and inv on reshaped matrices",
    np.linalg.tensorsolve: "solve on reshaped matrices",
}
