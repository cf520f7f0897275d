"""The pages of docs/ that tools write say what they would say now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("page", ["passes", "settings"])
def test_page_is_current(page: str) -> None:
    command = [sys.executable, str(ROOT / "tools" / f"{page}_page.py")]
    written = subprocess.run(command, capture_output=True, text=True, check=False)
    assert written.returncode == 0, written.stderr
    current = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert written.stdout == current, "run make docs"
