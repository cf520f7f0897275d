"""Programs of derivatives of the table's rows, and differences of the reference to compare with."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from batch import flat
from xform import frontend

from .kinds import EQUAL, Array, kinds
from .row import Row
from .table import ROWS, others

# Along how many directions gradients are compared; tangents are along the first.
DIRECTIONS = 3


class Place(NamedTuple):
    """Where a row is differentiated: at matrices of one size, of equal values or of other kinds."""

    row: Row
    shape: tuple[int, int]
    equal: bool

    def __str__(self) -> str:
        return f"{self.row} {self.shape[0]}x{self.shape[1]}{' of equal values' * self.equal}"

    @property
    def names(self) -> tuple[str, ...]:
        """The kinds."""
        known = kinds(self.row.form, *self.shape, "float64").names
        chosen = [name for name in known if name in self.row.smooth]
        if self.row.equal is None:
            return tuple(chosen)
        return tuple(name for name in chosen if (name in EQUAL) == self.equal)

    def operands(self) -> tuple[Array, ...]:
        """The matrices, and the other operands once for each."""
        known = kinds(self.row.form, *self.shape, "float64")
        stack = known.stack[known.index(self.names)]
        beside = others(self.row, self.shape, "float64")
        return stack, *(np.stack([x] * len(stack)) for x in beside)

    def directions(self, which: int) -> tuple[Array, ...]:
        """Of the operands; that of a graded matrix is graded."""
        known = kinds(self.row.form, *self.shape, "float64")
        rng = np.random.default_rng([17, which])
        sizes = known.sizes[known.index(self.names)]
        found = rng.normal(size=sizes.shape) * sizes
        if self.row.form in ("symmetric", "positive"):
            found = found + found.swapaxes(-1, -2)
        elif self.row.form == "triangular":
            found = np.tril(found)
        return found, *(rng.normal(size=x.shape) for x in self.operands()[1:])

    def function(self, *operands: Any) -> list[Any]:
        """What is determined, of one matrix."""
        row = self.row
        return row.determined(flat(row.ours(*operands)), self.equal)


def _large(shape: tuple[int, int]) -> bool:
    return min(shape) > 1


def _places(rows: Sequence[Row]) -> list[Place]:
    found = [
        Place(row, shape, equal)
        for row in rows
        for shape in row.shapes
        if _large(shape)
        for equal in ((False,) if row.equal is None else (False, True))
    ]
    return [place for place in found if place.names]


PLACES = _places(ROWS)
TWICE = [place for place in PLACES if place.row.twice and not place.equal
         and place.shape == next(filter(_large, place.row.shapes[::-1]))]  # fmt: skip


def weights(shape: Sequence[int]) -> Array:
    return np.cos(1.0 + np.arange(math.prod(shape), dtype=np.float64)).reshape(tuple(shape))


def _weighted(results: Sequence[Any]) -> Any:
    return sum((weights(x.shape) * x).sum() for x in results)


# Programs ----------------------------------------------------------------------------------------


def _once(place: Place) -> Callable[..., Any]:
    """Tangents along the first direction, and the gradients of weighted sums."""

    def function(operands: Any, directions: Any) -> Any:
        mapped = frontend.vmap(place.function)
        tangents = frontend.jvp(mapped, tuple(operands), tuple(directions))[1]
        _, pull = frontend.vjp(mapped, *operands)
        cotangents = [np.broadcast_to(weights(x.shape[1:]), x.shape) for x in tangents]
        return tangents, list(pull(cotangents))

    return function


def _twice(place: Place) -> Callable[..., Any]:
    """Of weighted sums, forwards of gradients and gradients of slopes; Jacobians; gradients."""

    def function(operands: Any, directions: Any) -> Any:
        argnums = tuple(range(len(operands)))

        def scalar(*xs: Any) -> Any:
            return _weighted(place.function(*xs))

        def slope(xs: Any, directions: Any) -> Any:
            return frontend.grad(
                lambda *ys: frontend.jvp(scalar, ys, tuple(directions))[1], argnums
            )(*xs)

        gradient = frontend.vmap(frontend.grad(scalar, argnums))
        return (
            list(frontend.jvp(gradient, tuple(operands), tuple(directions))[1]),
            list(frontend.vmap(slope)(list(operands), list(directions))),
            frontend.vmap(frontend.jacfwd(place.function))(*operands),
            list(gradient(*operands)),
        )

    return function


@cache
def first(place: Place) -> Any:
    """Tangents, and gradients."""
    return frontend.jit(_once(place))(list(place.operands()), list(place.directions(0)))


@cache
def second(place: Place) -> Any:
    """Second derivatives both ways, Jacobians, and gradients."""
    return frontend.jit(_twice(place))(list(place.operands()), list(place.directions(0)))


# Differences -------------------------------------------------------------------------------------


class Difference(NamedTuple):
    """A derivative by differences, how far off it may be, and the size of what it is of."""

    value: Array
    error: Array
    size: Array


@cache
def _along(place: Place, which: int, step: float) -> list[list[list[Array]]]:
    """The reference at each matrix, moved along a direction by -4 to 4 steps."""
    operands, moved = place.operands(), place.directions(which)
    found = []
    for k in range(len(operands[0])):
        line = []
        for i in range(-4, 5):
            at = [x[k] + i * step * d[k] for x, d in zip(operands, moved, strict=True)]
            results = place.row.expected(*at, equal=place.equal)
            assert results is not None, f"{place.names[k]} has no differences"
            line.append(results)
        found.append(line)
    return found


# By the order of the derivative: the weights of five points, and how far they are apart.
_RULES = {
    1: (np.array([1.0, -8.0, 0.0, 8.0, -1.0]) / 12, 1e-4),
    2: (np.array([-1.0, 16.0, -30.0, 16.0, -1.0]) / 12, 1e-3),
}


def differences(place: Place, which: int, order: int = 1) -> list[list[Difference]]:
    """Of each matrix, of each result; the error is what steps of twice the length change."""
    rule, step = _RULES[order]
    found = []
    for line in _along(place, which, step):
        parts = []
        for results in zip(*line, strict=True):
            values = np.stack(results)
            small = np.tensordot(rule, values[2:7], 1) / step**order
            large = np.tensordot(rule, values[::2], 1) / (2 * step) ** order
            size = np.abs(values).max(0)
            if place.row.changes == "norm":
                size = np.full_like(size, size.max(initial=0.0))
            noise = 1e-15 * size / step**order
            parts.append(Difference(small, np.abs(small - large) + noise, size))
        found.append(parts)
    return found
