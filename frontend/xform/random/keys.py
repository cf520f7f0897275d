"""Keys: made from a seed, from another key, from a key and a number."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..numpy.arguments import explained
from ..numpy.axes import shape_of
from ..numpy.promotion import INT64, Scalar, array, broadcast, constant, operand
from ..source import user_location
from ..tracing import traces
from ..tracing.array import ArrayLike, TracedArray
from .arguments import UINT32, checked_key, drawing

_UINT64 = np.dtype(np.uint64)
_WORD = 2**32


@explained
def key(seed: ArrayLike) -> TracedArray:
    """The key that belongs to a seed.

    Args:
        seed: an int of at most 64 bits, negative ones in two's complement, or a 0-d integer array.

    Returns:
        uint32[2].

    Raises:
        XformTypeError: the seed is not an integer.
        XformValueError: it has more than 64 bits, or axes.

    >>> key(42)
    array([ 0, 42], dtype=uint32)
    """
    if traces.is_traced(seed):
        return _key_of_traced(array(seed))
    try:
        number = operator.index(seed)  # type: ignore[arg-type]
    except TypeError:
        raise XformTypeError(at_user_line(f"random.key: a seed is an int, got {seed!r}")) from None
    if not -(2**63) <= number < 2**64:
        raise XformValueError(at_user_line(f"random.key: a seed has 64 bits, got {number}"))
    words = np.array([number // _WORD % _WORD, number % _WORD], UINT32)
    trace = traces.current_trace()
    if trace is None:
        return words  # type: ignore[return-value]
    return traces.wrap(trace.function.constant(words, user_location()), trace)


def _key_of_traced(seed: TracedArray) -> TracedArray:
    if seed.dtype.kind not in "iu":
        raise XformTypeError(
            at_user_line(f"random.key: a seed is an integer, got one of dtype {seed.dtype.name}")
        )
    if seed.shape:
        raise XformValueError(
            at_user_line(
                f"random.key: a seed is one integer, got an array of shape {seed.shape}; vmap over "
                "it for a key of each"
            )
        )
    wide = array(seed if seed.dtype == _UINT64 else array(seed, INT64), _UINT64)
    upper = primitives.div(wide, constant((), _UINT64, _WORD))
    words = [primitives.reshape(array(x, UINT32), (1,)) for x in (upper, wide)]
    return primitives.concatenate(words, 0)


@drawing
def split(key: ArrayLike, num: Any = 2) -> TracedArray:
    """New keys, independent of each other and of the one that they come from.

    Args:
        key: uint32[2]; do not use it again.
        num: how many, or the shape of an array of keys.

    Returns:
        uint32[num, 2].

    Raises:
        XformTypeError: `key` is not a key.
        XformValueError: `key` is not one key, or `num` is negative.

    >>> split(key(0)).numpy()
    array([[1797259609, 2579123966],
           [ 928981903, 3453687069]], dtype=uint32)
    """
    words = checked_key(key, "split")
    shape = shape_of(num, "random.split")
    count = math.prod(shape)
    keys = primitives.fold_in(broadcast(words, (count, 2)), primitives.iota((count,), UINT32, 0))
    return keys if len(shape) == 1 else primitives.reshape(keys, (*shape, 2))


@drawing
def fold_in(key: ArrayLike, data: ArrayLike) -> TracedArray:
    """The key that a key and a number make, such as the number of a step.

    Args:
        key: uint32[2].
        data: an int of at most 32 bits or a 0-d integer array, of which 32 bits count.

    Returns:
        uint32[2]: for `data` less than n, that of `split(key, n)` at this place.

    Raises:
        XformTypeError: `key` is not a key, or `data` no integer.
        XformValueError: `key` is not one key, `data` has axes or more than 32 bits.

    >>> fold_in(key(0), 1).numpy()
    array([ 928981903, 3453687069], dtype=uint32)
    """
    words = checked_key(key, "fold_in")
    number = operand(data)
    if number.dtype.kind not in "iu":
        raise XformTypeError(
            at_user_line(
                f"random.fold_in: data must be an integer, got one of dtype {number.dtype.name}"
            )
        )
    if number.shape:
        raise XformValueError(
            at_user_line(
                f"random.fold_in: data is one integer, got an array of shape {number.shape}; vmap "
                "over it for a key of each"
            )
        )
    if isinstance(number, Scalar):
        if not -(2**31) <= number.number < _WORD:
            raise XformValueError(
                at_user_line(f"random.fold_in: data has 32 bits, got {number.number}")
            )
        return primitives.fold_in(words, constant((), UINT32, int(number.number) % _WORD))
    return primitives.fold_in(words, array(number, UINT32))
