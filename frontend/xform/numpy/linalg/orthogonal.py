"""Factors with orthonormal columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.linalg._linalg import QRResult

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...tracing.array import ArrayLike, TracedArray
from ..dispatch import function
from .matrices import matrices

_MODES = ("reduced", "complete", "r")


@function(np.linalg.qr)
def qr(a: ArrayLike, mode: str = "reduced") -> QRResult | TracedArray:
    """Orthonormal columns q and an upper triangle r with q r = a.

    The signs are LAPACK's, and so NumPy's. The derivative exists where `a` has full rank; where it
    has not, it is infinite or NaN. By Householder's reflections: G. Golub and C. Van Loan, "Matrix
    Computations", chapter 5.

    Args:
        a: matrices (..., m, n); k is the smaller of m and n.
        mode: "reduced" for q (..., m, k) and r (..., k, n); "complete" for (..., m, m) and
            (..., m, n); "r" for r (..., k, n) alone. No tangent turns the columns that complete q
            into each other, so what does not depend on which are chosen has its derivative.

    Returns:
        The pair (q, r) as NumPy's named tuple, or r.

    Raises:
        XformValueError: fewer than two axes, or another mode; NumPy's mode "raw" is LAPACK's own
            form of the reflections, which is not given here.

    >>> q, r = qr(np.array([[3.0, 1.0], [4.0, 2.0]]))
    >>> np.round(np.asarray(r), 6)
    array([[-5. , -2.2],
           [ 0. ,  0.4]])
    """
    x = matrices(a, "qr")
    if mode not in _MODES:
        known = ", ".join(map(repr, _MODES))
        raise XformValueError(at_user_line(f"qr: unknown mode {mode!r}; expected one of {known}"))
    q, r = primitives.qr(x, complete=mode == "complete")
    return r if mode == "r" else _result(q, r)


def _result(q: Any, r: Any) -> QRResult:
    return QRResult(q, r)
