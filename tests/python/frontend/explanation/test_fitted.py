"""Texts that fit where a picture is as wide as there is room."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from xform.explanation.fitted import WIDTHS, fitted_texts, style


def shown(width: int, parts: list[str]) -> list[str]:
    """The texts that a picture shows in a place of a width, as the rules of the style say."""
    rules = [440, *(int(least) for least in re.findall(r"\(min-width: (\d+)px\)", style()))]
    last = max(least for least in rules if least <= width)
    found = [ElementTree.fromstring(part) for part in parts]
    return [text.text or "" for text in found if f"from-{last}" in text.attrib["class"].split()]


@pytest.mark.parametrize("width", [440, 500, 640, 899, 1000, 1150, 3000])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.25, 1.0])
def test_one_text_at_most_is_shown_and_fits(width: int, share: float) -> None:
    texts = ["for 128, 16 numbers at once", "for 128, 16 at once", "for 128", "128"]
    found = shown(width, list(fitted_texts(texts, 0.5, 17, share)))
    assert len(found) <= 1
    assert all(6.7 * len(text) + 10 <= width * share for text in found)
    if share == 1:
        assert found == texts[:1]


def test_widths() -> None:
    parts = list(fitted_texts(["long enough", "short"], 0.25, 3, 0.15))
    assert [shown(width, parts) for width in WIDTHS] == [
        ["short"], ["long enough"], ["long enough"], ["long enough"],
    ]  # fmt: skip
    # What is beside the picture takes room as well.
    assert [shown(width, list(fitted_texts(["a" * 60], 0, 3, 1, 76))) for width in WIDTHS] == [
        [], ["a" * 60], ["a" * 60], ["a" * 60],
    ]  # fmt: skip
    assert 'x="25.0000%"' in parts[0]
    assert "&lt;b&gt;" in next(fitted_texts(["<b>"], 0, 3, 1))
