"""The rows of functions beyond the elementary ones."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import scipy.special
from elementwise_rows import SPECIAL, elementwise
from mpmath import mp
from table_row import Array, Row
from xform import primitives

ROWS: list[Row] = []

# Between its poles the logarithm of gamma has roots, next to which few digits are right.
POLES = (0.0, -0.0, -1.0, -3.0, -0.5, 0.5, 1.0, 2.0, 3.0, 7.9, 1e-3, 30.0, math.inf, math.nan)
WIDE, POSITIVE, UNIT = (-3.0, 3.0), (0.3, 9.0), (-0.9, 0.9)

special = partial(elementwise, rows=ROWS)


def erf_inv(x: Array) -> Array:
    """SciPy's, but a zero keeps its sign."""
    return np.where(x == 0, x, scipy.special.erfinv(x))


def lgamma(x: Array) -> Array:
    """SciPy's, but infinite for -inf as C's."""
    return np.where(x == -math.inf, math.inf, scipy.special.gammaln(x))


ENDS = (*POLES, -math.inf)
special("erf_inv", primitives.erf_inv, erf_inv, UNIT, ulps=4)
special("lgamma", primitives.lgamma, lgamma, POSITIVE, special=ENDS, ulps=4)
# The root of digamma at -0.504 is too near to -0.5.
FROM_ROOTS = tuple(-0.7 if x == -0.5 else x for x in POLES)
special("digamma", primitives.digamma, scipy.special.digamma, POSITIVE, special=FROM_ROOTS, ulps=4)
for order in (1, 2, 5):
    special(
        "polygamma",
        partial(primitives.polygamma, order=order),
        partial(scipy.special.polygamma, order),
        POSITIVE,
        special=(0.5, 1.0, 3.0, -0.5, -2.3, 30.0, math.inf, math.nan),
        ulps=8,
        name=f"polygamma {order}",
    )


def exact_sinc(x: float, order: int) -> float:
    """By x f^(n) + n f^(n-1) = sin^(n), in enough digits for what cancels near 0."""
    if x == 0:
        return (-1) ** ((order + 1) // 2) * (x if order % 2 else 1 / (order + 1))
    if not math.isfinite(x):
        return math.nan
    with mp.workdps(120):
        result = mp.sin(x) / x
        for n in range(1, order + 1):
            result = (mp.sin(x + n * mp.pi / 2) - n * result) / x
        return float(result)


def sinc(order: int, x: Array) -> Array:
    """A derivative of sin(x) / x."""
    return np.asarray(np.vectorize(exact_sinc, otypes=[np.float64])(x, order), x.dtype)


def sinc_of_root(order: int, x: Array) -> Array:
    """A spherical Bessel function of the root divided by a power of it, by its limit near 0."""
    z = np.sqrt(np.asarray(x, np.float64))
    if order == -1:
        return np.asarray(np.cos(z), x.dtype)
    terms = [
        (-x / 2) ** k / (math.factorial(k) * math.prod(range(2 * order + 2 * k + 1, 0, -2)))
        for k in range(4)
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        far = scipy.special.spherical_jn(order, z) / z**order
    return np.where(np.abs(x) < 1e-3, sum(terms), far).astype(x.dtype)


def half_pow(exponent: int, x: Array) -> Array:
    """A power; 0 where x is 0."""
    with np.errstate(divide="ignore"):
        return np.where(x == 0, 0 * x, x ** np.asarray(exponent / 2, x.dtype))


def div_no_nan(x: Array, y: Array) -> Array:
    """The quotient; 0 where y is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(y == 0, 0 * y * y, x / y)


def logistic_slope(x: Array) -> Array:
    """In terms of the decaying exponential."""
    decay = np.exp(-np.abs(x))
    return np.asarray(decay / (1 + decay) ** 2)


for order in (0, 1, 2, 5):
    special(
        "sinc",
        partial(primitives.sinc, order=order),
        partial(sinc, order),
        WIDE,
        special=(0.0, 1e-8, 1e-3, -0.7, 2.5, -5.9, 6.1, 20.0, math.inf, math.nan),
        # Next to 6, terms of a series of order 5 cancel that are hundreds of times the sum.
        ulps=40 if order < 5 else 60,
        name=f"sinc {order}",
    )
for order in (-1, 0, 1, 2, 5):
    special(
        "sinc_of_root",
        partial(primitives.sinc_of_root, order=order),
        partial(sinc_of_root, order),
        POSITIVE,
        special=(0.0, 1e-9, 1e-4, 2.5, 5.9, 37.0, 400.0, -1.0, math.nan),
        ulps=40,
        name=f"sinc_of_root {order}",
    )
for exponent in (-1, 1, 3, 7):
    special(
        "half_pow",
        partial(primitives.half_pow, exponent=exponent),
        partial(half_pow, exponent),
        POSITIVE,
        special=(0.0, 1.0, 1e-9, 1e4, -1.0, math.inf, math.nan),
        ulps=4,
        name=f"half_pow {exponent}",
    )
special("div_no_nan", primitives.div_no_nan, div_no_nan, WIDE, POSITIVE)
special("gaussian", primitives.gaussian, lambda x: np.exp(-x * x), WIDE, ulps=8)
special(
    "logistic_slope",
    primitives.logistic_slope,
    logistic_slope,
    WIDE,
    special=(*SPECIAL, 80.0, -80.0, 37.0, -5.0),
    ulps=4,
)
special("hypot", primitives.hypot, np.hypot, WIDE, WIDE, special=(*SPECIAL, 1e30, -1e30), ulps=4)
special("log_add_exp", primitives.log_add_exp, np.logaddexp, POSITIVE, POSITIVE, ulps=4)
