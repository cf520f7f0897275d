"""The examples of docs/verify.md hold, but for the seconds in them."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from xform.verification.report import CHECKS

PAGE = Path(__file__).resolve().parents[4] / "docs" / "verify.md"


def test_examples() -> None:
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```pycon\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    said: list[str] = []
    for block in blocks:
        test = doctest.DocTestParser().get_doctest(block, {}, PAGE.name, str(PAGE), 0)
        runner.run(test, out=said.append)
    assert not runner.failures, "".join(said)
    assert runner.tries >= 8


def test_all_checks_are_told() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in CHECKS if f"| `{name}` |" not in text] == []
