"""benchmarks/fourier.py measures what agrees."""

from __future__ import annotations

import fourier
import pytest


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert fourier.main(["--only", "irfft", "--rounds", "1"]) == 0
    printed = capsys.readouterr().out
    assert "irfft" in printed
    assert "NumPy" in printed
