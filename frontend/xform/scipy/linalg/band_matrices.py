"""Matrices with few diagonals, as SciPy keeps them and as loops over their rows read them."""

from __future__ import annotations

from ... import primitives
from ...numpy import manipulation, reductions
from ...numpy.promotion import broadcast, constant
from ...tracing.array import TracedArray


def padded(x: TracedArray, axis: int, low: int, high: int) -> TracedArray:
    """With zeros before and after what there is along an axis; below 0, with elements less."""
    lows, highs = [0] * x.ndim, [0] * x.ndim
    lows[axis], highs[axis] = low, high
    return primitives.pad(x, constant((), x.dtype, 0.0), lows, highs, [0] * x.ndim)


def skewed(x: TracedArray) -> TracedArray:
    """Row i moved i places to the left, for (w, n + w - 1, ...); the first n of each, (w, n, ...).

    A row that is longer by one begins one place later each time, so this takes no index.
    """
    count, length, rest = x.shape[0], x.shape[1], x.shape[2:]
    n = length - count + 1
    flat = primitives.reshape(x, (count * length, *rest))
    longer = primitives.reshape(padded(flat, 0, 0, count), (count, length + 1, *rest))
    return padded(longer, 1, 0, n - length - 1)


def by_rows(diagonals: TracedArray, below: int, above: int) -> TracedArray:
    """The elements (n, w) of each row, zeros where it leaves the matrix.

    Args:
        diagonals: (w, n), element (i, j) of the matrix at (above + i - j, j), as SciPy has them;
            the corners that are no elements are not read.
        below: how many diagonals are below the main one.
        above: how many are above; w is 1 more than both.
    """
    reverse = primitives.reverse(diagonals, [0])
    return manipulation.transpose(skewed(padded(padded(reverse, 1, below, 0), 1, 0, above)))


def band_product(rows: TracedArray, x: TracedArray, below: int, above: int) -> TracedArray:
    """The product of a matrix `by_rows` and columns (n, m)."""
    around = padded(x, 0, below, above)
    width = rows.shape[1]
    windows = skewed(broadcast(around, (width, *around.shape)))
    elements = manipulation.expand_dims(manipulation.transpose(rows), -1)
    return reductions.sum(elements * windows, 0)


def first_window(rows: TracedArray, below: int) -> TracedArray:
    """The first 1 + `below` rows (1 + below, w), with the columns of the first one from 0 on."""
    n, width = rows.shape
    height = below + 1
    top = padded(rows, 0, 0, height - n)
    # Row i begins with below - i elements that the matrix has not.
    reverse = primitives.reverse(padded(top, 1, 0, below), [0])
    return primitives.reverse(skewed(reverse), [0]) if width else top
