"""Fixtures of the tests that run the same cases in xform and in torch.func."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import optree
import pytest
from xform import frontend


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The module's CASES in one program, each of transforms and of what makes arrays of NumPy's."""
    cases = request.module.CASES
    program = frontend.jit(
        lambda: {name: case(frontend, lambda x: x) for name, case in cases.items()}
    )
    return program()


@pytest.fixture(scope="session")
def equal_leaves() -> Callable[..., None]:
    """`equal_leaves(found, expected)` compares xform's results with torch's."""

    def check(found: Any, expected: Any, *, rtol: float = 1e-11, atol: float = 1e-12) -> None:
        leaves, wanted = optree.tree_leaves(found), optree.tree_leaves(expected)
        assert len(leaves) == len(wanted)
        for got, want in zip(leaves, wanted, strict=True):
            np.testing.assert_allclose(np.asarray(got), want.numpy(), rtol=rtol, atol=atol)

    return check
