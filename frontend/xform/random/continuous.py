"""Continuous distributions: uniform numbers through the inverse of a distribution function.

Numbers of 16 bits are computed in float32 and rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from inspect import cleandoc
from typing import Any, ParamSpec, TypeAlias, TypeVar

import numpy as np

from .. import primitives
from ..errors import XformValueError, at_user_line
from ..family import family
from ..numpy import linalg, ufuncs
from ..numpy.contraction import matvec
from ..numpy.float_parts import like
from ..numpy.promotion import Shape, array
from ..tracing.array import ArrayLike, DType, TracedArray
from .arguments import draw_of, drawing, drawn_shape, fitted, is_number
from .quantile import normal_quantile
from .uniform import open_unit

P = ParamSpec("P")
R = TypeVar("R")

Standard: TypeAlias = Callable[[TracedArray, Shape, DType], TracedArray]


def _moved(
    name: str,
    standard: Standard,
    key: ArrayLike,
    shape: Any = (),
    dtype: Any = None,
    loc: ArrayLike = 0.0,
    scale: ArrayLike = 1.0,
) -> TracedArray:
    """Numbers of a standard distribution, scaled and moved."""
    words, sizes, computed, target = draw_of(name, key, shape, dtype, loc=loc, scale=scale)
    result = standard(words, sizes, computed)
    if not is_number(scale, 1):
        result = primitives.mul(result, fitted(scale, computed, sizes))
    if not is_number(loc, 0):
        result = primitives.add(result, fitted(loc, computed, sizes))
    return array(result, target)


_located = family(_moved)


def _described(*, loc: str, scale: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: adds to a docstring what all distributions share that are scaled and moved.

    Args:
        loc: what the parameter of this name is.
        scale: the same of the other one.
    """

    def describe(function: Callable[P, R]) -> Callable[P, R]:
        summary, _, rest = cleandoc(function.__doc__ or "").partition("\n\n")
        function.__doc__ = f"""{summary}

Args:
    key: uint32[2].
    shape: the shape to draw; the parameters broadcast to it.
    dtype: a floating dtype; None for float64.
    loc: {loc}.
    scale: {scale}.

Returns:
    An array of `shape` and `dtype`, differentiable in the parameters.

Raises:
    XformTypeError: `key` is not a key, or a dtype that is not floating.
    XformValueError: `key` is not one key, or a parameter does not broadcast.

>>> from xform.random import key
>>> {function.__name__}(key(0), (2, 3)).shape
(2, 3)
{rest}"""
        return function

    return describe


def _inverted(inverse: Callable[[TracedArray], TracedArray]) -> Standard:
    """What draws with the inverse of a distribution function on (0, 1)."""
    return lambda words, shape, dtype: inverse(open_unit(words, shape, dtype))


# Distributions of all numbers ----------------------------------------------------------------


def standard_normal(words: TracedArray, shape: Shape, dtype: DType) -> TracedArray:
    """Normal numbers of mean 0 and variance 1, float32 or float64."""
    smallest = float(np.finfo(dtype).eps) / 2
    return normal_quantile(open_unit(words, shape, dtype), smallest=smallest)


def _gumbel_quantile(u: TracedArray) -> TracedArray:
    return primitives.neg(primitives.log(primitives.neg(primitives.log(u))))


def _laplace_quantile(u: TracedArray) -> TracedArray:
    rest = primitives.sub(like(u, 1.0), u)
    size = primitives.log(primitives.mul(primitives.min_(u, rest), like(u, 2.0)))
    return primitives.select(primitives.lt(u, rest), size, primitives.neg(size))


def _logistic_quantile(u: TracedArray) -> TracedArray:
    return primitives.sub(primitives.log(u), primitives.log(primitives.sub(like(u, 1.0), u)))


def _cauchy_quantile(u: TracedArray) -> TracedArray:
    # Far out the angle is close to pi / 2, and is given by what it lacks to it.
    offset, rest = primitives.sub(u, like(u, 0.5)), primitives.sub(like(u, 1.0), u)
    is_far = primitives.gt(primitives.abs_(offset), like(u, 0.25))
    lacking = primitives.copy_sign(primitives.min_(u, rest), offset)
    angle = primitives.mul(primitives.select(is_far, lacking, offset), like(u, math.pi))
    tangent = primitives.tan(angle)
    return primitives.select(is_far, primitives.div(like(u, 1.0), tangent), tangent)


