"""Integers, truth values, choices and orders."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from .. import primitives
from ..array import ArrayLike, DType, TracedArray
from ..errors import XformTypeError, XformValueError, at_user_line
from ..numpy import reductions, ufuncs
from ..numpy.accumulation import cumsum
from ..numpy.axes import normalized_axis
from ..numpy.creation import shape_of
from ..numpy.elements import take
from ..numpy.indexing import select_along
from ..numpy.ordering import searchsorted
from ..numpy.promotion import (
    FLOAT64,
    INT32,
    INT64,
    INT_RANGES,
    Scalar,
    array,
    broadcast,
    computed_dtype,
    constant,
    is_float,
    operand,
    supported_dtype,
)
from .arguments import checked_key, drawing, drawn_shape, fitted
from .continuous import gumbel
from .gamma import subkeys
from .uniform import unit

_UINT64 = np.dtype(np.uint64)
# With 64 bits for a number of fewer values than this, none is noticeably more likely.
_SMALL_SPAN = 2**32


@drawing
def randint(
    key: ArrayLike, shape: Any, minval: ArrayLike, maxval: ArrayLike, dtype: Any = None
) -> TracedArray:
    """Integers of a range, all equally likely.

    Args:
        key: uint32[2].
        shape: the shape to draw; the limits broadcast to it.
        minval: the smallest that is drawn.
        maxval: the first that is not, above `minval`; where it is not, `minval` is drawn.
        dtype: an integer dtype; None for int64.

    Returns:
        An array of `shape` and `dtype`.

    Raises:
        XformTypeError: `key` is no key, or a limit or the dtype is not an integer.
        XformValueError: `key` is not one key, a limit does not broadcast, or limits that are
            Python ints make an empty range or one that `dtype` does not hold.

    >>> from xform.random import key
    >>> randint(key(0), (4,), 0, 10).numpy()
    array([0, 7, 9, 6])
    """
    words = checked_key(key, "randint")
    target = supported_dtype(dtype, "random.randint", INT64)
    if target not in INT_RANGES:
        raise XformTypeError(
            at_user_line(f"random.randint: dtype must be an integer, got {target.name}")
        )
    low, high = operand(minval), operand(maxval)
    for name, limit in (("minval", low), ("maxval", high)):
        if limit.dtype.kind not in "iu":
            raise XformTypeError(
                at_user_line(
                    f"random.randint: {name} must be an integer, got one of dtype "
                    f"{limit.dtype.name}"
                )
            )
    sizes = drawn_shape(shape, "randint", minval=minval, maxval=maxval)
    if isinstance(low, Scalar) and isinstance(high, Scalar):
        first, span = int(low.number), int(high.number) - int(low.number)
        _check_range(first, span, target)
        start = constant(sizes, target, first)
        if span == 2**64:
            raw = primitives.rng_bits(words, sizes, _UINT64)
            return primitives.add(start, primitives.convert(raw, target))
        spans = constant(sizes, _UINT64, span)
        is_small = span <= _SMALL_SPAN
    else:
        start = fitted(minval, target, sizes)
        wide = _UINT64 if target == _UINT64 else INT64
        ends = fitted(maxval, wide, sizes)
        starts = fitted(minval, wide, sizes)
        spans = primitives.convert(primitives.sub(ends, starts), _UINT64)
        is_range = primitives.lt(starts, ends)
        spans = primitives.select(is_range, spans, constant(sizes, _UINT64, 1))
        is_small = target.itemsize < 8
    offset = _below(words, spans, is_small)
    return primitives.add(start, primitives.convert(offset, target))


def _check_range(first: int, span: int, dtype: DType) -> None:
    least, largest = INT_RANGES[dtype]
    if span < 1:
        raise XformValueError(
            at_user_line(f"random.randint: no integer lies between {first} and {first + span}")
        )
    if first < least or first + span - 1 > largest:
        raise XformValueError(
            at_user_line(
                f"random.randint: the integers from {first} to {first + span - 1} do not fit "
                f"{dtype.name}"
            )
        )


def _below(words: TracedArray, spans: TracedArray, is_small: bool) -> TracedArray:
    """uint64 numbers below `spans`, from 64 bits for small ones, else from 128."""
    sizes = spans.shape
    if is_small:
        return primitives.rem(primitives.rng_bits(words, sizes, _UINT64), spans)
    upper, lower = (primitives.rng_bits(k, sizes, _UINT64) for k in subkeys(words, 2))
    # The upper bits count 2^64 each, of which the remainder is found by squaring that of 2^32.
    unit_ = primitives.rem(constant(sizes, _UINT64, 2**32), spans)
    unit_ = primitives.rem(primitives.mul(unit_, unit_), spans)
    sum_ = primitives.add(
        primitives.mul(primitives.rem(upper, spans), unit_), primitives.rem(lower, spans)
    )
    return primitives.rem(sum_, spans)


@drawing
def bernoulli(key: ArrayLike, p: ArrayLike = 0.5, shape: Any = None) -> TracedArray:
    """Truth values that are true with a given probability.

    Args:
        key: uint32[2].
        p: the probability.
        shape: the shape to draw, to which `p` broadcasts; None for that of `p`.

    Returns:
        An array of bool.

    Raises:
        XformTypeError: `key` is no key.
        XformValueError: `key` is not one key, or `p` does not broadcast.

    >>> from xform.random import key
    >>> bernoulli(key(0), 1.0, (2,)).numpy()
    array([ True,  True])
    """
    words = checked_key(key, "bernoulli")
    sizes = drawn_shape(shape, "bernoulli", p=p)
    dtype = operand(p).dtype
    computed = computed_dtype(dtype) if is_float(dtype) else FLOAT64
    return primitives.lt(unit(words, sizes, computed), fitted(p, computed, sizes))


@drawing
def rademacher(key: ArrayLike, shape: Any = (), dtype: Any = None) -> TracedArray:
    """1 and -1, equally likely.

    Args:
        key: uint32[2].
        shape: the shape to draw.
        dtype: a signed integer or floating dtype; None for int64.

    Returns:
        An array of `shape` and `dtype`.

    Raises:
        XformTypeError: `key` is no key, or another dtype.
        XformValueError: `key` is not one key.

    >>> from xform.random import key
    >>> set(rademacher(key(0), (9,)).numpy().tolist())
    {1, -1}
    """
    words = checked_key(key, "rademacher")
    target = supported_dtype(dtype, "random.rademacher", INT64)
    if not (target.kind == "i" or is_float(target)):
        raise XformTypeError(
            at_user_line(
                f"random.rademacher: dtype must be a signed integer or floating, got {target.name}"
            )
        )
    sizes = shape_of(shape, "random.rademacher")
    raw = primitives.convert(primitives.rng_bits(words, sizes, np.dtype(np.uint32)), INT32)
    is_negative = primitives.lt(raw, constant(sizes, INT32, 0))
    return primitives.select(is_negative, constant(sizes, target, -1), constant(sizes, target, 1))


@drawing
def categorical(
    key: ArrayLike, logits: ArrayLike, axis: int = -1, shape: Any = None
) -> TracedArray:
    """Indices, drawn with probabilities in proportion to the exponentials of logits.

    Args:
        key: uint32[2].
        logits: floating; -inf for what is never drawn.
        axis: the axis of `logits` along which the alternatives lie.
        shape: the shape to draw, which ends with that of `logits` without `axis`; None for that.

    Returns:
        An array of int64.

    Raises:
        XformTypeError: `key` is no key, or logits that are not floating.
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
    every = (*more, *scores.shape)
    noise = gumbel(words, every, scores.dtype)
    total = primitives.add(noise, broadcast(scores, every) if more else scores)
    return reductions.argmax(total, len(more) + place)


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
        XformTypeError: `key` is no key, or `x` a number that is no int.
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
        p: the probability of each slice, up to a common factor; None for equal ones.
        axis: the axis of `a` along which the slices lie.

    Returns:
        An array of the dtype of `a`.

    Raises:
        XformTypeError: `key` is no key, or `a` a number that is no int.
        XformValueError: `key` is not one key, `a` is empty, `p` has another size than the axis, or
            more slices than there are are to be chosen without replacement.

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
    if not replace:
        # The largest sums of logits and Gumbel noise are those of a draw without replacement.
        scores = (
            primitives.rng_bits(words, (n,), _UINT64)
            if weights is None
            else primitives.neg(ufuncs.add(gumbel(words, (n,), weights.dtype), ufuncs.log(weights)))
        )
        index = select_along(_order(scores), 0, 0, count)
    elif weights is None:
        index = randint(words, (count,), 0, n)
    else:
        ends = cumsum(weights)
        # Of (0, 1], so that each point lies in a slice whose weight is not zero.
        parts = ufuncs.subtract(1, unit(words, (count,), weights.dtype))
        index = searchsorted(ends, ufuncs.multiply(parts, ends[-1:]))
    chosen = take(values, index, place)
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
    count = operator.index(found.number)  # type: ignore[arg-type]
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
    return weights if is_float(weights.dtype) else array(weights, FLOAT64)


def _order(scores: TracedArray) -> TracedArray:
    """The places of a vector's elements, those of smaller elements first."""
    return primitives.sort([scores, primitives.iota(scores.shape, INT64, 0)], 0)[1]
