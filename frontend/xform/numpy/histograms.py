"""How many elements lie in each bin.

The number of bins is a shape, so it is known while a function is traced; the edges may be traced.
"""

from __future__ import annotations

import builtins
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing.array import ArrayLike, TracedArray
from . import reductions, ufuncs
from .complex_parts import is_complex
from .creation import asarray, holds_traced
from .dispatch import function
from .grids import linspace
from .joining import stack
from .ordering import of_one_dtype, searchsorted
from .promotion import COMPLEX128, FLOAT64, INT64, array, constant, is_float

Range = tuple[float, float] | None


@function(np.histogram_bin_edges)
def histogram_bin_edges(
    a: ArrayLike, bins: Any = 10, range: Range = None, weights: ArrayLike | None = None
) -> Any:
    """The edges of the bins that `histogram` has for the same arguments.

    Raises:
        XformTypeError: `bins` is the name of a rule, which needs the elements themselves.
        XformValueError: there are no bins, or the edges or `range` are not in order or not finite.
    """
    if isinstance(bins, str):
        raise XformTypeError(
            at_user_line(f"histogram: bins={bins!r} depends on the elements; give a number of bins")
        )
    if _has_length(bins):
        if holds_traced(bins):
            return asarray(bins)
        _check_order(bins)
        return np.asarray(bins)
    count = operator.index(bins)
    if count < 1:
        raise XformValueError(at_user_line(f"histogram: bins must be positive, got {count}"))
    x = array(a)
    _require_real(x)
    dtype = x.dtype if is_float(x.dtype) else FLOAT64
    if x.size == 0 and range is None:
        range = (0.0, 1.0)
    if range is not None:
        low, high = range
        if holds_traced([low, high]):
            start, end = (array(bound, dtype) for bound in (low, high))
            margin = ufuncs.multiply(primitives.convert(primitives.eq(start, end), dtype), 0.5)
            return linspace(start - margin, end + margin, count + 1, dtype=dtype)
        if not (np.isfinite(low) and np.isfinite(high)):
            raise XformValueError(at_user_line(f"histogram: range {range} is not finite"))
        if low > high:
            raise XformValueError(at_user_line(f"histogram: range {range} is not in order"))
        widened = 0.5 if low == high else 0.0
        return np.linspace(low - widened, high + widened, count + 1, dtype=dtype)
    least, most = (array(extreme(x), dtype) for extreme in (reductions.min, reductions.max))
    margin = ufuncs.multiply(primitives.convert(primitives.eq(least, most), dtype), 0.5)
    start, end = ufuncs.subtract(least, margin), ufuncs.add(most, margin)
    edges: TracedArray = linspace(start, end, count + 1)
    return edges


@function(np.histogram)
def histogram(
    a: ArrayLike,
    bins: Any = 10,
    range: Range = None,
    density: bool | None = None,
    weights: ArrayLike | None = None,
) -> tuple[TracedArray, Any]:
    """How many elements, or how much weight, lie in each bin; the last one has both its edges.

    Args:
        a: the elements, of any shape.
        bins: how many bins of one width, or their ascending edges.
        range: the first and the last edge; None for the least and the largest element.
        density: whether to divide by the widths and the sum.
        weights: of the elements.

    Returns:
        The counts [bins] as int64, or the sums in the weights' dtype; and the edges [bins + 1].

    Raises:
        As `histogram_bin_edges`.
    """
    edges = histogram_bin_edges(a, bins, range)
    w = None if weights is None else array(weights).reshape(-1)
    found = _counts([array(a).reshape(-1)], [edges], w)
    return (_density(found, [edges]) if density else found), edges


