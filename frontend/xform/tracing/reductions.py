"""The methods of traced arrays that combine elements, order them or find them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import numpy as np

from .operations import METHODS, PUBLIC
from .unknown_elements import UnknownElements

if TYPE_CHECKING:
    from .array import TracedArray

Axis: TypeAlias = int | tuple[int, ...] | None


class Reductions(UnknownElements):
    """The methods; what they do is entered under the names of NumPy's functions."""

    __slots__ = ()

    def sum(
        self,
        axis: Axis = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
    ) -> TracedArray:
        """See numpy.sum."""
        return PUBLIC[np.sum](self, axis, dtype, out, keepdims, initial, where)

    def prod(
        self,
        axis: Axis = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
    ) -> TracedArray:
        """See numpy.prod."""
        return PUBLIC[np.prod](self, axis, dtype, out, keepdims, initial, where)

    def mean(
        self,
        axis: Axis = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        *,
        where: Any = True,
    ) -> TracedArray:
        """See numpy.mean."""
        return PUBLIC[np.mean](self, axis, dtype, out, keepdims, where=where)

    def var(
        self,
        axis: Axis = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: bool = False,
        *,
        where: Any = True,
    ) -> TracedArray:
        """See numpy.var."""
        return PUBLIC[np.var](self, axis, dtype, out, ddof, keepdims, where=where)

    def std(
        self,
        axis: Axis = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: bool = False,
        *,
        where: Any = True,
    ) -> TracedArray:
        """See numpy.std."""
        return PUBLIC[np.std](self, axis, dtype, out, ddof, keepdims, where=where)

    def max(
        self,
        axis: Axis = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
    ) -> TracedArray:
        """See numpy.max."""
        return PUBLIC[np.max](self, axis, out, keepdims, initial, where)

    def min(
        self,
        axis: Axis = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
    ) -> TracedArray:
        """See numpy.min."""
        return PUBLIC[np.min](self, axis, out, keepdims, initial, where)

    def any(
        self, axis: Axis = None, out: Any = None, keepdims: bool = False, *, where: Any = True
    ) -> TracedArray:
        """See numpy.any."""
        return PUBLIC[np.any](self, axis, out, keepdims, where=where)

    def all(
        self, axis: Axis = None, out: Any = None, keepdims: bool = False, *, where: Any = True
    ) -> TracedArray:
        """See numpy.all."""
        return PUBLIC[np.all](self, axis, out, keepdims, where=where)

    def nonzero(self) -> NoReturn:
        """Raises XformTypeError: how many there are depends on the elements."""
        np.nonzero(self)
        raise AssertionError("numpy.nonzero refuses traced arrays")

    def argmax(
        self, axis: int | None = None, out: Any = None, *, keepdims: bool = False
    ) -> TracedArray:
        """See numpy.argmax."""
        return PUBLIC[np.argmax](self, axis, out, keepdims=keepdims)

    def argmin(
        self, axis: int | None = None, out: Any = None, *, keepdims: bool = False
    ) -> TracedArray:
        """See numpy.argmin."""
        return PUBLIC[np.argmin](self, axis, out, keepdims=keepdims)

    def cumsum(self, axis: int | None = None, dtype: Any = None, out: Any = None) -> TracedArray:
        """See numpy.cumsum."""
        return PUBLIC[np.cumsum](self, axis, dtype, out)

    def cumprod(self, axis: int | None = None, dtype: Any = None, out: Any = None) -> TracedArray:
        """See numpy.cumprod."""
        return PUBLIC[np.cumprod](self, axis, dtype, out)

    def sort(
        self, axis: int = -1, kind: str | None = None, order: Any = None, *, stable: Any = None
    ) -> None:
        """Puts the elements in order in place; see numpy.ndarray.sort."""
        METHODS["write_whole"](self, PUBLIC[np.sort](self, axis, kind, order, stable=stable))

    def argsort(
        self,
        axis: int | None = -1,
        kind: str | None = None,
        order: Any = None,
        *,
        stable: Any = None,
    ) -> TracedArray:
        """See numpy.argsort."""
        return PUBLIC[np.argsort](self, axis, kind, order, stable=stable)

    def partition(
        self, kth: Any, axis: int = -1, kind: str = "introselect", order: Any = None
    ) -> None:
        """Partitions the elements in place; see numpy.ndarray.partition."""
        METHODS["write_whole"](self, PUBLIC[np.partition](self, kth, axis, kind, order))

    def argpartition(
        self, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None
    ) -> TracedArray:
        """See numpy.argpartition."""
        return PUBLIC[np.argpartition](self, kth, axis, kind, order)

    def searchsorted(self, v: Any, side: str = "left", sorter: Any = None) -> TracedArray:
        """See numpy.searchsorted."""
        return PUBLIC[np.searchsorted](self, v, side, sorter)

    def dot(self, other: Any, out: Any = None) -> TracedArray:
        """See numpy.dot."""
        return PUBLIC[np.dot](self, other, out)

    def clip(self, min: Any = None, max: Any = None, out: Any = None) -> TracedArray:
        """See numpy.clip."""
        return PUBLIC[np.clip](self, min, max, out)

    def round(self, decimals: int = 0, out: Any = None) -> TracedArray:
        """See numpy.round."""
        return PUBLIC[np.round](self, decimals, out)

    def __round__(self, decimals: int = 0) -> TracedArray:
        return PUBLIC[np.round](self, decimals)


__all__ = ["Axis", "Reductions"]
