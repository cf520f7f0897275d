"""Advanced indexing: integer arrays, constant or traced, and constant masks, among basic items.

An index is taken apart into a basic one, which takes the axes of arrays whole, and one gather or
scatter over what that selects. Where the axes of the arrays go follows NumPy: to the place of the
first one if all stand side by side, else to the front; ints count as arrays there.

What is known while tracing is checked then, as NumPy does. A traced index out of range reads the
nearest element and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from xform_runtime import Array

from .. import primitives
from ..errors import XformIndexError, XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.array import TracedArray
from ..tracing.operations import UFUNCS
from . import selected, ufuncs
from .creation import asarray
from .float_parts import like
from .indexing import BasicIndex, is_advanced, parse, read, updated
from .masks import is_traced_mask, mask_in
from .promotion import (
    BOOL,
    INT32,
    INT64,
    Operand,
    Shape,
    broadcast_shapes,
    fit,
    operand,
    result_type,
)
from .views import Mirror, attach, write

if TYPE_CHECKING:
    from ..primitives.indexing import Indexing, Mode
    from .selected import Selected

IndexArray: TypeAlias = TracedArray | np.ndarray[Any, Any]
Scatter: TypeAlias = "Callable[[TracedArray, Any, TracedArray, Indexing], TracedArray]"

# Constant indices are looked through for repetitions up to this many.
_FEW = 1 << 20


class AdvancedIndex(NamedTuple):
    """An index, understood for one shape.

    Attributes:
        basic: what comes first: ints, slices and new axes, with the axes of arrays whole.
        vectors: the index vectors along the last axis; all in range if they are constant.
        indexing: how they index what `basic` selects.
        shape: the result's shape.
        scalar: whether NumPy would return a scalar.
    """

    basic: BasicIndex
    vectors: IndexArray
    indexing: Indexing
    shape: Shape
    scalar: bool

    def read(self, x: TracedArray) -> TracedArray:
        """The elements that the index selects."""
        return primitives.gather(read(x, self.basic), self.vectors, self.indexing)

    def combined(self, x: TracedArray, part: Operand, scatter: Scatter) -> TracedArray:
        """`x` with `part` written, or added and so on, where the index selects."""
        if 0 in self.shape:
            return x
        updates = fit(part, x.dtype, self.shape)
        mode: Mode = "drop" if traces.is_traced(self.vectors) else "clip"
        how = primitives.Indexing(
            self.indexing.axes, self.indexing.window_dims, mode=mode, unique=self.indexing.unique
        )
        base = read(x, self.basic)
        return updated(x, self.basic, scatter(base, self.vectors, updates, how))


class Picked:
    """The relation of `x[i]`, with traced ints for some axes, to its base: a view, as in NumPy."""

    __slots__ = ("index", "items")

    def __init__(self, index: AdvancedIndex, items: tuple[Any, ...]) -> None:
        self.index = index
        self.items = items

    def read(self, base: TracedArray) -> TracedArray:
        """The view's elements."""
        return self.index.read(base)

    def write(self, base: TracedArray, part: TracedArray) -> TracedArray:
        """The base's elements, after `part` has been written into the view."""
        return self.index.combined(base, part, primitives.scatter)

    def mirror(self, base: Mirror) -> Mirror:
        """The same view of a NumPy array; any element has the same strides."""
        items = tuple(0 if traces.is_traced(item) else item for item in self.items)
        return base[items if _has_ellipsis(items) else (*items, ...)]


def getitem(x: TracedArray, items: tuple[Any, ...]) -> TracedArray | Selected:
    """`x[items]`, a copy; a view where all that is advanced is a traced int.

    Raises:
        XformIndexError: an index known while tracing is out of range, arrays do not broadcast, a
            mask does not fit, or there are too many items.
        XformTypeError: an item is not an index.
    """
    if is_traced_mask(items):
        return selected.read(x, mask_in(items, x.shape))
    slices = _as_slices(items, x.shape)
    if slices is not None:
        result = read(x, parse(slices, x.shape))
        return result.copy() if result is x else result
    index = understood(items, x.shape)
    if isinstance(index, BasicIndex):
        result = read(x, index)
        return result.copy() if result is x else result
    result = index.read(x)
    is_view = not any(getattr(item, "ndim", 0) or isinstance(item, list) for item in items)
    if is_view and not index.scalar and not any(isinstance(i, bool | np.bool) for i in items):
        return attach(result, x, Picked(index, items))
    return result


