"""What needs the elements of an array, which are not known while a function is traced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..errors import (
    LeakedArrayError,
    TracedValueError,
    XformAttributeError,
    XformTypeError,
    at_user_line,
)
from ..source import user_site
from .users_call import conversion, in_numpys_function

if TYPE_CHECKING:
    from .traces import Trace

# Attributes of NumPy's arrays that traced arrays cannot have, and what to write instead.
_NO_MEMORY = "the compiler chooses where and in which order elements lie"
_ABSENT = {
    "ctypes": f"{_NO_MEMORY}; return the array as a result and take the pointer of its .copy()",
    "data": f"{_NO_MEMORY}; return the array as a result first",
    "flags": f"{_NO_MEMORY}; write into a .copy() where a write must not be seen elsewhere",
    "strides": f"{_NO_MEMORY}; windows come from xform.numpy.sliding_window_view",
}


class UnknownElements:
    """The operations of an array that raise while it is traced, each with what to write instead."""

    __slots__ = ()

    _trace: Trace
    dtype: np.dtype[Any]

    def _refuse(self, operation: str, remedy: str, *, argument: bool = False) -> NoReturn:
        """Raises TracedValueError.

        Args:
            operation: what needs the elements.
            remedy: what to write instead.
            argument: whether the array may have been passed to a function that needs a number.
        """
        if not self._trace.active:
            raise LeakedArrayError(
                at_user_line(
                    f"{self!r} was used after the function that {self._trace.transform} traced had "
                    "returned; return it as a result instead of storing it"
                )
            )
        if argument:
            operation, remedy = in_numpys_function(self) or (operation, remedy)
        error = TracedValueError(
            at_user_line(
                f"{operation} needs the elements of {self!r}, "
                f"which are not known while the function is traced: {remedy}"
            )
        )
        error.argument = self if argument else None
        self._trace.refusal = (str(error), user_site()[:2])
        try:
            raise error
        finally:
            # The frame, which the error's traceback holds, must not hold the error.
            del error

    def _refuse_repetition(self) -> None:
        """What a sequence times a 0-d array is differs between NumPy's arrays and scalars."""
        if self.dtype.kind in "iu":
            self._refuse(
                "repeating a sequence x times", "multiply with xform.numpy.asarray(sequence)"
            )

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        if name in _ABSENT:
            raise XformAttributeError(
                at_user_line(f"traced arrays have no attribute {name!r}: {_ABSENT[name]}")
            )
        raise XformAttributeError(
            at_user_line(f"traced arrays have no attribute {name!r}, nor have NumPy's")
        )

    # Python's numbers --------------------------------------------------------

    def __bool__(self) -> bool:
        self._refuse(
            "bool(x), or `if`, `while`, `and`, `or`, `not`, `assert`, `in` on it",
            "choose with xform.cond or xform.numpy.where, loop with xform.while_loop, combine with "
            "&, | and ~",
            argument=True,
        )

    def __float__(self) -> float:
        self._refuse(
            "float(x), or writing it into a NumPy array",
            "keep it as an array; make arrays to write into with xform.numpy.zeros or "
            "np.zeros_like(x)",
            argument=True,
        )

    def __int__(self) -> int:
        self._refuse(
            "int(x)",
            "use x.astype(int), or pass the number as a static argument of jit",
            argument=True,
        )

    def __complex__(self) -> complex:
        self._refuse("complex(x)", "keep it as an array", argument=True)

    def __trunc__(self) -> int:
        self._refuse("math.trunc(x)", "use xform.numpy.trunc")

    def __floor__(self) -> int:
        self._refuse("math.floor(x), which calls float(x),", "use xform.numpy.floor")

    def __ceil__(self) -> int:
        self._refuse("math.ceil(x), which calls float(x),", "use xform.numpy.ceil")

    def __hash__(self) -> int:
        self._refuse(
            "hash(x), or using x in a set or as a key", "use a Python number as key", argument=True
        )

    def __index__(self) -> int:
        self._refuse(
            "using x as an index, a size or a range",
            "an array takes it as x[i], a loop as xform.fori_loop, a choice as xform.switch; a "
            "size must be known: pass it as a static argument of jit",
            argument=True,
        )

    def item(self, *args: Any) -> NoReturn:
        """Raises TracedValueError: a Python number needs the element."""
        self._refuse("x.item()", "keep it as an array")

    def tolist(self) -> NoReturn:
        """Raises TracedValueError: Python numbers need the elements."""
        self._refuse("x.tolist()", "keep it as an array; list(x) gives its rows")

    # Bytes, files and other libraries ----------------------------------------

    def tobytes(self, order: str = "C") -> NoReturn:
        """Raises TracedValueError: bytes need the elements."""
        self._refuse("x.tobytes()", "return it as a result first")

    def tofile(self, fid: Any, sep: str = "", format: str = "%s") -> NoReturn:
        """Raises TracedValueError: a file needs the elements."""
        self._refuse("x.tofile()", "return it as a result first")

    def dump(self, file: Any) -> NoReturn:
        """Raises TracedValueError: a file needs the elements."""
        self._refuse("x.dump()", "return it as a result first")

    def dumps(self) -> NoReturn:
        """Raises TracedValueError: bytes need the elements."""
        self._refuse("x.dumps()", "return it as a result first")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        self._refuse(*conversion(), argument=True)

    def __dlpack__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse("passing x to another library", "return it as a result first")

    def __dlpack_device__(self) -> NoReturn:
        self._refuse("passing x to another library", "return it as a result first")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        self._refuse("pickling x", "return it as a result first")

    # Memory ------------------------------------------------------------------

    def _refuse_memory(self, what: str, remedy: str) -> NoReturn:
        raise XformTypeError(
            at_user_line(f"x.{what} is not supported on traced arrays: {_NO_MEMORY}; {remedy}")
        )

    def setflags(self, write: Any = None, align: Any = None, uic: Any = None) -> NoReturn:
        """Raises XformTypeError: traced arrays have no memory of their own."""
        self._refuse_memory("setflags()", "write into a .copy() where none must see it")

    def resize(self, *new_shape: Any, refcheck: bool = True) -> NoReturn:
        """Raises XformTypeError: an array keeps its shape."""
        self._refuse_memory("resize()", "use x = np.resize(x, shape), or np.pad for zeros")

    def byteswap(self, inplace: bool = False) -> NoReturn:
        """Raises XformTypeError: programs compute in the machine's order of bytes."""
        self._refuse_memory("byteswap()", "shift the bits of x.view(np.uint32)")

    def getfield(self, dtype: Any, offset: int = 0) -> NoReturn:
        """Raises XformTypeError: there are no fields."""
        self._refuse_memory("getfield()", "shift the bits of x.view(np.uint32)")

    def setfield(self, val: Any, dtype: Any, offset: int = 0) -> NoReturn:
        """Raises XformTypeError: there are no fields."""
        self._refuse_memory("setfield()", "shift the bits of x.view(np.uint32)")

    def __delitem__(self, index: Any) -> NoReturn:
        self._refuse_memory("__delitem__()", "use x = np.delete(x, i)")


__all__ = ["UnknownElements"]
