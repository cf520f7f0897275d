"""Primitives whose result has a shape or a dtype that is given, as the operands do not tell it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..source import user_location
from ..tracing import traces
from ..tracing.avals import checked_dtype
from ..tracing.complex_values import AnyType, any_type, splat
from . import generated
from .emission import Operand, ints, strong

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


def full(shape: Sequence[int], dtype: Any, value: bool | int | float | complex) -> TracedArray:
    """A constant with one value in every element."""
    target = checked_dtype(dtype, "full")
    trace = traces.current_trace()
    if trace is None:
        return np.full(tuple(shape), value, target)  # type: ignore[return-value]
    kind = any_type(ints(shape), target.name)
    return traces.wrap(splat(trace.function, value, kind, user_location()), trace)


def iota(shape: Sequence[int], dtype: Any, axis: int) -> TracedArray:
    """Each element's index along `axis`."""
    return generated.iota(axis, any_type(ints(shape), checked_dtype(dtype, "iota").name))


def reshape(x: Operand, shape: Sequence[int]) -> TracedArray:
    """The same elements in row-major order, in another shape."""
    kind = traces.aval(x, "reshape: operand 0")
    return generated.reshape(x, any_type(ints(shape), kind.dtype.name))


def broadcast_in_dim(x: Operand, shape: Sequence[int], dims: Sequence[int]) -> TracedArray:
    """The array repeated: its axis i becomes axis dims[i] of the result; `dims` increases."""
    kind = traces.aval(x, "broadcast_in_dim: operand 0")
    return generated.broadcast_in_dim(x, dims, any_type(ints(shape), kind.dtype.name))


def convert(x: Operand, dtype: Any) -> TracedArray:
    """Each element as another dtype; the result is never weak."""
    target = checked_dtype(dtype, "convert")
    shape = traces.aval(x, "convert: operand 0").shape
    return strong(generated.convert(x, any_type(shape, target.name)))


def bitcast(x: Operand, dtype: Any) -> TracedArray:
    """The bits of each element, read as another dtype of the same width."""
    target = checked_dtype(dtype, "bitcast")
    shape = traces.aval(x, "bitcast: operand 0").shape
    return generated.bitcast(x, any_type(shape, target.name))


def argmax(x: Operand, axis: int, dtype: Any) -> TracedArray:
    """The index along `axis` of the first largest element, or of the first NaN."""
    return strong(generated.argmax(x, axis, _without_axis("argmax", x, axis, dtype)))


def argmin(x: Operand, axis: int, dtype: Any) -> TracedArray:
    """The index along `axis` of the first smallest element, or of the first NaN."""
    return strong(generated.argmin(x, axis, _without_axis("argmin", x, axis, dtype)))


def _without_axis(op: str, x: Operand, axis: int, dtype: Any) -> AnyType:
    shape = list(traces.aval(x, f"{op}: operand 0").shape)
    # An axis out of range is for the operation to reject.
    del shape[axis : axis + 1]
    return any_type(shape, checked_dtype(dtype, op).name)


def rng_bits(key: Operand, shape: Sequence[int], dtype: Any) -> TracedArray:
    """Random bits: what each key of a batch draws, a key being the last axis, two uint32."""
    batch = traces.aval(key, "rng_bits: operand 0").shape[:-1]
    target = checked_dtype(dtype, "rng_bits")
    return generated.rng_bits(key, any_type(ints([*batch, *shape]), target.name))


def unit_float(bits: Operand, dtype: Any) -> TracedArray:
    """Bits as numbers of [0, 1), of a dtype as wide as they are."""
    shape = traces.aval(bits, "unit_float: operand 0").shape
    target = checked_dtype(dtype, "unit_float")
    return generated.unit_float(bits, any_type(shape, target.name))


__all__ = [
    "argmax",
    "argmin",
    "bitcast",
    "broadcast_in_dim",
    "convert",
    "full",
    "iota",
    "reshape",
    "rng_bits",
    "unit_float",
]
