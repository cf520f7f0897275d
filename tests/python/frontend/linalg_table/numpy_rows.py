"""The rows of xform.numpy.linalg."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import xform.numpy as xnp
from scipy import linalg as scipy_linalg

from . import laws
from .row import (
    BOTH,
    FEW,
    ONE,
    RECTANGULAR,
    SQUARE,
    TALL,
    Row,
    a_batch,
    all_of,
    columns,
    draw,
    nothing,
    vector,
)

n, t = xnp.linalg, np.linalg

INVERTIBLE = ("general", "identity", "repeated", "clustered", "graded rows", "graded columns")
# The signs of the columns of q jump at the identity.
FULL_RANK = ("general", "repeated", "clustered", "graded columns")
# Vectors of values that are close but not equal have derivatives with few digits.
EQUAL_VECTORS = ("general", "identity", "repeated")
EXACT = "elements"
CLOSED_TOO = ((3, 3), (5, 5))
RANGE = {"small": "leaves the range of numbers", "large": "leaves the range of numbers"}
BY_ROUNDINGS = {"rank-deficient": "the last pivots are roundings"}
VECTORS = {"rank-deficient": "vectors are as roundings say", "zero": "vectors are free"}
UNKNOWN_RANK = dict.fromkeys(("graded rows", "graded columns", "graded", "graded up"),
                             "the rank is as roundings say")  # fmt: skip


def det(a: Any) -> Any:
    """NumPy's is the exponential of a logarithm, which is less accurate."""
    return np.asarray(scipy_linalg.det(a)).astype(a.dtype)[()]


def kind(name: str) -> dict[str, Any]:
    return {"assume_a": name}


def shown(given: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in given.items())


# General matrices --------------------------------------------------------------------------------

# Of LU factors: divided by infinity, numbers are 0.
LU: dict[str, Any] = {"changes": "grades", "not_finite": "NaN", "smooth": INVERTIBLE}

SYSTEMS = [
    Row("numpy.solve", "columns", n.solve, t.solve, others=columns, single=CLOSED_TOO, twice=True,
        **LU),
    Row("numpy.solve", "vector", n.solve, t.solve, others=vector, shapes=((5, 5),), **LU),
    Row("numpy.inv", "", n.inv, t.inv, single=CLOSED_TOO, laws=laws.of_inverse, twice=True, **LU),
    Row("numpy.det", "", n.det, det, single=CLOSED_TOO, twice=True, **LU),
    # Of larger ones, where all but rounding is 0: tests/python/frontend/numpy.
    Row("numpy.det", "of singular matrices", n.det, det, shapes=((3, 3),), single=(),
        **{**LU, "smooth": ("zero", "rank-deficient")}),
    Row("numpy.slogdet", "", n.slogdet, t.slogdet, single=CLOSED_TOO, twice=True, **LU),
    *[
        Row("numpy.matrix_power", f"n={e}", partial(n.matrix_power, n=e),
            partial(t.matrix_power, n=e), shapes=SQUARE if e == -2 else ONE,
            single=None if e == -2 else (), not_finite="NaN" if e else "same",
            without=RANGE | dict.fromkeys(("graded rows", "graded columns"), "too far from 1"),
            smooth=INVERTIBLE[:4] if e else ())
        for e in (3, 1, 0, -2)
    ],
    Row("numpy.tensorinv", "ind=1", lambda a: n.tensorinv(a, 1), lambda a: t.tensorinv(a, 1),
        shapes=((5, 5),), vmapped=True, **LU),
    Row("numpy.tensorsolve", "", n.tensorsolve, t.tensorsolve, others=vector,
        shapes=((5, 5),), vmapped=True, **LU),
    *[
        Row("numpy.cond", f"p={p}", partial(n.cond, p=p), partial(t.cond, p=p),
            shapes=((1, 1), (3, 3), (5, 5)) if p == 1 else ((5, 5),) if p not in (
                None, -2) else ((1, 1), *BOTH),
            smooth=("general",) if p not in (-1, -np.inf) else (),
            not_finite="NaN", without={
                "rank-deficient": "as large as roundings say"} if p != -2 else {})
        for p in (None, -2, 1, -1, np.inf, -np.inf, "fro", "nuc")
    ],
]  # fmt: skip

