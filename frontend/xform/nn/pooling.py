"""The largest elements and the means of windows, with the signatures of torch.nn.functional."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from .. import primitives
from ..errors import XformValueError, at_user_line
from ..family import family
from ..numpy import ufuncs
from ..numpy.dispatch import extension
from ..numpy.promotion import BOOL, FLOAT64, UINT8, array, computed_dtype, is_float
from ..primitives import Windows
from ..tracing.array import ArrayLike, TracedArray
from .real_arguments import real_arrays
from .spatial import Sizes, check_rank, per_axis


@dataclass(frozen=True)
class _Pool:
    """The windows of a pool, one entry in each list for each spatial axis."""

    size: Sequence[int]
    stride: Sequence[int]
    padding: Sequence[int]
    dilation: Sequence[int]
    counts: Sequence[int]

    def windows(self, sizes: Sequence[int]) -> Windows:
        """As many windows as there are to be, also where the last one goes beyond the padding."""
        high = [
            (count - 1) * s + d * (k - 1) + 1 - n - p
            for count, s, d, k, n, p in zip(
                self.counts, self.stride, self.dilation, self.size, sizes, self.padding, strict=True
            )
        ]
        return Windows(self.stride, self.padding, high, [1] * len(high), self.dilation)


def _pool_of(
    x: TracedArray,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
    rank: int,
    name: str,
) -> _Pool:
    check_rank(x, rank, name)
    size = per_axis(kernel_size, rank, f"{name}: kernel_size", 1)
    # As in torch, an empty stride is none.
    strides = (
        size if stride is None or stride == () else per_axis(stride, rank, f"{name}: stride", 1)
    )
    pads = per_axis(padding, rank, f"{name}: padding", 0)
    dilations = per_axis(dilation, rank, f"{name}: dilation", 1)
    extents = [d * (k - 1) + 1 for d, k in zip(dilations, size, strict=True)]
    if any(2 * p > extent for p, extent in zip(pads, extents, strict=True)):
        raise XformValueError(
            at_user_line(f"{name}: padding {pads} must be at most half of a window's {extents}")
        )
    counts = []
    for n, extent, s, p in zip(x.shape[-rank:], extents, strides, pads, strict=True):
        room = n + 2 * p - extent
        count = (room + (s - 1 if ceil_mode else 0)) // s + 1
        # The last window must begin within the elements or the padding before them.
        if ceil_mode and (count - 1) * s >= n + p:
            count -= 1
        if count < 1:
            raise XformValueError(
                at_user_line(
                    f"{name}: windows of {extents} do not fit into input of shape {x.shape} "
                    f"with padding {pads}"
                )
            )
        counts.append(count)
    return _Pool(size, strides, pads, dilations, counts)


@family
def _max_pool(
    name: str,
    rank: int,
    input: ArrayLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> TracedArray:
    x = array(input)
    pool = _pool_of(x, kernel_size, stride, padding, dilation, ceil_mode, rank, name)
    counted = array(x, UINT8) if x.dtype == BOOL else x
    largest = primitives.reduce_window_max(counted, pool.size, pool.windows(x.shape[-rank:]))
    return array(largest, x.dtype)


@extension("nn")
@real_arrays
@_max_pool(1)
def max_pool1d() -> None:
    """The largest element of each window of (n, channels, x) or (channels, x).

    Of equal largest elements the first has the derivative, of several NaN the last.

    Args:
        input: numbers.
        kernel_size: of a window.
        stride: from one window to the next; the size of a window if not given.
        padding: what lies before and after the elements, and is smaller than any.
        dilation: from one element of a window to the next.
        ceil_mode: whether a last window may go beyond the padding.

    Raises:
        XformValueError: windows do not fit, or padding exceeds half of one.

    >>> np.asarray(max_pool1d(np.array([[1.0, 4.0, 2.0, 3.0]]), 2))
    array([[4., 3.]])
    """


@extension("nn")
@real_arrays
@_max_pool(2)
def max_pool2d() -> None:
    """The largest element of each window of (n, channels, x1, x2); see `max_pool1d`."""


@extension("nn")
@real_arrays
@_max_pool(3)
def max_pool3d() -> None:
    """The largest element of each window of (n, channels, x1, x2, x3); see `max_pool1d`."""


def _divisors(pool: _Pool, sizes: Sequence[int], count_include_pad: bool) -> np.ndarray:
    """How many elements each window has, as torch counts: none beyond the padding."""
    along = []
    for n, k, s, p, count in zip(
        sizes, pool.size, pool.stride, pool.padding, pool.counts, strict=True
    ):
        first = np.arange(count) * s - p
        end = np.minimum(first + k, n + p)
        if not count_include_pad:
            first, end = np.maximum(first, 0), np.minimum(end, n)
        along.append(end - first)
    return np.asarray(reduce(np.multiply.outer, along))


def _average(
    name: str,
    rank: int,
    input: ArrayLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> TracedArray:
    x = array(input)
    dtype = x.dtype if is_float(x.dtype) else FLOAT64
    x = array(x, computed_dtype(dtype))
    pool = _pool_of(x, kernel_size, stride, padding, 1, ceil_mode, rank, name)
    if divisor_override == 0:
        raise XformValueError(at_user_line(f"{name}: divisor_override cannot be 0"))
    sizes = x.shape[-rank:]
    total = primitives.reduce_window_sum(x, pool.size, pool.windows(sizes))
    if divisor_override is not None:
        return array(ufuncs.divide(total, divisor_override), dtype)
    divisors = _divisors(pool, sizes, count_include_pad)
    if np.all(divisors == math.prod(pool.size)):
        return array(ufuncs.divide(total, math.prod(pool.size)), dtype)
    return array(ufuncs.divide(total, divisors.astype(x.dtype)), dtype)


@extension("nn")
@real_arrays
def avg_pool1d(
    input: ArrayLike,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> TracedArray:
    """The mean of each window of (n, channels, x) or (channels, x).

    Args:
        input: floats; integers become float64.
        kernel_size: of a window.
        stride: from one window to the next; the size of a window if not given.
        padding: how many zeros lie before and after the elements.
        ceil_mode: whether a last window may go beyond the padding.
        count_include_pad: whether the zeros count as elements of a mean.

    Raises:
        XformValueError: windows do not fit, or padding exceeds half of one.

    >>> np.asarray(avg_pool1d(np.array([[1.0, 4.0, 2.0, 3.0]]), 2))
    array([[2.5, 2.5]])
    """
    return _average(
        "avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad
    )


# In torch they also take a divisor.
_avg_pool = family(_average)


@extension("nn")
@real_arrays
@_avg_pool(2)
def avg_pool2d() -> None:
    """The mean of each window of (n, channels, x1, x2), or its sum over a given divisor.

    See `avg_pool1d`.
    """


@extension("nn")
@real_arrays
@_avg_pool(3)
def avg_pool3d() -> None:
    """The mean of each window of (n, channels, x1, x2, x3), or its sum over a given divisor.

    See `avg_pool1d`.
    """