@function(np.histogramdd)
def histogramdd(
    sample: Any,
    bins: Any = 10,
    range: Any = None,
    density: bool | None = None,
    weights: ArrayLike | None = None,
) -> tuple[TracedArray, tuple[Any, ...]]:
    """How many points, or how much weight, lie in each cell of a grid, as float64.

    Args:
        sample: points as rows [n, d], or a sequence of d vectors of coordinates.
        bins: as of `histogram`, for all coordinates, or one entry for each.
        range: None, or one entry as of `histogram` for each coordinate.
        density: whether to divide by the cells' volumes and the sum.
        weights: of the points.

    Returns:
        The counts, with an axis for each coordinate, and their edges.

    Raises:
        As `histogram_bin_edges`; also an XformValueError for as many entries as there are no
        coordinates.
    """
    if isinstance(sample, list | tuple):
        columns = [array(x) for x in sample]
    else:
        points = array(sample)
        points = points.reshape(-1, 1) if points.ndim == 1 else points
        columns = [points[:, i] for i in builtins.range(points.shape[1])]
    given = list(bins) if _has_length(bins) else [bins] * len(columns)
    ranges = [None] * len(columns) if range is None else list(range)
    for name, entries in (("bins", given), ("range", ranges)):
        if len(entries) != len(columns):
            raise XformValueError(
                at_user_line(
                    f"histogramdd: {name} has {len(entries)} entries for {len(columns)} coordinates"
                )
            )
    edges = tuple(map(histogram_bin_edges, columns, given, ranges))
    found = array(
        _counts(columns, edges, None if weights is None else array(weights, FLOAT64)), FLOAT64
    )
    return (_density(found, edges) if density else found), edges


@function(np.histogram2d)
def histogram2d(
    x: ArrayLike,
    y: ArrayLike,
    bins: Any = 10,
    range: Any = None,
    density: bool | None = None,
    weights: ArrayLike | None = None,
) -> tuple[TracedArray, Any, Any]:
    """`histogramdd` of two coordinates; a vector as `bins` has the edges of both.

    Returns:
        The counts [x bins, y bins], the edges of x and those of y.

    Raises:
        As `histogramdd`.
    """
    if _has_length(bins) and len(bins) > 2:
        bins = [bins, bins]
    found, (first, second) = histogramdd([x, y], bins, range, density, weights)
    return found, first, second


def _has_length(bins: Any) -> bool:
    return isinstance(bins, list | tuple) or np.ndim(bins) > 0


def _check_order(edges: Any) -> None:
    """Edges that are known while tracing must ascend."""
    known = np.asarray(edges)
    if np.any(known[:-1] > known[1:]):
        raise XformValueError(at_user_line("histogram: the edges in `bins` must ascend"))


def _require_real(x: TracedArray) -> None:
    if is_complex(x):
        raise XformTypeError(
            at_user_line(f"histogram: complex numbers lie in no bins, got {x.dtype}")
        )


def _counts(
    columns: Sequence[TracedArray], edges: Sequence[Any], weights: TracedArray | None
) -> TracedArray:
    """The number or the weight of the points in each cell."""
    sizes = tuple(array(limits).shape[0] - 1 for limits in edges)
    places = []
    for column, points, count in zip(columns, edges, sizes, strict=True):
        _require_real(column)
        x, limits = of_one_dtype(column, points)
        # The number of edges at or before an element; the last edge still belongs to the last bin.
        place = ufuncs.subtract(searchsorted(limits, x, "right"), 1)
        last = ufuncs.equal(x, limits[-1])
        place = primitives.select(last, constant(place.shape, INT64, count - 1), place)
        # A negative index would count from the end.
        outside = ufuncs.less(place, 0)
        places.append(primitives.select(outside, constant(place.shape, INT64, count), place))
    if weights is None:
        terms = constant(places[0].shape, INT64, 1)
    else:
        # Integers of the weights' dtype wrap either way; others are added in 64 bits.
        terms = array(weights, FLOAT64) if is_float(weights.dtype) else weights
        terms = array(weights, COMPLEX128) if is_complex(weights) else terms
    axes = list(builtins.range(len(sizes)))
    how = primitives.Indexing(axes, [], mode="drop")
    zeros = constant(sizes, terms.dtype, 0)
    found = primitives.scatter_add(zeros, stack(places, -1), terms, how)
    return found if weights is None else array(found, weights.dtype)


def _density(counts: TracedArray, edges: Sequence[Any]) -> TracedArray:
    """The counts by the volumes of their cells and by their sum."""
    density: TracedArray = counts
    for axis, limits in enumerate(edges):
        points = array(limits)
        if not is_float(points.dtype):
            # Widths of narrow integers need not be such.
            points = array(points, FLOAT64)
        widths = ufuncs.subtract(points[1:], points[:-1])
        shape = [1] * counts.ndim
        shape[axis] = widths.shape[0]
        density = ufuncs.divide(density, widths.reshape(shape))
    return ufuncs.divide(density, reductions.sum(counts))


__all__ = ["histogram", "histogram2d", "histogram_bin_edges", "histogramdd"]
