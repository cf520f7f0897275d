"""Activations and the log-sum-exp family."""

from __future__ import annotations

import math
from typing import Any

from .. import primitives
from ..array import ArrayLike, Axis, TracedArray
from ..errors import XformTypeError, XformValueError, at_user_line
from ..numpy import joining, manipulation, reductions, ufuncs
from ..numpy.axes import normalized_axes, normalized_axis
from ..numpy.dispatch import extension
from ..numpy.promotion import (
    BOOL,
    FLOAT64,
    array,
    constant,
    fit,
    is_float,
    operand,
    result_type,
    supported_dtype,
)
from ..numpy.selection import where


def _float(x: ArrayLike) -> TracedArray:
    a = array(x)
    return a if is_float(a.dtype) else array(a, FLOAT64)


def _constant(x: TracedArray, number: float) -> TracedArray:
    return constant(x.shape, x.dtype, number)


@extension("nn")
def relu(x: ArrayLike) -> TracedArray:
    """max(x, 0), with derivative 0 at 0."""
    a = array(x)
    zero = _constant(a, 0)
    return primitives.select(primitives.le(a, zero), zero, a)


@extension("nn")
def relu6(x: ArrayLike) -> TracedArray:
    """min(max(x, 0), 6), with derivative 0 at both ends."""
    a = relu(x)
    six = _constant(a, 6)
    return primitives.select(primitives.ge(a, six), six, a)


@extension("nn")
def leaky_relu(x: ArrayLike, negative_slope: ArrayLike = 0.01) -> TracedArray:
    """x where x > 0, negative_slope * x elsewhere."""
    a = _float(x)
    return where(ufuncs.greater(a, 0), a, ufuncs.multiply(a, negative_slope))


def _exponential_tail(a: TracedArray) -> tuple[TracedArray, TracedArray]:
    """Where x > 0, and exp(x) - 1 elsewhere; large x do not overflow there."""
    zero = _constant(a, 0)
    above = primitives.gt(a, zero)
    return above, primitives.expm1(primitives.select(above, zero, a))


@extension("nn")
def elu(x: ArrayLike, alpha: ArrayLike = 1.0) -> TracedArray:
    """x where x > 0, alpha * (exp(x) - 1) elsewhere."""
    a = _float(x)
    above, tail = _exponential_tail(a)
    return where(above, a, ufuncs.multiply(tail, alpha))


@extension("nn")
def celu(x: ArrayLike, alpha: ArrayLike = 1.0) -> TracedArray:
    """x where x > 0, alpha * (exp(x / alpha) - 1) elsewhere."""
    a = _float(x)
    above, tail = _exponential_tail(ufuncs.divide(a, alpha))
    return where(above, a, ufuncs.multiply(tail, alpha))


@extension("nn")
def selu(x: ArrayLike) -> TracedArray:
    """The scaled exponential linear unit, which keeps mean 0 and variance 1."""
    a = _float(x)
    above, tail = _exponential_tail(a)
    scale, alpha = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
    return ufuncs.multiply(where(above, a, ufuncs.multiply(tail, alpha)), scale)


@extension("nn")
def sigmoid(x: ArrayLike) -> TracedArray:
    """1 / (1 + exp(-x))."""
    return primitives.logistic(_float(x))


@extension("nn")
def hard_sigmoid(x: ArrayLike) -> TracedArray:
    """relu6(x + 3) / 6."""
    return ufuncs.multiply(relu6(ufuncs.add(_float(x), 3.0)), 1 / 6)


@extension("nn")
def softplus(x: ArrayLike) -> TracedArray:
    """log(1 + exp(x)), without overflow."""
    return ufuncs.logaddexp(_float(x), 0.0)


@extension("nn")
def log_sigmoid(x: ArrayLike) -> TracedArray:
    """log(sigmoid(x)), without underflow."""
    return ufuncs.negative(softplus(ufuncs.negative(_float(x))))


@extension("nn")
def silu(x: ArrayLike) -> TracedArray:
    """x * sigmoid(x)."""
    a = _float(x)
    return primitives.mul(a, primitives.logistic(a))


swish = silu


@extension("nn")
def hard_silu(x: ArrayLike) -> TracedArray:
    """x * hard_sigmoid(x)."""
    a = _float(x)
    return primitives.mul(a, hard_sigmoid(a))


@extension("nn")
def mish(x: ArrayLike) -> TracedArray:
    """x * tanh(softplus(x))."""
    a = _float(x)
    return primitives.mul(a, primitives.tanh(softplus(a)))


@extension("nn")
def gelu(x: ArrayLike, approximate: bool = False) -> TracedArray:
    """x times the normal distribution's probability below x.

    Args:
        x: floats; integers become float64.
        approximate: use the form with tanh, within about 5e-4 of the exact one.
    """
    a = _float(x)
    half = primitives.mul(a, _constant(a, 0.5))
    if approximate:
        cube = ufuncs.multiply(primitives.integer_pow(a, 3), 0.044715)
        inner = ufuncs.multiply(ufuncs.add(a, cube), math.sqrt(2 / math.pi))
        return primitives.mul(half, ufuncs.add(primitives.tanh(inner), 1.0))
    return primitives.mul(half, primitives.erfc(ufuncs.multiply(a, -math.sqrt(0.5))))


