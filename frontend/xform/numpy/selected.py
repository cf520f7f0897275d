"""The elements that a traced mask selects: `x[mask]`, whose shape is not known.

How many there are is known only when the program runs. So `x[mask]` stands for all of `x` and
remembers the mask: what is done to each element by itself is done to all of them, sums and the like
leave out the others, and what is written back where the mask comes from are the selected ones.
Branches can be written as in NumPy:

    out[small] = np.sin(x[small])
    out[~small] = np.log(x[~small])

What a function makes of an element that is not selected is never seen, not even by a derivative,
in which it would be 0 * inf: where a function may not be finite, the elements that are not selected
are replaced by one that is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn, TypeAlias

import numpy as np
from xform_runtime import Array

from .. import primitives
from ..errors import TracedValueError, XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.array import TracedArray
from ..tracing.complex_values import is_computed_as
from ..tracing.operations import FUNCTIONS, UFUNCS, Overriding
from . import contraction, creation, indexing, manipulation, reductions, selection, ufuncs
from .axes import normalized_axes
from .dispatch import ELEMENTWISE
from .masks import Mask
from .promotion import BOOL, Operand, broadcast_shapes, constant, fit, is_inexact, operand

Function: TypeAlias = Callable[..., Any]

# Their derivatives are not multiplied by anything that depends on the operands, so elements that
# are not selected do no harm.
_TAME: Final = frozenset({
    np.add, np.subtract, np.negative, np.positive, np.equal, np.not_equal, np.less, np.less_equal,
    np.greater, np.greater_equal, np.logical_and, np.logical_or, np.logical_xor, np.logical_not,
    np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.isnan, np.isinf, np.isfinite,
    np.signbit, np.floor, np.ceil, np.trunc, np.rint, np.where, np.zeros_like, np.ones_like,
    np.full_like, np.empty_like, np.copy, np.real, np.imag, np.round, np.around,
})  # fmt: skip

# NumPy's functions besides ufuncs that take each element by itself.
_ELEMENTWISE: Final = frozenset({
    np.where, np.select, np.clip, np.round, np.around, np.fix, np.nan_to_num, np.real, np.imag,
    np.real_if_close, np.angle, np.sinc, np.isclose, np.isreal, np.iscomplex, np.isposinf,
    np.isneginf, np.zeros_like, np.ones_like, np.full_like, np.empty_like, np.copy,
})  # fmt: skip
# Those whose other arrays are tables, which belong to no element.
_BY_TABLE: Final = frozenset({np.interp, np.digitize, np.polyval, np.searchsorted})

# Reductions, and what of NumPy's takes `where` of them.
_WITH_WHERE: Final[dict[Function, Function]] = {
    np.sum: reductions.sum, np.prod: reductions.prod, np.mean: reductions.mean,
    np.var: reductions.var, np.std: reductions.std, np.any: reductions.any, np.all: reductions.all,
}  # fmt: skip
_EXTREMES: Final[dict[Function, bool]] = {
    np.max: True, np.amax: True, np.min: False, np.amin: False,
}  # fmt: skip
_PRODUCTS: Final = frozenset({np.dot, np.vdot, np.inner, np.matmul, np.vecdot})


def _operators(ufunc: np.ufunc) -> tuple[Function, Function, Function]:
    """The forward, reflected and in-place operator of a ufunc."""

    def forward(self: Selected, other: Any) -> Any:
        return elementwise(ufunc, (self, other))

    def reflected(self: Selected, other: Any) -> Any:
        return elementwise(ufunc, (other, self))

    def in_place(self: Selected, other: Any) -> Selected:
        return self._take(elementwise(ufunc, (self, other)))

    return forward, reflected, in_place


def _method(function: Function) -> Function:
    """The method that is a function of NumPy's."""

    def method(self: Selected, *args: Any, **kwargs: Any) -> Any:
        return self.__array_function__(function, (), (self, *args), kwargs)

    method.__doc__ = f"See numpy.{function.__name__}."
    return method


