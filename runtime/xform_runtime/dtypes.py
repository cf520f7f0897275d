"""The dtypes that cross the boundary to a device, under NumPy's names and under IREE's."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from .binding import HalElementType
from .errors import XformTypeError

# Integers are signless in compiled modules: the sign lives in the signature, not in the buffer.
_ELEMENT_TYPES: dict[str, Any] = {
    "bool": HalElementType.BOOL_8,
    "int8": HalElementType.INT_8,
    "int16": HalElementType.INT_16,
    "int32": HalElementType.INT_32,
    "int64": HalElementType.INT_64,
    "uint8": HalElementType.INT_8,
    "uint16": HalElementType.INT_16,
    "uint32": HalElementType.INT_32,
    "uint64": HalElementType.INT_64,
    "float16": HalElementType.FLOAT_16,
    "bfloat16": HalElementType.BFLOAT_16,
    "float32": HalElementType.FLOAT_32,
    "float64": HalElementType.FLOAT_64,
}

# Programs take a complex number as two real ones, side by side along a last axis.
PARTS: dict[str, str] = {"complex64": "float32", "complex128": "float64"}

# The dtypes whose NumPy buffers IREE reads as they are, in native byte order.
PLAIN_ELEMENT_TYPES: dict[np.dtype[Any], Any] = {
    np.dtype(name): element for name, element in _ELEMENT_TYPES.items() if name != "bfloat16"
}

DTYPE_NAMES: tuple[str, ...] = (*_ELEMENT_TYPES, *PARTS)


@cache
def numpy_dtype(name: str) -> np.dtype[Any]:
    """The NumPy dtype called `name`; `bfloat16` comes from ml_dtypes.

    Raises:
        XformTypeError: `name` is not one of `DTYPE_NAMES`.

    >>> numpy_dtype("float32")
    dtype('float32')
    """
    if name not in DTYPE_NAMES:
        raise XformTypeError(f"unknown dtype {name!r}: expected one of {', '.join(DTYPE_NAMES)}")
    if name == "bfloat16":
        import ml_dtypes

        bfloat16: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        return bfloat16
    return np.dtype(name)


@cache
def element_type(dtype: np.dtype[Any]) -> Any:
    """IREE's element type for a NumPy dtype; that of the parts of a complex one.

    Raises:
        XformTypeError: no device array can hold `dtype` (strings, objects, dates, ...).
    """
    found = _ELEMENT_TYPES.get(PARTS.get(dtype.name, dtype.name))
    if found is None:
        raise XformTypeError(
            f"dtype {dtype} cannot be put on a device: expected one of {', '.join(DTYPE_NAMES)}"
        )
    return found


def complex_element_type(dtype: np.dtype[Any]) -> Any:
    """IREE's element type for whole complex numbers, which it knows in memory but not in programs."""
    return getattr(HalElementType, dtype.name.upper().replace("COMPLEX", "COMPLEX_"))


def sides(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A contiguous array as a program takes it: of complex numbers, both parts along a last axis.

    >>> sides(np.array([1 + 2j])).tolist()
    [[1.0, 2.0]]
    """
    if array.dtype.kind != "c":
        return array
    return array.reshape(*array.shape, 1).view(PARTS[array.dtype.name])


def sides_shape(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, ...]:
    """The shape of an array as a program takes it."""
    return (*shape, 2) if dtype.kind == "c" else shape


@cache
def dtype_of_element(element: int) -> np.dtype[Any]:
    """The NumPy dtype of a buffer whose signature is not known; signless integers read as signed.

    Raises:
        XformTypeError: the element type has no NumPy dtype.
    """
    for name, known in _ELEMENT_TYPES.items():
        if int(known) == int(element):
            return numpy_dtype(name)
    raise XformTypeError(f"element type 0x{int(element):08x} has no NumPy dtype")
