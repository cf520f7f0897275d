"""`x[index]` and `x[index] = part`, basic or advanced."""

from __future__ import annotations

from typing import Any

from ..tracing.array import Index, TracedArray
from ..tracing.operations import METHODS
from . import advanced_indexing
from .indexing import Sliced, is_advanced, parse, read, updated
from .promotion import Scalar, converted, operand
from .views import attach, write


def getitem(x: TracedArray, index: Index) -> TracedArray:
    """`x[index]`.

    Raises:
        XformIndexError: an index that is known while tracing is out of range, or there are too many
            of them, or a mask does not fit.
        XformTypeError: the index is made of other things than ints, slices, None, Ellipsis and
            arrays of ints or bools.
    """
    items = index if type(index) is tuple else (index,)
    if is_advanced(items):
        # A selection by a traced mask is no array, but behaves as far as it can like one.
        return advanced_indexing.getitem(x, items)  # type: ignore[return-value]
    basic = parse(items, x.shape)
    result = read(x, basic)
    if basic.scalar:
        return result
    if result is x:
        result = x.copy()
    return attach(result, x, Sliced(basic, items))


def setitem(x: TracedArray, index: Index, part: Any) -> None:
    """`x[index] = part`.

    Raises:
        XformIndexError, XformTypeError: as for reading.
        XformValueError: `part` does not broadcast to what is written.
        TracedValueError: `x` was made outside of the function that is being traced.
    """
    items = index if type(index) is tuple else (index,)
    if is_advanced(items):
        advanced_indexing.setitem(x, items, part)
        return
    basic = parse(items, x.shape)
    if type(part) is TracedArray and (link := part._view) is not None and link.base is x:
        # `x[i] += y` has already written through the view x[i].
        relation = link.relation
        if isinstance(relation, Sliced) and relation.basic == basic:
            return
    value = operand(part)
    if not isinstance(value, Scalar) and value.dtype != x.dtype:
        value = converted(value, x.dtype)
    write(x, updated(x, basic, value))


METHODS["__getitem__"] = getitem
METHODS["__setitem__"] = setitem

__all__ = ["getitem", "setitem"]
