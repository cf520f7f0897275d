"""Basic indexing: ints, slices, None and Ellipsis."""

from __future__ import annotations

from typing import Any, NamedTuple, NoReturn

import numpy as np
from xform_runtime import Array

from .. import primitives
from ..errors import (
    TracedValueError,
    XformIndexError,
    XformTypeError,
    XformValueError,
    at_user_line,
)
from ..tracing import traces
from ..tracing.array import TracedArray
from .promotion import (
    BOOL,
    INT32,
    Operand,
    Scalar,
    Shape,
    broadcast,
    broadcast_shapes,
    constant,
    fit,
)
from .views import Mirror


class BasicIndex(NamedTuple):
    """A basic index, understood for one shape.

    Attributes:
        starts, limits, strides: the slice that holds the elements, with positive strides.
        reversed: the axes along which they then change order.
        sizes: the shape before int axes go and new axes come.
        shape: the result's shape.
        axes: for each axis of the result the axis of `sizes`, or -1 for a new one.
        scalar: whether NumPy would return a scalar, which is not a view.
    """

    starts: tuple[int, ...]
    limits: tuple[int, ...]
    strides: tuple[int, ...]
    reversed: tuple[int, ...]
    sizes: Shape
    shape: Shape
    axes: tuple[int, ...]
    scalar: bool


class Sliced:
    """The relation of a basic index's result to its base."""

    __slots__ = ("basic", "index")

    def __init__(self, basic: BasicIndex, index: tuple[Any, ...]) -> None:
        self.basic = basic
        self.index = index

    def read(self, base: TracedArray) -> TracedArray:
        """The view's elements."""
        return read(base, self.basic)

    def write(self, base: TracedArray, part: TracedArray) -> TracedArray:
        """The base's elements, after `part` has been written into the view."""
        return updated(base, self.basic, part)

    def mirror(self, base: Mirror) -> Mirror:
        """The same view of a NumPy array."""
        # The Ellipsis makes a 0-d result a view instead of a scalar.
        index = self.index if Ellipsis in self.index else (*self.index, Ellipsis)
        return base[index]  # type: ignore[no-any-return]


def is_advanced(items: tuple[Any, ...]) -> bool:
    """Whether an index has arrays, lists, bools or traced numbers among its items."""
    return any(
        isinstance(item, TracedArray | list | tuple | Array | bool | np.bool)
        or (isinstance(item, np.ndarray) and (item.ndim > 0 or item.dtype == BOOL))
        for item in items
    )


def parse(items: tuple[Any, ...], shape: Shape) -> BasicIndex:
    """What a tuple of ints, slices, None and Ellipsis selects from an array of a shape.

    Raises:
        XformIndexError: an int is out of range, or there are too many of them.
        XformTypeError: an item is of another kind.
    """
    rank = len(shape)
    used = 0
    ellipsis = False
    for item in items:
        if item is Ellipsis:
            if ellipsis:
                raise XformIndexError(at_user_line("an index can have one Ellipsis, got two"))
            ellipsis = True
        elif item is not None:
            used += 1
    if used > rank:
        raise XformIndexError(
            at_user_line(f"too many indices: {used} for an array of shape {shape}")
        )
    starts, limits, strides = [0] * rank, list(shape), [1] * rank
    sizes, result, axes, flipped = list(shape), [], [], []
    axis = 0
    for item in items if ellipsis else (*items, Ellipsis):
        if item is Ellipsis:
            for _ in range(rank - used):
                result.append(shape[axis])
                axes.append(axis)
                axis += 1
        elif item is None:
            result.append(1)
            axes.append(-1)
        elif isinstance(item, slice):
            start, step, count = _slice(item, shape[axis])
            if step < 0:
                start, step = start + (count - 1) * step, -step
                if count > 1:
                    flipped.append(axis)
            starts[axis], strides[axis], sizes[axis] = start, step, count
            limits[axis] = start + (count - 1) * step + 1 if count else 0
            result.append(count)
            axes.append(axis)
            axis += 1
        else:
            i = _int(item, axis, shape)
            starts[axis], limits[axis], sizes[axis] = i, i + 1, 1
            axis += 1
    return BasicIndex(
        tuple(starts), tuple(limits), tuple(strides), tuple(flipped), tuple(sizes),
        tuple(result), tuple(axes), not result and not ellipsis,
    )  # fmt: skip


def read(x: TracedArray, basic: BasicIndex) -> TracedArray:
    """The elements that an index selects."""
    if basic.sizes != x.shape:
        x = primitives.slice(x, basic.starts, basic.limits, basic.strides)
    if basic.reversed:
        x = primitives.reverse(x, basic.reversed)
    return x if x.shape == basic.shape else primitives.reshape(x, basic.shape)


