"""What is known of arrays without their elements, and what the namespace can do."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
from xform_runtime import Array

from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.array import DType, TracedArray
from ..tracing.avals import require_device
from . import views
from .arguments import explained
from .dispatch import function
from .promotion import is_bfloat16, operand

# dtypes -----------------------------------------------------------------------


@function(np.result_type)
def result_type(*arrays_and_dtypes: Any) -> DType:
    """The dtype to which arrays, numbers and dtypes promote together.

    >>> result_type(np.float32, 1.5)
    dtype('float32')
    """
    given = [_promoting(x) for x in arrays_and_dtypes]
    bfloat16 = next((x for x in given if isinstance(x, np.dtype) and is_bfloat16(x)), None)
    if bfloat16 is not None:
        given = [bfloat16 if type(x) is float else x for x in given]
    try:
        return np.result_type(*given)
    except (TypeError, ValueError) as error:
        raise XformTypeError(at_user_line(f"result_type: {error}")) from None


def _dtype(type: Any) -> Any:
    """The dtype of an array, or what is none as it is."""
    return type.dtype if isinstance(type, TracedArray | Array | np.ndarray | np.generic) else type


def _promoting(x: Any) -> Any:
    """What NumPy's rule is asked about: Python numbers as they are, arrays as dtypes."""
    if isinstance(x, TracedArray):
        kind = x._promotion
        return kind() if isinstance(kind, type) else kind
    if type(x) in (bool, int, float, complex):
        return x
    try:
        return np.dtype(_dtype(x))
    except TypeError as error:
        raise XformTypeError(at_user_line(f"result_type: {error}")) from None


@function(np.can_cast)
def can_cast(from_: Any, to: Any, casting: Any = "safe") -> bool:
    """Whether a cast between dtypes is allowed by a rule.

    >>> can_cast(np.int32, np.float32)
    False
    """
    return np.can_cast(from_.dtype if isinstance(from_, TracedArray) else from_, to, casting)


@function(np.min_scalar_type)
def min_scalar_type(a: Any, /) -> DType:
    """The dtype of a traced array; the smallest dtype that holds a number known while tracing."""
    return a.dtype if isinstance(a, TracedArray) else np.min_scalar_type(a)


@function(np.common_type)
def common_type(*arrays: Any) -> type:
    """The floating type that holds all arrays; integers count as float64."""
    try:
        return np.common_type(*(np.empty(0, operand(x).dtype) for x in arrays))
    except TypeError as error:
        raise XformTypeError(at_user_line(f"common_type: {error}")) from None


@explained
def finfo(type: Any, /) -> Any:
    """The limits of a floating dtype, or of an array's.

    >>> finfo(np.float32).bits
    32
    """
    dtype = np.dtype(_dtype(type))
    limits: Any = ml_dtypes.finfo if is_bfloat16(dtype) else np.finfo
    return limits(dtype)


@explained
def iinfo(type: Any, /) -> np.iinfo[Any]:
    """The limits of an integer dtype, or of an array's.

    >>> iinfo(np.int8).max
    127
    """
    return np.iinfo(_dtype(type))


@function(np.iscomplexobj)
def iscomplexobj(x: Any) -> bool:
    """Whether the dtype is complex."""
    return operand(x).dtype.kind == "c"


@function(np.isrealobj)
def isrealobj(x: Any) -> bool:
    """Whether the dtype is not complex."""
    return operand(x).dtype.kind != "c"


@function(np.einsum_path)
def einsum_path(
    *operands: Any, optimize: Any = "greedy", einsum_call: bool = False
) -> tuple[list[Any], str]:
    """In which order NumPy would contract the operands, which their shapes decide."""
    known = [
        np.broadcast_to(np.zeros((), x.dtype), x.shape) if isinstance(x, TracedArray) else x
        for x in operands
    ]
    return np.einsum_path(*known, optimize=optimize)


# Text and memory --------------------------------------------------------------


@function(np.array_repr)
def array_repr(arr: Any, *args: Any, **kwargs: Any) -> str:
    """Shape and dtype, as the elements are not known."""
    return repr(arr)


@function(np.array_str)
def array_str(a: Any, *args: Any, **kwargs: Any) -> str:
    """Shape and dtype, as the elements are not known."""
    return repr(a)


@function(np.array2string)
def array2string(a: Any, *args: Any, **kwargs: Any) -> str:
    """Shape and dtype, as the elements are not known."""
    return repr(a)


@function(np.shares_memory, np.may_share_memory)
def shares_memory(a: Any, b: Any, /, max_work: Any = None) -> bool:
    """Whether a write into one array would be seen by the other."""
    if not (isinstance(a, TracedArray) and isinstance(b, TracedArray)):
        return False
    return views.overlap(a, b)


may_share_memory = shares_memory

# The namespace ----------------------------------------------------------------

_KINDS = (
    "bool",
    "signed integer",
    "unsigned integer",
    "real floating",
    "complex floating",
    "integral",
    "numeric",
)


class NamespaceInfo:
    """What `xform.numpy` offers where it is asked: less while a function is traced.

    >>> NamespaceInfo().default_dtypes()["real floating"]
    dtype('float64')
    """

    def capabilities(self) -> dict[str, Any]:
        """Whether shapes may depend on elements, and how many axes an array may have.

        Returns:
            "boolean indexing" and "data-dependent shapes", which NumPy has and traced arrays have
            not, and "max dimensions".
        """
        concrete = traces.current_trace() is None
        return {
            **np.__array_namespace_info__().capabilities(),
            "boolean indexing": concrete,
            "data-dependent shapes": concrete,
        }

    def default_device(self) -> str:
        """The device of NumPy's arrays, "cpu"; `jit` says where a program runs."""
        return "cpu"

    def devices(self) -> list[str]:
        """The default device."""
        return ["cpu"]

    def default_dtypes(self, *, device: str | None = None) -> dict[str, DType]:
        """NumPy's: float64, complex128 and int64.

        Raises:
            XformValueError: the device is not "cpu".
        """
        require_device(device, "default_dtypes")
        found: Any = np.__array_namespace_info__().default_dtypes()
        return dict(found)

    def dtypes(
        self, *, device: str | None = None, kind: str | tuple[str, ...] | None = None
    ) -> dict[str, DType]:
        """The standard's dtypes by name, all of which traced arrays have too.

        Args:
            device: None or "cpu".
            kind: "bool", "signed integer", "unsigned integer", "integral", "real floating",
                "complex floating", "numeric", several of these, or None for all.

        Raises:
            XformValueError: another device or kind.
        """
        require_device(device, "dtypes")
        for name in (kind,) if isinstance(kind, str) else kind or ():
            if name not in _KINDS:
                raise XformValueError(
                    at_user_line(f"dtypes: unknown kind {name!r}; expected one of {_KINDS}")
                )
        own: Any = np.__array_namespace_info__()
        return dict(own.dtypes(kind=kind))


def __array_namespace_info__() -> NamespaceInfo:  # noqa: N807 - the standard's name
    """What the namespace offers, by the Python array API standard."""
    return NamespaceInfo()


__all__ = [
    "__array_namespace_info__",
    "array2string",
    "array_repr",
    "array_str",
    "can_cast",
    "common_type",
    "einsum_path",
    "finfo",
    "iinfo",
    "iscomplexobj",
    "isrealobj",
    "may_share_memory",
    "min_scalar_type",
    "result_type",
    "shares_memory",
]
