"""benchmarks/linear_algebra.py measures what agrees, and refuses what does not."""

from __future__ import annotations

from dataclasses import replace

import linear_algebra
import numpy as np
import pytest

CHOLESKY = next(x for x in linear_algebra.OPERATIONS if x.name == "cholesky")


@pytest.mark.calls_once
def test_prints_tables(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XFORM_CACHE", "1")  # what main() sets is taken back
    sizes = ["--size", "5", "--batch", "2", "--small", "3", "--large", "4"]
    assert linear_algebra.main(["--only", "cholesky", "--rounds", "1", *sizes]) == 0
    printed = capsys.readouterr().out
    for title in ("5 x 5: milliseconds", "2 x 3 x 3: milliseconds", "4 x 4: seconds"):
        assert title in printed
    assert printed.count("cholesky") == 6


def test_results_must_agree() -> None:
    wrong = replace(CHOLESKY, numpys=lambda a: np.linalg.cholesky(a + np.eye(len(a))))
    arrays = linear_algebra.inputs(wrong, (5, 5), np.float32)
    _, results = linear_algebra.first_calls(linear_algebra.calls(wrong, arrays))
    with pytest.raises(AssertionError, match="cholesky, xform"):
        linear_algebra.check(wrong, results)
