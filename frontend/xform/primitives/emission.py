"""How a primitive is appended to the program that is being traced, or run at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from xform_runtime import Array

from .._xform import Diagnostic, Value
from ..compiling import direct
from ..errors import XformError, XformTypeError, XformValueError, at_user_line
from ..source import user_location
from ..tracing import traces
from ..tracing.complex_values import AnyType, AnyValue, ComplexType
from ..tracing.operations import complex_rule

if TYPE_CHECKING:
    from .._xform import Attribute
    from ..tracing.array import TracedArray

Operand: TypeAlias = "TracedArray | np.ndarray[Any, Any] | Array | np.generic | bool | int | float"


def emit(
    op: str,
    operands: Sequence[Operand],
    attributes: Mapping[str, Attribute] | None = None,
    result_type: AnyType | None = None,
) -> TracedArray:
    """The result of a primitive that has one.

    Args:
        op: its name in the dialect.
        operands: arrays and numbers.
        attributes: lists of ints become arrays of i64.
        result_type: for primitives whose operands do not tell it.

    Raises:
        XformTypeError: an operand is of a dtype that the primitive does not take.
        XformValueError: shapes or attributes do not fit.
    """
    (result,) = emit_all(op, operands, attributes, result_type)
    return result


def emit_all(
    op: str,
    operands: Sequence[Operand],
    attributes: Mapping[str, Attribute] | None = None,
    result_type: AnyType | None = None,
) -> tuple[TracedArray, ...]:
    """All results of a primitive; see `emit`."""
    trace = traces.current_trace()
    if trace is None:
        results: tuple[TracedArray, ...] = direct.call(
            lambda *xs: emit_all(op, xs, attributes, result_type),
            operands,
            {},
            name=op,
            transform=op,
        )
        return results
    values = [traces.lift(x, f"{op}: operand {i}") for i, x in enumerate(operands)]
    real = [x for x in values if isinstance(x, Value)]
    if isinstance(result_type, ComplexType) or len(real) < len(values):
        return _emit_complex(op, values, list(map(_is_weak, operands)), attributes, result_type)
    types = () if result_type is None else (result_type,)
    try:
        emitted = trace.function.emit(op, real, user_location(), attributes, types)
    except Diagnostic as diagnostic:
        raise rejected(op, real, diagnostic) from None
    weak = bool(operands) and all(map(_is_weak, operands))
    return tuple(traces.result(value, trace, weak) for value in emitted)


def _emit_complex(
    op: str,
    values: Sequence[AnyValue],
    weak: Sequence[bool],
    attributes: Mapping[str, Attribute] | None,
    result_type: AnyType | None,
) -> tuple[TracedArray, ...]:
    """What a primitive is on complex operands, in primitives on their parts."""
    rule = complex_rule(op)
    if rule is None:
        raise XformTypeError(
            at_user_line(f"{op}: complex numbers are not supported, got {_described(values)}")
        )
    trace = traces.require_trace(op)
    operands = [traces.wrap(x, trace, w) for x, w in zip(values, weak, strict=True)]
    typed = {} if result_type is None else {"result_type": result_type}
    found = rule(*operands, **(attributes or {}), **typed)
    return found if isinstance(found, tuple) else (found,)


def _is_weak(x: Operand) -> bool:
    if traces.is_traced(x):
        return x._weak  # type: ignore[union-attr]
    return isinstance(x, bool | int | float) and not isinstance(x, np.generic)


def strong(x: TracedArray) -> TracedArray:
    """The array as one whose dtype counts, as a converted one's does."""
    if traces.is_traced(x) and x._weak:
        return traces.wrap(x._value, x._trace)
    return x


def rejected(op: str, operands: Sequence[Value], diagnostic: Diagnostic) -> XformError:
    """The user's error for what an op's inference or verifier said.

    Args:
        op: the operation's name.
        operands: its operands.
        diagnostic: what the compiler said.
    """
    given = _described(operands)
    message = diagnostic.message.removeprefix(f"'xform.{op}' op ")
    text = "\n".join([f"{op}({given}): {message}", *(f"  {note}" for note in diagnostic.notes)])
    dtypes = {x.dtype for x in operands}
    about_dtype = "element type" in message or "must be ranked tensor of" in message
    kind = XformTypeError if about_dtype or (len(dtypes) > 1 and "shape" not in message) else None
    return (kind or XformValueError)(at_user_line(text))


def _described(values: Sequence[AnyValue]) -> str:
    return ", ".join(
        f"{x.dtype}[{','.join('?' if n < 0 else str(n) for n in x.shape)}]" for x in values
    )


def ints(values: Sequence[int]) -> list[int]:
    """An attribute of ints; NumPy's become Python's."""
    return [int(v) for v in values]


__all__ = ["Operand", "emit", "emit_all", "rejected"]
