"""Quotients by numbers of ones, which are what maxima along short axes have in their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xform.frontend import grad, jit


def squares(x: Any) -> Any:
    return np.square(np.max(x, axis=1)[1:]).sum()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [2, 3, 8, 17])
def test_gradients_of_maxima_along_an_axis_of_one(rows: int, dtype: str) -> None:
    x = np.arange(1, rows + 1, dtype=dtype)[:, None]
    wanted = 2 * x
    wanted[0] = 0
    np.testing.assert_array_equal(jit(grad(squares))(x).numpy(), wanted)
