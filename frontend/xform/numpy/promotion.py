"""Which dtype an operation computes in, and operands brought to it.

The rules are NumPy 2's, asked once for each combination of dtypes and remembered. Python numbers
are weak. One rule differs: bfloat16, which NumPy promotes to float32 when it meets a Python
float, stays bfloat16.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, TypeAlias

import numpy as np
from xform_runtime import Array
from xform_runtime.dtypes import numpy_dtype

from .. import primitives
from ..errors import LeakedArrayError, XformError, XformTypeError, XformValueError, at_user_line
from ..source import user_location
from ..tracing import traces
from ..tracing.array import DType, TracedArray
from ..tracing.avals import DTYPE_NAMES, checked_dtype
from ..tracing.complex_values import any_type, splat
from ..tracing.operations import Overriding

Promotion: TypeAlias = DType | type[complex]
Shape: TypeAlias = tuple[int, ...]

BOOL: Final[DType] = np.dtype(np.bool)
UINT8: Final[DType] = np.dtype(np.uint8)
INT32: Final[DType] = np.dtype(np.int32)
INT64: Final[DType] = np.dtype(np.int64)
UINT64: Final[DType] = np.dtype(np.uint64)
FLOAT16: Final[DType] = np.dtype(np.float16)
FLOAT32: Final[DType] = np.dtype(np.float32)
FLOAT64: Final[DType] = np.dtype(np.float64)
COMPLEX64: Final[DType] = np.dtype(np.complex64)
COMPLEX128: Final[DType] = np.dtype(np.complex128)

INT_RANGES: Final[dict[DType, tuple[int, int]]] = {
    **{np.dtype(f"int{n}"): (-(2 ** (n - 1)), 2 ** (n - 1) - 1) for n in (8, 16, 32, 64)},
    **{np.dtype(f"uint{n}"): (0, 2**n - 1) for n in (8, 16, 32, 64)},
}


_NAMES: Final[dict[DType, str]] = {numpy_dtype(name): name for name in DTYPE_NAMES}


class Scalar:
    """A number known while tracing; it becomes a constant of whatever shape it is needed in.

    Args:
        number: the Python number.
        promotion: its dtype, or `int`, `float` or `complex` for a Python number; in `_promotion`,
            where a traced array has its own.
    """

    __slots__ = ("_promotion", "number")

    shape: Final[Shape] = ()
    ndim: Final = 0

    def __init__(self, number: Any, promotion: Promotion) -> None:
        self.number = number
        self._promotion = promotion

    @property
    def dtype(self) -> DType:
        """The dtype it has on its own."""
        return strong(self._promotion)


Operand: TypeAlias = TracedArray | Scalar

# Classes that stand for traced arrays, and how they become one; `list` is for all sequences.
CONVERSIONS: dict[type, Callable[[Any], TracedArray]] = {}


def operand(x: Any) -> Operand:
    """An array or number of any kind as an operand.

    Args:
        x: a traced array, a NumPy or device array, a number, a nested sequence of these, or an
            operand already.

    Raises:
        XformTypeError: it is none of these, or of a dtype that cannot be compiled.
    """
    kind = type(x)
    if kind is TracedArray or kind is Scalar:
        return x  # type: ignore[no-any-return]
    if kind is float or kind is int or kind is complex:
        return Scalar(x, kind)
    if kind is bool:
        return Scalar(x, BOOL)
    if isinstance(x, np.generic | np.ndarray) and x.ndim == 0:
        return Scalar(x.item(), checked_dtype(x.dtype, "operand"))
    if isinstance(x, int | float | complex):
        return Scalar(x, next(kind for kind in (int, float, complex) if isinstance(x, kind)))
    if isinstance(x, list | tuple):
        return CONVERSIONS[list](x)
    if kind in CONVERSIONS:
        return CONVERSIONS[kind](x)
    try:
        return traces.traced(x)
    except LeakedArrayError:
        raise
    except XformError as error:
        raise type(error)(at_user_line(str(error))) from None


def array(x: Any, dtype: DType | None = None) -> TracedArray:
    """An operand as a traced array, of dtype `dtype` if that is given.

    Raises:
        XformTypeError: it is not an array, of a dtype that cannot be compiled, or complex where
            `dtype` is not.
    """
    if type(x) is TracedArray:
        return x if dtype is None or x.dtype == dtype else converted(x, dtype)
    x = operand(x)
    if isinstance(x, Scalar):
        made = fit(x, x.dtype if dtype is None else dtype, ())
        return as_weak(made) if dtype is None and isinstance(x._promotion, type) else made
    return array(x, dtype)


_ARRAYS_AND_NUMBERS = (
    TracedArray, Array, np.ndarray, np.generic, bool, int, float, complex, list, tuple
)  # fmt: skip


def operand_or_none(x: Any) -> Operand | None:
    """`operand`, or None for what operators leave to the class of `x`."""
    kind = type(x)
    if kind is float or kind is int or kind is complex:
        return Scalar(x, kind)
    if isinstance(x, _ARRAYS_AND_NUMBERS) or hasattr(x, "__array__"):
        return None if isinstance(x, Overriding) else operand(x)
    return None


def constant(shape: Sequence[int], dtype: DType, number: complex) -> TracedArray:
    """An array with one number in every element, which the dtype is known to hold."""
    trace = traces.current_trace()
    if trace is None:
        return primitives.full(shape, dtype, number)
    if isinstance(number, float) and id(number) in trace.program.floats:
        x = primitives.convert(traces.wrap(trace.value_of_float(number), trace), dtype)
        return broadcast(x, tuple(shape))
    # Straight into the function, as every number in a user's text comes this way.
    kind = any_type(shape, _NAMES[dtype])
    return TracedArray(splat(trace.function, number, kind, user_location()), trace)


def as_weak(x: TracedArray) -> TracedArray:
    """The same value, weak."""
    return x if x._weak else TracedArray(x._value, x._trace, True)


def fit(x: Operand, dtype: DType, shape: Shape) -> TracedArray:
    """An operand converted to a dtype and broadcast to a shape that it is known to fit.

    Raises:
        XformTypeError: it is complex, and the dtype is not.
        XformValueError: a Python int is out of the dtype's range.
    """
    if isinstance(x, Scalar):
        number = x.number
        if type(number) is not float or dtype.kind != "f":
            number = in_range(number, dtype)
        return constant(shape, dtype, number)
    if x.dtype != dtype:
        x = converted(x, dtype)
    return x if x.shape == shape else broadcast(x, shape)


def converted(x: TracedArray, dtype: DType) -> TracedArray:
    """`x` in another dtype, by which no imaginary part is lost.

    Raises:
        XformTypeError: it is complex, and the dtype is neither that nor bool.
    """
    if x.dtype.kind == "c" and dtype.kind not in "cb":
        raise XformTypeError(
            at_user_line(
                f"numbers of dtype {x.dtype} have no values of {dtype}: their imaginary parts "
                "would be lost; take x.real"
            )
        )
    return primitives.convert(x, dtype)


def in_range(number: complex, dtype: DType) -> complex:
    """The number as one of the dtype's kind.

    Raises:
        XformTypeError: it is complex, and the dtype is not.
        XformValueError: an int is out of the dtype's range.
    """
    limits = INT_RANGES.get(dtype)
    if dtype.kind == "c":
        return complex(number)
    if dtype == BOOL:
        return bool(number)
    if isinstance(number, complex):
        raise XformTypeError(at_user_line(f"the complex number {number} has no value of {dtype}"))
    if limits is None:
        return float(number)
    if isinstance(number, float) and not np.isfinite(number):
        raise XformValueError(at_user_line(f"{number} has no value of dtype {dtype}"))
    number = int(number)
    if not limits[0] <= number <= limits[1]:
        raise XformValueError(
            at_user_line(f"the Python int {number} is out of bounds for dtype {dtype}")
        )
    return number


def broadcast(x: TracedArray, shape: Shape) -> TracedArray:
    """`x` repeated along new leading axes and along axes of size 1."""
    first = len(shape) - len(x.shape)
    return primitives.broadcast_in_dim(x, shape, range(first, len(shape)))


def flat(x: TracedArray) -> TracedArray:
    """All elements along one axis."""
    return x if len(x.shape) == 1 else primitives.reshape(x, (x.size,))


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The shape that all broadcast to.

    Raises:
        XformValueError: there is none.

    >>> broadcast_shapes((3, 1), (4,))
    (3, 4)
    """
    rank = max(map(len, shapes), default=0)
    result = [1] * rank
    for shape in shapes:
        for axis, size in enumerate(shape, rank - len(shape)):
            if size != 1 and size != result[axis]:
                if result[axis] != 1:
                    given = ", ".join(map(str, shapes))
                    raise XformValueError(
                        at_user_line(f"shapes {given} cannot be broadcast together")
                    )
                result[axis] = size
    return tuple(result)


