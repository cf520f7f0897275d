"""Primitives that read and write at computed places.

The last axis of `indices` holds index vectors: entry k of a vector is an index along `axes[k]` of
`x`. A vector names a window, all other axes of `x` but those in `x_batch`, which run together with
the axes `indices_batch` of `indices`. The windows of all vectors lie along the axes
`window_dims` of a gather's result or a scatter's updates, whose other axes are those of the
vectors. Indices out of range are clipped (mode "clip"), or read zeros and write nothing ("drop").
`unique` promises that no window is named twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from .emission import Operand, emit, ints

if TYPE_CHECKING:
    from .._xform import Attribute
    from ..tracing.array import TracedArray

Mode: TypeAlias = Literal["clip", "drop"]


@dataclass(frozen=True)
class Indexing:
    """How index vectors relate an array to the windows that they name."""

    axes: Sequence[int]
    window_dims: Sequence[int]
    x_batch: Sequence[int] = ()
    indices_batch: Sequence[int] = ()
    mode: Mode = "clip"
    unique: bool = False

    def attributes(self) -> dict[str, Attribute]:
        """As the attributes of the operations."""
        return {
            "axes": ints(self.axes),
            "window_dims": ints(self.window_dims),
            "x_batch": ints(self.x_batch),
            "indices_batch": ints(self.indices_batch),
            "mode": self.mode,
            "unique": self.unique,
        }


def gather(x: Operand, indices: Operand, indexing: Indexing) -> TracedArray:
    """The windows of x that index vectors name."""
    return emit("gather", [x, indices], indexing.attributes())


def scatter(x: Operand, indices: Operand, updates: Operand, indexing: Indexing) -> TracedArray:
    """x with windows replaced by updates; of several for one window, by the last."""
    return emit("scatter", [x, indices, updates], indexing.attributes())


def scatter_add(x: Operand, indices: Operand, updates: Operand, indexing: Indexing) -> TracedArray:
    """x with updates added to its windows."""
    return emit("scatter_add", [x, indices, updates], indexing.attributes())


def scatter_mul(x: Operand, indices: Operand, updates: Operand, indexing: Indexing) -> TracedArray:
    """x with its windows multiplied by updates."""
    return emit("scatter_mul", [x, indices, updates], indexing.attributes())


def scatter_min(x: Operand, indices: Operand, updates: Operand, indexing: Indexing) -> TracedArray:
    """x with the smallest of its own elements and updates; NaN if there is one."""
    return emit("scatter_min", [x, indices, updates], indexing.attributes())


def scatter_max(x: Operand, indices: Operand, updates: Operand, indexing: Indexing) -> TracedArray:
    """x with the largest of its own elements and updates; NaN if there is one."""
    return emit("scatter_max", [x, indices, updates], indexing.attributes())


def dynamic_slice(x: Operand, starts: Sequence[Operand], sizes: Sequence[int]) -> TracedArray:
    """sizes[i] elements from the 0-d starts[i] on along axis i, clamped so that they are in x."""
    return emit("dynamic_slice", [x, *starts], {"sizes": ints(sizes)})


def dynamic_update_slice(x: Operand, update: Operand, starts: Sequence[Operand]) -> TracedArray:
    """x with `update` in place of a slice at `starts`, clamped as those of dynamic_slice."""
    return emit("dynamic_update_slice", [x, update, *starts])