def setitem(x: TracedArray, items: tuple[Any, ...], part: Any) -> None:
    """`x[items] = part`; where an element is named twice, the last write stays.

    Raises:
        XformIndexError, XformTypeError: as for reading.
        XformValueError: `part` does not broadcast to what is selected.
        TracedValueError: `x` was made outside of the function that is being traced.
    """
    if is_traced_mask(items):
        mask = mask_in(items, x.shape)
        write(x, updated(x, mask.basic, selected.written(read(x, mask.basic), mask, part)))
        return
    if type(part) is TracedArray and (link := part._view) is not None and link.base is x:
        # `x[i] += y` has already written through the view x[i].
        relation = link.relation
        if isinstance(relation, Picked) and _same(relation.items, items):
            return
    value = operand(part)
    slices = _as_slices(items, x.shape)
    index = parse(slices, x.shape) if slices is not None else understood(items, x.shape)
    value = _fitting(value, index.shape, x)
    if isinstance(index, BasicIndex):
        write(x, updated(x, index, fit(value, x.dtype, value.shape)))
    else:
        write(x, index.combined(x, value, primitives.scatter))


def _same(items: tuple[Any, ...], others: tuple[Any, ...]) -> bool:
    return len(items) == len(others) and all(
        a is b or (not traces.is_traced(a) and not traces.is_traced(b) and bool(a == b))
        for a, b in zip(items, others, strict=True)
    )


def _accumulations() -> dict[np.ufunc, Scatter]:
    return {
        np.add: primitives.scatter_add,
        np.subtract: primitives.scatter_add,
        np.multiply: primitives.scatter_mul,
        np.minimum: primitives.scatter_min,
        np.maximum: primitives.scatter_max,
    }


def ufunc_at(ufunc: np.ufunc, x: Any, index: Any, values: Any) -> None:
    """`ufunc.at(x, index, values)`: in place, once for each time that an element is named.

    Raises:
        XformTypeError: the ufunc is none of add, subtract, multiply, minimum and maximum, the
            array's dtype is bool, or the values' dtype is of another kind.
        XformIndexError, XformValueError: as for writing.
        TracedValueError: `x` is not traced, or was made outside of the function being traced.
    """
    name = f"numpy.{ufunc.__name__}.at"
    known = _accumulations()
    scatter = known.get(ufunc)
    if scatter is None:
        names = ", ".join(f.__name__ for f in known)
        raise XformTypeError(
            at_user_line(f"{name} is not supported on traced arrays; expected one of {names}")
        )
    if not isinstance(x, TracedArray):
        raise XformTypeError(
            at_user_line(
                f"{name}: traced values cannot be written into {type(x).__name__}: make the array "
                "with xform.numpy.zeros or np.zeros_like(traced)"
            )
        )
    items = index if isinstance(index, tuple) else (index,)
    traced = UFUNCS[ufunc]
    if is_traced_mask(items):
        x[index] = selected.elementwise(ufunc, (getitem(x, items), values))
        return
    if not is_advanced(items):
        x[index] = traced(x[index], values)
        return
    value = operand(values)
    common = result_type(operand(x), value)
    if x.dtype == BOOL or not np.can_cast(common, x.dtype, casting="same_kind"):
        raise XformTypeError(
            at_user_line(f"{name}: cannot combine an array of dtype {x.dtype} with {value.dtype}")
        )
    found = understood(items, x.shape)
    value = _fitting(value, found.shape, x)
    if ufunc is np.subtract:
        value = ufuncs.negative(fit(value, x.dtype, value.shape))
    if isinstance(found, BasicIndex):
        x[index] = traced(x[index], value)
    else:
        write(x, found.combined(x, value, scatter))


def understood(items: tuple[Any, ...], shape: Shape) -> AdvancedIndex | BasicIndex:
    """What a tuple with arrays among its items selects from an array of a shape.

    It is basic if the arrays turn out to select nothing, as an index of no elements.

    Raises:
        XformIndexError, XformTypeError: as `getitem`.
    """
    whole = _expanded([_as_index(item) for item in items], len(shape))
    basic: list[Any] = []
    arrays: list[IndexArray] = []
    axes: list[int] = []
    # For each advanced item, and ints, its place in the index and the windows' axes before it.
    seen: list[tuple[int, int]] = []
    axis = position = 0
    for place, item in enumerate(whole):
        if item is Ellipsis:
            # Even so it stands between what is on either side.
            continue
        if isinstance(item, slice) or item is None:
            basic.append(item)
            position += 1
            axis += item is not None
            continue
        seen.append((place, position - len(axes)))
        if isinstance(item, int) and not _is_truth(item):
            basic.append(item)
            axis += 1
            continue
        for array in _split(item, axis, shape):
            basic.append(None if _is_truth(item) else slice(None))
            arrays.append(array)
            axes.append(position)
            position += 1
        axis += 0 if _is_truth(item) else _uses(item)
    found = parse(tuple(basic), shape)
    common = _broadcast(arrays)
    together = [place for place, _ in seen] == list(range(seen[0][0], seen[0][0] + len(seen)))
    front = seen[0][1] if together else 0
    windows = [size for i, size in enumerate(found.shape) if i not in axes]
    dims = [i if i < front else i + len(common) for i in range(len(windows))]
    result = (*windows[:front], *common, *windows[front:])
    vectors, unique = _vectors(arrays, axes, found.shape, common)
    indexing = primitives.Indexing(axes, dims, unique=unique)
    scalar = not result and not _has_ellipsis(items)
    return AdvancedIndex(found, vectors, indexing, result, scalar)


