"""The rows of systems with few diagonals, which are taken out of general matrices."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from xform.scipy import linalg as n

from .numpy_rows import DEFINITE, INVERTIBLE, definite
from .row import Row, columns, vector

SIZES = ((1, 1), (5, 5))


def banded(a: Any, below: int, above: int) -> Any:
    """The diagonals of matrices as rows, with NaN in the corners outside of the matrices."""
    size, rows = a.shape[-1], []
    for k in range(above, -below - 1, -1):
        values = np.diagonal(a, k, -2, -1) if abs(k) < size else a[..., 0, :0]
        corner = np.full((*a.shape[:-2], size - values.shape[-1]), np.nan, a.dtype)
        rows.append(np.concatenate([corner, values] if k > 0 else [values, corner], -1))
    return np.stack(rows, -2)


def masked(a: Any, below: int, above: int) -> Any:
    return np.triu(np.tril(a, above), -below)


def of_band(function: Any, below: int, above: int) -> Any:
    return lambda a, *others: function(masked(a, below, above), *others)


def blocks(a: Any) -> tuple[Any, Any, Any]:
    """Blocks of 2 x 2 of 6 x 6 matrices: below the diagonal, on it and above."""
    on = np.stack([a[..., i : i + 2, i : i + 2] for i in (0, 2, 4)], -3)
    low = np.stack([a[..., i + 2 : i + 4, i : i + 2] for i in (0, 2)], -3)
    up = np.stack([a[..., i : i + 2, i + 2 : i + 4] for i in (0, 2)], -3)
    return low, on, up


def solve_blocks(a: Any, b: Any) -> Any:
    low, on, up = blocks(a)
    return n.solve_block_tridiagonal(low, on, up, b.reshape(3, 2, 2))


def solved_blocks(a: Any, b: Any) -> Any:
    beside = np.kron(masked(np.ones((3, 3)), 1, 1), np.ones((2, 2))).astype(a.dtype)
    return np.linalg.solve(a * beside, b).reshape(3, 2, 2)


def solveh(a: Any, b: Any, lower: bool) -> Any:
    ab = banded(a, 1, 0) if lower else banded(a, 0, 1)
    return n.solveh_banded(ab, b, lower=lower)


def cho_solve(a: Any, b: Any, lower: bool) -> Any:
    ab = banded(a, 1, 0) if lower else banded(a, 0, 1)
    return n.cho_solve_banded((n.cholesky_banded(ab, lower=lower), lower), b)


def cholesky(a: Any, lower: bool) -> Any:
    return n.cholesky_banded(banded(a, 1, 0) if lower else banded(a, 0, 1), lower=lower)


def cholesky_of_band(a: Any, lower: bool) -> Any:
    factor = np.linalg.cholesky(masked(a, 1, 1))
    ab = banded(factor, 1, 0) if lower else banded(factor.T, 0, 1)
    return np.nan_to_num(ab)


GENERAL = [
    *[
        Row("scipy.solve_banded", f"({below}, {above})",
            lambda a, b, w=below, v=above: n.solve_banded((w, v), banded(a, w, v), b),
            of_band(np.linalg.solve, below, above), shapes=SIZES, others=others,
            smooth=INVERTIBLE[:4], not_finite="any", changes="grades", twice=below == 2,
            single=None if below == 2 else ())
        for below, above, others in ((1, 1, columns), (2, 1, vector), (0, 1, columns),
                                     (1, 0, columns))
    ],
    *[
        Row("scipy.solve", f"tridiagonal{', transposed' * transposed}",
            partial(n.solve, assume_a="tridiagonal", transposed=transposed),
            lambda a, b, turn=transposed: np.linalg.solve(
                masked(a.T if turn else a, 1, 1), b),
            shapes=SIZES, others=columns, smooth=INVERTIBLE[:4], not_finite="any",
            changes="norm" if transposed else "grades")
        for transposed in (False, True)
    ],
    Row("scipy.inv", "tridiagonal", partial(n.inv, assume_a="tridiagonal"),
        of_band(np.linalg.inv, 1, 1), shapes=SIZES, smooth=INVERTIBLE[:4], not_finite="any",
        changes="grades"),
    Row("scipy.solve_block_tridiagonal", "", solve_blocks, solved_blocks, shapes=((6, 6),),
        others=columns, smooth=INVERTIBLE[:4], not_finite="any", changes="grades", twice=True),
]  # fmt: skip

POSITIVE = [
    *[
        Row("scipy.solveh_banded", f"lower={lower}", partial(solveh, lower=lower),
            of_band(definite(np.linalg.solve), 1, 1), "positive", SIZES, others=columns,
            smooth=DEFINITE[:4], not_finite="any", twice=lower)
        for lower in (True, False)
    ],
    *[
        Row("scipy.cholesky_banded", f"lower={lower}",
            partial(cholesky, lower=lower),
            partial(cholesky_of_band, lower=lower), "positive", SIZES, smooth=DEFINITE[:4],
            not_finite="any")
        for lower in (True, False)
    ],
    Row("scipy.cho_solve_banded", "", partial(cho_solve, lower=True),
        of_band(definite(np.linalg.solve), 1, 1), "positive", SIZES, others=columns,
        smooth=DEFINITE[:4], not_finite="any"),
]  # fmt: skip

ROWS = [*GENERAL, *POSITIVE]
