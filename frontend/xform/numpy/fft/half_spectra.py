"""Transforms between real signals and the half of their spectra that is not the mirror of another.

A signal of even length is its elements at even places, and those at odd places as imaginary parts:
a complex signal of half the length (J. Cooley, P. Lewis and P. Welch, 1970).
"""

from __future__ import annotations

import numpy as np

from ...primitives import concatenate, reshape, reverse
from ...tracing.array import TracedArray
from ..promotion import array
from .plans import turns
from .steps import times, transform


def half_spectrum(z: TracedArray, scale: float) -> TracedArray:
    """The first n // 2 + 1 frequencies of a real signal [1, n, ...]: [2, n // 2 + 1, ...]."""
    n, rest = z.shape[1], z.shape[2:]
    if n % 2:
        return transform(z, -1, scale)[:, : n // 2 + 1]
    pairs = z.reshape(n // 2, 2, *rest)
    folded = transform(pairs.swapaxes(0, 1), -1, scale / 2)
    folded = concatenate([folded, folded[:, :1]], 1)
    mirrored = _conjugate(reverse(folded, [1]))
    even, odd = folded + mirrored, _times_i(mirrored - folded)
    return even + times(odd, _steps(n, -1, z))


def signal(z: TracedArray, n: int, scale: float) -> TracedArray:
    """The real signal [1, n, ...] whose first n // 2 + 1 frequencies are [2, n // 2 + 1, ...]."""
    rest = z.shape[2:]
    if n % 2:
        mirrored = _conjugate(reverse(z[:, 1:], [1]))
        return transform(concatenate([z, mirrored], 1), 1, scale, real_out=True)
    # Real signals have real first and last frequencies.
    ends = np.ones((2, n // 2 + 1, *(1,) * len(rest)), z.dtype)
    ends[1, [0, -1]] = 0
    z = z * array(ends)
    mirrored = _conjugate(reverse(z, [1]))
    even, odd = z + mirrored, times(z - mirrored, _steps(n, 1, z))
    folded = transform((even + _times_i(odd))[:, :-1], 1, scale)
    return reshape(folded.swapaxes(0, 1), (1, n, *rest))


def _conjugate(z: TracedArray) -> TracedArray:
    return concatenate([z[:1], -z[1:]], 0)


def _times_i(z: TracedArray) -> TracedArray:
    return concatenate([-z[1:], z[:1]], 0)


def _steps(n: int, sign: int, z: TracedArray) -> TracedArray:
    """Turns of k / n for each frequency."""
    table = turns(2, tuple(range(n // 2 + 1)), n, sign, z.dtype)[:, 1]
    return array(table.reshape(2, n // 2 + 1, *(1,) * (z.ndim - 2)))
