"""The mathematical functions keep the errors that docs/mathematics.md lists."""

from __future__ import annotations

import pytest
from accuracy import PRECISIONS, ROWS, Measured, measure, page_rows

# What the errors on another processor, which fuses other operations, may differ by.
SLACK = 0.4
# What far fewer arguments than the page was written from may miss of the largest error, at most.
MISSED = 0.5


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_errors_are_those_on_the_page(row: Measured, precision: str) -> None:
    written = page_rows()[row.name][PRECISIONS.index(precision)]
    error = measure(row, precision)
    assert error <= row.bound
    assert written <= row.bound
    assert error - SLACK <= written, "run make accuracy"
    assert written * (1 - MISSED) - SLACK <= error, "run make accuracy"


def test_page_lists_every_function() -> None:
    assert list(page_rows()) == [row.name for row in ROWS]
