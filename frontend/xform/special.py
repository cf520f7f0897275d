"""Special functions of SciPy for traced arrays: error functions, gamma, entropies.

Outside of a traced function they are compiled and run on the fly. Integers become float64. All
have derivatives of every order.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from . import primitives
from .array import ArrayLike, TracedArray
from .errors import XformTypeError, XformValueError, at_user_line
from .numpy.dispatch import extension
from .numpy.float_parts import like
from .numpy.promotion import FLOAT64, align, array, is_float

_compiled = extension("special")
_compiled_pair = extension("special", arrays=2)


def _float(x: ArrayLike) -> TracedArray:
    a = array(x)
    return a if is_float(a.dtype) else array(a, FLOAT64)


def _floats(x: ArrayLike, y: ArrayLike) -> tuple[TracedArray, TracedArray]:
    a, b = align(x, y)
    if not is_float(a.dtype):
        a, b = align(a, b, dtype=FLOAT64)
    return a, b


# Error functions and the normal distribution ----------------------------------


@_compiled
def erf(x: ArrayLike) -> TracedArray:
    """The error function.

    >>> float(erf(0.5))
    0.5204998778130465
    """
    return primitives.erf(_float(x))


@_compiled
def erfc(x: ArrayLike) -> TracedArray:
    """1 - erf(x), exact for large x."""
    return primitives.erfc(_float(x))


@_compiled
def erfinv(x: ArrayLike) -> TracedArray:
    """The number whose error function is x; NaN where |x| > 1."""
    return primitives.erf_inv(_float(x))


@_compiled
def ndtr(x: ArrayLike) -> TracedArray:
    """The normal distribution's probability below x."""
    a = _float(x)
    scaled = primitives.mul(a, like(a, -math.sqrt(0.5)))
    return primitives.mul(primitives.erfc(scaled), like(a, 0.5))


@_compiled
def ndtri(p: ArrayLike) -> TracedArray:
    """The number below which the normal distribution has probability p.

    Digits are lost for p close to 0, as 2 * p - 1 loses them.
    """
    a = _float(p)
    centred = primitives.sub(primitives.add(a, a), like(a, 1))
    return primitives.mul(primitives.erf_inv(centred), like(a, math.sqrt(2)))


# Gamma ------------------------------------------------------------------------


@_compiled
def gammaln(x: ArrayLike) -> TracedArray:
    """log(|gamma(x)|); infinite at 0 and the negative integers."""
    return primitives.lgamma(_float(x))


@_compiled
def digamma(x: ArrayLike) -> TracedArray:
    """The derivative of gammaln."""
    return primitives.digamma(_float(x))


psi = digamma


@_compiled
def _polygamma(x: ArrayLike, n: int) -> TracedArray:
    a = _float(x)
    return primitives.polygamma(a, n) if n else primitives.digamma(a)


def polygamma(n: int, x: ArrayLike) -> TracedArray:
    """The derivative of order `n` of digamma.

    Args:
        n: an int known while tracing, at least 0.
        x: floats; integers become float64.

    Raises:
        XformTypeError: `n` is no int.
        XformValueError: `n` is negative.
    """
    if not isinstance(n, int):
        raise XformTypeError(at_user_line(f"polygamma: n must be an int, got {type(n).__name__}"))
    if n < 0:
        raise XformValueError(at_user_line(f"polygamma: n cannot be negative, got {n}"))
    return _polygamma(x, n)


@_compiled_pair
def betaln(a: ArrayLike, b: ArrayLike) -> TracedArray:
    """log(beta(a, b)) for positive a and b."""
    x, y = _floats(a, b)
    both = primitives.lgamma(primitives.add(x, y))
    return primitives.sub(primitives.add(primitives.lgamma(x), primitives.lgamma(y)), both)


# Entropies and logits ---------------------------------------------------------


def _times_log(
    x: TracedArray, y: TracedArray, log: Callable[..., TracedArray], pole: float
) -> TracedArray:
    """X times a logarithm of y, 0 where x is 0 and the logarithm is not finite but for NaN.

    The logarithm is taken of a number where it is 0 there, so that no derivative sees the pole.
    """
    finite = primitives.and_(primitives.gt(y, like(y, pole)), primitives.lt(y, like(y, math.inf)))
    nothing = primitives.and_(primitives.eq(x, like(x, 0)), primitives.not_(finite))
    nothing = primitives.and_(nothing, primitives.eq(y, y))
    return primitives.mul(x, log(primitives.select(nothing, like(y, pole + 1), y)))


@_compiled_pair
def xlogy(x: ArrayLike, y: ArrayLike) -> TracedArray:
    """x * log(y), 0 where x is 0."""
    return _times_log(*_floats(x, y), primitives.log, 0)


@_compiled_pair
def xlog1py(x: ArrayLike, y: ArrayLike) -> TracedArray:
    """x * log(1 + y), 0 where x is 0."""
    return _times_log(*_floats(x, y), primitives.log1p, -1)


@_compiled
def entr(x: ArrayLike) -> TracedArray:
    """-x * log(x), 0 at 0 and -inf below."""
    a = _float(x)
    zero, one = like(a, 0), like(a, 1)
    positive = primitives.gt(a, zero)
    inside = primitives.select(positive, a, one)
    entropy = primitives.neg(primitives.mul(inside, primitives.log(inside)))
    # At 0 a root has the right value and the right slope, infinity; it keeps a NaN.
    negative = primitives.lt(a, zero)
    root = primitives.sqrt(primitives.select(negative, one, a))
    below = primitives.select(negative, like(a, -math.inf), root)
    return primitives.select(positive, entropy, below)


@_compiled
def expit(x: ArrayLike) -> TracedArray:
    """1 / (1 + exp(-x))."""
    return primitives.logistic(_float(x))


@_compiled
def logit(p: ArrayLike) -> TracedArray:
    """log(p / (1 - p)), the inverse of expit; exact for small p."""
    a = _float(p)
    return primitives.sub(primitives.log(a), primitives.log1p(primitives.neg(a)))


__all__ = [
    "betaln",
    "digamma",
    "entr",
    "erf",
    "erfc",
    "erfinv",
    "expit",
    "gammaln",
    "logit",
    "ndtr",
    "ndtri",
    "polygamma",
    "psi",
    "xlog1py",
    "xlogy",
]
