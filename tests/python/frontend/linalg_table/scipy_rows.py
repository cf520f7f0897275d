"""The rows of xform.scipy.linalg, but for systems with few diagonals and functions of matrices."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from scipy import linalg as t
from xform.scipy import linalg as n

from . import laws
from .numpy_rows import (
    BY_ROUNDINGS,
    DEFINITE,
    EIGEN,
    EQUAL_VECTORS,
    EXACT,
    FULL_RANK,
    LU,
    NORMED,
    RANGE,
    TRIANGULAR_KINDS,
    UNKNOWN_RANK,
    VECTORS,
    definite,
    det,
    of_eigh,
    of_qr,
    of_svd,
    shown,
    smooth_of_eigh,
    smooth_of_svd,
)
from .row import BOTH, FEW, ONE, RECTANGULAR, TALL, WIDE, Row, columns, draw, vector


def lax(function: Any, **given: Any) -> Any:
    """SciPy's, which refuses numbers that are not finite unless it is told not to look."""
    return partial(function, check_finite=False, **given)


# Systems -----------------------------------------------------------------------------------------


# Where rows are not about to be exchanged.
PIVOTED: dict[str, Any] = {"smooth": ("general", "graded columns")}


def lu_solve(library: Any, trans: int) -> Any:
    return lambda a, b: library.lu_solve(library.lu_factor(a), b, trans)


def transposed_solve(a: Any, b: Any) -> Any:
    return np.linalg.solve(a.T, b)


SYSTEMS = [
    *[
        Row("scipy.solve", f"assume_a={kind}{', transposed' * transposed}",
            partial(n.solve, assume_a=kind, transposed=transposed),
            transposed_solve if transposed else np.linalg.solve, others=others,
            shapes=((0, 0), (5, 5)), single=None if transposed else (),
            **(LU | {"changes": "norm"} if transposed else LU))
        for kind, transposed, others in ((None, False, columns), ("gen", True, vector),
                                         ("general", False, vector), ("banded", False, columns))
    ],
    Row("scipy.inv", "", n.inv, np.linalg.inv, shapes=((0, 0), (5, 5)), laws=laws.of_inverse, **LU),
    Row("scipy.det", "", n.det, det, shapes=((0, 0), (5, 5)), **LU),
    *[
        Row("scipy.lu_solve", f"trans={trans}", lu_solve(n, trans),
            transposed_solve if trans else np.linalg.solve, others=others, shapes=FEW,
            twice=not trans, **(LU | PIVOTED | {"changes": "norm" if trans else "grades"}))
        for trans, others in ((0, columns), (1, vector))
    ],
    Row("scipy.lu_factor", "", n.lu_factor, t.lu_factor, shapes=RECTANGULAR, without=BY_ROUNDINGS,
        unique=lambda factors, pivots: [factors], **(LU | PIVOTED)),
    Row("scipy.lu", "", n.lu, t.lu, shapes=RECTANGULAR, laws=laws.of_lu, without=BY_ROUNDINGS,
        unique=lambda p, lower, upper: [lower, upper], twice=True, **(LU | PIVOTED)),
    Row("scipy.lu", "permute_l", partial(n.lu, permute_l=True), partial(t.lu, permute_l=True),
        shapes=BOTH, without=BY_ROUNDINGS, **(LU | PIVOTED)),
    Row("scipy.lu", "p_indices", partial(n.lu, p_indices=True), partial(t.lu, p_indices=True),
        shapes=BOTH, without=BY_ROUNDINGS, **(LU | {"smooth": ()})),
]  # fmt: skip

# Any matrices ------------------------------------------------------------------------------------


def solutions(library: Any, cond: Any) -> Any:
    """Without residues, which SciPy leaves out where the rank is less, and the rank."""
    return lambda a, b: library.lstsq(a, b, cond=cond, check_finite=False)[::3]


