"""A row of the table: a function with its options, and what is asked of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from batch import flat
from xform import frontend

from .kinds import Array

# Those up to 3 x 3 are solved by closed forms. The last shape is that of float32, too.
SQUARE = ((0, 0), (1, 1), (3, 3), (5, 5))
FEW = ((0, 0), (1, 1), (4, 4))
# Of functions that are others under SciPy's name.
ONE = ((0, 0), (4, 4))
TALL, WIDE = (5, 3), (3, 5)
RECTANGULAR = ((0, 0), (0, 3), (3, 0), (1, 1), (4, 4), WIDE, TALL)
BOTH = (WIDE, TALL)

# Differences of batches and what they may be of, per matrix.
Laws = Mapping[str, tuple[Array, Array]]
SMOOTH = ("general", "identity", "repeated", "clustered", "graded rows", "graded columns")


def nothing(m: int, n: int) -> tuple[Array, ...]:
    """No operands beside the matrices."""
    return ()


def draw(*shape: int) -> Array:
    return np.random.default_rng([9, *shape]).normal(size=shape)


def columns(m: int, n: int) -> tuple[Array, ...]:
    """Right-hand sides for all matrices."""
    return (draw(m, 2),)


def vector(m: int, n: int) -> tuple[Array, ...]:
    """One right-hand side."""
    return (draw(m),)


def a_batch(m: int, n: int) -> tuple[Array, ...]:
    """Right-hand sides whose batch axes broadcast against those of the matrices."""
    return (draw(2, 1, m, 2),)


def all_of(*results: Any) -> list[Any]:
    return list(results)


@dataclass(frozen=True, eq=False)
class Row:
    """A function of matrices.

    Attributes:
        covers: the public name, behind "numpy" or "scipy".
        options: what is passed beside arrays; for the test's id.
        ours: takes a batch of matrices (or one, if `vmapped`) and the other operands.
        theirs: the same by NumPy and SciPy, of one matrix.
        form: what kinds of matrices there are.
        shapes: of the matrices, in float64.
        single: those in float32; by default the last one.
        others: makes the other operands, the same for all matrices.
        unique: what of the results is determined, for both libraries.
        laws: takes the batch and the results, all in float64, and gives what must be small.
        reads: the triangle that is read, if one is.
        changes: relative to what a rounding changes the matrices, as far as a result can tell: the
            largest element ("norm"), that of the rows and columns of graded matrices ("grades"),
            or each element ("elements").
        without: the kinds that are left out, and why.
        not_finite: what becomes of NaN and infinities: "all" results are NaN, "some" are not
            finite, the "same" elements as in the reference, or "NaN" if some are not finite where
            NaN is, while by infinities one may divide. After "any", whatever.
        smooth: at which kinds derivatives of `unique` are compared.
        equal: what is smooth where values are equal, of the results; None if `unique` is.
        twice: whether second derivatives are compared.
        vmapped: whether the function takes one matrix.
        rounding: how much more an error may be.
    """

    covers: str
    options: str
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    form: str = "general"
    shapes: tuple[tuple[int, int], ...] = SQUARE
    single: tuple[tuple[int, int], ...] | None = None
    others: Callable[[int, int], tuple[Array, ...]] = nothing
    unique: Callable[..., Any] = all_of
    laws: Callable[..., Laws] | None = None
    reads: str | None = None
    changes: str = "norm"
    without: Mapping[str, str] = field(default_factory=dict)
    not_finite: str = "all"
    smooth: tuple[str, ...] = SMOOTH
    equal: Callable[..., Any] | None = None
    twice: bool = False
    vmapped: bool = False
    rounding: float = 1.0

    def __str__(self) -> str:
        return f"{self.covers} {self.options}".strip()

    def of_batch(self, stack: Any, *others: Any) -> list[Any]:
        """The results for all matrices of a batch."""
        if self.vmapped:
            dims = (0, *[None] * len(others))
            mapped = frontend.vmap(lambda *xs: tuple(flat(self.ours(*xs))), dims)
            return list(mapped(stack, *others))
        return flat(self.ours(stack, *others))

    def determined(self, results: list[Any], equal: bool = False) -> list[Any]:
        """What of the results does not depend on choices; of equal values, what is smooth."""
        chosen = self.equal if equal and self.equal is not None else self.unique
        return flat(chosen(*results))

    def reference(self, x: Array, *others: Array) -> list[Array] | None:
        """All results of NumPy or SciPy for one matrix; None if they refuse."""
        with np.errstate(all="ignore"), warnings.catch_warnings():
            # SciPy warns of singular matrices, and where it doubts its logarithms.
            warnings.simplefilter("ignore")
            try:
                return flat(self.theirs(x.copy(), *(y.copy() for y in others)))
            except (np.linalg.LinAlgError, ValueError):
                return None

    def expected(self, x: Array, *others: Array, equal: bool = False) -> list[Array] | None:
        """What is determined of these results."""
        found = self.reference(x, *others)
        if found is None:
            return None
        with np.errstate(all="ignore"):
            return [np.asarray(y) for y in self.determined(found, equal)]
