"""docs/runtime.md: its examples of traced functions hold."""

from __future__ import annotations

from page_examples import run_examples


def test_examples() -> None:
    assert run_examples("runtime.md") >= 10
