"""Blocks of sparse Jacobians while they are traced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from xform_runtime import Array

from .. import pytrees
from ..errors import XformValueError, at_user_line
from ..primitives import Indexing, full, scatter
from ..tracing.traces import require_trace, traced
from .colouring import Ints, rows_of

if TYPE_CHECKING:
    from ..tracing.array import TracedArray


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

    def __repr__(self) -> str:
        return f"<{self.shape[0]} x {self.shape[1]} with {len(self.indices)} entries>"


@dataclass(frozen=True, repr=False)
class CsrBlock:
    """A matrix in compressed sparse rows whose entries are traced.

    It is a container of its entries. Outside of the trace it becomes a scipy.sparse.csr_array; it
    stays a block where a transform has given its entries more axes than one, as vmap does.

    Attributes:
        entries: the values, shape (structure.indices.size,).
        structure: where they lie.
    """

    entries: Any
    structure: CsrStructure

    def toarray(self) -> TracedArray:
        """The dense matrix, shape `structure.shape`, in a trace.

        Raises:
            XformTypeError: outside of a trace.
            XformValueError: the entries are those of several matrices.

        >>> from xform.frontend import jacobian, jit, vmap
        >>> squares = jacobian(lambda x: x * x, sparsity="auto")
        >>> jit(lambda x: squares(x).toarray())(np.array([1.0, 2.0])).tolist()
        [[2.0, 0.0], [0.0, 4.0]]
        >>> blocks = vmap(squares)(np.array([[1.0, 2.0], [3.0, 4.0]]))
        >>> vmap(lambda block: block.toarray())(blocks)[1].tolist()
        [[6.0, 0.0], [0.0, 8.0]]
        """
        require_trace("CsrBlock.toarray")
        if self.entries.ndim != 1:
            raise XformValueError(
                at_user_line(
                    f"CsrBlock.toarray: the entries have shape {self.entries.shape}, those of "
                    "several matrices; call it in a vmap, vmap(lambda block: block.toarray())"
                )
            )
        matrix = full(self.structure.shape, self.entries.dtype, 0)
        if not len(self.structure.indices):
            return matrix
        vectors = index_vectors(rows_of(self.structure.offsets), self.structure.indices)
        return scatter(matrix, vectors, self.entries, Indexing((0, 1), (), unique=True))

    def __repr__(self) -> str:
        return f"CsrBlock({self.structure.shape}, entries={self.entries!r})"


def index_vectors(*places: Ints) -> TracedArray:
    """An index vector for each entry, from its index along each axis."""
    vectors = np.stack(places, axis=1)
    narrow = vectors.max() <= np.iinfo(np.int32).max
    return traced(vectors.astype(np.int32 if narrow else np.int64))


def _unflatten(structure: CsrStructure, children: Sequence[Any]) -> Any:
    (entries,) = children
    if isinstance(entries, np.ndarray | Array) and entries.ndim == 1:
        from scipy.sparse import csr_array

        parts = (np.asarray(entries), structure.indices, structure.offsets)
        return csr_array(parts, shape=structure.shape)
    return CsrBlock(entries, structure)


pytrees.register(CsrBlock, lambda block: ((block.entries,), block.structure), _unflatten)
