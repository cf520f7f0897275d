"""`verify` finds nothing in functions that are right."""

from __future__ import annotations

import pytest
from correct_functions import CORRECT, Correct
from xform.frontend import verify


@pytest.mark.parametrize("name", CORRECT)
def test_it_passes(name: str) -> None:
    correct: Correct = CORRECT[name]
    report = verify(correct.function, *correct.args, order=2)
    assert report.ok, str(report)
    skipped = tuple(check.name for check in report.checks if check.status == "skipped")
    assert skipped == correct.skipped, str(report)


def test_there_are_enough() -> None:
    assert len(CORRECT) >= 20


@pytest.mark.parametrize("seed", range(1, 4))
def test_it_passes_with_any_seed(seed: int) -> None:
    for name in ("kinks", "sort", "an end of the domain"):
        correct = CORRECT[name]
        report = verify(correct.function, *correct.args, seed=seed, directions=4)
        assert report.ok, str(report)
