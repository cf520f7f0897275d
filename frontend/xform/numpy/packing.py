"""Truth values as the bits of bytes."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing.array import ArrayLike, TracedArray
from . import ufuncs
from .axes import normalized_axis
from .dispatch import function
from .indexing import select_along
from .manipulation import moveaxis
from .padding import pad
from .promotion import array
from .reductions import sum as sum_


def _shifts(bitorder: str, name: str) -> Any:
    """How far each bit of a byte lies above the lowest one."""
    if bitorder not in ("big", "little"):
        raise XformValueError(
            at_user_line(f"{name}: bitorder is 'big' or 'little', got {bitorder!r}")
        )
    shifts = np.arange(8, dtype=np.uint8)
    return shifts[::-1] if bitorder == "big" else shifts


def _with_last_axis(a: ArrayLike, axis: int | None, name: str) -> tuple[TracedArray, int]:
    """The array with the axis last, and its place; for None all elements in one axis."""
    x = array(a)
    if axis is None:
        return x.reshape(-1), 0
    place = normalized_axis(axis, x.ndim, name)
    return moveaxis(x, place, -1), place


@function(np.packbits)
def packbits(a: ArrayLike, axis: int | None = None, bitorder: str = "big") -> TracedArray:
    """Eight truth values in each byte, zeros behind the last one.

    Args:
        a: bools or integers, of which all but 0 are true.
        axis: along which; None for all elements in order.
        bitorder: whether the first of eight is the highest bit, "big", or the lowest, "little".

    Returns:
        uint8, an eighth as long along the axis, rounded up.

    Raises:
        XformTypeError: `a` is floating.
        XformValueError: `bitorder` is neither.
    """
    shifts = _shifts(bitorder, "packbits")
    x, place = _with_last_axis(a, axis, "packbits")
    if x.dtype.kind not in "iub":
        raise XformTypeError(
            at_user_line(f"packbits: expected bools or integers, got dtype {x.dtype.name}")
        )
    bits = ufuncs.not_equal(x, 0).astype(np.uint8)
    bits = pad(bits, [(0, 0)] * (x.ndim - 1) + [(0, -x.shape[-1] % 8)])
    groups = bits.reshape(*bits.shape[:-1], bits.shape[-1] // 8, 8)
    return moveaxis(sum_(ufuncs.left_shift(groups, shifts), -1, np.uint8), -1, place)


@function(np.unpackbits)
def unpackbits(
    a: ArrayLike, axis: int | None = None, count: int | None = None, bitorder: str = "big"
) -> TracedArray:
    """The bits of bytes.

    Args:
        a: uint8.
        axis: along which; None for all elements in order.
        count: how many bits to return, zeros where there are none left; negative to leave out that
            many at the end; None for all.
        bitorder: as of `packbits`.

    Returns:
        uint8 of zeros and ones, `count` long along the axis.

    Raises:
        XformTypeError: `a` is not uint8.
        XformValueError: `bitorder` is neither, or `count` leaves out more than there is.
    """
    shifts = _shifts(bitorder, "unpackbits")
    x, place = _with_last_axis(a, axis, "unpackbits")
    if x.dtype != np.uint8:
        raise XformTypeError(at_user_line(f"unpackbits: expected uint8, got {x.dtype.name}"))
    bits = ufuncs.bitwise_and(ufuncs.right_shift(x[..., None], shifts), np.uint8(1))
    size = 8 * x.shape[-1]
    bits = bits.reshape(*x.shape[:-1], size)
    if count is not None:
        wanted = operator.index(count)
        length = size + wanted if wanted < 0 else wanted
        if length < 0:
            raise XformValueError(
                at_user_line(f"unpackbits: count {count} is out of range for {size} bits")
            )
        bits = select_along(bits, bits.ndim - 1, 0, min(length, size))
        bits = pad(bits, [(0, 0)] * (bits.ndim - 1) + [(0, max(length - size, 0))])
    return moveaxis(bits, -1, place)


__all__ = ["packbits", "unpackbits"]
