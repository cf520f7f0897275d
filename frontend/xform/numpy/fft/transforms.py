"""The functions of `np.fft` that transform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import XformTypeError, XformValueError, at_user_line
from ...primitives import concatenate, transpose
from ...tracing import traces
from ...tracing.array import ArrayLike, TracedArray
from ..complex_parts import is_complex
from ..dispatch import function
from ..promotion import array
from ..ufuncs import conjugate
from ..views import write_whole
from .extents import Extents, as_inexact, sized
from .half_spectra import half_spectrum, signal
from .norms import checked_norm, opposite, scale
from .steps import transform


class _Laid:
    """An array whose parts are a first axis, and whose other axes are in any order.

    A transform leaves its axis in front of the others, where that of the next one need not be.

    Attributes:
        parts: [2 or 1, ...].
        order: for each other axis of `parts`, the axis of the array that it is.
    """

    def __init__(self, x: TracedArray) -> None:
        halves = [traces.real_of(x), traces.imag_of(x)] if is_complex(x) else [x]
        self.parts = concatenate([half.reshape(1, *x.shape) for half in halves], 0)
        self.order = tuple(range(x.ndim))

    def bring(self, axis: int, n: int) -> None:
        """Moves an axis to the front, as it has to be for a transform of n points."""
        self._arrange((axis, *(i for i in self.order if i != axis)))
        self.parts = sized(self.parts, n, 1)

    def result(self) -> TracedArray:
        """The array."""
        self._arrange(tuple(range(len(self.order))))
        halves = [self.parts[i] for i in range(self.parts.shape[0])]
        return traces.complex_of(*halves) if len(halves) == 2 else halves[0]

    def _arrange(self, order: tuple[int, ...]) -> None:
        if order != self.order:
            moves = (0, *(1 + self.order.index(i) for i in order))
            self.parts = transpose(self.parts, moves)
            self.order = order


def _as_complex(x: TracedArray) -> TracedArray:
    """The array itself, or what it is as complex numbers."""
    if is_complex(x):
        return x
    return x.astype(np.complex64 if x.dtype == np.float32 else np.complex128)


def _given(result: TracedArray, out: Any) -> TracedArray:
    return result if out is None else write_whole(out, result)


class _Transform:
    """How one function of `np.fft` transforms.

    Args:
        name: the function's, for messages.
        norm: "backward", "ortho", "forward" or None.
        sign: of the exponents.

    Raises:
        XformValueError: an unknown norm.
    """

    def __init__(self, name: str, norm: Any, sign: int) -> None:
        self.name = name
        self.sign = sign
        known = checked_norm(norm, name)
        self.norm = opposite(known) if sign > 0 else known

    def along(self, laid: _Laid, axes: Sequence[int], points: Sequence[int]) -> None:
        """Transforms some axes, the last one first."""
        for axis, n in zip(reversed(axes), reversed(points), strict=True):
            laid.bring(axis, n)
            laid.parts = transform(laid.parts, self.sign, scale(self.norm, n))

    def whole(self, a: ArrayLike, s: Any, axes: Any, out: Any) -> TracedArray:
        """Of complex arrays."""
        x = as_inexact(a)
        among = Extents(x, s, axes, False, self.name)
        if not among.axes:
            return _given(array(a), out)
        laid = _Laid(x)
        self.along(laid, among.axes, among.points)
        return _given(_as_complex(laid.result()), out)

    def of_real(self, a: ArrayLike, s: Any, axes: Any, out: Any) -> TracedArray:
        """Of real arrays: the half of the frequencies along the last axis."""
        x = as_inexact(a)
        if is_complex(x):
            raise XformTypeError(
                at_user_line(f"{self.name}: expected real numbers, got {x.dtype.name}; use x.real")
            )
        among = Extents(x, s, axes, False, self.name)
        if not among.axes:
            raise XformValueError(
                at_user_line(f"{self.name}: expected at least one axis, got none")
            )
        laid, n = _Laid(x), among.points[-1]
        laid.bring(among.axes[-1], n)
        laid.parts = half_spectrum(laid.parts, scale(self.norm, n))
        self.along(laid, among.axes[:-1], among.points[:-1])
        return _given(laid.result(), out)

    def to_real(self, a: ArrayLike, s: Any, axes: Any, out: Any) -> TracedArray:
        """Of the half of the frequencies along the last axis, to real arrays."""
        x = _as_complex(as_inexact(a))
        among = Extents(x, s, axes, True, self.name)
        laid, n = _Laid(x), among.points[-1]
        self.along(laid, among.axes[:-1], among.points[:-1])
        laid.bring(among.axes[-1], n // 2 + 1)
        laid.parts = signal(laid.parts, n, scale(self.norm, n))
        return _given(laid.result(), out)


@function(np.fft.fft)
def fft(
    a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
) -> TracedArray:
    """The frequencies of signals, sum_j a_j e^(-2 pi i j k / n).

    Args:
        a: real or complex; float32 gives complex64, and integers complex128.
        n: how many points: the first ones along the axis, or all and zeros. None for all.
        axis: the axis of the signal.
        norm: "backward" (also None): as it is; "forward": divided by n; "ortho": by its root.
        out: an array to write into.

    Raises:
        AxisError: the axis is out of range.
        XformValueError: there are no points, or an unknown norm.
    """
    return _Transform("fft", norm, -1).whole(a, [n], [axis], out)


@function(np.fft.ifft)
def ifft(
    a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
) -> TracedArray:
    """The signals of frequencies, sum_k a_k e^(2 pi i j k / n) / n; see `fft`."""
    return _Transform("ifft", norm, 1).whole(a, [n], [axis], out)


@function(np.fft.rfft)
def rfft(
    a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
) -> TracedArray:
    """The first n // 2 + 1 frequencies of real signals, which have all that is in the others."""
    return _Transform("rfft", norm, -1).of_real(a, [n], [axis], out)


