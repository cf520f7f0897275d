"""Functions of matrices by their values at eigenvalues, with derivatives also at equal ones.

With a = v diag(w) v^-1 the derivative of f(a) along e is v (g * (v^-1 e v)) v^-1, where g has the
divided differences f[w_i, w_j] (Y. Daleckii and S. Krein, 1951; N. Higham, "Functions of
Matrices", theorem 3.11); along k directions it is a sum over paths of k steps, with
f[w_i0, ..., w_ik]. No rule of eigenvalues and vectors alone has this: what they are given of f are
its values.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import primitives
from ...errors import XformValueError, at_user_line
from ...numpy import contraction, joining, linalg, ordering, reductions, ufuncs
from ...numpy.dispatch import extension
from ...numpy.linalg.matrices import square
from ...numpy.promotion import array, broadcast, computed_dtype
from ...numpy.selection import where
from ...tracing.array import ArrayLike, TracedArray
from ...tracing.avals import Aval
from ...transforms.calls import call
from ...transforms.closures import Closures, floating_captures, with_captures
from ...transforms.jvp import jvp
from ...transforms.vmap import vmap
from .divided_differences import divided_difference
from .frechet import Arrays, MatrixFunction, derivative


class _OfEigenvalues(MatrixFunction):
    """A function of diagonalizable matrices.

    Args:
        f: a number from a number and the parameters.
        symmetric: whether the matrices are; of theirs the lower triangle is read.
    """

    def __init__(self, f: Callable[..., TracedArray], symmetric: bool) -> None:
        self._f = f
        self._symmetric = symmetric

    def along(self, parameters: Arrays, a: TracedArray, directions: Arrays) -> TracedArray:
        """The sum over all paths from one eigenvalue to another by the directions in any order."""

        def f(x: TracedArray) -> TracedArray:
            found = vmap(lambda one: self._f(one, *parameters))(primitives.reshape(x, (x.size,)))
            return primitives.reshape(found, x.shape)

        w, v, inverse = self._pairs(a)
        order, n = len(directions), a.shape[-1]
        if not order:
            return contraction.matmul(v * f(w), inverse)
        if self._symmetric:
            directions = [(d + d.mT) / 2 for d in directions]
        moved = [contraction.matmul(contraction.matmul(inverse, d), v) for d in directions]

        def placed(x: TracedArray, first: int) -> TracedArray:
            """An array with its axes at some of a path's points."""
            return x.reshape(*(1,) * first, *x.shape, *(1,) * (order + 1 - first - x.ndim))

        shape = (n,) * (order + 1)
        points = joining.stack([broadcast(placed(w, i), shape) for i in range(order + 1)])
        ordered = ordering.sort(points, axis=0)
        # As the rules of eigenvalues have it.
        least = reductions.max(ufuncs.absolute(w)) * _rounding(a)
        table = divided_difference(f, [ordered[i] for i in range(order + 1)], least)
        paths = [
            math.prod((placed(moved[i], step) for step, i in enumerate(path)), start=table)
            for path in itertools.permutations(range(order))
        ]
        between = reductions.sum(sum(paths[1:], paths[0]), axis=tuple(range(1, order)))
        return contraction.matmul(contraction.matmul(v, between), inverse)

    def _pairs(self, a: TracedArray) -> tuple[TracedArray, TracedArray, TracedArray]:
        """Eigenvalues, vectors, and the inverse of these."""
        if self._symmetric:
            w, v = primitives.eigh(a)
            return w, v, v.mT
        w, wi, v, vi = primitives.eig(a)
        # By rounding, equal ones may become a pair: the parts of its vectors span what theirs do.
        norm = reductions.max(reductions.sum(ufuncs.absolute(a), -1))
        w = where(ufuncs.absolute(wi) <= norm * _rounding(a), w, np.nan)
        v = where(wi < 0, vi, v)
        return w, v, linalg.inv(v)

    def slope(self) -> MatrixFunction:
        """That of the function of numbers."""

        def slope(x: TracedArray, *both: TracedArray) -> TracedArray:
            half = len(both) // 2
            found: TracedArray = jvp(lambda *p: self._f(x, *p), both[:half], both[half:])[1]
            return found

        return _OfEigenvalues(slope, self._symmetric)

    def transposed(self, x: TracedArray) -> TracedArray:
        """Itself where it is symmetric, of which the triangle must remain that which is read."""
        return x if self._symmetric else x.mT


