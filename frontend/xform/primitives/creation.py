"""Primitives that make arrays of nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._xform import Type
from ..source import user_location
from ..tracing import traces
from ..tracing.avals import checked_dtype
from .emission import emit, ints

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


def full(shape: Sequence[int], dtype: Any, value: bool | int | float) -> TracedArray:
    """A constant with one value in every element."""
    target = checked_dtype(dtype, "full")
    trace = traces.current_trace()
    if trace is None:
        return np.full(tuple(shape), value, target)  # type: ignore[return-value]
    type_ = Type(ints(shape), target.name)
    return traces.wrap(trace.function.splat(value, type_, user_location()), trace)


def iota(shape: Sequence[int], dtype: Any, axis: int) -> TracedArray:
    """Each element's index along `axis`."""
    type_ = Type(ints(shape), checked_dtype(dtype, "iota").name)
    return emit("iota", [], {"axis": int(axis)}, type_)
