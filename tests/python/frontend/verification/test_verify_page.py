"""The examples of docs/verify.md hold, but for the seconds in them."""

from __future__ import annotations

from page_examples import DOCS, run_examples
from xform.verification.report import CHECKS


def test_examples() -> None:
    assert run_examples("verify.md") >= 8


def test_all_checks_are_told() -> None:
    text = (DOCS / "verify.md").read_text(encoding="utf-8")
    assert [name for name in CHECKS if f"| `{name}` |" not in text] == []
