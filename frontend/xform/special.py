"""Special functions of SciPy for traced arrays: error functions, gamma, entropies.

Outside of a traced function they are compiled and run on the fly. Integers become float64. All
have derivatives of every order.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from . import primitives
from .errors import XformTypeError, XformValueError, at_user_line
from .numpy.dispatch import extension
from .numpy.float_parts import like
from .numpy.rounding import floats, rounded_once
from .random.quantile import normal_quantile
from .tracing.array import ArrayLike, TracedArray
from .transforms.custom_jvp import custom_jvp

_compiled = extension("special", elementwise=True)
_compiled_pair = extension("special", arrays=2, elementwise=True)


# Error functions and the normal distribution ----------------------------------


@_compiled
def erf(x: ArrayLike) -> TracedArray:
    """The error function.

    >>> float(erf(0.5))
    0.5204998778130465
    """
    return primitives.erf(*floats(x))


@_compiled
def erfc(x: ArrayLike) -> TracedArray:
    """The complement 1 - erf(x) of the error function, exact for large x."""
    return primitives.erfc(*floats(x))


@_compiled
def erfinv(x: ArrayLike) -> TracedArray:
    """The number whose error function is x; NaN where |x| > 1."""
    return primitives.erf_inv(*floats(x))


@_compiled
@rounded_once()
def ndtr(x: TracedArray) -> TracedArray:
    """The normal distribution's probability below x."""
    scaled = primitives.mul(x, like(x, -math.sqrt(0.5)))
    return primitives.mul(primitives.erfc(scaled), like(x, 0.5))


@_compiled
@rounded_once()
def ndtri(p: TracedArray) -> TracedArray:
    """The number below which the normal distribution has probability p; NaN outside of [0, 1]."""
    # Of probabilities close to 0 and 1 the distance to 1/2 would lose the digits.
    centred = primitives.sub(p, like(p, 0.5))
    is_central = primitives.le(primitives.abs_(centred), like(p, 0.375))
    doubled = primitives.select(is_central, primitives.add(centred, centred), like(p, 0))
    central = primitives.mul(primitives.erf_inv(doubled), like(p, math.sqrt(2)))
    inside = primitives.and_(primitives.gt(p, like(p, 0)), primitives.lt(p, like(p, 1)))
    is_tail = primitives.and_(inside, primitives.not_(is_central))
    tail = _normal_tail(primitives.select(is_tail, p, like(p, 0.0625)))
    # The erf_inv of what lies outside: infinities at the ends, and NaN beyond.
    outside = primitives.select(inside, like(p, 0), primitives.add(centred, centred))
    outside = primitives.erf_inv(outside)
    return primitives.select(is_central, central, primitives.select(is_tail, tail, outside))


@custom_jvp
def _normal_tail(p: TracedArray) -> TracedArray:
    return normal_quantile(p)


@_normal_tail.defjvp
def _(primals: tuple[TracedArray], tangents: tuple[TracedArray]) -> tuple[TracedArray, TracedArray]:
    """The derivative is the inverse of the density."""
    y = _normal_tail(*primals)
    inverse = primitives.exp(primitives.mul(primitives.mul(y, y), like(y, 0.5)))
    return y, tangents[0] * (inverse * math.sqrt(2 * math.pi))


# Gamma ------------------------------------------------------------------------


@_compiled
def gammaln(x: ArrayLike) -> TracedArray:
    """The logarithm of |gamma(x)|; infinite at 0 and the negative integers."""
    return primitives.lgamma(*floats(x))


@_compiled
def digamma(x: ArrayLike) -> TracedArray:
    """The derivative of gammaln."""
    return primitives.digamma(*floats(x))


psi = digamma


@_compiled
def _polygamma(x: ArrayLike, n: int) -> TracedArray:
    (a,) = floats(x)
    return primitives.polygamma(a, n) if n else primitives.digamma(a)


def polygamma(n: int, x: ArrayLike) -> TracedArray:
    """The derivative of order `n` of digamma.

    Args:
        n: an int known while tracing, at least 0.
        x: floats; integers become float64.

    Raises:
        XformTypeError: `n` is not an int.
        XformValueError: `n` is negative.
    """
    if not isinstance(n, int):
        raise XformTypeError(at_user_line(f"polygamma: n must be an int, got {type(n).__name__}"))
    if n < 0:
        raise XformValueError(at_user_line(f"polygamma: n cannot be negative, got {n}"))
    return _polygamma(x, n)


# Terms of Stirling's series for gammaln, by odd powers of 1 / x.
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
# From here on they have all digits.
_LARGE = 10.0


