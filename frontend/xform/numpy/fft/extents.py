"""Along which axes an array is transformed, and over how many points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...errors import XformValueError, at_user_line
from ...primitives import concatenate
from ...tracing.array import ArrayLike, TracedArray
from ..axes import normalized_axis
from ..complex_parts import is_complex
from ..promotion import array


class Extents:
    """Along which axes an array is transformed, and how many points each has.

    Args:
        x: the array.
        s: how many points: for each axis a number, -1 for as many as there are, or None.
        axes: the axes, or None for as many of the last ones as `s` has, or for all.
        halved: whether the array has half of the frequencies along the last of the axes.
        name: the function's, for messages.

    Raises:
        AxisError: an axis is out of range.
        XformValueError: `s` and `axes` differ in length, an axis has no points, or there is none.
    """

    def __init__(self, x: TracedArray, s: Any, axes: Any, halved: bool, name: str) -> None:
        if axes is None:
            axes = range(-len(s), 0) if s is not None else range(x.ndim)
        self.axes = [normalized_axis(axis, x.ndim, name) for axis in axes]
        asked = [-1] * len(self.axes) if s is None else [-1 if n is None else int(n) for n in s]
        if len(asked) != len(self.axes):
            raise XformValueError(
                at_user_line(f"{name}: s has {len(asked)} numbers for {len(self.axes)} axes")
            )
        if halved and not asked:
            raise XformValueError(at_user_line(f"{name}: expected at least one axis, got none"))
        self.points = [x.shape[i] if n == -1 else n for i, n in zip(self.axes, asked, strict=True)]
        if halved and asked[-1] == -1:
            self.points[-1] = 2 * (x.shape[self.axes[-1]] - 1)
        for n in self.points:
            if n < 1:
                raise XformValueError(at_user_line(f"{name}: expected at least one point, got {n}"))

    def each(self) -> Iterator[tuple[int, int]]:
        """Each axis and its points, the last one first."""
        return zip(reversed(self.axes), reversed(self.points), strict=True)


def as_inexact(a: ArrayLike) -> TracedArray:
    """Floats or complex numbers of NumPy's widths; integers become float64."""
    x = array(a)
    if x.dtype in (np.float32, np.float64) or is_complex(x):
        return x
    return x.astype(np.float64 if x.dtype.kind in "iub" else np.float32)


def sized(x: TracedArray, n: int, axis: int) -> TracedArray:
    """The first n elements along an axis, or all and zeros."""
    have = x.shape[axis]
    if n < have:
        return x[(slice(None),) * axis + (slice(n),)]
    if n == have:
        return x
    zeros = np.zeros((*x.shape[:axis], n - have, *x.shape[axis + 1 :]), x.dtype)
    return concatenate([x, array(zeros)], axis)


__all__ = ["Extents", "as_inexact", "sized"]
