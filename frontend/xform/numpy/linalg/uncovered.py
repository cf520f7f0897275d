"""The functions of numpy.linalg that have no traced form, and what comes nearest to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

NEAREST: Final[dict[Callable[..., Any], str]] = {
    np.linalg.eig: "eigh for symmetric matrices",
    np.linalg.eigvals: "eigvalsh for symmetric matrices, trace and slogdet for sums and products",
}
