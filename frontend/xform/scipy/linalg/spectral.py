"""Eigenvalues of symmetric matrices, also with a second matrix in place of the identity.

With the Cholesky factor of the second matrix the problem is that of one symmetric matrix, as in
LAPACK's sygst.
"""

from __future__ import annotations

from typing import Any

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...numpy import contraction, linalg
from ...numpy.dispatch import extension
from ...numpy.linalg.matrices import common, square, symmetric
from ...tracing.array import ArrayLike, TracedArray

_DRIVERS = (None, "ev", "evd", "evr", "evx", "gv", "gvd", "gvx")


@extension("scipy.linalg", arrays=2)
def eigh(
    a: ArrayLike,
    b: ArrayLike | None = None,
    *,
    lower: bool = True,
    eigvals_only: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    type: int = 1,
    check_finite: bool = True,
    subset_by_index: Any = None,
    subset_by_value: Any = None,
    driver: str | None = None,
) -> tuple[TracedArray, TracedArray] | TracedArray:
    """Eigenvalues w and eigenvectors v of symmetric matrices, a v = b v diag(w).

    Derivatives of eigenvectors are those of `xform.numpy.linalg.eigh`: right of what
    does not depend on the choice of vectors of equal eigenvalues. With `b`, gradients are in the
    triangle that is read.

    Args:
        a: matrices (..., n, n), of which one triangle is read; integers become float64.
        b: positive definite matrices (..., n, n), or None for the identity; axes before broadcast.
        lower: which triangle is read.
        eigvals_only: whether to return w alone.
        overwrite_a, overwrite_b, check_finite: without effect.
        type: with `b`, 1 for a v = b v diag(w), 2 for a b v = v diag(w), and 3 for
            b a v = v diag(w).
        subset_by_index: the first and the last of the eigenvalues that are wanted, or None.
        subset_by_value: must be None, as how many there are would depend on the elements.
        driver: one of LAPACK's names or None, without effect.

    Returns:
        w, (..., n) in ascending order, and v, (..., n, n), or w alone. Columns of v have v^T b v =
        1, and v^T b^-1 v = 1 for type 3. NaN where a matrix is not finite or `b` is not positive
        definite.

    Raises:
        XformValueError: the matrices are not square or not of one size, an option is unknown, or
            eigenvalues are chosen by value.

    >>> import numpy as np
    >>> eigh(np.diag([2.0, 6.0]), np.diag([2.0, 3.0]), eigvals_only=True).numpy().round(6)
    array([1., 2.])
    """
    options = (type, subset_by_index, subset_by_value, driver)
    w, v = _pairs(a, b, bool(lower), options, "eigh")
    return w if eigvals_only else (w, v)


@extension("scipy.linalg", arrays=2)
def eigvalsh(
    a: ArrayLike,
    b: ArrayLike | None = None,
    *,
    lower: bool = True,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    type: int = 1,
    check_finite: bool = True,
    subset_by_index: Any = None,
    subset_by_value: Any = None,
    driver: str | None = None,
) -> TracedArray:
    """Eigenvalues of symmetric matrices in ascending order.

    Args:
        a, b, lower, overwrite_a, overwrite_b, type, check_finite: as for `eigh`.
        subset_by_index, subset_by_value, driver: as for `eigh`.

    Returns:
        (..., n) eigenvalues.

    Raises:
        XformValueError: as for `eigh`.

    >>> import numpy as np
    >>> eigvalsh(np.array([[2.0, 0.0], [1.0, 2.0]]), subset_by_index=(1, 1)).numpy().round(6)
    array([3.])
    """
    options = (type, subset_by_index, subset_by_value, driver)
    return _pairs(a, b, bool(lower), options, "eigvalsh")[0]


def _pairs(
    a: ArrayLike, b: ArrayLike | None, lower: bool, options: tuple[Any, ...], name: str
) -> tuple[TracedArray, TracedArray]:
    kind, index, value, driver = options
    if kind not in (1, 2, 3):
        raise XformValueError(at_user_line(f"{name}: unknown type {kind!r}; expected 1, 2 or 3"))
    if value is not None:
        raise XformValueError(
            at_user_line(
                f"{name}: how many eigenvalues are in an interval is not known while the function "
                "is traced; choose them by subset_by_index"
            )
        )
    if driver not in _DRIVERS:
        known = ", ".join(map(repr, _DRIVERS))
        raise XformValueError(
            at_user_line(f"{name}: unknown driver {driver!r}; expected one of {known}")
        )
    if b is None:
        x = square(a, name)
        w, v = primitives.eigh(x if lower else x.mT)
    else:
        w, v = _generalised(a, b, lower, kind, name)
    if index is None:
        return w, v
    first, last = map(int, index)
    if not 0 <= first <= last < w.shape[-1]:
        raise XformValueError(
            at_user_line(
                f"{name}: expected subset_by_index in order and below {w.shape[-1]}, got {index!r}"
            )
        )
    return w[..., first : last + 1], v[..., first : last + 1]


def _generalised(
    a: ArrayLike, b: ArrayLike, lower: bool, kind: int, name: str
) -> tuple[TracedArray, TracedArray]:
    x, y = (square(m, name) for m in common(name, a, b))
    if x.shape[-1] != y.shape[-1]:
        raise XformValueError(
            at_user_line(f"{name}: expected matrices of one size, got {x.shape} and {y.shape}")
        )
    x, y = (symmetric(m, lower) for m in (x, y))
    factor = linalg.cholesky(y)
    if kind == 1:
        half = linalg.solve_triangular(factor, x, lower=True)
        w, z = primitives.eigh(linalg.solve_triangular(factor, half.mT, lower=True))
    else:
        half = contraction.matmul(factor.mT, x)
        w, z = primitives.eigh(contraction.matmul(half, factor))
    if kind == 3:
        return w, contraction.matmul(factor, z)
    return w, linalg.solve_triangular(factor, z, lower=True, transpose=True)


__all__ = ["eigh", "eigvalsh"]
