"""Triangular factors of general matrices, whose rows are exchanged, and systems solved by them."""

from __future__ import annotations

from functools import partial

from ... import primitives
from ...errors import XformTypeError, XformValueError, at_user_line
from ...numpy import ufuncs
from ...numpy.arguments import explained
from ...numpy.creation import eye, tril, triu
from ...numpy.dispatch import extension
from ...numpy.elements import take_along_axis
from ...numpy.linalg.matrices import common, matrices
from ...numpy.ordering import argsort
from ...numpy.promotion import INT32, array, broadcast_shapes, constant
from ...numpy.selection import where
from ...tracing.array import ArrayLike, TracedArray
from ...transforms.scan import scan
from .batches import over_batch
from .triangular import is_transposed


@extension("scipy.linalg")
def lu_factor(
    a: ArrayLike, overwrite_a: bool = False, check_finite: bool = True
) -> tuple[TracedArray, TracedArray]:
    """Triangular factors of matrices whose rows are exchanged, for `lu_solve`.

    Where a matrix is singular, its u has a zero on the diagonal.

    Args:
        a: matrices (..., m, n); k is the smaller of m and n.
        overwrite_a, check_finite: without effect.

    Returns:
        The factors (..., m, n), u on and above the diagonal and l below it, whose own diagonal is
        1; and int32 pivots (..., k): row i was exchanged with row `pivots[i]`, one after the other.

    Raises:
        XformValueError: fewer than two axes.

    >>> import numpy as np
    >>> factors, pivots = lu_factor(np.array([[1.0, 2.0], [2.0, 2.0]]))
    >>> factors.numpy(), pivots.numpy()
    (array([[2. , 2. ],
           [0.5, 1. ]]), array([1, 1], dtype=int32))
    """
    factors, pivots, _ = primitives.lu(matrices(a, "lu_factor"))
    return factors, pivots


def _permutation(pivots: TracedArray) -> TracedArray:
    """What exchanging 0, 1, ... with `pivots`, one after the other, makes of 0, 1, ..."""
    n = pivots.shape[0]
    places = primitives.iota((n,), INT32, 0)

    def exchange(
        order: TracedArray, step: tuple[TracedArray, TracedArray]
    ) -> tuple[TracedArray, None]:
        place, pivot = step
        first, second = order[place], order[pivot]
        order = where(ufuncs.equal(places, pivot), first, order)
        return where(ufuncs.equal(places, place), second, order), None

    return scan(exchange, places, (places, pivots))[0]  # type: ignore[no-any-return]


@extension("scipy.linalg", arrays=3)
def _lu_solve(lu: ArrayLike, piv: ArrayLike, b: ArrayLike, *, trans: bool) -> TracedArray:
    factors, rhs = common("lu_solve", lu, b)
    pivots = array(piv)
    n = factors.shape[-1] if factors.ndim else None
    if pivots.dtype.kind not in "iu":
        raise XformTypeError(
            at_user_line(f"lu_solve: expected integer pivots, got dtype {pivots.dtype}")
        )
    if factors.ndim < 2 or factors.shape[-2] != n or not pivots.ndim or pivots.shape[-1] != n:
        raise XformValueError(
            at_user_line(
                "lu_solve: expected factors (..., n, n) and pivots (..., n), got shapes "
                f"{factors.shape} and {pivots.shape}"
            )
        )
    vector = rhs.ndim == 1
    if not rhs.ndim or rhs.shape[-1 if vector else -2] != n:
        raise XformValueError(
            at_user_line(
                f"lu_solve: expected right-hand sides of {n} rows for factors of shape "
                f"{factors.shape}, got shape {rhs.shape}"
            )
        )
    columns = rhs[:, None] if vector else rhs
    solved = partial(_solved, transposed=trans)
    if factors.size and rhs.size:
        result = over_batch(solved, (factors, 2), (array(pivots, INT32), 1), (columns, 2))
    else:
        shapes = factors.shape[:-2], pivots.shape[:-1], columns.shape[:-2]
        result = constant((*broadcast_shapes(*shapes), *columns.shape[-2:]), columns.dtype, 0.0)
    return result[..., 0] if vector else result


def _solved(
    factors: TracedArray, pivots: TracedArray, b: TracedArray, *, transposed: bool
) -> TracedArray:
    order = _permutation(pivots)
    lower = partial(primitives.triangular_solve, factors, unit_diagonal=True)
    upper = partial(primitives.triangular_solve, factors, lower=False)
    if not transposed:
        return upper(lower(b[order]))
    return lower(upper(b, transpose_a=True), transpose_a=True)[argsort(order)]


@explained
def lu_solve(
    lu_and_piv: tuple[ArrayLike, ArrayLike],
    b: ArrayLike,
    trans: int | str = 0,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> TracedArray:
    """The solution x of a x = b, given the factors of a; derivatives go through the factors.

    Args:
        lu_and_piv: what `lu_factor(a)` returned, of matrices (..., n, n).
        b: a vector (n,) or matrices (..., n, m); the axes before broadcast.
        trans: 0 or "N" for a x = b; 1, 2, "T" or "C" for a^T x = b.
        overwrite_b, check_finite: without effect.

    Returns:
        x, (..., n) or (..., n, m), in the common floating dtype.

    Raises:
        XformTypeError: the pivots are not integers.
        XformValueError: the shapes do not fit, or `trans` is unknown.

    >>> import numpy as np
    >>> factors, pivots = np.array([[2.0, 2.0], [0.5, 1.0]]), np.array([1, 1])
    >>> lu_solve((factors, pivots), np.array([3.0, 4.0])).numpy()
    array([1., 1.])
    """
    factors, pivots = lu_and_piv
    return _lu_solve(factors, pivots, b, trans=is_transposed(trans, "lu_solve"))


@extension("scipy.linalg")
def lu(
    a: ArrayLike,
    permute_l: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
    p_indices: bool = False,
) -> tuple[TracedArray, ...]:
    """A permutation p, a lower triangle l and an upper one u with p l u = a.

    Args:
        a: matrices (..., m, n); k is the smaller of m and n.
        permute_l: whether to return p l in the place of both.
        overwrite_a, check_finite: without effect.
        p_indices: whether p is int32 indices (..., m) with l[p] u = a.

    Returns:
        (p, l, u), where p is (..., m, m), l (..., m, k) with ones on its diagonal, and u
        (..., k, n); or (p l, u).

    Raises:
        XformValueError: fewer than two axes.

    >>> import numpy as np
    >>> p, l, u = lu(np.array([[1.0, 2.0], [2.0, 2.0]]))
    >>> l.numpy(), u.numpy()
    (array([[1. , 0. ],
           [0.5, 1. ]]), array([[2., 2.],
           [0., 1.]]))
    """
    x = matrices(a, "lu")
    m, n = x.shape[-2:]
    k = min(m, n)
    factors, _, permutation = primitives.lu(x)
    lower = tril(factors[..., :, :k], -1) + eye(m, k, dtype=x.dtype)
    upper = triu(factors[..., :k, :])
    if permute_l or p_indices:
        places = array(argsort(permutation, axis=-1), INT32)
        if not permute_l:
            return places, lower, upper
        return take_along_axis(lower, places[..., None], -2), upper
    rows = primitives.iota((m, 1), INT32, 0)
    return array(ufuncs.equal(permutation[..., None, :], rows), x.dtype), lower, upper


__all__ = ["lu", "lu_factor", "lu_solve"]
