"""Some eigenpairs of a symmetric map, by the Lanczos method.

The method with thick restarts: K. Wu and H. Simon, "Thick-restart Lanczos method for large
symmetric eigenvalue problems", SIAM J. Matrix Anal. Appl. 22, 2000. Every vector is orthogonalised
against all that are kept, and twice, so that no eigenvalue comes as a ghost of another.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .... import primitives
from ....errors import XformTypeError, XformValueError, at_user_line
from ....numpy import contraction, ordering, reductions, ufuncs
from ....numpy.dispatch import extension
from ....numpy.promotion import array, constant, is_float
from ....numpy.selection import where
from ....tracing.array import TracedArray
from ....transforms.loops import while_loop
from .eigenpairs import eigenpairs
from .minimal_residuals import orthogonalised
from .operators import Map, Space, Vector, entries_of, matrix_dtype
from .options import integer
from .stopping import INT32, is_finite, norm

_WHICH = ("LA", "SA", "LM")


@extension("scipy.sparse.linalg")
def eigsh(
    A: Any,  # noqa: N803 - SciPy's names
    k: int = 6,
    *,
    which: str = "LM",
    v0: Any = None,
    ncv: int | None = None,
    maxiter: int | None = None,
    tol: Any = 0,
    return_eigenvectors: bool = True,
) -> TracedArray | tuple[TracedArray, TracedArray]:
    """Some eigenvalues and eigenvectors of a symmetric map, by thick-restart Lanczos.

    A pair that has not converged is NaN, where SciPy raises ArpackNoConvergence. Of an eigenvalue
    that occurs several times not every occurrence need be found, and its eigenvectors have no
    derivatives: these come out very large, infinite or NaN. Derivatives of eigenvectors solve
    further systems, as exactly as rounding allows.

    Args:
        A: a symmetric matrix, a sparse one, or a function of a vector. The gradient by a matrix
            is symmetric only if the matrix is made so, as by (a + a.T) / 2.
        k: how many, an int from 1 to the number of rows.
        which: "LA" for the largest, "SA" for the smallest, "LM" for those of largest magnitude.
        v0: the first vector, by default a fixed one; a function needs it, since it tells the size.
        ncv: how many vectors are kept, an int above `k`, by default 20 or more than twice `k`.
        maxiter: how often the method starts anew, an int, by default ten times for each row.
        tol: the relative error of eigenvalues, 0 for that of rounding.
        return_eigenvectors: whether to return the eigenvectors, too.

    Returns:
        The eigenvalues (k,) in increasing order; with eigenvectors, the pair of these and
        orthonormal columns (n, k).

    Raises:
        XformTypeError: `A` is neither a matrix nor a function, or a number is no int.
        XformValueError: a number is out of range, `which` is unknown, the shapes do not fit, or a
            function comes without `v0`.

    >>> import numpy as np
    >>> w, v = eigsh(np.diag([5.0, 1.0, 3.0, 2.0]), 2, which="LA")
    >>> np.round(np.asarray(w), 6), np.round(np.abs(np.asarray(v[:, 1])), 6)
    (array([3., 5.]), array([1., 0., 0., 0.]))
    """
    if which not in _WHICH:
        raise XformValueError(
            at_user_line(f"eigsh: which must be one of {', '.join(_WHICH)}, got {which!r}")
        )
    if v0 is None:
        v0 = _first_vector(A)
    space = Space(v0, (matrix_dtype(A),), "eigsh", "v0")
    start = space.vector
    if len(getattr(v0, "shape", ())) != 1:
        raise XformValueError(at_user_line("eigsh: v0 must be a vector of one axis"))
    n = space.size
    count = integer("eigsh", "k", k)
    if not 1 <= count <= n:
        raise XformValueError(
            at_user_line(f"eigsh: k must be from 1 to {n}, the number of rows, got {count}")
        )
    kept = min(n, max(2 * count + 1, 20) if ncv is None else integer("eigsh", "ncv", ncv))
    if kept <= count and kept < n:
        raise XformValueError(
            at_user_line(f"eigsh: ncv must be above k and at most {n}, got {kept} for k = {count}")
        )
    restarts = 10 * n if maxiter is None else integer("eigsh", "maxiter", maxiter)

    def find(matvec: Map, _: Map | None) -> tuple[TracedArray, TracedArray]:
        return _lanczos(matvec, start, count, which, kept, restarts, tol)

    values, vectors = eigenpairs("eigsh", space.map(A, "A"), None, find, n, np.dtype(space.dtype))
    return (values, vectors) if return_eigenvectors else values


def _first_vector(a: Any) -> np.ndarray[Any, Any]:
    """A vector that is in no small invariant space of a matrix, always the same."""
    found = entries_of(a)
    shape = getattr(a, "shape", None) if found is None else found.shape
    if shape is None and callable(a):
        raise XformValueError(
            at_user_line("eigsh: a function needs v0, a first vector, which tells its size")
        )
    if shape is None:
        raise XformTypeError(
            at_user_line(f"eigsh: A must be a matrix or a function, got {type(a).__name__}")
        )
    n = shape[0] if shape else 0
    numbers = np.random.default_rng(0).uniform(-1, 1, n)
    kind = getattr(a, "dtype", None) if found is None else found.values.dtype
    return numbers.astype(kind) if kind is not None and is_float(np.dtype(kind)) else numbers


class _Vectors(NamedTuple):
    """What is carried from one Lanczos vector to the next.

    Attributes:
        basis: orthonormal rows (ncv, n), zeros where there is none yet.
        projection: (ncv, ncv), the map in this basis.
        following: the next vector, of length 1.
        coupling: how the map leads from the last vector to the next one.
        filled: how many rows there are.
    """

    basis: TracedArray
    projection: TracedArray
    following: TracedArray
    coupling: TracedArray
    filled: TracedArray


class _Restart(NamedTuple):
    """What is carried from one restart to the next.

    Attributes:
        vectors: those to go on from.
        values: the wanted eigenvalues of the projection.
        found: their vectors as rows.
        converged: which are exact enough.
        rounds: how often the method has started.
    """

    vectors: _Vectors
    values: TracedArray
    found: TracedArray
    converged: TracedArray
    rounds: TracedArray


def _lanczos(
    matvec: Map, v0: Vector, k: int, which: str, ncv: int, restarts: int, tol: Any
) -> tuple[TracedArray, TracedArray]:
    n, dtype = v0.shape[0], v0.dtype
    eps = float(np.finfo(dtype).eps)
    kept = min(k + (ncv - k) // 2, ncv - 1) if ncv < n else 0
    rows = np.arange(ncv)
    scatter = np.random.default_rng(1).uniform(1, 2, n).astype(dtype)

    def unrelated(basis: TracedArray, number: TracedArray) -> Vector:
        """A vector orthogonal to the rows, where the map leads to none."""
        wild = ufuncs.sin(array(scatter) * (1000.0 * array(number + 1, dtype)))
        rest, _ = orthogonalised(wild, basis)
        length = norm(rest)
        return where(length > 0, rest / where(length > 0, length, 1.0), 0.0)

    def extended(at: _Vectors) -> _Vectors:
        basis = at.basis.copy()
        basis[at.filled] = at.following
        w = matvec(at.following)
        before = norm(w)
        w, parts = orthogonalised(w, basis)
        length = norm(w)
        ends = length <= 10 * eps * before
        following = where(ends, unrelated(basis, at.filled), w / where(ends, 1.0, length))
        is_here = rows == at.filled
        projection = where(is_here[:, None], parts, at.projection)
        projection = where(is_here, parts[:, None], projection)
        return _Vectors(basis, projection, following, where(ends, 0.0, length), at.filled + 1)

    def order(values: TracedArray) -> TracedArray:
        """The wanted ones first."""
        if which == "LM":
            return ordering.argsort(-ufuncs.absolute(values))
        return ordering.argsort(-values if which == "LA" else values)

    def restarted(at: _Restart) -> _Restart:
        full = while_loop(lambda v: v.filled < ncv, extended, at.vectors)
        values, weights = primitives.eigh(full.projection)
        chosen = order(values)
        values, weights = values[chosen], weights[:, chosen]
        residuals = full.coupling * ufuncs.absolute(weights[-1, :k])
        magnitude = ufuncs.absolute(values[:k])
        # An eigenvalue has no less error than rounding gives the largest one.
        floor = 4 * eps * reductions.max(ufuncs.absolute(values))
        converged = residuals <= ufuncs.maximum(array(tol, dtype) * magnitude, floor)
        ritz = contraction.matmul(weights.T, full.basis)
        going_on = rows < kept
        vectors = _Vectors(
            where(going_on[:, None], ritz, 0.0),
            where((rows[:, None] == rows) & going_on, values, 0.0),
            full.following,
            full.coupling,
            array(kept, INT32),
        )
        return _Restart(vectors, values[:k], ritz[:k], converged, at.rounds + 1)

    def goes_on(at: _Restart) -> Any:
        wanted = ~reductions.all(at.converged) & reductions.all(is_finite(at.values))
        return wanted & (at.rounds < max(restarts, 1))

    length = norm(v0)
    none = constant((ncv, n), dtype, 0)
    # A first vector of zeros says nothing.
    first = where(length > 0, v0 / where(length > 0, length, 1.0), unrelated(none, array(ncv)))
    begun = _Vectors(
        none,
        constant((ncv, ncv), dtype, 0),
        first,
        constant((), dtype, 0),
        array(0, INT32),
    )
    nothing = constant((k,), dtype, 0)
    last = while_loop(
        goes_on,
        restarted,
        _Restart(begun, nothing, constant((k, n), dtype, 0), nothing != 0, array(0, INT32)),
    )
    values = where(last.converged, last.values, np.nan)
    increasing = ordering.argsort(last.values)
    vectors = where(last.converged[:, None], last.found, np.nan)
    return values[increasing], vectors[increasing].T


__all__ = ["eigsh"]
