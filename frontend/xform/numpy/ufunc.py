"""What one of NumPy's universal functions is: dtype rules, forms in primitives, methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from xform_runtime.unchanging import Unchanging

from .. import primitives
from ..errors import XformTypeError, at_user_line
from ..tracing import traces
from ..tracing.array import ArrayLike, DType, TracedArray
from ..tracing.operations import METHODS, OPERATORS, PUBLIC, UFUNCS, overriding
from . import views
from .arguments import entry, explain
from .promotion import (
    BOOL,
    INT_RANGES,
    Operand,
    Promotion,
    Scalar,
    as_weak,
    broadcast_shapes,
    constant,
    fit,
    is_float,
    operand,
    operand_or_none,
    resolve,
    supported_dtype,
)

# What a row is in primitives: a function, or the name of the primitive.
Form: TypeAlias = Callable[..., Any] | str

_Function: TypeAlias = Callable[..., Any]
_Resolution: TypeAlias = tuple[_Function, tuple[DType, ...], bool]


def _function(form: Form) -> _Function:
    return getattr(primitives, form) if isinstance(form, str) else form


class Ufunc(Unchanging):
    """One of NumPy's universal functions.

    Args:
        numpy: the ufunc whose dtype rule and name it has.
        form: what it is in primitives, on operands of one shape and the rule's dtypes; a tuple
            of results for ufuncs with several.
        boolean, integer, unsigned, complex: forms for these kinds of operands, where they differ.
            `unsigned` is `integer` if not given.

    Calling it:
        Takes arrays or numbers that broadcast together, and NumPy's `out`, `where` (with `out`),
        `dtype` and `casting`. Outside of traced functions it is NumPy's.

    Raises:
        XformTypeError: NumPy has no such operation on the operands' dtypes.
        XformValueError: the shapes do not broadcast together.

    >>> from xform.numpy import add
    >>> add(2, 3)
    np.int64(5)
    """

    def __init__(
        self,
        numpy: np.ufunc,
        form: Form,
        *,
        boolean: Form | None = None,
        integer: Form | None = None,
        unsigned: Form | None = None,
        complex: Form | None = None,
    ) -> None:
        self.numpy = numpy
        self.nin = numpy.nin
        self.nout = numpy.nout
        self.__name__ = numpy.__name__
        summary = (numpy.__doc__ or "").partition("\n\n")[2].partition("\n")[0]
        self.__doc__ = summary.removesuffix(".") + "."
        signed = integer or form
        self.forms = {"b": boolean or form, "i": signed, "u": unsigned or signed, "f": form}
        self.forms["c"] = complex or form
        self._resolved: dict[Any, _Resolution] = {}
        UFUNCS[numpy] = self
        OPERATORS[numpy] = self.operator

    def __reduce__(self) -> tuple[Any, ...]:
        return _ufunc_of, (self.numpy,)

    def __repr__(self) -> str:
        return f"<xform.numpy ufunc {self.__name__!r}>"

    def __call__(
        self,
        *operands: ArrayLike,
        out: Any = None,
        where: Any = True,
        dtype: Any = None,
        casting: str = "same_kind",
        order: str = "K",
        subok: bool = True,
    ) -> TracedArray:
        """The operation on each element; a tuple for ufuncs with several results."""
        try:
            return self._call(operands, out, where, dtype, casting)
        except Exception as error:
            given = {"out": out, "where": where, "dtype": dtype, "casting": casting}
            explain(error, self.__name__, self.__call__, operands, given)
            raise

    def _call(
        self, operands: tuple[ArrayLike, ...], out: Any, where: Any, dtype: Any, casting: str
    ) -> TracedArray:
        if len(operands) > self.nin and out is None:
            operands, out = operands[: self.nin], operands[self.nin :]
        if len(operands) != self.nin:
            raise XformTypeError(
                at_user_line(f"{self.__name__} takes {self.nin} operands, got {len(operands)}")
            )
        if traces.current_trace() is None and not any(map(traces.is_traced, operands)):
            own: Any = self.numpy
            # Ufuncs with several results take no None as `out`.
            target = {} if out is None else {"out": out}
            concrete: TracedArray = own(
                *operands, where=where, dtype=dtype, casting=casting, **target
            )
            return concrete
        if (override := overriding(operands)) is not None:
            given = {"out": out, "where": where, "dtype": dtype}
            options = {name: x for name, x in given.items() if x is not None and x is not True}
            return override.__array_ufunc__(  # type: ignore[no-any-return]
                self.numpy, "__call__", *operands, **options
            )
        results: Any
        if dtype is None and casting == "same_kind":
            results = self.apply(tuple([operand(x) for x in operands]))
        else:
            loop = None if dtype is None else supported_dtype(dtype, self.__name__)
            results = self.apply(tuple([operand(x) for x in operands]), loop, casting)
        if out is None and where is True:
            return results  # type: ignore[no-any-return]
        if not isinstance(results, tuple):
            (out,) = out if isinstance(out, tuple) else (out,)
            return self._written(results, out, where, casting)
        if not isinstance(out, tuple) or len(out) != self.nout:
            raise XformTypeError(
                at_user_line(f"{self.__name__}: out must be a tuple of {self.nout} arrays")
            )
        written: Any = tuple([
            self._written(result, target, where, casting)
            for result, target in zip(results, out, strict=True)
        ])  # fmt: skip
        return written  # type: ignore[no-any-return]

    def _written(self, result: TracedArray, out: Any, where: Any, casting: str) -> TracedArray:
        """A result in the array that was given for it, where the condition holds."""
        if out is None:
            if where is True:
                return result
            raise XformTypeError(
                at_user_line(
                    f"{self.__name__}: `where` without `out` leaves elements undefined; "
                    "use xform.numpy.where"
                )
            )
        if casting != "same_kind" and type(out) is TracedArray:
            if not np.can_cast(result.dtype, out.dtype, casting):  # type: ignore[arg-type]
                raise XformTypeError(
                    at_user_line(
                        f"{self.__name__}: casting={casting!r} does not let a result of dtype "
                        f"{result.dtype} be written into an array of dtype {out.dtype}"
                    )
                )
            result = fit(result, out.dtype, result.shape)
        if where is not True:
            result = PUBLIC[np.where](where, result, out)
        return views.write_whole(out, result)

    def operator(self, x: Any, y: Any) -> TracedArray:
        """`x` op `y` as Python's operators want it: NotImplemented for what is not an operand."""
        left: Operand | None = x if type(x) is TracedArray else operand_or_none(x)
        right: Operand | None = y if type(y) is TracedArray else operand_or_none(y)
        if left is None or right is None:
            return NotImplemented  # type: ignore[no-any-return]
        return self.apply((left, right))

    def apply(
        self, operands: tuple[Operand, ...], dtype: DType | None = None, casting: str = "same_kind"
    ) -> TracedArray:
        """The result for operands, at least one of them traced or a trace being active."""
        key: Any = (
            (operands[0]._promotion, operands[1]._promotion)
            if len(operands) == 2
            else operands[0]._promotion
        )
        plain = dtype is None and casting == "same_kind"
        found = self._resolved.get(key) if plain else None
        if found is None:
            found = self._resolve(tuple([x._promotion for x in operands]), dtype, casting)
            if plain:
                self._resolved[key] = found
        form, dtypes, weak = found
        shape = operands[0].shape
        other = operands[-1].shape
        if shape != other:
            shape = broadcast_shapes(shape, other) if shape and other else shape or other
        result: Any = form(
            *[
                x if type(x) is TracedArray and x.dtype is d and x.shape == shape
                else fit(x, d, shape)
                for x, d in zip(operands, dtypes, strict=True)
            ]
        )  # fmt: skip
        if weak:
            result = tuple(map(as_weak, result)) if type(result) is tuple else as_weak(result)
        return result  # type: ignore[no-any-return]

    def _resolve(
        self, promotions: tuple[Promotion, ...], dtype: DType | None, casting: str
    ) -> _Resolution:
        dtypes, weak = resolve(self.numpy, promotions, dtype, casting)
        kind = "f" if is_float(dtypes[0]) else dtypes[0].kind
        form = self.forms.get(kind)
        if form is None:
            raise XformTypeError(
                at_user_line(f"{self.__name__}: dtype {dtypes[0]} is not supported")
            )
        return _function(form), dtypes, weak

    def __getattr__(self, name: str) -> Any:
        if name not in ("reduce", "accumulate", "reduceat", "outer", "at"):
            raise AttributeError(f"{self!r} has no attribute {name!r}")

        def method(*inputs: Any, **kwargs: Any) -> Any:
            if traces.current_trace() is None and not any(map(traces.is_traced, inputs)):
                return getattr(self.numpy, name)(*inputs, **kwargs)
            return METHODS["ufunc_method"](self.numpy, name, inputs, kwargs)

        return method


