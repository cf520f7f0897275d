"""Primitives that compare elements along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._xform import Type
from ..tracing import traces
from ..tracing.avals import checked_dtype
from .emission import Operand, emit, emit_all, strong

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


def sort(xs: Sequence[Operand], axis: int, num_keys: int = 1) -> tuple[TracedArray, ...]:
    """All operands moved along `axis` so that the first `num_keys` ascend; stable, NaN last."""
    return emit_all("sort", xs, {"axis": int(axis), "num_keys": int(num_keys)})


def argmax(x: Operand, axis: int, dtype: Any) -> TracedArray:
    """The index along `axis` of the first largest element, or of the first NaN."""
    return _place("argmax", x, axis, dtype)


def argmin(x: Operand, axis: int, dtype: Any) -> TracedArray:
    """The index along `axis` of the first smallest element, or of the first NaN."""
    return _place("argmin", x, axis, dtype)


def _place(op: str, x: Operand, axis: int, dtype: Any) -> TracedArray:
    shape = list(traces.aval(x, f"{op}: operand 0").shape)
    # An axis out of range is for the operation to reject.
    del shape[axis : axis + 1]
    type_ = Type(shape, checked_dtype(dtype, op).name)
    return strong(emit(op, [x], {"axis": int(axis)}, type_))
