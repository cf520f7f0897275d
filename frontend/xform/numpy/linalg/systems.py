"""Solutions, inverses and determinants of matrices.

What a matrix is said to be decides how it is solved; nothing is found out while a program runs.
Matrices of which nothing is said are solved by closed forms up to 3 x 3, and by their LU factors
beyond. Where NumPy raises LinAlgError because a matrix is singular, a traced solution is infinite
or NaN.
"""

from __future__ import annotations

import functools
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.linalg._linalg import SlogdetResult

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...tracing.array import ArrayLike, TracedArray
from ...transforms.gradient_stop import stop_gradient
from .. import contraction, joining, manipulation, reductions, ufuncs
from ..arguments import explained
from ..complex_parts import is_complex
from ..dispatch import extension, function
from ..float_parts import normalizer
from ..promotion import constant
from .complex_systems import solve_complex
from .determinants import determinant, diagonal, identities, pivoted_diagonal
from .matrices import square
from .triangular import on_systems, solve_factored

Kind: TypeAlias = Literal["positive definite", "lower triangular", "upper triangular", "diagonal"]

# Up to this size the closed forms are used.
CLOSED = 3


def _kind(assume_a: Any, name: str) -> Kind | None:
    """The kind that is assumed; None for general matrices."""
    short = {"pos": "positive definite", "gen": None, "general": None}
    if assume_a in short:
        return short[assume_a]  # type: ignore[return-value]
    if assume_a not in get_args(Kind):
        known = ", ".join(map(repr, ("general", *get_args(Kind))))
        raise XformValueError(
            at_user_line(f"{name}: unknown assume_a {assume_a!r}; expected one of {known}")
        )
    return assume_a  # type: ignore[no-any-return]


# Systems ---------------------------------------------------------------------


@function(np.linalg.solve)
def _solve_general(a: ArrayLike, b: ArrayLike, /) -> TracedArray:
    def solved(matrix: TracedArray, rhs: TracedArray) -> TracedArray:
        if is_complex(matrix):
            return solve_complex(matrix, rhs, _solve_by_lu)
        if matrix.shape[-1] > CLOSED:
            return _solve_by_lu(matrix, rhs)
        return contraction.matmul(_closed_inverse(matrix), rhs)

    return on_systems(a, b, solved, "solve", may_be_complex=True)


def _solve_by_lu(a: TracedArray, b: TracedArray) -> TracedArray:
    factors, _, permutation = primitives.lu(a)
    return primitives.lu_solve(a, factors, permutation, b)


@extension("numpy.linalg", arrays=2)
def _solve_kind(a: ArrayLike, b: ArrayLike, *, kind: Kind) -> TracedArray:
    def solved(matrix: TracedArray, rhs: TracedArray) -> TracedArray:
        if kind == "positive definite":
            return solve_factored(primitives.cholesky(matrix), rhs)
        if kind == "diagonal":
            return ufuncs.divide(rhs, manipulation.expand_dims(diagonal(matrix), -1))
        return primitives.triangular_solve(matrix, rhs, lower=kind == "lower triangular")

    return on_systems(a, b, solved, "solve")


@explained
def solve(a: ArrayLike, b: ArrayLike, /, *, assume_a: str = "general") -> TracedArray:
    """The solution x of a x = b.

    Args:
        a: matrices (..., n, n); only the part that `assume_a` speaks of is read, of positive
            definite ones the lower triangle.
        b: a vector (n,) or matrices (..., n, m); the axes before broadcast.
        assume_a: what the matrices are: "positive definite" (or "pos"), "lower triangular",
            "upper triangular", "diagonal", or "general". It is not checked: what is not positive
            definite gives NaN.

    Returns:
        x, (..., n) or (..., n, m), in the common floating dtype.

    Raises:
        XformValueError: the shapes do not fit, or `assume_a` is unknown.

    >>> a, b = np.array([[4.0, 2.0], [2.0, 2.0]]), np.array([4.0, 2.0])
    >>> np.asarray(solve(a, b, assume_a="positive definite"))
    array([1., 0.])
    """
    kind = _kind(assume_a, "solve")
    return _solve_general(a, b) if kind is None else _solve_kind(a, b, kind=kind)


