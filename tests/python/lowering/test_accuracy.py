"""The mathematical functions keep the errors that docs/mathematics.md lists."""

from __future__ import annotations

import pytest
from accuracy import PRECISIONS, ROWS, Measured, lowered, measure, page_rows
from xform.compiling.forms import emit_ptx

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


@pytest.mark.vulkan
@pytest.mark.parametrize("precision", PRECISIONS)
def test_errors_on_vulkan(precision: str) -> None:
    """Mesa fuses and simplifies other operations than LLVM, and keeps subnormal numbers."""
    errors = {row.name: measure(row, precision, 300, "vulkan:desktop") for row in ROWS}
    assert {row.name: errors[row.name] for row in ROWS if errors[row.name] > row.bound} == {}


@pytest.mark.parametrize("precision", PRECISIONS)
def test_cuda_code_calls_no_library(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XFORM_COMPILER", "iree")
    ptx = emit_ptx(lowered(precision, 300)[0].as_text("linalg"))
    assert ptx.count(".entry") > 10
    assert ".extern .func" not in ptx
    assert "call" not in ptx


def test_page_lists_every_function() -> None:
    assert list(page_rows()) == [row.name for row in ROWS]
