"""Runs the examples of a page of docs/, each block by itself."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def run_examples(name: str, *, together: bool = False) -> int:
    """Asserts that the examples of a page hold; returns how many there are.

    Args:
        name: of the page.
        together: whether blocks know what those above them have defined.

    `...` stands for any text, and white space for other white space.
    """
    page = DOCS / name
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```pycon\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    if together:
        blocks = ["\n".join(blocks)]
    said: list[str] = []
    for block in blocks:
        test = doctest.DocTestParser().get_doctest(block, {}, page.name, str(page), 0)
        runner.run(test, out=said.append)
    assert not runner.failures, "".join(said)
    return runner.tries
