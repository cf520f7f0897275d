"""What the functions that draw have in common: calls outside of a trace, keys, shapes, dtypes."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, NamedTuple, ParamSpec

import numpy as np

from .. import primitives
from ..compiling import direct
from ..errors import XformTypeError, XformValueError, at_user_line
from ..numpy.arguments import entry, explain
from ..numpy.axes import shape_of
from ..numpy.promotion import (
    BOOL,
    INT_RANGES,
    Shape,
    array,
    broadcast_shapes,
    computed_dtype,
    constant,
    fit,
    is_float,
    operand,
    supported_dtype,
)
from ..tracing import traces
from ..tracing.array import ArrayLike, DType, TracedArray

P = ParamSpec("P")

UINT32 = np.dtype(np.uint32)

# What is never an array.
_STATIC = frozenset({"shape", "dtype", "axis", "num", "replace", "independent"})


def drawing(function: Callable[P, TracedArray]) -> Callable[P, TracedArray]:
    """Decorator: called outside of a transform, the function is compiled and run."""
    signature = inspect.signature(function)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> TracedArray:
        if traces.current_trace() is not None:
            try:
                return function(*args, **kwargs)
            except Exception as error:
                explain(error, function.__name__, function, args, kwargs)
                raise
        given = signature.bind(*args, **kwargs).arguments
        static = {name: value for name, value in given.items() if name in _STATIC}
        # Parameters go by name, so that their ints reach the function as they are.
        (_, first), *parameters = ((n, x) for n, x in given.items() if n not in _STATIC)
        name = function.__name__
        result: TracedArray = direct.call(
            partial(function, **static),
            (first,),
            dict(parameters),
            name=name,
            transform=f"random.{name}",
        )
        return result

    entry(call, function.__name__)
    return call


def checked_key(key: ArrayLike, name: str) -> TracedArray:
    """A key as a traced array.

    Raises:
        XformTypeError: it is not of dtype uint32.
        XformValueError: it is not one key.
    """
    words = array(key)
    if words.dtype != UINT32:
        raise XformTypeError(
            at_user_line(
                f"random.{name}: a key is an array of two uint32, made by random.key, got one of "
                f"dtype {words.dtype.name}"
            )
        )
    if words.shape != (2,):
        hint = (
            "; draw with one of these keys, or vmap over them" if words.shape[-1:] == (2,) else ""
        )
        raise XformValueError(
            at_user_line(f"random.{name}: a key has shape (2,), got {words.shape}{hint}")
        )
    return words


def float_dtype(dtype: Any, name: str) -> DType:
    """A dtype argument that must be floating.

    Raises:
        XformTypeError: it is not.
    """
    found = supported_dtype(dtype, f"random.{name}")
    if not is_float(found):
        raise XformTypeError(
            at_user_line(f"random.{name}: dtype must be floating, got {found.name}")
        )
    return found


def drawn_shape(shape: Any, name: str, **parameters: ArrayLike) -> Shape:
    """The shape to draw: `shape`, to which all parameters broadcast, or, for None, theirs.

    Raises:
        XformValueError: a parameter does not broadcast to `shape`.
    """
    shapes = {label: operand(x).shape for label, x in parameters.items()}
    if shape is None:
        return broadcast_shapes(*shapes.values())
    target = shape_of(shape, f"random.{name}")
    for label, found in shapes.items():
        fits = len(found) <= len(target) and all(
            n in (1, m) for n, m in zip(found[::-1], target[::-1], strict=False)
        )
        if not fits:
            raise XformValueError(
                at_user_line(
                    f"random.{name}: {label} of shape {found} does not broadcast to the shape "
                    f"drawn, {target}"
                )
            )
    return target


class Draw(NamedTuple):
    """What floating numbers are drawn from and as.

    Attributes:
        words: the key.
        shape: the shape to draw.
        computed: the dtype to compute in.
        dtype: the dtype of the result.
    """

    words: TracedArray
    shape: Shape
    computed: DType
    dtype: DType


def draw_of(name: str, key: ArrayLike, shape: Any, dtype: Any, **parameters: ArrayLike) -> Draw:
    """The arguments that distributions of floating numbers share, checked.

    Raises:
        XformTypeError: `key` is not a key, or a dtype that is not floating.
        XformValueError: `key` is not one key, or a parameter does not broadcast.
    """
    words = checked_key(key, name)
    target = float_dtype(dtype, name)
    return Draw(words, drawn_shape(shape, name, **parameters), computed_dtype(target), target)


def fitted(parameter: ArrayLike, dtype: DType, shape: Shape) -> TracedArray:
    """A parameter of a distribution in the dtype and shape of what is drawn."""
    return fit(operand(parameter), dtype, shape)


def impossible(drawn: TracedArray, where: TracedArray) -> TracedArray:
    """What is drawn, but no number where a parameter is out of range.

    That is NaN, for integers -1, or the largest of an unsigned dtype, and False.
    """
    dtype, number = drawn.dtype, math.nan
    if dtype == BOOL:
        number = False
    elif not is_float(dtype):
        number = INT_RANGES[dtype][1] if dtype.kind == "u" else -1
    return primitives.select(where, constant(drawn.shape, dtype, number), drawn)


def is_number(x: object, value: float) -> bool:
    """Whether a parameter is this Python number, known while tracing."""
    return isinstance(x, int | float) and x == value