def _as_index(item: Any) -> Any:
    """An item as an int, slice, None, Ellipsis, bool, or an array of ints or bools."""
    if item is None or item is Ellipsis or isinstance(item, slice | bool):
        return item
    if isinstance(item, np.bool):
        return bool(item)
    if isinstance(item, int | np.integer):
        return int(item)
    if isinstance(item, list | tuple):
        if any(traces.is_traced(part) for part in item):
            item = asarray(item)
        else:
            item = np.asarray(item)
            item = item.astype(np.intp) if item.size == 0 else item
    if isinstance(item, Array):
        item = np.asarray(item)
    if not isinstance(item, TracedArray | np.ndarray):
        raise XformTypeError(
            at_user_line(
                "an index is made of ints, slices, None, Ellipsis and arrays of ints or bools, "
                f"got {type(item).__name__}"
            )
        )
    if item.dtype.kind not in "iub":
        raise XformIndexError(
            at_user_line(f"arrays used as indices are of ints or bools, got dtype {item.dtype}")
        )
    if isinstance(item, np.ndarray) and item.ndim == 0:
        return item.item()
    return item


def _has_ellipsis(items: Sequence[Any]) -> bool:
    return any(item is Ellipsis for item in items)


def _is_truth(item: Any) -> bool:
    return isinstance(item, bool)


def _uses(item: Any) -> int:
    """How many axes an item indexes."""
    if item is None or item is Ellipsis or _is_truth(item):
        return 0
    is_mask = isinstance(item, np.ndarray | TracedArray) and item.dtype == BOOL
    return item.ndim if is_mask else 1


def _expanded(items: list[Any], rank: int) -> list[Any]:
    """The items with slices for the Ellipsis, which stays where it stands for no axis."""
    places = [i for i, item in enumerate(items) if item is Ellipsis]
    if len(places) > 1:
        raise XformIndexError(at_user_line("an index can have one Ellipsis, got two"))
    used = sum(map(_uses, items))
    if used > rank:
        raise XformIndexError(at_user_line(f"too many indices: {used} for an array of {rank} axes"))
    place = places[0] if places else len(items)
    filled = [slice(None)] * (rank - used) or items[place : place + 1]
    return [*items[:place], *filled, *items[place + 1 :]]


def _split(item: Any, axis: int, shape: Shape) -> list[IndexArray]:
    """An advanced item as arrays of valid indices, one for each axis that it indexes."""
    if _is_truth(item):
        return [np.zeros(int(item), np.intp)]
    if item.dtype != BOOL:
        return [_wrapped(item, axis, shape)]
    if isinstance(item, TracedArray):
        raise XformTypeError(
            at_user_line(
                "a traced boolean array beside other arrays in an index is not supported: the "
                "number of its true elements is not known; choose elements with "
                "xform.numpy.where(mask, x, y)"
            )
        )
    if item.shape != shape[axis : axis + item.ndim]:
        raise XformIndexError(
            at_user_line(
                f"a boolean index of shape {item.shape} does not fit axes {axis} to "
                f"{axis + item.ndim - 1} of an array of shape {shape}"
            )
        )
    return list(np.nonzero(item))


def _wrapped(item: IndexArray, axis: int, shape: Shape) -> IndexArray:
    """Negative indices counted from the end, constants checked."""
    size = shape[axis]
    if isinstance(item, TracedArray):
        if size == 0 and item.size:
            raise XformIndexError(
                at_user_line(f"axis {axis} of an array of shape {shape} is empty")
            )
        return wrapped(item, size)
    outside = item[(item < -size) | (item >= size)]
    if outside.size:
        raise XformIndexError(
            at_user_line(f"index {outside.flat[0]} is out of range for axis {axis} of size {size}")
        )
    return np.where(item < 0, item.astype(np.int64) + size, item).astype(np.int64)


