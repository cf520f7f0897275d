"""New arrays: constants and counters inside of a traced function, NumPy's elsewhere."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.array import ArrayLike, DType, TracedArray
from ..tracing.avals import require_device
from ..tracing.operations import FUNCTIONS, PUBLIC
from . import ufuncs
from .arguments import explained
from .axes import shape_of
from .dispatch import function
from .float_parts import LAYOUTS
from .joining import stack
from .manipulation import diagonal, moveaxis
from .promotion import (
    BOOL,
    CONVERSIONS,
    FLOAT32,
    FLOAT64,
    INT32,
    INT64,
    UINT64,
    Scalar,
    align,
    broadcast,
    broadcast_shapes,
    constant,
    fit,
    in_range,
    is_bfloat16,
    is_float,
    operand,
    result_type,
    supported_dtype,
)
from .promotion import array as as_array
from .views import ReadOnly, view


def _filled(shape: Any, number: bool | int | float, dtype: Any, name: str) -> TracedArray:
    found = supported_dtype(dtype, name)
    return constant(shape_of(shape, name), found, in_range(number, found))


@function(np.zeros)
def zeros(
    shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
) -> TracedArray:
    """An array of zeros, which can be written into."""
    require_device(device, "zeros")
    return _filled(shape, 0, dtype, "zeros")


@function(np.ones)
def ones(
    shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
) -> TracedArray:
    """An array of ones."""
    require_device(device, "ones")
    return _filled(shape, 1, dtype, "ones")


@function(np.empty)
def empty(
    shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
) -> TracedArray:
    """An array to write into; its elements are 0."""
    require_device(device, "empty")
    return _filled(shape, 0, dtype, "empty")


@function(np.full)
def full(
    shape: Any,
    fill_value: ArrayLike,
    dtype: Any = None,
    order: str = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> TracedArray:
    """An array with `fill_value` broadcast to `shape`."""
    require_device(device, "full")
    value = operand(fill_value)
    found = supported_dtype(dtype, "full", value.dtype)
    sizes = shape_of(shape, "full")
    if broadcast_shapes(value.shape, sizes) != sizes:
        raise XformValueError(
            at_user_line(f"full: a value of shape {value.shape} does not broadcast to {sizes}")
        )
    result = fit(value, found, sizes)
    return result.copy() if result is fill_value else result


def _like(a: Any, dtype: Any, shape: Any, name: str) -> tuple[tuple[int, ...], DType]:
    x = operand(a)
    sizes = x.shape if shape is None else shape_of(shape, name)
    return sizes, supported_dtype(dtype, name, x.dtype)


@function(np.zeros_like)
def zeros_like(
    a: ArrayLike,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> TracedArray:
    """Zeros in the shape and dtype of `a`, which can be written into."""
    require_device(device, "zeros_like")
    sizes, found = _like(a, dtype, shape, "zeros_like")
    return _filled(sizes, 0, found, "zeros_like")


@function(np.ones_like)
def ones_like(
    a: ArrayLike,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> TracedArray:
    """Ones in the shape and dtype of `a`."""
    require_device(device, "ones_like")
    sizes, found = _like(a, dtype, shape, "ones_like")
    return _filled(sizes, 1, found, "ones_like")


@function(np.empty_like)
def empty_like(
    a: ArrayLike,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> TracedArray:
    """An array to write into, in the shape and dtype of `a`; its elements are 0."""
    require_device(device, "empty_like")
    sizes, found = _like(a, dtype, shape, "empty_like")
    return _filled(sizes, 0, found, "empty_like")


@function(np.full_like)
def full_like(
    a: ArrayLike,
    fill_value: ArrayLike,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> TracedArray:
    """`fill_value` in the shape and dtype of `a`."""
    require_device(device, "full_like")
    sizes, found = _like(a, dtype, shape, "full_like")
    return full(sizes, fill_value, found)


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
    """start, start + step, ... below stop; the arguments are numbers known while tracing."""
    require_device(device, "arange")
    if stop is None:
        start, stop = 0, start
    first, end, stride = (_static(x, "arange", "start, stop and step") for x in (start, stop, step))
    if stride == 0:
        raise XformValueError(at_user_line("arange: step cannot be 0"))
    natural = result_type(operand(start), operand(stop), operand(step))
    found = supported_dtype(dtype, "arange", natural)
    if found == BOOL:
        raise XformTypeError(at_user_line("arange: dtype bool is not supported"))
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
    other = constant(product.shape, product.dtype, 0.0)
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
        if found.kind in "iu":
            known = np.floor(known)
        result = traces.traced(known.astype(natural).astype(found))
        return (result, constant((), FLOAT64, float(width))) if retstep else result
    left, right = align(first, last, dtype=natural)
    divisions = count - 1 if endpoint else count
    difference = ufuncs.subtract(right, left)
    shape = (count, *left.shape)
    position = primitives.iota(shape, natural, 0)
    if divisions > 0:
        step: Any = ufuncs.divide(difference, divisions)
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
    low, high = (ufuncs.log10(ufuncs.multiply(x, sign)) for x in (left, right))
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


@function(np.eye)
def eye(
    N: int,  # noqa: N803 - NumPy's name
    M: int | None = None,  # noqa: N803 - NumPy's name
    k: int = 0,
    dtype: Any = float,
    order: str = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> TracedArray:
    """Ones on the k-th diagonal of an `N` by `M` matrix, zeros elsewhere."""
    require_device(device, "eye")
    shape = shape_of((N, N if M is None else M), "eye")
    return as_array(on_diagonal(shape, k), supported_dtype(dtype, "eye"))


@function(np.identity)
def identity(n: int, dtype: Any = None, *, like: Any = None) -> TracedArray:
    """The identity matrix of size `n`."""
    return eye(n, dtype=supported_dtype(dtype, "identity"))


def _row_and_column(shape: tuple[int, ...], k: Any) -> tuple[TracedArray, TracedArray]:
    """Row number plus k, and column number, over the last two axes."""
    rank = len(shape)
    row = primitives.iota(shape, INT32, rank - 2)
    # No diagonal is further away than one outside of the matrix.
    first, last = -shape[-2] - 1, shape[-1] + 1
    if traces.is_traced(k):
        if k.ndim or k.dtype.kind not in "iu":
            raise XformTypeError(
                at_user_line(f"k, the diagonal, is an int, got {k.dtype} of shape {k.shape}")
            )
        wide = k if k.dtype == UINT64 else as_array(k, INT64)
        near = ufuncs.maximum(as_array(ufuncs.minimum(wide, last), INT64), first)
        row = primitives.add(row, fit(near, INT32, shape))
    elif k:
        row = primitives.add(row, constant(shape, INT32, min(max(operator.index(k), first), last)))
    return row, primitives.iota(shape, INT32, rank - 1)


def on_diagonal(shape: tuple[int, ...], k: Any = 0) -> TracedArray:
    """Which elements of the last two axes lie on the k-th diagonal."""
    return primitives.eq(*_row_and_column(shape, k))


def below_diagonal(shape: tuple[int, ...], k: Any = 0) -> TracedArray:
    """Which elements of the last two axes lie on or below the k-th diagonal."""
    return primitives.ge(*_row_and_column(shape, k))


@function(np.tri)
def tri(
    N: int,  # noqa: N803 - NumPy's name
    M: int | None = None,  # noqa: N803 - NumPy's name
    k: int = 0,
    dtype: Any = float,
    *,
    like: Any = None,
) -> TracedArray:
    """Ones on and below the k-th diagonal of an `N` by `M` matrix."""
    shape = shape_of((N, N if M is None else M), "tri")
    return as_array(below_diagonal(shape, k), supported_dtype(dtype, "tri"))


def _masked(m: ArrayLike, k: Any, lower: bool, name: str) -> TracedArray:
    x = as_array(m)
    if x.ndim == 1:
        x = broadcast(x, (x.shape[0], x.shape[0]))
    if x.ndim < 2:
        raise XformValueError(at_user_line(f"{name}: expected a matrix, got a 0-d array"))
    zero = constant(x.shape, x.dtype, in_range(0, x.dtype))
    if lower:
        return primitives.select(below_diagonal(x.shape, k), x, zero)
    row, column = _row_and_column(x.shape, k)
    return primitives.select(primitives.le(row, column), x, zero)


@function(np.tril)
def tril(m: ArrayLike, k: Any = 0) -> TracedArray:
    """The matrix with zeros above the k-th diagonal."""
    return _masked(m, k, True, "tril")


@function(np.triu)
def triu(m: ArrayLike, k: Any = 0) -> TracedArray:
    """The matrix with zeros below the k-th diagonal."""
    return _masked(m, k, False, "triu")


@explained
def asarray(
    a: Any, dtype: Any = None, order: Any = None, *, copy: bool | None = None, device: Any = None
) -> TracedArray:
    """A traced array of an array, a number, or nested sequences of these.

    Outside of traced functions: numpy.asarray. A traced array is returned as it is.

    Raises:
        XformTypeError: something in it is no array.
        XformValueError: the rows of a sequence differ in shape.
    """
    require_device(device, "asarray")
    if isinstance(a, TracedArray):
        result = a if dtype is None else as_array(a, supported_dtype(dtype, "asarray"))
        return result.copy() if copy and result is a else result
    if traces.current_trace() is None and not holds_traced(a):
        return np.asarray(a, dtype, order, copy=copy)  # type: ignore[return-value]
    found = None if dtype is None else supported_dtype(dtype, "asarray")
    if not isinstance(a, list | tuple):
        return as_array(a, found)
    if not holds_traced(a):
        try:
            concrete = np.asarray(a, found)
        except ValueError as error:
            raise XformValueError(at_user_line(f"asarray: {error}")) from None
        if concrete.dtype == object:
            raise XformTypeError(at_user_line(f"asarray: {a!r} is no array of numbers"))
        return traces.traced(concrete)
    return as_array(stack([asarray(x) if isinstance(x, list | tuple) else x for x in a]), found)


def holds_traced(a: Any) -> bool:
    """Whether it is a traced array, or a nested sequence with one inside."""
    if isinstance(a, list | tuple):
        return any(map(holds_traced, a))
    return isinstance(a, TracedArray)


@function(np.asanyarray)
def asanyarray(
    a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: bool | None = None
) -> TracedArray:
    """`asarray`, as traced arrays have no subclasses."""
    return asarray(a, dtype, order, device=device, copy=copy)


@function(np.ascontiguousarray)
def ascontiguousarray(a: Any, dtype: Any = None) -> TracedArray:
    """`asarray` with at least one axis; traced arrays have no order in memory."""
    result = asarray(a, dtype, "C")
    return result if result.ndim else result.reshape(1)


@function(np.asfortranarray)
def asfortranarray(a: Any, dtype: Any = None) -> TracedArray:
    """`ascontiguousarray` in Fortran's order."""
    result = asarray(a, dtype, "F")
    return result if result.ndim else result.reshape(1)


