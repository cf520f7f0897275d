#!/usr/bin/env python3
"""Minimax polynomials for the special functions in lowering/math/.

Prints the C++ header that holds them:

    python tools/fit_special.py | clang-format > lowering/math/SpecialPolynomials.h

The variable of every polynomial is centred in its interval, so that the terms do not cancel.
"""

from __future__ import annotations

from fit_polynomials import (
    FULL_BITS,
    Fit,
    Split,
    factor_fit,
    header,
    pair,
    print_split,
    print_table,
)
from mpmath import mp, mpf

# Where the variable of erf_inv changes from w to 1 / sqrt(w), and the middles of both intervals.
CHANGE_W = mpf(8)
CENTRE_W = mpf(4)
CENTRE_ROOT = mpf("0.25")
# w of the last number below 1, for float32 and float64.
LAST_W = (mpf("16.7"), mpf("36.1"))
HALF = mpf("0.5")


def erf_inv_ratio(w: mpf) -> mpf:
    """erf_inv(x) / x where w = -log(1 - x^2)."""
    if w < mpf(2) ** -100:
        return mp.sqrt(mp.pi) / 2
    x = mp.sqrt(-mp.expm1(-w))
    return mp.erfinv(x) / x


def gamma_ratio(x: mpf) -> mpf:
    """log(gamma(x)) / ((x - 1) (x - 2)), which has no root."""
    if abs(x - 1) < mpf(2) ** -80:
        return mp.euler
    if abs(x - 2) < mpf(2) ** -80:
        return 1 - mp.euler
    return mp.loggamma(x).real / ((x - 1) * (x - 2))


DIGAMMA_ROOT = mp.findroot(mp.digamma, mpf("1.4616321449683623"))


def digamma_ratio(x: mpf) -> mpf:
    """digamma(x) / (x - root), which has no root."""
    if abs(x - DIGAMMA_ROOT) < mpf(2) ** -80:
        return mp.psi(1, DIGAMMA_ROOT)
    return mp.digamma(x) / (x - DIGAMMA_ROOT)


def stirling_gamma(z: mpf) -> mpf:
    """The series of log(gamma(x)) behind its first terms, times x; z = 1 / x^2."""
    if z < mpf(2) ** -100:
        return mpf(1) / 12
    x = 1 / mp.sqrt(z)
    leading = (x - HALF) * mp.log(x) - x + mp.log(2 * mp.pi) / 2
    return (mp.loggamma(x).real - leading) * x


def stirling_digamma(z: mpf) -> mpf:
    """(log(x) - 1 / (2 x) - digamma(x)) x^2; z = 1 / x^2."""
    if z < mpf(2) ** -60:
        return mpf(1) / 12 - z / 120
    x = 1 / mp.sqrt(z)
    return (mp.log(x) - HALF / x - mp.digamma(x)) / z


def sine_ratio(z: mpf) -> mpf:
    """(sin(pi r) / (pi r) - 1) / z where z = r^2."""
    if z < mpf(2) ** -60:
        return -(mp.pi**2) / 6 + z * mp.pi**4 / 120
    r = mp.sqrt(z)
    return (mp.sinpi(r) / (mp.pi * r) - 1) / z


def cotangent_ratio(z: mpf) -> mpf:
    """(1 / r - pi cot(pi r)) / r where z = r^2."""
    if z < mpf(2) ** -60:
        return mp.pi**2 / 3 + z * mp.pi**4 / 45
    r = mp.sqrt(z)
    return (1 / r - mp.pi * mp.cospi(r) / mp.sinpi(r)) / r


FITS = [
    factor_fit(
        "kErfInvNear",
        "erf_inv(x) = x p(w - 4), w = -log(1 - x^2) <= 8",
        lambda u: erf_inv_ratio(u + CENTRE_W),
        pair(-CENTRE_W),
        pair(CHANGE_W - CENTRE_W),
        (11, 25),
    ),
    factor_fit(
        "kErfInvFar",
        "erf_inv(x) = x p(1 / sqrt(w) - 1/4) for larger w",
        lambda u: erf_inv_ratio((u + CENTRE_ROOT) ** -2),
        (1 / mp.sqrt(LAST_W[0]) - CENTRE_ROOT, 1 / mp.sqrt(LAST_W[1]) - CENTRE_ROOT),
        pair(1 / mp.sqrt(CHANGE_W) - CENTRE_ROOT),
        (8, 23),
    ),
    factor_fit(
        "kLogGammaOne",
        "log(gamma(x)) = (x - 1) (x - 2) p(x - 3/2), 1 <= x <= 2",
        lambda u: gamma_ratio(u + HALF * 3),
        pair(-HALF),
        pair(HALF),
        (9, 20),
    ),
    factor_fit(
        "kLogGammaTwo",
        "log(gamma(x)) = (x - 1) (x - 2) p(x - 5/2), 2 <= x <= 3",
        lambda u: gamma_ratio(u + HALF * 5),
        pair(-HALF),
        pair(HALF),
        (7, 16),
    ),
    Fit(
        "kLogGammaSeries",
        "log(gamma(x)) = (x - 1/2) log(x) - x + log(2 pi)/2 + p(z) / x, z = 1 / x^2, x >= 3",
        stirling_gamma,
        lambda z: 1 / (3 * mp.ln2),
        pair(mpf(0)),
        pair(mpf(1) / 9),
        (3, 11),
    ),
    factor_fit(
        "kDigammaOne",
        "digamma(x) = (x - root) p(x - 3/2), 1 <= x <= 2",
        lambda u: digamma_ratio(u + HALF * 3),
        pair(-HALF),
        pair(HALF),
        (11, 22),
    ),
    factor_fit(
        "kDigammaTwo",
        "digamma(x) = (x - root) p(x - 5/2), 2 <= x <= 3",
        lambda u: digamma_ratio(u + HALF * 5),
        pair(-HALF),
        pair(HALF),
        (8, 17),
    ),
    Fit(
        "kDigammaSeries",
        "digamma(x) = log(x) - 1 / (2 x) - z p(z), z = 1 / x^2, x >= 3",
        stirling_digamma,
        lambda z: 1 / (9 * mp.digamma(3)),
        pair(mpf(0)),
        pair(mpf(1) / 9),
        (3, 12),
    ),
    Fit(
        "kSinPiTail",
        "sin(pi r) / pi = r + r z p(z), z = r^2, |r| <= 1/2",
        sine_ratio,
        lambda z: z / (1 + z * sine_ratio(z)),
        pair(mpf(0)),
        pair(HALF**2),
        (4, 8),
    ),
    Fit(
        "kCotPiTail",
        "pi cot(pi r) = 1 / r - r p(z), z = r^2, |r| <= 1/2; the error is that of max(1, |result|)",
        cotangent_ratio,
        lambda z: HALF,
        pair(mpf(0)),
        pair(HALF**2),
        (7, 14),
    ),
]

SPLITS = [
    Split("kDigammaRoot", "the positive root of digamma, less 1", DIGAMMA_ROOT - 1, FULL_BITS),
    Split("kHalfLogTwoPi", "log(2 pi)/2", mp.log(2 * mp.pi) / 2, FULL_BITS),
]


def main() -> None:
    """Print the header."""
    include = '"lowering/math/Polynomials.h"'
    with header("SpecialPolynomials", "for the special functions", "fit_special.py", include):
        for fit in FITS:
            print_table(fit)
        for split in SPLITS:
            print_split(split)


if __name__ == "__main__":
    main()