def strong(promotion: Promotion) -> DType:
    """The dtype of a promotion on its own."""
    if promotion is int:
        return INT64
    if promotion is float:
        return FLOAT64
    if promotion is complex:
        return COMPLEX128
    return promotion  # type: ignore[return-value]


def is_bfloat16(promotion: Promotion) -> bool:
    """Whether it is bfloat16, whose `kind` NumPy does not count among floats."""
    return not isinstance(promotion, type) and promotion.name == "bfloat16"


def is_float(dtype: DType) -> bool:
    """Whether elements are real floating-point numbers."""
    return dtype.kind == "f" or dtype.name == "bfloat16"


def is_inexact(dtype: DType) -> bool:
    """Whether elements are floating-point numbers, real or complex."""
    return dtype.kind == "c" or is_float(dtype)


def computed_dtype(dtype: DType) -> DType:
    """The floating dtype in which several steps are computed, to be rounded to another once."""
    return FLOAT32 if dtype.itemsize == 2 else dtype


@cache
def _result_type(promotions: tuple[Promotion, ...]) -> DType:
    weak: dict[Any, Any] = {int: 0, float: 0.0, complex: 0j}
    if any(map(is_bfloat16, promotions)):
        weak[float] = next(p for p in promotions if is_bfloat16(p))
    return np.dtype(np.result_type(*(weak.get(p, p) for p in promotions)))