@explained
def array(
    object: Any,
    dtype: Any = None,
    *,
    copy: bool = True,
    order: str = "K",
    ndmin: int = 0,
) -> TracedArray:
    """A new array of an array, a number, or nested sequences of these; see `asarray`."""
    result = asarray(object, dtype, copy=copy)
    if traces.current_trace() is None and not isinstance(result, TracedArray):
        return np.array(result, copy=None, order=order, ndmin=ndmin)
    if result._weak:
        result = TracedArray(result._value, result._trace)
    if result.ndim < ndmin:
        result = primitives.reshape(result, (1,) * (ndmin - result.ndim) + result.shape)
    return result


@explained
def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> TracedArray:
    """An array of another library's; outside of traced functions numpy.from_dlpack.

    Raises:
        TracedValueError: `x` is a traced array.
        XformValueError: the device is not "cpu".
    """
    require_device(device, "from_dlpack")
    concrete: Any = np.from_dlpack(x, device=device, copy=copy)
    return concrete if traces.current_trace() is None else as_array(concrete)


# NumPy asks for these when they are called with `like`.
FUNCTIONS[np.asarray] = PUBLIC[np.asarray] = asarray
FUNCTIONS[np.array] = PUBLIC[np.array] = array
# An operand may be a nested sequence.
CONVERSIONS[list] = asarray


