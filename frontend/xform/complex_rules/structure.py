"""Primitives that move elements, or are linear in them with real factors: part by part."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..errors import XformTypeError, at_user_line
from ..primitives import add, full, ne, or_
from ..primitives import convert as convert_parts
from ..primitives.emission import emit, emit_all
from ..tracing.array import TracedArray
from ..tracing.complex_values import AnyType, ComplexType
from .rules import complex_of, imag_of, parts, real_of, rule

_PART_BY_PART = (
    "add",
    "broadcast_in_dim",
    "checkpoint_name",
    "concatenate",
    "cumsum",
    "dynamic_slice",
    "dynamic_update_slice",
    "gather",
    "neg",
    "pad",
    "reduce_sum",
    "reduce_window_sum",
    "reshape",
    "reverse",
    "round",
    "scatter",
    "scatter_add",
    "select",
    "slice",
    "stop_gradient",
    "sub",
    "transpose",
)


def _part_by_part(
    op: str, *operands: TracedArray, result_type: AnyType | None = None, **attributes: Any
) -> TracedArray:
    # Indices, starts and conditions are real, and serve both parts.
    kind = result_type.part if isinstance(result_type, ComplexType) else None

    def of(part: Callable[[TracedArray], TracedArray]) -> TracedArray:
        taken = [part(x) if x._aval.is_complex else x for x in operands]
        return emit(op, taken, attributes or None, kind)

    return complex_of(of(real_of), of(imag_of))


for _name in _PART_BY_PART:
    rule(_name)(partial(_part_by_part, _name))


@rule("convert")
def convert(x: TracedArray, result_type: AnyType) -> TracedArray:
    """Real numbers become complex ones; of complex ones, real dtypes keep the real part."""
    if not isinstance(result_type, ComplexType):
        real, imag = parts(x)
        if result_type.dtype == "bool":
            return or_(convert_parts(real, np.bool_), convert_parts(imag, np.bool_))
        return convert_parts(real, result_type.dtype)
    part = result_type.part.dtype
    if x._aval.is_complex:
        return complex_of(*(convert_parts(each, part) for each in parts(x)))
    return complex_of(convert_parts(x, part), full(x.shape, part, 0.0))


@rule("iota")
def iota(axis: int, result_type: ComplexType) -> TracedArray:
    """Each element's index."""
    part = result_type.part
    return complex_of(emit("iota", [], {"axis": axis}, part), full(part.shape, part.dtype, 0.0))


@rule("sort")
def sort(*operands: TracedArray, axis: int, num_keys: int) -> tuple[TracedArray, ...]:
    """A complex key is ordered by its real part, then by its imaginary part.

    Before that come which of the parts are NaN: none, the imaginary one, the real one, both.
    """
    keys: list[TracedArray] = []
    for x in operands[:num_keys]:
        if x._aval.is_complex:
            real, imag = parts(x)
            of_real, of_imag = (convert_parts(ne(part, part), np.int8) for part in (real, imag))
            keys += [add(add(of_real, of_real), of_imag), real, imag]
        else:
            keys.append(x)
    others = [y for x in operands[num_keys:] for y in (parts(x) if x._aval.is_complex else (x,))]
    sorted_ = emit_all("sort", [*keys, *others], {"axis": axis, "num_keys": len(keys)})
    found = iter(sorted_)
    result = []
    for i, x in enumerate(operands):
        if x._aval.is_complex and i < num_keys:
            next(found)
        result.append(complex_of(next(found), next(found)) if x._aval.is_complex else next(found))
    return tuple(result)


@rule("bitcast")
def bitcast(x: TracedArray, result_type: AnyType) -> TracedArray:
    """A complex number is two values, which no bits of one number are."""
    dtype = result_type.dtype
    if x._aval.is_complex:
        remedy = "use x.real and x.imag"
    else:
        remedy = "use x[..., 0] + 1j * x[..., 1]"
    raise XformTypeError(
        at_user_line(f"view: elements of complex arrays are apart: {x.dtype} to {dtype}; {remedy}")
    )
