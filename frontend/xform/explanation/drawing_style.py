"""How the pictures of dataflow look: colours, marks, letters."""

from __future__ import annotations

import unicodedata
from typing import Final

from .kinds import Kind

DRAWING_CLASS: Final = "xform-dataflow"
"""All that is styled is within this class, and has classes that pages do not use for themselves."""

MARKS: Final[dict[Kind, str]] = {
    "argument": "▼",
    "result": "●",
    "constant": "□",
    "elementwise": "•",
    "product": "×",
    "reduction": "∑",
    "movement": "↔",
    "indexing": "►",
    "factorisation": "∆",
    "random": "♦",
    "control": "∞",
    "transform": "∂",
    "custom": "ƒ",
    "several": "≡",
    "other": "○",
}
"""A sign for each kind, of those that almost all fonts have."""

# On a light ground, and on a dark one.
_COLOURS: Final[dict[Kind, tuple[str, str]]] = {
    "argument": ("#5c6570", "#a4adb8"),
    "result": ("#5c6570", "#a4adb8"),
    "constant": ("#8a8f98", "#8f98a3"),
    "elementwise": ("#2563c9", "#7fb0ff"),
    "product": ("#c2570c", "#ff9f5a"),
    "reduction": ("#7c3aed", "#b79bff"),
    "movement": ("#6b7280", "#9aa5b1"),
    "indexing": ("#0f766e", "#4fd1c0"),
    "factorisation": ("#9f1239", "#ff8aa3"),
    "random": ("#be185d", "#ff86c0"),
    "control": ("#15803d", "#63d68b"),
    "transform": ("#b91c1c", "#ff8b80"),
    "custom": ("#8a6d00", "#e3c04d"),
    "several": ("#334155", "#b8c4d6"),
    "other": ("#6b7280", "#9aa5b1"),
}
_GROUND: Final = {
    "ground": ("#ffffff", "#15181d"),
    "ink": ("#1a1f26", "#e9edf2"),
    "faint": ("#454e59", "#bcc5cf"),
    "line": ("#8b95a1", "#727d8a"),
}

_RULES: Final = """
svg& text{stroke:none}
svg& text.xdf-label,svg& text.xdf-faint,svg& text.xdf-mark{
 font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
svg& text.xdf-label{font-size:12px;font-weight:600;fill:var(--xdf-ink)}
svg& text.xdf-faint{fill:var(--xdf-faint)}
svg& text.xdf-mark{font-size:13px;font-weight:700;fill:var(--kind);text-anchor:middle}
& b.xdf-mark{color:var(--kind)}
& .xdf-ground{fill:var(--xdf-ground)}
& .xdf-edge{fill:none;stroke:var(--xdf-line);stroke-width:1.3}
& .xdf-many .xdf-edge{stroke-width:3}
& .xdf-tip{fill:var(--xdf-line)}
& .xdf-way:hover .xdf-edge{stroke:var(--xdf-ink);stroke-width:2.6}
& .xdf-way:hover .xdf-tip{fill:var(--xdf-ink)}
& .xdf-sheet{fill:var(--xdf-ground);stroke:none}
& .xdf-work{fill:var(--kind);stroke:var(--kind);stroke-width:1.3}
& .xdf-rim{fill:none;stroke:var(--kind);stroke-width:1}
& .xdf-result .xdf-work{stroke-width:2.4}
& .xdf-constant .xdf-work,& .xdf-other .xdf-work{stroke-dasharray:3 3}
& .xdf-node:hover .xdf-work{stroke-width:2.6}
"""

LETTER: Final = 7.3
"""How wide a letter of a label is at most; the other texts' are smaller."""
SMALL_LETTER: Final = 6.7


def style() -> str:
    """The rules, for light and dark."""
    light, dark = (
        ";".join(
            [f"--xdf-{name}:{colours[i]}" for name, colours in _GROUND.items()]
            + [f"--xdf-{kind}:{colours[i]}" for kind, colours in _COLOURS.items()]
        )
        for i in (0, 1)
    )
    kinds = "\n".join(f"& .xdf-{kind}{{--kind:var(--xdf-{kind})}}" for kind in _COLOURS)
    return (
        f"&{{{light}}}\n@media (prefers-color-scheme:dark){{&{{{dark}}}}}\n{kinds}{_RULES}"
    ).replace("&", f".{DRAWING_CLASS}")


def width_of(text: str, letter: float = SMALL_LETTER) -> float:
    """How wide a text is at most, in letters of one width; some take the place of two."""
    letters = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return letters * letter


def shortened(text: str, most: int) -> str:
    """A text of at most so many letters.

    >>> shortened("logits = x @ w + b", 10)
    'logits =…'
    """
    clean = " ".join(text.split())
    return clean if len(clean) <= most else f"{clean[: most - 1].rstrip()}…"
