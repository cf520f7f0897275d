"""The generator against the answers that its authors publish."""

from __future__ import annotations

import numpy as np
import pytest
import threefry
from xform import primitives


@pytest.mark.parametrize(("counter", "key", "answer"), threefry.KNOWN_ANSWERS)
def test_the_reference_gives_the_known_answers(
    counter: tuple[int, int], key: tuple[int, int], answer: tuple[int, int]
) -> None:
    assert threefry.threefry(key, counter) == answer


def test_fold_in_gives_the_known_answer() -> None:
    ((_, number), key, answer), *_ = threefry.KNOWN_ANSWERS
    got = primitives.fold_in(np.array(key, np.uint32), np.array(number, np.uint32))
    assert np.asarray(got).tolist() == list(answer)
