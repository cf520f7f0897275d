"""Products with Toeplitz and circulant matrices, and systems of them, by Fourier transforms.

A circulant matrix has the Fourier transform of its first column for eigenvalues. A Toeplitz matrix
is the corner of a circulant one of twice the size, so that products take O(n log n) operations.
Systems are solved in O(n^2) by N. Levinson's recursion, as in SciPy, which needs that all leading
minors differ from 0 (G. Golub and C. Van Loan, "Matrix Computations", section 4.7).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...numpy import fft, joining, manipulation, reductions, ufuncs
from ...numpy.arguments import explained
from ...numpy.complex_parts import is_complex
from ...numpy.dispatch import extension
from ...numpy.fft.plans import smooth_length
from ...numpy.linalg.matrices import common
from ...numpy.promotion import array, broadcast, broadcast_shapes, constant
from ...numpy.selection import where
from ...tracing.array import ArrayLike, TracedArray
from ...transforms.scan import scan
from .batches import over_batch
from .implicit import Systems, solution


def _product(diagonals: TracedArray, x: TracedArray, rows: int) -> TracedArray:
    """The product of a Toeplitz matrix and columns.

    Args:
        diagonals: the elements of the first row from the last one on, then those of the first
            column: [columns + rows - 1].
        x: [columns, m].
        rows: of the matrix.
    """
    columns = x.shape[0]
    n = smooth_length(columns + rows - 1)
    spectrum = fft.rfft(diagonals, n)[:, None] * fft.rfft(x, n, axis=0)
    return fft.irfft(spectrum, n, axis=0)[columns - 1 : columns - 1 + rows]


class _Toeplitz(Systems):
    """Square Toeplitz matrices, by their diagonals."""

    def multiply(self, matrix: TracedArray, x: TracedArray) -> TracedArray:
        """The product with columns."""
        return _product(matrix, x, x.shape[0])

    def factors(self, matrix: TracedArray) -> TracedArray:
        """The diagonals themselves."""
        return matrix

    def solve(self, factors: TracedArray, b: TracedArray) -> TracedArray:
        """The solution by recursion over the leading systems."""
        return _by_recursion(factors, b)


def _by_recursion(diagonals: TracedArray, b: TracedArray) -> TracedArray:
    """The columns x with t x = b, from those of the leading systems.

    f and g, with t f the first and t g the last column of the identity, follow from those of the
    system before, with a zero behind or before them, as x does from g.
    """
    n = b.shape[0]
    corner = diagonals[n - 1]
    # The elements t_0, t_-1, ... along the first row.
    backwards = primitives.reverse(diagonals, [0])
    of_row = joining.concatenate([backwards[n:], constant((1,), b.dtype, 0)])

    def step(
        carry: tuple[TracedArray, TracedArray, TracedArray], row: tuple[TracedArray, TracedArray]
    ) -> tuple[Any, None]:
        f, g, x = carry
        place, right = row
        # The next row has t_k, ..., t_1 before the diagonal, where all three end.
        elements = primitives.dynamic_slice(backwards, [n - 1 - place], [n])
        below = elements @ f
        later = joining.concatenate([constant((1,), g.dtype, 0), g[:-1]])
        above = of_row @ g
        scale = 1 / (1 - above * below)
        f, g = scale * (f - below * later), scale * (later - above * f)
        return (f, g, x + g[:, None] * (right - elements @ x)), None

    unit = np.zeros(n, b.dtype)
    unit[0] = 1
    first = array(unit) / corner
    rows = (array(np.arange(1, n)), b[1:])
    (_, _, found), _ = scan(step, (first, first, first[:, None] * b[0]), rows)
    return found  # type: ignore[no-any-return]


def _column_and_row(c_or_cr: Any) -> tuple[ArrayLike, ArrayLike]:
    return c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, c_or_cr)


def _diagonals(c: TracedArray, r: TracedArray, name: str) -> TracedArray:
    """The elements from the end of the first row to the end of the first column, of each matrix."""
    if not (c.ndim and r.ndim and c.shape[-1] and r.shape[-1]):
        raise XformValueError(
            at_user_line(
                f"{name}: expected a first column and a first row with elements, got shapes "
                f"{c.shape} and {r.shape}"
            )
        )
    batch = broadcast_shapes(c.shape[:-1], r.shape[:-1])
    c, r = (broadcast(x, (*batch, x.shape[-1])) for x in (c, r))
    return joining.concatenate([primitives.reverse(r[..., 1:], [r.ndim - 1]), c], axis=-1)


def _times(
    diagonals: TracedArray, x: TracedArray, columns: int, name: str, of_one: Any
) -> TracedArray:
    """A function of diagonals and columns, of vectors and of batches as well."""
    if not x.ndim or x.shape[-1 if x.ndim == 1 else -2] != columns:
        raise XformValueError(
            at_user_line(f"{name}: expected {columns} rows, got an array of shape {x.shape}")
        )
    lines = manipulation.expand_dims(x, -1) if x.ndim == 1 else x
    found = over_batch(of_one, (diagonals, 1), (lines, 2))
    return manipulation.squeeze(found, -1) if x.ndim == 1 else found


@explained
def solve_toeplitz(c_or_cr: Any, b: ArrayLike, check_finite: bool = True) -> TracedArray:
    """The solution x of t x = b, of matrices with one element all along each diagonal.

    Args:
        c_or_cr: the first column (..., n), and the first row if it is a tuple of both, of which
            the first element is not read; without it the matrix is symmetric.
        b: a vector (n,) or matrices (..., n, m).
        check_finite: without effect.

    Returns:
        As `b`; NaN or infinite where a leading minor of the matrix is 0.

    Raises:
        XformValueError: the shapes do not fit.

    >>> solve_toeplitz((np.array([1.0, 2.0]), np.array([1.0, 3.0])), np.array([4.0, 3.0])).numpy()
    array([1., 1.])
    """
    return _solve_toeplitz(*_column_and_row(c_or_cr), b)


@extension("scipy.linalg", arrays=3)
def _solve_toeplitz(c: ArrayLike, r: ArrayLike, b: ArrayLike) -> TracedArray:
    name = "solve_toeplitz"
    column, row, x = common(name, c, r, b)
    diagonals = _diagonals(column, row, name)
    n = column.shape[-1]
    if row.shape[-1] != n:
        raise XformValueError(
            at_user_line(f"{name}: expected a square matrix, got {n} rows, {row.shape[-1]} columns")
        )
    return _times(diagonals, x, n, name, lambda t, lines: solution(_Toeplitz(), t, lines))


@explained
def matmul_toeplitz(
    c_or_cr: Any, x: ArrayLike, check_finite: bool = False, workers: int | None = None
) -> TracedArray:
    """The product of a matrix that has one element all along each diagonal, and columns.

    Args:
        c_or_cr: the first column (..., k), and the first row (..., n) if it is a tuple of both, of
            which the first element is not read; without it the matrix is symmetric.
        x: a vector (n,) or matrices (..., n, m).
        check_finite, workers: without effect.

    Returns:
        (k,) or (..., k, m).

    Raises:
        XformValueError: the shapes do not fit.

    >>> matmul_toeplitz((np.array([1.0, 2.0]), np.array([1.0, 3.0])), np.array([1.0, 1.0])).numpy()
    array([4., 3.])
    """
    return _matmul_toeplitz(*_column_and_row(c_or_cr), x)


@extension("scipy.linalg", arrays=3)
def _matmul_toeplitz(c: ArrayLike, r: ArrayLike, x: ArrayLike) -> TracedArray:
    name = "matmul_toeplitz"
    column, row, lines = common(name, c, r, x)
    diagonals = _diagonals(column, row, name)
    rows, columns = column.shape[-1], row.shape[-1]
    return _times(diagonals, lines, columns, name, lambda t, x: _product(t, x, rows))


@extension("scipy.linalg", arrays=2)
def solve_circulant(
    c: ArrayLike,
    b: ArrayLike,
    singular: str = "raise",
    tol: float | None = None,
    caxis: int = -1,
    baxis: int = 0,
    outaxis: int = 0,
) -> TracedArray:
    """The solution x of a x = b, of matrices whose columns are the first one, moved on and on.

    Args:
        c: the first columns, along `caxis`.
        b: right-hand sides along `baxis`, real or complex as `c`; the other axes broadcast.
        singular: "raise": infinite or NaN where an eigenvalue is 0, since elements are not known
            while tracing; "lstsq": the least squares solution of least norm.
        tol: for "lstsq", up to which absolute value an eigenvalue is 0; None for the largest one
            times n eps.
        caxis, baxis: where the systems are.
        outaxis: where solutions are.

    Raises:
        XformValueError: the sizes differ, or an unknown `singular`.

    >>> solve_circulant(np.array([2.0, 0.0, 1.0]), np.array([3.0, 3.0, 3.0])).numpy().round(6)
    array([1., 1., 1.])
    """
    if singular not in ("raise", "lstsq"):
        raise XformValueError(
            at_user_line(f'solve_circulant: expected singular "raise" or "lstsq", got {singular!r}')
        )
    x, y = manipulation.atleast_1d(array(c)), manipulation.atleast_1d(array(b))
    lines, rights = manipulation.moveaxis(x, caxis, -1), manipulation.moveaxis(y, baxis, -1)
    n = lines.shape[-1]
    if rights.shape[-1] != n:
        raise XformValueError(
            at_user_line(
                f"solve_circulant: c has {n} elements along axis {caxis} and b has "
                f"{rights.shape[-1]} along axis {baxis}"
            )
        )
    values = fft.fft(lines)
    spectrum = fft.fft(rights)
    if singular == "lstsq":
        sizes = ufuncs.absolute(values)
        eps = float(np.finfo(sizes.dtype).eps)
        largest = reductions.max(sizes, axis=-1, keepdims=True)
        is_zero = sizes <= (largest * (n * eps) if tol is None else tol)
        found = where(is_zero, 0, spectrum / where(is_zero, 1, values))
    else:
        found = spectrum / values
    result = fft.ifft(found)
    if not (is_complex(x) or is_complex(y)):
        result = result.real
    return manipulation.moveaxis(result, -1, outaxis)


__all__ = ["matmul_toeplitz", "solve_circulant", "solve_toeplitz"]
