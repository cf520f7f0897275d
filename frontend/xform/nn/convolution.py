"""Convolutions, with the signatures of torch.nn.functional."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from .. import primitives
from ..errors import XformValueError, at_user_line
from ..family import family
from ..numpy import ufuncs
from ..numpy.dispatch import extension
from ..numpy.promotion import array, fit, operand, result_type
from ..primitives import Windows
from ..tracing.array import ArrayLike, TracedArray
from .spatial import Sizes, check_rank, per_axis

Padding: TypeAlias = str | int | Sequence[int] | Sequence[tuple[int, int]]


def _pads(
    padding: Any, window: Sequence[int], stride: Sequence[int], dilation: Sequence[int], name: str
) -> tuple[list[int], list[int]]:
    """How many zeros come before and after the elements of each axis."""
    rank = len(window)
    if isinstance(padding, str):
        if padding == "valid":
            return [0] * rank, [0] * rank
        if padding != "same":
            raise XformValueError(
                at_user_line(f"{name}: padding is 'same', 'valid' or numbers, got {padding!r}")
            )
        if any(s != 1 for s in stride):
            raise XformValueError(
                at_user_line(f"{name}: padding 'same' needs stride 1, got {list(stride)}")
            )
        total = [d * (k - 1) for d, k in zip(dilation, window, strict=True)]
        return [n // 2 for n in total], [n - n // 2 for n in total]
    pairs = list(padding) if isinstance(padding, Sequence) else []
    if pairs and all(isinstance(pair, Sequence) and len(pair) == 2 for pair in pairs):
        low = per_axis([pair[0] for pair in pairs], rank, f"{name}: padding", -(2**62))
        high = per_axis([pair[1] for pair in pairs], rank, f"{name}: padding", -(2**62))
        return low, high
    same = per_axis(padding, rank, f"{name}: padding", 0)
    return same, same


def _in_groups(
    x: TracedArray, weight: TracedArray, groups: int, windows: Windows, name: str
) -> TracedArray:
    """The convolution of each group's channels, [n, channels, x...] in and out."""
    (n, channels), (outputs, inputs) = x.shape[:2], weight.shape[:2]
    if groups < 1 or channels != inputs * groups or outputs % groups:
        raise XformValueError(
            at_user_line(
                f"{name}: with groups={groups}, weight of shape {weight.shape} takes "
                f"{inputs * groups} channels and gives a multiple of {groups}, "
                f"got input of shape {x.shape}"
            )
        )
    if groups == 1:
        return primitives.conv(x, weight, windows)
    sizes, window = x.shape[2:], weight.shape[2:]
    swapped = [1, 0, *range(2, x.ndim + 1)]
    lhs = primitives.transpose(primitives.reshape(x, (n, groups, inputs, *sizes)), swapped)
    rhs = primitives.reshape(weight, (groups, outputs // groups, inputs, *window))
    result = primitives.transpose(primitives.conv(lhs, rhs, windows), swapped)
    return primitives.reshape(result, (n, outputs, *result.shape[3:]))


def _with_bias(
    result: TracedArray, bias: ArrayLike | None, channels: int, name: str
) -> TracedArray:
    if bias is None:
        return result
    added = array(bias)
    if added.shape != (channels,):
        raise XformValueError(
            at_user_line(f"{name}: expected bias of shape ({channels},), got {added.shape}")
        )
    return ufuncs.add(
        result, primitives.broadcast_in_dim(added, (channels,) + (1,) * (result.ndim - 2), [0])
    )


def _operands(x: ArrayLike, weight: ArrayLike) -> tuple[TracedArray, TracedArray]:
    lhs, rhs = operand(x), operand(weight)
    dtype = result_type(lhs, rhs)
    return fit(lhs, dtype, lhs.shape), fit(rhs, dtype, rhs.shape)


def _rows_and_weight(
    input: ArrayLike, weight: ArrayLike, rank: int, name: str
) -> tuple[TracedArray, TracedArray, TracedArray]:
    """The input as an array, the same with an axis for rows, and the weight."""
    x, w = _operands(input, weight)
    check_rank(x, rank, name)
    rows = x if x.ndim == rank + 2 else primitives.reshape(x, (1, *x.shape))
    _check_weight(rows, w, name)
    return x, rows, w


def _check_weight(x: TracedArray, weight: TracedArray, name: str) -> None:
    if weight.ndim < 2 or x.ndim != weight.ndim:
        raise XformValueError(
            at_user_line(
                f"{name}: input and weight need the same number of axes, two more than there are "
                f"spatial ones, got shapes {x.shape} and {weight.shape}"
            )
        )


@extension("nn")
def conv(
    input: ArrayLike,
    weight: ArrayLike,
    *,
    stride: Sizes = 1,
    padding: Padding = 0,
    dilation: Sizes = 1,
    base_dilation: Sizes = 1,
    groups: int = 1,
) -> TracedArray:
    """Products of `weight` with each window of `input`, summed over window and input channels.

    As in torch, `weight` is not turned around. There may be any number of spatial axes. Each of
    the options is one number or one for each spatial axis.

    Args:
        input: of shape (n, channels, x...).
        weight: of shape (outputs, channels / groups, window...).
        stride: from one window to the next.
        padding: zeros before and after; also "same" or "valid", or a pair of numbers for each axis,
            of which negative ones cut elements off.
        dilation: from one element of a window to the next.
        base_dilation: from one element of `input` to the next, with zeros between.
        groups: into how many parts the channels are divided, each with outputs of its own.

    Returns:
        An array of shape (n, outputs, y...).

    Raises:
        XformValueError: shapes or options do not fit, or a window is larger than the padded input.

    >>> import numpy as np
    >>> np.asarray(conv(np.ones((1, 1, 4)), np.array([[[1.0, 2.0]]]), padding=[(1, 0)]))
    array([[[2., 3., 3., 3.]]])
    """
    x, w = _operands(input, weight)
    _check_weight(x, w, "conv")
    rank, window = x.ndim - 2, w.shape[2:]
    strides = per_axis(stride, rank, "conv: stride", 1)
    dilations = per_axis(dilation, rank, "conv: dilation", 1)
    gaps = per_axis(base_dilation, rank, "conv: base_dilation", 1)
    low, high = _pads(padding, window, strides, dilations, "conv")
    return _in_groups(x, w, groups, Windows(strides, low, high, gaps, dilations), "conv")


@family
def _conv_nd(
    name: str,
    rank: int,
    input: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Sizes = 1,
    padding: Padding = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> TracedArray:
    x, rows, w = _rows_and_weight(input, weight, rank, name)
    strides = per_axis(stride, rank, f"{name}: stride", 1)
    dilations = per_axis(dilation, rank, f"{name}: dilation", 1)
    low, high = _pads(padding, w.shape[2:], strides, dilations, name)
    windows = Windows(strides, low, high, [1] * rank, dilations)
    result = _with_bias(_in_groups(rows, w, groups, windows, name), bias, w.shape[0], name)
    return result if rows is x else primitives.reshape(result, result.shape[1:])


@extension("nn")
@_conv_nd(1)
def conv1d() -> None:
    """The convolution of (n, channels, x) or (channels, x); see `conv`."""


@extension("nn")
@_conv_nd(2)
def conv2d() -> None:
    """The convolution of (n, channels, x1, x2) or (channels, x1, x2); see `conv`."""


@extension("nn")
@_conv_nd(3)
def conv3d() -> None:
    """The convolution of (n, channels, x1, x2, x3) or without n; see `conv`."""


# Transposed convolutions -------------------------------------------------------------------------


@family
def _conv_transpose_nd(
    name: str,
    rank: int,
    input: ArrayLike,
    weight: ArrayLike,
    bias: ArrayLike | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> TracedArray:
    x, rows, w = _rows_and_weight(input, weight, rank, name)
    strides = per_axis(stride, rank, f"{name}: stride", 1)
    dilations = per_axis(dilation, rank, f"{name}: dilation", 1)
    cuts = per_axis(padding, rank, f"{name}: padding", 0)
    extra = per_axis(output_padding, rank, f"{name}: output_padding", 0)
    if any(e >= max(s, d) for e, s, d in zip(extra, strides, dilations, strict=True)):
        raise XformValueError(
            at_user_line(
                f"{name}: output_padding must be smaller than stride or dilation, got "
                f"{extra} with stride {strides} and dilation {dilations}"
            )
        )
    (channels, outputs), window = w.shape[:2], w.shape[2:]
    if groups < 1 or rows.shape[1] != channels or channels % groups:
        raise XformValueError(
            at_user_line(
                f"{name}: with groups={groups}, weight of shape {w.shape} takes {channels} "
                f"channels, a multiple of {groups}; got input of shape {x.shape}"
            )
        )
    # The windows' elements run backwards, and inputs and outputs change places in each group.
    w = primitives.reverse(w, range(2, w.ndim))
    w = primitives.reshape(w, (groups, channels // groups, outputs, *window))
    w = primitives.transpose(w, [0, 2, 1, *range(3, w.ndim)])
    w = primitives.reshape(w, (groups * outputs, channels // groups, *window))
    low = [d * (k - 1) - cut for d, k, cut in zip(dilations, window, cuts, strict=True)]
    high = [n + more for n, more in zip(low, extra, strict=True)]
    windows = Windows([1] * rank, low, high, strides, dilations)
    result = _with_bias(_in_groups(rows, w, groups, windows, name), bias, groups * outputs, name)
    return result if rows is x else primitives.reshape(result, result.shape[1:])


@extension("nn")
@_conv_transpose_nd(1)
def conv_transpose1d() -> None:
    """What the derivative of `conv1d` does to a cotangent.

    Args:
        input: of shape (n, channels, x) or (channels, x).
        weight: of shape (channels, outputs / groups, window).
        bias: one number for each output channel.
        stride: from one element of `input` to the next, in the result.
        padding: how much the result is cut at both ends.
        output_padding: how much less it is cut at its end.
        groups: into how many parts the channels are divided.
        dilation: from one element of a window to the next.

    >>> import numpy as np
    >>> np.asarray(
    ...     conv_transpose1d(np.array([[1.0, 2.0]]), np.array([[[3.0, 4.0]]]), stride=2)
    ... )
    array([[3., 4., 6., 8.]])
    """


@extension("nn")
@_conv_transpose_nd(2)
def conv_transpose2d() -> None:
    """What the derivative of `conv2d` does to a cotangent; see `conv_transpose1d`."""


@extension("nn")
@_conv_transpose_nd(3)
def conv_transpose3d() -> None:
    """What the derivative of `conv3d` does to a cotangent; see `conv_transpose1d`."""
