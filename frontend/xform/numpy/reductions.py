"""Functions that remove an axis, or accumulate along one."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import primitives
from ..errors import XformValueError, at_user_line
from ..family import family
from ..tracing.array import ArrayLike, Axis, DType, TracedArray
from . import ufuncs
from .axes import keeps, normalized_axes, normalized_axis
from .complex_parts import is_complex, real_dtype, squared_size
from .dispatch import function
from .float_parts import like
from .promotion import (
    BOOL,
    FLOAT32,
    FLOAT64,
    INT64,
    INT_RANGES,
    UINT64,
    array,
    as_weak,
    broadcast,
    fit,
    in_range,
    is_float,
    is_inexact,
    operand,
    supported_dtype,
)
from .ufunc import Ufunc
from .views import write_whole


def _with_kept(x: TracedArray, shape: tuple[int, ...], axes: tuple[int, ...]) -> TracedArray:
    """A reduced array with the axes, that are gone from `shape`, back in size 1."""
    return primitives.reshape(x, [1 if i in axes else n for i, n in enumerate(shape)])


def _finish(
    result: TracedArray, x: TracedArray, axes: tuple[int, ...], keepdims: Any, out: Any
) -> TracedArray:
    if keeps(keepdims) and axes:
        result = _with_kept(result, x.shape, axes)
    return result if out is None else write_whole(out, result)


def _only(x: TracedArray, where: Any, identity: complex) -> TracedArray:
    """`x` with the identity in the elements that `where` leaves out."""
    if where is True:
        return x
    mask = fit(operand(where), BOOL, x.shape)
    return primitives.select(mask, x, like(x, identity))


def _combined(result: TracedArray, initial: Any, ufunc: Ufunc) -> TracedArray:
    if initial is None:
        return result
    if np.ndim(initial):
        raise XformValueError(
            at_user_line(f"`initial` must be a number, got an array of shape {np.shape(initial)}")
        )
    return ufunc.apply((result, operand(array(initial, result.dtype))))


def without_nan(a: ArrayLike, number: complex | None) -> tuple[TracedArray, TracedArray | None]:
    """The array with a number in place of NaN, and where there was none.

    Without a number, and where there can be no NaN, the array as it is, and None.
    """
    x = array(a)
    if number is None or not is_inexact(x.dtype):
        return x, None
    there = primitives.eq(x, x)
    return primitives.select(there, x, like(x, number)), there


def _nan_where(pred: TracedArray, result: TracedArray) -> TracedArray:
    return primitives.select(pred, like(result, math.nan), result)


def sum_dtype(x: TracedArray, dtype: Any, name: str) -> DType:
    """Small integers are added in 64 bits, as in NumPy."""
    if dtype is not None:
        return supported_dtype(dtype, name)
    if x.dtype.kind in "bi":
        return INT64
    return UINT64 if x.dtype.kind == "u" else x.dtype


# Each family has members that leave NaN out; they are in `nan_reductions`.


class Combining(NamedTuple):
    """How a sum or product combines elements.

    Attributes:
        reduce: along axes.
        of_truths: the same, where the result is a truth value.
        ufunc: of two elements.
        identity: where that begins.
        leaves_nan: whether NaN counts as the identity.
    """

    reduce: Callable[..., TracedArray]
    of_truths: Callable[..., TracedArray]
    ufunc: Ufunc
    identity: int
    leaves_nan: bool = False


SUM = Combining(primitives.reduce_sum, primitives.reduce_or, ufuncs.add, 0)
PRODUCT = Combining(primitives.reduce_prod, primitives.reduce_and, ufuncs.multiply, 1)


@family
def combination(
    name: str,
    by: Combining,
    a: ArrayLike,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    x, _ = without_nan(a, by.identity if by.leaves_nan else None)
    axes = normalized_axes(axis, x.ndim, name)
    found = sum_dtype(x, dtype, name)
    reduce = by.reduce
    if found == BOOL:
        x = x if x.dtype == BOOL else ufuncs.not_equal(x, 0)
        reduce = by.of_truths
    weak = x._weak and dtype is None
    part = _only(fit(x, found, x.shape), where, in_range(by.identity, found))
    result = _combined(reduce(part, axes), initial, by.ufunc)
    result = _finish(result, x, axes, keepdims, out)
    return as_weak(result) if weak and out is None else result


@function(np.sum)
@combination(SUM)
def sum() -> None:
    """The sum over axes, by default all; small integers are added in 64 bits."""


@function(np.prod)
@combination(PRODUCT)
def prod() -> None:
    """The product over axes, by default all; small integers are multiplied in 64 bits."""


class Extreme(NamedTuple):
    """Which element is looked for, and whether NaN is none."""

    largest: bool
    leaves_nan: bool = False

    def for_nan(self, dtype: DType) -> complex | None:
        """What NaN of a dtype counts as; None for as itself."""
        if not self.leaves_nan or not is_inexact(dtype):
            return None
        return least(dtype, self.largest)


@family
def extreme(
    name: str,
    which: Extreme,
    a: ArrayLike,
    axis: Axis = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    largest = which.largest
    x = array(a)
    x, there = without_nan(x, which.for_nan(x.dtype))
    axes = normalized_axes(axis, x.ndim, name)
    given = initial is not None
    if not given and where is not True:
        raise XformValueError(
            at_user_line(f"{name}: `where` needs `initial`, the value where nothing is chosen")
        )
    ufunc = ufuncs.maximum if largest else ufuncs.minimum
    empty = 0 in [x.shape[i] for i in axes]
    if empty:
        if not given:
            raise XformValueError(
                at_user_line(
                    f"{name}: an empty array, of shape {x.shape}, has no largest or smallest "
                    "element along its axes; pass `initial`"
                )
            )
        kept = tuple(n for i, n in enumerate(x.shape) if i not in axes)
        return _finish(fit(operand(initial), x.dtype, kept), x, axes, keepdims, out)
    part = _only(x, where, least(x.dtype, largest))
    if x.dtype == BOOL:
        reduce = primitives.reduce_or if largest else primitives.reduce_and
    else:
        reduce = primitives.reduce_max if largest else primitives.reduce_min
    result = _combined(reduce(part, axes) if axes else part.copy(), initial, ufunc)
    if there is not None and not given:
        result = _nan_where(primitives.not_(primitives.reduce_or(there, axes)), result)
    return _finish(result, x, axes, keepdims, out)


def least(dtype: DType, largest: bool) -> complex:
    """What no element lies below, or, for a minimum, above."""
    if dtype == BOOL:
        return not largest
    if dtype.kind == "c":
        return complex(-math.inf, -math.inf) if largest else complex(math.inf, math.inf)
    if is_float(dtype):
        return -math.inf if largest else math.inf
    return INT_RANGES[dtype][0 if largest else 1]


@function(np.max, np.amax)
@extreme(Extreme(True))
def max() -> None:
    """The largest element over axes, NaN if there is one."""


amax = max


@function(np.min, np.amin)
@extreme(Extreme(False))
def min() -> None:
    """The smallest element over axes, NaN if there is one."""


amin = min


@function(np.ptp)
def ptp(a: ArrayLike, axis: Axis = None, out: Any = None, keepdims: Any = False) -> TracedArray:
    """The difference between largest and smallest element."""
    x = array(a)
    result = primitives.sub(max(x, axis, keepdims=keepdims), min(x, axis, keepdims=keepdims))
    return result if out is None else write_whole(out, result)


@family
def _tested(
    name: str,
    every: bool,
    a: ArrayLike,
    axis: Axis = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = True,
) -> TracedArray:
    x = array(a)
    axes = normalized_axes(axis, x.ndim, name)
    truth = x if x.dtype == BOOL else ufuncs.not_equal(x, 0)
    part = _only(truth, where, every)
    reduce = primitives.reduce_and if every else primitives.reduce_or
    return _finish(reduce(part, axes), x, axes, keepdims, out)


@function(np.any)
@_tested(False)
def any() -> None:
    """Whether an element over axes is true."""


@function(np.all)
@_tested(True)
def all() -> None:
    """Whether all elements over axes are true."""


@function(np.count_nonzero)
def count_nonzero(a: ArrayLike, axis: Axis = None, *, keepdims: Any = False) -> TracedArray:
    """How many elements are not zero."""
    x = array(a)
    truth = x if x.dtype == BOOL else ufuncs.not_equal(x, 0)
    return sum(truth, axis, keepdims=keepdims)


# Means and variances ---------------------------------------------------------


def _count(shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    return math.prod(shape[i] for i in axes)


def _scaled_sum(x: TracedArray, axes: tuple[int, ...], where: Any, ddof: float) -> TracedArray:
    """The sum divided by the number of summed elements minus ddof, or by 0 if that is negative."""
    total = primitives.reduce_sum(_only(x, where, 0), axes)
    if not is_inexact(total.dtype):
        total = primitives.convert(total, FLOAT64)
    if where is True:
        count = builtins.max(_count(x.shape, axes) - ddof, 0)
        return primitives.div(total, like(total, float(count)))
    chosen = primitives.convert(fit(operand(where), BOOL, x.shape), total.dtype)
    count_of = primitives.reduce_sum(chosen, axes)
    if ddof:
        count_of = ufuncs.maximum(ufuncs.subtract(count_of, ddof), 0.0)
    return primitives.div(total, count_of)


def _mean_dtypes(x: TracedArray, dtype: Any, name: str) -> tuple[DType, DType]:
    """In which dtype to compute, and that of the result."""
    if dtype is not None:
        found = supported_dtype(dtype, name)
    else:
        found = x.dtype if is_inexact(x.dtype) else FLOAT64
    return (FLOAT32 if is_float(found) and found.itemsize == 2 else found), found


def _also(there: TracedArray | None, where: Any) -> Any:
    """Which elements count: those that are there and `where` chooses."""
    if there is None:
        return where
    return there if where is True else ufuncs.logical_and(there, where)


@family
def mean_of(
    name: str,
    leaves_nan: bool,
    a: ArrayLike,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    *,
    where: Any = True,
) -> TracedArray:
    x, there = without_nan(a, 0 if leaves_nan else None)
    axes = normalized_axes(axis, x.ndim, name)
    inner, outer = _mean_dtypes(x, dtype, name)
    result = array(_scaled_sum(array(x, inner), axes, _also(there, where), 0), outer)
    return _finish(result, x, axes, keepdims, out)


@function(np.mean)
@mean_of(False)
def mean() -> None:
    """The mean over axes; of integers in float64, of 16-bit floats summed in float32."""


class Deviation(NamedTuple):
    """Whether the root of the variance is taken, and whether NaN is left out."""

    is_root: bool
    leaves_nan: bool = False


@family
def deviation_of(
    name: str,
    which: Deviation,
    a: ArrayLike,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> TracedArray:
    x, there = without_nan(a, 0 if which.leaves_nan else None)
    axes = normalized_axes(axis, x.ndim, name)
    inner, outer = _mean_dtypes(x, dtype, name)
    wide, where = array(x, inner), _also(there, where)
    if mean is None:
        centre = array(_scaled_sum(wide, axes, where, 0), inner)
        centre = broadcast(_with_kept(centre, x.shape, axes), x.shape) if axes else wide
    else:
        centre = fit(operand(mean), inner, x.shape)
    deviation = primitives.sub(wide, centre)
    less = ddof if correction is None else correction
    result = _scaled_sum(squared_size(deviation), axes, where, less)
    result = primitives.half_pow(result, 1) if which.is_root else result
    result = array(result, real_dtype(outer) if is_complex(x) else outer)
    if there is not None:
        # Where not more than `ddof` elements are left.
        count = sum(where, axes)
        result = _nan_where(ufuncs.less_equal(count, less), result)
    return _finish(result, x, axes, keepdims, out)


@function(np.var)
@deviation_of(Deviation(False))
def var() -> None:
    """The mean square of deviations from the mean; the sum is divided by n - ddof."""


@function(np.std)
@deviation_of(Deviation(True))
def std() -> None:
    """The root of the variance; its derivative is 0 where the variance is."""


@function(np.average)
def average(
    a: ArrayLike,
    axis: Axis = None,
    weights: ArrayLike | None = None,
    returned: bool = False,
    *,
    keepdims: Any = False,
) -> Any:
    """The mean with weights, of the shape of `a` or, for one axis, a vector along it."""
    x = array(a)
    if weights is None:
        result = mean(x, axis, keepdims=keepdims)
        count = _count(x.shape, normalized_axes(axis, x.ndim, "average"))
        return (result, like(result, float(count))) if returned else result
    w = _weights_of(array(weights), x, axis)
    wide = [FLOAT64] if x.dtype.kind in "bui" else []
    dtype = np.result_type(x.dtype, w.dtype, *wide)
    w = array(w, dtype)
    total = sum(w, axis, keepdims=keepdims)
    products = ufuncs.multiply(array(x, dtype), w)
    result = ufuncs.divide(sum(products, axis, keepdims=keepdims), total)
    return (result, total) if returned else result


def _weights_of(w: TracedArray, x: TracedArray, axis: Axis) -> TracedArray:
    """Weights in the shape of `x`, given so or with an axis for each that is averaged over."""
    if w.shape == x.shape:
        return w
    given = axis if isinstance(axis, tuple) else (axis,)
    places = [] if axis is None else [normalized_axis(i, x.ndim, "average") for i in given]
    if not places or w.shape != tuple(x.shape[i] for i in places):
        raise XformValueError(
            at_user_line(
                f"average: weights of shape {w.shape} fit neither the array's shape {x.shape} "
                f"nor its axis {axis}"
            )
        )
    order = sorted(range(len(places)), key=places.__getitem__)
    turned = primitives.transpose(w, order) if order != sorted(order) else w
    return primitives.broadcast_in_dim(turned, x.shape, sorted(places))


# Places of extremes ----------------------------------------------------------


@family
def place_of(
    name: str,
    which: Extreme,
    a: ArrayLike,
    axis: int | None = None,
    out: Any = None,
    *,
    keepdims: Any = False,
) -> TracedArray:
    largest = which.largest
    x = array(a)
    x, _ = without_nan(x, which.for_nan(x.dtype))
    flat = x if axis is not None or x.ndim == 1 else primitives.reshape(x, (x.size,))
    place = 0 if axis is None else normalized_axis(axis, x.ndim, name)
    size = flat.shape[place]
    if size == 0:
        raise XformValueError(
            at_user_line(f"{name}: an empty axis, of an array of shape {x.shape}")
        )
    find = primitives.argmax if largest else primitives.argmin
    result = find(flat, place, INT64)
    if keeps(keepdims):
        kept = [1] * x.ndim if axis is None else [
            1 if i == place else n for i, n in enumerate(x.shape)
        ]  # fmt: skip
        result = primitives.reshape(result, kept)
    return result if out is None else write_whole(out, result)


@function(np.argmax)
@place_of(Extreme(True))
def argmax() -> None:
    """The index of the first largest element, or of the first NaN."""


@function(np.argmin)
@place_of(Extreme(False))
def argmin() -> None:
    """The index of the first smallest element, or of the first NaN."""


__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "average",
    "count_nonzero",
    "max",
    "mean",
    "min",
    "prod",
    "ptp",
    "std",
    "sum",
    "var",
]
