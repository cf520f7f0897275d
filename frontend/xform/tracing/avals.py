"""Abstract values: what tracing knows of an array, its shape and dtype."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from xform_runtime import Array
from xform_runtime.dtypes import numpy_dtype
from xform_runtime.open_sizes import Size

from ..errors import XformTypeError, XformValueError, at_user_line
from .complex_values import PARTS, AnyType, any_type

DTYPE_NAMES = (
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "complex64",
    "complex128",
)
FLOAT_NAMES = frozenset({"float16", "bfloat16", "float32", "float64"})

# The dtypes of Python's numbers; bool comes first because it is an int too.
_PYTHON_DTYPES: dict[type[Any], str] = {
    bool: "bool", int: "int64", float: "float64", complex: "complex128"
}  # fmt: skip


class Aval(NamedTuple):
    """The shape and dtype of an array; `weak` marks a Python number, whose dtype gives way."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    weak: bool = False

    @property
    def is_inexact(self) -> bool:
        """Whether it can be differentiated: it is floating or complex."""
        return self.dtype.name in FLOAT_NAMES or self.dtype.kind == "c"

    @property
    def is_complex(self) -> bool:
        """Whether its elements are complex."""
        return self.dtype.kind == "c"

    @property
    def type(self) -> AnyType:
        """The MLIR tensor type, or what stands for two of them."""
        return any_type(self.shape, self.dtype.name)

    def __str__(self) -> str:
        return f"{self.dtype.name}[{','.join(map(str, self.shape))}]"


def real_avals(avals: Iterable[Aval]) -> list[Aval]:
    """Those of the parts: two in the place of each complex one."""
    found: list[Aval] = []
    for kind in avals:
        part = PARTS.get(kind.dtype.name)
        found += (kind,) if part is None else (Aval(kind.shape, np.dtype(part), kind.weak),) * 2
    return found


class Spec:
    """An array's shape and dtype, to lower a function without a value.

    Args:
        shape: its sizes. One that stays open until a call is a name, `size(...)` of a name and
            bounds, or None; those of one name are equal.
        dtype: anything NumPy takes as a dtype, or "bfloat16".

    Raises:
        XformTypeError: a size is neither an int nor open, or no compiled program knows the dtype.
        XformValueError: a size is negative.

    >>> spec((2, 3), "float32")
    spec((2, 3), 'float32')
    >>> spec(("batch", 3))
    spec(('batch', 3), 'float64')
    """

    __slots__ = ("dtype", "is_open", "shape")

    shape: tuple[Any, ...]
    dtype: np.dtype[Any]
    is_open: bool

    def __init__(
        self, shape: Sequence[Any] | int | str | Size | None, dtype: Any = np.float64
    ) -> None:
        is_one = isinstance(shape, str | Size) or not isinstance(shape, Iterable)
        self.shape = tuple(map(_size_of, (shape,) if is_one else shape))  # type: ignore[arg-type]
        self.is_open = any(isinstance(size, Size) for size in self.shape)
        self.dtype = checked_dtype(dtype, "spec")

    def __repr__(self) -> str:
        sizes = ", ".join(map(_size_text, self.shape))
        comma = "," * (len(self.shape) == 1)
        return f"spec(({sizes}{comma}), {self.dtype.name!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Spec):
            return NotImplemented
        return self.shape == other.shape and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash((self.shape, self.dtype))


def _size_of(given: Any) -> int | Size:
    """A size as it was given to `spec`."""
    if given is None:
        # A name that nobody gives; each one of these has another one in the end.
        return Size("?")
    if isinstance(given, str):
        return Size(given)
    if isinstance(given, Size):
        return given
    try:
        size = operator.index(given)
    except TypeError:
        raise XformTypeError(
            f"spec: a size is an int, a name, size(...) or None, got {given!r}"
        ) from None
    if size < 0:
        raise XformValueError(f"spec: sizes cannot be negative, got {size}")
    return size


