"""Which products a Fourier transform of a length is made of, and the numbers in them.

A transform of n = r1 r2 ... points is one of r1 points, of every (r2 ...)-th element, a factor for
each result, and one of the rest (J. Cooley and J. Tukey, 1965). One of few points is a product with
a matrix, which machines are fast at: 65,536 points are four products with 16 x 16 matrices. One of
many points, if their number is prime, is a convolution with a chirp (L. Bluestein, 1970).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np

Table: TypeAlias = np.ndarray[Any, Any]

# What a product costs besides its multiplications, in points: it reads and writes everything.
_PASS: Final = 24
# The largest factor that is tried for a product.
_LARGEST: Final = 512


class Plan(NamedTuple):
    """How a length is transformed.

    Attributes:
        factors: the points of each step, whose product is the length.
        cost: operations for each point of the whole.
    """

    factors: tuple[int, ...]
    cost: float


def _primes(n: int) -> list[int]:
    found, p = [], 2
    while p * p <= n:
        while n % p == 0:
            found.append(p)
            n //= p
        p += 1
    return [*found, n] if n > 1 else found


@cache
def plan(n: int) -> Plan:
    """The cheapest way for a length."""
    best = Plan((n,), step_cost(n))
    for r in _divisors(n):
        rest = plan(n // r)
        cost = step_cost(r) + rest.cost
        if cost < best.cost:
            best = Plan((r, *rest.factors), cost)
    return best


def _divisors(n: int) -> list[int]:
    """The factors of a length that may be a step, but for the length itself."""
    found = {1}
    for p in _primes(n):
        found |= {d * p for d in found if d * p <= _LARGEST or p > _LARGEST}
    return sorted(found - {1, n})


@cache
def step_cost(r: int) -> float:
    """What a step of some points costs, for each of them."""
    return min(r + _PASS, _chirp_cost(r))


def is_chirp(r: int) -> bool:
    """Whether a step is a convolution."""
    return _chirp_cost(r) < r + _PASS


@cache
def _chirp_cost(r: int) -> float:
    if r < 64 or len(_primes(r)) > 1:
        return float("inf")
    m = smooth_length(2 * r - 1)
    return 2 * (m / r) * (plan(m).cost + _PASS)


@cache
def smooth_length(least: int) -> int:
    """An even length, at least as large as another one, that is transformed the fastest."""
    odd = [3**i * 5**j for i in range(18) for j in range(12) if 3**i * 5**j <= 2 * least]
    even = {n << max(1, (-(-least // n) - 1).bit_length()) for n in odd}
    best: int = min(even, key=lambda n: n * plan(n).cost)
    return best


def _roots(turns: Table, n: int, sign: int) -> Table:
    """e^(sign 2 pi i turns / n), each to the last digit.

    Sines and cosines are taken of at most an eighth of a turn.
    """
    eighths, rest = np.divmod(8 * (turns % n), n)
    odd = eighths % 2 == 1
    angle = np.where(odd, n - rest, rest) * (np.pi / (4 * n))
    cos, sin = np.cos(angle), np.sin(angle)
    cos, sin = np.where(odd, sin, cos), np.where(odd, cos, sin)
    values = (cos + 1j * sin) * np.array([1, 1j, -1, -1j])[eighths // 2]
    turned: Table = values if sign > 0 else values.conj()
    return turned


def _as_parts(values: Table, dtype: Any) -> Table:
    """Complex numbers as two arrays of real ones, along a new first axis."""
    return np.stack([values.real, values.imag]).astype(dtype)


@cache
def matrix(r: int, sign: int, scale: float, real_in: bool, real_out: bool, dtype: Any) -> Table:
    """The transform of r points: [2, r, 2, r] for parts and points of results and operands."""
    points = np.arange(r)
    values = _roots(np.multiply.outer(points, points), r, sign) * scale
    of_real = np.stack([values.real, values.imag])
    of_imag = np.stack([-values.imag, values.real])
    whole = np.stack([of_real, of_imag], axis=2)
    part = whole[: 1 if real_out else 2, :, : 1 if real_in else 2]
    return np.ascontiguousarray(part.astype(dtype))


@cache
def turns(r: int, places: tuple[int, ...], n: int, sign: int, dtype: Any) -> Table:
    """Factors [2, r, places]: the k-th of r results is turned by k j / n for each place j."""
    return _as_parts(_roots(np.multiply.outer(np.arange(r), places), n, sign), dtype)


@cache
def chirp(r: int, m: int, sign: int, scale: float, dtype: Any) -> tuple[Table, Table]:
    """A wave of rising frequency [2, r], and the transform of the opposite one [2, m]."""
    points = np.arange(r)
    wave = _roots(points * points, 2 * r, sign)
    opposite = np.zeros(m, np.complex128)
    opposite[:r] = wave.conj()
    opposite[m - r + 1 :] = wave.conj()[1:][::-1]
    return _as_parts(wave, dtype), _as_parts(np.fft.fft(opposite) * (scale / m), dtype)


def nearest_root(n: int) -> int:
    """The factor of a number that is nearest to its root."""
    return min((d for d in range(1, n + 1) if n % d == 0), key=lambda d: abs(d * d - n))