def wrapped(indices: TracedArray, size: int) -> TracedArray:
    """Traced indices, negative ones counted from the end."""
    if indices.dtype.kind == "u":
        return indices
    if indices.dtype.itemsize < 4 or size > np.iinfo(np.int32).max:
        indices = primitives.convert(indices, INT32 if size <= np.iinfo(np.int32).max else INT64)
    sizes = like(indices, size)
    negative = primitives.lt(indices, like(indices, 0))
    return primitives.select(negative, primitives.add(indices, sizes), indices)


def _broadcast(arrays: list[IndexArray]) -> Shape:
    try:
        return broadcast_shapes(*(array.shape for array in arrays))
    except XformValueError:
        given = ", ".join(str(array.shape) for array in arrays)
        raise XformIndexError(
            at_user_line(f"arrays of shapes {given} in an index do not broadcast together")
        ) from None


def _vectors(
    arrays: list[IndexArray], axes: list[int], sizes: Shape, shape: Shape
) -> tuple[IndexArray, bool]:
    """Index vectors, one entry an array, and whether no two of them are known to be equal."""
    largest = max(sizes[axis] for axis in axes)
    small = INT32 if largest <= np.iinfo(np.int32).max else INT64
    if not any(isinstance(array, TracedArray) for array in arrays):
        columns = [np.broadcast_to(array, shape) for array in arrays]
        vectors = np.stack(columns, axis=-1).astype(small)
        rows = vectors.reshape(-1, len(arrays))
        unique = rows.shape[0] <= _FEW and len(np.unique(rows, axis=0)) == rows.shape[0]
        return vectors, unique
    return stacked(arrays, shape), False


def stacked(arrays: list[IndexArray], shape: Shape) -> TracedArray:
    """Arrays broadcast together, as the entries of index vectors."""
    wide = any(
        array.dtype.itemsize == 8 or array.dtype == np.uint32
        for array in arrays
        if isinstance(array, TracedArray)
    )
    dtype = INT64 if wide else INT32
    columns = []
    for array in arrays:
        column = operand(array.astype(dtype) if isinstance(array, np.ndarray) else array)
        if len(arrays) > 1 or column.dtype.kind != "i":
            column = _as_signed(column, dtype)
        column = fit(column, column.dtype, shape)
        columns.append(primitives.reshape(column, (*shape, 1)))
    return columns[0] if len(columns) == 1 else primitives.concatenate(columns, len(shape))


def _as_signed(x: Operand, dtype: np.dtype[Any]) -> TracedArray:
    if x.dtype == np.uint64:
        # What int64 cannot hold stays out of range.
        wide = fit(x, x.dtype, x.shape)
        x = primitives.min_(wide, like(wide, np.iinfo(np.int64).max))
    return fit(x, dtype, x.shape)


def _as_slices(items: tuple[Any, ...], shape: Shape) -> tuple[Any, ...] | None:
    """The index with a slice for its only array, if that is constant and runs evenly.

    None for any other. Slices need no gather, and their derivatives no scatter.
    """
    found = [i for i, item in enumerate(items) if is_advanced((item,))]
    if len(found) != 1 or any(isinstance(item, int | np.integer) for item in items):
        return None
    item = items[found[0]]
    if isinstance(item, TracedArray | bool | np.bool):
        return None
    array = np.asarray(item)
    has_new_axes = any(item is None for item in items)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu" or has_new_axes:
        return None
    before = items[: found[0]]
    axis = found[0] - len(items) + len(shape) if _has_ellipsis(before) else found[0]
    if not 0 <= axis < len(shape) or len(items) - _has_ellipsis(items) > len(shape):
        return None
    run = _wrapped(array, axis, shape)
    step = int(run[1] - run[0]) if run.size > 1 else 1
    if step == 0 or np.any(np.diff(run) != step):
        return None
    stop = int(run[-1]) + (1 if step > 0 else -1)
    even = slice(int(run[0]), stop if stop >= 0 else None, step)
    return (*before, even, *items[found[0] + 1 :])


def _fitting(part: Operand, shape: Shape, x: TracedArray) -> Operand:
    """`part`, which must broadcast to what is selected, without more leading axes than that."""
    given = part.shape
    while len(given) > len(shape) and given[0] == 1:
        given = given[1:]
    if len(given) > len(shape) or broadcast_shapes(given, shape) != shape:
        raise XformValueError(
            at_user_line(
                f"cannot write an array of shape {part.shape} where {shape} is selected "
                f"from an array of shape {x.shape}"
            )
        )
    if given == part.shape:
        return part
    return primitives.reshape(fit(part, part.dtype, part.shape), given)


__all__ = [
    "AdvancedIndex",
    "Picked",
    "getitem",
    "setitem",
    "stacked",
    "ufunc_at",
    "understood",
    "wrapped",
]