# Inverses --------------------------------------------------------------------


@function(np.linalg.inv)
def _inv_general(a: ArrayLike, /) -> TracedArray:
    x = square(a, "inv", may_be_complex=True)
    if is_complex(x):
        return solve_complex(x, identities(x), _solve_by_lu)
    return _solve_by_lu(x, identities(x)) if x.shape[-1] > CLOSED else _closed_inverse(x)


@extension("numpy.linalg")
def _inv_kind(a: ArrayLike, /, *, kind: Kind) -> TracedArray:
    x = square(a, "inv")
    ones = identities(x)
    if kind == "positive definite":
        half = primitives.triangular_solve(primitives.cholesky(x), ones)
        return contraction.matmul(half.mT, half)
    if kind == "diagonal":
        return ufuncs.divide(ones, manipulation.expand_dims(diagonal(x), -1))
    return primitives.triangular_solve(x, ones, lower=kind == "lower triangular")


@explained
def inv(a: ArrayLike, /, *, assume_a: str = "general") -> TracedArray:
    """The inverses of matrices; to solve systems, `solve` is faster and more accurate.

    Args:
        a: matrices (..., n, n).
        assume_a: as for `solve`.

    Returns:
        The inverses (..., n, n).

    Raises:
        XformValueError: the matrices are not square, or `assume_a` is unknown.

    >>> np.asarray(inv(np.array([[2.0, 0.0], [1.0, 1.0]]), assume_a="lower triangular"))
    array([[ 0.5,  0. ],
           [-0.5,  1. ]])
    """
    kind = _kind(assume_a, "inv")
    return _inv_general(a) if kind is None else _inv_kind(a, kind=kind)


# Determinants ----------------------------------------------------------------


@function(np.linalg.det)
def _det_general(a: ArrayLike, /) -> TracedArray:
    x = square(a, "det")
    if x.shape[-1] > CLOSED:
        found: TracedArray = determinant(x)
        return found
    return _closed_determinant(x)


@extension("numpy.linalg")
def _det_kind(a: ArrayLike, /, *, kind: Kind) -> TracedArray:
    x = square(a, "det")
    if kind == "positive definite":
        return ufuncs.square(reductions.prod(diagonal(primitives.cholesky(x)), -1))
    return reductions.prod(diagonal(x), -1)


@explained
def det(a: ArrayLike, /, *, assume_a: str = "general") -> TracedArray:
    """The determinants of matrices.

    Args:
        a: matrices (..., n, n).
        assume_a: as for `solve`.

    Returns:
        The determinants (...).

    Raises:
        XformValueError: the matrices are not square, or `assume_a` is unknown.

    >>> round(float(det(np.array([[4.0, 2.0], [2.0, 2.0]]), assume_a="pos")), 6)
    4.0
    """
    kind = _kind(assume_a, "det")
    return _det_general(a) if kind is None else _det_kind(a, kind=kind)


@function(np.linalg.slogdet)
def _slogdet_general(a: ArrayLike, /) -> SlogdetResult:
    x = square(a, "slogdet")
    if x.shape[-1] > CLOSED:
        sign, pivots = pivoted_diagonal(primitives.lu(x))
        return _slogdet_of_diagonal(pivots, sign)
    if x.shape[-1] < 2:
        determinant = _closed_determinant(x)
        return _slogdet_result(ufuncs.sign(determinant), ufuncs.log(ufuncs.absolute(determinant)))
    e, scale = _scaled_elements(x)
    determinant = _determinant_of(e)
    logarithm = ufuncs.log(ufuncs.absolute(determinant))
    moved = ufuncs.multiply(ufuncs.log(scale), float(x.shape[-1]))
    return _slogdet_result(ufuncs.sign(determinant), ufuncs.subtract(logarithm, moved))


