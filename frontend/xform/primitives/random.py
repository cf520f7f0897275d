"""Primitives that draw random bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._xform import Type
from ..tracing import traces
from ..tracing.avals import checked_dtype
from .emission import Operand, emit, ints

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


def rng_bits(key: Operand, shape: Sequence[int], dtype: Any) -> TracedArray:
    """Random bits: what each key of a batch draws, a key being the last axis, two uint32."""
    batch = traces.aval(key, "rng_bits: operand 0").shape[:-1]
    target = checked_dtype(dtype, "rng_bits")
    return emit("rng_bits", [key], result_type=Type(ints([*batch, *shape]), target.name))


def fold_in(key: Operand, data: Operand) -> TracedArray:
    """The keys that keys and uint32 numbers make; `data` has the shape of the batch of keys."""
    return emit("fold_in", [key, data])


def unit_float(bits: Operand, dtype: Any) -> TracedArray:
    """Bits as numbers of [0, 1), of a dtype as wide as they are."""
    shape = traces.aval(bits, "unit_float: operand 0").shape
    target = checked_dtype(dtype, "unit_float")
    return emit("unit_float", [bits], result_type=Type(shape, target.name))
