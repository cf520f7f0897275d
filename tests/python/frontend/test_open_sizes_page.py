"""docs/open-sizes.md: its examples hold."""

from __future__ import annotations

from page_examples import run_examples


def test_examples() -> None:
    assert run_examples("open-sizes.md", together=True) >= 12