class Selected(Overriding):
    """`x[mask]` for a traced mask.

    Args:
        whole: the elements of all of `x`.
        mask: which are selected, along neighbouring axes of `whole`.
        behind: how many axes of `whole` come after these.
        tame: whether each element that is not selected equals one that is.
    """

    __slots__ = ("_behind", "_mask", "_tame", "_whole")
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self, whole: TracedArray, mask: TracedArray, behind: int, *, tame: bool = False
    ) -> None:
        # Later writes into the array, or into the mask, do not change what was read.
        self._whole = whole.copy()
        self._mask = mask.copy()
        self._behind = behind
        self._tame = tame

    # What is known ----------------------------------------------------------

    @property
    def dtype(self) -> np.dtype[Any]:
        """A NumPy dtype."""
        return self._whole.dtype

    @property
    def ndim(self) -> int:
        """The number of axes, of which the selected elements are one."""
        return self._whole.ndim - self._mask.ndim + 1

    @property
    def _axis(self) -> int:
        """The axis of the selected elements, and the mask's first one in `whole`."""
        return self._whole.ndim - self._behind - self._mask.ndim

    def __repr__(self) -> str:
        return f"Selected({self._whole!r} where {self._mask!r})"

    # Alignment ----------------------------------------------------------------

    def require_same(self, mask: TracedArray, behind: int) -> None:
        """Checks that another mask selects the same elements.

        Raises:
            XformTypeError: it is not known to.
        """
        same = self._mask.shape == mask.shape and self._behind == behind
        if not (same and is_computed_as(traces.lift(self._mask), traces.lift(mask))):
            raise XformTypeError(
                at_user_line(
                    "elements that one traced mask selects meet those of another: their numbers "
                    "may differ; use one mask for both, m = x > 0; y[m] = x[m]"
                )
            )

    def _beside(self, other: Any) -> Any:
        """An array that broadcasts against the selected elements, for all of them."""
        if isinstance(other, TracedArray | np.ndarray | Array | list | tuple):
            return _aligned(operand(other), self._mask, self._behind)
        return other

    def _tamed(self) -> TracedArray:
        """All elements, each that is not selected replaced by one that is, or by 1."""
        if not self._tame:
            first = reductions.argmax(manipulation.ravel(self._mask))
            axis, count = self._axis, self._mask.size
            shape = self._whole.shape
            front, back = shape[:axis], shape[axis + self._mask.ndim :]
            lines = primitives.reshape(self._whole, (*front, count, *back))
            zero = constant((), first.dtype, 0)
            starts = [first if i == axis else zero for i in range(lines.ndim)]
            if count:
                one = primitives.dynamic_slice(lines, starts, (*front, 1, *back))
                filler = primitives.reshape(one, (*front, *(1,) * self._mask.ndim, *back))
                if is_inexact(filler.dtype):
                    filler = primitives.stop_gradient(filler)
                filler = selection.where(reductions.any(self._mask), filler, 1)
                self._whole = selection.where(self._spread(), self._whole, filler)
            self._tame = True
        return self._whole

    def _spread(self) -> TracedArray:
        """The mask in the shape of all elements."""
        dims = range(self._axis, self._axis + self._mask.ndim)
        return primitives.broadcast_in_dim(self._mask, self._whole.shape, dims)

    def _only(self, number: complex) -> TracedArray:
        """All elements, with a number in those that are not selected."""
        return selection.where(self._spread(), self._whole, number)

    def _like(self, whole: TracedArray) -> Selected:
        return Selected(whole, self._mask, self._behind, tame=self._tame)

    def _take(self, result: Selected) -> Selected:
        """The end of `selected += y`."""
        if not np.can_cast(result.dtype, self.dtype, casting="same_kind"):
            raise XformTypeError(
                at_user_line(
                    f"cannot write a result of dtype {result.dtype} into an array of dtype "
                    f"{self.dtype}"
                )
            )
        self._whole = fit(result._whole, self.dtype, result._whole.shape)
        self._tame = result._tame
        return self

    # Operators ----------------------------------------------------------------

    __add__, __radd__, __iadd__ = _operators(np.add)
    __sub__, __rsub__, __isub__ = _operators(np.subtract)
    __mul__, __rmul__, __imul__ = _operators(np.multiply)
    __truediv__, __rtruediv__, __itruediv__ = _operators(np.divide)
    __floordiv__, __rfloordiv__, __ifloordiv__ = _operators(np.floor_divide)
    __mod__, __rmod__, __imod__ = _operators(np.remainder)
    __pow__, __rpow__, __ipow__ = _operators(np.power)
    __and__, __rand__, __iand__ = _operators(np.bitwise_and)
    __or__, __ror__, __ior__ = _operators(np.bitwise_or)
    __xor__, __rxor__, __ixor__ = _operators(np.bitwise_xor)
    __lshift__, __rlshift__, __ilshift__ = _operators(np.left_shift)
    __rshift__, __rrshift__, __irshift__ = _operators(np.right_shift)
    __eq__, __ne__ = _operators(np.equal)[0], _operators(np.not_equal)[0]
    __lt__, __le__ = _operators(np.less)[0], _operators(np.less_equal)[0]
    __gt__, __ge__ = _operators(np.greater)[0], _operators(np.greater_equal)[0]

    def __neg__(self) -> Any:
        return elementwise(np.negative, (self,))

    def __pos__(self) -> Selected:
        return self._like(self._whole)

    def __abs__(self) -> Any:
        return elementwise(np.absolute, (self,))

    def __invert__(self) -> Any:
        return elementwise(np.invert, (self,))

    def __divmod__(self, other: Any) -> Any:
        return elementwise(np.divmod, (self, other))

    def __rdivmod__(self, other: Any) -> Any:
        return elementwise(np.divmod, (other, self))

    def __matmul__(self, other: Any) -> TracedArray:
        return _product(np.matmul, (self, other))

    def __rmatmul__(self, other: Any) -> TracedArray:
        return _product(np.matmul, (other, self))

    # Elements -------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Selected:
        condition = self._condition(index)
        if condition is not None:
            return Selected(self._whole, ufuncs.logical_and(self._mask, condition), self._behind)
        items = self._basic(index)
        behind = sum(isinstance(x, slice) for x in items[self._axis + self._mask.ndim :])
        whole = self._whole[items]
        return Selected(whole, self._mask, behind, tame=self._tame)

    def __setitem__(self, index: Any, part: Any) -> None:
        condition = self._condition(index)
        expected = self._mask
        if condition is None:
            if index is not Ellipsis and not (type(index) is slice and index == slice(None)):
                self.refuse()
            condition = constant(self._mask.shape, BOOL, True)
        else:
            expected = ufuncs.logical_and(self._mask, condition)
        self._whole = _written(self._whole, condition, expected, self._behind, part)
        self._tame = False

    def _condition(self, index: Any) -> TracedArray | None:
        """The mask that an index stands for, which was computed from elements of this one."""
        if not isinstance(index, Selected):
            return None
        if index.dtype != BOOL or index._whole.shape != self._mask.shape:
            self.refuse()
        index.require_same(self._mask, index._behind)
        return index._whole

    def _basic(self, index: Any) -> tuple[Any, ...]:
        """An index that takes all of the selected elements, as one of all of them."""
        items = list(index if type(index) is tuple else (index,))
        dots = [i for i, item in enumerate(items) if item is Ellipsis]
        for place in dots[:1]:
            items[place : place + 1] = [slice(None)] * (self.ndim - len(items) + 1)
        items += [slice(None)] * (self.ndim - len(items))
        plain = all(isinstance(item, slice | int | np.integer) for item in items)
        if not plain or len(items) != self.ndim or items[self._axis] != slice(None):
            self.refuse()
        items[self._axis : self._axis + 1] = [slice(None)] * self._mask.ndim
        return tuple(items)

    # Methods ----------------------------------------------------------------------

    def astype(self, dtype: Any) -> Selected:
        """Each element as another dtype."""
        return self._like(creation.astype(self._whole, dtype))

    def copy(self) -> Selected:
        """The same elements, independent of later writes into these."""
        return self._like(self._whole)

    sum, prod, mean = _method(np.sum), _method(np.prod), _method(np.mean)
    var, std = _method(np.var), _method(np.std)
    max, min = _method(np.max), _method(np.min)
    any, all = _method(np.any), _method(np.all)
    clip, round, dot = _method(np.clip), _method(np.round), _method(np.dot)

    def refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises TracedValueError: what is asked for depends on how many elements there are."""
        raise TracedValueError(
            at_user_line(
                f"how many elements of {self._whole!r} a traced mask selects is not known while "
                "the function is traced: np.count_nonzero(mask) is their number; elementwise "
                "functions, sums, means and extremes of them, and x[mask] = y[mask] work; for "
                "anything else choose with xform.numpy.where(mask, x, y)"
            )
        )

    __array__ = __bool__ = __float__ = __int__ = __index__ = __len__ = __iter__ = refuse

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.refuse()

    # NumPy's protocols --------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if ufunc in _PRODUCTS:
            return _product(ufunc, inputs)
        if method != "__call__" or ufunc not in UFUNCS or kwargs:
            self.refuse()
        return elementwise(ufunc, inputs, kwargs)

    def __array_function__(
        self,
        func: Function,
        types: Sequence[type],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Any:
        if _is_elementwise(func):
            return elementwise(func, args, kwargs)
        if func in _PRODUCTS:
            return _product(func, args)
        if args and args[0] is self:
            return self._reduced(func, args[1:], kwargs)
        return self.refuse()

    def _reduced(self, func: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """A reduction over all axes, or over some."""
        if func is np.count_nonzero:
            return elementwise(np.not_equal, (self, 0), {})._reduced(np.sum, args, kwargs)
        if func is np.ptp:
            return self._reduced(np.max, args, kwargs) - self._reduced(np.min, args, kwargs)
        if func is np.linalg.norm and self.ndim == 1:
            return FUNCTIONS[np.linalg.norm](manipulation.ravel(self._only(0)), *args, **kwargs)
        if func is np.average and set(kwargs) <= {"weights"} and not args:
            return _average(self, kwargs.get("weights"))
        if func not in _WITH_WHERE and func not in _EXTREMES:
            self.refuse()
        axis = args[0] if args else kwargs.get("axis")
        options = {name: x for name, x in kwargs.items() if name not in ("axis", "keepdims")}
        keeps = bool(kwargs.get("keepdims", False))
        if len(args) > 1 or "out" in options or "where" in options:
            self.refuse()
        axes = normalized_axes(axis, self.ndim, func.__name__)
        first, count = self._axis, self._mask.ndim
        inner = [i + (count - 1 if i > first else 0) for i in axes if i != first]
        if first not in axes:
            whole = FUNCTIONS[func](self._whole, tuple(inner), keepdims=keeps, **options)
            behind = self._behind if keeps else self._behind - sum(i > first for i in axes)
            return Selected(whole, self._mask, behind, tame=self._tame)
        inner = sorted([*inner, *range(first, first + count)])
        if func in _EXTREMES:
            least = reductions.least(self.dtype, _EXTREMES[func])
            result = FUNCTIONS[func](self._only(least), tuple(inner), **options)
        else:
            # Deviations are squared, and what is not finite there would not vanish.
            whole = self._tamed() if func in (np.var, np.std) else self._whole
            result = _WITH_WHERE[func](whole, tuple(inner), where=self._spread(), **options)
        if keeps:
            kept = [1 if i in inner else n for i, n in enumerate(self._whole.shape)]
            result = primitives.reshape(result, kept[: first + 1] + kept[first + count :])
        return result


def _aligned(part: Operand, mask: TracedArray, behind: int) -> Operand:
    """An operand that broadcasts against selected elements, as one against all of them.

    Args:
        part: an array or number.
        mask: which elements are selected.
        behind: how many axes follow the mask's.

    Raises:
        XformTypeError: it has an axis for the selected elements, of a size that is not 1.
    """
    given = part.shape
    if len(given) <= behind:
        return part
    place = len(given) - behind - 1
    if given[place] != 1:
        raise XformTypeError(
            at_user_line(
                f"an array of shape {given} for the elements where a traced mask is true needs "
                "the number of these; take a number, an array with size 1 there, or one that the "
                "same mask selects, or choose with xform.numpy.where(mask, x, y)"
            )
        )
    shape = (*given[:place], *(1,) * mask.ndim, *given[place + 1 :])
    return primitives.reshape(fit(part, part.dtype, given), shape)


def _is_elementwise(function: Function) -> bool:
    return function in _ELEMENTWISE or function in _BY_TABLE or function in ELEMENTWISE


def elementwise(
    function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any] | None = None
) -> Any:
    """What an elementwise function gives for selected elements, as selected ones.

    Args:
        function: one of NumPy's or of ours.
        args, kwargs: its arguments, one at least selected.

    Raises:
        XformTypeError: different masks select them.
    """
    named = kwargs or {}
    every = list(_selected_in((*args, *named.values())))
    first = every[0]
    for other in every[1:]:
        first.require_same(other._mask, other._behind)
    if "out" in named or "where" in named:
        first.refuse()
    scaled = function is np.multiply and any(isinstance(x, int | float) for x in args)
    tame = not (function in _TAME or scaled) or all(x._tame for x in every)

    def whole(x: Any) -> Any:
        if isinstance(x, Selected):
            return x._tamed() if tame else x._whole
        if isinstance(x, list | tuple) and next(_selected_in(x), None) is not None:
            return [whole(item) for item in x]
        return x if function in _BY_TABLE else first._beside(x)

    carried: Any = FUNCTIONS.get(function) or UFUNCS.get(function, function)  # type: ignore[call-overload]
    result = carried(*map(whole, args), **{name: whole(x) for name, x in named.items()})
    if isinstance(result, tuple):
        return tuple([Selected(x, first._mask, first._behind, tame=tame) for x in result])
    return Selected(result, first._mask, first._behind, tame=tame)


def _selected_in(args: Sequence[Any]) -> Iterator[Selected]:
    for x in args:
        if isinstance(x, Selected):
            yield x
        elif isinstance(x, list | tuple):
            yield from _selected_in(x)


def _product(function: Function, args: Sequence[Any]) -> TracedArray:
    """The product of two vectors, at least one of them selected."""
    selected = [x for x in args if isinstance(x, Selected)]
    if len(args) != 2 or len(selected) != 2 or any(x.ndim != 1 for x in selected):
        selected[0].refuse()
    first, second = selected
    second.require_same(first._mask, first._behind)
    left, right = (manipulation.ravel(x._only(0)) for x in selected)
    return contraction.dot(left, right)


def _average(x: Selected, weights: Any) -> TracedArray:
    if weights is None:
        return x._reduced(np.mean, (), {})  # type: ignore[no-any-return]
    if not isinstance(weights, Selected):
        x.refuse()
    total = elementwise(np.multiply, (x, weights), {})._reduced(np.sum, (), {})
    return ufuncs.divide(total, weights._reduced(np.sum, (), {}))


def read(x: TracedArray, mask: Mask) -> Selected:
    """`x[mask]`."""
    whole = indexing.read(x, mask.basic)
    return Selected(whole, mask.mask, whole.ndim - mask.axis - mask.mask.ndim)


def written(whole: TracedArray, mask: Mask, part: Any) -> TracedArray:
    """`whole` with `part` where a mask is true.

    Raises:
        XformTypeError: `part` has an axis for the selected elements, or another mask selects it.
        XformValueError: its other axes do not fit.
    """
    behind = whole.ndim - mask.axis - mask.mask.ndim
    return _written(whole, mask.mask, mask.mask, behind, part)


def _written(
    whole: TracedArray, condition: TracedArray, expected: TracedArray, behind: int, part: Any
) -> TracedArray:
    """`whole` with `part` where a condition holds; `expected` is the mask of a selected part."""
    if isinstance(part, Selected):
        part.require_same(expected, behind)
        new: Operand = part._whole
    else:
        new = _aligned(operand(part), condition, behind)
    if broadcast_shapes(new.shape, whole.shape) != whole.shape:
        raise XformValueError(
            at_user_line(
                f"an array of shape {new.shape} does not broadcast to the elements that a mask "
                f"selects from an array of shape {whole.shape}"
            )
        )
    first = whole.ndim - behind - condition.ndim
    spread = primitives.broadcast_in_dim(condition, whole.shape, range(first, whole.ndim - behind))
    return primitives.select(spread, fit(new, whole.dtype, whole.shape), whole)


__all__ = ["Selected", "elementwise", "read", "written"]
