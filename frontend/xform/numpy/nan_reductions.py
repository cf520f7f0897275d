"""Reductions of the elements that are not NaN."""

from __future__ import annotations

import numpy as np

from .dispatch import function
from .reductions import (
    PRODUCT,
    SUM,
    Deviation,
    Extreme,
    combination,
    deviation_of,
    extreme,
    mean_of,
    place_of,
)


@function(np.nansum)
@combination(SUM._replace(leaves_nan=True))
def nansum() -> None:
    """The sum, NaN counting as 0."""


@function(np.nanprod)
@combination(PRODUCT._replace(leaves_nan=True))
def nanprod() -> None:
    """The product, NaN counting as 1."""


@function(np.nanmean)
@mean_of(True)
def nanmean() -> None:
    """The mean of the elements that are not NaN."""


@function(np.nanvar)
@deviation_of(Deviation(is_root=False, leaves_nan=True))
def nanvar() -> None:
    """The variance of the elements that are not NaN."""


@function(np.nanstd)
@deviation_of(Deviation(is_root=True, leaves_nan=True))
def nanstd() -> None:
    """The root of the variance of the elements that are not NaN."""


_LARGEST, _SMALLEST = Extreme(True, leaves_nan=True), Extreme(False, leaves_nan=True)


@function(np.nanmax)
@extreme(_LARGEST)
def nanmax() -> None:
    """The largest element that is not NaN; NaN where all are."""


@function(np.nanmin)
@extreme(_SMALLEST)
def nanmin() -> None:
    """The smallest element that is not NaN; NaN where all are."""


@function(np.nanargmax)
@place_of(_LARGEST)
def nanargmax() -> None:
    """The index of the largest element that is not NaN; 0 where all are, which NumPy rejects."""


@function(np.nanargmin)
@place_of(_SMALLEST)
def nanargmin() -> None:
    """The index of the smallest element that is not NaN; 0 where all are, which NumPy rejects."""


__all__ = [
    "nanargmax",
    "nanargmin",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]