def _exponential_quantile(u: TracedArray) -> TracedArray:
    # 1 - u is as likely as u.
    return primitives.neg(primitives.log(u))


@drawing
@_described(loc="the mean", scale="the standard deviation")
@_located(standard_normal)
def normal() -> None:
    """Normal numbers.

    >>> abs(float(normal(key(0), (1000,)).numpy().mean())) < 0.1
    True
    """


@drawing
@_described(loc="the mode", scale="by which the numbers are multiplied")
@_located(_inverted(_gumbel_quantile))
def gumbel() -> None:
    """Gumbel numbers: the largest of many exponential ones, less the logarithm of how many."""


@drawing
@_described(loc="the mean", scale="the mean distance from it")
@_located(_inverted(_laplace_quantile))
def laplace() -> None:
    """Laplace numbers: exponential ones with random signs."""


@drawing
@_described(loc="the mean", scale="by which the numbers are multiplied")
@_located(_inverted(_logistic_quantile))
def logistic() -> None:
    """Logistic numbers: log(u / (1 - u)) of probabilities u that are equally likely."""


@drawing
@_described(loc="the median", scale="half the distance between the quartiles")
@_located(_inverted(_cauchy_quantile))
def cauchy() -> None:
    """Cauchy numbers: the tangents of angles that are equally likely."""


@drawing
def exponential(
    key: ArrayLike, shape: Any = (), dtype: Any = None, scale: ArrayLike = 1.0
) -> TracedArray:
    """Exponential numbers: the times between events that come at random.

    Args:
        key: uint32[2].
        shape: the shape to draw; the scale broadcasts to it.
        dtype: a floating dtype; None for float64.
        scale: the mean.

    Returns:
        An array of `shape` and `dtype`, differentiable in the scale.

    Raises:
        As `normal`.

    >>> from xform.random import key
    >>> bool((exponential(key(0), (2, 3)) > 0).all())
    True
    """
    standard = _inverted(_exponential_quantile)
    return _moved("exponential", standard, key, shape, dtype, scale=scale)


@drawing
def multivariate_normal(
    key: ArrayLike,
    mean: ArrayLike,
    cov: ArrayLike,
    shape: Any = None,
    dtype: Any = None,
) -> TracedArray:
    """Vectors of normal numbers with a given covariance.

    Args:
        key: uint32[2].
        mean: their means [..., n].
        cov: their covariances [..., n, n], symmetric and positive definite.
        shape: the shape to draw without the last axis, to which those of `mean` and `cov`
            broadcast; None for theirs.
        dtype: a floating dtype; None for float64.

    Returns:
        An array [*shape, n] of `dtype`, differentiable in `mean` and `cov`; NaN where `cov` is not
        positive definite.

    Raises:
        XformTypeError: `key` is not a key, or a dtype that is not floating.
        XformValueError: `key` is not one key, or `mean` and `cov` do not belong together.

    >>> from xform.random import key
    >>> multivariate_normal(key(0), [0.0, 1.0], [[2.0, 1.0], [1.0, 2.0]], (5,)).shape
    (5, 2)
    """
    means, covariance = array(mean), array(cov)
    n = means.shape[-1] if means.ndim else 0
    if not means.ndim or covariance.shape[-2:] != (n, n):
        raise XformValueError(
            at_user_line(
                "random.multivariate_normal: expected a mean of shape (..., n) and a cov of shape "
                f"(..., n, n), got {means.shape} and {covariance.shape}"
            )
        )
    batch = None if shape is None else (*drawn_shape(shape, "multivariate_normal"), n)
    words, sizes, computed, target = draw_of(
        "multivariate_normal", key, batch, dtype, mean=means, cov=covariance[..., 0]
    )
    factor = linalg.cholesky(array(covariance, computed))
    numbers = standard_normal(words, sizes, computed)
    correlated = matvec(factor, numbers)
    return array(ufuncs.add(correlated, array(means, computed)), target)
