"""The rows of cholesky and triangular_solve.

Their operands are made from arbitrary ones, so that every direction is one in which the matrices
stay positive definite, or well conditioned: a test's finite differences see a smooth function.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
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
