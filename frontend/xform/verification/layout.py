"""The elements of several arrays as one vector, and where each of them comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any, TypeAlias

import numpy as np

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Marks: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Place:
    """An element of an array in a pytree.

    Attributes:
        path: how an expression reaches the array.
        index: the element's place in it; () in one of shape ().
    """

    path: str
    index: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.path}[{', '.join(map(str, self.index))}]" if self.index else self.path


@dataclass(frozen=True)
class Layout:
    """How the elements of arrays lie in a vector of float64, one array after the other.

    Attributes:
        paths: how messages call the arrays.
        shapes: their shapes.

    >>> layout = Layout(("x", "y"), ((), (2,)))
    >>> layout.packed([1.0, [2.0, 3.0]])
    array([1., 2., 3.])
    >>> str(layout.place(2))
    'y[1]'
    """

    paths: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many elements each array has."""
        return tuple(prod(shape) for shape in self.shapes)

    @property
    def size(self) -> int:
        """How many elements there are."""
        return sum(self.sizes)

    def packed(self, arrays: Sequence[Any]) -> Floats:
        """The elements of arrays of these shapes."""
        parts = [np.asarray(x).astype(np.float64).reshape(-1) for x in arrays]
        return np.concatenate([np.empty(0), *parts])

    def spans(self) -> list[slice]:
        """Where each array lies in the vector."""
        ends = np.cumsum([0, *self.sizes]).tolist()
        return [slice(a, b) for a, b in pairwise(ends)]

    def unpacked(self, vector: Floats) -> list[Floats]:
        """The arrays of a vector."""
        return [
            vector[span].reshape(shape)
            for span, shape in zip(self.spans(), self.shapes, strict=True)
        ]

    def place(self, position: int) -> Place:
        """The element at a position of the vector."""
        for path, shape, span in zip(self.paths, self.shapes, self.spans(), strict=True):
            if position < span.stop:
                index = np.unravel_index(position - span.start, shape) if shape else ()
                return Place(path, tuple(int(i) for i in index))
        raise IndexError(position)


def element_to_blame(
    candidates: Sequence[int], discrepancy: Callable[[Sequence[int]], float]
) -> int | None:
    """The position at which a difference arises that is the sum of those of all positions.

    Args:
        candidates: the positions.
        discrepancy: the magnitude of the difference that some of them make by themselves.

    Returns:
        The position, None if the difference is not where both halves are looked at.

    >>> element_to_blame(range(8), lambda some: float(5 in some))
    5
    """
    left = list(candidates)
    while len(left) > 1:
        middle = len(left) // 2
        halves = left[:middle], left[middle:]
        sizes = [_size(discrepancy(half)) for half in halves]
        if max(sizes) == 0:
            return None
        left = halves[sizes[1] > sizes[0]]
    return left[0] if left else None


def _size(discrepancy: float) -> float:
    return np.inf if np.isnan(discrepancy) else abs(discrepancy)
