"""The largest or smallest eigenpairs of a symmetric map, improved together.

The locally optimal block preconditioned conjugate gradient method: A. Knyazev, "Toward the optimal
preconditioned eigensolver", SIAM J. Sci. Comput. 23, 2001. Directions that are nearly dependent are
left out of the projected problem, as in J. Duersch, M. Shao, C. Yang and M. Gu, "A robust and
efficient implementation of LOBPCG", SIAM J. Sci. Comput. 40, 2018, by the orthonormalisation of A.
Stathopoulos and K. Wu, SIAM J. Sci. Comput. 23, 2002.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .... import primitives
from ....errors import XformValueError, at_user_line
from ....numpy import contraction, joining, reductions, ufuncs
from ....numpy.dispatch import extension
from ....numpy.linalg.triangular import cholesky, solve_triangular
from ....numpy.promotion import (
    FLOAT64,
    array,
    computed_dtype,
    constant,
    is_float,
    operand,
    result_type,
)
from ....numpy.selection import where
from ....tracing.array import TracedArray
from ....transforms.loops import while_loop
from .eigenpairs import eigenpairs
from .operators import Map, Vector, matrix_dtype, require_real, times
from .options import integer, refuse
from .stopping import INT32

Block = TracedArray
BlockMap = Callable[[Block], Block]


@extension("scipy.sparse.linalg", arrays=2)
def lobpcg(
    A: Any,  # noqa: N803 - SciPy's names
    X: Any,  # noqa: N803
    B: Any = None,  # noqa: N803
    M: Any = None,  # noqa: N803
    Y: Any = None,  # noqa: N803
    tol: Any = None,
    maxiter: int | None = None,
    largest: bool = True,
    verbosityLevel: int = 0,  # noqa: N803
    retLambdaHistory: bool = False,  # noqa: N803
    retResidualNormsHistory: bool = False,  # noqa: N803
) -> tuple[TracedArray, TracedArray]:
    """The largest or smallest eigenpairs of A x = w B x for symmetric A and positive definite B.

    As SciPy's, it returns what it has after `maxiter` iterations; derivatives are those of exact
    eigenpairs. They do not exist for vectors of equal eigenvalues.

    Args:
        A: a symmetric matrix, a sparse one, or a function of blocks of columns (n, m).
        X: the first approximations (n, k), linearly independent; as many pairs are found.
        B: a positive definite matrix or function, by default the identity.
        M: about the inverse of `A`, given like it.
        Y: columns (n, l) to which the eigenvectors are orthogonal in the product of `B`, such as
            eigenvectors that are known; constants to derivatives.
        tol: how large the norms of A x - w B x may be, by default n times the root of the dtype's
            rounding.
        maxiter: the largest number of iterations after the first, an int, by default 20.
        largest: whether to find the largest eigenvalues, else the smallest.
        verbosityLevel, retLambdaHistory, retResidualNormsHistory: must be left out, as the loop is
            compiled.

    Returns:
        The eigenvalues (k,), the largest or else the smallest first, and the vectors (n, k),
        orthonormal in the product of `B`. What `X` is too dependent for is NaN.

    Raises:
        XformTypeError: a map is neither a matrix nor a function, or `maxiter` no int.
        XformValueError: the shapes do not fit, or an option must be left out.

    >>> import numpy as np
    >>> w, v = lobpcg(np.diag([1.0, 2.0, 3.0, 4.0]), np.eye(4)[:, 1:3] + 0.1, tol=1e-10)
    >>> np.round(np.asarray(w), 6)
    array([4., 3.])
    """
    refuse(
        "lobpcg",
        verbosityLevel=verbosityLevel or None,
        retLambdaHistory=retLambdaHistory,
        retResidualNormsHistory=retResidualNormsHistory,
    )
    matrices = [matrix_dtype(x) for x in (A, B, M)] + [None if Y is None else operand(Y)]
    require_real("lobpcg", "a matrix", operand(X), *matrices)
    common = result_type(operand(X), *(x for x in matrices if x is not None))
    dtype = computed_dtype(common if is_float(common) else FLOAT64)
    start = _columns(X, dtype, "X", None)
    n, k = start.shape
    if not 1 <= k <= n:
        raise XformValueError(
            at_user_line(f"lobpcg: X must have from 1 to n = {n} columns, got {k}")
        )
    constraints = None if Y is None else _columns(Y, dtype, "Y", n)
    a = _block_map(A, "A", n, dtype)
    b = None if B is None else _block_map(B, "B", n, dtype)
    m = None if M is None else _block_map(M, "M", n, dtype)
    if tol is None:
        tol = n * math.sqrt(float(np.finfo(dtype).eps))
    rounds = 20 if maxiter is None else integer("lobpcg", "maxiter", maxiter)

    def find(_: Map, __: Map | None) -> Sequence[TracedArray]:
        return _Search(a, b, m, constraints, k, bool(largest)).run(start, tol, rounds)

    return eigenpairs(
        "lobpcg", _of_vector(a), None if b is None else _of_vector(b), find, n, np.dtype(dtype)
    )


def _columns(x: Any, dtype: np.dtype[Any], parameter: str, rows: int | None) -> Block:
    block = array(x, dtype)
    if block.ndim != 2 or (rows is not None and block.shape[0] != rows):
        wanted = "an axis of columns" if rows is None else f"{rows} rows"
        raise XformValueError(
            at_user_line(
                f"lobpcg: {parameter} must be a matrix with {wanted}, got shape {block.shape}"
            )
        )
    return block


def _block_map(a: Any, parameter: str, n: int, dtype: np.dtype[Any]) -> BlockMap:
    function = times(a, "lobpcg", parameter, n)

    def apply(x: Block) -> Block:
        product = array(function(x))
        require_real("lobpcg", f"the product of {parameter}", product)
        result = array(product, dtype)
        if result.shape != x.shape:
            raise XformValueError(
                at_user_line(
                    f"lobpcg: {parameter} must keep the shape of a block {x.shape}, it returned "
                    f"{result.shape}"
                )
            )
        return result

    return apply


def _of_vector(a: BlockMap) -> Map:
    def apply(x: Vector) -> Vector:
        result: Vector = a(x[:, None])[:, 0]
        return result

    return apply


class _Images(NamedTuple):
    """Columns, and what the maps make of them.

    Attributes:
        x: the columns.
        a, b: A and B times these.
    """

    x: Block
    a: Block
    b: Block

    def combined(self, weights: Block) -> _Images:
        """Linear combinations of the columns."""
        return _Images(*(contraction.matmul(part, weights) for part in self))

    def beside(self, others: _Images) -> _Images:
        """These columns and others."""
        pairs = zip(self, others, strict=True)
        return _Images(*(joining.concatenate(pair, 1) for pair in pairs))

    def without(self, others: _Images) -> _Images:
        """These columns without their parts along others that are orthonormal."""
        parts = contraction.matmul(others.b.T, self.x)
        return _Images(
            *(
                mine - contraction.matmul(theirs, parts)
                for mine, theirs in zip(self, others, strict=True)
            )
        )

    def scaled(self, floor: float = 0.0) -> _Images:
        """The columns with norm 1; those whose norm is no more than `floor` become 0."""
        squares = reductions.sum(self.x * self.b, 0)
        some = squares > floor * floor
        factors = where(some, 1 / ufuncs.sqrt(where(some, squares, 1.0)), 0.0)
        return _Images(*(part * factors for part in self))


class _Progress(NamedTuple):
    """What the iterations carry.

    Attributes:
        values: the eigenvalues so far.
        space: their vectors, and behind them the directions in which to improve these: residuals,
            and where the last step went.
        error: the largest norm of a residual.
        steps: how many iterations there were.
    """

    values: TracedArray
    space: _Images
    error: TracedArray
    steps: TracedArray


class _Search:
    """The iteration for certain maps."""

    def __init__(
        self,
        a: BlockMap,
        b: BlockMap | None,
        m: BlockMap | None,
        constraints: Block | None,
        k: int,
        largest: bool,
    ) -> None:
        self._a = a
        self._b = b
        self._m = m
        self._k = k
        self._largest = largest
        self._fixed: _Images | None = None
        if constraints is not None:
            by_b = constraints if b is None else b(constraints)
            images = _Images(constraints, constraints * 0, by_b).scaled()
            weights, _ = self._orthonormal(images)
            self._fixed = images.combined(weights)

    def run(self, x: Block, tol: Any, rounds: int) -> list[TracedArray]:
        """The eigenvalues and vectors, and the constraints if there are any."""
        k, zeros = self._k, constant((x.shape[0], 2 * self._k), x.dtype, 0)
        start = self._images(x).scaled().beside(_Images(zeros, zeros, zeros))
        unknown = constant((), x.dtype, math.inf)
        first = _Progress(constant((k,), x.dtype, 0), start, unknown, array(0, INT32))
        limit = array(tol, x.dtype)

        def goes_on(at: _Progress) -> Any:
            # SciPy's, too, makes one step more than `maxiter`, after that from the guess.
            return (at.error > limit) & (at.steps < rounds + 2)

        last = while_loop(goes_on, self._step, first)
        found = last.space.x[:, :k]
        # The maps' images are sums of earlier ones, with their rounding.
        gram = contraction.matmul(found.T, found if self._b is None else self._b(found))
        factor = cholesky((gram + gram.T) / 2)
        vectors = solve_triangular(factor, found.T, lower=True).T
        values = reductions.sum(vectors * self._a(vectors), 0)
        missing = ufuncs.isnan(last.values)
        pairs = [where(missing, np.nan, values), where(missing, np.nan, vectors)]
        return pairs if self._fixed is None else [*pairs, self._fixed.x]

    def _images(self, x: Block) -> _Images:
        """Columns without their parts along the constraints."""
        if self._fixed is not None:
            for _ in range(2):
                x = x - contraction.matmul(self._fixed.x, contraction.matmul(self._fixed.b.T, x))
        return _Images(x, self._a(x), x if self._b is None else self._b(x))

    def _residual(self, values: TracedArray, pairs: _Images) -> Block:
        residual = pairs.a - pairs.b * values
        if self._fixed is None:
            return residual
        parts = contraction.matmul(self._fixed.x.T, residual)
        return residual - contraction.matmul(self._fixed.b, parts)

    def _step(self, at: _Progress) -> _Progress:
        k, half = self._k, math.sqrt(float(np.finfo(at.error.dtype).eps))
        values, weights = self._projected(at.space)
        pairs = at.space.combined(weights)
        residual = self._residual(values, pairs)
        error = ufuncs.sqrt(reductions.max(reductions.sum(residual * residual, 0)))
        if self._m is not None:
            residual = self._m(residual)
        length = ufuncs.sqrt(reductions.sum(residual * residual, 0))
        residual = residual / where(length > 0, length, 1.0)
        for _ in range(2):
            residual = residual - contraction.matmul(
                pairs.x, contraction.matmul(pairs.b.T, residual)
            )
        # Of columns of norm 1, what is left in less than half the digits is mostly rounding.
        news = self._images(residual).scaled(half)
        further = _Images(*(part[:, k:] for part in at.space))
        old = further.combined(weights[k:]).scaled().without(pairs).scaled(half)
        return _Progress(values, pairs.beside(news).beside(old), error, at.steps + 1)

    def _orthonormal(self, images: _Images) -> tuple[Block, TracedArray]:
        """Weights that make columns orthonormal, and which of the results are not 0.

        A direction that depends on others to half the digits is dropped.
        """
        gram = contraction.matmul(images.x.T, images.b)
        values, weights = primitives.eigh(gram)
        enough = values > math.sqrt(float(np.finfo(gram.dtype).eps))
        factors = where(enough, 1 / ufuncs.sqrt(where(enough, values, 1.0)), 0.0)
        weights = weights * factors
        # The other half of the digits, by a step of Newton's method for the root of the inverse.
        once = images.combined(weights)
        gram = contraction.matmul(once.x.T, once.b)
        return 1.5 * weights - 0.5 * contraction.matmul(weights, gram), enough

    def _projected(self, images: _Images) -> tuple[TracedArray, Block]:
        """The wanted eigenvalues in the space of columns, and the weights of their vectors."""
        basis, enough = self._orthonormal(images)
        space = images.combined(basis)
        a = contraction.matmul(space.x.T, space.a)
        # What was dropped comes last of all.
        size = 2 * reductions.sum(ufuncs.absolute(a)) + 1
        last = -size if self._largest else size
        rows = np.arange(a.shape[0])
        a = where((rows[:, None] == rows) & ~enough, last, a)
        values, weights = primitives.eigh(a)
        if self._largest:
            values, weights = values[::-1], weights[:, ::-1]
        values, weights = values[: self._k], weights[:, : self._k]
        there = rows[: self._k] < reductions.sum(enough)
        return where(there, values, np.nan), contraction.matmul(basis, weights)


__all__ = ["lobpcg"]
