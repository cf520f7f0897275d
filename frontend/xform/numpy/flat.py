"""`x.flat`: the elements of an array in row-major order, to go over, to read and to write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, NoReturn

import numpy as np

from ..tracing.array import TracedArray
from ..tracing.operations import METHODS
from . import elements, ufuncs
from .promotion import CONVERSIONS, operand


class Flat:
    """The elements of an array, whatever its shape; NumPy's `flatiter`.

    What is read is a copy. Writing reaches the array, and a single value or a repeated sequence of
    them may be written.

    Attributes:
        base: the array.
        index: the number of the element that `next` gives.
    """

    __slots__ = ("base", "index")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, base: TracedArray) -> None:
        self.base = base
        self.index = 0

    def copy(self) -> TracedArray:
        """All elements along one axis, as a new array."""
        return self.base.flatten()

    @property
    def coords(self) -> tuple[int, ...]:
        """The index of the element that `next` gives."""
        return tuple(map(int, np.unravel_index(self.index, self.base.shape)))

    def __len__(self) -> int:
        return self.base.size

    def __iter__(self) -> Iterator[TracedArray]:
        return iter(self.copy())

    def __next__(self) -> TracedArray:
        if self.index >= self.base.size:
            raise StopIteration
        self.index += 1
        return self[self.index - 1]

    def __getitem__(self, index: Any) -> TracedArray:
        return self.copy()[index]

    def __setitem__(self, index: Any, part: Any) -> None:
        value, place = operand(part), self.copy()[index]
        repeated = elements.cycled(value, place.size) if value.ndim and place.ndim else value
        elements.write_flat(self.base, index, repeated)

    def __eq__(self, other: object) -> TracedArray:  # type: ignore[override]
        return ufuncs.equal.operator(self.copy(), other)

    def __ne__(self, other: object) -> TracedArray:  # type: ignore[override]
        return ufuncs.not_equal.operator(self.copy(), other)

    def __lt__(self, other: Any) -> TracedArray:
        return ufuncs.less.operator(self.copy(), other)

    def __le__(self, other: Any) -> TracedArray:
        return ufuncs.less_equal.operator(self.copy(), other)

    def __gt__(self, other: Any) -> TracedArray:
        return ufuncs.greater.operator(self.copy(), other)

    def __ge__(self, other: Any) -> TracedArray:
        return ufuncs.greater_equal.operator(self.copy(), other)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        self.base.__array__(dtype, copy)

    # Both look at their arguments only.
    __array_ufunc__: ClassVar[Any] = TracedArray.__array_ufunc__
    __array_function__: ClassVar[Any] = TracedArray.__array_function__


CONVERSIONS[Flat] = Flat.copy
METHODS["flat"] = Flat

__all__ = ["Flat"]
