"""Colouring sparse matrices: which columns, or rows, one product can compute together.

Columns of one colour have no row in common, so the product with their sum shows each of them apart
(Curtis, Powell and Reid, "On the estimation of sparse Jacobian matrices", 1974).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.integer[Any]]


def rows_of(offsets: Ints) -> Ints:
    """The row of each entry.

    Args:
        offsets: shape (rows + 1,); the entries of row r are offsets[r] to offsets[r + 1].

    >>> rows_of(np.array([0, 2, 2, 3]))
    array([0, 0, 2])
    """
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))


def transposed(offsets: Ints, indices: Ints, columns: int) -> tuple[Ints, Ints]:
    """The pattern of the transpose.

    Args:
        offsets: shape (rows + 1,); row r is indices[offsets[r]:offsets[r + 1]].
        indices: the columns of all rows.
        columns: how many columns there are.

    >>> transposed(np.array([0, 2, 3]), np.array([0, 1, 1]), 3)
    (array([0, 1, 3, 3]), array([0, 0, 1]))
    """
    rows = rows_of(offsets)
    counts = np.bincount(indices, minlength=columns)
    return np.concatenate([[0], np.cumsum(counts)]), rows[np.argsort(indices, kind="stable")]


def colour_columns(offsets: Ints, indices: Ints, columns: int) -> Ints:
    """A colour for each column: 0, 1, ... such that columns with a common row differ.

    Greedy, in the order of the columns: each takes the first colour that none of its neighbours
    has. For a band it needs as many colours as the band is wide.

    Args:
        offsets: shape (rows + 1,); row r is indices[offsets[r]:offsets[r + 1]].
        indices: the columns of all rows, increasing within a row.
        columns: how many columns there are.

    Returns:
        int32, shape (columns,).

    >>> colour_columns(np.array([0, 2, 4, 6]), np.array([0, 1, 1, 2, 2, 3]), 4)
    array([0, 1, 0, 1], dtype=int32)
    """
    rows_at, rows = transposed(offsets, indices, columns)
    colours = np.full(columns, -1, np.int32)
    for column in range(columns):
        taken: set[int] = set()
        for row in rows[rows_at[column] : rows_at[column + 1]]:
            taken.update(colours[indices[offsets[row] : offsets[row + 1]]].tolist())
        colour = 0
        while colour in taken:
            colour += 1
        colours[column] = colour
    return colours
