"""The methods of NumPy's ufuncs: reduce, accumulate, outer and at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..array import TracedArray
from ..errors import XformTypeError, at_user_line
from . import accumulation, advanced_indexing, reductions, ufuncs

_REDUCTIONS: dict[np.ufunc, Callable[..., TracedArray]] = {
    np.add: reductions.sum,
    np.multiply: reductions.prod,
    np.maximum: reductions.max,
    np.minimum: reductions.min,
    np.logical_and: reductions.all,
    np.logical_or: reductions.any,
}
_ACCUMULATIONS: dict[np.ufunc, Callable[..., TracedArray]] = {
    np.add: accumulation.cumsum,
    np.multiply: accumulation.cumprod,
    np.maximum: accumulation.accumulated_max,
    np.minimum: accumulation.accumulated_min,
    np.logical_and: accumulation.accumulated_and,
    np.logical_or: accumulation.accumulated_or,
}


def ufunc_method(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """`ufunc.reduce`, `.accumulate`, `.outer` or `.at` on a traced array.

    Raises:
        XformTypeError: the ufunc has no such method on traced arrays.
    """
    if "out" in kwargs:
        (kwargs["out"],) = kwargs["out"]
    if method == "outer" and isinstance(traced := ufuncs.UFUNCS.get(ufunc), ufuncs.Ufunc):
        return traced.outer(*inputs, **kwargs)
    if method == "reduce" and ufunc in _REDUCTIONS:
        return _REDUCTIONS[ufunc](inputs[0], **{"axis": 0, **_named(inputs, kwargs)})
    if method == "accumulate" and ufunc in _ACCUMULATIONS:
        return _ACCUMULATIONS[ufunc](inputs[0], **{"axis": 0, **_named(inputs, kwargs)})
    if method == "at" and len(inputs) == 3:
        return advanced_indexing.ufunc_at(ufunc, *inputs)
    raise XformTypeError(
        at_user_line(f"numpy.{ufunc.__name__}.{method} is not supported on traced arrays")
    )


def _named(inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of reduce and accumulate by name."""
    return {**dict(zip(("axis", "dtype", "out", "keepdims"), inputs[1:], strict=False)), **kwargs}