# Any matrices ------------------------------------------------------------------------------------

NORMED = ("general", "graded rows", "graded columns", "rank-deficient")


def norm_rows() -> list[Row]:
    rows = [
        Row(
            "numpy.norm",
            f"ord={p}, axis",
            partial(n.norm, ord=p, axis=(-2, -1)),
            partial(t.norm, ord=p),
            shapes=(*(((0, 3),) if p in (None, "fro", 1, "nuc") else ()), TALL),
            # A sum of squares is not 0 and not infinite between the roots of both.
            without=RANGE if p in (None, "fro") else {},
            not_finite="same" if p not in (2, -2, "nuc") else "all",
            changes=EXACT if p not in (2, -2, "nuc") else "norm",
            smooth=NORMED[:3],
        )
        for p in (None, "fro", 1, -1, np.inf, -np.inf, 2, -2, "nuc")
    ]
    rows += [
        Row(
            "numpy.matrix_norm",
            f"ord={p}, keepdims",
            partial(n.matrix_norm, ord=p, keepdims=True),
            partial(t.matrix_norm, ord=p, keepdims=True),
            shapes=(TALL,),
            without=RANGE if p == "fro" else {},
            not_finite="same" if p not in (2, "nuc") else "all",
            changes=EXACT if p not in (2, "nuc") else "norm",
            smooth=NORMED[:3],
        )
        for p in ("fro", 1, np.inf, 2, "nuc")
    ]
    # Of each row of each matrix.
    rows += [
        Row(
            "numpy.norm",
            f"ord={p}, axis=-1",
            partial(n.norm, ord=p, axis=-1),
            partial(t.norm, ord=p, axis=-1),
            shapes=(TALL,),
            without=RANGE if p in (2, 3) else {},
            not_finite="same",
            changes=EXACT,
            smooth=NORMED[:3] if p else (),
        )
        for p in (2, 1, 3, np.inf, -np.inf, 0)
    ]
    return rows


PRODUCTS = [
    Row("numpy.matmul", "", n.matmul, t.matmul, others=lambda m, k: (draw(k, 2),),
        shapes=(*ONE, TALL), changes=EXACT, not_finite="same", smooth=(*INVERTIBLE, "zero")),
    Row("numpy.multi_dot", "", lambda a, b, c: n.multi_dot([a, b, c]),
        lambda a, b, c: t.multi_dot([a, b, c]), others=lambda m, k: (draw(k, 2), draw(2, 3)),
        shapes=(*ONE, TALL), vmapped=True, changes=EXACT, not_finite="some"),
    Row("numpy.tensordot", "axes=1", lambda a, b: n.tensordot(a, b, axes=1),
        lambda a, b: t.tensordot(a, b, axes=1), others=lambda m, k: (draw(k, 2),),
        shapes=(*ONE, TALL), changes=EXACT, not_finite="same"),
    Row("numpy.matrix_transpose", "", n.matrix_transpose, t.matrix_transpose,
        shapes=(*ONE, TALL), changes=EXACT, not_finite="same"),
    *[
        Row(f"numpy.{name}", f"offset={k}", partial(getattr(n, name), offset=k),
            partial(getattr(t, name), offset=k), shapes=(*ONE, TALL), changes=EXACT,
            not_finite="same")
        for name in ("trace", "diagonal") for k in (0, 1, -2)
    ],
]  # fmt: skip


def squared(v: Any) -> Any:
    """Vectors without their signs."""
    return v * v


def of_qr(*results: Any) -> list[Any]:
    """The signs are LAPACK's; vectors that complete others are free."""
    *q, r = results
    return [r, *(x[..., : min(r.shape[-2:])] for x in q)]


