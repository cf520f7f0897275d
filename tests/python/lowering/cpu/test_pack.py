"""Contractions whose operands are large enough to be packed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from xform.frontend import grad, jit

RNG = np.random.default_rng(0)


def numbers(*shape: int) -> Any:
    return RNG.normal(size=shape).astype("float32")


# The second operand has 4 MiB or more, and is read for 64 rows or more.
CASES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "columns in whole blocks": (np.matmul, (numbers(69, 1100), numbers(1100, 1024))),
    "columns with a rest": (np.matmul, (numbers(69, 1100), numbers(1100, 1001))),
    "turned": (lambda a, b: a @ b.T, (numbers(69, 1100), numbers(1024, 1100))),
    "a turned left side": (lambda a, b: a.T @ b, (numbers(1100, 1027), numbers(1100, 1024))),
    "batches": (np.matmul, (numbers(2, 67, 550), numbers(2, 550, 1024))),
    "two sums": (
        lambda a, b: np.einsum("iab,abj->ij", a, b),
        (numbers(70, 10, 110), numbers(10, 110, 1024)),
    ),
    "double": (np.matmul, (RNG.normal(size=(66, 515)), RNG.normal(size=(515, 1040)))),
    "integers": (
        np.matmul,
        (RNG.integers(-9, 9, (66, 515)), RNG.integers(-9, 9, (515, 1040))),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_products(name: str) -> None:
    function, operands = CASES[name]
    wanted = function(*(x.astype("float64") if x.dtype.kind == "f" else x for x in operands))
    np.testing.assert_allclose(jit(function)(*operands), wanted, rtol=2e-4, atol=2e-4)


def test_what_is_added_to() -> None:
    """The tiles begin with what is there, and a derivative has two products more."""
    a, b = CASES["columns in whole blocks"][1]

    def loss(a: Any, b: Any) -> Any:
        return (np.sin(a @ b) + 1).sum()

    slopes = jit(grad(loss, argnums=(0, 1)))(a, b)
    x, y = a.astype("float64"), b.astype("float64")
    cotangent = np.cos(x @ y)
    np.testing.assert_allclose(slopes[0], cotangent @ y.T, rtol=2e-2, atol=2e-2)
    np.testing.assert_allclose(slopes[1], x.T @ cotangent, rtol=2e-2, atol=2e-2)
