"""Reports as text, as HTML and as data."""

from __future__ import annotations

import numpy as np
import pytest
from xform.errors import XformError, XformIndexError
from xform.frontend import VerificationError, VerificationReport
from xform.verification.layout import Place
from xform.verification.report import CheckResult, Finding

WRONG = Finding(
    "the jvp", "a factor of 2 too much", Place("w['a']", (1, 0)), Place("output", ()), 4.0, 2.0
)
REPORT = VerificationReport(
    "f<g>",
    (
        CheckResult("jit", "passed", "compiled", (), (), 0.25),
        CheckResult("derivatives", "failed", "along 2 directions", (WRONG,), ("kink: y",), 0.5),
        CheckResult("steps", "skipped", "nothing is rounded"),
    ),
)


def test_text() -> None:
    assert str(REPORT).splitlines() == [
        "verify f<g>: 1 of 2 checks failed, 0.75 s",
        "  jit          passed     0.25 s  compiled",
        "  derivatives  failed     0.50 s  along 2 directions",
        "               - the jvp of output by w['a'][1, 0]: found 4, expected 2; "
        "a factor of 2 too much",
        "                 kink: y",
        "  steps        skipped    0.00 s  nothing is rounded",
    ]


def test_html() -> None:
    html = REPORT._repr_html_()
    assert "f&lt;g&gt;" in html
    assert "f<g>" not in html
    assert "<b>failed</b>" in html
    assert "w[&#x27;a&#x27;][1, 0]: found 4, expected 2" in html
    assert html.count("<tr>") == 4


def test_data() -> None:
    assert not REPORT.ok
    assert [check.name for check in REPORT.failures] == ["derivatives"]
    assert REPORT["derivatives"].findings == (WRONG,)
    assert REPORT.seconds == 0.75
    with pytest.raises(XformIndexError, match=r"no check 'vmap' was made.* are jit, derivatives"):
        REPORT["vmap"]


def test_failures_raise() -> None:
    with pytest.raises(VerificationError, match="1 of 2 checks failed") as caught:
        REPORT.raise_if_failed()
    assert caught.value.report is REPORT
    assert isinstance(caught.value, XformError | AssertionError)
    passed = VerificationReport("f", REPORT.checks[:1])
    assert passed.ok
    passed.raise_if_failed()
    assert "1 check passed" in str(passed)


def test_findings_without_numbers_or_places() -> None:
    assert str(Finding("it raises")) == "it raises"
    assert str(Finding("x", where="row 2", found=np.nan)) == "x (row 2): found nan"