def of_svd(u: Any, s: Any, vh: Any) -> list[Any]:
    k = s.shape[-1]
    left, right = u[..., :k], vh[..., :k, :]
    return [s, squared(left), squared(right)]


def smooth_of_svd(u: Any, s: Any, vh: Any) -> list[Any]:
    """The nearest matrix with orthonormal columns, and sums over all values."""
    k = s.shape[-1]
    return [u[..., :k] @ vh[..., :k, :], (s**3).sum(-1)]


FACTORS = [
    *[
        Row("numpy.qr", f"mode={mode}", partial(n.qr, mode=mode), partial(t.qr, mode=mode),
            shapes=RECTANGULAR, changes="grades", laws=laws.of_qr if mode != "r" else None,
            unique=of_qr,
            without=VECTORS,
            smooth=FULL_RANK, twice=mode == "reduced")
        for mode in ("reduced", "complete", "r")
    ],
    *[
        Row("numpy.svd", f"full_matrices={full}", partial(n.svd, full_matrices=full),
            partial(t.svd, full_matrices=full), shapes=RECTANGULAR, laws=laws.of_svd,
            unique=of_svd, smooth=EQUAL_VECTORS, equal=smooth_of_svd,
            twice=not full)
        for full in (True, False)
    ],
    Row("numpy.svd", "compute_uv=False", partial(n.svd, compute_uv=False),
        partial(t.svd, compute_uv=False), shapes=BOTH, smooth=INVERTIBLE[:4],
        equal=lambda s: [(s**2).sum(-1)]),
    Row("numpy.svdvals", "", n.svdvals, t.svdvals, shapes=BOTH,
        smooth=INVERTIBLE[:4], equal=lambda s: [(s**2).sum(-1)]),
    *[
        Row("numpy.pinv", shown(given), partial(n.pinv, **given), partial(t.pinv, **given),
            shapes=RECTANGULAR, laws=None if "rcond" in given else laws.of_pseudoinverse,
            smooth=INVERTIBLE[:4], twice=True,
            without=UNKNOWN_RANK)
        for given in ({"rtol": None}, {"rcond": 1e-3})
    ],
    *[
        Row("numpy.matrix_rank", shown(given), partial(n.matrix_rank, **given),
            partial(t.matrix_rank, **given), shapes=(*FEW[1:], *BOTH),
            not_finite="any", smooth=(),
            without=UNKNOWN_RANK)
        for given in ({}, {"rtol": 1e-3}, {"tol": 1e-3})
    ],
    *[
        Row("numpy.lstsq", f"rcond={rcond}{' vector' * (others is vector)}",
            partial(n.lstsq, rcond=rcond), partial(t.lstsq, rcond=rcond), others=others,
            shapes=((1, 1), (4, 4), *BOTH) if rcond is None and others is columns else (TALL,),
            vmapped=True,
            unique=lambda x, _, rank, s: [x, s], smooth=INVERTIBLE[:4],
            equal=lambda x, *_: [x], twice=rcond is None and others is columns,
            without=UNKNOWN_RANK)
        for rcond, others in ((None, columns), (None, vector), (1e-3, columns))
    ],
]  # fmt: skip

# Symmetric matrices ------------------------------------------------------------------------------

EIGEN = ("general", "identity", "repeated", "clustered")


def of_eigh(w: Any, v: Any) -> list[Any]:
    return [w, squared(v)]


def smooth_of_eigh(w: Any, v: Any) -> list[Any]:
    """Sums over all values, and of polynomials what is linear in the matrix."""
    return [(w**2).sum(-1), (w**3).sum(-1)]


