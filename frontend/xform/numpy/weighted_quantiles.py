"""Quantiles of elements that have weights: the steps of their cumulative distribution."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing.array import ArrayLike, Axis, TracedArray
from . import accumulation, elements, reductions, ufuncs
from .axes import normalized_axis
from .creation import holds_traced
from .promotion import FLOAT64, INT64, array, broadcast
from .selection import where


def weights_of(weights: ArrayLike, x: TracedArray, axis: Axis, name: str) -> TracedArray:
    """The weights, in the shape of `x`.

    Args:
        weights: as many as elements, or as many as there are along `axis`.
        x: the elements.
        axis: as given to the function.
        name: of the function, for messages.

    Raises:
        XformTypeError: their shape is not that of `x`, and there is no axis.
        XformValueError: they do not fit the axes; or, where they are known, one is negative, or
            they have no finite sum.
    """
    if not holds_traced(weights):
        known = np.asarray(weights)
        if np.any(known < 0) or not np.all(np.isfinite(known)) or (known.size and not known.any()):
            raise XformValueError(
                at_user_line(f"{name}: weights must be finite, not negative and not all zero")
            )
    w = array(weights, FLOAT64)
    if w.shape == x.shape:
        return w
    if axis is None:
        raise XformTypeError(
            at_user_line(
                f"{name}: weights of shape {w.shape} for an array of shape {x.shape} need an axis"
            )
        )
    given = axis if isinstance(axis, tuple | list) else (axis,)
    axes = [normalized_axis(i, x.ndim, name) for i in given]
    if w.shape != tuple(x.shape[i] for i in axes):
        raise XformValueError(
            at_user_line(
                f"{name}: weights of shape {w.shape} do not fit axes {tuple(axes)} of an array of "
                f"shape {x.shape}"
            )
        )
    turned = primitives.transpose(w, [int(i) for i in np.argsort(axes)])
    wide = [n if i in axes else 1 for i, n in enumerate(x.shape)]
    return broadcast(primitives.reshape(turned, wide), x.shape)


def distribution(
    line: TracedArray, weights: TracedArray, *, leave_nan: bool
) -> tuple[TracedArray, TracedArray]:
    """The elements of the last axis in order, and the part of the weight up to each of them.

    Elements without weight at the start have the part -1, so that the quantile 0 is behind them;
    NaN, which is last, has no weight if it is left out.
    """
    if leave_nan and line.dtype.kind == "f":
        weights = where(ufuncs.isnan(line), 0.0, weights)
    last = line.ndim - 1
    ordered, weights = primitives.sort([line, weights], last)
    total = reductions.sum(weights, -1, keepdims=True)
    cumulated = ufuncs.divide(accumulation.cumsum(weights, -1), total)
    return ordered, where(ufuncs.equal(cumulated, 0), -1.0, cumulated)


def element(ordered: TracedArray, cumulated: TracedArray, q: Any, most: Any) -> TracedArray:
    """The first element up to which the part of the weight is q or more.

    Args:
        ordered: the elements of the last axis in order.
        cumulated: the part of the weight up to each of them.
        q: a number, or a traced 0-d array.
        most: the place of the last element that counts.
    """
    dtype = getattr(q, "dtype", FLOAT64)
    parts = array(cumulated, dtype) if dtype.kind == "f" else cumulated
    before = primitives.convert(ufuncs.less(parts, q), INT64)
    index = ufuncs.minimum(primitives.reduce_sum(before, [before.ndim - 1]), most)
    index = ufuncs.maximum(index, 0)
    return elements.take_along_axis(ordered, index[..., None], -1)[..., 0]


__all__ = ["distribution", "element", "weights_of"]
