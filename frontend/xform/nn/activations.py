"""Activations: functions that are applied to each element.

What takes several steps is computed in float32 for floats of 16 bits, and rounded once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

from .. import primitives
from ..errors import XformValueError, at_user_line
from ..numpy import joining, ufuncs
from ..numpy.axes import normalized_axis
from ..numpy.dispatch import extension
from ..numpy.float_parts import isinf, like
from ..numpy.promotion import (
    array,
    broadcast_shapes,
    computed_dtype,
    fit,
    operand,
    result_type,
)
from ..numpy.rounding import floats, rounded_once
from ..tracing.array import ArrayLike, DType, TracedArray
from .real_arguments import real_arrays

_activation = extension("nn", elementwise=True)


def _linear_unit(function: Callable[..., TracedArray]) -> Callable[..., TracedArray]:
    """Decorator for x times a share of it that goes from 0 to 1.

    The function sees no infinity, whose product with 0 would be NaN: at -inf the limit is -0.0
    with derivative 0, at inf that of x itself.
    """

    @wraps(function)
    def call(x: TracedArray, *args: Any, **kwargs: Any) -> TracedArray:
        inside = primitives.select(isinf(x), like(x, -0.0), x)
        is_above = primitives.eq(x, like(x, math.inf))
        return primitives.select(is_above, x, function(inside, *args, **kwargs))

    return call


@_activation
@real_arrays
def relu(x: ArrayLike) -> TracedArray:
    """The rectified linear unit max(x, 0), with derivative 0 at 0."""
    a = array(x)
    zero = like(a, 0)
    return primitives.select(primitives.le(a, zero), zero, a)


@_activation
@real_arrays
def relu6(x: ArrayLike) -> TracedArray:
    """The rectified linear unit up to 6, with derivative 0 at both ends."""
    a = relu(x)
    six = like(a, 6)
    return primitives.select(primitives.ge(a, six), six, a)


def _with_parameter(x: ArrayLike, parameter: ArrayLike) -> tuple[TracedArray, TracedArray, DType]:
    """Both in the dtype to compute in, and that of the result."""
    (a,), given = floats(x), operand(parameter)
    dtype, shape = result_type(a, given), broadcast_shapes(a.shape, given.shape)
    computed = computed_dtype(dtype)
    return fit(a, computed, shape), fit(given, computed, shape), dtype


def _below_zero(a: TracedArray) -> tuple[TracedArray, TracedArray]:
    """Where x > 0, and x with 0 there.

    What lies above is kept out of the branch for what lies below, where it could overflow.
    """
    zero = like(a, 0)
    above = primitives.gt(a, zero)
    return above, primitives.select(above, zero, a)


@_activation
@real_arrays
def leaky_relu(x: ArrayLike, negative_slope: ArrayLike = 0.01) -> TracedArray:
    """The leaky rectified linear unit: x where x > 0, negative_slope * x elsewhere."""
    a, slope, dtype = _with_parameter(x, negative_slope)
    above, below = _below_zero(a)
    return array(primitives.select(above, a, primitives.mul(below, slope)), dtype)


@_activation
@real_arrays
def elu(x: ArrayLike, alpha: ArrayLike = 1.0) -> TracedArray:
    """The exponential linear unit: x where x > 0, alpha * (exp(x) - 1) elsewhere."""
    a, factor, dtype = _with_parameter(x, alpha)
    above, below = _below_zero(a)
    tail = primitives.mul(primitives.expm1(below), factor)
    return array(primitives.select(above, a, tail), dtype)


@_activation
@real_arrays
def celu(x: ArrayLike, alpha: ArrayLike = 1.0) -> TracedArray:
    """The smooth exponential linear unit: x where x > 0, alpha * (exp(x / alpha) - 1) elsewhere."""
    a, factor, dtype = _with_parameter(x, alpha)
    above, below = _below_zero(a)
    tail = primitives.mul(primitives.expm1(primitives.div(below, factor)), factor)
    return array(primitives.select(above, a, tail), dtype)


@_activation
@real_arrays
@rounded_once()
def selu(x: TracedArray) -> TracedArray:
    """The scaled exponential linear unit, which keeps mean 0 and variance 1."""
    above, below = _below_zero(x)
    scale, alpha = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
    tail = ufuncs.multiply(primitives.expm1(below), alpha)
    return ufuncs.multiply(primitives.select(above, x, tail), scale)


@_activation
@real_arrays
def sigmoid(x: ArrayLike) -> TracedArray:
    """The logistic function 1 / (1 + exp(-x))."""
    return primitives.logistic(floats(x)[0])


@_activation
@real_arrays
@rounded_once()
def hard_sigmoid(x: TracedArray) -> TracedArray:
    """The sigmoid in three straight pieces, relu6(x + 3) / 6."""
    return ufuncs.divide(relu6(ufuncs.add(x, 3.0)), 6.0)


@_activation
@real_arrays
def softplus(x: ArrayLike) -> TracedArray:
    """The smooth form of relu, log(1 + exp(x)), without overflow."""
    return ufuncs.logaddexp(floats(x)[0], 0.0)


@_activation
@real_arrays
def log_sigmoid(x: ArrayLike) -> TracedArray:
    """The logarithm of the sigmoid, without underflow."""
    return ufuncs.negative(softplus(ufuncs.negative(floats(x)[0])))


@_activation
@real_arrays
@rounded_once()
@_linear_unit
def silu(x: TracedArray) -> TracedArray:
    """The sigmoid linear unit x * sigmoid(x)."""
    return primitives.mul(x, primitives.logistic(x))


swish = silu


@_activation
@real_arrays
@rounded_once()
@_linear_unit
def hard_silu(x: TracedArray) -> TracedArray:
    """The sigmoid linear unit with hard_sigmoid in place of the sigmoid."""
    return primitives.mul(x, hard_sigmoid(x))


@_activation
@real_arrays
@rounded_once()
@_linear_unit
def mish(x: TracedArray) -> TracedArray:
    """The activation x * tanh(softplus(x))."""
    return primitives.mul(x, primitives.tanh(softplus(x)))


@_activation
@real_arrays
@rounded_once()
@_linear_unit
def gelu(x: TracedArray, approximate: bool = False) -> TracedArray:
    """The Gaussian error linear unit: x times the normal distribution's probability below x.

    Args:
        x: floats; integers become float64.
        approximate: use the form with tanh, within about 5e-4 of the exact one.
    """
    if approximate:
        # (1 + tanh(y)) / 2 is the logistic function of 2 y, which keeps its digits for large -y.
        # Beyond the limit it is 0 or 1, and the cube would overflow.
        limit = like(x, 32)
        bounded = primitives.max_(primitives.min_(x, limit), primitives.neg(limit))
        cube = ufuncs.multiply(primitives.integer_pow(bounded, 3), 0.044715)
        inner = ufuncs.multiply(ufuncs.add(bounded, cube), math.sqrt(8 / math.pi))
        return primitives.mul(x, primitives.logistic(inner))
    below = primitives.erfc(ufuncs.multiply(x, -math.sqrt(0.5)))
    return primitives.mul(primitives.mul(x, like(x, 0.5)), below)


@_activation
@real_arrays
@rounded_once()
def soft_sign(x: TracedArray) -> TracedArray:
    """The soft sign x / (1 + |x|)."""
    one = like(x, 1)
    size = primitives.abs_(x)
    share = primitives.div(one, primitives.add(one, size))
    # For large x written so that neither inf / inf nor a difference in the derivative occurs.
    far = primitives.copy_sign(primitives.sub(one, share), x)
    is_near = primitives.le(size, one)
    inside = primitives.select(is_near, x, like(x, 0))
    return primitives.select(is_near, primitives.mul(inside, share), far)


@_activation
@real_arrays
def hard_tanh(x: ArrayLike) -> TracedArray:
    """The identity limited to -1 and 1, with derivative 0 at both."""
    (a,) = floats(x)
    one, minus_one = like(a, 1), like(a, -1)
    upper = primitives.select(primitives.ge(a, one), one, a)
    return primitives.select(primitives.le(a, minus_one), minus_one, upper)


@extension("nn")
@real_arrays
@rounded_once()
def glu(x: TracedArray, axis: int = -1) -> TracedArray:
    """The first half along an axis times the sigmoid of the second."""
    place = normalized_axis(axis, x.ndim, "glu")
    if x.shape[place] % 2:
        raise XformValueError(at_user_line(f"glu: axis {axis} of shape {x.shape} has an odd size"))
    first, second = joining.split(x, 2, place)
    return primitives.mul(first, primitives.logistic(second))