FACTORS = [
    *[
        Row("scipy.qr", f"mode={mode}", partial(n.qr, mode=mode), partial(t.qr, mode=mode),
            shapes=((0, 0), *BOTH), changes="grades", laws=laws.of_qr if mode != "r" else None,
            not_finite="all" if mode == "economic" else "some",
            unique=of_qr,
            without=VECTORS, smooth=FULL_RANK)
        for mode in ("full", "economic", "r")
    ],
    *[
        Row("scipy.svd", f"full_matrices={full}", partial(n.svd, full_matrices=full),
            partial(np.linalg.svd, full_matrices=full), shapes=((0, 0), *BOTH),
            laws=laws.of_svd, unique=of_svd, smooth=EQUAL_VECTORS, equal=smooth_of_svd,
            without=VECTORS)
        for full in (True, False)
    ],
    Row("scipy.svdvals", "", n.svdvals, np.linalg.svdvals, shapes=((0, 0), *BOTH), smooth=EIGEN,
        equal=lambda s: [(s**2).sum(-1)]),
    *[
        Row("scipy.diagsvd", f"{m} x {k}", lambda a, m=m, k=k: n.diagsvd(n.svdvals(a), m, k),
            lambda a, m=m, k=k: t.diagsvd(np.linalg.svdvals(a), m, k), shapes=((m, k),),
            not_finite="some", smooth=("general",))
        for m, k in (TALL, WIDE)
    ],
    *[
        Row("scipy.pinv", shown(given), partial(n.pinv, **given), lax(t.pinv, **given),
            shapes=((0, 0), *BOTH), smooth=EIGEN, without=UNKNOWN_RANK,
            unique=lambda x, *rank: [x], not_finite="some")
        for given in ({}, {"atol": 0.3, "rtol": 0.1, "return_rank": True})
    ],
    *[
        Row("scipy.lstsq", f"cond={cond}", solutions(n, cond), solutions(t, cond),
            others=columns, shapes=BOTH if cond is None else (TALL,), smooth=EIGEN,
            without=UNKNOWN_RANK,
            equal=lambda x, s: [x])
        for cond in (None, 1e-3)
    ],
    *[
        Row("scipy.polar", f"side={side}", partial(n.polar, side=side),
            partial(t.polar, side=side), shapes=(*FEW, *BOTH), smooth=EIGEN,
            laws=laws.of_left_polar if side == "left" else laws.of_polar,
            without=VECTORS, twice=side == "right")
        for side in ("right", "left")
    ],
    Row("scipy.orthogonal_procrustes", "", n.orthogonal_procrustes, t.orthogonal_procrustes,
        others=lambda m, k: (draw(m, k),), shapes=(*FEW, TALL), smooth=EIGEN, without=VECTORS),
    Row("scipy.subspace_angles", "", n.subspace_angles, t.subspace_angles,
        others=lambda m, k: (draw(m, 2),), shapes=(TALL, (4, 1)), smooth=("general",),
        without=VECTORS),
    *[
        Row("scipy.norm", f"ord={p}, axis", partial(n.norm, ord=p, axis=(-2, -1)),
            partial(np.linalg.norm, ord=p), shapes=(TALL,),
            without=RANGE if p in (None, "fro") else {},
            not_finite="same" if p not in (2, -2, "nuc") else "all",
            changes=EXACT if p not in (2, -2, "nuc") else "norm", smooth=NORMED[:3])
        for p in (None, "fro", 1, -np.inf, 2, -2, "nuc")
    ],
    Row("scipy.khatri_rao", "", n.khatri_rao, t.khatri_rao, others=lambda m, k: (draw(2, k),),
        shapes=((0, 0), *BOTH), changes=EXACT, not_finite="same"),
    Row("scipy.block_diag", "", n.block_diag, t.block_diag, others=columns,
        shapes=((0, 0), *BOTH), changes=EXACT, not_finite="same"),
]  # fmt: skip

# Symmetric matrices ------------------------------------------------------------------------------


def second(m: int, k: int) -> tuple[np.ndarray, ...]:
    x = draw(m, m)
    return (x @ x.T + m * np.eye(m),)


SYMMETRIC = [
    *[
        Row("scipy.eigh", f"lower={lower}", partial(n.eigh, lower=lower), np.linalg.eigh,
            "symmetric", ONE, laws=laws.of_eigh, unique=of_eigh, equal=smooth_of_eigh,
            smooth=EIGEN, reads="lower" if lower else "upper", without=VECTORS)
        for lower in (True, False)
    ],
    Row("scipy.eigh", "subset", partial(n.eigh, subset_by_index=(1, 2)),
        lambda a: t.eigh(a, subset_by_index=(1, 2)), "symmetric", ONE[1:], unique=of_eigh,
        smooth=("general",), reads="lower",
        without={**VECTORS, **dict.fromkeys(EIGEN[1:], "vectors are as roundings say")}),
    *[
        Row("scipy.eigh", f"type={kind}", partial(n.eigh, type=kind), partial(t.eigh, type=kind),
            "symmetric", ONE, others=second, unique=of_eigh, smooth=("general",),
            without=VECTORS, twice=kind == 1)
        for kind in (1, 2, 3)
    ],
    *[
        Row("scipy.eigvalsh", f"lower={lower}", partial(n.eigvalsh, lower=lower),
            np.linalg.eigvalsh, "symmetric", ONE, equal=lambda w: [(w**2).sum(-1)],
            smooth=EIGEN, reads="lower" if lower else "upper")
        for lower in (True, False)
    ],
    Row("scipy.eigvalsh", "type=2", partial(n.eigvalsh, type=2), partial(t.eigvalsh, type=2),
        "symmetric", ONE[1:], others=second, smooth=("general",)),
    *[
        Row("scipy.pinvh", f"lower={lower}", partial(n.pinvh, lower=lower),
            t.pinvh, "symmetric", ONE, laws=laws.of_pseudoinverse, smooth=EIGEN,
            reads="lower" if lower else "upper", without=UNKNOWN_RANK)
        for lower in (True, False)
    ],
    *[
        Row("scipy.solve", f"sym, lower={lower}", partial(n.solve, assume_a="sym", lower=lower),
            np.linalg.solve, "symmetric", ONE, not_finite="NaN", others=columns, smooth=EIGEN,
            reads="lower" if lower else "upper")
        for lower in (True, False)
    ],
    Row("scipy.inv", "sym", partial(n.inv, assume_a="sym", lower=True), np.linalg.inv,
        "symmetric", ONE, not_finite="NaN", smooth=EIGEN, reads="lower"),
]  # fmt: skip

