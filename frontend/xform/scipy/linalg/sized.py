"""Matrices known from their size alone: NumPy's arrays, constants of whatever is traced.

Their integers soon exceed 64 bits; from the size on where SciPy does so, they are Python's, of
dtype object.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import XformValueError, at_user_line
from ...numpy.arguments import explained

Matrix = np.ndarray[Any, Any]


def _table(n: int, element: Callable[[int, int], int], dtype: Any) -> Matrix:
    rows = [[element(i, j) for j in range(n)] for i in range(n)]
    return np.array(rows, dtype).reshape(n, n)


def _signed(i: int, j: int, x: int) -> int:
    return -x if (i + j) % 2 else x


@explained
def hilbert(n: int) -> Matrix:
    """The matrix with 1 / (i + j + 1) at (i, j), in float64.

    >>> hilbert(2)
    array([[1.        , 0.5       ],
           [0.5       , 0.33333333]])
    """
    return 1.0 / (1.0 + np.add.outer(np.arange(n), np.arange(n)))


@explained
def invhilbert(n: int, exact: bool = False) -> Matrix:
    """The inverse of `hilbert(n)` (M.-D. Choi, "Tricks or treats with the Hilbert matrix", 1983).

    Args:
        n: the size.
        exact: whether the result has integers instead of float64.

    >>> invhilbert(2)
    array([[ 4., -6.],
           [-6., 12.]])
    """
    choose = math.comb

    def element(i: int, j: int) -> int:
        binomials = choose(n + i, n - j - 1) * choose(n + j, n - i - 1) * choose(i + j, i) ** 2
        return _signed(i, j, (i + j + 1) * binomials)

    found = _table(n, element, np.int64 if n < 15 else object)
    return found if exact else found.astype(np.float64)


def _known_kind(kind: str, name: str) -> None:
    if kind not in ("symmetric", "lower", "upper"):
        raise XformValueError(
            at_user_line(f"{name}: unknown kind {kind!r}; expected 'symmetric', 'lower' or 'upper'")
        )


@explained
def pascal(n: int, kind: str = "symmetric", exact: bool = True) -> Matrix:
    """The matrix of binomial coefficients.

    Args:
        n: the size.
        kind: "lower" for row i with the powers of (1 + x)^i, "upper" for its transpose,
            "symmetric" for the product of both.
        exact: whether the result has integers, uint64 for n below 35, instead of float64.

    Raises:
        XformValueError: an unknown kind.

    >>> pascal(3, kind="lower")
    array([[1, 0, 0],
           [1, 1, 0],
           [1, 2, 1]], dtype=uint64)
    """
    _known_kind(kind, "pascal")
    elements: dict[str, Callable[[int, int], int]] = {
        "symmetric": lambda i, j: math.comb(i + j, i),
        "lower": math.comb,
        "upper": lambda i, j: math.comb(j, i),
    }
    found = _table(n, elements[kind], np.uint64 if n < 35 else object)
    return found if exact else found.astype(np.float64)


@explained
def invpascal(n: int, kind: str = "symmetric", exact: bool = True) -> Matrix:
    """The inverse of `pascal(n, kind)`.

    Args:
        n: the size.
        kind: as for `pascal`.
        exact: whether the result has integers, int64 for n below 35, instead of float64.

    Raises:
        XformValueError: an unknown kind.

    >>> invpascal(3, kind="lower")
    array([[ 1,  0,  0],
           [-1,  1,  0],
           [ 1, -2,  1]])
    """
    _known_kind(kind, "invpascal")
    choose = math.comb

    def symmetric(i: int, j: int) -> int:
        return sum(choose(k, i) * choose(k, j) for k in range(max(i, j), n))

    elements: dict[str, Callable[[int, int], int]] = {
        "symmetric": symmetric,
        "lower": choose,
        "upper": lambda i, j: choose(j, i),
    }

    def element(i: int, j: int) -> int:
        return _signed(i, j, elements[kind](i, j))

    found = _table(n, element, np.int64 if n < 35 else object)
    return found if exact else found.astype(np.float64)


@explained
def hadamard(n: int, dtype: Any = int) -> Matrix:
    """The matrix of ones and minus ones with orthogonal rows that J. J. Sylvester gave in 1867.

    Args:
        n: the size, a power of 2.
        dtype: that of the result.

    Raises:
        XformValueError: `n` is no power of 2.

    >>> hadamard(2)
    array([[ 1,  1],
           [ 1, -1]])
    """
    if n < 1 or n & (n - 1):
        raise XformValueError(at_user_line(f"hadamard: n must be a power of 2, got {n}"))
    found = np.ones((1, 1), dtype)
    while len(found) < n:
        found = np.block([[found, found], [found, -found]])
    return found


@explained
def helmert(n: int, full: bool = False) -> Matrix:
    """The orthogonal matrix whose row i compares element i with those before it.

    Args:
        n: the size.
        full: whether the result has a first row, of equal numbers.

    Returns:
        (n - 1, n), or (n, n) with `full`.

    >>> helmert(2).round(6)
    array([[ 0.707107, -0.707107]])
    """
    count = np.arange(n)[:, None]
    rows = np.tri(n, n, -1) - np.diag(np.arange(n))
    rows[:1] = 1.0
    lengths = np.sqrt(count * (count + 1.0))
    lengths[:1] = math.sqrt(n)
    whole = rows / lengths
    return whole if full else whole[1:]


__all__ = ["hadamard", "helmert", "hilbert", "invhilbert", "invpascal", "pascal"]
