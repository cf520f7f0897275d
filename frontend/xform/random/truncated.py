"""The normal distribution between two limits."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .. import primitives
from ..numpy.float_parts import like
from ..numpy.promotion import array
from ..tracing.array import ArrayLike, TracedArray
from .arguments import draw_of, drawing, fitted, impossible
from .quantile import normal_quantile, normal_quantile_around_median
from .uniform import open_unit

# From this distance to 0 on, probabilities are taken as multiples of that beyond the nearer limit.
# Closer ones are far from the end of the dtype's range.
_FAR = {"float32": 12.0, "float64": 36.0}
# Both limits this close to 0 have probabilities that are taken as distances to 1/2.
_NEAR = 1.0
_NEWTON_STEPS = {"float32": 2, "float64": 3}
_CONTINUED = 8


@drawing
def truncated_normal(
    key: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    shape: Any = None,
    dtype: Any = None,
) -> TracedArray:
    """Standard normal numbers that lie between two limits.

    Args:
        key: uint32[2].
        lower: the lower limit; -inf for none.
        upper: the upper limit; inf for none.
        shape: the shape to draw, to which the limits broadcast; None for theirs.
        dtype: a floating dtype; None for float64.

    Returns:
        An array of `dtype`, twice differentiable in the limits; NaN where `lower` is above `upper`.

    Raises:
        As `normal`.

    >>> from xform.random import key
    >>> bool((truncated_normal(key(0), 1.0, 2.0, (5,)) >= 1.0).all())
    True
    """
    words, sizes, computed, target = draw_of(
        "truncated_normal", key, shape, dtype, lower=lower, upper=upper
    )
    low, high = fitted(lower, computed, sizes), fitted(upper, computed, sizes)
    # Probabilities of the right tail are differences to 1 and would lose their digits: what lies
    # on the right is drawn on the left.
    is_right = primitives.gt(low, primitives.neg(high))
    left = primitives.select(is_right, primitives.neg(high), low)
    right = primitives.select(is_right, primitives.neg(low), high)
    u = open_unit(words, sizes, computed)
    drawn = _with_derivatives(
        _between(u, *map(primitives.stop_gradient, (left, right))), left, right
    )
    drawn = primitives.select(is_right, primitives.neg(drawn), drawn)
    infinite = like(low, math.inf)
    is_range = primitives.and_(
        primitives.le(low, high),
        primitives.and_(
            primitives.lt(low, infinite), primitives.lt(primitives.neg(infinite), high)
        ),
    )
    return impossible(array(drawn, target), primitives.not_(is_range))


class _Drawn(NamedTuple):
    """A number x between two limits, of which the right one is nearer to 0.

    Attributes:
        x: the number.
        below, above: the shares of the probability between the limits on both sides of it.
        from_left, from_right: (x^2 - limit^2) / 2, by how much the logarithm of the density is
            larger at the limit.
    """

    x: TracedArray
    below: TracedArray
    above: TracedArray
    from_left: TracedArray
    from_right: TracedArray


def _between(u: TracedArray, left: TracedArray, right: TracedArray) -> _Drawn:
    """The number at a share of the probability between the limits."""
    far = like(right, -_FAR[u.dtype.name])
    is_far = primitives.lt(right, far)
    out = _far_out(u, primitives.select(is_far, left, far), primitives.select(is_far, right, far))
    x = _by_probability(u, left, right)
    rest = primitives.sub(like(u, 1), u)
    near = _Drawn(x, u, rest, _exponent(x, left), _exponent(x, right))
    drawn = _Drawn(*[primitives.select(is_far, a, b) for a, b in zip(out, near, strict=True)])
    x = primitives.select(primitives.lt(drawn.x, left), left, drawn.x)
    return drawn._replace(x=primitives.select(primitives.gt(x, right), right, x))


def _exponent(x: TracedArray, limit: TracedArray) -> TracedArray:
    product = primitives.mul(primitives.sub(x, limit), primitives.add(x, limit))
    return primitives.mul(product, like(x, 0.5))


def _with_derivatives(drawn: _Drawn, left: TracedArray, right: TracedArray) -> TracedArray:
    """The number with its derivatives by the limits, up to the second.

    They follow from the share below it, which does not depend on the limits: x moves with a limit
    by the share on the other side times the ratio of the densities there and at x. Differentiating
    the way in which x is found would take a hundred times as many operations. So this is the Taylor
    polynomial around the limits, whose value is x.
    """
    x = drawn.x
    by_left = primitives.mul(drawn.above, primitives.exp(drawn.from_left))
    by_right = primitives.mul(drawn.below, primitives.exp(drawn.from_right))
    moved = [_moved(limit) for limit in (left, right)]
    fixed = [primitives.stop_gradient(_finite(limit)) for limit in (left, right)]

    def second(slope: TracedArray, other: TracedArray, limit: TracedArray | None) -> TracedArray:
        change = primitives.mul(x, other)
        return primitives.mul(slope, change if limit is None else primitives.sub(change, limit))

    half = like(x, 0.5)
    terms = [
        (by_left, [moved[0]]),
        (by_right, [moved[1]]),
        (primitives.mul(second(by_left, by_left, fixed[0]), half), [moved[0], moved[0]]),
        (second(by_left, by_right, None), moved),
        (primitives.mul(second(by_right, by_right, fixed[1]), half), [moved[1], moved[1]]),
    ]
    result = x
    for coefficient, steps in terms:
        term = _finite(coefficient)
        for step in steps:
            term = primitives.mul(term, step)
        result = primitives.add(result, term)
    return result


def _finite(x: TracedArray) -> TracedArray:
    """The numbers, with 0 in place of infinities and NaN."""
    is_finite = primitives.lt(primitives.abs_(x), like(x, math.inf))
    return primitives.select(is_finite, x, like(x, 0))


def _moved(limit: TracedArray) -> TracedArray:
    """0, which moves as a limit does; an infinite one does not move."""
    finite = _finite(limit)
    return primitives.sub(finite, primitives.stop_gradient(finite))


def _by_probability(u: TracedArray, left: TracedArray, right: TracedArray) -> TracedArray:
    """What a share `u` of the probability between the limits lies below."""
    computed = np.dtype(u.dtype)
    below_left, below_right = _probability_below(left), _probability_below(right)
    p = primitives.add(below_left, primitives.mul(u, primitives.sub(below_right, below_left)))
    # Rounding must neither leave the limits nor meet a probability of 0 or 1.
    info = np.finfo(computed)
    p = primitives.max_(p, like(p, float(info.tiny)))
    p = primitives.min_(p, like(p, 1.0 - float(info.epsneg)))

    bound = like(u, _NEAR)
    is_near = primitives.and_(
        primitives.lt(primitives.neg(bound), left), primitives.lt(right, bound)
    )
    zero = like(u, 0)
    first, last = (
        _probability_from_median(primitives.select(is_near, x, zero)) for x in (left, right)
    )
    offset = primitives.add(first, primitives.mul(u, primitives.sub(last, first)))
    around = normal_quantile_around_median(offset)
    return primitives.select(is_near, around, normal_quantile(p))


def _far_out(u: TracedArray, left: TracedArray, right: TracedArray) -> _Drawn:
    """The same where the probabilities would be too small for the dtype.

    With Q(y) for the probability beyond y > 0, and a and b for the distances of the limits to 0,
    that y is found for which log(Q(a) / Q(y)) is e = -log(1 - u (1 - Q(b) / Q(a))). It is
    a + t, and Newton's method finds t from what it is without the factor by which Q(y) differs
    from exp(-y^2 / 2).
    """
    a, b = primitives.neg(right), primitives.neg(left)
    half = like(u, 0.5)
    at_a = _mills_ratio(a)

    def log_ratio(t: TracedArray) -> TracedArray:
        """The logarithm of Q(a) / Q(a + t)."""
        exponent = primitives.mul(t, primitives.add(a, primitives.mul(t, half)))
        beyond = _mills_ratio(primitives.add(a, t))
        return primitives.sub(exponent, primitives.log(primitives.div(beyond, at_a)))

    is_open = primitives.eq(b, like(b, math.inf))
    width = primitives.sub(primitives.select(is_open, a, b), a)
    share = primitives.neg(primitives.expm1(primitives.neg(log_ratio(width))))
    share = primitives.select(is_open, like(share, 1), share)
    e = primitives.neg(primitives.log1p(primitives.neg(primitives.mul(u, share))))

    # The solution of a t + t^2 / 2 = e. The root would overflow if a were squared.
    ratio = primitives.div(primitives.div(primitives.add(e, e), a), a)
    root = primitives.sqrt(primitives.add(ratio, like(ratio, 1)))
    t = primitives.div(primitives.mul(ratio, a), primitives.add(root, like(root, 1)))
    for _ in range(_NEWTON_STEPS[u.dtype.name]):
        slope = _mills_ratio(primitives.add(a, t))
        t = primitives.sub(t, primitives.mul(primitives.sub(log_ratio(t), e), slope))

    y = primitives.add(a, t)
    from_right = primitives.mul(t, primitives.add(a, primitives.mul(t, half)))
    behind = primitives.mul(primitives.sub(width, t), primitives.add(b, y))
    from_left = primitives.select(
        is_open, like(u, -math.inf), primitives.neg(primitives.mul(behind, half))
    )
    # Seen from the limit that is nearer to 0, `u` is the share above.
    return _Drawn(primitives.neg(y), primitives.sub(like(u, 1), u), u, from_left, from_right)


def _mills_ratio(y: TracedArray) -> TracedArray:
    """Q(y) / Q'(y) for large y, by Laplace's continued fraction."""
    result = y
    for k in range(_CONTINUED, 0, -1):
        result = primitives.add(y, primitives.div(like(y, k), result))
    return primitives.div(like(y, 1), result)


def _probability_below(x: TracedArray) -> TracedArray:
    scaled = primitives.mul(x, like(x, -math.sqrt(0.5)))
    return primitives.mul(primitives.erfc(scaled), like(x, 0.5))


def _probability_from_median(x: TracedArray) -> TracedArray:
    scaled = primitives.mul(x, like(x, math.sqrt(0.5)))
    return primitives.mul(primitives.erf(scaled), like(x, 0.5))