@function(np.copy)
def copy(a: ArrayLike, order: str = "K", subok: bool = False) -> TracedArray:
    """The same elements, independent of later writes."""
    return as_array(a).copy()


@function(np.astype)
def astype(
    x: ArrayLike,
    dtype: Any,
    /,
    *,
    casting: Any = "unsafe",
    copy: bool = True,
    device: Any = None,
) -> TracedArray:
    """Each element as another dtype; Python types mean NumPy's."""
    require_device(device, "astype")
    a = as_array(x)
    found = supported_dtype(dtype, "astype")
    if not np.can_cast(a.dtype, found, casting=casting):
        raise XformTypeError(
            at_user_line(f"astype: cannot cast {a.dtype} to {found} by the rule {casting!r}")
        )
    if a.dtype != found:
        return primitives.convert(a, found)
    if not copy:
        return a
    fresh = a.copy()
    return TracedArray(fresh._value, fresh._trace) if fresh._weak else fresh


@function(np.diag)
def diag(v: ArrayLike, k: int = 0) -> TracedArray:
    """The k-th diagonal of a matrix, or the matrix with the vector `v` on it."""
    x = as_array(v)
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise XformValueError(
            at_user_line(f"diag: expected a vector or a matrix, got an array of shape {x.shape}")
        )
    zero = constant((), x.dtype, in_range(0, x.dtype))
    if k:
        low, high = (0, -k) if k < 0 else (k, 0)
        x = primitives.pad(x, zero, [low], [high], [0])
    n = x.shape[0]
    columns = primitives.broadcast_in_dim(x, (n, n), [1])
    zeros_ = constant((n, n), x.dtype, in_range(0, x.dtype))
    return primitives.select(on_diagonal((n, n), k), columns, zeros_)