def result_type(*xs: Operand) -> DType:
    """The dtype that operands have together.

    Raises:
        XformTypeError: they have none.
    """
    return _result_type(tuple([x._promotion for x in xs]))


def align(*xs: Any, dtype: DType | None = None) -> list[TracedArray]:
    """Operands broadcast together and promoted to one dtype.

    Raises:
        XformTypeError: they have no common dtype.
        XformValueError: they have no common shape.
    """
    operands = [operand(x) for x in xs]
    common = result_type(*operands) if dtype is None else dtype
    shape = broadcast_shapes(*(x.shape for x in operands))
    return [fit(x, common, shape) for x in operands]


@cache
def _resolution(
    ufunc: np.ufunc, promotions: tuple[Promotion, ...], dtype: DType | None, casting: str
) -> tuple[tuple[DType, ...], bool] | str:
    """Operand dtypes and whether the result is weak, or why there are none."""
    asked: list[Any] = list(promotions)
    if any(map(is_bfloat16, promotions)):
        bfloat16 = next(p for p in promotions if is_bfloat16(p))
        asked = [bfloat16 if p is float else p for p in promotions]
    elif all(p is int for p in promotions):
        asked = [INT64] * len(promotions)
    signature: Any = (None,) * ufunc.nin + (dtype,) * ufunc.nout
    try:
        found = ufunc.resolve_dtypes(
            (*asked, *(None,) * ufunc.nout),
            signature=signature,
            casting=casting,  # type: ignore[arg-type]
        )
    except (TypeError, ValueError) as error:
        return str(error)
    weak = dtype is None and all(isinstance(p, type) for p in promotions)
    return tuple(np.dtype(d) for d in found[: ufunc.nin]), weak


def resolve(
    ufunc: np.ufunc,
    promotions: Sequence[Promotion],
    dtype: DType | None = None,
    casting: str = "same_kind",
) -> tuple[tuple[DType, ...], bool]:
    """The dtypes in which NumPy's ufunc would take operands, and whether all of them are weak.

    Raises:
        XformTypeError: NumPy has no such operation.
    """
    found = _resolution(ufunc, tuple(promotions), dtype, casting)
    if isinstance(found, str):
        given = ", ".join(p.__name__ if isinstance(p, type) else p.name for p in promotions)
        raise XformTypeError(at_user_line(f"{ufunc.__name__}({given}): {found}"))
    return found


def supported_dtype(dtype: Any, function: str, default: DType = FLOAT64) -> DType:
    """A dtype argument as a dtype.

    Raises:
        XformTypeError: it is none, or one that cannot be compiled.
    """
    if dtype is None:
        return default
    try:
        return checked_dtype(dtype, function)
    except XformTypeError as error:
        raise XformTypeError(at_user_line(str(error))) from None
