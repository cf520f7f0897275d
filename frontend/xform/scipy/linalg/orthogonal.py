"""Factors with orthonormal columns."""

from __future__ import annotations

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...numpy.dispatch import extension
from ...numpy.linalg.matrices import matrices
from ...tracing.array import ArrayLike, TracedArray
from .band_matrices import padded

_MODES = ("full", "r", "economic")


@extension("scipy.linalg")
def qr(
    a: ArrayLike,
    overwrite_a: bool = False,
    lwork: int | None = None,
    mode: str = "full",
    pivoting: bool = False,
    check_finite: bool = True,
) -> tuple[TracedArray, ...]:
    """Orthonormal columns q and an upper triangle r with q r = a.

    The derivative exists where `a` has full rank, as that of `xform.numpy.linalg.qr`.

    Args:
        a: matrices (..., m, n); k is the smaller of m and n.
        overwrite_a, lwork, check_finite: without effect.
        mode: "full" for q (..., m, m) and r (..., m, n); "economic" for (..., m, k) and
            (..., k, n); "r" for r (..., m, n) alone.
        pivoting: must be False; columns are not exchanged.

    Returns:
        (q, r), or (r,).

    Raises:
        XformValueError: fewer than two axes, another mode, or pivoting; "raw" is LAPACK's own form
            of the reflections, which is not given here.

    >>> import numpy as np
    >>> q, r = qr(np.array([[3.0, 1.0], [4.0, 2.0]]))
    >>> r.numpy().round(6)
    array([[-5. , -2.2],
           [ 0. ,  0.4]])
    """
    x = matrices(a, "qr")
    if pivoting:
        raise XformValueError(at_user_line("qr: columns cannot be exchanged; leave out pivoting"))
    if mode not in _MODES:
        known = ", ".join(map(repr, _MODES))
        raise XformValueError(at_user_line(f"qr: unknown mode {mode!r}; expected one of {known}"))
    q, r = primitives.qr(x, complete=mode == "full")
    # Below r there are zeros, for which nothing need complete q.
    return (padded(r, -2, 0, x.shape[-2] - r.shape[-2]),) if mode == "r" else (q, r)


__all__ = ["qr"]
