"""Traced boolean masks as indices.

How many elements such a mask selects is known only when the program runs, so `x[mask]` has no
shape. It can take part in elementwise arithmetic and be written back where it came from, which is
what `x[mask] += 1` does: it stands for all of `x`, of which the write takes the selected part.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import numpy as np
from xform_runtime import Array

from .. import primitives
from ..array import TracedArray
from ..errors import (
    TracedValueError,
    XformIndexError,
    XformTypeError,
    XformValueError,
    at_user_line,
)
from . import ufuncs
from .indexing import BasicIndex, parse
from .promotion import BOOL, Operand, Shape, broadcast_shapes, fit, operand


class Mask(NamedTuple):
    """A traced mask in an index.

    Attributes:
        basic: what comes first: the other items, with the mask's axes whole.
        mask: the mask.
        axis: its first axis in what `basic` selects.
    """

    basic: BasicIndex
    mask: TracedArray
    axis: int

    def write(self, whole: TracedArray, part: Any) -> TracedArray:
        """`whole` with `part` where the mask is true.

        Raises:
            XformTypeError: `part` has an axis for the true elements.
        """
        dims = range(self.axis, self.axis + self.mask.ndim)
        condition = primitives.broadcast_in_dim(self.mask, whole.shape, dims)
        if isinstance(part, Selection):
            written: Operand = part.aligned_with(self)
        else:
            written = self.aligned(operand(part))
        return primitives.select(condition, fit(written, whole.dtype, whole.shape), whole)

    def aligned(self, part: Operand) -> Operand:
        """`part`, broadcast against the selected elements, as broadcast against all.

        Raises:
            XformTypeError: it has an axis for the true elements.
            XformValueError: its other axes do not fit.
        """
        sizes = list(self.basic.shape)
        behind = len(sizes) - self.axis - self.mask.ndim
        given = part.shape
        if len(given) > behind and given[len(given) - behind - 1] != 1:
            raise XformTypeError(
                at_user_line(
                    f"an array of shape {given} for the elements where a traced mask is true "
                    "needs the number of these; take a number or an array that broadcasts to "
                    f"{tuple(sizes[len(sizes) - behind :])}, or choose with "
                    "xform.numpy.where(mask, x, y)"
                )
            )
        if len(given) > behind:
            front, back = given[: len(given) - behind - 1], given[len(given) - behind :]
            given = (*front, *(1,) * self.mask.ndim, *back)
            part = primitives.reshape(fit(part, part.dtype, part.shape), given)
        if broadcast_shapes(given, self.basic.shape) != self.basic.shape:
            raise XformValueError(
                at_user_line(
                    f"an array of shape {part.shape} does not broadcast to the elements that a "
                    f"mask selects from an array of shape {self.basic.shape}"
                )
            )
        return part


def is_traced_mask(items: tuple[Any, ...]) -> bool:
    """Whether an index has a traced boolean array among its items."""
    return any(isinstance(item, TracedArray) and item.dtype == BOOL for item in items)


def mask_in(items: tuple[Any, ...], shape: Shape) -> Mask:
    """The mask of an index, whose other items are basic.

    Raises:
        XformIndexError: the mask's shape does not fit, or there are too many items.
        XformTypeError: there are other arrays in the index.
    """
    place = next(
        i for i, item in enumerate(items) if isinstance(item, TracedArray) and item.dtype == BOOL
    )
    mask = items[place]
    others = (*items[:place], *items[place + 1 :])
    if any(isinstance(item, TracedArray | np.ndarray | Array | list | tuple) for item in others):
        raise XformTypeError(
            at_user_line(
                "a traced mask beside other arrays in an index is not supported: choose elements "
                "with xform.numpy.where(mask, x, y)"
            )
        )
    whole = (*items[:place], *[slice(None)] * mask.ndim, *items[place + 1 :])
    basic = parse(whole, shape)
    if any(item is Ellipsis for item in items[:place]):
        behind = sum(not isinstance(item, int | np.integer) for item in items[place + 1 :])
        axis = len(basic.shape) - behind - mask.ndim
    else:
        axis = sum(not isinstance(item, int | np.integer) for item in items[:place])
    if basic.shape[axis : axis + mask.ndim] != mask.shape:
        raise XformIndexError(
            at_user_line(
                f"a boolean index of shape {mask.shape} does not fit an array of shape {shape}"
            )
        )
    return Mask(basic, mask, axis)


Operator = Callable[["Selection", Any], Any]


def _operators(ufunc: Any) -> tuple[Operator, Operator, Operator]:
    """The forward, reflected and in-place operator of a ufunc."""

    def forward(self: Selection, other: Any) -> Selection:
        return self.combined(ufunc, other)

    def reflected(self: Selection, other: Any) -> Selection:
        return self.combined(lambda x, y: ufunc(y, x), other)

    def in_place(self: Selection, other: Any) -> Selection:
        result = self.combined(ufunc, other)
        if not np.can_cast(result.whole.dtype, self.whole.dtype, casting="same_kind"):
            raise XformTypeError(
                at_user_line(
                    f"cannot write a result of dtype {result.whole.dtype} into an array of dtype "
                    f"{self.whole.dtype}"
                )
            )
        return result

    return forward, reflected, in_place


class Selection:
    """`x[mask]` for a traced mask: elementwise arithmetic, and writing back by the same mask.

    Args:
        whole: the elements of all of `x`.
        mask: which are selected.
    """

    __slots__ = ("mask", "whole")
    __hash__ = None  # type: ignore[assignment]
    # NumPy's sign for: leave operators to this class.
    __array_ufunc__ = None

    def __init__(self, whole: TracedArray, mask: Mask) -> None:
        self.whole = whole
        self.mask = mask

    def aligned_with(self, mask: Mask) -> TracedArray:
        """All elements, for a selection by the same mask.

        Raises:
            XformTypeError: the masks are not known to be equal.
        """
        if self.mask.mask._value is not mask.mask._value or self.mask.axis != mask.axis:
            raise XformTypeError(
                at_user_line(
                    "elements that one traced mask selects meet those of another: their numbers "
                    "may differ; use one mask for both, m = x > 0; y[m] = x[m]"
                )
            )
        return self.whole

    def combined(self, ufunc: Callable[[Any, Any], Any], other: Any) -> Selection:
        """The selection of what a binary function gives for all elements."""
        if isinstance(other, Selection):
            return Selection(ufunc(self.whole, other.aligned_with(self.mask)), self.mask)
        part = self.mask.aligned(operand(other))
        return Selection(ufunc(self.whole, part), self.mask)

    __add__, __radd__, __iadd__ = _operators(ufuncs.add)
    __sub__, __rsub__, __isub__ = _operators(ufuncs.subtract)
    __mul__, __rmul__, __imul__ = _operators(ufuncs.multiply)
    __truediv__, __rtruediv__, __itruediv__ = _operators(ufuncs.divide)
    __floordiv__, __rfloordiv__, __ifloordiv__ = _operators(ufuncs.floor_divide)
    __mod__, __rmod__, __imod__ = _operators(ufuncs.remainder)
    __pow__, __rpow__, __ipow__ = _operators(ufuncs.power)
    __and__, __rand__, __iand__ = _operators(ufuncs.bitwise_and)
    __or__, __ror__, __ior__ = _operators(ufuncs.bitwise_or)
    __xor__, __rxor__, __ixor__ = _operators(ufuncs.bitwise_xor)

    def __neg__(self) -> Selection:
        return Selection(ufuncs.negative(self.whole), self.mask)

    def __repr__(self) -> str:
        return f"Selection({self.whole!r} where {self.mask.mask!r})"

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TracedValueError(
            at_user_line(
                f"how many elements of {self.whole!r} a traced mask selects is not known while "
                "the function is traced: choose with xform.numpy.where(mask, x, y), reduce with "
                "np.sum(x, where=mask), or write x[mask] += y"
            )
        )

    __array__ = __array_function__ = __bool__ = __float__ = __int__ = __index__ = _refuse
    __len__ = __iter__ = __getitem__ = __setitem__ = __eq__ = __ne__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __matmul__ = __rmatmul__ = _refuse

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._refuse()


__all__ = ["Mask", "Selection", "is_traced_mask", "mask_in"]
