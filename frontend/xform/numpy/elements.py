"""Elements taken, put, inserted, deleted and counted by their index.

Indices that are known while tracing are checked then. Traced ones are not: out of range they read
the nearest element and write nothing, whatever `mode` says of raising.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from .. import primitives
from ..compiling import direct
from ..errors import (
    TracedValueError,
    XformIndexError,
    XformTypeError,
    XformValueError,
    at_user_line,
)
from ..tracing import traces
from ..tracing.array import ArrayLike, TracedArray
from . import manipulation, ufuncs
from .advanced_indexing import stacked, wrapped
from .arguments import explained
from .axes import normalized_axis
from .dispatch import function
from .joining import concatenate, stack
from .promotion import (
    BOOL,
    FLOAT64,
    INT64,
    Shape,
    align,
    array,
    broadcast,
    broadcast_shapes,
    constant,
    fit,
    operand,
)
from .views import write, write_whole


def _known(x: Any) -> np.ndarray[Any, Any] | None:
    """An argument as a NumPy array if it is known while tracing."""
    if traces.is_traced(x) or (isinstance(x, list | tuple) and any(map(traces.is_traced, x))):
        return None
    found = np.asarray(x)
    return found.astype(np.intp) if found.size == 0 and found.dtype.kind == "f" else found


def _indices(x: Any, size: int, mode: str, name: str) -> TracedArray | np.ndarray[Any, Any]:
    """Indices into an axis by NumPy's `mode`, ready for an index."""
    if mode not in ("raise", "wrap", "clip"):
        raise XformValueError(
            at_user_line(f"{name}: mode is 'raise', 'wrap' or 'clip', got {mode!r}")
        )
    found = _known(x)
    indices: Any = array(x) if found is None else found
    if indices.dtype.kind not in "iu":
        raise XformTypeError(at_user_line(f"{name}: indices are ints, got dtype {indices.dtype}"))
    if mode == "raise":
        return indices  # type: ignore[no-any-return]
    namespace: Any = np if found is not None else ufuncs
    # An axis may be longer than a narrow dtype of indices counts.
    wide = np.dtype(np.uint64) if indices.dtype.kind == "u" else INT64
    if indices.dtype != wide:
        indices = indices.astype(wide)
    if size == 0 and indices.size:
        raise XformIndexError(at_user_line(f"{name}: indices into an axis without elements"))
    if mode == "wrap":
        return namespace.remainder(indices, size)  # type: ignore[no-any-return]
    return namespace.minimum(namespace.maximum(indices, 0), size - 1)  # type: ignore[no-any-return]


@function(np.take)
def take(
    a: ArrayLike, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise"
) -> TracedArray:
    """Elements, or rows along an axis, by their indices.

    Args:
        a: the array; without an axis its elements in order.
        indices: ints of any shape.
        axis: what the indices count along.
        out: an array that takes the result.
        mode: "raise", or "wrap" or "clip" for indices out of range.
    """
    x = array(a)
    if axis is None:
        x, axis = manipulation.ravel(x), 0
    place = normalized_axis(axis, x.ndim, "take")
    index = _indices(indices, x.shape[place], mode, "take")
    result = x[(*(slice(None),) * place, index)]
    return result if out is None else write_whole(out, result)


