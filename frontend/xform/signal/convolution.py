"""Convolutions as products of frequencies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..errors import XformValueError, at_user_line
from ..numpy import fft
from ..numpy.axes import normalized_axes
from ..numpy.complex_parts import is_complex
from ..numpy.dispatch import extension
from ..numpy.fft.plans import smooth_length
from ..numpy.promotion import FLOAT64, array, constant
from ..tracing.array import ArrayLike, TracedArray

_MODES: Final = ("full", "same", "valid")


@extension("signal", arrays=2)
def fftconvolve(
    in1: ArrayLike, in2: ArrayLike, mode: str = "full", axes: Any = None
) -> TracedArray:
    """The convolution of two arrays along some axes, for which long ones take O(n log n) steps.

    Args:
        in1, in2: arrays of one number of axes, real or complex; integers become float64. Along
            axes that are not convolved, sizes are equal or 1.
        mode: "full": all sums of products; "same": as many as `in1` has elements, from the middle;
            "valid": those for which one array lies in the other.
        axes: along which, by default all.

    Raises:
        AxisError: an axis is out of range, or given twice.
        XformValueError: shapes do not fit, or an unknown mode.

    >>> import numpy as np
    >>> fftconvolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.5])).numpy().round(6)
    array([1. , 2.5, 4. , 1.5])
    """
    x, y = array(in1), array(in2)
    if mode not in _MODES:
        raise XformValueError(at_user_line(f"fftconvolve: expected mode in {_MODES}, got {mode!r}"))
    if x.ndim != y.ndim:
        raise XformValueError(
            at_user_line(f"fftconvolve: in1 has {x.ndim} axes and in2 has {y.ndim}")
        )
    along = normalized_axes(axes, x.ndim, "fftconvolve")
    for axis, (m, n) in enumerate(zip(x.shape, y.shape, strict=True)):
        if axis not in along and m != n and 1 not in (m, n):
            raise XformValueError(
                at_user_line(f"fftconvolve: axis {axis} has {m} elements in in1 and {n} in in2")
            )
    if 0 in (*x.shape, *y.shape):
        return constant((0,), FLOAT64, 0)
    # Along an axis where one array has one element, there is nothing to move.
    moved = [axis for axis in along if 1 not in (x.shape[axis], y.shape[axis])]
    if mode == "valid":
        sizes = [(x.shape[axis], y.shape[axis]) for axis in moved]
        is_smaller = any(m < n for m, n in sizes)
        if is_smaller and any(m > n for m, n in sizes):
            raise XformValueError(
                at_user_line(
                    f"fftconvolve: neither of the shapes {x.shape} and {y.shape} lies in the "
                    'other one, as "valid" wants it'
                )
            )
        if is_smaller:
            x, y = y, x
    found = _full(x, y, moved)
    wanted = list(found.shape)
    for axis in range(x.ndim) if mode == "same" else moved:
        m, n = x.shape[axis], y.shape[axis]
        wanted[axis] = {"full": m + n - 1, "same": m, "valid": m - n + 1}[mode]
    return _middle(found, wanted)


def _full(x: TracedArray, y: TracedArray, axes: Sequence[int]) -> TracedArray:
    """All sums of products along some axes, and products of elements along the others."""
    if not axes:
        return x * y
    sizes = [x.shape[axis] + y.shape[axis] - 1 for axis in axes]
    points = [smooth_length(n) for n in sizes]
    to, back = (fft.fftn, fft.ifftn)
    if not (is_complex(x) or is_complex(y)):
        to, back = (fft.rfftn, fft.irfftn)
    whole = back(to(x, points, axes) * to(y, points, axes), points, axes)
    there = [slice(None)] * x.ndim
    for axis, n in zip(axes, sizes, strict=True):
        there[axis] = slice(n)
    return whole[tuple(there)]


def _middle(x: TracedArray, shape: Sequence[int]) -> TracedArray:
    begins = [(have - n) // 2 for have, n in zip(x.shape, shape, strict=True)]
    return x[tuple(slice(begin, begin + n) for begin, n in zip(begins, shape, strict=True))]


__all__ = ["fftconvolve"]
