"""How often something happens: the Poisson distribution.

Means below 10 invert the distribution function, whose terms are summed. For larger ones points are
drawn from a hat and accepted or not: W. Hörmann, "The transformed rejection method for generating
Poisson random variables", Insurance: Mathematics and Economics 12 (1993), algorithm PTRS. All
attempts are made at once, so that there is no loop.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, at_user_line
from ..numpy import ufuncs
from ..numpy.promotion import (
    FLOAT64,
    INT64,
    INT_RANGES,
    Shape,
    broadcast,
    constant,
    supported_dtype,
)
from ..numpy.selection import where
from ..tracing.array import ArrayLike, TracedArray
from .arguments import checked_key, drawing, drawn_shape, fitted, impossible
from .gamma import first_accepted, subkeys
from .uniform import open_unit, unit

_LARGE, _VERY_LARGE = 10.0, 1000.0
# No integer dtype holds counts of such a mean.
_LARGEST = 1e20
# The chance that a Poisson number of mean 10 is larger is below 1e-15.
_MOST_OF_SMALL = 45
# The chance that an attempt fails is below 0.15.
_ATTEMPTS = 12


@drawing
def poisson(key: ArrayLike, lam: ArrayLike, shape: Any = None, dtype: Any = None) -> TracedArray:
    """Poisson numbers.

    Args:
        key: uint32[2].
        lam: the mean, not negative. It has no derivative.
        shape: the shape to draw, to which `lam` broadcasts; None for that of `lam`.
        dtype: an integer dtype; None for int64.

    Returns:
        An array of `dtype`; its largest number for counts that it does not hold; -1, of an
        unsigned dtype the largest, where `lam` is negative or NaN.

    Raises:
        XformTypeError: `key` is not a key, or the dtype is not an integer.
        XformValueError: `key` is not one key, or `lam` does not broadcast.

    >>> from xform.random import key
    >>> poisson(key(0), 1000.0).shape
    ()
    """
    words = checked_key(key, "poisson")
    target = supported_dtype(dtype, "random.poisson", INT64)
    if target not in INT_RANGES:
        raise XformTypeError(
            at_user_line(f"random.poisson: dtype must be an integer, got {target.name}")
        )
    sizes = drawn_shape(shape, "poisson", lam=lam)
    mean = primitives.stop_gradient(fitted(lam, FLOAT64, sizes))
    small, first, second = subkeys(words, 3)
    is_large = ufuncs.greater_equal(mean, _LARGE)
    mean = ufuncs.minimum(mean, _LARGEST)
    counts = where(
        is_large,
        _accepted(first, second, where(is_large, mean, _LARGE), sizes),
        _inverted(small, where(is_large, 0.0, mean), sizes),
    )
    # The conversion of what the dtype does not hold is anything.
    largest = INT_RANGES[target][1]
    is_beyond = ufuncs.greater_equal(counts, float(largest))
    drawn = primitives.convert(where(is_beyond, 0.0, counts), target)
    drawn = primitives.select(is_beyond, constant(sizes, target, largest), drawn)
    return impossible(drawn, primitives.not_(ufuncs.greater_equal(mean, 0.0)))


def _inverted(words: TracedArray, mean: TracedArray, shape: Shape) -> TracedArray:
    """How many sums of the probabilities of 0, 1, ... a uniform number is not below."""
    u = unit(words, shape, FLOAT64)
    term = total = primitives.exp(primitives.neg(mean))
    count = primitives.convert(ufuncs.greater_equal(u, total), FLOAT64)
    for k in range(1, _MOST_OF_SMALL):
        term = ufuncs.multiply(term, ufuncs.divide(mean, k))
        total = ufuncs.add(total, term)
        count = ufuncs.add(count, primitives.convert(ufuncs.greater_equal(u, total), FLOAT64))
    return count


def _accepted(first: TracedArray, second: TracedArray, mean: Any, shape: Shape) -> TracedArray:
    """The first number of those from the hat that is accepted."""
    root = np.sqrt(mean)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    squeeze = 0.9277 - 3.6224 / (b - 2.0)

    every = (_ATTEMPTS, *shape)
    v = open_unit(second, every, FLOAT64)
    u: Any = open_unit(first, every, FLOAT64) - 0.5
    distance = 0.5 - np.abs(u)
    k = np.floor((2.0 * a / distance + b) * u + mean + 0.43)
    surely = (distance >= 0.07) & (v <= squeeze)
    never = (k < 0.0) | ((distance < 0.013) & (v > distance))
    hat = np.log(v * inverse_alpha / (a / (distance * distance) + b))
    accepted = surely | (~never & (hat <= _log_probability(k, mean)))
    return first_accepted(broadcast(k, every), accepted)


def _log_probability(k: Any, mean: Any) -> Any:
    """The logarithm of the chance of k events.

    The terms of the formula are about k log(k), and cancel. So for large means it is written in the
    distance of k from the mean, with Stirling's series (C. Loader, "Fast and accurate computation
    of binomial probabilities", 2000), whose next term is below 1e-9.
    """
    near = k * np.log(mean) - mean - primitives.lgamma(np.maximum(k, 0.0) + 1.0)
    count, distance = np.maximum(k, 1.0), (k - mean) / mean
    deviance = mean * ((1.0 + distance) * np.log1p(distance) - distance)
    far = -deviance - 0.5 * np.log(2.0 * np.pi * count) - 1.0 / (12.0 * count)
    return where(ufuncs.greater_equal(mean, _VERY_LARGE), far, near)
