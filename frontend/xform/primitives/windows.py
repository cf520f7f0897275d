"""Primitives over windows: convolutions, and reductions of each window.

The windows run over the last axes of an array, as many as `strides` has entries. Along each of
these, `low` and `high` elements come before and after the array's own (negative: some are cut),
`base_dilation - 1` between them, and window s reads the elements s * stride + k * window_dilation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .emission import Operand, emit, ints

if TYPE_CHECKING:
    from .._xform import Attribute
    from ..tracing.array import TracedArray


@dataclass(frozen=True)
class Windows:
    """Where windows lie; one entry in each list for each axis they run over.

    Attributes:
        strides: from one window to the next.
        low: how many elements come before those of the array.
        high: how many come after.
        base_dilation: from one of the array's elements to the next.
        window_dilation: from one of the window's elements to the next.
    """

    strides: Sequence[int]
    low: Sequence[int]
    high: Sequence[int]
    base_dilation: Sequence[int]
    window_dilation: Sequence[int]

    @property
    def attributes(self) -> dict[str, Attribute]:
        """The attributes of an operation with windows."""
        return {
            "strides": ints(self.strides),
            "low": ints(self.low),
            "high": ints(self.high),
            "base_dilation": ints(self.base_dilation),
            "window_dilation": ints(self.window_dilation),
        }


def conv(lhs: Operand, rhs: Operand, windows: Windows) -> TracedArray:
    """Products of windows of lhs, [group..., n, i, x...], with rhs, [group..., o, i, k...], summed.

    The result is [group..., n, o, y...]; there may be any number of group axes, also none.
    """
    return emit("conv", [lhs, rhs], windows.attributes)


def reduce_window_sum(x: Operand, window: Sequence[int], windows: Windows) -> TracedArray:
    """The sum of each window."""
    return emit("reduce_window_sum", [x], {"window": ints(window), **windows.attributes})


def reduce_window_max(x: Operand, window: Sequence[int], windows: Windows) -> TracedArray:
    """The largest element of each window, NaN if there is one."""
    return emit("reduce_window_max", [x], {"window": ints(window), **windows.attributes})


def reduce_window_min(x: Operand, window: Sequence[int], windows: Windows) -> TracedArray:
    """The smallest element of each window, NaN if there is one."""
    return emit("reduce_window_min", [x], {"window": ints(window), **windows.attributes})


def window_argmax(x: Operand, window: Sequence[int], windows: Windows) -> TracedArray:
    """The place in each window, row-major, of its first largest element or of its last NaN."""
    return emit("window_argmax", [x], {"window": ints(window), **windows.attributes})


def window_argmin(x: Operand, window: Sequence[int], windows: Windows) -> TracedArray:
    """The place in each window, row-major, of its first smallest element or of its last NaN."""
    return emit("window_argmin", [x], {"window": ints(window), **windows.attributes})


def window_gather(
    x: Operand, index: Operand, window: Sequence[int], windows: Windows
) -> TracedArray:
    """The element at a place in each window; 0 where the window has no such place."""
    return emit("window_gather", [x, index], {"window": ints(window), **windows.attributes})


def window_scatter(
    x: Operand, index: Operand, sizes: Sequence[int], window: Sequence[int], windows: Windows
) -> TracedArray:
    """One element a window, added at its place in that window into zeros of the given sizes."""
    attributes = {"sizes": ints(sizes), "window": ints(window), **windows.attributes}
    return emit("window_scatter", [x, index], attributes)
