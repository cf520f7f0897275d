"""Which frequencies there are, and in which order."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...tracing.array import ArrayLike, TracedArray
from ..axes import normalized_axis
from ..dispatch import function
from ..manipulation import roll
from ..promotion import array


def fftfreq(n: int, d: Any = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """The frequencies that `fft` gives, in cycles for each unit of `d`: [n].

    Args:
        n: how many points.
        d: how far they are apart; a number, or a traced one.
        dtype: float64 by default.
        device: None or "cpu".

    >>> fftfreq(4, 0.5)
    array([ 0. ,  0.5, -1. , -0.5])
    """
    return _as_dtype(np.fft.fftfreq(n, d, device=device), dtype)


def rfftfreq(n: int, d: Any = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """The frequencies that `rfft` gives: [n // 2 + 1]; see `fftfreq`."""
    return _as_dtype(np.fft.rfftfreq(n, d, device=device), dtype)


def _as_dtype(found: Any, dtype: Any) -> Any:
    return found if dtype is None else found.astype(dtype)


@function(np.fft.fftshift)
def fftshift(x: ArrayLike, axes: Any = None) -> TracedArray:
    """The frequencies in order, with 0 in the middle; along all axes by default."""
    return _shifted(array(x), axes, "fftshift", lambda n: n // 2)


@function(np.fft.ifftshift)
def ifftshift(x: ArrayLike, axes: Any = None) -> TracedArray:
    """What `fftshift` makes, undone."""
    return _shifted(array(x), axes, "ifftshift", lambda n: -(n // 2))


def _shifted(x: TracedArray, axes: Any, name: str, places: Any) -> TracedArray:
    among = range(x.ndim) if axes is None else axes if np.iterable(axes) else (axes,)
    chosen = tuple(normalized_axis(axis, x.ndim, name) for axis in among)
    return roll(x, tuple(places(x.shape[axis]) for axis in chosen), chosen)


__all__ = ["fftfreq", "fftshift", "ifftshift", "rfftfreq"]
