"""Complex numbers at which functions are compared with NumPy's, and the comparison."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from mpmath import mp

Array = np.ndarray[Any, Any]

DTYPES: Final = ("complex64", "complex128")
NEAR: Final = (0, 1, -1, 1j, -1j, 0.5j * np.pi, 0.5 * np.pi, np.pi, -np.pi)


def part_of(dtype: Any) -> np.dtype[Any]:
    """The dtype of either part."""
    return np.empty(0, dtype).real.dtype


def grid(dtype: Any) -> Array:
    """256 numbers: every pair of 16 parts, of which most are special."""
    large = 1e200 if dtype == "complex128" else 1e30
    each = np.array(
        [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 1 / large, -1 / large, large, -large, 1000.0,
         -1000.0, np.inf, -np.inf, np.nan]
    )  # fmt: skip
    return of_parts(*np.meshgrid(each, each), dtype).ravel()


def scattered(dtype: Any) -> Array:
    """256 numbers: some anywhere, most near a zero, a pole or a branch point of some function."""
    draw = np.random.default_rng(5)
    smallest = -12 if dtype == "complex128" else -5
    away = 10.0 ** draw.uniform(smallest, 0, 224) * np.exp(1j * draw.uniform(-np.pi, np.pi, 224))
    near = np.resize(np.array(NEAR), 224) + away
    wide = 10.0 ** draw.uniform(-3, 2, 32) * np.exp(1j * draw.uniform(-np.pi, np.pi, 32))
    return np.concatenate([near, wide]).astype(dtype)


def of_parts(real: Any, imag: Any, dtype: Any = np.complex128) -> Array:
    """Complex numbers, by their parts and so with their signs of zero."""
    x = np.empty(np.broadcast_shapes(np.shape(real), np.shape(imag)), dtype)
    x.real, x.imag = real, imag
    return x


def exact(function: Any, x: Array) -> Array:
    """The values of a function of mpmath's, rounded once."""
    with mp.workdps(60):
        return np.array([complex(function(mp.mpc(complex(z)))) for z in x])


def assert_near(found: Any, expected: Array, at: Array, ulps: float) -> None:
    """Finite numbers are equal but for rounding errors of the larger part."""
    found = np.asarray(found)
    error = np.abs(found.astype(np.complex128) - expected)
    units = error / (np.finfo(found.dtype).eps * np.abs(expected) + np.finfo(found.dtype).tiny)
    worst = np.argmax(np.where(np.isnan(units), np.inf, units))
    assert units[worst] <= ulps, (at[worst], found[worst], expected[worst], units[worst])


def assert_as_numpy(
    found: Any, expected: Array, at: Array, ulps: float = 8, signs_of_zeros: bool = True
) -> None:
    """Each part is NumPy's: infinities, NaN, signs of zeros, and finite numbers but for ulps.

    Annex G leaves the sign of one part open in most cases where a part is NaN; it is not compared
    there.
    """
    found = np.asarray(found)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    if expected.dtype == bool:
        wrong = found != expected
    else:
        sides = [(found, expected)]
        if expected.dtype.kind == "c":
            sides = [(found.real, expected.real), (found.imag, expected.imag)]
        is_open = np.isnan(expected) | np.isnan(at)
        wrong = np.zeros(expected.shape, bool)
        for ours, theirs in sides:
            wrong |= ~_as_numpys(ours, theirs, is_open, ulps, signs_of_zeros)
    where = np.flatnonzero(wrong)
    listed = [(at[i], found[i], expected[i]) for i in where[:10]]
    assert not where.size, f"{where.size} differ: at, found, expected: {listed}"


def _as_numpys(ours: Array, theirs: Array, is_open: Array, ulps: float, signs: bool) -> Array:
    limits = np.finfo(theirs.dtype)
    with np.errstate(all="ignore"):
        near = np.abs(ours - theirs) <= ulps * limits.eps * np.abs(theirs) + 2 * limits.tiny
        same = near | (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        same |= is_open & np.isinf(theirs) & np.isinf(ours)
    if signs:
        zeros = (ours == 0) & (theirs == 0) & ~is_open
        same &= ~zeros | (np.signbit(ours) == np.signbit(theirs))
    return same
