"""What factors satisfy, whichever of those that there are."""

from __future__ import annotations

from typing import Any

import numpy as np

from .kinds import Array
from .row import Laws


def transposed(x: Any) -> Any:
    return x.swapaxes(-1, -2)


def size(x: Array) -> Array:
    """The largest element of each matrix."""
    return np.abs(x).max((-2, -1), initial=0.0)


def column_sizes(x: Array) -> Array:
    """The largest element of each column."""
    return np.abs(x).max(-2, keepdims=True, initial=0.0)


def orthonormal_columns(q: Array) -> tuple[Array, Array]:
    return transposed(q) @ q - np.eye(q.shape[-1]), np.ones(len(q))


def product(a: Array, *factors: Array) -> tuple[Array, Array]:
    found = factors[0]
    for factor in factors[1:]:
        found = found @ factor
    return found - a, size(a)


def below(r: Array) -> tuple[Array, Array]:
    """What must be exactly 0 below the diagonal."""
    return np.tril(r, -1), np.zeros(len(r))


def of_qr(a: Array, q: Array, r: Array) -> Laws:
    # Of a column, the error is relative to that column.
    difference = (q @ r - a) / np.where(column_sizes(a) > 0, column_sizes(a), 1.0)
    return {
        "q r = a": (difference, np.ones(len(a))),
        "orthonormal": orthonormal_columns(q),
        "triangular": below(r),
    }


def of_svd(a: Array, u: Array, s: Array, vh: Array) -> Laws:
    k = s.shape[-1]
    with np.errstate(under="ignore"):
        whole = (u[..., :k] * s[..., None, :]) @ vh[..., :k, :]
    return {
        "u s vh = a": (whole - a, size(a)),
        "left vectors": orthonormal_columns(u),
        "right vectors": orthonormal_columns(transposed(vh)),
        "descending": (np.maximum(np.diff(s, axis=-1), 0.0)[..., None], np.zeros(len(a))),
        "not negative": (np.minimum(s, 0.0)[..., None], np.zeros(len(a))),
    }


def of_eigh(a: Array, w: Array, v: Array) -> Laws:
    return {
        "v w v^T = a": ((v * w[..., None, :]) @ transposed(v) - a, size(a)),
        "orthonormal": orthonormal_columns(v),
        "ascending": (np.minimum(np.diff(w, axis=-1), 0.0)[..., None], np.zeros(len(a))),
    }


def of_cholesky(a: Array, factor: Array) -> Laws:
    """Of the lower factor; the error of an element is relative to its row and column."""
    roots = np.sqrt(np.abs(np.diagonal(a, axis1=-2, axis2=-1)))
    scale = roots[..., :, None] * roots[..., None, :]
    return {
        "l l^T = a": ((factor @ transposed(factor) - a) / scale, np.ones(len(a))),
        "triangular": below(transposed(factor)),
    }


def of_upper_cholesky(a: Array, factor: Array) -> Laws:
    return of_cholesky(a, transposed(factor))


def of_lu(a: Array, p: Array, lower: Array, upper: Array) -> Laws:
    k = lower.shape[-1]
    difference = p @ lower @ upper - a
    scaled = difference / np.where(column_sizes(a) > 0, column_sizes(a), 1.0)
    diagonal = np.diagonal(lower, axis1=-2, axis2=-1) - 1.0
    return {
        "p l u = a": (scaled, np.ones(len(a))),
        "permutation": (p @ transposed(p) - np.eye(p.shape[-1]), np.zeros(len(a))),
        "l": (np.triu(lower, 1)[..., :k] + 0.0, np.zeros(len(a))),
        "ones": (diagonal[..., None], np.zeros(len(a))),
        "multiples": (np.maximum(np.abs(lower) - 1.0, 0.0), np.zeros(len(a))),
        "u": below(upper),
    }


def of_polar(a: Array, u: Array, p: Array) -> Laws:
    wide = u.shape[-2] < u.shape[-1]
    return {
        "u p = a": product(a, u, p),
        "orthonormal": orthonormal_columns(transposed(u) if wide else u),
        "symmetric": (p - transposed(p), np.zeros(len(a))),
    }


def of_left_polar(a: Array, u: Array, p: Array) -> Laws:
    wide = u.shape[-2] < u.shape[-1]
    return {
        "p u = a": product(a, p, u),
        "orthonormal": orthonormal_columns(transposed(u) if wide else u),
        "symmetric": (p - transposed(p), np.zeros(len(a))),
    }


def of_inverse(a: Array, x: Array) -> Laws:
    # Of singular matrices that are no more singular than roundings say.
    found = np.isfinite(x).all((-2, -1), keepdims=True)
    off = np.where(found, a @ x - np.eye(a.shape[-1]), 0.0)
    return {"a x = 1": (off, np.where(found[:, 0, 0], size(a) * size(x), 0.0))}


def of_pseudoinverse(a: Array, x: Array) -> Laws:
    """E. Moore's and R. Penrose's."""
    scale = size(a) * size(x)
    return {
        "a x a = a": (a @ x @ a - a, size(a) * scale),
        "x a x = x": (x @ a @ x - x, size(x) * scale),
        "a x symmetric": (a @ x - transposed(a @ x), scale),
        "x a symmetric": (x @ a - transposed(x @ a), scale),
    }
