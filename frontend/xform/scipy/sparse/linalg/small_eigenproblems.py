"""Eigenpairs of the small dense symmetric matrices that projections leave.

Jacobi's method with rotations of disjoint pairs at once: G. Golub and C. Van Loan, "Matrix
Computations", section 8.5.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ....numpy import creation, ordering, reductions, ufuncs
from ....numpy.selection import where
from ....tracing.array import TracedArray
from ....transforms.loops import while_loop
from ....transforms.scan import scan

# Jacobi's method converges quadratically; what takes longer has a NaN.
_SWEEPS = 20


def small_eigh(matrix: TracedArray) -> tuple[TracedArray, TracedArray]:
    """The eigenvalues in increasing order, and orthonormal eigenvectors as columns."""
    n = matrix.shape[0]
    if n < 2:
        return matrix[0] if n else matrix.reshape((0,)), creation.eye(n, dtype=matrix.dtype)
    a = (matrix + matrix.T) / 2
    partners = _rounds(n)
    rows = np.arange(n)
    eps = float(np.finfo(matrix.dtype).eps)

    def rotated(carry: tuple[Any, Any], partner: Any) -> tuple[tuple[Any, Any], None]:
        """Rotates every row and its partner so that the element of both becomes 0."""
        a, v = carry
        diagonal, beside = a[rows, rows], a[rows, partner]
        # The angles of both of a pair are those of its first row.
        sign = where(rows < partner, 1.0, -1.0)
        still = (beside == 0) | (rows == partner)
        slope = sign * (diagonal[partner] - diagonal) / (2 * where(still, 1.0, beside))
        tangent = where(slope < 0, -1.0, 1.0) / (ufuncs.absolute(slope) + ufuncs.hypot(slope, 1.0))
        tangent = where(still, 0.0, tangent)
        cosine = 1 / ufuncs.hypot(tangent, 1.0)
        sine = -sign * tangent * cosine
        a = a * cosine + a[:, partner] * sine
        a = a * cosine[:, None] + a[partner] * sine[:, None]
        met = (partner[:, None] == rows) & (rows[:, None] != rows)
        return (where(met, 0.0, a), v * cosine + v[:, partner] * sine), None

    def sweep(state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
        a, v, count = state
        (a, v), _ = scan(rotated, (a, v), partners)
        return a, v, count + 1

    def goes_on(state: tuple[Any, Any, Any]) -> Any:
        a, _, count = state
        beside = where(rows[:, None] == rows, 0.0, a)
        left = ufuncs.sqrt(reductions.sum(beside * beside))
        return (left > eps * scale / 8) & (count < _SWEEPS)

    scale = ufuncs.sqrt(reductions.sum(a * a))
    identity = creation.eye(n, dtype=matrix.dtype)
    a, v, _ = while_loop(goes_on, sweep, (a, identity, np.int32(0)))
    values = a[rows, rows]
    order = ordering.argsort(values)
    return values[order], v[:, order]


def _rounds(n: int) -> np.ndarray[Any, Any]:
    """For each round of a tournament in which all pairs of n rows meet, the partner of each row.

    >>> _rounds(3).tolist()
    [[0, 2, 1], [2, 1, 0], [1, 0, 2]]
    """
    even = n + n % 2
    ring = np.arange(even)
    partners = []
    for _ in range(even - 1):
        partner = np.empty(even, np.int32)
        partner[ring] = ring[::-1]
        # Who meets the one that is too many stays.
        partners.append(np.where(partner[:n] < n, partner[:n], np.arange(n)).astype(np.int32))
        ring = np.concatenate([ring[:1], np.roll(ring[1:], 1)])
    return np.stack(partners)