@_compiled_pair
@rounded_once(2)
def betaln(a: TracedArray, b: TracedArray) -> TracedArray:
    """The logarithm of the beta function, for positive a and b.

    A large argument's gammaln and that of the sum are alike, so their difference is taken term by
    term of Stirling's formula (A. R. DiDonato, A. H. Morris, "Algorithm 708", ACM TOMS 18, 1992).
    """
    small, large = primitives.min_(a, b), primitives.max_(a, b)
    endless = primitives.eq(large, like(large, math.inf))
    positive = primitives.gt(small, like(small, 0))
    is_far = primitives.and_(positive, primitives.ge(large, like(large, _LARGE)))
    is_far = primitives.and_(is_far, primitives.not_(endless))
    is_both = primitives.and_(is_far, primitives.ge(small, like(small, _LARGE)))

    x, y = (primitives.select(is_far, like(a, 1), z) for z in (a, b))
    # Next to a pole there is nothing to take off.
    pole = primitives.and_(primitives.eq(small, like(small, 0)), primitives.not_(endless))
    direct = primitives.lgamma(primitives.select(pole, like(x, 1), primitives.add(x, y)))
    direct = primitives.sub(primitives.add(primitives.lgamma(x), primitives.lgamma(y)), direct)

    y = primitives.select(is_far, large, like(large, _LARGE))
    x = primitives.select(is_far, small, like(small, 1))
    ratio = primitives.div(x, y)
    log_ratio = primitives.log1p(ratio)
    both = primitives.add(x, y)
    half = like(x, 0.5)
    rest = primitives.sub(_stirling_rest(y), _stirling_rest(both))
    # lgamma(y) - lgamma(x + y)
    step = primitives.mul(primitives.sub(both, half), log_ratio)
    # A tiny ratio is flushed to 0.
    is_tiny = primitives.lt(ratio, like(ratio, 2.0**-60))
    step = primitives.select(is_tiny, x, step)
    step = primitives.sub(primitives.sub(x, step), primitives.mul(x, primitives.log(y)))
    mixed = primitives.add(primitives.lgamma(x), primitives.add(step, rest))

    x = primitives.select(is_both, x, like(x, _LARGE))
    share = primitives.div(ratio, primitives.add(ratio, like(x, 1)))
    share = primitives.select(is_both, share, half)
    far = primitives.mul(primitives.sub(x, half), primitives.log(share))
    far = primitives.sub(far, primitives.mul(y, log_ratio))
    offset = primitives.sub(
        like(x, 0.5 * math.log(2 * math.pi)), primitives.mul(primitives.log(y), half)
    )
    far = primitives.add(far, primitives.add(offset, primitives.add(rest, _stirling_rest(x))))
    result = primitives.select(is_both, far, primitives.select(is_far, mixed, direct))
    none = primitives.and_(endless, positive)
    return primitives.select(none, like(result, -math.inf), result)


def _stirling_rest(x: TracedArray) -> TracedArray:
    inverse = primitives.div(like(x, 1), x)
    square = primitives.mul(inverse, inverse)
    series = like(x, _STIRLING[-1])
    for term in _STIRLING[-2::-1]:
        series = primitives.add(primitives.mul(series, square), like(x, term))
    return primitives.mul(series, inverse)


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
@rounded_once(2)
def xlogy(x: TracedArray, y: TracedArray) -> TracedArray:
    """The product x * log(y), 0 where x is 0."""
    return _times_log(x, y, primitives.log, 0)


@_compiled_pair
@rounded_once(2)
def xlog1py(x: TracedArray, y: TracedArray) -> TracedArray:
    """The product x * log(1 + y), 0 where x is 0."""
    return _times_log(x, y, primitives.log1p, -1)


@_compiled
@rounded_once()
def entr(a: TracedArray) -> TracedArray:
    """The entropy -x * log(x) of one outcome, 0 at 0 and -inf below."""
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
    """The logistic function 1 / (1 + exp(-x))."""
    return primitives.logistic(*floats(x))


@_compiled
@rounded_once()
def logit(p: TracedArray) -> TracedArray:
    """The logarithm of the odds p / (1 - p), the inverse of expit; exact for p near 0 and 1/2."""
    centred = primitives.sub(p, like(p, 0.5))
    is_central = primitives.le(primitives.abs_(centred), like(p, 0.25))
    doubled = primitives.select(is_central, primitives.add(centred, centred), like(p, 0))
    area = primitives.atanh(doubled)
    far = primitives.sub(primitives.log(p), primitives.log1p(primitives.neg(p)))
    return primitives.select(is_central, primitives.add(area, area), far)


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