entry(Ufunc.__call__, "")


def _ufunc_of(numpy: np.ufunc) -> Callable[..., Any]:
    """The ufunc of a pickle."""
    return UFUNCS[numpy]


class Comparison(Ufunc):
    """A ufunc from two operands to bool; Python ints of any size can be compared with."""

    def __init__(
        self, numpy: np.ufunc, form: Form, compare: Callable[[float, float], bool]
    ) -> None:
        super().__init__(numpy, form)
        self.compare = compare

    def apply(
        self, operands: tuple[Operand, ...], dtype: DType | None = None, casting: str = "same_kind"
    ) -> TracedArray:
        """The result for operands."""
        x, y = operands
        # Every element stands to a number out of the dtype's range as 0 does.
        if isinstance(x, Scalar) and isinstance(y, TracedArray) and _is_beyond(x, y.dtype):
            return constant(y.shape, BOOL, self.compare(x.number, 0))
        if isinstance(y, Scalar) and isinstance(x, TracedArray) and _is_beyond(y, x.dtype):
            return constant(x.shape, BOOL, self.compare(0, y.number))
        return super().apply(operands, dtype, casting)

    def _resolve(
        self, promotions: tuple[Promotion, ...], dtype: DType | None, casting: str
    ) -> _Resolution:
        form, dtypes, weak = super()._resolve(promotions, dtype, casting)
        if dtypes[0] == dtypes[1]:
            return form, dtypes, weak

        def mixed(x: TracedArray, y: TracedArray) -> TracedArray:
            """NumPy compares int64 with uint64 as numbers: negative ones are below all others."""
            signed, sides = (x, (-1, 0)) if x.dtype.kind == "i" else (y, (0, -1))
            negative = primitives.lt(signed, constant(x.shape, signed.dtype, 0))
            unsigned = [primitives.convert(each, np.uint64) for each in (x, y)]
            below = constant(x.shape, BOOL, self.compare(*sides))
            return primitives.select(negative, below, form(*unsigned))

        return mixed, dtypes, weak


def _is_beyond(x: Scalar, dtype: DType) -> bool:
    limits = INT_RANGES.get(dtype)
    return x._promotion is int and limits is not None and not limits[0] <= x.number <= limits[1]
