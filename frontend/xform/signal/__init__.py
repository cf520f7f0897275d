"""The `xform.signal` namespace: convolution and cosine transforms, by way of Fourier's.

Functions have SciPy's names and arguments, those of `scipy.signal` and `scipy.fft`. On concrete
arrays they are compiled and run on the fly.
"""

from __future__ import annotations

from typing import NoReturn

from ..numpy.dispatch import suggest as _suggest
from .convolution import fftconvolve
from .cosine_transforms import dct, dctn, dst, dstn, idct, idctn, idst, idstn

__all__ = ["dct", "dctn", "dst", "dstn", "fftconvolve", "idct", "idctn", "idst", "idstn"]


def __getattr__(name: str) -> NoReturn:
    suggestion = _suggest(name, __all__)
    raise AttributeError(f"module 'xform.signal' has no attribute {name!r}{suggestion}")
