"""What several checks of one function want to know, each found out once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from ..compiling.forms import CompileError
from ..errors import XformRuntimeError
from .differences import Slopes, slopes
from .layout import Floats, Layout
from .report import Finding
from .subject import Subject, is_floating

# So many leaves get a direction of their own.
_MOST_LEAVES: Final = 16
_WIDE: Final = np.dtype(np.float64)


class SkippedError(Exception):
    """A check does not apply; says why."""


@dataclass(frozen=True)
class Options:
    """What the user chose.

    Attributes:
        tolerance: the largest relative difference, None for ones that suit the dtype.
        batch_size: how many rows batches have.
        directions: along how many random directions all arguments vary together.
        seed: what random numbers are made of.
    """

    tolerance: float | None
    batch_size: int
    directions: int
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What a check came to; see `CheckResult`."""

    summary: str
    findings: Sequence[Finding] = ()
    notes: Sequence[str] = ()


class Measurements:
    """A function's values, derivatives and differences at its arguments.

    All are in float64 where the function can be computed in it.

    Args:
        subject: the function.
        options: the user's choices.
    """

    def __init__(self, subject: Subject, options: Options) -> None:
        self.subject = subject
        self.options = options
        self._slopes: dict[int, Slopes] = {}

    def random(self, purpose: int) -> np.random.Generator:
        """Random numbers that no other check changes."""
        return np.random.default_rng([self.options.seed, purpose])

    # Values -------------------------------------------------------------------------------------

    @cached_property
    def wide(self) -> Any:
        """The dtype float64, or None where the function has it already or does not take it."""
        if self.subject.are_all(_WIDE):
            return None
        try:
            self.subject.value(self.subject.point, _WIDE)
        except (TypeError, ValueError):
            return None
        return _WIDE

    @cached_property
    def value(self) -> list[np.ndarray[Any, Any]]:
        """The output's leaves."""
        return self.subject.value(self.subject.point, self.wide)

    @cached_property
    def own_value(self) -> list[np.ndarray[Any, Any]]:
        """The output's leaves, in the dtypes of the user's arguments."""
        return self.subject.value(self.subject.point)

    @cached_property
    def outputs(self) -> Layout:
        """How the floating outputs lie in a vector."""
        value = self.value
        floating = [i for i, x in enumerate(value) if is_floating(x)]
        return Layout(
            tuple(self.subject.output_paths[i] for i in floating),
            tuple(value[i].shape for i in floating),
        )

    def floats(self, vector: Floats) -> Floats:
        """The floating outputs at a point."""
        return self.floats_of(self.subject.value(vector, self.wide))

    def floats_of(self, value: Sequence[np.ndarray[Any, Any]]) -> Floats:
        """The floating ones of the output's leaves."""
        return self.outputs.packed([x for x in value if is_floating(x)])

    @cached_property
    def roundoff(self) -> float:
        """The relative size of the function's roundings."""
        return self.subject.roundoff(self.wide)

    @property
    def tolerance(self) -> float:
        """How far two numbers that should be equal may be apart, relatively."""
        return self.options.tolerance or self.roundoff**0.4

    # Directions ---------------------------------------------------------------------------------

    def require_floats(self) -> None:
        """Raises unless there is something to differentiate.

        Raises:
            SkippedError: no floating argument or output.
        """
        if not self.subject.inputs.size:
            raise SkippedError("no element of an argument is floating")
        if not self.outputs.size:
            raise SkippedError("no element of the output is floating")

    @cached_property
    def scale(self) -> Floats:
        """The size of each element of the floating arguments, that of its array if it is 0."""
        parts = []
        for x in self.subject.inputs.unpacked(np.abs(self.subject.point)):
            largest = float(x.max(initial=0.0, where=np.isfinite(x)))
            relative = np.where(np.isfinite(x), x, 0.0) / (largest or 1.0)
            typical = largest * float(np.sqrt(np.mean(relative**2))) if x.size else 0.0
            # What is so much smaller than the rest is left over from roundings.
            is_own = np.isfinite(x) & (x > 1e-10 * typical)
            parts.append(np.where(is_own, x, 0.05 * typical or 1.0))
        return self.subject.inputs.packed(parts)

    @cached_property
    def mirrors(self) -> np.ndarray[Any, np.dtype[np.intp]]:
        """The position of each element's mirror image in a symmetric matrix, else its own.

        A symmetric matrix stays one: functions such as Cholesky's factor need it, and may read
        one half.
        """
        layout = self.subject.inputs
        positions = np.arange(layout.size)
        found = positions.copy()
        for span, shape, x in zip(
            layout.spans(), layout.shapes, layout.unpacked(self.subject.point), strict=True
        ):
            if is_symmetric(x):
                found[span] = positions[span].reshape(shape).swapaxes(-1, -2).reshape(-1)
        return found

    @property
    def symmetric(self) -> list[str]:
        """The arguments that stay symmetric."""
        layout = self.subject.inputs
        arrays = zip(layout.paths, layout.unpacked(self.subject.point), strict=True)
        return [path for path, x in arrays if is_symmetric(x)]

    def random_direction(self, generator: np.random.Generator) -> Floats:
        """A direction in which all elements vary, each by about its size."""
        size = self.subject.inputs.size
        signs = generator.choice([-1.0, 1.0], size)
        direction = signs * generator.uniform(0.5, 1.5, size) * self.scale
        symmetric: Floats = direction[np.minimum(self.mirrors, np.arange(size))]
        return symmetric

    def elements_of(self, direction: Floats) -> list[int]:
        """The positions that vary along a direction, without mirror images."""
        return np.flatnonzero(
            (direction != 0) & (np.arange(direction.size) <= self.mirrors)
        ).tolist()

    def part_of(self, direction: Floats, positions: Sequence[int]) -> Floats:
        """A direction in which only some elements vary, and their mirror images."""
        chosen = list(positions)
        return restricted(direction, [*chosen, *self.mirrors[chosen].tolist()])

    @cached_property
    def directions(self) -> list[Floats]:
        """Random directions: of everything together, then of each array by itself."""
        generator = self.random(0)
        everything = [self.random_direction(generator) for _ in range(self.options.directions)]
        spans = [span for span in self.subject.inputs.spans() if span.stop > span.start]
        if not 1 < len(spans) <= _MOST_LEAVES:
            return everything
        return everything + [
            restricted(self.random_direction(generator), range(span.start, span.stop))
            for span in spans
        ]

    def slopes_along(self, number: int) -> Slopes:
        """Differences along one of the directions."""
        if number not in self._slopes:
            self._slopes[number] = self.differences(self.directions[number])
        return self._slopes[number]

    def differences(self, direction: Floats) -> Slopes:
        """Differences along any direction."""
        point = self.subject.point
        return slopes(lambda s: self.floats(point + s * direction), self.roundoff)

    # Derivatives --------------------------------------------------------------------------------

    def push(self, tangent: Floats) -> Floats:
        """The output's tangent."""
        return self.outputs.packed(self.subject.pushforward(self.subject.point, tangent, self.wide))

    def pull(self, cotangent: Floats, vector: Floats | None = None) -> Floats:
        """The arguments' cotangent, at another point than theirs if one is given."""
        point = self.subject.point if vector is None else vector
        cotangents = self.cotangents(cotangent, self.value)
        return self.subject.inputs.packed(self.subject.pullback(point, cotangents, self.wide))

    def cotangents(
        self, vector: Floats, value: Sequence[np.ndarray[Any, Any]]
    ) -> list[np.ndarray[Any, Any]]:
        """A vector as cotangents of the floating ones of the output's leaves."""
        floating = [x for x in value if is_floating(x)]
        parts = self.outputs.unpacked(vector)
        return [part.astype(x.dtype) for part, x in zip(parts, floating, strict=True)]

    @cached_property
    def forward_error(self) -> Exception | None:
        """What forward mode raises, None if it does not."""
        return _error_of(lambda: self.push(self.directions[0]))

    @cached_property
    def reverse_error(self) -> Exception | None:
        """What reverse mode raises, None if it does not."""
        return _error_of(lambda: self.pull(np.zeros(self.outputs.size)))

    @property
    def no_forward(self) -> str:
        """Why there is no forward mode; "" if there is."""
        return first_line(self.forward_error) if self.forward_error else ""

    @property
    def no_reverse(self) -> str:
        """Why there is no reverse mode; "" if there is."""
        return first_line(self.reverse_error) if self.reverse_error else ""

    @cached_property
    def tangents(self) -> list[Floats]:
        """The output's tangents along the directions."""
        return [self.push(direction) for direction in self.directions]

    @cached_property
    def sensitivity(self) -> Floats:
        """How much each floating output changes where the arguments change by their own size.

        A rounding of an argument, or one that amounts to that, makes a relative rounding of it.
        """
        size = np.abs(self.floats_of(self.value))
        if not self.subject.inputs.size or not self.outputs.size:
            return size
        if self.no_forward:
            parts = self.outputs.unpacked(size)
            return self.outputs.packed(
                [np.full(x.shape, np.max(x, initial=0.0, where=np.isfinite(x))) for x in parts]
            )
        sizes = [np.nan_to_num(np.abs(tangent)) for tangent in self.tangents]
        largest: Floats = np.max(sizes, axis=0)
        return largest

    def negligible_tangent(self) -> Floats:
        """For each floating output, a tangent that is no more than roundings."""
        return 1e4 * self.roundoff * np.nan_to_num(np.abs(self.floats_of(self.value)))

    def negligible_gradient(self, cotangent: Floats) -> Floats:
        """For each floating argument, a cotangent that is no more than roundings."""
        return float(np.abs(cotangent) @ self.negligible_tangent()) / self.scale

    @property
    def rule(self) -> str:
        """Whose rule may be wrong, as the end of a message."""
        names = self.subject.custom_functions
        if not names:
            return ""
        listed = ", ".join(f"`{name}`" for name in names)
        return f"rule of custom function{'s' * (len(names) > 1)} {listed}?"


def is_symmetric(x: Floats) -> bool:
    """Whether an array is a symmetric matrix, or a stack of them."""
    return (
        x.ndim >= 2
        and x.shape[-1] == x.shape[-2] > 1
        and bool(np.array_equal(x, x.swapaxes(-1, -2)))
    )


def is_missing_rule(error: Exception) -> bool:
    """Whether an error says that there is no derivative or batch, not that one is wrong."""
    return isinstance(error, XformRuntimeError) and not isinstance(error, CompileError)


def _error_of(call: Callable[[], Any]) -> Exception | None:
    try:
        call()
    except Exception as error:
        return error
    return None


def restricted(vector: Floats, positions: Sequence[int]) -> Floats:
    """A vector with zeros in all other positions."""
    part = np.zeros_like(vector)
    chosen = list(positions)
    part[chosen] = vector[chosen]
    return part


def first_line(error: BaseException) -> str:
    """What an error says, without where."""
    said = str(error).split("\n  at ")[0].strip() or type(error).__name__
    return said.splitlines()[0]