@function(np.fft.irfft)
def irfft(
    a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
) -> TracedArray:
    """The real signals of n // 2 + 1 frequencies.

    What is no real signal's, the imaginary part of the first frequency and of the last one of an
    even number of points, is left out.

    Args:
        a: the frequencies.
        n: how many points the signals have; None for an even number, 2 (m - 1) of m frequencies.
        axis, norm, out: see `fft`.
    """
    return _Transform("irfft", norm, 1).to_real(a, [n], [axis], out)


@function(np.fft.hfft)
def hfft(
    a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
) -> TracedArray:
    """The real frequencies of signals whose second half mirrors the first, which is given."""
    return _Transform("hfft", opposite(norm), 1).to_real(conjugate(a), [n], [axis], out)


@function(np.fft.ihfft)
def ihfft(
    a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None, out: Any = None
) -> TracedArray:
    """The first half of the signals that real frequencies have, which the second half mirrors."""
    found = _Transform("ihfft", opposite(norm), -1).of_real(a, [n], [axis], None)
    return _given(conjugate(found), out)


@function(np.fft.fftn)
def fftn(
    a: ArrayLike, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None
) -> TracedArray:
    """The frequencies along several axes.

    Args:
        a: see `fft`.
        s: how many points along each axis, -1 for all; None for all of each.
        axes: the axes, by default all, or the last ones if `s` is given.
        norm, out: see `fft`.

    Raises:
        AxisError: an axis is out of range.
        XformValueError: `s` and `axes` differ in length, there are no points, or an unknown norm.
    """
    return _Transform("fftn", norm, -1).whole(a, s, axes, out)


@function(np.fft.ifftn)
def ifftn(
    a: ArrayLike, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None
) -> TracedArray:
    """The signals of frequencies along several axes; see `fftn`."""
    return _Transform("ifftn", norm, 1).whole(a, s, axes, out)


@function(np.fft.fft2)
def fft2(
    a: ArrayLike, s: Any = None, axes: Any = (-2, -1), norm: str | None = None, out: Any = None
) -> TracedArray:
    """The frequencies along two axes; see `fftn`."""
    return _Transform("fft2", norm, -1).whole(a, s, axes, out)


@function(np.fft.ifft2)
def ifft2(
    a: ArrayLike, s: Any = None, axes: Any = (-2, -1), norm: str | None = None, out: Any = None
) -> TracedArray:
    """The signals of frequencies along two axes; see `fftn`."""
    return _Transform("ifft2", norm, 1).whole(a, s, axes, out)


@function(np.fft.rfftn)
def rfftn(
    a: ArrayLike, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None
) -> TracedArray:
    """The frequencies of real signals along several axes, the first half along the last of them."""
    return _Transform("rfftn", norm, -1).of_real(a, s, axes, out)


@function(np.fft.irfftn)
def irfftn(
    a: ArrayLike, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None
) -> TracedArray:
    """The real signals of frequencies that `rfftn` gives.

    Args:
        a: the frequencies.
        s: how many points the signals have; None for an even number along the last axis.
        axes, norm, out: see `fftn`.
    """
    return _Transform("irfftn", norm, 1).to_real(a, s, axes, out)


@function(np.fft.rfft2)
def rfft2(
    a: ArrayLike, s: Any = None, axes: Any = (-2, -1), norm: str | None = None, out: Any = None
) -> TracedArray:
    """`rfftn` along two axes."""
    return _Transform("rfft2", norm, -1).of_real(a, s, axes, out)


@function(np.fft.irfft2)
def irfft2(
    a: ArrayLike, s: Any = None, axes: Any = (-2, -1), norm: str | None = None, out: Any = None
) -> TracedArray:
    """`irfftn` along two axes."""
    return _Transform("irfft2", norm, 1).to_real(a, s, axes, out)


__all__ = [
    "fft",
    "fft2",
    "fftn",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftn",
]