# Positive definite and triangular matrices -------------------------------------------------------


def cho_solve(a: Any, b: Any, lower: bool) -> Any:
    return n.cho_solve(n.cho_factor(a, lower), b)


POSITIVE = [
    *[
        Row("scipy.cholesky", f"lower={lower}", partial(n.cholesky, lower=lower),
            partial(np.linalg.cholesky, upper=not lower), "positive", ONE,
            laws=laws.of_cholesky if lower else laws.of_upper_cholesky, smooth=DEFINITE,
            not_finite="NaN", reads="lower" if lower else "upper")
        for lower in (True, False)
    ],
    Row("scipy.cho_factor", "", lambda a: n.cho_factor(a)[0],
        partial(np.linalg.cholesky, upper=True), "positive", ONE, smooth=DEFINITE,
        not_finite="NaN", reads="upper"),
    *[
        Row("scipy.cho_solve", f"lower={lower}", partial(cho_solve, lower=lower),
            definite(np.linalg.solve), "positive", ONE, others=others, smooth=DEFINITE,
            not_finite="NaN", reads="lower" if lower else "upper")
        for lower, others in ((True, columns), (False, vector))
    ],
    *[
        Row("scipy.solve", f"pos, lower={lower}", partial(n.solve, assume_a="pos", lower=lower),
            definite(np.linalg.solve), "positive", ONE, others=columns, smooth=DEFINITE,
            not_finite="NaN", reads="lower" if lower else "upper")
        for lower in (True, False)
    ],
    Row("scipy.inv", "pos", partial(n.inv, assume_a="pos", lower=True), definite(np.linalg.inv),
        "positive", ONE, smooth=DEFINITE, not_finite="NaN", reads="lower"),
]  # fmt: skip


def solve_triangular(a: Any, b: Any, trans: Any, lower: bool, unit: bool) -> Any:
    turned = a if lower else laws.transposed(a)
    return n.solve_triangular(turned, b, trans, lower, unit)


def solved(a: Any, b: Any, trans: Any, lower: bool, unit: bool) -> Any:
    x = a if lower else a.T
    return t.solve_triangular(x, b, trans, lower, unit, check_finite=False)


TRIANGULAR = [
    *[
        Row("scipy.solve_triangular", f"trans={trans}, lower={lower}, unit={unit}",
            partial(solve_triangular, trans=trans, lower=lower, unit=unit),
            partial(solved, trans=trans, lower=lower, unit=unit), "triangular", ONE,
            others=others, reads="lower", changes=EXACT,
            not_finite="any" if unit else "NaN",
            smooth=("general", "identity", "repeated") if unit else TRIANGULAR_KINDS,
            without={"graded rows": "far from 1", "graded columns": "far from 1", **RANGE}
            if unit else {})
        for trans, lower, unit, others in (
            (0, True, False, columns), ("N", False, True, vector), ("T", True, False, columns),
            ("C", False, False, columns))
    ],
    *[
        Row("scipy.solve", f"lower triangular{', transposed' * transposed}",
            partial(n.solve, assume_a="lower triangular", transposed=transposed),
            transposed_solve if transposed else np.linalg.solve, "triangular", ONE,
            others=columns, reads="lower", changes=EXACT, not_finite="NaN",
            smooth=TRIANGULAR_KINDS)
        for transposed in (False, True)
    ],
    Row("scipy.inv", "lower triangular", partial(n.inv, assume_a="lower triangular"),
        np.linalg.inv, "triangular", ONE, reads="lower", changes=EXACT, not_finite="NaN",
        smooth=TRIANGULAR_KINDS),
    Row("scipy.solve", "diagonal", partial(n.solve, assume_a="diagonal"),
        lambda a, b: np.linalg.solve(np.diag(np.diag(a)), b), "triangular", ONE, others=columns,
        reads="lower", changes=EXACT, not_finite="any", smooth=TRIANGULAR_KINDS),
]  # fmt: skip

ROWS = [*SYSTEMS, *FACTORS, *SYMMETRIC, *POSITIVE, *TRIANGULAR]
