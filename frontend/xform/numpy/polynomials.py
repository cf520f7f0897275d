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
from . import ufuncs
from .creation import zeros_like
from .dispatch import function
from .indexing import select_along
from .joining import concatenate, stack
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
    is_float,
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
    if not is_float(roots.dtype) or roots.dtype == FLOAT16:
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
    "polyint",
    "polymul",
    "polysub",
    "polyval",
    "vander",
]
