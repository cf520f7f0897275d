"""Traced arrays: what a function computes with while it is traced."""

from __future__ import annotations

import operator
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeAlias

import numpy as np
from xform_runtime import Array
from xform_runtime.dtypes import numpy_dtype
from xform_runtime.sizes import Sizes

from ..errors import XformTypeError, XformValueError, at_user_line
from .avals import DTYPE_NAMES, Aval, require_device
from .innermost import current_trace
from .open_shapes import open_shape
from .operations import METHODS, OPERATORS, PUBLIC, UFUNCS
from .reductions import Axis, Reductions

if TYPE_CHECKING:
    from ..numpy.flat import Flat
    from ..numpy.views import View
    from .complex_values import AnyValue
    from .traces import Trace

DType: TypeAlias = np.dtype[Any]
Index: TypeAlias = Any

_DTYPES: dict[str, DType] = {name: numpy_dtype(name) for name in DTYPE_NAMES}
# A weak array promotes as the Python number it came from.
_WEAK_PROMOTIONS: dict[DType, type[complex]] = {
    np.dtype(np.int64): int,
    np.dtype(np.float64): float,
    np.dtype(np.complex128): complex,
}


class TracedArray(Sizes, Reductions):
    """An array whose elements become known only when the compiled program runs.

    It behaves like a NumPy array as far as shapes and dtypes decide: operators, methods, NumPy's
    functions, basic indexing and writing. What needs an element's value raises TracedValueError.

    Args:
        value: the SSA value, or those of both parts where the elements are complex.
        trace: the trace in whose function the value lives.
        weak: whether it stands for a Python number, whose dtype gives way to the other operand's.

    Its public attributes are those of NumPy's arrays and of the array API standard. The package's
    own are `_value`, the present SSA value, which writing into the array replaces; `_trace` and
    `_weak`, as given; and `_promotion`, what dtype resolution sees: the dtype, or `int`, `float`
    or `complex` for a weak array.

    Attributes:
        shape: the sizes, a tuple of ints.
        dtype: a NumPy dtype.

    >>> from xform import frontend
    >>> double = frontend.jit(lambda x: 2 * x[1:])
    >>> double(np.arange(3.0)).numpy()
    array([2., 4.])
    """

    __slots__ = (
        "__weakref__",
        "_derived",
        "_dtype",
        "_promotion",
        "_shape",
        "_trace",
        "_value",
        "_view",
        "_weak",
    )
    __array_priority__: ClassVar[float] = 1000.0
    # Python would take it away from a class that defines __eq__.
    __hash__ = Reductions.__hash__

    def __init__(self, value: AnyValue, trace: Trace, weak: bool = False) -> None:
        self._value = value
        self._trace = trace
        self._weak = weak
        self._shape: tuple[int, ...] = value.shape
        if trace.program.open_sizes:
            self._shape = open_shape(value.shape, trace.program.open_sizes)
        dtype = _DTYPES[value.dtype]
        self._dtype: DType = dtype
        self._promotion: DType | type[complex] = (
            _WEAK_PROMOTIONS.get(dtype, dtype) if weak else dtype
        )
        self._view: View | None = None
        self._derived: list[weakref.ref[TracedArray]] | None = None

    # What is known without the elements -------------------------------------

    def _refuse_shape(self, shape: Any) -> NoReturn:
        raise XformTypeError(at_user_line("x.shape cannot be set: use x = x.reshape(shape)"))

    def _refuse_dtype(self, dtype: Any) -> NoReturn:
        raise XformTypeError(at_user_line("x.dtype cannot be set: use x = x.astype(dtype)"))

    # Read so often that a function of Python's would be felt.
    shape: tuple[int, ...] = property(  # type: ignore[assignment]
        operator.attrgetter("_shape"), _refuse_shape, doc="The sizes, a tuple of ints."
    )
    dtype: DType = property(  # type: ignore[assignment]
        operator.attrgetter("_dtype"), _refuse_dtype, doc="A NumPy dtype."
    )

    @property
    def device(self) -> str:
        """Always "cpu", as for NumPy's arrays; `jit` is told where a program runs."""
        return "cpu"

    def to_device(self, device: Any, /, *, stream: Any = None) -> TracedArray:
        """The array itself, for the device "cpu".

        Raises:
            XformValueError: another device or a stream is given.
        """
        require_device(device, "to_device")
        if stream is not None:
            raise XformValueError(at_user_line(f"to_device: stream is None, got {stream!r}"))
        return self

    @property
    def _aval(self) -> Aval:
        """Shape, dtype and weakness."""
        return Aval(self.shape, self.dtype, self._weak)

    def __len__(self) -> int:
        if not self.shape:
            raise XformTypeError(at_user_line("len() of a 0-d array"))
        return self.shape[0]

    def __repr__(self) -> str:
        weak = ", weak" if self._weak else ""
        return f"TracedArray({self.shape}, {self.dtype.name}{weak})"

    def __format__(self, spec: str) -> str:
        if not spec:
            return repr(self)
        return self._refuse(f"format(x, {spec!r})", "print its repr, or format the result")

    # NumPy's protocols ------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return METHODS["__array_ufunc__"](ufunc, method, inputs, kwargs)

    def __array_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Any:
        return METHODS["__array_function__"](func, args, kwargs)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        return METHODS["__array_namespace__"]()

    # Calls of loaded modules ------------------------------------------------

    def __xform_call__(self, signature: Any, image: Any, values: Sequence[Any]) -> Any:
        return METHODS["call_entry"](signature, image, values)

    def __xform_argument__(self, shape: tuple[int | None, ...], dtype: DType) -> TracedArray:
        # A Python number is taken for an array of these kinds.
        kinds = {"b": "b", "i": "iufV", "f": "fV"}[self.dtype.kind] if self._weak else ""
        return self.astype(dtype) if shape == self.shape and dtype.kind in kinds else self

    def __xform_placed__(self, text: str) -> str:
        return at_user_line(text)

    # Operators --------------------------------------------------------------

    def __pos__(self) -> TracedArray:
        return UFUNCS[np.positive](self)

    def __neg__(self) -> TracedArray:
        return UFUNCS[np.negative](self)

    def __abs__(self) -> TracedArray:
        return UFUNCS[np.absolute](self)

    def __invert__(self) -> TracedArray:
        return UFUNCS[np.invert](self)

    def __add__(self, other: Any) -> TracedArray:
        return OPERATORS[np.add](self, other)

    def __radd__(self, other: Any) -> TracedArray:
        return OPERATORS[np.add](other, self)

    def __iadd__(self, other: Any) -> TracedArray:
        return self._update(OPERATORS[np.add](self, other))

    def __sub__(self, other: Any) -> TracedArray:
        return OPERATORS[np.subtract](self, other)

    def __rsub__(self, other: Any) -> TracedArray:
        return OPERATORS[np.subtract](other, self)

    def __isub__(self, other: Any) -> TracedArray:
        return self._update(OPERATORS[np.subtract](self, other))

    def __mul__(self, other: Any) -> TracedArray:
        if type(other) in (list, tuple) and not self._shape:
            self._refuse_repetition()
        return OPERATORS[np.multiply](self, other)

    def __rmul__(self, other: Any) -> TracedArray:
        if type(other) in (list, tuple) and not self._shape:
            self._refuse_repetition()
        return OPERATORS[np.multiply](other, self)

    def __imul__(self, other: Any) -> TracedArray:
        return self._update(OPERATORS[np.multiply](self, other))

    def __truediv__(self, other: Any) -> TracedArray:
        return OPERATORS[np.divide](self, other)

    def __rtruediv__(self, other: Any) -> TracedArray:
        return OPERATORS[np.divide](other, self)

    def __itruediv__(self, other: Any) -> TracedArray:
        return self._update(OPERATORS[np.divide](self, other))

    def __floordiv__(self, other: Any) -> TracedArray:
        return OPERATORS[np.floor_divide](self, other)

    def __rfloordiv__(self, other: Any) -> TracedArray:
        return OPERATORS[np.floor_divide](other, self)

    def __ifloordiv__(self, other: Any) -> TracedArray:
        return self._update(OPERATORS[np.floor_divide](self, other))

    def __mod__(self, other: Any) -> TracedArray:
        return OPERATORS[np.remainder](self, other)

    def __rmod__(self, other: Any) -> TracedArray:
        return OPERATORS[np.remainder](other, self)

    def __imod__(self, other: Any) -> TracedArray:
        return self._update(OPERATORS[np.remainder](self, other))

    def __lshift__(self, other: Any) -> TracedArray:
        return OPERATORS[np.left_shift](self, other)

    def __rlshift__(self, other: Any) -> TracedArray:
        return OPERATORS[np.left_shift](other, self)

    def __ilshift__(self, other: Any) -> TracedArray:
        return self._update(OPERATORS[np.left_shift](self, other))

    def __rshift__(self, other: Any) -> TracedArray:
        return OPERATORS[np.right_shift](self, other)

    def __rrshift__(self, other: Any) -> TracedArray:
        return OPERATORS[np.right_shift](other, self)

    def __irshift__(self, other: Any) -> TracedArray:
        return self._update(OPERATORS[np.right_shift](self, other))

    def __divmod__(self, other: Any) -> tuple[TracedArray, TracedArray]:
        quotient, rest = UFUNCS[np.divmod](self, other)
        return quotient, rest

    def __rdivmod__(self, other: Any) -> tuple[TracedArray, TracedArray]:
        quotient, rest = UFUNCS[np.divmod](other, self)
        return quotient, rest

    def __pow__(self, other: Any) -> TracedArray:
        return OPERATORS[np.power](self, other)

    def __rpow__(self, other: Any) -> TracedArray:
        return OPERATORS[np.power](other, self)

    def __ipow__(self, other: Any) -> TracedArray:
        return self._update(OPERATORS[np.power](self, other))

    def __matmul__(self, other: Any) -> TracedArray:
        return OPERATORS[np.matmul](self, other)

    def __rmatmul__(self, other: Any) -> TracedArray:
        return OPERATORS[np.matmul](other, self)

    def __imatmul__(self, other: Any) -> TracedArray:
        return self._update(OPERATORS[np.matmul](self, other))

    def __and__(self, other: Any) -> TracedArray:
        return OPERATORS[np.bitwise_and](self, other)

    def __rand__(self, other: Any) -> TracedArray:
        return OPERATORS[np.bitwise_and](other, self)

    def __iand__(self, other: Any) -> TracedArray:
        return self._update(OPERATORS[np.bitwise_and](self, other))

    def __or__(self, other: Any) -> TracedArray:
        return OPERATORS[np.bitwise_or](self, other)

    def __ror__(self, other: Any) -> TracedArray:
        return OPERATORS[np.bitwise_or](other, self)

    def __ior__(self, other: Any) -> TracedArray:
        return self._update(OPERATORS[np.bitwise_or](self, other))

    def __xor__(self, other: Any) -> TracedArray:
        return OPERATORS[np.bitwise_xor](self, other)

    def __rxor__(self, other: Any) -> TracedArray:
        return OPERATORS[np.bitwise_xor](other, self)

    def __ixor__(self, other: Any) -> TracedArray:
        return self._update(OPERATORS[np.bitwise_xor](self, other))

    def __eq__(self, other: object) -> TracedArray:  # type: ignore[override]
        return OPERATORS[np.equal](self, other)

    def __ne__(self, other: object) -> TracedArray:  # type: ignore[override]
        return OPERATORS[np.not_equal](self, other)

    def __lt__(self, other: Any) -> TracedArray:
        return OPERATORS[np.less](self, other)

    def __le__(self, other: Any) -> TracedArray:
        return OPERATORS[np.less_equal](self, other)

    def __gt__(self, other: Any) -> TracedArray:
        return OPERATORS[np.greater](self, other)

    def __ge__(self, other: Any) -> TracedArray:
        return OPERATORS[np.greater_equal](self, other)

    # Elements and writing ---------------------------------------------------

    def __getitem__(self, index: Index) -> TracedArray:
        return METHODS["__getitem__"](self, index)  # type: ignore[no-any-return]

    def __setitem__(self, index: Index, part: Any) -> None:
        METHODS["__setitem__"](self, index, part)

    def __iter__(self) -> Iterator[TracedArray]:
        if not self.shape:
            raise XformTypeError(at_user_line("iteration over a 0-d array"))
        return iter([METHODS["__getitem__"](self, i) for i in range(self.shape[0])])

    def _update(self, result: TracedArray) -> TracedArray:
        """The end of `x += y`: the array itself takes the result, as do the views of it."""
        if type(result) is not TracedArray:
            return result
        if not self.shape and self._view is None:
            # NumPy's 0-d results are scalars, and those are not written into.
            return result
        METHODS["write_whole"](self, result)
        return self

    def fill(self, value: Any) -> None:
        """Write one value into every element."""
        METHODS["__setitem__"](self, ..., value)

    def copy(self, order: str = "C") -> TracedArray:
        """The same elements, independent of later writes into this array."""
        trace = current_trace()
        if trace is None or trace is self._trace:
            return TracedArray(self._value, self._trace, self._weak)
        return TracedArray(trace.value_of(self), trace, self._weak)

    def __copy__(self) -> TracedArray:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> TracedArray:
        return self.copy()

    # Shape ------------------------------------------------------------------

    @property
    def T(self) -> TracedArray:  # noqa: N802 - NumPy's name
        """The axes in opposite order."""
        return PUBLIC[np.transpose](self)

    @property
    def mT(self) -> TracedArray:  # noqa: N802 - NumPy's name
        """The last two axes exchanged."""
        return PUBLIC[np.matrix_transpose](self)

    @property
    def real(self) -> TracedArray:
        """The real parts, which can be written into; of a real array, the array itself."""
        return PUBLIC[np.real](self)

    @real.setter
    def real(self, part: Any) -> None:
        METHODS["__setitem__"](self.real, ..., part)

    @property
    def imag(self) -> TracedArray:
        """The imaginary parts, which can be written into; of a real array, zeros."""
        return PUBLIC[np.imag](self)

    @imag.setter
    def imag(self, part: Any) -> None:
        if self._dtype.kind != "c":
            raise XformTypeError(
                at_user_line(f"x.imag cannot be set: x is real, of dtype {self._dtype.name}")
            )
        METHODS["__setitem__"](self.imag, ..., part)

    @property
    def flat(self) -> Flat:
        """The elements in row-major order; see numpy.ndarray.flat."""
        return METHODS["flat"](self)  # type: ignore[no-any-return]

    @flat.setter
    def flat(self, part: Any) -> None:
        METHODS["flat"](self)[:] = part

    @property
    def base(self) -> TracedArray | None:
        """The array whose elements this one shares, which it then is a view of."""
        return METHODS["base"](self)  # type: ignore[no-any-return]

    def view(self, dtype: Any = None, type: Any = None) -> TracedArray:
        """The same elements, or their bits as another dtype of the same width."""
        if dtype in (None, np.ndarray, TracedArray):
            return self[...]
        return METHODS["view"](self, dtype)  # type: ignore[no-any-return]

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> TracedArray:
        """See numpy.ndarray.reshape."""
        return PUBLIC[np.reshape](self, shape[0] if len(shape) == 1 else shape, order=order)

    def ravel(self, order: str = "C") -> TracedArray:
        """All elements along one axis."""
        return PUBLIC[np.ravel](self, order=order)

    def flatten(self, order: str = "C") -> TracedArray:
        """All elements along one axis, independent of later writes into this array."""
        return PUBLIC[np.ravel](self, order=order).copy()

    def transpose(self, *axes: Any) -> TracedArray:
        """See numpy.ndarray.transpose."""
        if not axes:
            return PUBLIC[np.transpose](self)
        return PUBLIC[np.transpose](self, axes[0] if len(axes) == 1 else axes)

    def swapaxes(self, axis1: int, axis2: int) -> TracedArray:
        """Two axes exchanged."""
        return PUBLIC[np.swapaxes](self, axis1, axis2)

    def squeeze(self, axis: Axis = None) -> TracedArray:
        """The array without axes of size 1."""
        return PUBLIC[np.squeeze](self, axis)

    def repeat(self, repeats: Any, axis: int | None = None) -> TracedArray:
        """See numpy.repeat."""
        return PUBLIC[np.repeat](self, repeats, axis)

    def take(
        self, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise"
    ) -> TracedArray:
        """See numpy.take."""
        return PUBLIC[np.take](self, indices, axis, out, mode)

    def put(self, indices: Any, values: Any, mode: str = "raise") -> None:
        """See numpy.put."""
        PUBLIC[np.put](self, indices, values, mode)

    def choose(self, choices: Any, out: Any = None, mode: str = "raise") -> TracedArray:
        """See numpy.choose."""
        return PUBLIC[np.choose](self, choices, out, mode)

    def compress(self, condition: Any, axis: int | None = None, out: Any = None) -> TracedArray:
        """See numpy.compress."""
        return PUBLIC[np.compress](condition, self, axis, out)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> TracedArray:
        """See numpy.diagonal."""
        return PUBLIC[np.diagonal](self, offset, axis1, axis2)

    def trace(
        self, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None
    ) -> TracedArray:
        """See numpy.trace."""
        return PUBLIC[np.trace](self, offset, axis1, axis2, dtype, out)

    def astype(
        self,
        dtype: Any,
        order: str = "K",
        casting: Any = "unsafe",
        subok: bool = True,
        copy: bool = True,
    ) -> TracedArray:
        """Each element as another dtype."""
        return PUBLIC[np.astype](self, dtype, casting=casting, copy=copy)

    def conj(self) -> TracedArray:
        """The complex conjugate of each element; of a real array, a copy."""
        return UFUNCS[np.conjugate](self)

    conjugate = conj


ArrayLike: TypeAlias = (
    TracedArray
    | Array
    | np.ndarray[Any, Any]
    | np.generic
    | bool
    | int
    | float
    | Sequence["ArrayLike"]
)

__all__ = ["ArrayLike", "Axis", "DType", "Index", "TracedArray"]
