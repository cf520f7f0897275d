"""Polynomials as vectors of coefficients, the highest power first.

NumPy drops leading coefficients that are zero. What is traced has no numbers to look at, so here
all coefficients stay.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .. import primitives
from ..errors import XformValueError, at_user_line
from ..tracing.array import ArrayLike, TracedArray
from ..transforms.scan import scan
from . import reductions, ufuncs
from .contraction import matmul
from .creation import zeros_like
from .dispatch import function
from .indexing import select_along
from .joining import concatenate, stack
from .linalg.singular import lstsq, pinv
from .promotion import (
    FLOAT16,
    FLOAT64,
    INT64,
    array,
    broadcast,
    constant,
    fit,
    in_range,
    is_bfloat16,
    is_inexact,
    result_type,
)
from .windows import convolve


def _coefficients(p: ArrayLike, name: str) -> TracedArray:
    found = array(p)
    if found.ndim > 1:
        raise XformValueError(at_user_line(f"{name}: expected a vector, got shape {found.shape}"))
    return found if found.ndim else primitives.reshape(found, (1,))


@function(np.poly)
def poly(seq_of_zeros: ArrayLike) -> TracedArray:
    """The polynomial with given roots and leading coefficient 1.

    Args:
        seq_of_zeros: the roots, a vector. Of a matrix NumPy takes the eigenvalues, which cannot be
            compiled.

    Raises:
        XformValueError: the roots are no vector.
    """
    roots = array(seq_of_zeros)
    if roots.ndim != 1:
        raise XformValueError(
            at_user_line(f"poly: expected a vector of roots, got shape {roots.shape}")
        )
    if not is_inexact(roots.dtype) or roots.dtype == FLOAT16:
        roots = array(roots, FLOAT64)
    one = constant((1,), roots.dtype, 1.0)
    result = one
    for i in range(roots.shape[0]):
        result = convolve(result, concatenate([one, -roots[i : i + 1]]))
    return result


@function(np.polyval)
def polyval(p: ArrayLike, x: ArrayLike) -> TracedArray:
    """The polynomial with coefficients `p`, the highest power first, at `x`."""
    coefficients = array(p)
    if coefficients.ndim != 1:
        raise XformValueError(
            at_user_line(f"polyval: expected a vector, got shape {coefficients.shape}")
        )
    result: TracedArray = zeros_like(x)
    for i in range(coefficients.shape[0]):
        result = ufuncs.add(ufuncs.multiply(result, x), coefficients[i])
    return result


def _aligned(a1: ArrayLike, a2: ArrayLike, name: str) -> tuple[TracedArray, TracedArray]:
    """Two polynomials of the same length, zeros before the shorter one."""
    p, q = _coefficients(a1, name), _coefficients(a2, name)
    length = max(p.shape[0], q.shape[0])
    first, second = (
        primitives.pad(
            x, constant((), x.dtype, in_range(0, x.dtype)), [length - x.shape[0]], [0], [0]
        )
        for x in (p, q)
    )
    return first, second


@function(np.polyadd)
def polyadd(a1: ArrayLike, a2: ArrayLike) -> TracedArray:
    """The sum of two polynomials."""
    return ufuncs.add(*_aligned(a1, a2, "polyadd"))


@function(np.polysub)
def polysub(a1: ArrayLike, a2: ArrayLike) -> TracedArray:
    """The difference of two polynomials."""
    return ufuncs.subtract(*_aligned(a1, a2, "polysub"))


@function(np.polymul)
def polymul(a1: ArrayLike, a2: ArrayLike) -> TracedArray:
    """The product of two polynomials."""
    return convolve(_coefficients(a1, "polymul"), _coefficients(a2, "polymul"))


@function(np.polydiv)
def polydiv(u: ArrayLike, v: ArrayLike) -> tuple[TracedArray, TracedArray]:
    """The quotient and the remainder of two polynomials.

    Args:
        u: the dividend.
        v: the divisor. Where its leading coefficient is 0, results are infinite or NaN.

    Returns:
        The quotient, and the remainder, which has as many coefficients as `v` but one, or those of
        `u` if it has fewer; NumPy drops leading ones that are zero.

    Raises:
        XformValueError: a polynomial is no vector, or has no coefficient.
    """
    p, q = (ufuncs.add(_coefficients(x, "polydiv"), 0.0) for x in (u, v))
    if not p.size or not q.size:
        raise XformValueError(at_user_line("polydiv: a polynomial without coefficients"))
    dtype = result_type(p, q)
    dividend, divisor = array(p, dtype), array(q, dtype)
    m, n = dividend.shape[0], divisor.shape[0]
    if m < n:
        return constant((1,), dtype, 0.0), dividend
    scale = ufuncs.divide(1.0, divisor[0])

    def divide(window: TracedArray, coming: TracedArray) -> tuple[TracedArray, TracedArray]:
        factor = ufuncs.multiply(scale, window[0])
        rest = ufuncs.subtract(window[1:], ufuncs.multiply(factor, divisor[1:]))
        return concatenate([rest, coming[None]]), factor

    zero = constant((1,), dtype, 0.0)
    window, quotient = scan(divide, dividend[:n], concatenate([dividend[n:], zero]))
    return quotient, window[:-1] if n > 1 else zero


def _order(m: Any, name: str) -> int:
    order = operator.index(m)
    if order < 0:
        raise XformValueError(at_user_line(f"{name}: m cannot be negative, got {order}"))
    return order


@function(np.polyder)
def polyder(p: ArrayLike, m: int = 1) -> TracedArray:
    """The derivative of a polynomial, `m` times."""
    result = _coefficients(p, "polyder")
    for _ in range(_order(m, "polyder")):
        n = result.shape[0]
        powers = primitives.reverse(primitives.iota((n,), INT64, 0), [0])
        result = select_along(ufuncs.multiply(result, powers), 0, 0, max(n - 1, 0))
    return result.copy() if result is p else result


@function(np.polyint)
def polyint(p: ArrayLike, m: int = 1, k: ArrayLike | None = None) -> TracedArray:
    """The integral of a polynomial, `m` times, with the constants `k`, or 0, added."""
    result = _coefficients(p, "polyint")
    order = _order(m, "polyint")
    constants = array(0.0 if k is None else k)
    if constants.ndim > 1 or (constants.ndim == 1 and constants.shape[0] not in (1, order)):
        raise XformValueError(
            at_user_line(f"polyint: k is one number or {order} of them, got {constants.shape}")
        )
    each = broadcast(constants, (order,))
    for i in range(order):
        n = result.shape[0]
        powers = primitives.reverse(primitives.iota((n,), INT64, 0), [0])
        divided = ufuncs.divide(result, ufuncs.add(powers, 1))
        result = concatenate([divided, each[i : i + 1]])
    return result.copy() if result is p else result


@function(np.polyfit)
def polyfit(
    x: ArrayLike,
    y: ArrayLike,
    deg: int,
    rcond: float | None = None,
    full: bool = False,
    w: ArrayLike | None = None,
    cov: bool | str = False,
) -> Any:
    """The polynomials with the least squares of distances to points, by singular values.

    Where the points do not determine them, these are the smallest ones. Columns are scaled to the
    same length, as NumPy does.

    Args:
        x: where the points are, a vector (m,).
        y: their values (m,), or (m, k) of k polynomials.
        deg: the degree n.
        rcond: singular values up to this fraction of the largest count as 0; by default m times
            the epsilon of the dtype.
        full: whether to return what `lstsq` does.
        w: weights (m,) of the distances, before they are squared.
        cov: whether to return the covariance too, scaled by the distances; "unscaled" for not.

    Returns:
        The coefficients (n + 1,) or (n + 1, k), the highest power first. With `cov` also their
        covariance, (n + 1, n + 1) or (n + 1, n + 1, k). With `full` also the sums of squares, the
        rank and the singular values of the scaled powers, as from `lstsq`, and rcond.

    Raises:
        XformValueError: the shapes do not fit, `deg` is negative, or there are too few points to
            scale the covariance.

    >>> np.round(np.asarray(polyfit(np.arange(4.0), np.array([1.0, 3.0, 5.0, 7.0]), 1)), 6)
    array([2., 1.])
    """
    order = _degree(deg) + 1
    points, values = ufuncs.add(x, 0.0), ufuncs.add(y, 0.0)
    count = points.shape[0] if points.ndim == 1 else None
    if count is None or values.ndim not in (1, 2) or values.shape[0] != count:
        raise XformValueError(
            at_user_line(
                f"polyfit: expected x (m,) and y (m,) or (m, k), got shapes {points.shape} and "
                f"{values.shape}"
            )
        )
    # What scales the covariance is divided by how many points there are more than coefficients.
    if cov and cov != "unscaled" and count <= order:
        raise XformValueError(
            at_user_line(f"polyfit: {count} points are too few for the covariance of degree {deg}")
        )
    dtype = result_type(points, values)
    wide = dtype if dtype.itemsize > 2 else FLOAT64
    powers, rhs = vander(array(points, wide), order), array(values, wide)
    if w is not None:
        weights = ufuncs.add(w, 0.0)
        if weights.shape != (count,):
            raise XformValueError(
                at_user_line(f"polyfit: expected {count} weights, got shape {weights.shape}")
            )
        powers = ufuncs.multiply(powers, weights[:, None])
        rhs = ufuncs.multiply(rhs, weights if rhs.ndim == 1 else weights[:, None])
    cutoff = count * float(np.finfo(powers.dtype).eps) if rcond is None else rcond
    lengths = ufuncs.sqrt(reductions.sum(ufuncs.square(powers), 0))
    scaled = ufuncs.divide(powers, lengths)
    fitted, squares, rank, s = lstsq(scaled, rhs, cutoff)
    fitted = ufuncs.divide(fitted, lengths if rhs.ndim == 1 else lengths[:, None])
    result = array(fitted, dtype) if is_bfloat16(dtype) else fitted
    if full:
        return result, squares, rank, s, cutoff
    if not cov:
        return result
    inverse = ufuncs.divide(pinv(scaled, rtol=cutoff), lengths[:, None])
    spread = matmul(inverse, inverse.mT)
    if cov != "unscaled":
        factor = ufuncs.divide(squares, count - order)
        spread = ufuncs.multiply(spread[:, :, None], factor)
        return result, spread if rhs.ndim == 2 else spread[:, :, 0]
    return result, spread[:, :, None] if rhs.ndim == 2 else spread


def _degree(deg: Any) -> int:
    degree = operator.index(deg)
    if degree < 0:
        raise XformValueError(at_user_line(f"polyfit: deg cannot be negative, got {degree}"))
    return degree


@function(np.vander)
def vander(x: ArrayLike, N: int | None = None, increasing: bool = False) -> TracedArray:  # noqa: N803
    """The powers of each element in a row, the highest first, or the lowest with `increasing`."""
    a = array(x)
    if a.ndim != 1:
        raise XformValueError(at_user_line(f"vander: expected a vector, got shape {a.shape}"))
    count = a.shape[0] if N is None else operator.index(N)
    if count < 0:
        raise XformValueError(at_user_line(f"vander: N cannot be negative, got {count}"))
    dtype = a.dtype if is_bfloat16(a.dtype) else np.promote_types(a.dtype, np.int64)
    a = fit(a, dtype, a.shape)
    if not count:
        return constant((a.shape[0], 0), dtype, 0)
    powers = [constant(a.shape, dtype, 1)]
    while len(powers) < count:
        powers.append(primitives.mul(powers[-1], a))
    return stack(powers if increasing else powers[::-1], axis=1)


__all__ = [
    "poly",
    "polyadd",
    "polyder",
    "polydiv",
    "polyfit",
    "polyint",
    "polymul",
    "polysub",
    "polyval",
    "vander",
]