SYMMETRIC = [
    *[
        Row("numpy.eigh", f"UPLO={uplo}", partial(n.eigh, UPLO=uplo), partial(t.eigh, UPLO=uplo),
            "symmetric", FEW, laws=laws.of_eigh, unique=of_eigh, equal=smooth_of_eigh, smooth=EIGEN,
            reads={"L": "lower", "U": "upper"}[uplo], twice=True,
            without=VECTORS)
        for uplo in ("L", "U")
    ],
    *[
        Row("numpy.eigvalsh", f"UPLO={uplo}", partial(n.eigvalsh, UPLO=uplo),
            partial(t.eigvalsh, UPLO=uplo), "symmetric", FEW,
            equal=lambda w: [(w**2).sum(-1)], smooth=EIGEN,
            reads={"L": "lower", "U": "upper"}[uplo])
        for uplo in ("L", "U")
    ],
    Row("numpy.svd", "hermitian", partial(n.svd, hermitian=True), partial(t.svd, hermitian=True),
        "symmetric", FEW, laws=laws.of_svd, reads="lower", unique=of_svd,
        equal=smooth_of_svd, smooth=EQUAL_VECTORS,
        without=VECTORS),
    Row("numpy.pinv", "hermitian", lambda a: n.pinv(a, hermitian=True, rtol=None),
        lambda a: t.pinv(a, hermitian=True, rtol=None), "symmetric", FEW, reads="lower",
        laws=laws.of_pseudoinverse, smooth=EIGEN,
        without=UNKNOWN_RANK),
    Row("numpy.matrix_rank", "hermitian", partial(n.matrix_rank, hermitian=True),
        partial(t.matrix_rank, hermitian=True), "symmetric", FEW[1:], reads="lower",
        smooth=(), not_finite="any",
        without=UNKNOWN_RANK),
]  # fmt: skip

# Positive definite matrices ----------------------------------------------------------------------

DEFINITE = ("general", "identity", "repeated", "clustered", "graded", "graded up")
POS = kind("positive definite")


def cho_solve(a: Any, b: Any, upper: bool) -> Any:
    return n.cho_solve(n.cholesky(a, upper=upper), b, upper=upper)


def definite(function: Any) -> Any:
    """The same of matrices that have a Cholesky factor."""

    def checked(a: Any, *others: Any) -> Any:
        t.cholesky(a)
        return function(a, *others)

    return checked


POSITIVE = [
    *[
        Row("numpy.cholesky", f"upper={upper}", partial(n.cholesky, upper=upper),
            partial(t.cholesky, upper=upper), "positive", FEW,
            laws=laws.of_upper_cholesky if upper else laws.of_cholesky,
            smooth=DEFINITE, not_finite="NaN", twice=True, reads="upper" if upper else "lower")
        for upper in (False, True)
    ],
    *[
        Row("numpy.cho_solve", f"upper={upper}", partial(cho_solve, upper=upper),
            definite(t.solve), "positive", FEW, others=others, smooth=DEFINITE,
            reads="upper" if upper else "lower", not_finite="NaN")
        for upper, others in ((False, columns), (True, vector))
    ],
    Row("numpy.solve", "pos", partial(n.solve, **POS), definite(t.solve), "positive", FEW,
        others=columns, reads="lower", smooth=DEFINITE, not_finite="NaN", twice=True),
    Row("numpy.inv", "pos", partial(n.inv, **POS), definite(t.inv), "positive", FEW, reads="lower",
        smooth=DEFINITE, not_finite="NaN"),
    Row("numpy.det", "pos", partial(n.det, **POS), definite(det), "positive", FEW, reads="lower",
        smooth=DEFINITE, not_finite="NaN"),
    Row("numpy.slogdet", "pos", partial(n.slogdet, **POS), definite(t.slogdet), "positive", FEW,
        reads="lower", unique=lambda sign, logarithm: [logarithm], smooth=DEFINITE,
        not_finite="NaN"),
]  # fmt: skip

# Triangular matrices -----------------------------------------------------------------------------

TRIANGULAR_KINDS = ("general", "identity", "repeated", "graded rows", "graded columns")


