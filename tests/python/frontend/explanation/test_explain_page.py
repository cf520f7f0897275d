"""The examples of docs/explain.md hold, but for the seconds in them."""

from __future__ import annotations

from explained import explained
from page_examples import DOCS, run_examples


def test_examples() -> None:
    assert run_examples("explain.md") >= 5


def test_all_stages_are_told() -> None:
    text = (DOCS / "explain.md").read_text(encoding="utf-8")
    names = [stage.name for stage in explained("step").stages]
    assert [name for name in names if f"| `{name}` |" not in text] == []