@function(np.diagflat)
def diagflat(v: ArrayLike, k: int = 0) -> TracedArray:
    """The matrix with the elements of `v` on its k-th diagonal."""
    x = as_array(v)
    return diag(primitives.reshape(x, (x.size,)), k)


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


def _matrix_shape(arr: Any, name: str) -> tuple[int, int]:
    shape = operand(arr).shape
    if len(shape) != 2:
        raise XformValueError(at_user_line(f"{name}: expected a matrix, got shape {shape}"))
    return shape


@function(np.tril_indices_from)
def tril_indices_from(arr: ArrayLike, k: int = 0) -> tuple[np.ndarray[Any, Any], ...]:
    """The rows and columns of the elements on and below a diagonal, known while tracing."""
    rows, columns = _matrix_shape(arr, "tril_indices_from")
    return np.tril_indices(rows, k, columns)


@function(np.triu_indices_from)
def triu_indices_from(arr: ArrayLike, k: int = 0) -> tuple[np.ndarray[Any, Any], ...]:
    """The rows and columns of the elements on and above a diagonal, known while tracing."""
    rows, columns = _matrix_shape(arr, "triu_indices_from")
    return np.triu_indices(rows, k, columns)


@function(np.diag_indices_from)
def diag_indices_from(arr: ArrayLike) -> tuple[np.ndarray[Any, Any], ...]:
    """An index for each axis of an array's main diagonal, known while tracing."""
    shape = operand(arr).shape
    if len(shape) < 2 or len(set(shape)) != 1:
        raise XformValueError(
            at_user_line(
                f"diag_indices_from: expected equal sizes of two or more axes, got {shape}"
            )
        )
    return np.diag_indices(shape[0], len(shape))


__all__ = [
    "arange",
    "array",
    "asanyarray",
    "asarray",
    "ascontiguousarray",
    "asfortranarray",
    "astype",
    "copy",
    "diag",
    "diag_indices_from",
    "diagflat",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "full",
    "full_like",
    "geomspace",
    "identity",
    "indices",
    "linspace",
    "logspace",
    "meshgrid",
    "ones",
    "ones_like",
    "tri",
    "tril",
    "tril_indices_from",
    "triu",
    "triu_indices_from",
    "zeros",
    "zeros_like",
]