def _rounding(a: TracedArray) -> float:
    """What eigenvalues are off by rounding, relative to the norm of a matrix."""
    return a.shape[-1] * float(np.finfo(a.dtype).eps)


def _values(func: Callable[[TracedArray], Any], a: ArrayLike, name: str) -> TracedArray:
    x = square(a, name)
    dtype = np.dtype(computed_dtype(x.dtype))

    def checked(w: TracedArray) -> TracedArray:
        found = array(func(w), dtype)
        if found.shape:
            raise XformValueError(
                at_user_line(f"{name}: func must give a number for a number, got {found.shape}")
            )
        return found

    closures = Closures(name)
    callee = closures.trace(func, [Aval((), dtype)], lambda xs: [checked(*xs)])
    captures = closures.captures()
    floats = floating_captures(callee)

    def f(w: TracedArray, *parameters: TracedArray) -> TracedArray:
        own = dict(zip(floats, parameters, strict=True))
        given = [own.get(i, x) for i, x in enumerate(captures)]
        return call(with_captures(callee, given), [w])[0]

    function = _OfEigenvalues(f, name == "funmh")
    return derivative(function, x, parameters=[captures[i] for i in floats])


@extension("scipy.linalg", arrays=1)
def funm(
    A: ArrayLike,  # noqa: N803 - SciPy's name
    func: Callable[[TracedArray], Any],
    disp: bool = True,
) -> TracedArray:
    """A function of matrices by its values at their eigenvalues, v diag(func(w)) v^-1.

    For matrices that have as many vectors as values. `expm`, `logm`, `sqrtm` and their like are
    right for all, and more exact where vectors are nearly dependent; `funmh` is for symmetric ones.
    Derivatives are right in every order, also where eigenvalues are equal, as far as those of
    `func` are; also by what `func` closes over.

    Args:
        A: matrices (..., n, n); integers become float64.
        func: takes and gives a real number, as a traced array without axes.
        disp: must be true: no estimate of the error is given.

    Returns:
        (..., n, n), NaN where an eigenvalue is not real, up to rounding.

    Raises:
        XformValueError: the matrices are not square, `func` gives an array with axes, or `disp` is
            false.

    >>> import numpy as np
    >>> funm(np.array([[1.0, 3.0], [1.0, 3.0]]), lambda w: w * w).numpy().round(6)
    array([[ 4., 12.],
           [ 4., 12.]])
    """
    if not disp:
        raise XformValueError(at_user_line("funm: expected disp=True, got False"))
    return _values(func, A, "funm")


@extension("scipy.linalg", arrays=1)
def funmh(
    A: ArrayLike,  # noqa: N803
    func: Callable[[TracedArray], Any],
) -> TracedArray:
    """A function of symmetric matrices by its values at their eigenvalues, v diag(func(w)) v^T.

    SciPy has none; it is to `funm` what SciPy's `pinvh` is to `pinv`. Values are those of
    `w, v = eigh(A)` and `(v * func(w)) @ v.T`, whose derivatives lack a part where eigenvalues are
    equal. Here they are right there too, in every order, as far as those of `func` are; also by
    what `func` closes over. The gradient by `A` is symmetric.

    Args:
        A: matrices (..., n, n), of which the lower triangle is read; integers become float64.
        func: takes and gives a real number, as a traced array without axes.

    Returns:
        (..., n, n), NaN where a matrix is not finite.

    Raises:
        XformValueError: the matrices are not square, or `func` gives an array with axes.

    >>> import numpy as np
    >>> funmh(np.array([[2.0, 0.0], [2.0, 2.0]]), lambda w: np.maximum(w, 1.0)).numpy().round(6)
    array([[2.5, 1.5],
           [1.5, 2.5]])
    """
    return _values(func, A, "funmh")


__all__ = ["funm", "funmh"]
