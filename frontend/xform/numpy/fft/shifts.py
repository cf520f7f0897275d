"""The order of frequencies."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...tracing.array import ArrayLike, TracedArray
from ..axes import normalized_axis
from ..dispatch import function
from ..manipulation import roll
from ..promotion import array


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


__all__ = ["fftshift", "ifftshift"]
