"""What kind of thing an operation does, told from its rules where these tell it."""

from __future__ import annotations

from typing import Final, Literal

from .._xform import PRIMITIVES
from .structure import Op

Kind = Literal[
    "argument",
    "result",
    "constant",
    "elementwise",
    "product",
    "reduction",
    "movement",
    "indexing",
    "factorisation",
    "random",
    "control",
    "transform",
    "custom",
    "several",
    "other",
]

MEANINGS: Final[dict[Kind, str]] = {
    "argument": "argument",
    "result": "result",
    "constant": "made from nothing",
    "elementwise": "each element alone",
    "product": "sum of products",
    "reduction": "along axes or windows",
    "movement": "elements moved or repeated",
    "indexing": "elements found by indices or order",
    "factorisation": "matrices solved or factored",
    "random": "random",
    "control": "loop, branch, call or order",
    "transform": "transforms a function",
    "custom": "function with rules of its own",
    "several": "several operations",
    "other": "of another dialect",
}
"""The kinds, and what a legend says of them."""

# By a word of the name; the first one counts.
_BY_WORD: Final[dict[str, Kind]] = {
    "gather": "indexing",
    "scatter": "indexing",
    "dynamic": "indexing",
    "sort": "indexing",
    "reduce": "reduction",
    "window": "reduction",
    "argmax": "reduction",
    "argmin": "reduction",
    "rng": "random",
    "fold": "random",
    "unit": "random",
    "solve": "factorisation",
}
# A rule for batches of matrices looks like one for elements.
_FACTORISATIONS: Final = frozenset({"cholesky", "eig", "eigh", "lu", "qr", "schur", "svd"})


def kind_of(op: Op) -> Kind:
    """The kind of an operation."""
    name = op.short_name
    if not op.name.startswith("xform."):
        return "control" if op.name == "func.call" else "other"
    if name in PRIMITIVES:
        return _KINDS[name]
    if name in ("custom", "pushforward"):
        return "custom"
    if any(run.frequency == "transformed" for run in op.runs):
        return "transform"
    return "control"


def _kind_of_primitive(name: str) -> Kind:
    entry = PRIMITIVES[name]
    words = name.split("_")
    if not entry["operands"]:
        return "constant"
    if name in _FACTORISATIONS:
        return "factorisation"
    for word, kind in _BY_WORD.items():
        if word in words:
            return kind
    if entry["jvp"] == "Bilinear" and entry["batching"] == "Custom":
        return "product"
    if entry["batching"] == "ByElement" or name == "convert":
        return "elementwise"
    if entry["batching"] == "ShiftAxes" and words[0] != "reverse":
        return "reduction"
    return "movement"


_KINDS: Final = {name: _kind_of_primitive(name) for name in PRIMITIVES}