class _Along:
    """One index an element along an axis, for take_along_axis and put_along_axis."""

    def __init__(self, x: TracedArray, indices: Any, axis: int, name: str) -> None:
        known = _known(indices)
        given: Any = array(indices) if known is None else known
        if given.dtype.kind not in "iu":
            raise XformIndexError(
                at_user_line(f"{name}: indices are ints, got dtype {given.dtype}")
            )
        if given.ndim != x.ndim:
            raise XformValueError(
                at_user_line(
                    f"{name}: indices need as many axes as the array, got shapes {given.shape} "
                    f"and {x.shape}"
                )
            )
        size = x.shape[axis]
        if known is not None:
            outside = known[(known < -size) | (known >= size)]
            if outside.size:
                raise XformIndexError(
                    at_user_line(
                        f"{name}: index {outside.flat[0]} is out of range for axis {axis} of "
                        f"size {size}"
                    )
                )
            given = array(np.where(known < 0, known.astype(np.int64) + size, known))
        else:
            given = wrapped(given, size)
        others = list(broadcast_shapes(_without(x.shape, axis), _without(given.shape, axis)))
        self.shape = (*others[:axis], given.shape[axis], *others[axis:])
        wide = (*others[:axis], size, *others[axis:])
        self.x = x if x.shape == wide else broadcast(x, wide)
        # Where all share their indices, rows are taken whole.
        windows = [i for i in range(x.ndim) if i != axis and given.shape[i] != wide[i]]
        batch = [i for i in range(x.ndim) if i != axis and i not in windows]
        kept = [i for i in range(x.ndim) if i not in windows]
        narrow = tuple(given.shape[i] for i in kept)
        self.vectors = stacked([primitives.reshape(given, narrow)], narrow)
        self.indexing = primitives.Indexing(
            [axis], windows, batch, [kept.index(i) for i in batch], "clip"
        )


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], *shape[axis + 1 :])


@function(np.take_along_axis)
def take_along_axis(arr: ArrayLike, indices: Any, axis: int | None = -1) -> TracedArray:
    """For each element of `indices`, the element of `arr` with that index along `axis`.

    Args:
        arr: the array; with axis None its elements in order.
        indices: ints, with as many axes as `arr`, which broadcast against it but along `axis`.
        axis: what the indices count along.
    """
    x = array(arr)
    if axis is None:
        x, axis = manipulation.ravel(x), 0
    along = _Along(x, indices, normalized_axis(axis, x.ndim, "take_along_axis"), "take_along_axis")
    return primitives.gather(along.x, along.vectors, along.indexing)


@function(np.put_along_axis)
def put_along_axis(arr: TracedArray, indices: Any, values: Any, axis: int | None) -> None:
    """Write `values` to the elements that take_along_axis would read."""
    _require_traced(arr, "put_along_axis")
    if axis is None:
        write_flat(arr, indices, values)
        return
    place = normalized_axis(axis, arr.ndim, "put_along_axis")
    along = _Along(arr, indices, place, "put_along_axis")
    if along.x is not arr:
        raise XformValueError(
            at_user_line(
                f"put_along_axis: indices do not broadcast to an array of shape {arr.shape}"
            )
        )
    updates = fit(operand(values), arr.dtype, along.shape)
    how = along.indexing
    mode = primitives.Indexing(how.axes, how.window_dims, how.x_batch, how.indices_batch, "drop")
    write(arr, primitives.scatter(arr, along.vectors, updates, mode))


def _require_traced(x: Any, name: str) -> None:
    if not isinstance(x, TracedArray):
        raise XformTypeError(
            at_user_line(
                f"{name}: traced values cannot be written into {type(x).__name__}: make the array "
                "with xform.numpy.zeros or np.zeros_like(traced)"
            )
        )


def cycled(values: Any, count: int) -> TracedArray:
    """The first `count` values, again from the start when there are no more."""
    given = manipulation.ravel(array(values))
    if given.size == 1:
        return broadcast(given, (count,))
    return given[np.arange(count) % given.size] if count else given[:0]


def write_flat(x: TracedArray, index: Any, values: Any) -> None:
    """Write to elements by their index in row-major order, also where flattening would copy."""
    flat = primitives.reshape(x, (x.size,)).copy()
    flat[index] = values
    write(x, primitives.reshape(flat, x.shape))


