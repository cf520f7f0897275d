"""Blocks of sparse Jacobians while they are traced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from xform_runtime import Array

from . import pytrees
from .colouring import Ints


@dataclass(frozen=True, eq=False)
class CsrStructure:
    """Where the entries of a matrix in compressed sparse rows lie.

    Attributes:
        offsets: shape (rows + 1,); the entries of row r are offsets[r] to offsets[r + 1].
        indices: the columns of all entries, increasing within a row.
        shape: (rows, columns).
    """

    offsets: Ints
    indices: Ints
    shape: tuple[int, int]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, CsrStructure)
            and self.shape == other.shape
            and np.array_equal(self.offsets, other.offsets)
            and np.array_equal(self.indices, other.indices)
        )

    def __hash__(self) -> int:
        return hash((self.shape, len(self.indices)))


@dataclass(frozen=True)
class CsrBlock:
    """A matrix in compressed sparse rows whose entries are traced.

    It is a container of its entries. Outside of the trace it becomes a scipy.sparse.csr_array; it
    stays a block where a transform has given its entries more axes than one.

    Attributes:
        entries: the values, shape (structure.indices.size,).
        structure: where they lie.
    """

    entries: Any
    structure: CsrStructure


def _unflatten(structure: CsrStructure, children: Sequence[Any]) -> Any:
    (entries,) = children
    if isinstance(entries, np.ndarray | Array) and entries.ndim == 1:
        from scipy.sparse import csr_array

        parts = (np.asarray(entries), structure.indices, structure.offsets)
        return csr_array(parts, shape=structure.shape)
    return CsrBlock(entries, structure)


pytrees.register(CsrBlock, lambda block: ((block.entries,), block.structure), _unflatten)
