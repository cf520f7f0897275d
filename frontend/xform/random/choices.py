"""Choices from alternatives, and orders."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..numpy import reductions, ufuncs
from ..numpy.accumulation import cumsum
from ..numpy.axes import normalized_axis, shape_of
from ..numpy.elements import take
from ..numpy.float_parts import isfinite, like
from ..numpy.indexing import select_along
from ..numpy.ordering import searchsorted
from ..numpy.promotion import (
    FLOAT64,
    INT64,
    Scalar,
    Shape,
    array,
    broadcast,
    computed_dtype,
    is_float,
    operand,
)
from ..tracing.array import ArrayLike, DType, TracedArray
from .arguments import checked_key, drawing, impossible
from .integers import randint
from .uniform import FRACTIONS, unit

_UINT64 = np.dtype(np.uint64)


@drawing
def categorical(
    key: ArrayLike, logits: ArrayLike, axis: int = -1, shape: Any = None
) -> TracedArray:
    """Indices, drawn with probabilities in proportion to the exponentials of logits.

    Args:
        key: uint32[2].
        logits: floating; -inf for what is never drawn. Those that are inf are equally likely.
        axis: the axis of `logits` along which the alternatives lie.
        shape: the shape to draw, which ends with that of `logits` without `axis`; None for that.

    Returns:
        An array of int64; -1 where a logit is NaN or all are -inf.

    Raises:
        XformTypeError: `key` is not a key, or logits that are not floating.
        XformValueError: `key` is not one key, or `shape` does not end so.

    >>> from xform.random import key
    >>> categorical(key(0), np.log([0.5, 0.5, 0.0]), shape=(6,)).numpy() < 2
    array([ True,  True,  True,  True,  True,  True])
    """
    words = checked_key(key, "categorical")
    scores = array(logits)
    if not is_float(scores.dtype):
        raise XformTypeError(
            at_user_line(
                f"random.categorical: logits must be floating, got dtype {scores.dtype.name}"
            )
        )
    place = normalized_axis(axis, scores.ndim, "random.categorical")
    batch = scores.shape[:place] + scores.shape[place + 1 :]
    sizes = batch if shape is None else shape_of(shape, "random.categorical")
    more = sizes[: len(sizes) - len(batch)]
    if len(sizes) < len(batch) or sizes != (*more, *batch):
        raise XformValueError(
            at_user_line(
                f"random.categorical: shape {sizes} does not end with {batch}, the shape of the "
                "logits without their axis"
            )
        )
    if not scores.shape[place]:
        raise XformValueError(at_user_line("random.categorical: nothing to choose from"))
    scores = array(scores, computed_dtype(scores.dtype))
    # Infinite logits outweigh all others.
    endless = primitives.eq(scores, like(scores, math.inf))
    zero, nothing = like(scores, 0), like(scores, -math.inf)
    some = broadcast(reductions.any(endless, place, keepdims=True), scores.shape)
    scores = primitives.select(some, primitives.select(endless, zero, nothing), scores)
    noise = _gumbel(words, (*more, *scores.shape), scores.dtype)
    total = primitives.add(noise, broadcast(scores, noise.shape))
    drawn = reductions.argmax(total, len(more) + place)
    largest = reductions.max(scores, place)
    is_none = primitives.not_(primitives.gt(largest, like(largest, -math.inf)))
    return impossible(drawn, broadcast(is_none, drawn.shape))


def _gumbel(words: TracedArray, shape: Shape, dtype: DType) -> TracedArray:
    """Gumbel numbers whose large ones, which decide a comparison, have all bits that are drawn."""
    raw = primitives.rng_bits(words, shape, np.dtype(f"uint{8 * dtype.itemsize}"))
    width = 8 * dtype.itemsize
    spare = width - FRACTIONS[dtype.name]
    # What a uniform number lacks to 1, on a grid, and within its cell.
    flipped = primitives.not_(raw)
    rest = primitives.convert(primitives.and_(flipped, like(raw, 2**spare - 1)), dtype)
    rest = primitives.mul(primitives.add(rest, like(rest, 0.5)), like(rest, 2.0**-width))
    lacking = primitives.add(primitives.unit_float(flipped, dtype), rest)
    lacking = primitives.min_(lacking, like(lacking, 1.0 - float(np.finfo(dtype).epsneg)))
    waiting = primitives.neg(primitives.log1p(primitives.neg(lacking)))
    return primitives.neg(primitives.log(waiting))


@drawing
def permutation(
    key: ArrayLike, x: ArrayLike, axis: int = 0, independent: bool = False
) -> TracedArray:
    """The slices of an array in random order.

    Args:
        key: uint32[2].
        x: an array, or an int n for the numbers 0 to n - 1.
        axis: the axis along which to permute.
        independent: whether every line along the axis has an order of its own.

    Returns:
        An array like `x`.

    Raises:
        XformTypeError: `key` is not a key, or `x` a number that is not an int.
        XformValueError: `key` is not one key.

    >>> from xform.random import key
    >>> sorted(permutation(key(0), 5).numpy().tolist())
    [0, 1, 2, 3, 4]
    """
    words = checked_key(key, "permutation")
    values = _population(x, "permutation")
    place = normalized_axis(axis, values.ndim, "random.permutation")
    n = values.shape[place]
    if independent or values.ndim == 1:
        scores = primitives.rng_bits(words, values.shape, _UINT64)
        return primitives.sort([scores, values], place)[1]
    return take(values, _order(primitives.rng_bits(words, (n,), _UINT64)), place)


@drawing
def choice(
    key: ArrayLike,
    a: ArrayLike,
    shape: Any = (),
    replace: bool = True,
    p: ArrayLike | None = None,
    axis: int = 0,
) -> TracedArray:
    """Slices of an array, chosen at random.

    Args:
        key: uint32[2].
        a: an array, or an int n for the numbers 0 to n - 1.
        shape: the shape to draw, which takes the place of the axis.
        replace: whether a slice can be chosen more than once.
        p: the probability of each slice, up to a common factor, not negative; None for equal ones.
        axis: the axis of `a` along which the slices lie.

    Returns:
        An array of the dtype of `a`: of NaN, -1, the largest unsigned number or False where `p`
        holds no distribution, or without replacement too few that are positive.

    Raises:
        XformTypeError: `key` is not a key, or `a` a number that is not an int.
        XformValueError: `key` is not one key, `a` is empty, `p` has another size than the axis, or
            there are fewer slices than are to be chosen without replacement.

    >>> from xform.random import key
    >>> sorted(choice(key(0), 5, (5,), replace=False).numpy().tolist())
    [0, 1, 2, 3, 4]
    """
    words = checked_key(key, "choice")
    values = _population(a, "choice")
    place = normalized_axis(axis, values.ndim, "random.choice")
    n = values.shape[place]
    sizes = shape_of(shape, "random.choice")
    count = math.prod(sizes)
    if count and not n:
        raise XformValueError(at_user_line("random.choice: nothing to choose from"))
    if not replace and count > n:
        raise XformValueError(
            at_user_line(
                f"random.choice: {count} of {n} slices cannot be chosen without replacement"
            )
        )
    weights = None if p is None else _weights(p, n)
    wrong = None
    if weights is not None:
        wrong = broadcast(primitives.not_(_is_distribution(weights)), (count,))
    if not replace:
        # The largest sums of logits and Gumbel noise are those of a draw without replacement.
        scores = (
            primitives.rng_bits(words, (n,), _UINT64)
            if weights is None
            else primitives.neg(
                ufuncs.add(_gumbel(words, (n,), weights.dtype), ufuncs.log(weights))
            )
        )
        ordered = primitives.sort([scores, primitives.iota((n,), INT64, 0)], 0)
        scores, index = (select_along(x, 0, 0, count) for x in ordered)
        if wrong is not None:
            # So many slices that have a weight there are not.
            wrong = primitives.or_(wrong, primitives.eq(scores, like(scores, math.inf)))
    elif weights is None:
        index = randint(words, (count,), 0, max(n, 1))
    else:
        ends = cumsum(weights)
        # Of (0, 1], so that each point lies in a slice whose weight is not zero.
        parts = ufuncs.subtract(1, unit(words, (count,), weights.dtype))
        index = searchsorted(ends, ufuncs.multiply(parts, ends[-1:]))
    chosen = take(values, index, place)
    if wrong is not None:
        chosen = impossible(chosen, primitives.broadcast_in_dim(wrong, chosen.shape, [place]))
    return primitives.reshape(chosen, values.shape[:place] + sizes + values.shape[place + 1 :])


def _population(x: ArrayLike, name: str) -> TracedArray:
    """What to choose from or to order: an array, or the numbers below an int."""
    found = operand(x)
    if found.shape:
        return array(found)
    if not isinstance(found, Scalar) or found.dtype.kind not in "iu":
        raise XformTypeError(
            at_user_line(
                f"random.{name}: expected an array with an axis, or an int known while tracing, "
                f"got {x!r}"
            )
        )
    count = operator.index(found.number)
    if count < 0:
        raise XformValueError(at_user_line(f"random.{name}: {count} is negative"))
    return primitives.iota((count,), INT64, 0)


def _weights(p: ArrayLike, n: int) -> TracedArray:
    weights = array(p)
    if weights.shape != (n,):
        raise XformValueError(
            at_user_line(
                f"random.choice: p of shape {weights.shape} does not give a probability for each "
                f"of {n} slices"
            )
        )
    wide = array(weights, computed_dtype(weights.dtype) if is_float(weights.dtype) else FLOAT64)
    # The sum neither overflows nor is made of subnormal numbers; other weights stay as they are.
    if not n:
        return wide
    largest, end = reductions.max(wide, 0, keepdims=True), np.finfo(wide.dtype).maxexp
    is_huge = primitives.gt(largest, like(largest, 2.0 ** (end * 3 // 4)))
    is_tiny = primitives.lt(largest, like(largest, 2.0 ** (-end // 2)))
    scale = primitives.select(is_tiny, like(largest, 2.0 ** (end // 2)), like(largest, 1))
    scale = primitives.select(is_huge, like(largest, 2.0 ** (-end // 2)), scale)
    return ufuncs.multiply(wide, scale)


def _is_distribution(weights: TracedArray) -> TracedArray:
    """Whether no weight is negative, infinite or NaN, and one is positive."""
    zero = like(weights, 0)
    is_weight = primitives.and_(primitives.ge(weights, zero), isfinite(weights))
    some = reductions.any(primitives.gt(weights, zero))
    return primitives.and_(reductions.all(is_weight), some)


def _order(scores: TracedArray) -> TracedArray:
    """The places of a vector's elements, those of smaller elements first."""
    return primitives.sort([scores, primitives.iota(scores.shape, INT64, 0)], 0)[1]
