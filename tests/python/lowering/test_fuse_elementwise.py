"""Loops grow by fusion, but not without end: passes take time with a program's length only."""

from __future__ import annotations

from typing import Any

import numpy as np
from xform import frontend


def test_a_long_chain_becomes_a_few_loops() -> None:
    def chain(x: Any) -> Any:
        y = x
        for _ in range(300):
            y = y * x + x
        return y

    x = np.linspace(-0.9, 0.9, 5)
    lowered = frontend.jit(chain).lower(x)
    loops = lowered.as_text("linalg").count("linalg.generic")
    assert 600 / 128 <= loops <= 600 / 32
    np.testing.assert_allclose(lowered.compile()(x), chain(x), rtol=1e-12)