@function(np.put)
def put(a: TracedArray, ind: Any, v: Any, mode: str = "raise") -> None:
    """Write values to elements by their index in row-major order, the values repeated."""
    _require_traced(a, "put")
    given = _indices(ind, a.size, mode, "put")
    if not isinstance(given, TracedArray):
        outside = given[(given < -a.size) | (given >= a.size)]
        if outside.size:
            raise XformIndexError(
                at_user_line(
                    f"put: index {outside.flat[0]} is out of range for an array of size {a.size}"
                )
            )
    index = manipulation.ravel(given)
    if index.size:
        write_flat(a, index, cycled(v, index.size))


@function(np.putmask)
def putmask(a: TracedArray, mask: Any, values: Any) -> None:
    """Write to each element where a mask is true the value of its place, the values repeated."""
    _require_traced(a, "putmask")
    condition = array(mask, BOOL)
    if condition.size != a.size:
        raise XformValueError(
            at_user_line(f"putmask: a mask of shape {condition.shape} for {a.shape}")
        )
    written = manipulation.reshape(cycled(values, a.size), a.shape)
    condition = manipulation.reshape(condition, a.shape)
    write_whole(a, primitives.select(condition, fit(written, a.dtype, a.shape), a))


@function(np.place)
def place(arr: TracedArray, mask: Any, vals: Any) -> None:
    """Write the values one after another to the elements where a constant mask is true."""
    _require_traced(arr, "place")
    known = _mask(mask, "place")
    index = np.flatnonzero(known)
    if index.size:
        write_flat(arr, index, cycled(vals, index.size))


def _mask(condition: Any, name: str) -> np.ndarray[Any, Any]:
    known = _known(condition)
    if known is None:
        raise TracedValueError(
            at_user_line(
                f"{name}: how many elements a traced condition selects is not known while the "
                "function is traced; choose with xform.numpy.where(condition, x, y)"
            )
        )
    return known.astype(np.bool)


@function(np.compress)
def compress(condition: Any, a: ArrayLike, axis: int | None = None, out: Any = None) -> TracedArray:
    """The rows along an axis for which a constant condition is true."""
    return take(a, np.flatnonzero(_mask(condition, "compress")), axis, out)


@function(np.extract)
def extract(condition: Any, arr: ArrayLike) -> TracedArray:
    """The elements for which a constant condition is true."""
    return take(arr, np.flatnonzero(_mask(condition, "extract")))


