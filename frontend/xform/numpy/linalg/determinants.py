"""Determinants of general matrices, with derivatives that do not ask whether there is an inverse.

The derivative of a determinant is the adjugate, which is polynomial in the elements, as its own
derivative is. Where the matrix is far from singular, both are products of determinants and inverses
by LU factors. Elsewhere they come from singular values, without a division: with a = u diag(s) v^T,

    adj a = det(u v^T) v diag(p) u^T,  where p_i is the product of all s but s_i,

G. W. Stewart, "On the adjugate matrix", Linear Algebra Appl. 283 (1998).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import primitives
from ...tracing.array import TracedArray
from ...transforms.conditional import cond
from ...transforms.custom_jvp import custom_jvp
from .. import manipulation, reductions, ufuncs
from ..accumulation import cumprod
from ..contraction import matmul
from ..creation import eye
from ..joining import concatenate
from ..promotion import broadcast
from ..selection import where


@custom_jvp
def determinant(a: TracedArray) -> TracedArray:
    """The determinants of matrices (..., n, n), by LU factors."""
    sign, pivots = pivoted_diagonal(primitives.lu(a))
    return ufuncs.multiply(sign, reductions.prod(pivots, -1))


@determinant.defjvp
def _(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    (a,), (da,) = primals, tangents
    return determinant(a), _trace_of_product(adjugate(a), da)


@custom_jvp
def adjugate(a: TracedArray) -> TracedArray:
    """The adjugates of matrices (..., n, n): the inverses times the determinants."""
    return cond(_is_regular(a), _adjugate_by_inverse, _adjugate_by_values, a)  # type: ignore[no-any-return]


@adjugate.defjvp
def _(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    (a,), (da,) = primals, tangents
    return cond(_is_regular(a), _change_by_inverse, _change_by_values, a, da)  # type: ignore[no-any-return]


def pivoted_diagonal(lu: Any) -> tuple[TracedArray, TracedArray]:
    """The sign that exchanging rows gives a determinant, and the diagonal of u.

    Args:
        lu: what the primitive of that name returns.
    """
    factors, pivots, _ = lu
    exchanged = ufuncs.not_equal(pivots, np.arange(factors.shape[-1], dtype=np.int32))
    odd = ufuncs.remainder(reductions.sum(exchanged, -1), 2)
    sign = ufuncs.subtract(1, ufuncs.multiply(odd, 2)).astype(factors.dtype)
    return sign, diagonal(factors)


def _is_regular(a: TracedArray) -> TracedArray:
    """Whether all are far from singular ones, so that second derivatives keep their digits."""
    pivots = ufuncs.absolute(pivoted_diagonal(primitives.lu(a))[1])
    least, most = reductions.min(pivots, -1), reductions.max(pivots, -1)
    close = float(np.finfo(a.dtype).eps) ** 0.25
    return reductions.all(ufuncs.greater(least, ufuncs.multiply(most, close)))


# By inverses -----------------------------------------------------------------


def _inverse(a: TracedArray) -> TracedArray:
    factors, _, permutation = primitives.lu(a)
    return primitives.lu_solve(a, factors, permutation, identities(a))


def _adjugate_by_inverse(a: TracedArray) -> TracedArray:
    return ufuncs.multiply(_inverse(a), determinant(a)[..., None, None])


def _change_by_inverse(a: TracedArray, da: TracedArray) -> tuple[TracedArray, TracedArray]:
    inverse, value = _inverse(a), determinant(a)[..., None, None]
    adjugates = ufuncs.multiply(inverse, value)
    moved = matmul(inverse, da)
    traces = reductions.sum(diagonal(moved), -1)[..., None, None]
    return adjugates, ufuncs.multiply(traces, adjugates) - matmul(moved, adjugates)


# By singular values ----------------------------------------------------------


def _adjugate_by_values(a: TracedArray) -> TracedArray:
    u, s, vh = primitives.svd(a)
    return _put_together(u, vh, ufuncs.multiply(identities(a), _but_one(s)[..., None, :]))


def _change_by_values(a: TracedArray, da: TracedArray) -> tuple[TracedArray, TracedArray]:
    """The change in the bases of the singular vectors, where the matrix is diagonal."""
    u, s, vh = primitives.svd(a)
    one, two = _but_one(s), _but_two(s)
    change = matmul(matmul(u.mT, da), vh.mT)
    ones = identities(a)
    on_diagonal = matmul(two, diagonal(change)[..., None])
    moved = where(ufuncs.equal(ones, 1), on_diagonal, ufuncs.negative(ufuncs.multiply(two, change)))
    adjugates = ufuncs.multiply(ones, one[..., None, :])
    return _put_together(u, vh, adjugates), _put_together(u, vh, moved)


def _put_together(u: TracedArray, vh: TracedArray, middle: TracedArray) -> TracedArray:
    """det(u v^T) v middle u^T."""
    sign, pivots = pivoted_diagonal(primitives.lu(matmul(u, vh)))
    # The matrix is orthogonal, so the product is 1 or -1 but for rounding.
    turned = ufuncs.multiply(sign, reductions.prod(ufuncs.sign(pivots), -1))
    return ufuncs.multiply(turned[..., None, None], matmul(matmul(vh.mT, middle), u.mT))


def _but_one(s: TracedArray) -> TracedArray:
    """For each place the product of all numbers but the one there."""
    return ufuncs.multiply(_before(s), _after(s))


def _but_two(s: TracedArray) -> TracedArray:
    """For each two places the product of all numbers but those there; 0 for one place twice."""
    n = s.shape[-1]
    upper = np.triu(np.ones((n, n), bool), 1)
    # In row i the product of what lies behind i, and before a column.
    between = _before(where(upper, s[..., None, :], 1.0))
    outside = ufuncs.multiply(_before(s)[..., :, None], _after(s)[..., None, :])
    products = where(upper, ufuncs.multiply(between, outside), 0.0)
    return ufuncs.add(products, products.mT)


def _before(s: TracedArray) -> TracedArray:
    """For each place the product of the numbers before it."""
    ones = ufuncs.add(ufuncs.multiply(s[..., :1], 0.0), 1.0)
    return cumprod(concatenate([ones, s[..., :-1]], -1), -1)


def _after(s: TracedArray) -> TracedArray:
    """For each place the product of the numbers behind it."""
    return manipulation.flip(_before(manipulation.flip(s, -1)), -1)


def identities(a: TracedArray) -> TracedArray:
    """An identity for each matrix."""
    return broadcast(eye(a.shape[-1], dtype=a.dtype), a.shape)


def diagonal(x: TracedArray) -> TracedArray:
    """The diagonals of matrices."""
    return manipulation.diagonal(x, 0, -2, -1)


def _trace_of_product(x: TracedArray, y: TracedArray) -> TracedArray:
    """The traces of x y."""
    return reductions.sum(ufuncs.multiply(x.mT, y), (-2, -1))
