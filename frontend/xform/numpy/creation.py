"""New arrays: constants and counters inside of a traced function, NumPy's elsewhere."""

from __future__ import annotations

import operator
import warnings
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..family import family
from ..source import user_site
from ..tracing import traces
from ..tracing.array import ArrayLike, DType, TracedArray
from ..tracing.avals import require_device
from ..tracing.operations import FUNCTIONS, PUBLIC
from . import ufuncs
from .arguments import explained
from .axes import shape_of
from .dispatch import function
from .float_parts import like
from .joining import stack
from .manipulation import diagonal
from .promotion import (
    CONVERSIONS,
    INT32,
    INT64,
    UINT64,
    broadcast,
    broadcast_shapes,
    constant,
    fit,
    in_range,
    operand,
    supported_dtype,
)
from .promotion import array as as_array


@family
def _filled(
    name: str,
    number: int,
    shape: Any,
    dtype: Any = None,
    order: str = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> TracedArray:
    require_device(device, name)
    found = supported_dtype(dtype, name)
    return constant(shape_of(shape, name), found, in_range(number, found))


@function(np.zeros)
@_filled(0)
def zeros() -> None:
    """An array of zeros, which can be written into."""


@function(np.ones)
@_filled(1)
def ones() -> None:
    """An array of ones."""


@function(np.empty)
@_filled(0)
def empty() -> None:
    """An array to write into; its elements are 0."""


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


@family
def _filled_like(
    name: str,
    number: int,
    a: ArrayLike,
    dtype: Any = None,
    order: str = "K",
    subok: bool = True,
    shape: Any = None,
    *,
    device: Any = None,
) -> TracedArray:
    require_device(device, name)
    sizes, found = _like(a, dtype, shape, name)
    return constant(sizes, found, in_range(number, found))


@function(np.zeros_like)
@_filled_like(0)
def zeros_like() -> None:
    """Zeros in the shape and dtype of `a`, which can be written into."""


@function(np.ones_like)
@_filled_like(1)
def ones_like() -> None:
    """Ones in the shape and dtype of `a`."""


@function(np.empty_like)
@_filled_like(0)
def empty_like() -> None:
    """An array to write into, in the shape and dtype of `a`; its elements are 0."""


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
    zero = like(x, in_range(0, x.dtype))
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
        XformTypeError: something in it is not an array.
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
    """Each element as another dtype; Python types mean NumPy's.

    Warns:
        ComplexWarning: imaginary parts are left out.

    Raises:
        XformTypeError: `casting` forbids it.
    """
    require_device(device, "astype")
    a = as_array(x)
    found = supported_dtype(dtype, "astype")
    if not np.can_cast(a.dtype, found, casting=casting):
        raise XformTypeError(
            at_user_line(f"astype: cannot cast {a.dtype} to {found} by the rule {casting!r}")
        )
    if a.dtype != found:
        if a.dtype.kind == "c" and found.kind not in "cb":
            file, line, _ = user_site()
            warnings.warn_explicit(
                f"astype: the imaginary parts of {a.dtype} are left out in {found}",
                np.exceptions.ComplexWarning,
                file or __file__,
                line,
            )
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
    "identity",
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
