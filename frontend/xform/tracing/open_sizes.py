"""Functions of arrays whose sizes are open: traced for some sizes, so that they serve all.

A program that differs from size to size in numbers only becomes one program, in which these are
computed (`--xform-generalize-sizes`). What is traced sees ordinary ints.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import numpy as np
from xform_runtime.open_sizes import Size

from ..errors import XformError, XformValueError
from .avals import Spec
from .open_shapes import standing_for

if TYPE_CHECKING:
    from .program import TracedProgram

Sample: TypeAlias = Mapping[str, int]
"""What the sizes are, by their names."""

_MOST_SIZES: Final = 4
# What is tried is near what people have, with a small and a large one, as a function may do other
# things for these. Powers of two, whose products are shifts, are not among them.
_SMALL: Final = 11
_LEAST: Final = 24
_MOST: Final = 420
_LARGE: Final = 1021
# A multiple of 2, 3, 4, 5, 6, 8, 10, 12, ..., one above, and one below another: they tell quotients
# that are rounded down or up from each other.
_AROUND_MULTIPLES: Final = (240, 241, 359)
_MORE: Final = 4
_MOST_TRIES: Final = 1000


@dataclass(frozen=True)
class Open:
    """A function of arrays with open sizes.

    Attributes:
        sizes: by their names.
        trace: traces it for a sample.
        samples: those that it was traced for.
        instances: the traced programs.
        arguments: for each argument the names of its sizes, "" where one is fixed.
    """

    sizes: tuple[Size, ...]
    trace: Callable[[Sample], TracedProgram]
    samples: tuple[Sample, ...]
    instances: tuple[TracedProgram, ...]
    arguments: tuple[tuple[str, ...], ...]

    @cached_property
    def results(self) -> tuple[tuple[str, ...], ...]:
        """For each result the names of its sizes.

        "" is one that is fixed, "?" one that is computed from others.
        """
        shapes = [[aval.shape for aval in each.outputs.avals] for each in self.instances]
        return tuple(
            tuple(map(self._name, zip(*same, strict=True))) for same in zip(*shapes, strict=True)
        )

    def _name(self, found: Sequence[int]) -> str:
        if len(set(found)) == 1:
            return ""
        for size in self.sizes:
            if all(n == at[size.name] for n, at in zip(found, self.samples, strict=True)):
                return size.name
        return "?"


def open_leaves(leaves: Iterable[Any]) -> bool:
    """Whether some are specs with open sizes."""
    return any(isinstance(leaf, Spec) and leaf.is_open for leaf in leaves)


def trace_open(leaves: Sequence[Any], trace: Callable[[Sequence[Any]], TracedProgram]) -> Open:
    """Traces a function for samples of the open sizes of its arguments.

    Args:
        leaves: the arguments, some of which are specs with open sizes.
        trace: traces it for other leaves, with fixed sizes.

    Raises:
        XformValueError: sizes of one name with other bounds, or too many sizes.
        Whatever the function raises.
    """
    named = _named_leaves(leaves)
    sizes = _sizes_of(named)

    def at(sample: Sample) -> TracedProgram:
        try:
            with standing_for({sample[size.name]: size for size in sizes}):
                return trace(fixed_leaves(leaves, sample))
        except XformError as error:
            said = " and ".join(f"{name!r} is {size}" for name, size in sample.items())
            error.add_note(f"This is where {said}: it was traced for some of the sizes.")
            raise

    samples = samples_of(sizes)
    instances = tuple(map(at, samples))
    arguments = tuple(
        tuple(n.name if isinstance(n, Size) else "" for n in named[i].shape)
        if isinstance(named[i], Spec)
        else ("",) * len(aval.shape)
        for i, aval in zip(instances[0].inputs.positions, instances[0].inputs.avals, strict=True)
    )
    return Open(sizes, at, samples, instances, arguments)


def traced_together(programs: Sequence[TracedProgram]) -> list[TracedProgram]:
    """Programs whose open sizes have the same samples, as a file of several needs them.

    Raises:
        XformValueError: as `trace_open`.
    """
    sizes = _joined(size for each in programs if each.open is not None for size in each.open.sizes)
    if not sizes:
        return list(programs)
    samples = samples_of(sizes)
    return [_traced_for(each, samples) for each in programs]


def _traced_for(program: TracedProgram, samples: tuple[Sample, ...]) -> TracedProgram:
    found = program.open
    if found is None or found.samples == samples:
        return program
    own = tuple({size.name: sample[size.name] for size in found.sizes} for sample in samples)
    instances = tuple(map(found.trace, own))
    return replace(instances[0], open=replace(found, samples=own, instances=instances))


def samples_of(sizes: Sequence[Size]) -> tuple[Sample, ...]:
    """Sizes to trace for: enough to tell polynomials of second degree and quotients apart.

    Raises:
        XformValueError: there are too many, or one can hardly differ.

    >>> [sample["n"] for sample in samples_of([Size("n")])]
    [103, 241, 359, 1021, 240, 192, 11]
    """
    if len(sizes) > _MOST_SIZES:
        raise XformValueError(
            f"there are {len(sizes)} open sizes ({', '.join(size.name for size in sizes)}), at "
            f"most {_MOST_SIZES} can be"
        )
    unknown = (len(sizes) + 1) * (len(sizes) + 2) // 2
    count = unknown + _MORE
    # The same samples in all processes, so that compiled programs are found again.
    drawn = random.Random(count)
    ranges = [_range(size, count) for size in sizes]
    for _ in range(_MOST_TRIES):
        columns = [_drawn(drawn, found, count) for found in ranges]
        rows = list(zip(*columns, strict=True))
        is_told = all(
            math.gcd(*column) == size.multiple for column, size in zip(columns, sizes, strict=True)
        )
        is_apart = all(len(set(row)) == len(row) for row in rows)
        # What all samples are a multiple of, the passes take for one of all sizes.
        if is_told and is_apart and _are_independent(rows[:unknown]):
            names = [size.name for size in sizes]
            return tuple(dict(zip(names, row, strict=True)) for row in rows)
    raise XformValueError(f"no samples can be found for the open sizes {list(sizes)}")


def _drawn(drawn: random.Random, found: Choice, count: int) -> Sequence[int]:
    """So many sizes in any order, those that are needed among them."""
    chosen = [*found.needed, *drawn.sample(found.others, count - len(found.needed))]
    drawn.shuffle(chosen)
    # Costs are counted for the first, and self-tests keep arrays of its sizes.
    usual = min((n for n in chosen if n >= _LEAST), default=chosen[0])
    return [usual, *(n for n in chosen if n != usual)]


class Choice(NamedTuple):
    """The sizes to choose from, and those that must be among the chosen."""

    needed: tuple[int, ...]
    others: list[int]


def _range(size: Size, count: int) -> Choice:
    """The sizes to choose from.

    Raises:
        XformValueError: there are too few.
    """
    step, least = size.multiple, max(size.least, 2)
    most = max(_MOST, 4 * least, 4 * count * step) if size.maximum is None else size.maximum
    allowed = [n for n in range(-(-least // step) * step, most + 1, step) if n > 1]
    usual = [n for n in allowed if n >= _LEAST and n & (n - 1)]
    found = usual if len(usual) >= 2 * count else allowed
    if len(found) < count:
        raise XformValueError(
            f"{size!r} can be {len(found)} sizes above 1 only: lower the function for each of them"
        )
    large = -(-max(most, _LARGE) // step) * step if size.maximum is None else allowed[-1]
    small = next((n for n in allowed if n >= _SMALL), allowed[0])
    wanted = dict.fromkeys(
        n for n in (*_AROUND_MULTIPLES, small, large) if n in allowed or n == large
    )
    return Choice(tuple(wanted), [n for n in found if n not in wanted])


def _are_independent(rows: Sequence[Sequence[int]]) -> bool:
    """Whether polynomials of second degree are told apart by their values there."""
    at = np.array(rows, float) / np.max(rows)
    count = at.shape[1]
    columns = [np.ones(len(at)), *at.T]
    columns += [at[:, i] * at[:, j] for i in range(count) for j in range(i, count)]
    return bool(np.linalg.cond(np.stack(columns, 1)) < 1e6)


def fixed_leaves(leaves: Sequence[Any], sample: Sample) -> list[Any]:
    """Leaves with the sizes of a sample."""
    return [_fixed(leaf, sample) for leaf in _named_leaves(leaves)]


def _named_leaves(leaves: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(map(_named, range(len(leaves)), leaves))


def _named(number: int, leaf: Any) -> Any:
    """A leaf whose sizes without a name have one of their own."""
    if not isinstance(leaf, Spec) or not leaf.is_open:
        return leaf
    shape = tuple(
        replace(n, name=f"?{number}.{axis}") if isinstance(n, Size) and n.name == "?" else n
        for axis, n in enumerate(leaf.shape)
    )
    return Spec(shape, leaf.dtype)


def _sizes_of(leaves: Iterable[Any]) -> tuple[Size, ...]:
    shapes = (leaf.shape for leaf in leaves if isinstance(leaf, Spec))
    return _joined(size for shape in shapes for size in shape if isinstance(size, Size))


def _joined(sizes: Iterable[Size]) -> tuple[Size, ...]:
    """The sizes by their names; a name alone means what is said of it elsewhere.

    Raises:
        XformValueError: two things are said of one name.
    """
    found: dict[str, Size] = {}
    for size in sizes:
        plain = Size(size.name)
        known = found.get(size.name, plain)
        if plain not in (size, known) and size != known:
            raise XformValueError(f"{size.name!r} has two meanings: {known!r} and {size!r}")
        found[size.name] = known if size == plain else size
    return tuple(found[name] for name in sorted(found))


def _fixed(leaf: Any, sample: Sample) -> Any:
    if not isinstance(leaf, Spec) or not leaf.is_open:
        return leaf
    return Spec([sample[n.name] if isinstance(n, Size) else n for n in leaf.shape], leaf.dtype)