def updated(x: TracedArray, basic: BasicIndex, part: Operand) -> TracedArray:
    """`x` with `part` in place of what an index selects.

    A mask of index comparisons chooses between both, and `part` is only placed (padded) along
    axes where it is not constant, so that writing a number or a row stays elementwise.

    Raises:
        XformValueError: `part` does not broadcast to what is selected.
    """
    shape = part.shape
    while len(shape) > len(basic.shape) and shape[0] == 1:
        shape = shape[1:]
    if len(shape) > len(basic.shape) or broadcast_shapes(shape, basic.shape) != basic.shape:
        raise XformValueError(
            at_user_line(
                f"cannot write an array of shape {part.shape} where {basic.shape} is selected "
                f"from an array of shape {x.shape}"
            )
        )
    if 0 in basic.shape:
        return x
    if isinstance(part, Scalar):
        placed = fit(part, x.dtype, x.shape)
    else:
        placed = _placed(part, shape, basic, x.shape)
    mask = _mask(basic, x.shape)
    return placed if mask is None else primitives.select(mask, placed, x)


def _placed(part: TracedArray, shape: Shape, basic: BasicIndex, target: Shape) -> TracedArray:
    """`part` where it goes in an array of shape `target`, with anything elsewhere."""
    sizes = [1] * len(target)
    first = len(basic.shape) - len(shape)
    for position, size in enumerate(shape, first):
        axis = basic.axes[position]
        if axis >= 0:
            sizes[axis] = size
    if part.shape != tuple(sizes):
        part = primitives.reshape(part, sizes)
    flipped = [axis for axis in basic.reversed if sizes[axis] > 1]
    if flipped:
        part = primitives.reverse(part, flipped)
    low, high, interior = ([0] * len(target) for _ in range(3))
    for axis, size in enumerate(sizes):
        if size > 1 and size != target[axis]:
            low[axis], interior[axis] = basic.starts[axis], basic.strides[axis] - 1
            high[axis] = target[axis] - basic.limits[axis]
    if any(low) or any(high) or any(interior):
        zero = constant((), part.dtype, False if part.dtype == BOOL else 0)
        part = primitives.pad(part, zero, low, high, interior)
    return part if part.shape == target else broadcast(part, target)


def _mask(basic: BasicIndex, shape: Shape) -> TracedArray | None:
    """Which elements an index selects; None if all."""
    mask: TracedArray | None = None
    for axis, (start, limit, stride) in enumerate(
        zip(basic.starts, basic.limits, basic.strides, strict=True)
    ):
        if basic.sizes[axis] == shape[axis]:
            continue
        position = primitives.iota(shape, INT32, axis)

        def number(n: int) -> TracedArray:
            return constant(shape, INT32, n)

        conditions = []
        if limit == start + 1:
            conditions.append(primitives.eq(position, number(start)))
        else:
            if start > 0:
                conditions.append(primitives.ge(position, number(start)))
            if limit < shape[axis]:
                conditions.append(primitives.lt(position, number(limit)))
            if stride > 1:
                offset = primitives.sub(position, number(start)) if start else position
                remainder = primitives.rem(offset, number(stride))
                conditions.append(primitives.eq(remainder, number(0)))
        for condition in conditions:
            mask = condition if mask is None else primitives.and_(mask, condition)
    return mask


def _slice(item: slice, size: int) -> tuple[int, int, int]:
    """The first index, the step and the number of elements."""
    try:
        start, stop, step = item.indices(size)
    except ValueError:
        raise XformValueError(at_user_line("slice step cannot be zero")) from None
    except TypeError:
        if any(map(traces.is_traced, (item.start, item.stop, item.step))):
            raise TracedValueError(
                at_user_line(
                    "the bounds of a slice cannot be traced, because they are its size: for a "
                    "size that is known use xform.numpy.dynamic_slice(x, starts, sizes), or x[i] "
                    "with i = start + np.arange(size)"
                )
            ) from None
        raise XformTypeError(
            at_user_line(f"the bounds of a slice are ints or None, got {item}")
        ) from None
    count = len(range(start, stop, step))
    return (start, step, count) if count else (0, 1, 0)


def _int(item: Any, axis: int, shape: Shape) -> int:
    if type(item) is not int:
        number = isinstance(item, int | np.integer) and not isinstance(item, bool)
        if not number and not (
            isinstance(item, np.ndarray) and not item.shape and item.dtype.kind in "iu"
        ):
            _refuse(item)
        item = int(item)
    size = shape[axis]
    if not -size <= item < size:
        raise XformIndexError(
            at_user_line(f"index {item} is out of range for axis {axis} of size {size}")
        )
    return item if item >= 0 else item + size  # type: ignore[no-any-return]


def _refuse(item: Any) -> NoReturn:
    raise XformTypeError(
        at_user_line(
            "an index is made of ints, slices, None, Ellipsis and arrays of ints or bools, got "
            f"{type(item).__name__}"
        )
    )


def select_along(x: TracedArray, axis: int, start: int, limit: int) -> TracedArray:
    """`x[..., start:limit, ...]` along one axis, as a new array that is not a view."""
    starts, limits = [0] * x.ndim, list(x.shape)
    starts[axis], limits[axis] = (start, limit) if start < limit else (0, 0)
    return primitives.slice(x, starts, limits, [1] * x.ndim)


__all__ = [
    "BasicIndex",
    "Sliced",
    "is_advanced",
    "parse",
    "read",
    "select_along",
    "updated",
]
