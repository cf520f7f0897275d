"""How far results of a compiled program may be off those of another evaluation of its function.

That follows from how the function passes on rounding. Let eps be the distance from 1 to the next
number of the coarsest float type in which the program computes. The function is called again with
all floating inputs off by a relative sqrt(eps), up or down at random, and s is by how much more
than that an element of a result moves: sum |x df/dx|, roughly. It is called once more with more
digits, as far as NumPy has them, and s is at least the difference that these make, in eps. Each
operation may do to the result what an input that is off by eps does, and the errors of n operations
add up as sqrt(n), as they are of either sign. So an element y may differ by

    eps (8 + sqrt(n)) (|y| + s),

where n is how many operations there are for each element of that result, by the estimate that the
signature has. As that is for all elements, two numbers stand for it: a relative tolerance from the
median element, and the absolute one that is then missing. That is at least 8 eps times the median
magnitude, as what does not come from floating inputs is rounded too; and the smallest normal
number, as numbers below are zero on some devices. Where there are no more digits, s is at least 4
times the element and the median magnitude, and where the program draws random numbers, which no
input moves, 32 times. Integers and bools may not differ.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from xform_runtime.dtypes import PARTS, sides
from xform_runtime.selftest import drawn, is_exact

NumPyArray: TypeAlias = np.ndarray[Any, Any]
Evaluate: TypeAlias = Callable[[Sequence[NumPyArray]], Sequence[NumPyArray]]

_PERTURBATIONS: Final = 2
# Of the keys of directions; those of inputs are below.
_PERTURBATION_SEED: Final = 1 << 32

# Roundings that elementary functions are off by, of NumPy's and of ours together.
_LEAST_ROUNDINGS: Final = 8.0
# By how much more than its own arithmetic a random number moves; inputs do not show that.
_CONDITION_OF_DRAWS: Final = 32.0
# And a result, where more digits cannot show it.
_UNSEEN_CONDITION: Final = 4.0
# An element that is a small difference of large numbers is left to the absolute tolerance.
_LARGEST_CONDITION: Final = 100.0

_EPSILONS: Final = {
    "float64": 2.0**-52,
    "float32": 2.0**-23,
    "float16": 2.0**-10,
    "bfloat16": 2.0**-7,
}
_SMALLEST: Final = {
    "float64": 2.0**-1022,
    "float32": 2.0**-126,
    "float16": 2.0**-14,
    "bfloat16": 2.0**-126,
}
_NAMES: Final = {name.replace("float", "f"): name for name in _EPSILONS}

# The types at the end of an operation's line; arguments alone round nothing.
_FLOAT_TYPE: Final = re.compile(r"(?:<|x)(f64|f32|f16|bf16)>")
_DRAW: Final = re.compile(r"xform\.(rng_bits|unit_float)\b")


@dataclass(frozen=True)
class Arithmetic:
    """How a program computes.

    Args:
        epsilon: of the coarsest float type in which it computes, or gives results.
        draws: whether it draws random numbers.
    """

    epsilon: float
    draws: bool

    @staticmethod
    def of(text: str, dtypes: Sequence[str]) -> Arithmetic:
        """The arithmetic of a traced program.

        Args:
            text: of its module.
            dtypes: of its results.

        >>> Arithmetic.of("%1 = xform.exp %0 : tensor<3xf16>", ["float64"])
        Arithmetic(epsilon=0.0009765625, draws=False)
        """
        types = {
            _NAMES[short]
            for line in text.splitlines()
            if " = " in line
            for short in _FLOAT_TYPE.findall(line.rpartition(" to ")[2])
        }
        types |= {PARTS.get(dtype, dtype) for dtype in dtypes} & {*_EPSILONS}
        epsilon = max((_EPSILONS[name] for name in types), default=_EPSILONS["float64"])
        return Arithmetic(epsilon, bool(_DRAW.search(text)))


def tolerances(
    function: Evaluate,
    arrays: Sequence[NumPyArray],
    results: Sequence[NumPyArray],
    wide: Sequence[NumPyArray] | None,
    *,
    arithmetic: Arithmetic,
    flops: int,
    seed: int,
) -> list[tuple[float, float]]:
    """The relative and the absolute tolerance of each result.

    Args:
        function: gives the results for inputs, in the program's dtypes.
        arrays: the inputs.
        results: what it gives for them.
        wide: the same with more digits, as long doubles or complex ones; None if there are none.
        arithmetic: how the program computes.
        flops: how many operations a call is estimated to take.
        seed: of the directions into which inputs are moved.
    """
    moved = list(_moved(function, arrays, results, arithmetic.epsilon, seed))
    if wide is not None:
        moved.append(_rounded(results, wide, arithmetic.epsilon))
    condition = 0.0 if wide is not None else _UNSEEN_CONDITION
    if arithmetic.draws:
        condition = _CONDITION_OF_DRAWS
    found = []
    for i, result in enumerate(results):
        growth = _LEAST_ROUNDINGS + math.sqrt(flops / max(1, result.size))
        found.append(
            (0.0, 0.0)
            if is_exact(result.dtype)
            else _tolerance(result, [some[i] for some in moved], arithmetic, growth, condition)
        )
    return found


def _moved(
    function: Evaluate,
    arrays: Sequence[NumPyArray],
    results: Sequence[NumPyArray],
    epsilon: float,
    seed: int,
) -> Iterator[list[NumPyArray]]:
    """How far results move, for each 1 by which inputs move in relation to their magnitudes."""
    if not any(map(_is_rounded, arrays)):
        return
    step = math.sqrt(epsilon)
    for side in range(_PERTURBATIONS):
        words = _PERTURBATION_SEED * (1 + side) + seed
        with np.errstate(all="ignore"):
            others = [
                _moved_array(x, step, (words, i)) if _is_rounded(x) else x
                for i, x in enumerate(arrays)
            ]
            yield [
                np.abs(_in_double(there) - _in_double(here)) / step
                for there, here in zip(function(others), results, strict=True)
            ]


def _moved_array(x: NumPyArray, step: float, key: tuple[int, int]) -> NumPyArray:
    """A floating array each of whose elements, or parts of them, is off by a relative `step`."""
    parts = sides(np.ascontiguousarray(x))
    moved = parts.astype(np.float64) * (1 + step * _signs(parts.shape, key))
    return moved.astype(parts.dtype).view(x.dtype).reshape(x.shape)


def _is_rounded(x: NumPyArray) -> bool:
    return PARTS.get(x.dtype.name, x.dtype.name) in _EPSILONS


def _in_double(x: NumPyArray) -> NumPyArray:
    return x.astype(np.complex128 if x.dtype.kind == "c" else np.float64)


def in_long_double(x: NumPyArray) -> NumPyArray:
    """The array with as many digits as NumPy has."""
    return x.astype(np.clongdouble if x.dtype.kind == "c" else np.longdouble)


def _signs(shape: tuple[int, ...], key: tuple[int, int]) -> NumPyArray:
    return np.where(drawn("bool", shape, key, 1), 1.0, -1.0)


def _rounded(
    results: Sequence[NumPyArray], wide: Sequence[NumPyArray], epsilon: float
) -> list[NumPyArray]:
    """By how many roundings results are off.

    What is off by more than half of the digits is not rounded: with more digits the function
    computes something else, or goes another way.
    """
    with np.errstate(all="ignore"):
        return [
            np.fmin(
                np.abs(in_long_double(narrow) - exact).astype(np.float64) / epsilon,
                (np.abs(_in_double(narrow)) + _scale(narrow)) / math.sqrt(epsilon),
            )
            for narrow, exact in zip(results, wide, strict=True)
        ]


def _scale(result: NumPyArray) -> float:
    """The median magnitude of what is finite and not zero: zeros may be most of it."""
    magnitude = np.abs(_in_double(result))
    found = magnitude[np.isfinite(magnitude) & (magnitude > 0)]
    return float(np.median(found)) if found.size else 0.0


def _tolerance(
    result: NumPyArray,
    moved: Sequence[NumPyArray],
    arithmetic: Arithmetic,
    growth: float,
    condition: float,
) -> tuple[float, float]:
    """The tolerances of a floating result.

    Args:
        result: what is expected.
        moved: by how much more than its inputs it moves, for each time that they were.
        arithmetic: how it is computed.
        growth: of rounding on the way to it.
        condition: by how much more than what is inside of the program it moves at least.
    """
    magnitude = np.abs(_in_double(result))
    movement = np.zeros_like(magnitude)
    for some in moved:
        movement = np.fmax(movement, some)
    is_known = np.isfinite(magnitude) & np.isfinite(movement)
    magnitude, movement = magnitude[is_known], movement[is_known]
    rounding = growth * arithmetic.epsilon
    smallest = _SMALLEST[PARTS.get(result.dtype.name, result.dtype.name)]
    if not magnitude.size:
        return rounding, smallest
    scale = _scale(result)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        movement = np.fmax(movement, condition * (magnitude + scale))
        conditions = np.where(magnitude > 0, movement / magnitude, 0.0)
        relative = rounding * (1 + min(float(np.median(conditions)), _LARGEST_CONDITION))
        missing = float((rounding * (magnitude + movement) - relative * magnitude).max())
    absolute = max(missing, _LEAST_ROUNDINGS * arithmetic.epsilon * scale, smallest)
    return relative, min(absolute, float(np.finfo(np.float64).max))


__all__ = ["Arithmetic", "in_long_double", "tolerances"]
