"""The arrays in a pytree that also holds other things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from xform_runtime import Array

from .. import pytrees
from ..tracing import traces


def is_array_leaf(leaf: Any) -> bool:
    """Whether a leaf is an array; Python numbers stay what they are."""
    return traces.is_traced(leaf) or isinstance(leaf, np.ndarray | np.generic | Array)


class ArrayLeaves:
    """The arrays among the leaves of a pytree.

    Attributes:
        tree: the pytree.
        spec: its structure.
        arrays: the arrays.
    """

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        self._leaves, self.spec = pytrees.flatten(tree)
        self._positions = [i for i, leaf in enumerate(self._leaves) if is_array_leaf(leaf)]
        self.arrays: list[Any] = [self._leaves[i] for i in self._positions]

    def rebuild(self, values: Sequence[Any]) -> Any:
        """The pytree with other arrays."""
        return self._filled(self._leaves, values)

    def instead(self, values: Sequence[Any]) -> Any:
        """The pytree with other values for the arrays, and None for what is none."""
        return self._filled([None] * len(self._leaves), values)

    def split(self, leaves: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Of a value for each leaf, those of arrays and the others."""
        chosen = set(self._positions)
        return (
            [leaves[i] for i in self._positions],
            [leaf for i, leaf in enumerate(leaves) if i not in chosen],
        )

    def _filled(self, leaves: Sequence[Any], values: Sequence[Any]) -> Any:
        filled = list(leaves)
        for position, value in zip(self._positions, values, strict=True):
            filled[position] = value
        return pytrees.unflatten(self.spec, filled)
