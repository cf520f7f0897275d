"""Derivatives of eigenvalues and eigenvectors of symmetric maps, by the equations they satisfy.

With A x = w B x and x^T B x = 1, and g = dA x - w dB x, an eigenvalue has the tangent dw = x^T g.
Along another known eigenvector y, the tangent of x is y^T g / (w - w_y); along x itself it is
-x^T dB x / 2; the rest u is orthogonal to all known ones and solves (A - w B) u = dw B x - g there.
The system is projected, so it is regular where the eigenvalue is none of those that are not known.
See R. Nelson, "Simplified calculation of eigenvector derivatives", AIAA Journal 14, 1976, and
J. Magnus, "On differentiating eigenvalues and eigenvectors", Econometric Theory 1, 1985.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ....numpy import contraction, joining
from ....numpy.promotion import constant
from ....numpy.selection import where
from ....tracing.array import TracedArray
from ....tracing.avals import Aval
from ....tracing.traces import Callee
from ....transforms.calls import call, call_jvp
from ....transforms.closures import Closures, floating_captures, of_captures, with_captures
from ....transforms.custom_call import CustomFunction, Derivative, call_custom
from ....transforms.custom_linear_solve import linear_solve
from ....transforms.vjp import vjp
from ....transforms.vmap import vmap
from .minimal_residuals import symmetric_minimal_residuals
from .operators import Map, Vector
from .stopping import Goal

Find = Callable[[Map, Map | None], Sequence[TracedArray]]


class _Moving:
    """A traced map of vectors, and its tangent at a vector that does not change.

    Args:
        callee: the map.
        captures: what the functions of the call capture.
        tangents: those of some captures, by their places.
    """

    def __init__(
        self, callee: Callee, captures: Sequence[Any], tangents: Mapping[int, Any]
    ) -> None:
        self._callee = callee
        self._captures = captures
        own = floating_captures(callee)
        self._tangents = {i: tangent for i, tangent in tangents.items() if i in own}

    def __call__(self, x: Vector) -> Vector:
        return call(with_captures(self._callee, self._captures), [x])[0]

    def tangent(self, x: Vector) -> Vector | None:
        """The tangent of the map times `x`, None where there is none."""
        if not self._tangents:
            return None
        function, arguments = of_captures(self._callee, [x], self._captures)
        places = [1 + i for i in self._tangents]
        return call_jvp(function, arguments, [*self._tangents.values()], places)[1][0]


class _Eigenpairs(CustomFunction):
    """The eigenpairs as a function of what the maps capture.

    Args:
        name: how messages call it.
        finder: from nothing to eigenvalues, vectors and constraints.
        of_a, of_b: the maps.
    """

    def __init__(self, name: str, finder: Callee, of_a: Callee, of_b: Callee | None) -> None:
        self._name = name
        self._finder = finder
        self._of_a = of_a
        self._of_b = of_b

    @property
    def name(self) -> str:
        return self._name

    def primal(self, leaves: list[Any]) -> Sequence[Any]:
        return call(with_captures(self._finder, leaves), [])

    def derivative(self, active: Sequence[bool], cotangents: Sequence[bool] | None) -> Derivative:
        chosen = [i for i in floating_captures(self._finder) if active[i]]

        def jvp(values: list[Any]) -> list[Any]:
            captures, tangents = values[: len(active)], values[len(active) :]
            results = call_custom(self, captures)
            floats = floating_captures(self._finder)
            given = {i: x for i, x in zip(floats, tangents, strict=True) if i in chosen}
            fixed = [constant(x.shape, x.dtype, 0) for x in results[2:]]
            return [*results, *self._moved(results, captures, given), *fixed]

        def forward(captures: list[Any]) -> list[Any]:
            results = call_custom(self, captures)
            return [*results, *captures, *results]

        def backward(values: list[Any]) -> list[Any]:
            captures, rest = values[: len(active)], values[len(active) :]
            count = len(self._finder.results)
            results, cotangents = rest[:count], rest[count:]
            zeros = {i: constant(x.shape, x.dtype, 0) for i, x in enumerate(captures)}

            def moved(*tangents: Any) -> tuple[Any, Any]:
                given = dict(zip(chosen, tangents, strict=True))
                return self._moved(results, captures, given)

            # The tangents contain solutions of systems, which vjp can transpose.
            _, pullback = vjp(moved, *(zeros[i] for i in chosen))
            zeros.update(zip(chosen, pullback(tuple(cotangents[:2])), strict=True))
            return [zeros[i] for i in floating_captures(self._finder)]

        return Derivative(jvp, forward, backward)

    def _moved(
        self, results: Sequence[Any], captures: Sequence[Any], tangents: Mapping[int, Any]
    ) -> tuple[Any, Any]:
        a = _Moving(self._of_a, captures, tangents)
        b = None if self._of_b is None else _Moving(self._of_b, captures, tangents)
        values, vectors, *constraints = results
        return _moved(values, vectors, a, b, constraints[0] if constraints else None)


def eigenpairs(
    name: str,
    a: Map,
    b: Map | None,
    find: Find,
    size: int,
    dtype: np.dtype[Any],
) -> tuple[TracedArray, TracedArray]:
    """What `find` finds, with the derivatives of eigenpairs.

    Args:
        name: the function that messages name.
        a: a symmetric map.
        b: a positive definite one; None for the identity.
        find: from both maps to eigenvalues (k,) and vectors (size, k), orthonormal in the product
            of `b`; and then, if there are any, constraints (size, l), as orthonormal, to which the
            vectors are orthogonal and which count as constants.
        size: the number of unknowns.
        dtype: that of vectors.
    """
    closures = Closures(name)
    avals = [Aval((size,), dtype)]
    of_a = closures.trace(a, avals, lambda xs: [a(*xs)])
    of_b = None if b is None else closures.trace(b, avals, lambda xs: [b(*xs)])

    def found(_: list[Any]) -> list[Any]:
        return list(find(a, b))

    finder = closures.trace(find, [], found)
    captures = closures.captures()
    values, vectors = call_custom(_Eigenpairs(name, finder, of_a, of_b), captures)[:2]
    return values, vectors


def _moved(
    values: TracedArray,
    vectors: TracedArray,
    a: _Moving,
    b: _Moving | None,
    constraints: TracedArray | None,
) -> tuple[TracedArray, TracedArray]:
    """The tangents of eigenpairs."""
    k = values.shape[0]
    rows = vectors.T
    known = rows
    if constraints is not None:
        known = joining.concatenate([rows, constraints.T])
    by_b = known if b is None else vmap(b)(known)

    def along(x: Vector) -> Vector:
        """A vector without its parts along known ones, in the product of b."""
        return x - contraction.matmul(contraction.matmul(by_b, x), known)

    def across(x: Vector) -> Vector:
        """What `along` is the transpose of."""
        return x - contraction.matmul(contraction.matmul(known, x), by_b)

    def one(value: TracedArray, x: Vector, number: TracedArray) -> tuple[Any, Any]:
        of_a, of_b = a.tangent(x), None if b is None else b.tangent(x)
        if of_b is not None:
            scaled = -value * of_b
            moved = scaled if of_a is None else of_a + scaled
        else:
            moved = constant(x.shape, x.dtype, 0) if of_a is None else of_a
        is_self = np.arange(k) == number
        gaps = where(is_self, 1.0, value - values)
        parts = contraction.matmul(rows, moved)
        tangent = contraction.matmul(parts * where(is_self, 0.0, 1 / gaps), rows)
        if of_b is not None:
            tangent = tangent - x * (0.5 * contraction.dot(x, of_b))

        def product(u: Vector) -> Vector:
            v = along(u)
            rest = a(v) - value * (v if b is None else b(v))
            # What `along` takes away would make the system singular.
            return across(rest) + contraction.matmul(contraction.matmul(by_b, u), by_b)

        tangent = tangent + along(_solved(product, across(-moved)))
        if constraints is not None and of_b is not None:
            of_constraints = contraction.matmul(constraints.T, of_b)
            tangent = tangent - contraction.matmul(constraints, of_constraints)
        return contraction.dot(x, moved), tangent

    of_values, of_vectors = vmap(one)(values, rows, np.arange(k))
    return of_values, of_vectors.T


def _solved(product: Map, rhs: Vector) -> Vector:
    """The solution of a symmetric system, as exact as rounding allows."""
    eps = float(np.finfo(rhs.dtype).eps)
    goal = Goal(eps, 0.0, 10 * rhs.shape[0])

    def solve(matvec: Map, b: Vector) -> Vector:
        return symmetric_minimal_residuals(matvec, lambda x: x, b, None, goal)[0]

    result: Vector = linear_solve("eigenpairs", product, rhs, solve, symmetric=True)
    return result
