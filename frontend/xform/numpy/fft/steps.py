"""The Fourier transform of the elements along one axis, as products of real arrays.

Complex arrays are their parts here, along a first axis: [2, n, ...], and real ones [1, n, ...]. The
transformed axis is the second one, so that a product with a matrix leaves its result in order.
"""

from __future__ import annotations

import numpy as np

from ...primitives import concatenate, dot_general, pad, reshape, reverse, transpose
from ...tracing.array import TracedArray
from ..promotion import array, constant
from .plans import chirp, is_chirp, matrix, nearest_root, plan, smooth_length, turns

# Tables of more factors are products of two smaller ones.
_LARGE_TABLE = 1 << 14


def transform(z: TracedArray, sign: int, scale: float = 1.0, real_out: bool = False) -> TracedArray:
    """The sums over j of z_j e^(sign 2 pi i j k / n), times a scale.

    Args:
        z: [2 or 1, n, ...].
        sign: 1 or -1.
        scale: what results are multiplied with.
        real_out: whether only the real parts are needed.

    Returns:
        [2, n, ...], or [1, n, ...] with `real_out`.
    """
    n, rest = z.shape[1], z.shape[2:]
    count = int(np.prod(rest))
    factors = plan(n).factors
    left, done = n, 1
    for step, r in enumerate(factors):
        left //= r
        is_last = step == len(factors) - 1
        whole = reshape(z, (z.shape[0], r, left * done * count))
        z = _points(whole, sign, scale if is_last else 1.0, real_out and is_last)
        if not is_last:
            z = reshape(z, (2, r, left, done * count))
            z = transpose(_turned(z, r, left, sign), (0, 2, 1, 3))
        done *= r
    return reshape(z, (z.shape[0], n, *rest))


def _points(z: TracedArray, sign: int, scale: float, real_out: bool) -> TracedArray:
    """Transforms of few points: z is [2 or 1, r, m]."""
    parts, r, _ = z.shape
    if is_chirp(r):
        return _chirp(z, sign, scale, real_out)
    table = matrix(r, sign, scale, parts == 1, real_out, z.dtype)
    return dot_general(array(table), z, [], [], [2, 3], [0, 1])


def times(z: TracedArray, factors: TracedArray) -> TracedArray:
    """Complex products: z is [2, ...], and so are the factors, whose sizes may be 1."""
    real, imag = factors[:1], factors[1:]
    return z * real + reverse(z, (0,)) * concatenate([-imag, imag], 0)


def _turned(z: TracedArray, r: int, left: int, sign: int) -> TracedArray:
    """The results of a step of r points, each turned by its place in the rest: [2, r, left, m]."""
    inner = left if r * left <= _LARGE_TABLE else nearest_root(left)
    found = reshape(z, (2, r, left // inner, inner, z.shape[3]))
    for places, axis in ((np.arange(left // inner) * inner, 2), (np.arange(inner), 3)):
        if len(places) > 1:
            shape = [2, r, 1, 1, 1]
            shape[axis] = len(places)
            table = turns(r, tuple(places), r * left, sign, z.dtype)
            found = times(found, reshape(array(table), tuple(shape)))
    return reshape(found, z.shape)


def _chirp(z: TracedArray, sign: int, scale: float, real_out: bool) -> TracedArray:
    """As a convolution, since 2 j k = j^2 + k^2 - (k - j)^2."""
    r, m = z.shape[1], smooth_length(2 * z.shape[1] - 1)
    wave, response = (array(x) for x in chirp(r, m, sign, scale, z.dtype))
    wave = reshape(wave, (2, r, 1))
    if z.shape[0] == 1:
        z = z * wave
    else:
        z = times(z, wave)
    wide = pad(z, constant((), z.dtype, 0), [0, 0, 0], [0, m - r, 0], [0, 0, 0])
    wide = times(transform(wide, -1), reshape(response, (2, m, 1)))
    narrow = transform(wide, 1)[:, :r]
    found = times(narrow, wave)
    return found[:1] if real_out else found
