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

nansum = function(np.nansum)(
    combination("nansum", SUM._replace(leaves_nan=True), "The sum, NaN counting as 0.")
)
nanprod = function(np.nanprod)(
    combination("nanprod", PRODUCT._replace(leaves_nan=True), "The product, NaN counting as 1.")
)
nanmean = function(np.nanmean)(
    mean_of("nanmean", True, "The mean of the elements that are not NaN.")
)
nanvar = function(np.nanvar)(
    deviation_of(
        "nanvar",
        Deviation(is_root=False, leaves_nan=True),
        "The variance of the elements that are not NaN.",
    )
)
nanstd = function(np.nanstd)(
    deviation_of(
        "nanstd",
        Deviation(is_root=True, leaves_nan=True),
        "The root of the variance of the elements that are not NaN.",
    )
)

_LARGEST, _SMALLEST = Extreme(True, leaves_nan=True), Extreme(False, leaves_nan=True)

nanmax = function(np.nanmax)(
    extreme("nanmax", _LARGEST, "The largest element that is not NaN; NaN where all are.")
)
nanmin = function(np.nanmin)(
    extreme("nanmin", _SMALLEST, "The smallest element that is not NaN; NaN where all are.")
)
nanargmax = function(np.nanargmax)(
    place_of(
        "nanargmax",
        _LARGEST,
        "The index of the largest element that is not NaN; 0 where all are, which NumPy rejects.",
    )
)
nanargmin = function(np.nanargmin)(
    place_of(
        "nanargmin",
        _SMALLEST,
        "The index of the smallest element that is not NaN; 0 where all are, which NumPy rejects.",
    )
)


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
