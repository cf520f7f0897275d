"""A row of the table of primitives, and the operands that rows are tried with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Operands: TypeAlias = tuple[Array, ...]
Function: TypeAlias = Callable[..., Any]
Shape: TypeAlias = tuple[int, ...]
Draw: TypeAlias = Callable[[np.random.Generator], Array]

FLOATS = (np.float32, np.float64)
INTS = (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64)
BITS = (*INTS, np.bool_)

NUMBERS = (*FLOATS, *INTS)
EVERY = (*FLOATS, *BITS)


@dataclass(frozen=True)
class Row:
    """One primitive with its attributes.

    Attributes:
        name: unique in the table.
        primitive: the operation's name in the dialect.
        family: the rows that are compiled together.
        emit: applies the primitive to traced operands.
        reference: the same on NumPy arrays.
        draws: for each operand, how to draw one at which the primitive is smooth; in float64,
            or in another dtype if the operand has no derivative.
        cases: operands for comparing values: edge shapes, kinks, infinities, every dtype.
        ulps: allowed error of float values; 0 for exact ones, whose reference is computed in the
            operands' dtype, while that of others is computed in float64.
        magnitude: for sums, what an error is relative to; the reference of absolute values.
    """

    name: str
    primitive: str
    family: str
    emit: Callable[..., Any]
    reference: Callable[..., Any]
    draws: tuple[Draw, ...]
    cases: tuple[Operands, ...]
    ulps: float = 0
    magnitude: Callable[..., Any] | None = None

    def sample(self, seed: int) -> Operands:
        """Operands at which the primitive is smooth."""
        generator = np.random.default_rng([seed, len(self.draws)])
        return tuple(draw(generator) for draw in self.draws)

    @property
    def floating(self) -> tuple[int, ...]:
        """The operands that have derivatives."""
        return tuple(i for i, x in enumerate(self.sample(0)) if x.dtype.kind == "f")

    @property
    def result_dtype(self) -> np.dtype[Any]:
        """The dtype of the result for sampled operands."""
        return np.asarray(self.reference(*self.sample(0))).dtype

    def expected(self, operands: Operands) -> Array:
        """The reference's value, in the dtype that the primitive's result has."""
        with np.errstate(all="ignore"):
            if not self.ulps or not operands or operands[-1].dtype.kind != "f":
                return np.asarray(self.reference(*operands))
            wide = [x.astype(np.float64) if x.dtype.kind == "f" else x for x in operands]
            return np.asarray(self.reference(*wide)).astype(operands[-1].dtype)


def uniform(low: float, high: float, shape: tuple[int, ...] = (4,)) -> Draw:
    """Draws float64 numbers from an interval."""
    return lambda generator: np.asarray(generator.uniform(low, high, shape))


def truth(generator: np.random.Generator) -> Array:
    """Draws bools."""
    return np.asarray(generator.integers(0, 2, 4).astype(np.bool_))


def integers(dtype: Any, size: int, seed: int) -> Array:
    """Integers or bools over the whole range of a dtype, the limits among them."""
    generator = np.random.default_rng(seed)
    if np.dtype(dtype) == np.bool_:
        return np.asarray(generator.integers(0, 2, size).astype(np.bool_))
    info = np.iinfo(dtype)
    values = generator.integers(info.min, info.max, size, dtype=dtype, endpoint=True)
    edges = np.array([info.max, info.min, 0, 1, info.max - 1, 2, 3], dtype)
    values[: len(edges)] = np.roll(edges, seed)[:size]
    values[size // 2 :] %= 11
    return np.asarray(values)


def normal(shape: tuple[int, ...]) -> Draw:
    """Draws float64 numbers of both signs."""
    return lambda generator: np.asarray(generator.normal(size=shape))


def truths(shape: tuple[int, ...]) -> Draw:
    return lambda generator: np.asarray(generator.integers(0, 2, shape).astype(np.bool_))
