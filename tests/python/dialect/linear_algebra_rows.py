"""The rows of factorisations and of systems.

Their operands are made from arbitrary ones, so that every direction is one in which the matrices
stay positive definite, or well conditioned: a test's finite differences see a smooth function.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from scipy.linalg import lu_factor, schur
from table_row import FLOATS, Array, Operands, Row, Shape, normal
from xform import primitives

ROWS: list[Row] = []


def cases(shapes: tuple[Shape, ...]) -> tuple[Operands, ...]:
    """Operands of given shapes in each floating dtype."""
    generator = np.random.default_rng(5)
    drawn = [generator.normal(size=shape) for shape in shapes]
    return tuple(tuple(x.astype(dtype) for x in drawn) for dtype in FLOATS)


def transposed(x: Any) -> Any:
    """The matrices with their rows as columns."""
    return x.swapaxes(-1, -2)


def positive_definite(x: Any, eye: Array) -> Any:
    """Symmetric matrices with eigenvalues of at least 1."""
    return (x @ transposed(x)) + eye.astype(x.dtype)


def traced_cholesky(x: Any) -> Any:
    """The primitive."""
    return primitives.cholesky(positive_definite(x, np.eye(x.shape[-1])))


def expected_cholesky(x: Array) -> Array:
    """The primitive by NumPy."""
    return np.linalg.cholesky(positive_definite(x, np.eye(x.shape[-1])))


for shape in ((3, 3), (2, 1, 1), (0, 0), (0, 2, 2)):
    ROWS.append(
        Row(
            f"cholesky {shape}",
            "cholesky",
            "linear algebra",
            traced_cholesky,
            expected_cholesky,
            (normal(shape),),
            cases((shape,)),
            # The condition of the matrices times the length of the sums.
            ulps=200,
            magnitude=partial(lambda x: np.max(np.abs(x), initial=1.0) * np.ones(x.shape)),
        )
    )


def well_conditioned(a: Any, eye: Array) -> Any:
    """Matrices whose diagonals outweigh their triangles."""
    return a * 0.25 + (2.0 * eye).astype(a.dtype)


def traced_solve(a: Any, b: Any, **attributes: bool) -> Any:
    """The primitive."""
    return primitives.triangular_solve(well_conditioned(a, np.eye(a.shape[-1])), b, **attributes)


def solved(
    a: Array, b: Array, left_side: bool, lower: bool, transpose_a: bool, unit_diagonal: bool
) -> Array:
    """triangular_solve by NumPy."""
    matrix = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        eye = np.eye(a.shape[-1], dtype=a.dtype)
        matrix = matrix * (1 - eye) + eye
    if transpose_a:
        matrix = transposed(matrix)
    if left_side:
        return np.asarray(np.linalg.solve(matrix, b))
    return np.asarray(transposed(np.linalg.solve(transposed(matrix), transposed(b))))


def expected_solve(a: Array, b: Array, **attributes: bool) -> Array:
    """The primitive of operands made well conditioned, as those of `traced_solve`."""
    return solved(well_conditioned(a, np.eye(a.shape[-1])), b, **attributes)


FLAGS = ("left_side", "lower", "transpose_a", "unit_diagonal")
# Each flag both ways; tests of xform.numpy.linalg try all combinations.
CHOSEN = ((True, True, False, False), (False, False, True, True))
# Matrices, right-hand sides from the left, and the flags to try.
SYSTEMS: tuple[tuple[Shape, Shape, tuple[tuple[bool, ...], ...]], ...] = (
    ((3, 3), (3, 2), CHOSEN),
    ((2, 1, 1), (2, 1, 2), CHOSEN[:1]),
    ((0, 0), (0, 2), CHOSEN[:1]),
    ((2, 2), (2, 0), CHOSEN[1:2]),
)
for a_shape, b_shape, flags in ((a, b, flags) for a, b, choices in SYSTEMS for flags in choices):
    attributes = dict(zip(FLAGS, flags, strict=True))
    rhs_shape = b_shape if flags[0] else (*b_shape[:-2], b_shape[-1], b_shape[-2])
    chosen = ", ".join(name for name, on in attributes.items() if on)
    ROWS.append(
        Row(
            f"triangular_solve {a_shape} and {rhs_shape} with {chosen}",
            "triangular_solve",
            "linear algebra",
            partial(traced_solve, **attributes),
            partial(expected_solve, **attributes),
            (normal(a_shape), normal(rhs_shape)),
            cases((a_shape, rhs_shape)),
            ulps=32,
            magnitude=lambda a, b: np.max(np.abs(b), initial=1.0) * np.ones(b.shape),
        )
    )


def general(x: Any, eye: Array) -> Any:
    """Matrices whose largest elements of each column are far from the others, off the diagonal."""
    return x * 0.25 + (3.0 * np.roll(eye, 1, 0)).astype(x.dtype)


def eye_like(x: Any) -> Array:
    return np.eye(*x.shape[-2:])


def factored(x: Array) -> tuple[Array, Array, Array]:
    """lu by SciPy, of each matrix of a batch."""
    *batch, m, n = x.shape
    k = min(m, n)
    factors, pivots = np.zeros_like(x), np.zeros((*batch, k), np.int32)
    permutation = np.broadcast_to(np.arange(m, dtype=np.int32), (*batch, m)).copy()
    for place in np.ndindex(*batch):
        if x.size:
            factors[place], pivots[place] = lu_factor(x[place])
            for i, pivot in enumerate(pivots[place]):
                rows = permutation[place]
                rows[[i, pivot]] = rows[[pivot, i]]
    return factors, pivots, permutation


def solved_by_lu(
    a: Array, factors: Array, permutation: Array, b: Array, transpose_a: bool
) -> Array:
    """lu_solve by NumPy."""
    return np.asarray(np.linalg.solve(transposed(a) if transpose_a else a, b))


def traced_lu(x: Any) -> Any:
    """The factors alone, which are differentiable."""
    return primitives.lu(general(x, eye_like(x)))[0]


def expected_lu(x: Array) -> Array:
    return factored(general(x, eye_like(x)))[0]


for shape in ((3, 3), (4, 3), (2, 3, 4), (1, 1), (0, 0), (2, 0), (0, 2, 2)):
    ROWS.append(
        Row(
            f"lu {shape}",
            "lu",
            "linear algebra",
            traced_lu,
            expected_lu,
            (normal(shape),),
            cases((shape,)),
            ulps=64,
            magnitude=lambda x: np.max(np.abs(x), initial=3.0) * np.ones(x.shape),
        )
    )


def traced_lu_solve(a: Any, b: Any, transpose_a: bool) -> Any:
    matrix = general(a, eye_like(a))
    factors, _, permutation = primitives.lu(matrix)
    return primitives.lu_solve(matrix, factors, permutation, b, transpose_a=transpose_a)


def expected_lu_solve(a: Array, b: Array, transpose_a: bool) -> Array:
    matrix = general(a, eye_like(a))
    return solved_by_lu(matrix, *factored(matrix)[::2], b, transpose_a)


for a_shape, b_shape in (
    ((3, 3), (3, 2)),
    ((2, 4, 4), (2, 4, 1)),
    ((0, 0), (0, 2)),
    ((2, 2), (2, 0)),
):
    for flag in (False, True):
        ROWS.append(
            Row(
                f"lu_solve {a_shape} and {b_shape}{' transposed' * flag}",
                "lu_solve",
                "linear algebra",
                partial(traced_lu_solve, transpose_a=flag),
                partial(expected_lu_solve, transpose_a=flag),
                (normal(a_shape), normal(b_shape)),
                cases((a_shape, b_shape)),
                ulps=64,
                magnitude=lambda a, b: np.max(np.abs(b), initial=1.0) * np.ones(b.shape),
            )
        )


def orthonormal(x: Array, complete: bool) -> tuple[Array, Array]:
    """qr by NumPy."""
    q, r = np.linalg.qr(x, "complete" if complete else "reduced")
    return q, r


def both_of(q: Any, r: Any) -> Any:
    """Both factors in one result."""
    return np.concatenate([q.swapaxes(-1, -2), r], -1)


def traced_qr(x: Any, complete: bool) -> Any:
    return both_of(*primitives.qr(general(x, eye_like(x)), complete=complete))


def expected_qr(x: Array, complete: bool) -> Array:
    return np.asarray(both_of(*orthonormal(general(x, eye_like(x)), complete)))


for shape, flag in (
    ((3, 3), False),
    ((4, 3), False),
    ((2, 3, 4), True),
    ((1, 1), False),
    ((0, 0), False),
    ((2, 0), False),
    ((0, 2, 2), True),
):
    ROWS.append(
        Row(
            f"qr {shape}{' complete' * flag}",
            "qr",
            "linear algebra",
            partial(traced_qr, complete=flag),
            partial(expected_qr, complete=flag),
            (normal(shape),),
            cases((shape,)),
            ulps=64,
            magnitude=lambda x: (
                np.max(np.abs(x), initial=3.0)
                * np.ones((*x.shape[:-2], min(x.shape[-2:]), sum(x.shape[-2:])))
            ),
        )
    )


def apart(shape: Shape) -> Array:
    """A diagonal whose elements differ by more than what is added to them."""
    m, n = shape[-2:]
    return 4 * (min(m, n) - np.arange(m))[:, None] * np.eye(m, n)


def spread(x: Any) -> Any:
    """Matrices whose singular values are apart."""
    return x / 4 + apart(x.shape).astype(x.dtype)


def signed(vectors: Any) -> Any:
    """Rows with the sign that makes the largest of their elements positive, on the diagonal."""
    m, n = vectors.shape[-2:]
    diagonal = (vectors * np.eye(m, n, dtype=vectors.dtype)).sum(-1)
    return np.sign(diagonal)[..., None]


def spectrum(w: Any, v: Any) -> Any:
    """Eigenvalues and vectors, in one result; the vectors as rows of one sign."""
    rows = transposed(v)[..., ::-1, :]
    return np.concatenate([w[..., None], rows * signed(rows)], -1)


def symmetric(x: Any) -> Any:
    """Symmetric matrices whose eigenvalues are apart."""
    return (spread(x) + transposed(spread(x))) / 2


def traced_eigh(x: Any) -> Any:
    return spectrum(*primitives.eigh(symmetric(x)))


def eigenpairs(x: Array) -> tuple[Array, Array]:
    """eigh by NumPy."""
    w, v = np.linalg.eigh(x)
    return w, v


def expected_eigh(x: Array) -> Array:
    return np.asarray(spectrum(*eigenpairs(symmetric(x))))


for shape in ((3, 3), (2, 2, 2), (1, 1), (0, 0), (0, 2, 2)):
    ROWS.append(
        Row(
            f"eigh {shape}",
            "eigh",
            "linear algebra",
            traced_eigh,
            expected_eigh,
            (normal(shape),),
            cases((shape,)),
            ulps=64,
            magnitude=lambda x: 4 * x.shape[-1] * np.ones((*x.shape[:-1], x.shape[-1] + 1)),
        )
    )


def triple(u: Any, s: Any, vt: Any) -> Any:
    """The factors in one result, with vectors as rows of one sign; those that complete are left."""
    k = s.shape[-1]
    left, right = transposed(u)[..., :k, :], vt[..., :k, :]
    sign = signed(left)
    return np.concatenate([left * sign, s[..., None], right * sign], -1)


def singular(x: Array, complete: bool) -> tuple[Array, Array, Array]:
    """svd by NumPy."""
    u, s, vt = np.linalg.svd(x, full_matrices=complete)
    return u, s, vt


def traced_svd(x: Any, complete: bool) -> Any:
    return triple(*primitives.svd(spread(x), complete=complete))


def expected_svd(x: Array, complete: bool) -> Array:
    return np.asarray(triple(*singular(spread(x), complete)))


for shape, flag in (
    ((3, 3), False),
    ((4, 3), False),
    ((2, 2, 3), True),
    ((1, 1), False),
    ((0, 0), False),
    ((2, 0), True),
    ((0, 2, 2), True),
):
    ROWS.append(
        Row(
            f"svd {shape}{' complete' * flag}",
            "svd",
            "linear algebra",
            partial(traced_svd, complete=flag),
            partial(expected_svd, complete=flag),
            (normal(shape),),
            cases((shape,)),
            ulps=64,
            magnitude=lambda x: (
                4
                * max(x.shape[-2:])
                * np.ones((*x.shape[:-2], min(x.shape[-2:]), sum(x.shape[-2:]) + 1))
            ),
        )
    )


def in_blocks(x: Any) -> Any:
    """Matrices whose diagonals have blocks of two rows, with complex eigenvalues that are apart."""
    n = x.shape[-1]
    turns = np.kron(np.eye(n // 2), np.array([[0.0, 3], [-2, 0]]))
    return x / 4 + (turns + np.diag(6.0 * (np.arange(n) // 2))).astype(x.dtype)


def first_rows(n: int) -> Array:
    """The row of the largest element of each vector of such a matrix."""
    return np.repeat(np.repeat(np.eye(n // 2), 2, 1), 2, 0) * (1 - np.arange(n) % 2)[:, None]


def of_one_zero(x: Any) -> Any:
    """Zeros without the signs that LAPACK happens to give them."""
    return np.where(x == 0, np.zeros_like(x), x)


def general_spectrum(wr: Any, wi: Any, vr: Any, vi: Any, places: Array) -> Any:
    """Eigenvalues in one order and their vectors, of one sign, in one result."""
    order = np.argsort(wr + wi / 8)
    rows = np.broadcast_to(order[..., None, :], vr.shape)
    vr, vi = (np.take_along_axis(v, rows, -1) for v in (vr, vi))
    signs = np.sign((vr * places.astype(vr.dtype)).sum(-2))[..., None, :]
    values = [np.take_along_axis(w, order, -1)[..., None, :] for w in (wr, wi)]
    return of_one_zero(np.concatenate([*values, vr * signs, vi * signs], -2))


def general_eigenpairs(x: Array) -> tuple[Array, Array, Array, Array]:
    """eig by NumPy."""
    w, v = np.linalg.eig(x)
    return w.real, w.imag, v.real, v.imag


def traced_eig(x: Any, made: Any, places: Any) -> Any:
    return general_spectrum(*primitives.eig(made(x)), places(x.shape[-1]))


def expected_eig(x: Array, made: Any, places: Any) -> Array:
    return np.asarray(general_spectrum(*general_eigenpairs(made(x)), places(x.shape[-1])))


def ascending(x: Any) -> Any:
    return spread(x)[..., ::-1, ::-1]


def triangle(t: Any, z: Any) -> Any:
    """The Schur form with rows and columns of one sign."""
    rows = transposed(z)
    sign = signed(rows)
    return of_one_zero(np.concatenate([t * sign * transposed(sign), rows * sign], -1))


def schur_factors(x: Array) -> tuple[Array, Array]:
    """schur by SciPy, one matrix at a time."""
    t, z = np.empty_like(x), np.empty_like(x)
    for place in np.ndindex(x.shape[:-2]) if x.size else ():
        t[place], z[place] = schur(x[place])
    return t, z


def traced_schur(x: Any) -> Any:
    return triangle(*primitives.schur(ascending(x)))


def expected_schur(x: Array) -> Array:
    return np.asarray(triangle(*schur_factors(ascending(x))))


for shape, made, places in (
    ((3, 3), ascending, np.eye),
    ((4, 4), in_blocks, first_rows),
    ((2, 2, 2), in_blocks, first_rows),
    ((1, 1), ascending, np.eye),
    ((0, 0), ascending, np.eye),
    ((0, 2, 2), ascending, np.eye),
):
    ROWS.append(
        Row(
            f"eig {'in blocks ' * (made is in_blocks)}{shape}",
            "eig",
            "linear algebra",
            partial(traced_eig, made=made, places=places),
            partial(expected_eig, made=made, places=places),
            (normal(shape),),
            cases((shape,)),
            ulps=64,
            magnitude=lambda x: (
                4 * x.shape[-1] * np.ones((*x.shape[:-2], 2 * x.shape[-1] + 2, x.shape[-1]))
            ),
        )
    )

# The order of blocks of two rows is the algorithm's.
for shape in ((3, 3), (2, 2, 2), (1, 1), (0, 0), (0, 2, 2)):
    ROWS.append(
        Row(
            f"schur {shape}",
            "schur",
            "linear algebra",
            traced_schur,
            expected_schur,
            (normal(shape),),
            cases((shape,)),
            ulps=64,
            magnitude=lambda x: 8 * x.shape[-1] * np.ones((*x.shape[:-1], 2 * x.shape[-1])),
        )
    )
