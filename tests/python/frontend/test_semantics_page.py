"""docs/semantics.md: its examples hold."""

from __future__ import annotations

from page_examples import run_examples


def test_examples() -> None:
    assert run_examples("semantics.md") >= 10
