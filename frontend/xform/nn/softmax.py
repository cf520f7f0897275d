"""The log-sum-exp family, without overflow; floats of 16 bits are computed in float32."""

from __future__ import annotations

import math

import numpy as np

from .. import primitives
from ..numpy import manipulation, reductions, ufuncs
from ..numpy.axes import normalized_axes
from ..numpy.dispatch import extension
from ..numpy.float_parts import like
from ..numpy.promotion import (
    BOOL,
    Operand,
    array,
    broadcast_shapes,
    computed_dtype,
    constant,
    fit,
    operand,
    result_type,
)
from ..numpy.rounding import floats
from ..tracing.array import ArrayLike, Axis, TracedArray
from .real_arguments import real_arrays


def _row_maximum(a: TracedArray, axes: tuple[int, ...]) -> TracedArray:
    """The largest elements over axes, kept in size 1, as constants to derivatives.

    Subtracting them changes no result, only its rounding, so their derivatives cancel.
    """
    if 0 in [a.shape[i] for i in axes]:
        kept = [1 if i in axes else n for i, n in enumerate(a.shape)]
        return constant(kept, a.dtype, -math.inf)
    return primitives.stop_gradient(reductions.max(a, axes, keepdims=True))


@extension("nn")
@real_arrays
def logsumexp(
    a: ArrayLike,
    axis: Axis = None,
    b: ArrayLike | None = None,
    keepdims: bool = False,
    where: ArrayLike | None = None,
) -> TracedArray:
    """The logarithm log(sum(b * exp(a))) over axes, without overflow.

    A row of -inf gives -inf and derivatives 0; a -inf beside other numbers has derivative 0.
    Elements that a factor of 0 or `where` leaves out can be infinite or NaN.

    Args:
        a: floats; integers become float64.
        axis: None for all, an int or several.
        b: factors, which broadcast with `a`; negative sums give NaN.
        keepdims: whether the axes stay, in size 1.
        where: which elements count; broadcasts with `a`.

    >>> import numpy as np
    >>> float(logsumexp(np.array([1.0, np.inf]), b=np.array([1.0, 0.0])))
    1.0
    """
    x: Operand = floats(a)[0]
    factor = None if b is None else operand(b)
    chosen = None if where is None else operand(where)
    given = [y for y in (x, factor, chosen) if y is not None]
    shape = broadcast_shapes(*(y.shape for y in given))
    dtype = x.dtype if factor is None else result_type(x, factor)
    computed = computed_dtype(dtype)
    x = fit(x, computed, shape)
    axes = normalized_axes(axis, x.ndim, "logsumexp")
    nothing = like(x, -math.inf)
    if chosen is not None:
        x = primitives.select(fit(chosen, BOOL, shape), x, nothing)
    weights = None if factor is None else fit(factor, computed, shape)
    if weights is None:
        counted = x
    else:
        left_out = primitives.eq(weights, like(weights, 0))
        counted = primitives.select(left_out, nothing, x)
    largest = _row_maximum(counted, axes)
    shift = primitives.select(ufuncs.isfinite(largest), largest, like(largest, 0))
    distance = ufuncs.subtract(x, shift)
    if weights is not None:
        # What is left out may be far above the others. Its exponential stays finite, so that a
        # factor of 0 makes it 0, and the factor has a derivative.
        limit = like(distance, math.log(np.finfo(computed).max) - 1)
        beyond = primitives.and_(left_out, primitives.not_(primitives.le(distance, limit)))
        distance = primitives.select(beyond, limit, distance)
    terms = primitives.exp(distance)
    if weights is not None:
        terms = primitives.mul(terms, weights)
    total = _log_sum(terms, ufuncs.equal(counted, largest), axes)
    result = array(primitives.add(total, shift), dtype)
    return result if keepdims else manipulation.squeeze(result, axes).copy()


def _log_sum(terms: TracedArray, is_largest: TracedArray, axes: tuple[int, ...]) -> TracedArray:
    """The logarithm of sums over axes, -inf of 0.

    The rest of a row whose largest terms make up nearly all of it counts through log1p.
    """
    zero = like(terms, 0)
    most = reductions.sum(primitives.select(is_largest, terms, zero), axes, keepdims=True)
    rest = reductions.sum(primitives.select(is_largest, zero, terms), axes, keepdims=True)
    total = primitives.add(most, rest)
    one = like(total, 1)
    is_little = primitives.lt(primitives.abs_(rest), primitives.mul(most, like(most, 0.5)))
    part = primitives.div(rest, primitives.select(is_little, most, one))
    part = primitives.select(is_little, part, like(part, 0))
    # The logarithm's derivative at 0 would be infinite, and times 0 a NaN.
    empty = ufuncs.equal(total, 0)
    safe = primitives.select(empty, one, primitives.select(is_little, most, total))
    result = primitives.add(primitives.log(safe), primitives.log1p(part))
    return primitives.select(empty, like(result, -math.inf), result)


@extension("nn")
@real_arrays
def softmax(x: ArrayLike, axis: Axis = -1) -> TracedArray:
    """The exponentials divided by their sum over axes; a row of -inf, or with inf, gives NaN."""
    (a,) = floats(x)
    axes = normalized_axes(axis, a.ndim, "softmax")
    wide = array(a, computed_dtype(a.dtype))
    terms = primitives.exp(ufuncs.subtract(wide, _row_maximum(wide, axes)))
    return array(ufuncs.divide(terms, reductions.sum(terms, axes, keepdims=True)), a.dtype)


@extension("nn")
@real_arrays
def log_softmax(x: ArrayLike, axis: Axis = -1) -> TracedArray:
    """The logarithm of softmax, without underflow; a row of -inf, or with inf, gives NaN."""
    (a,) = floats(x)
    axes = normalized_axes(axis, a.ndim, "log_softmax")
    wide = array(a, computed_dtype(a.dtype))
    largest = _row_maximum(wide, axes)
    distance = ufuncs.subtract(wide, largest)
    total = _log_sum(primitives.exp(distance), ufuncs.equal(wide, largest), axes)
    return array(ufuncs.subtract(distance, total), a.dtype)