def assumed(name: str, kind: str) -> Row:
    """A function that is told that a matrix is triangular, or diagonal."""
    turn = laws.transposed if kind.startswith("upper") else (lambda a: a)

    def theirs(a: Any, *b: Any) -> Any:
        read = np.diag(np.diag(a)) if kind == "diagonal" else turn(a)
        return (det if name == "det" else getattr(t, name))(read, *b)

    return Row(
        f"numpy.{name}",
        kind,
        lambda a, *b: getattr(n, name)(turn(a), *b, assume_a=kind),
        theirs,
        "triangular",
        FEW,
        others=columns if name == "solve" else nothing,
        unique=(lambda sign, logarithm: [logarithm]) if name == "slogdet" else all_of,
        reads="lower",
        changes=EXACT,
        not_finite="any",
        smooth=TRIANGULAR_KINDS,
    )


def solve_triangular(a: Any, b: Any, lower: bool, transpose: bool, unit: bool) -> Any:
    turned = a if lower else a.swapaxes(-1, -2)
    return n.solve_triangular(turned, b, lower=lower, transpose=transpose, unit_diagonal=unit)


def solved(a: Any, b: Any, lower: bool, transpose: bool, unit: bool) -> Any:
    x = a if lower else a.T
    return scipy_linalg.solve_triangular(x, b, int(transpose), lower, unit, check_finite=False)


TRIANGULAR = [
    *[
        Row("numpy.solve_triangular", f"lower={lower}, transpose={transpose}, unit={unit}",
            partial(solve_triangular, lower=lower, transpose=transpose, unit=unit),
            partial(solved, lower=lower, transpose=transpose, unit=unit), "triangular", FEW,
            others=others, reads="lower", changes="elements", smooth=TRIANGULAR_KINDS,
            twice=not unit, not_finite="any" if unit else "NaN",
            without={"graded rows": "far from 1", "graded columns": "far from 1", **RANGE}
            if unit else {})
        for lower, transpose, unit, others in (
            (True, False, False, columns), (False, False, False, columns),
            (True, True, False, vector), (False, True, True, columns), (True, False, True, vector))
    ],
    *[
        assumed(name, kind)
        for name in ("solve", "inv", "det", "slogdet")
        for kind in ("lower triangular", "upper triangular", "diagonal")
    ],
]  # fmt: skip

# Batches that broadcast --------------------------------------------------------------------------


def broadcasting(function: Any) -> Any:
    """With the axis of the matrices, which those of right-hand sides stand before, in front."""
    return lambda a, b: np.moveaxis(function(a, b), 1, 0)


def broadcast(function: Any) -> Any:
    """The same of one matrix."""
    return lambda a, b: np.asarray(function(a, b))[:, 0]


BROADCAST = [
    Row("numpy.solve", "broadcast", broadcasting(n.solve), broadcast(t.solve), others=a_batch,
        shapes=((3, 3), (5, 5)), smooth=("general",), not_finite="NaN", changes="grades"),
    Row("numpy.solve", "pos, broadcast", broadcasting(partial(n.solve, **POS)),
        broadcast(definite(t.solve)), "positive", ((4, 4),), others=a_batch, reads="lower",
        smooth=("general",), not_finite="NaN"),
    Row("numpy.solve_triangular", "broadcast",
        broadcasting(partial(n.solve_triangular, lower=True)), broadcast(t.solve), "triangular",
        ((4, 4),), others=a_batch, changes=EXACT, reads="lower", smooth=("general",),
        not_finite="NaN"),
    Row("numpy.matmul", "broadcast", broadcasting(n.matmul), broadcast(t.matmul), shapes=(TALL,),
        others=lambda m, k: (draw(2, 1, k, 2),), changes=EXACT, smooth=("general",),
        not_finite="NaN"),
]  # fmt: skip

ROWS = [
    *SYSTEMS, *norm_rows(), *PRODUCTS, *FACTORS, *SYMMETRIC, *POSITIVE, *TRIANGULAR, *BROADCAST,
]  # fmt: skip
