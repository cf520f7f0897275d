"""Systems of complex matrices, as real ones of twice the size.

(A + i B) (x + i y) = c + i d is [[A, -B], [B, A]] [x; y] = [c; d], whose norm and condition are
those of the complex matrix. It takes twice the operations of complex factors, by the real ones'
blocked loops, and its derivatives are those of the real system.
"""

from __future__ import annotations

from collections.abc import Callable

from ...tracing.array import TracedArray
from ...tracing.traces import complex_of, imag_of, real_of
from ..joining import concatenate

Solve = Callable[[TracedArray, TracedArray], TracedArray]


def solve_complex(a: TracedArray, b: TracedArray, solve: Solve) -> TracedArray:
    """The complex columns x with a x = b.

    Args:
        a: complex matrices (..., n, n).
        b: complex columns (..., n, m).
        solve: the same of real ones.
    """
    n = a.shape[-1]
    real, imag = real_of(a), imag_of(a)
    whole = concatenate(
        [concatenate([real, -imag], axis=-1), concatenate([imag, real], axis=-1)], axis=-2
    )
    parts = solve(whole, concatenate([real_of(b), imag_of(b)], axis=-2))
    return complex_of(parts[..., :n, :], parts[..., n:, :])


__all__ = ["solve_complex"]