def _size_text(size: int | Size) -> str:
    if isinstance(size, int):
        return str(size)
    if size == Size("?"):
        return "None"
    return repr(size.name) if size == Size(size.name) else repr(size)


spec = Spec
size = Size


def checked_dtype(dtype: Any, where: str) -> np.dtype[Any]:
    """`dtype` as a native NumPy dtype that compiled programs know.

    Raises:
        XformTypeError: they do not know it; `where` begins the message.

    >>> checked_dtype(">f4", "x").name
    'float32'
    """
    if isinstance(dtype, str) and dtype == "bfloat16":
        return numpy_dtype("bfloat16")
    try:
        found = np.dtype(dtype)
    except TypeError:
        raise XformTypeError(f"{where}: {dtype!r} is not a dtype") from None
    return _native(found, where)


_native_dtypes: dict[np.dtype[Any], np.dtype[Any]] = {}


def _native(dtype: np.dtype[Any], where: str) -> np.dtype[Any]:
    if dtype.name not in DTYPE_NAMES:
        raise XformTypeError(
            f"{where}: dtype {dtype} cannot be compiled: expected one of {', '.join(DTYPE_NAMES)}"
        )
    return _native_dtypes.setdefault(dtype, numpy_dtype(dtype.name))


def require_device(device: Any, function: str) -> None:
    """Checks a `device` argument, which the array API standard gives to many functions.

    Raises:
        XformValueError: it is neither None nor "cpu".
    """
    if device not in (None, "cpu"):
        raise XformValueError(
            at_user_line(
                f"{function}: device is None or 'cpu', got {device!r}; "
                "jit(f, device=...) says where a program runs"
            )
        )


def is_array(value: object) -> bool:
    """Whether `value` is an array or a number, so a leaf that can be traced."""
    return isinstance(
        value, np.ndarray | Array | bool | int | float | complex | np.generic | Spec
    ) or hasattr(value, "__array__")


def is_python_number(value: object) -> bool:
    """Whether `value` is a number without a dtype of its own; NumPy's float64 is a float too."""
    return isinstance(value, bool | int | float | complex) and not isinstance(value, np.generic)


def aval_of(value: Any, where: str) -> Aval:
    """The aval of an array, a number, a spec or a traced array.

    Args:
        value: the leaf.
        where: its path, for the message.

    Raises:
        XformTypeError: it is not an array, or of a dtype that cannot be compiled.

    >>> aval_of(2.0, "x")
    Aval(shape=(), dtype=dtype('float64'), weak=True)
    """
    kind = type(value)
    if kind is Spec and value.is_open:
        raise XformTypeError(f"{where}: {value!r} has open sizes, which jit(...).lower takes")
    if kind is np.ndarray or kind is Array or kind is Spec:
        dtype = _native_dtypes.get(value.dtype)
        return Aval(value.shape, _native(value.dtype, where) if dtype is None else dtype)
    traced = getattr(value, "_aval", None)
    if isinstance(traced, Aval):
        return traced
    if is_python_number(value):
        return python_aval(value, where)
    if isinstance(value, np.ma.MaskedArray | np.matrix):
        raise XformTypeError(
            f"{where}: {kind.__name__} is not supported, because only its elements would be kept; "
            "convert it to a plain array"
        )
    if hasattr(value, "__array__"):
        array = np.asarray(value)
        return Aval(array.shape, _native(array.dtype, where))
    raise XformTypeError(
        f"{where}: expected an array or a number, got {_short(value)} of type {kind.__name__}"
    )


def python_aval(value: bool | int | float | complex, where: str) -> Aval:
    """The weak 0-d aval of a Python number.

    Raises:
        XformTypeError: an int does not fit into 64 bits.
    """
    for kind, name in _PYTHON_DTYPES.items():
        if isinstance(value, kind):
            if kind is int and not -(2**63) <= value < 2**63:
                raise XformTypeError(f"{where}: the int {value} does not fit into 64 bits")
            return Aval((), np.dtype(name), True)
    raise XformTypeError(f"{where}: expected a number, got {type(value).__name__}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
