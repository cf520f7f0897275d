"""Primitives that move elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._xform import Type
from ..tracing import traces
from .emission import Operand, emit, ints

if TYPE_CHECKING:
    from .._xform import Attribute
    from ..tracing.array import TracedArray


def reshape(x: Operand, shape: Sequence[int]) -> TracedArray:
    """The same elements in row-major order, in another shape."""
    kind = traces.aval(x, "reshape: operand 0")
    return emit("reshape", [x], result_type=Type(ints(shape), kind.dtype.name))


def broadcast_in_dim(x: Operand, shape: Sequence[int], dims: Sequence[int]) -> TracedArray:
    """x repeated: its axis i becomes axis dims[i] of the result; `dims` increases."""
    kind = traces.aval(x, "broadcast_in_dim: operand 0")
    result_type = Type(ints(shape), kind.dtype.name)
    return emit("broadcast_in_dim", [x], {"dims": ints(dims)}, result_type)


def transpose(x: Operand, permutation: Sequence[int]) -> TracedArray:
    """Axis i of the result is axis permutation[i] of x."""
    return emit("transpose", [x], {"permutation": ints(permutation)})


def reverse(x: Operand, axes: Sequence[int]) -> TracedArray:
    """The elements in opposite order along some axes."""
    return emit("reverse", [x], {"axes": ints(axes)})


def slice(
    x: Operand, starts: Sequence[int], limits: Sequence[int], strides: Sequence[int]
) -> TracedArray:
    """Every strides[i]-th element from starts[i] up to limits[i] along axis i."""
    attributes: dict[str, Attribute] = {
        "starts": ints(starts),
        "limits": ints(limits),
        "strides": ints(strides),
    }
    return emit("slice", [x], attributes)


def pad(
    x: Operand,
    value: Operand,
    low: Sequence[int],
    high: Sequence[int],
    interior: Sequence[int],
) -> TracedArray:
    """x with the 0-d `value` before, after and between its elements; negative amounts cut."""
    attributes: dict[str, Attribute] = {
        "low": ints(low),
        "high": ints(high),
        "interior": ints(interior),
    }
    return emit("pad", [x, value], attributes)


def concatenate(xs: Sequence[Operand], axis: int) -> TracedArray:
    """Arrays one after another along an axis."""
    return emit("concatenate", list(xs), {"axis": int(axis)})