@extension("nn")
def soft_sign(x: ArrayLike) -> TracedArray:
    """x / (1 + |x|)."""
    a = _float(x)
    return primitives.div(a, ufuncs.add(primitives.abs_(a), 1.0))


@extension("nn")
def hard_tanh(x: ArrayLike) -> TracedArray:
    """x limited to -1 and 1, with derivative 0 at both."""
    a = _float(x)
    one, minus_one = _constant(a, 1), _constant(a, -1)
    upper = primitives.select(primitives.ge(a, one), one, a)
    return primitives.select(primitives.le(a, minus_one), minus_one, upper)


@extension("nn")
def glu(x: ArrayLike, axis: int = -1) -> TracedArray:
    """The first half along an axis times the sigmoid of the second."""
    a = _float(x)
    place = normalized_axis(axis, a.ndim, "glu")
    if a.shape[place] % 2:
        raise XformValueError(at_user_line(f"glu: axis {axis} of shape {a.shape} has an odd size"))
    first, second = joining.split(a, 2, place)
    return primitives.mul(first, primitives.logistic(second))


# Log-sum-exp -----------------------------------------------------------------


def _row_maximum(a: TracedArray, axes: tuple[int, ...]) -> TracedArray:
    """The largest elements over axes, kept in size 1, as constants to derivatives.

    Subtracting them changes no result, only its rounding, so their derivatives cancel.
    """
    if 0 in [a.shape[i] for i in axes]:
        kept = [1 if i in axes else n for i, n in enumerate(a.shape)]
        return constant(kept, a.dtype, -math.inf)
    return primitives.stop_gradient(reductions.max(a, axes, keepdims=True))


@extension("nn")
def logsumexp(
    a: ArrayLike,
    axis: Axis = None,
    b: ArrayLike | None = None,
    keepdims: bool = False,
    where: ArrayLike | None = None,
) -> TracedArray:
    """log(sum(b * exp(a))) over axes, without overflow.

    A row of -inf gives -inf and derivatives 0; its partial -inf give derivatives 0.

    Args:
        a: floats; integers become float64.
        axis: None for all, an int or several.
        b: factors that broadcast to `a`; negative sums give NaN.
        keepdims: whether the axes stay, in size 1.
        where: which elements count.
    """
    x = _float(a)
    if b is not None:
        factor = operand(b)
        dtype = result_type(x, factor)
        x = array(x, dtype)
    axes = normalized_axes(axis, x.ndim, "logsumexp")
    if where is not None:
        mask = fit(operand(where), BOOL, x.shape)
        x = primitives.select(mask, x, _constant(x, -math.inf))
    largest = _row_maximum(x, axes)
    finite = ufuncs.isfinite(largest)
    shift = primitives.select(finite, largest, _constant(largest, 0))
    terms = primitives.exp(ufuncs.subtract(x, shift))
    if b is not None:
        terms = ufuncs.multiply(terms, fit(factor, x.dtype, x.shape))
    total = reductions.sum(terms, axes, keepdims=True)
    # The logarithm's derivative at 0 would be infinite, and times 0 a NaN.
    empty = ufuncs.equal(total, 0)
    safe = primitives.select(empty, _constant(total, 1), total)
    result = primitives.add(primitives.log(safe), shift)
    result = primitives.select(empty, _constant(result, -math.inf), result)
    return result if keepdims else manipulation.squeeze(result, axes).copy()


@extension("nn")
def softmax(x: ArrayLike, axis: Axis = -1) -> TracedArray:
    """exp(x) divided by its sum over axes; a row of -inf gives NaN."""
    a = _float(x)
    axes = normalized_axes(axis, a.ndim, "softmax")
    terms = primitives.exp(ufuncs.subtract(a, _row_maximum(a, axes)))
    return ufuncs.divide(terms, reductions.sum(terms, axes, keepdims=True))


@extension("nn")
def log_softmax(x: ArrayLike, axis: Axis = -1) -> TracedArray:
    """log(softmax(x)), without underflow; a row of -inf gives NaN."""
    a = _float(x)
    axes = normalized_axes(axis, a.ndim, "log_softmax")
    shifted = ufuncs.subtract(a, _row_maximum(a, axes))
    total = reductions.sum(primitives.exp(shifted), axes, keepdims=True)
    return ufuncs.subtract(shifted, primitives.log(total))


@extension("nn")
def one_hot(x: ArrayLike, num_classes: int, *, dtype: Any = float, axis: int = -1) -> TracedArray:
    """1 at each index of `x` along a new axis of `num_classes`, 0 elsewhere.

    Args:
        x: integer indices; those out of range give a row of zeros.
        num_classes: the size of the new axis.
        dtype: of the result.
        axis: the place of the new axis.
    """
    indices = array(x)
    if is_float(indices.dtype) or indices.dtype == BOOL:
        raise XformTypeError(
            at_user_line(f"one_hot: expected integer indices, got dtype {indices.dtype}")
        )
    place = normalized_axis(axis, indices.ndim + 1, "one_hot")
    shape = (*indices.shape[:place], num_classes, *indices.shape[place:])
    dims = [i if i < place else i + 1 for i in range(indices.ndim)]
    counter = primitives.iota(shape, indices.dtype, place)
    hit = primitives.eq(primitives.broadcast_in_dim(indices, shape, dims), counter)
    return array(hit, supported_dtype(dtype, "one_hot"))
