"""The nests of benchmarks/nests.py keep what they mean to keep."""

from __future__ import annotations

import nests
import pytest
from xform.frontend import grad

STATE_BYTES = 4 * nests.STATE[0] * nests.STATE[1]
# States for each step, and for all steps, of a gradient.
GROWTH = {
    "plain": (1.0, 4),
    "checkpointed": (1 / nests.INNER, 32),
    "checkpointed_twice": (1 / nests.INNER, 20),
    "nested": (1.0, 5),
    "written": (0.0, 4),
}


@pytest.mark.parametrize("name", GROWTH)
def test_memory_of_gradients(name: str) -> None:
    by_step, always = GROWTH[name]
    short, long = (
        nests.planned_peak(grad(nests.loss(getattr(nests, name), length))) / STATE_BYTES
        for length in (50, 100)
    )
    assert long - short == pytest.approx(50 * by_step, abs=0.1)
    assert short <= 50 * by_step + always
