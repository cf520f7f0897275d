"""The gamma distribution and those made of it.

G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000):
normal numbers are transformed and accepted or not. All attempts are made at once, so that there
is no loop; that none is accepted is less likely than 1e-10.

Samples are accepted or not, so they have no derivative by their shape parameters: these count
as constants.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .. import primitives
from ..numpy import reductions
from ..numpy.axes import normalized_axis
from ..numpy.float_parts import like
from ..numpy.promotion import INT32, Shape, array, broadcast, constant, operand
from ..tracing.array import ArrayLike, DType, TracedArray
from .arguments import UINT32, draw_of, drawing, drawn_shape, fitted, impossible
from .continuous import standard_normal
from .uniform import open_unit

# The chance that an attempt fails is below 0.05.
_ATTEMPTS = 8
# Above this shape parameter |e| of `_acceptance` is below 0.1, and the series has this last term.
_LARGE = 1000.0
_LAST_TERM = 10


@drawing
def gamma(key: ArrayLike, a: ArrayLike, shape: Any = None, dtype: Any = None) -> TracedArray:
    """Gamma numbers of scale 1.

    Args:
        key: uint32[2].
        a: the shape parameter, not negative. It counts as a constant to derivatives.
        shape: the shape to draw, to which `a` broadcasts; None for that of `a`.
        dtype: a floating dtype; None for float64.

    Returns:
        An array of `dtype`; 0 where `a` is 0, NaN where it is out of range.

    Raises:
        XformTypeError: `key` is not a key, or a dtype that is not floating.
        XformValueError: `key` is not one key, or `a` does not broadcast.

    >>> from xform.random import key
    >>> bool((gamma(key(0), 2.0, (3,)) > 0).all())
    True
    """
    words, sizes, computed, target = draw_of("gamma", key, shape, dtype, a=a)
    parts = _gamma_parts(words, a, sizes, computed)
    return array(parts.number(), target)


@drawing
def chisquare(key: ArrayLike, df: ArrayLike, shape: Any = None, dtype: Any = None) -> TracedArray:
    """Sums of `df` squares of normal numbers.

    Args:
        key: uint32[2].
        df: the degrees of freedom, not negative. They count as constants to derivatives.
        shape: the shape to draw, to which `df` broadcasts; None for that of `df`.
        dtype: a floating dtype; None for float64.

    Returns:
        An array of `dtype`; 0 where `df` is 0, NaN where it is out of range.

    Raises:
        As `gamma`.

    >>> from xform.random import key
    >>> bool((chisquare(key(0), 3.0, (3,)) > 0).all())
    True
    """
    words, sizes, computed, target = draw_of("chisquare", key, shape, dtype, df=df)
    half = primitives.mul(fitted(df, computed, sizes), constant(sizes, computed, 0.5))
    parts = _gamma_parts(words, half, sizes, computed)
    return array(primitives.mul(parts.number(), constant(sizes, computed, 2.0)), target)


@drawing
def student_t(key: ArrayLike, df: ArrayLike, shape: Any = None, dtype: Any = None) -> TracedArray:
    """Student's t: normal numbers over the root of a mean of `df` squares of others.

    Args:
        key: uint32[2].
        df: the degrees of freedom, positive; inf for a normal number. They count as constants to
            derivatives.
        shape: the shape to draw, to which `df` broadcasts; None for that of `df`.
        dtype: a floating dtype; None for float64.

    Returns:
        An array of `dtype`; NaN where `df` is out of range.

    Raises:
        As `gamma`.

    >>> from xform.random import key
    >>> student_t(key(0), 3.0, (3,)).shape
    (3,)
    """
    words, sizes, computed, target = draw_of("student_t", key, shape, dtype, df=df)
    first, second = subkeys(words, 2)
    half = constant(sizes, computed, 0.5)
    freedom = primitives.stop_gradient(fitted(df, computed, sizes))
    parts = _gamma_parts(second, primitives.mul(freedom, half), sizes, computed)
    # The mean square is a quotient that is close to 1 for many degrees of freedom, 1 for inf.
    infinite = primitives.eq(freedom, constant(sizes, computed, math.inf))
    one = constant(sizes, computed, 1.0)
    centre = primitives.select(infinite, one, parts.centre)
    freedom = primitives.select(infinite, constant(sizes, computed, 2.0), freedom)
    ratio = primitives.div(primitives.mul(freedom, half), centre)
    # With logarithms, as squares of few degrees of freedom are below the smallest numbers.
    log_square = primitives.sub(parts.log_rest, primitives.log(ratio))
    scale = primitives.exp(primitives.mul(log_square, constant(sizes, computed, -0.5)))
    result = primitives.mul(standard_normal(first, sizes, computed), scale)
    return impossible(array(result, target), _not_positive(freedom))


@drawing
def beta(
    key: ArrayLike, a: ArrayLike, b: ArrayLike, shape: Any = None, dtype: Any = None
) -> TracedArray:
    """Beta numbers, of (0, 1) but for rounding.

    Args:
        key: uint32[2].
        a: the first shape parameter, positive. It counts as a constant to derivatives.
        b: the second one.
        shape: the shape to draw, to which both broadcast; None for theirs.
        dtype: a floating dtype; None for float64.

    Returns:
        An array of `dtype`; NaN where a parameter is out of range.

    Raises:
        As `gamma`.

    >>> from xform.random import key
    >>> bool((beta(key(0), 2.0, 3.0, (3,)) < 1).all())
    True
    """
    words, sizes, computed, target = draw_of("beta", key, shape, dtype, a=a, b=b)
    first, second = subkeys(words, 2)
    x, y = _gamma_parts(first, a, sizes, computed), _gamma_parts(second, b, sizes, computed)
    # Of centres that are alike the logarithms would hide what distinguishes the numbers.
    ratio = primitives.log(primitives.div(x.centre, y.centre))
    odds = primitives.add(primitives.sub(x.log_rest, y.log_rest), ratio)
    wrong = primitives.or_(*(_not_positive(fitted(z, computed, sizes)) for z in (a, b)))
    return impossible(array(primitives.logistic(odds), target), wrong)


@drawing
def dirichlet(
    key: ArrayLike, alpha: ArrayLike, shape: Any = None, dtype: Any = None
) -> TracedArray:
    """Dirichlet numbers: shares of a whole.

    Args:
        key: uint32[2].
        alpha: the concentrations, not negative, along the last axis. They count as constants to
            derivatives.
        shape: the shape to draw without the last axis, to which that of `alpha` broadcasts; None
            for that of `alpha`.
        dtype: a floating dtype; None for float64.

    Returns:
        An array of `dtype` whose last axis sums to 1; 0 where a concentration is 0, NaN where
        all are or one is out of range.

    Raises:
        As `gamma`; also an XformValueError for a 0-d `alpha`.

    >>> from xform.random import key
    >>> dirichlet(key(0), [1.0, 2.0, 3.0], (4,)).shape
    (4, 3)
    """
    concentrations = operand(alpha)
    last = normalized_axis(-1, concentrations.ndim, "random.dirichlet")
    count = concentrations.shape[last]
    batch = None if shape is None else (*drawn_shape(shape, "dirichlet"), count)
    words, sizes, computed, target = draw_of("dirichlet", key, batch, dtype, alpha=alpha)
    parts = _gamma_parts(words, alpha, sizes, computed)
    # Of centres that are alike the logarithms would hide what distinguishes the numbers.
    ratio = primitives.div(parts.centre, _largest(parts.centre))
    logs = primitives.add(parts.log_rest, primitives.log(ratio))
    shares = primitives.exp(primitives.sub(logs, _largest(logs)))
    whole = broadcast_last(reductions.sum(shares, -1, keepdims=True), sizes)
    return array(primitives.div(shares, whole), target)


def _largest(x: TracedArray) -> TracedArray:
    """The largest elements along the last axis, repeated along it."""
    if 0 in x.shape:
        return x
    return broadcast_last(reductions.max(x, -1, keepdims=True), x.shape)


def broadcast_last(x: TracedArray, shape: Shape) -> TracedArray:
    """`x`, whose last axis has size 1, repeated along it."""
    return x if x.shape == shape else broadcast(x, shape)


def subkeys(words: TracedArray, count: int) -> list[TracedArray]:
    """The keys of `split(key, count)`."""
    return [primitives.fold_in(words, constant((), UINT32, i)) for i in range(count)]


def _not_positive(x: TracedArray) -> TracedArray:
    return primitives.not_(primitives.gt(x, like(x, 0)))


class _Parts(NamedTuple):
    """Gamma numbers as products, of which one factor is near 1 for large shape parameters.

    Attributes:
        centre: about the shape parameter, at least 2/3; NaN where that is negative or NaN.
        log_rest: the logarithm of the other factor, which also numbers below the dtype's smallest
            have.
    """

    centre: TracedArray
    log_rest: TracedArray

    def number(self) -> TracedArray:
        return primitives.mul(self.centre, primitives.exp(self.log_rest))


def _gamma_parts(words: TracedArray, a: ArrayLike, shape: Shape, dtype: DType) -> _Parts:
    alpha = primitives.stop_gradient(fitted(a, dtype, shape))
    one = constant(shape, dtype, 1.0)
    # Gamma(a) is Gamma(a + 1) times u to the power 1/a, and the method wants an a of at least 1.
    is_small = primitives.lt(alpha, one)
    raised = primitives.select(is_small, primitives.add(alpha, one), alpha)
    normals, uniforms, boost = subkeys(words, 3)

    centre = primitives.sub(raised, constant(shape, dtype, 1 / 3))
    every = (_ATTEMPTS, *shape)
    x = standard_normal(normals, every, dtype)
    width = primitives.mul(primitives.rsqrt(centre), constant(shape, dtype, 1 / 3))
    # The cube of 1 + e times the centre is a candidate.
    e = primitives.mul(x, broadcast(width, every))
    is_positive = primitives.gt(e, constant(every, dtype, -1.0))
    e = primitives.select(is_positive, e, constant(every, dtype, 0.0))
    log_v = primitives.mul(primitives.log1p(e), constant(every, dtype, 3.0))
    log_u = primitives.log(open_unit(uniforms, every, dtype))
    limit = _acceptance(x, e, log_v, broadcast(centre, every))
    accepted = primitives.and_(is_positive, primitives.lt(log_u, limit))

    drawn = first_accepted(log_v, accepted)
    # So small a parameter gives 0 in any case. The quotient stays finite.
    divisor = primitives.max_(alpha, constant(shape, dtype, float(np.finfo(dtype).tiny) * 64))
    boosted = primitives.div(primitives.log(open_unit(boost, shape, dtype)), divisor)
    boosted = primitives.select(is_small, boosted, constant(shape, dtype, 0.0))
    # That of 0 is 0.
    nothing = primitives.eq(alpha, constant(shape, dtype, 0.0))
    boosted = primitives.select(nothing, constant(shape, dtype, -math.inf), boosted)
    valid = primitives.ge(alpha, constant(shape, dtype, 0.0))
    centre = impossible(centre, primitives.not_(valid))
    return _Parts(centre, primitives.add(drawn, boosted))


def _acceptance(
    x: TracedArray, e: TracedArray, log_v: TracedArray, centre: TracedArray
) -> TracedArray:
    """The limit of log(u), x^2 / 2 + d (1 - v + log(v)) with v = (1 + e)^3 and e = x / sqrt(9 d).

    That is 3 d (log(1 + e) - e + e^2 / 2 - e^3 / 3), of whose logarithm only the terms from the
    fourth power on are left. For large d, and so for small e, only they keep their digits.
    """
    one = like(e, 1)
    v = primitives.integer_pow(primitives.add(one, e), 3)
    margin = primitives.mul(centre, primitives.add(primitives.sub(one, v), log_v))
    near = primitives.add(primitives.mul(primitives.mul(x, x), like(x, 0.5)), margin)
    series = like(e, 1 / (_LAST_TERM))
    for n in range(_LAST_TERM - 1, 3, -1):
        series = primitives.sub(like(e, 1 / n), primitives.mul(e, series))
    fourth = primitives.mul(primitives.mul(e, e), primitives.mul(e, e))
    far = primitives.mul(primitives.mul(primitives.mul(centre, like(e, -3)), fourth), series)
    return primitives.select(primitives.gt(centre, like(e, _LARGE)), far, near)


def first_accepted(candidates: TracedArray, accepted: TracedArray) -> TracedArray:
    """Along the first axis the first candidate that is accepted; 0 where none is."""
    shape = candidates.shape
    place = primitives.iota(shape, INT32, 0)
    none = constant(shape, INT32, shape[0])
    first = primitives.reduce_min(primitives.select(accepted, place, none), [0])
    chosen = primitives.eq(place, broadcast(first, shape))
    zero = constant(shape, candidates.dtype, 0.0)
    return primitives.reduce_sum(primitives.select(chosen, candidates, zero), [0])
