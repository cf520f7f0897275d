"""How a gather and the scatters read and write at computed places.

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

from .emission import ints

if TYPE_CHECKING:
    from .._xform import Attribute

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

    @property
    def attributes(self) -> dict[str, Attribute]:
        """The attributes of an operation."""
        return {
            "axes": ints(self.axes),
            "window_dims": ints(self.window_dims),
            "x_batch": ints(self.x_batch),
            "indices_batch": ints(self.indices_batch),
            "mode": self.mode,
            "unique": self.unique,
        }


__all__ = ["Indexing"]
