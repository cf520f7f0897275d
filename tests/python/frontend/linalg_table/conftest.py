"""Fixtures of the table."""

from __future__ import annotations

import pytest
import second_opinion


@pytest.fixture(autouse=True)
def no_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    """What roundings decide is not compared with what they decide in other code."""
    monkeypatch.setattr(second_opinion, "_SHARE", 0.0)
