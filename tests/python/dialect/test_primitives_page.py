"""docs/primitives.md says what the dialect's records say."""

from __future__ import annotations

import re
from pathlib import Path

from xform._xform import PRIMITIVES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "primitives.md"
ROW = re.compile(r"^\| `(\w+)` \| (.*) \| (.*) \| (.*) \| (\w+) \| (\w+) \| (\w+) \|$")


def test_page_is_current() -> None:
    rows = [ROW.match(line) for line in PAGE.read_text(encoding="utf-8").splitlines()]
    written = {row[1]: row.groups()[1:] for row in rows if row}
    expected = {}
    for name, entry in PRIMITIVES.items():
        operands = ", ".join(entry["operands"]) + ("..." if entry["variadic"] else "")
        attributes = ", ".join(entry["attributes"])
        rules = (entry["jvp"], entry["transpose"], entry["batching"])
        expected[name] = (entry["summary"].replace("|", "\\|"), operands, attributes, *rules)
    assert written == expected, "run make docs"
