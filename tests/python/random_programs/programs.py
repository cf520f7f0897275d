"""A program, and what is known of one while it is made."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

Step: TypeAlias = Callable[[list[Any]], Any]

SMALL = (1, 2, 3, 5, 8)
LARGE = (16, 17, 63, 64, 65, 127, 129, 256, 511, 1000, 1025, 2049, 4097, 20_011)
MOST_ELEMENTS = 400_000
# What sums are compared with: some are 0 but for rounding.
BOUND = 0.0137


@dataclass
class Program:
    """Steps after one another; the results are all arrays that no later step reads.

    Args:
        seed: what the program is made of.
        is_small: whether no size of its arguments is beyond 8.
        shapes: those of its arguments.
        steps: what makes the next array of the earlier ones, and how it is written.
        results: the numbers of the arrays that are returned.
    """

    seed: int
    is_small: bool
    shapes: list[tuple[int, ...]]
    steps: list[tuple[str, Step]]
    results: list[int]

    def __call__(self, *arguments: Any) -> list[Any]:
        arrays = list(arguments)
        for _, step in self.steps:
            arrays.append(step(arrays))
        return [arrays[i] for i in self.results]

    @property
    def has_cotangents(self) -> bool:
        """Whether it has derivatives in reverse mode: loops of unknown length have none."""
        return not any(text.startswith("while") for text, _ in self.steps)

    def arguments(self, dtype: str) -> list[Any]:
        """Random numbers between -1.5 and 1.5."""
        rng = np.random.default_rng(self.seed)
        return [rng.uniform(-1.5, 1.5, shape).astype(dtype) for shape in self.shapes]

    def __str__(self) -> str:
        given = [f"a{i}: {shape}" for i, shape in enumerate(self.shapes)]
        made = [f"a{len(self.shapes) + i} = {text}" for i, (text, _) in enumerate(self.steps)]
        sizes = " of small sizes" if self.is_small else ""
        return "\n".join([f"seed {self.seed}{sizes}", *given, *made, f"returns {self.results}"])


class Maker:
    """What a program is made with: random numbers, and the arrays that there are so far."""

    def __init__(self, seed: int, is_small: bool) -> None:
        self.seed = seed
        self.is_small = is_small
        self.rng = random.Random(seed)
        self.shapes: list[tuple[int, ...]] = []
        self.steps: list[tuple[str, Step]] = []
        self.used: set[int] = set()

    def make(self, kinds: Sequence[Kind]) -> Program:
        rng = self.rng
        given = [self._shape() for _ in range(rng.randint(1, 3))]
        self.shapes = list(given)
        count = rng.randint(2, 12)
        while len(self.steps) < count:
            kind = rng.choice(kinds)
            for text, step in kind(self):
                self._add(text, step)
        results = [i for i in range(len(given), len(self.shapes)) if i not in self.used]
        return Program(self.seed, self.is_small, given, self.steps, results)

    def _add(self, text: str, step: Step) -> None:
        """Adds a step, and finds its shape by running the program on ones."""
        arrays = [np.broadcast_to(np.ones(()), shape) for shape in self.shapes]
        self.shapes.append(np.shape(step(list(arrays))))
        self.steps.append((text, step))

    def _shape(self) -> tuple[int, ...]:
        rng = self.rng
        while True:
            rank = rng.choice([0, 1, 1, 2, 2, 2, 3])
            sizes = [
                rng.choice(SMALL if rng.random() < 0.5 or self.is_small else LARGE)
                for _ in range(rank)
            ]
            if sizes and rng.random() < 0.02:
                sizes[rng.randrange(rank)] = 0
            if np.prod(sizes, initial=1) <= MOST_ELEMENTS:
                return tuple(sizes)

    def pick(self, *ranks: int, nonempty: bool = False) -> int | None:
        """The number of an array of one of these ranks, rather a late one."""
        found = [
            i
            for i, shape in enumerate(self.shapes)
            if (not ranks or len(shape) in ranks) and not (nonempty and 0 in shape)
        ]
        if not found:
            return None
        i = found[max(self.rng.randrange(len(found)), self.rng.randrange(len(found)))]
        self.used.add(i)
        return i


# Yields steps, each as it is written and as a function, or nothing where no array fits.
Kind: TypeAlias = Callable[[Maker], Iterator[tuple[str, Step]]]


def is_numpy(*arrays: Any) -> bool:
    return all(isinstance(x, np.ndarray | np.generic) for x in arrays)
