"""Evaluating one expression by both libraries, and comparing what comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import optree
import pytest
import torch
import torch.func
import xform.numpy as xnp
from xform import frontend

TOLERANCE = {"float32": 3e-4, "float64": 1e-10}


class Case(NamedTuple):
    """An expression of a library's transforms, its namespace and some arguments.

    Attributes:
        name: names the case in what fails.
        shapes: those of the arguments, tuples of ints in any pytree.
        run: called with (transforms, namespace, *arguments).
        dtype: that of the arguments.
    """

    name: str
    shapes: tuple[Any, ...]
    run: Callable[..., Any]
    dtype: str

    def __str__(self) -> str:
        return f"{self.name} in {self.dtype}"


def is_shape(tree: Any) -> bool:
    return type(tree) is tuple and all(isinstance(n, int) for n in tree)


def inputs(case: Case) -> tuple[Any, ...]:
    """Arguments for a case, the same each time."""
    rng = np.random.default_rng(len(case.name))

    def array(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        return rng.uniform(0.2, 1.1, shape).astype(case.dtype)

    arguments: tuple[Any, ...] = optree.tree_map(array, case.shapes, is_leaf=is_shape)
    return arguments


def in_programs(cases: Iterable[Case], size: int = 12) -> list[Any]:
    """Test parameters: lists of cases that share a program, under the name of the first.

    A program of one case takes twice as long to compile, for each case, as one of twelve.
    """
    rest = iter(cases)
    groups = iter(lambda: list(islice(rest, size)), [])
    return [pytest.param(group, id=group[0].name.replace(" ", "-")) for group in groups]


def require_equal(cases: Sequence[Case]) -> None:
    """Asserts that cases have torch.func's structures, shapes, dtypes and values."""
    arguments = [inputs(case) for case in cases]

    @frontend.jit
    def everything(*given: Any) -> list[Any]:
        return [
            evaluated(case, frontend, xnp, part) for case, part in zip(cases, given, strict=True)
        ]

    for case, part, got in zip(cases, arguments, everything(*arguments), strict=True):
        expected = evaluated(case, torch.func, torch, optree.tree_map(torch.from_numpy, part))
        require_same(got, expected, TOLERANCE[case.dtype], str(case))


def evaluated(case: Case, transforms: Any, namespace: Any, arguments: Sequence[Any]) -> Any:
    """A case's value by one of the libraries."""
    try:
        return case.run(transforms, namespace, *arguments)
    except Exception as error:
        error.add_note(f"in the case {case.name}")
        raise


def require_same(got: Any, expected: Any, tolerance: float, name: str) -> None:
    """Asserts equal containers, and leaves of equal shape, dtype and value."""
    if isinstance(expected, torch.Tensor):
        assert not isinstance(got, tuple | list | Mapping), f"{name}: {type(got).__name__}"
        # The clone of a symbolic zero, which a tangent may be, has memory.
        array, tensor = np.asarray(got), expected.clone().numpy(force=True)
        assert array.dtype == tensor.dtype, name
        assert array.shape == tensor.shape, name
        np.testing.assert_allclose(array, tensor, tolerance, tolerance, err_msg=name)
        return
    assert type(got) is type(expected), f"{name}: {type(got).__name__}"
    if isinstance(expected, Mapping):
        assert set(got) == set(expected), name
        pairs = [(got[key], expected[key], f"{name}[{key!r}]") for key in expected]
    else:
        assert len(got) == len(expected), name
        pairs = [(a, b, f"{name}[{i}]") for i, (a, b) in enumerate(zip(got, expected, strict=True))]
    for ours, theirs, part in pairs:
        require_same(ours, theirs, tolerance, part)
