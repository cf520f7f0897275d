"""Random expressions: values against NumPy, derivatives to second order against torch.

Many expressions are compiled as one program. Hypothesis shrinks a failing list to the expression
that fails.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from expression import Expression, expressions
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xform.frontend import grad, jit

# 2,000 expressions for values and 500 for derivatives, in a few programs each.
PIECE = 50
PIECES = 20
GRADIENT_PIECE = 20
GRADIENT_PIECES = 25
FACTOR = float(os.environ.get("XFORM_EXPRESSIONS", "1"))
TOLERANCE = {np.float64: 1e-11, np.float32: 3e-4}


def configured(examples: int) -> Any:
    return settings(
        max_examples=max(1, int(examples * FACTOR)),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_values(dtype: Any) -> None:
    @configured(PIECES)
    @given(st.lists(expressions(), min_size=PIECE, max_size=PIECE))
    def check(drawn: Sequence[Expression]) -> None:
        inputs = [expression.arrays(dtype) for expression in drawn]
        compiled = jit(lambda inputs: [e(*xs) for e, xs in zip(drawn, inputs, strict=True)])
        results = compiled(inputs)
        for expression, xs, result in zip(drawn, inputs, results, strict=True):
            expected = np.asarray(expression(*xs))
            got = np.asarray(result)
            assert got.dtype == expected.dtype, str(expression)
            np.testing.assert_allclose(
                got, expected, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype],
                err_msg=str(expression),
            )  # fmt: skip

    check()


def test_derivatives() -> None:
    def program(drawn: Sequence[Expression]) -> Any:
        def scalar(expression: Expression) -> Any:
            return lambda xs: (expression(*xs) * 0.5).sum()

        def second(expression: Expression) -> Any:
            first = grad(scalar(expression))
            return grad(
                lambda xs: sum((g * np.cos(x)).sum() for g, x in zip(first(xs), xs, strict=True))
            )

        return jit(
            lambda inputs: [
                (grad(scalar(e))(xs), second(e)(xs)) for e, xs in zip(drawn, inputs, strict=True)
            ]
        )

    @configured(GRADIENT_PIECES)
    @given(st.lists(expressions(), min_size=GRADIENT_PIECE, max_size=GRADIENT_PIECE))
    def check(drawn: Sequence[Expression]) -> None:
        inputs = [expression.arrays(np.float64) for expression in drawn]
        results = program(drawn)(inputs)
        for expression, xs, (first, second) in zip(drawn, inputs, results, strict=True):
            tensors = [torch.tensor(x, requires_grad=True) for x in xs]
            total = (expression.in_torch(*tensors) * 0.5).sum()
            expected = in_torch(total, tensors)
            mixed = sum((g * torch.cos(x)).sum() for g, x in zip(expected, tensors, strict=True))
            again = in_torch(mixed, tensors)
            for got, want in zip([*first, *second], [*expected, *again], strict=True):
                np.testing.assert_allclose(
                    np.asarray(got), want.detach().numpy(), rtol=1e-9, atol=1e-9,
                    err_msg=str(expression),
                )  # fmt: skip

    check()


def in_torch(total: Any, tensors: list[Any]) -> list[Any]:
    """Gradients, zeros where there is no path."""
    if not total.requires_grad:
        return [torch.zeros_like(x) for x in tensors]
    found = torch.autograd.grad(total, tensors, create_graph=True, allow_unused=True)
    return [torch.zeros_like(x) if g is None else g for g, x in zip(found, tensors, strict=True)]
