"""Kinds of matrices, as batches: one matrix of each kind along the leading axis.

A form is what a function asks of its matrices. Each has its own kinds, of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]

# By the size of the dtype: how far graded rows and columns go, how far equal values are apart that
# form a cluster, and powers of which the third leaves the range.
GRADES = {8: 8.0, 4: 3.0}
APART = {8: 1e-13, 4: 3e-6}
SMALL = {8: 1e-110, 4: 1e-14}

NOT_FINITE = ("NaN", "infinity", "negative infinity")
# At which singular values or eigenvalues are equal, or nearly so.
EQUAL = ("identity", "repeated", "clustered")


class Kinds(NamedTuple):
    """One matrix of each kind.

    Attributes:
        names: of the kinds.
        stack: the matrices (kinds, m, n).
        sizes: what changes of the elements are relative to, of the same shape.
    """

    names: tuple[str, ...]
    stack: Array
    sizes: Array

    def index(self, names: Sequence[str]) -> list[int]:
        """The places of those among the kinds that there are."""
        return [self.names.index(name) for name in names if name in self.names]


def orthogonal(rng: np.random.Generator, n: int) -> Array:
    return np.linalg.qr(rng.normal(size=(n, n)))[0]


def values_of(kind: str, k: int, dtype: Any) -> Array:
    """Singular values or eigenvalues that are equal, or nearly so."""
    if kind == "repeated":
        return np.where(np.arange(k) < (k + 1) // 2, 1.0, 2.5)
    return 1.0 + APART[dtype.itemsize] * np.arange(k)


def grades(n: int, dtype: Any) -> Array:
    """From large to small; of one number, the largest."""
    limit = GRADES[dtype.itemsize]
    return np.asarray(10.0 ** np.linspace(limit, -limit, n))


def not_finite(x: Array) -> dict[str, Array]:
    """With one element that is no number, in the lower triangle and beside the diagonal."""
    found = {}
    for name, value in zip(NOT_FINITE, (np.nan, np.inf, -np.inf), strict=True):
        found[name] = x.copy()
        found[name][-1, 0] = value
    return found


def general(m: int, n: int, dtype: Any) -> dict[str, tuple[Array, Array]]:
    rng = np.random.default_rng([1, m, n])
    x, k, one = rng.normal(size=(m, n)), min(m, n), np.ones((m, n))
    left, right = orthogonal(rng, m)[:, :k], orthogonal(rng, n)[:, :k]
    low = max(k - 2, 0)
    # Of small integers, so that also in float32 the rank is what it is.
    factors = rng.integers(-4, 5, (m, low)), rng.integers(-4, 5, (low, n))
    rows, columns = grades(m, dtype)[:, None] * one, grades(n, dtype) * one
    small = SMALL[dtype.itemsize]
    found = {
        "general": (x, one),
        "rank-deficient": ((factors[0] @ factors[1]).astype(float), one),
        "zero": (0 * x, one),
        "identity": (np.eye(m, n), one),
        **{kind: ((left * values_of(kind, k, dtype)) @ right.T, one) for kind in EQUAL[1:]},
        "graded rows": (x * rows, rows),
        "graded columns": (x * columns, columns),
        "small": (x * small, small * one),
        "large": (x / small, one / small),
    }
    return found | {name: (y, one) for name, y in not_finite(x).items()}


def symmetric(m: int, n: int, dtype: Any) -> dict[str, tuple[Array, Array]]:
    rng = np.random.default_rng([2, n])
    x, one = rng.normal(size=(n, n)), np.ones((n, n))
    q, low = orthogonal(rng, n), rng.integers(-4, 5, (n, max(n - 2, 0))).astype(float)
    grade = grades(n, dtype)
    outer = np.sqrt(grade[:, None] * grade)
    small = SMALL[dtype.itemsize]
    found = {
        "general": (x + x.T, one),
        "rank-deficient": (low @ low.T, one),
        "zero": (0 * x, one),
        "identity": (np.eye(n), one),
        **{kind: ((q * values_of(kind, n, dtype)) @ q.T, one) for kind in EQUAL[1:]},
        "graded": ((x + x.T) * outer, outer),
        "graded up": ((x + x.T) * outer[::-1, ::-1], outer[::-1, ::-1]),
        "small": ((x + x.T) * small, small * one),
        "large": ((x + x.T) / small, one / small),
    }
    found = {name: ((y + y.T) / 2, size) for name, (y, size) in found.items()}
    # One element that is read in either triangle.
    return found | {name: (np.where(y == y.T, y, y + y.T), one)
                    for name, y in not_finite(x + x.T).items()}  # fmt: skip


def positive(m: int, n: int, dtype: Any) -> dict[str, tuple[Array, Array]]:
    rng = np.random.default_rng([3, n])
    x, one = rng.normal(size=(n, n)), np.ones((n, n))
    q, spd = orthogonal(rng, n), x @ x.T + n * np.eye(n)
    grade = grades(n, dtype)
    outer = np.sqrt(grade[:, None] * grade)
    small = SMALL[dtype.itemsize]
    values = np.linspace(1.0, (1e4 if dtype.itemsize == 8 else 1e2), n)
    found = {
        "general": (spd, one),
        "identity": (np.eye(n), one),
        **{kind: ((q * values_of(kind, n, dtype)) @ q.T, one) for kind in EQUAL[1:]},
        "graded": (spd * outer, outer),
        "graded up": (spd * outer[::-1, ::-1], outer[::-1, ::-1]),
        "close to singular": ((q * values) @ q.T, one),
        "small": (spd * small, small * one),
        "large": (spd / small, one / small),
        "negative": (-spd, one),
        "zero": (0 * spd, one),
    }
    found = {name: ((y + y.T) / 2, size) for name, (y, size) in found.items()}
    return found | {name: (np.where(y == y.T, y, y + y.T), one)
                    for name, y in not_finite(spd).items()}  # fmt: skip


def triangular(m: int, n: int, dtype: Any) -> dict[str, tuple[Array, Array]]:
    """Lower triangles."""
    rng = np.random.default_rng([4, n])
    one = np.ones((n, n))
    x = np.tril(rng.normal(size=(n, n))) + 3 * np.eye(n)
    rows, columns = grades(n, dtype)[:, None] * one, grades(n, dtype) * one
    small = SMALL[dtype.itemsize]
    singular = x.copy()
    singular[-1:, -1:] = 0.0
    found = {
        "general": (x, one),
        "identity": (np.eye(n), one),
        "repeated": (np.tril(x, -1) + 2 * np.eye(n), one),
        "graded rows": (x * rows, rows),
        "graded columns": (x * columns, columns),
        "small": (x * small, small * one),
        "large": (x / small, one / small),
        "singular": (singular, one),
        "zero": (0 * x, one),
    }
    return found | {name: (y, one) for name, y in not_finite(x).items()}


def principal(m: int, n: int, dtype: Any) -> dict[str, tuple[Array, Array]]:
    """Of which functions as the logarithm exist, and of which they do not."""
    rng = np.random.default_rng([5, n])
    one = np.ones((n, n))
    q, x = orthogonal(rng, n), rng.normal(size=(n, n))
    spd = (q * np.linspace(0.5, 2.0, n)) @ q.T
    jordan = 1.2 * np.eye(n) + np.eye(n, k=1)
    skew = (x - x.T) / 4
    grade = 10.0 ** np.linspace(1.5, -1.5, n)
    found = {
        "general": (spd + 0.1 * x, one),
        "zero": (0 * x, one),
        "identity": (np.eye(n), one),
        "repeated": (jordan, one),
        "clustered": ((q * values_of("clustered", n, dtype)) @ q.T, one),
        "turned": (np.eye(n) + skew, one),
        "graded": ((spd + 0.1 * x) * (grade[:, None] / grade), grade[:, None] / grade),
        "small": (1e-6 * (spd + 0.1 * x), 1e-6 * one),
        "large": (6 * (spd + 0.1 * x), one),
        "negative": (-spd, one),
        "both signs": (spd * (-1.0) ** np.arange(n) + 0.1 * x, one),
    }
    return found | {name: (y, one) for name, y in not_finite(spd).items()}


FORMS: dict[str, Callable[[int, int, Any], dict[str, tuple[Array, Array]]]] = {
    "general": general,
    "symmetric": symmetric,
    "positive": positive,
    "triangular": triangular,
    "principal": principal,
}


@cache
def kinds(form: str, m: int, n: int, dtype: str) -> Kinds:
    """The matrices of a form, rounded to a dtype; of no elements, one."""
    found = FORMS[form](m, n, np.dtype(dtype)) if m and n else {"empty": (np.zeros((m, n)),) * 2}
    stack = np.stack([x for x, _ in found.values()]).astype(dtype)
    sizes = np.stack([size for _, size in found.values()])
    for x in (stack, sizes):
        x.setflags(write=False)
    return Kinds(tuple(found), stack, sizes)
