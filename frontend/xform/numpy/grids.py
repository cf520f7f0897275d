"""Numbers evenly spaced, and the coordinates of grids."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.array import ArrayLike, TracedArray
from ..tracing.avals import require_device
from . import ufuncs
from .arguments import explained
from .axes import shape_of
from .complex_parts import real_dtype
from .dispatch import function
from .float_parts import LAYOUTS, like
from .joining import stack
from .manipulation import moveaxis
from .promotion import (
    BOOL,
    COMPLEX128,
    FLOAT32,
    FLOAT64,
    INT32,
    INT64,
    Scalar,
    align,
    broadcast_shapes,
    constant,
    fit,
    is_bfloat16,
    is_float,
    operand,
    result_type,
    supported_dtype,
)
from .promotion import array as as_array
from .views import ReadOnly, view


def _static(x: Any, name: str, parameters: str) -> Any:
    if traces.is_traced(x):
        raise XformTypeError(
            at_user_line(
                f"{name}: the size of the result depends on {parameters}, and {x!r} is not known "
                "while the function is traced; pass a Python number"
            )
        )
    return x.item() if isinstance(x, np.generic) else x


@function(np.arange)
def arange(
    start: Any,
    stop: Any = None,
    step: Any = 1,
    dtype: Any = None,
    *,
    device: Any = None,
    like: Any = None,
) -> TracedArray:
    """The numbers start, start + step, ... below stop; the arguments are known while tracing."""
    require_device(device, "arange")
    if stop is None:
        start, stop = 0, start
    first, end, stride = (_static(x, "arange", "start, stop and step") for x in (start, stop, step))
    if any(isinstance(x, complex) for x in (first, end, stride)):
        raise XformTypeError(
            at_user_line(f"arange: complex numbers lie in no row, got {first}, {end} and {stride}")
        )
    if stride == 0:
        raise XformValueError(at_user_line("arange: step cannot be 0"))
    natural = result_type(operand(start), operand(stop), operand(step))
    found = supported_dtype(dtype, "arange", natural)
    if found == BOOL:
        raise XformTypeError(at_user_line("arange: dtype bool is not supported"))
    if found.kind == "c":
        return as_array(arange(first, end, stride, real_dtype(found)), found)
    if all(isinstance(x, int) for x in (first, end, stride)):
        count = len(range(first, end, stride))
    else:
        count = max(0, math.ceil((end - first) / stride))
    # As in NumPy, the step is the difference of the first two, which the dtype may round.
    wide = FLOAT32 if is_float(found) and found.itemsize == 2 else found
    if is_float(found):
        low, next_ = (x.astype(found).astype(wide) for x in np.array([first, first + stride]))
        number: Any = float
    else:
        low, next_ = (np.array(int(x)).astype(found) for x in (first, first + stride))
        number = int
    with np.errstate(all="ignore"):
        step_by = next_ - low
    result = primitives.iota((count,), wide, 0)
    if step_by != 1:
        result = primitives.mul(result, constant((count,), wide, number(step_by)))
    if low != 0:
        result = primitives.add(result, constant((count,), wide, number(low)))
    return as_array(result, found)


def _rounded_product(x: TracedArray, y: TracedArray) -> TracedArray:
    """x * y, which compilers do not merge with a sum that it goes into, as they do others.

    It is chosen by a condition that always holds, and that they do not see through: the square of
    an odd number is 1 modulo 8.
    """
    product = ufuncs.multiply(x, y)
    if product.dtype.itemsize == 2:
        return product
    bits = primitives.bitcast(primitives.stop_gradient(y), LAYOUTS[y.dtype].bits)
    odd = ufuncs.bitwise_or(bits, 1)
    holds = ufuncs.equal(ufuncs.bitwise_and(ufuncs.multiply(odd, odd), 4), 0)
    other = like(product, 0.0)
    return primitives.select(fit(holds, BOOL, product.shape), product, other)


# A grid of so many numbers is a constant if its bounds are known.
_LARGEST_CONSTANT = 1 << 14


@function(np.linspace)
def linspace(
    start: ArrayLike,
    stop: ArrayLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """`num` evenly spaced numbers from `start` to `stop`, along a new axis `axis`."""
    require_device(device, "linspace")
    count = operator.index(_static(num, "linspace", "num"))
    if count < 0:
        raise XformValueError(at_user_line(f"linspace: num cannot be negative, got {count}"))
    first, last = operand(start), operand(stop)
    natural = result_type(first, last, Scalar(0.0, float))
    if isinstance(first, Scalar) and isinstance(last, Scalar) and count <= _LARGEST_CONSTANT:
        wide = FLOAT32 if is_bfloat16(natural) else natural
        known, width = np.linspace(
            wide.type(first.number), wide.type(last.number), count, endpoint, retstep=True
        )
        found = supported_dtype(dtype, "linspace", natural)
        if found.kind in "iu" and natural.kind != "c":
            known = np.floor(known)
        result = as_array(traces.traced(known.astype(natural)), found)
        step_dtype = COMPLEX128 if natural.kind == "c" else FLOAT64
        return (result, constant((), step_dtype, width.item())) if retstep else result
    left, right = align(first, last, dtype=natural)
    divisions = count - 1 if endpoint else count
    if natural.kind == "c":
        grids = [
            linspace(part(left), part(right), count, endpoint, retstep=True)
            for part in (traces.real_of, traces.imag_of)
        ]
        columns, steps = zip(*grids, strict=True)
        result = _along(traces.complex_of(*columns), dtype, axis, "linspace")
        step: Any = traces.complex_of(*steps) if divisions > 0 else steps[0]
        return (result, step) if retstep else result
    difference = ufuncs.subtract(right, left)
    shape = (count, *left.shape)
    position = primitives.iota(shape, natural, 0)
    if divisions > 0:
        step = ufuncs.divide(difference, divisions)
        product = _rounded_product(position, step)
        spaced = ufuncs.add(product, left)
    else:
        # Of one point or none there is no step.
        step = constant((), FLOAT64, math.nan)
        spaced = ufuncs.add(ufuncs.multiply(position, difference), left)
    if endpoint and count > 1:
        at_end = ufuncs.equal(position, count - 1)
        spaced = primitives.select(at_end, fit(right, natural, shape), spaced)
    found = supported_dtype(dtype, "linspace", natural)
    if found.kind in "iu" and is_float(natural):
        spaced = ufuncs.floor(spaced)
    result = _along(spaced, found, axis, "linspace")
    return (result, step) if retstep else result


@function(np.logspace)
def logspace(
    start: ArrayLike,
    stop: ArrayLike,
    num: int = 50,
    endpoint: bool = True,
    base: ArrayLike = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> TracedArray:
    """`base` to the powers that are evenly spaced from `start` to `stop`."""
    bounds = [operand(start), operand(stop), operand(base)]
    shape = broadcast_shapes(*(x.shape for x in bounds))
    natural = result_type(*bounds, Scalar(0.0, float))
    first, last, radix = (fit(x, natural, shape) for x in bounds)
    exponents = linspace(first, last, num, endpoint)
    return _along(ufuncs.power(radix, exponents), dtype, axis, "logspace")


@function(np.geomspace)
def geomspace(
    start: ArrayLike,
    stop: ArrayLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> TracedArray:
    """`num` numbers from `start` to `stop`, each the same multiple of the one before."""
    bounds = [operand(start), operand(stop)]
    for x, name in zip(bounds, ("start", "stop"), strict=True):
        if isinstance(x, Scalar) and x.number == 0:
            raise XformValueError(at_user_line(f"geomspace: {name} cannot be 0"))
    at_least = constant((), supported_dtype(dtype, "geomspace"), 0.0)
    left, right = align(*bounds, dtype=result_type(*bounds, Scalar(0.0, float), at_least))
    sign = ufuncs.sign(left)
    low, high = (ufuncs.log10(ufuncs.divide(x, sign)) for x in (left, right))
    spaced = ufuncs.multiply(logspace(low, high, num, endpoint), sign)
    count = spaced.shape[0]
    position = primitives.iota(spaced.shape, INT32, 0)
    ends = [(0, left)] if count else []
    if endpoint and count > 1:
        ends.append((count - 1, right))
    for place, bound in ends:
        at_end = ufuncs.equal(position, place)
        spaced = primitives.select(at_end, fit(bound, spaced.dtype, spaced.shape), spaced)
    return _along(spaced, dtype, axis, "geomspace")


def _along(x: TracedArray, dtype: Any, axis: int, name: str) -> TracedArray:
    """`x` in a dtype, with its first axis at another place."""
    result = as_array(x, supported_dtype(dtype, name, x.dtype))
    if axis == 0 or result.ndim == 1:
        return result
    return moveaxis(result, 0, axis)


@function(np.meshgrid)
def meshgrid(
    *xi: ArrayLike, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[TracedArray, ...]:
    """Coordinate arrays of the grid of vectors `xi`; read-only without `copy`."""
    if indexing not in ("xy", "ij"):
        raise XformValueError(at_user_line(f"meshgrid: indexing is 'xy' or 'ij', got {indexing!r}"))
    vectors = [as_array(x) for x in xi]
    if any(x.ndim > 1 for x in vectors):
        raise XformValueError(at_user_line("meshgrid: expected vectors"))
    rank = len(vectors)
    order = list(range(rank))
    if indexing == "xy" and rank > 1:
        order[0], order[1] = 1, 0
    sizes = [x.size for x in vectors]
    shape = [0] * rank
    for axis, size in zip(order, sizes, strict=True):
        shape[axis] = size
    grids = []
    for axis, x in zip(order, vectors, strict=True):
        target = tuple(n if i == axis or not sparse else 1 for i, n in enumerate(shape))
        dims = [axis] if x.ndim else []

        def derive(
            base: TracedArray, target: tuple[int, ...] = target, dims: list[int] = dims
        ) -> TracedArray:
            return primitives.broadcast_in_dim(base, target, dims)

        grids.append(derive(x) if copy else view(x, ReadOnly("meshgrid", target, derive)))
    return tuple(grids)


@explained
def indices(dimensions: Sequence[int], dtype: Any = int, sparse: bool = False) -> Any:
    """For each axis of a grid the index along it."""
    if traces.current_trace() is None:
        own: Any = np.indices
        return own(dimensions, dtype, sparse)
    sizes = shape_of(tuple(dimensions), "indices")
    found = supported_dtype(dtype, "indices", INT64)
    rank = len(sizes)
    if sparse:
        return tuple(
            primitives.iota(tuple(n if i == axis else 1 for i, n in enumerate(sizes)), found, axis)
            for axis in range(rank)
        )
    return stack([primitives.iota(sizes, found, axis) for axis in range(rank)])


__all__ = [
    "arange",
    "geomspace",
    "indices",
    "linspace",
    "logspace",
    "meshgrid",
]
