"""Functions under stacks of one, two and three transforms, against torch.func."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, product
from typing import Any

import optree
import pytest
from comparison import Case, in_programs, is_shape, require_equal
from functions import FUNCTIONS, Row
from stacks import WORDS, batch_shape, stacked

# Those of many leaves or large results are under one transform only.
SMALL = [row for row in FUNCTIONS if row.name not in ("tree_in_and_out", "batched", "broadcast")]
NESTED = ("grad", "vjp", "jvp", "jacrev", "jacfwd", "vmap")


def case(stack: str, row: Row, dtype: str) -> Case:
    batch = batch_shape(stack)
    shapes = optree.tree_map(lambda shape: (*batch, *shape), row.shapes, is_leaf=is_shape)

    def run(t: Any, m: Any, *args: Any) -> Any:
        return stacked(stack, t, row.make(m))(*args)

    return Case(f"{stack} of {row.name}", shapes, run, dtype)


def one_transform() -> Iterator[Case]:
    """Every function under every second transform, the other ones under the next function."""
    words = list(WORDS)
    for i, row in enumerate(FUNCTIONS):
        for word, dtype in zip(words[i % 2 :: 2], cycle(("float32", "float64"))):
            yield case(word, row, dtype)


def two_transforms() -> Iterator[Case]:
    """All pairs, with functions in turn."""
    pairs = product(WORDS, WORDS)
    for pair, row, dtype in zip(pairs, cycle(SMALL), cycle(("float64", "float32"))):
        yield case(".".join(pair), row, dtype)


def three_transforms() -> Iterator[Case]:
    """All pairs around another one, with functions in turn."""
    count = len(NESTED)
    dtypes = cycle(("float32", "float64", "float64"))
    triples = [(i, j, (2 * i + j + 1) % count) for i, j in product(range(count), range(count))]
    for triple, row, dtype in zip(triples, cycle(SMALL[7:]), dtypes):
        yield case(".".join(NESTED[number] for number in triple), row, dtype)


@pytest.mark.parametrize("cases", in_programs(one_transform()))
def test_one_transform(cases: list[Case]) -> None:
    require_equal(cases)


@pytest.mark.parametrize("cases", in_programs(two_transforms()))
def test_two_transforms(cases: list[Case]) -> None:
    require_equal(cases)


@pytest.mark.parametrize("cases", in_programs(three_transforms()))
def test_three_transforms(cases: list[Case]) -> None:
    require_equal(cases)
