"""The methods of NumPy's ufuncs: reduce, accumulate, reduceat, outer and at."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.array import DType, TracedArray
from ..tracing.operations import METHODS, UFUNCS
from . import accumulation, advanced_indexing, joining, reductions
from .arguments import entry, explain
from .axes import normalized_axes, normalized_axis
from .float_parts import like
from .promotion import BOOL, array, constant, fit, in_range, operand, supported_dtype
from .ufunc import Ufunc
from .views import write_whole

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
# Those whose results do not depend, but for rounding, on where one begins.
_ASSOCIATIVE = frozenset({
    np.add, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin, np.logical_and, np.logical_or,
    np.logical_xor, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.gcd, np.lcm, np.hypot,
    np.logaddexp, np.logaddexp2,
})  # fmt: skip


def ufunc_method(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """`ufunc.reduce`, `.accumulate`, `.reduceat`, `.outer` or `.at` on traced arrays.

    Raises:
        XformTypeError: the ufunc has no such method on traced arrays.
        XformValueError: NumPy refuses the operands.
    """
    try:
        return _carried_out(ufunc, method, inputs, kwargs)
    except Exception as error:
        explain(error, f"{ufunc.__name__}.{method}", _any_call, inputs, kwargs)
        raise


entry(ufunc_method, "")
METHODS["ufunc_method"] = ufunc_method


def _any_call(*inputs: Any, **kwargs: Any) -> None:
    """The parameters of all methods together."""


def _carried_out(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    if method == "at" and len(inputs) == 3:
        return advanced_indexing.ufunc_at(ufunc, *inputs)
    traced = UFUNCS.get(ufunc)
    if not isinstance(traced, Ufunc) or ufunc.nin != 2 or ufunc.nout != 1 or method == "at":
        raise XformTypeError(
            at_user_line(f"numpy.{ufunc.__name__}.{method} is not supported on traced arrays")
        )
    if isinstance(kwargs.get("out"), tuple):
        (kwargs["out"],) = kwargs["out"]
    if method == "outer":
        return _outer(traced, *inputs, **kwargs)
    if method == "reduce":
        named = {**dict(zip(("axis", "dtype", "out", "keepdims"), inputs[1:], strict=False))}
        options = {"axis": 0, **named, **kwargs}
        if options.get("dtype", 0) is None:
            del options["dtype"]
        if ufunc in _REDUCTIONS and ("dtype" not in options or ufunc in (np.add, np.multiply)):
            return _REDUCTIONS[ufunc](inputs[0], **options)
        return _reduce(traced, inputs[0], **options)
    if method == "accumulate":
        named = {**dict(zip(("axis", "dtype", "out"), inputs[1:], strict=False))}
        options = {"axis": 0, **named, **kwargs}
        if ufunc in _ACCUMULATIONS:
            return _ACCUMULATIONS[ufunc](inputs[0], **options)
        return _accumulate(traced, inputs[0], **options)
    return _reduceat(traced, *inputs, **kwargs)


def _outer(ufunc: Ufunc, x: Any, y: Any, **kwargs: Any) -> TracedArray:
    """The operation on every pair of elements of `x` and `y`."""
    left, right = operand(x), operand(y)
    if isinstance(left, TracedArray) and right.ndim:
        left = primitives.reshape(left, left.shape + (1,) * right.ndim)
    return ufunc(left, right, **kwargs)  # type: ignore[arg-type]


def _loop_operand(ufunc: Ufunc, a: Any, dtype: Any) -> TracedArray:
    """The operand in the dtype in which the ufunc combines two of its elements.

    Raises:
        XformTypeError: a result is of another dtype and cannot be combined again.
    """
    x = array(a)
    loop: DType | None = None if dtype is None else supported_dtype(dtype, ufunc.__name__)
    if ufunc.numpy in (np.logical_and, np.logical_or, np.logical_xor):
        return x if x.dtype == BOOL else primitives.ne(x, like(x, 0))
    _, dtypes, _ = ufunc._resolve((x.dtype, x.dtype), loop, "same_kind")
    x = fit(x, dtypes[0], x.shape)
    probe = constant((), dtypes[0], 1)
    if ufunc.apply((probe, probe)).dtype != x.dtype:
        raise XformTypeError(
            at_user_line(
                f"numpy.{ufunc.__name__} of dtype {x.dtype} gives another dtype and cannot go "
                "along an axis"
            )
        )
    return x


def _along(x: TracedArray, axis: int, start: int, stop: int) -> TracedArray:
    """The part of `x` between two places of an axis."""
    lows = [start if i == axis else 0 for i in range(x.ndim)]
    highs = [stop if i == axis else n for i, n in enumerate(x.shape)]
    return primitives.slice(x, lows, highs, [1] * x.ndim)


def _fold(ufunc: Ufunc, x: TracedArray, axis: int) -> TracedArray:
    """All places of a non-empty axis combined, the axis staying in size 1."""
    if ufunc.numpy not in _ASSOCIATIVE:
        result = _along(x, axis, 0, 1)
        for i in range(1, x.shape[axis]):
            result = ufunc.apply((result, _along(x, axis, i, i + 1)))
        return result
    # By halves; an odd place out is kept for the end.
    rest: TracedArray | None = None
    while (size := x.shape[axis]) > 1:
        half = size // 2
        if size % 2:
            last = _along(x, axis, size - 1, size)
            rest = last if rest is None else ufunc.apply((last, rest))
        x = ufunc.apply((_along(x, axis, 0, half), _along(x, axis, half, 2 * half)))
    return x if rest is None else ufunc.apply((x, rest))


def _reduce(
    ufunc: Ufunc,
    a: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> TracedArray:
    x = _loop_operand(ufunc, a, dtype)
    axes = normalized_axes(axis, x.ndim, f"{ufunc.__name__}.reduce")
    identity = ufunc.numpy.identity if initial is None else initial
    if len(axes) > 1 and ufunc.numpy not in _ASSOCIATIVE:
        raise XformValueError(
            at_user_line(f"{ufunc.__name__}.reduce over several axes depends on their order")
        )
    if where is not True:
        if identity is None:
            raise XformValueError(
                at_user_line(f"{ufunc.__name__}.reduce has no identity: `where` needs `initial`")
            )
        mask = fit(operand(where), BOOL, x.shape)
        x = primitives.select(mask, x, like(x, in_range(identity, x.dtype)))
    associative = ufunc.numpy in _ASSOCIATIVE
    if initial is not None and axes and not associative:
        shape = [1 if i == axes[0] else n for i, n in enumerate(x.shape)]
        first = constant(shape, x.dtype, in_range(initial, x.dtype))
        x = primitives.concatenate([first, x], axes[0])
    for place in axes:
        if x.shape[place] == 0:
            if identity is None:
                raise XformValueError(
                    at_user_line(
                        f"{ufunc.__name__}.reduce of a zero-size axis has no identity; give "
                        "`initial`"
                    )
                )
            shape = [1 if i == place else n for i, n in enumerate(x.shape)]
            x = constant(shape, x.dtype, in_range(identity, x.dtype))
        else:
            x = _fold(ufunc, x, place)
    if initial is not None and associative:
        first = like(x, in_range(initial, x.dtype))
        x = ufunc.apply((first, x))
    if not keepdims:
        x = primitives.reshape(x, [n for i, n in enumerate(x.shape) if i not in axes])
    return x if out is None else write_whole(out, x)


def _accumulate(
    ufunc: Ufunc, a: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> TracedArray:
    x = _loop_operand(ufunc, a, dtype)
    place = normalized_axis(axis, x.ndim, f"{ufunc.__name__}.accumulate")
    size = x.shape[place]
    if ufunc.numpy in _ASSOCIATIVE:
        distance = 1
        while distance < size:
            first = _along(x, place, 0, distance)
            before = _along(x, place, 0, size - distance)
            later = ufunc.apply((before, _along(x, place, distance, size)))
            x = primitives.concatenate([first, later], place)
            distance *= 2
    elif size:
        parts = [_along(x, place, 0, 1)]
        for i in range(1, size):
            parts.append(ufunc.apply((parts[-1], _along(x, place, i, i + 1))))
        x = primitives.concatenate(parts, place)
    return x.copy() if out is None else write_whole(out, x)


def _reduceat(
    ufunc: Ufunc, a: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> TracedArray:
    """Reductions of the parts between neighbouring indices, which tracing must know."""
    if traces.is_traced(indices):
        raise XformTypeError(
            at_user_line(f"{ufunc.__name__}.reduceat: indices must be known while tracing")
        )
    x = array(a)
    place = normalized_axis(axis, x.ndim, f"{ufunc.__name__}.reduceat")
    starts = [operator.index(i) for i in np.asarray(indices)]
    size = x.shape[place]
    if any(not 0 <= i < size for i in starts):
        raise XformValueError(
            at_user_line(f"{ufunc.__name__}.reduceat: indices {starts} out of range [0, {size})")
        )
    parts = []
    for start, stop in zip(starts, [*starts[1:], size], strict=True):
        piece = _along(x, place, start, max(stop, start + 1))
        options = {"axis": place, "dtype": dtype, "keepdims": True}
        parts.append(ufunc_method(ufunc.numpy, "reduce", (piece,), options))
    result = joining.concatenate(parts, place)
    return result if out is None else write_whole(out, result)