@extension("numpy.linalg")
def _slogdet_kind(a: ArrayLike, /, *, kind: Kind) -> SlogdetResult:
    x = square(a, "slogdet")
    if kind == "positive definite":
        roots = diagonal(primitives.cholesky(x))
        logarithm = reductions.sum(ufuncs.log(roots), -1)
        one = constant(logarithm.shape, x.dtype, 1)
        return _slogdet_result(one, ufuncs.multiply(logarithm, 2.0))
    return _slogdet_of_diagonal(diagonal(x))


def _slogdet_of_diagonal(diagonal: TracedArray, sign: TracedArray | None = None) -> SlogdetResult:
    signs = reductions.prod(ufuncs.sign(diagonal), -1)
    logarithm = reductions.sum(ufuncs.log(ufuncs.absolute(diagonal)), -1)
    return _slogdet_result(signs if sign is None else ufuncs.multiply(sign, signs), logarithm)


def _slogdet_result(sign: Any, logabsdet: Any) -> SlogdetResult:
    return SlogdetResult(sign, logabsdet)


@explained
def slogdet(a: ArrayLike, /, *, assume_a: str = "general") -> SlogdetResult:
    """The signs and the logarithms of the absolute values of determinants.

    Args:
        a: matrices (..., n, n).
        assume_a: as for `solve`.

    Returns:
        The pair (sign, logabsdet), each (...), as NumPy's named tuple.

    Raises:
        XformValueError: the matrices are not square, or `assume_a` is unknown.

    >>> sign, logarithm = slogdet(np.array([[4.0, 2.0], [2.0, 2.0]]), assume_a="pos")
    >>> float(sign), round(float(np.exp(logarithm)), 6)
    (1.0, 4.0)
    """
    kind = _kind(assume_a, "slogdet")
    return _slogdet_general(a) if kind is None else _slogdet_kind(a, kind=kind)


# Closed forms ----------------------------------------------------------------


def _scaled_elements(x: TracedArray) -> tuple[list[list[TracedArray]], TracedArray]:
    """The elements, times a power of 2 for each matrix that takes the largest to about 1; and it.

    So products of three elements stay in the range of numbers. What is computed of them is
    independent of the power, and so are derivatives.
    """
    n = x.shape[-1]
    e = [[x[..., i, j] for j in range(n)] for i in range(n)]
    largest = functools.reduce(
        ufuncs.maximum, (ufuncs.absolute(stop_gradient(y)) for row in e for y in row)
    )
    scale = normalizer(largest)
    return [[y * scale for y in row] for row in e], scale


def _cofactor(e: list[list[TracedArray]], i: int, j: int) -> Any:
    """The cofactor of element (i, j) of a 2 x 2 or 3 x 3 matrix, by cyclic indices."""
    if len(e) == 2:
        return e[1 - i][1 - j] if i == j else -e[1 - i][1 - j]
    k, m, p, q = (i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3
    return e[k][p] * e[m][q] - e[k][q] * e[m][p]


def _determinant_of(e: list[list[TracedArray]]) -> TracedArray:
    determinant: TracedArray = e[0][0] * _cofactor(e, 0, 0)
    for j in range(1, len(e)):
        determinant = determinant + e[0][j] * _cofactor(e, 0, j)
    return determinant


def _closed_determinant(x: TracedArray) -> TracedArray:
    n = x.shape[-1]
    if n == 0:
        return constant(x.shape[:-2], x.dtype, 1)
    if n == 1:
        return x[..., 0, 0].copy()
    e, scale = _scaled_elements(x)
    determinant, back = _determinant_of(e), ufuncs.divide(1.0, scale)
    for _ in range(n):
        determinant = ufuncs.multiply(determinant, back)
    return determinant


def _closed_inverse(x: TracedArray) -> TracedArray:
    n = x.shape[-1]
    if n == 0:
        return x.copy()
    if n == 1:
        return ufuncs.divide(1.0, x)
    e, scale = _scaled_elements(x)
    adjugate = [_cofactor(e, j, i) for i in range(n) for j in range(n)]
    determinant = _determinant_of(e)
    stacked = joining.stack([c / determinant * scale for c in adjugate], -1)
    return primitives.reshape(stacked, x.shape)