@function(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> TracedArray:
    """For each element of `a`, the element at its place of the choice with that number."""
    rows = align(*choices)
    index = _indices(a, len(rows), mode, "choose")
    if not isinstance(index, TracedArray):
        outside = index[(index < 0) | (index >= len(rows))]
        if outside.size:
            raise XformValueError(
                at_user_line(f"choose: there is no choice {outside.flat[0]} among {len(rows)}")
            )
    shape = broadcast_shapes(index.shape, rows[0].shape)
    whole = stack([fit(row, row.dtype, shape) for row in rows])
    numbers = manipulation.broadcast_to(index, shape)[None]
    result = take_along_axis(whole, numbers, 0)[0]
    return result if out is None else write_whole(out, result)


@function(np.delete)
def delete(arr: ArrayLike, obj: Any, axis: int | None = None) -> TracedArray:
    """The array without some rows along an axis.

    Raises:
        TracedValueError: `obj`, the rows, is traced.
        XformIndexError: a row is out of range.
    """
    x = array(arr)
    if axis is None:
        x, axis = manipulation.ravel(x), 0
    place = normalized_axis(axis, x.ndim, "delete")
    return take(x, _edited(np.delete, x.shape[place], obj), place)


def _edited(edit: Callable[..., Any], size: int, obj: Any, *new: Any) -> np.ndarray[Any, Any]:
    """The numbers of rows after NumPy has deleted some or inserted `new` ones."""
    chosen = obj if isinstance(obj, slice) else _known(obj)
    if chosen is None:
        raise TracedValueError(
            at_user_line(
                f"{edit.__name__}: obj, the rows, must be known while the function is traced"
            )
        )
    try:
        return np.asarray(edit(np.arange(size), chosen, *new))
    except IndexError as error:
        raise XformIndexError(at_user_line(f"{edit.__name__}: {error}")) from None


@function(np.insert)
def insert(arr: ArrayLike, obj: Any, values: ArrayLike, axis: int | None = None) -> TracedArray:
    """The array with new rows before some of those along an axis.

    Raises:
        TracedValueError: `obj`, the rows, is traced.
        XformIndexError: a row is out of range.
        XformValueError: `values` does not broadcast to the new rows.
    """
    x, new = array(arr), array(values)
    if axis is None:
        x, axis = manipulation.ravel(x), 0
    place = normalized_axis(axis, x.ndim, "insert")
    size = x.shape[place]
    if isinstance(obj, slice):
        count, one = len(range(*obj.indices(size))), False
    else:
        known = _known(obj)
        one = known is not None and known.size == 1 and known.dtype != BOOL
        count = 0 if known is None else known.size if known.dtype != BOOL else int(known.sum())
    if one:
        # Several values may come before one row.
        new = manipulation.reshape(new, (*(1,) * (x.ndim - new.ndim), *new.shape))
        if np.ndim(obj) == 0:
            new = manipulation.moveaxis(new, 0, place)
        count = new.shape[place]
    order = _edited(np.insert, size, obj, np.arange(size, size + count))
    shape = (*x.shape[:place], count, *x.shape[place + 1 :])
    return take(concatenate([x, fit(new, x.dtype, shape)], place), order, place)


@function(np.fill_diagonal)
def fill_diagonal(a: TracedArray, val: Any, wrap: bool = False) -> None:
    """Write to the elements whose indices are all equal, the values repeated."""
    _require_traced(a, "fill_diagonal")
    if a.ndim < 2 or (a.ndim > 2 and len(set(a.shape)) > 1):
        raise XformValueError(
            at_user_line(
                "fill_diagonal: needs a matrix, or an array of more axes of one size, got shape "
                f"{a.shape}"
            )
        )
    step = 1 + sum(math.prod(a.shape[i + 1 :]) for i in range(a.ndim - 1))
    end = a.shape[1] * a.shape[1] if a.ndim == 2 and not wrap else a.size
    index = np.arange(0, min(end, a.size), step)
    if index.size:
        write_flat(a, index, cycled(val, index.size))


@function(np.unravel_index)
def unravel_index(indices: ArrayLike, shape: Any, order: str = "C") -> tuple[TracedArray, ...]:
    """The indices along each axis of elements that are numbered in order."""
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    rest = array(indices, INT64)
    found: list[TracedArray] = []
    for size in sizes if order == "F" else sizes[::-1]:
        found.append(ufuncs.remainder(rest, size))
        rest = ufuncs.floor_divide(rest, size)
    return tuple(found if order == "F" else found[::-1])


@function(np.ravel_multi_index)
def ravel_multi_index(
    multi_index: Sequence[Any], dims: Any, mode: Any = "raise", order: str = "C"
) -> TracedArray:
    """The number in order of elements that are named by their indices along each axis."""
    sizes = (dims,) if isinstance(dims, int) else tuple(dims)
    modes = (mode,) * len(sizes) if isinstance(mode, str) else tuple(mode)
    columns = list(zip(multi_index, sizes, modes, strict=True))
    number: Any = 0
    for column, size, how in columns[::-1] if order == "F" else columns:
        entry = _indices(column, size, how, "ravel_multi_index")
        number = ufuncs.add(ufuncs.multiply(number, size), array(entry, INT64))
    return array(number)


@explained
def bincount(
    x: ArrayLike, weights: Any = None, minlength: int = 0, *, length: int | None = None
) -> TracedArray:
    """How often each number from 0 on is in `x`, or the sum of its weights.

    Args:
        x: a vector of ints.
        weights: one number for each of them.
        minlength: the least length of the result, where `x` is known.
        length: the length of the result, which a traced `x` needs; larger numbers and negative
            ones are not counted.

    Returns:
        int64 counts, or float64 sums.

    Raises:
        TracedValueError: `x` is traced and there is no length.

    >>> bincount(np.array([1, 1, 3]))
    array([0, 2, 0, 1])
    """
    if length is None:
        known = _known(x)
        if known is None:
            raise TracedValueError(
                at_user_line(
                    "bincount: the largest number in a traced array is not known; give "
                    "xform.numpy.bincount(x, length=n)"
                )
            )
        if traces.current_trace() is None:
            return np.bincount(known, weights, minlength)  # type: ignore[return-value]
        length = max(int(known.max()) + 1 if known.size else 0, minlength)
    if traces.current_trace() is None:
        given = (x,) if weights is None else (x, weights)
        result: TracedArray = direct.call(
            lambda *args: bincount(*args, length=length),
            given,
            {},
            name="bincount",
            transform="bincount",
        )
        return result
    numbers = array(x)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise XformTypeError(
            at_user_line(
                f"bincount: expected a vector of ints, got {numbers.dtype} of shape {numbers.shape}"
            )
        )
    dtype = INT64 if weights is None else FLOAT64
    terms = fit(operand(1 if weights is None else weights), dtype, numbers.shape)
    how = primitives.Indexing([0], [], mode="drop")
    return primitives.scatter_add(
        constant((length,), dtype, 0), stacked([numbers], numbers.shape), terms, how
    )


@function(np.bincount)
def _numpy_bincount(x: ArrayLike, weights: Any = None, minlength: int = 0) -> TracedArray:
    """Of traced weights; a traced `x` is an error that names what works."""
    return bincount(x, weights, minlength)


@function(np.ix_)
def ix_(*args: Any) -> tuple[Any, ...]:
    """Vectors of indices, shaped to index all of their combinations."""
    result: list[Any] = []
    for number, vector in enumerate(args):
        known = _known(vector)
        found: Any = array(vector) if known is None else known
        if found.ndim != 1:
            raise XformValueError(
                at_user_line(f"ix_: expected vectors, got an array of shape {found.shape}")
            )
        if found.dtype == BOOL:
            found = np.flatnonzero(_mask(found, "ix_"))
        shape = [1] * len(args)
        shape[number] = found.shape[0]
        result.append(found.reshape(*shape))
    return tuple(result)


def _refuse_nonzero(name: str) -> NoReturn:
    raise TracedValueError(
        at_user_line(
            f"{name}: the shape of its result depends on the elements, which are not known while "
            "the function is traced; choose with xform.numpy.where(condition, x, y), count with "
            "np.count_nonzero, or find the first with np.argmax"
        )
    )


@function(np.nonzero)
def nonzero(a: ArrayLike) -> tuple[Any, ...]:
    """The indices of the elements that are not zero, of an array that is known while tracing."""
    known = _known(a)
    return _refuse_nonzero("nonzero") if known is None else np.nonzero(known)


@function(np.flatnonzero)
def flatnonzero(a: ArrayLike) -> Any:
    """The numbers, in order, of the elements that are not zero, of a known array."""
    known = _known(a)
    return _refuse_nonzero("flatnonzero") if known is None else np.flatnonzero(known)


@function(np.argwhere)
def argwhere(a: ArrayLike) -> Any:
    """The index vectors of the elements that are not zero, of a known array."""
    known = _known(a)
    return _refuse_nonzero("argwhere") if known is None else np.argwhere(known)


__all__ = [
    "argwhere",
    "bincount",
    "choose",
    "compress",
    "delete",
    "extract",
    "fill_diagonal",
    "flatnonzero",
    "insert",
    "ix_",
    "nonzero",
    "place",
    "put",
    "put_along_axis",
    "putmask",
    "ravel_multi_index",
    "take",
    "take_along_axis",
    "unravel_index",
]
