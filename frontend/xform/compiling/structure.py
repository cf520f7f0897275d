"""Pytree structures in the form that files keep."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from optree import PyTreeSpec
from xform_runtime.signature import (
    DictNode,
    LeafNode,
    NamedTupleNode,
    NoneNode,
    Tree,
    TupleNode,
)
from xform_runtime.tree import ListNode, Plain

from .. import pytrees
from ..errors import XformTypeError


def tree_of(spec: PyTreeSpec, first: int, what: str, *, ordered: bool = False) -> Tree:
    """A structure as the runtime describes it.

    A dataclass becomes a named tuple of its fields, because whoever loads the file may not have the
    class. Of its static fields, numbers, strings and None are kept to be compared.

    Args:
        spec: the structure.
        first: the number of its first leaf.
        what: how a message calls it.
        ordered: whether dicts keep the order of their keys and not that of their leaves.

    Raises:
        XformTypeError: a dict key that is neither a string nor an int, or a registered class.
    """
    if spec.is_leaf():
        return LeafNode(first)
    kind = spec.type
    children: list[Tree] = []
    for child in spec.children():
        children.append(tree_of(child, first, what, ordered=ordered))
        first += child.num_leaves
    entries = list(spec.entries())
    if kind is type(None) or kind is None:
        return NoneNode()
    if issubclass(kind, dict):
        by_key = dict(zip(_keys(entries, what), children, strict=True))
        level = spec.one_level()
        if ordered and level is not None and kind is not OrderedDict:
            entries = list(pytrees.unflatten(level, entries))
        return DictNode(tuple((key, by_key[key]) for key in entries))
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return NamedTupleNode(kind.__name__, tuple(kind._fields), tuple(children))
    if pytrees.is_dataclass(kind):
        fixed = _fixed(kind, spec)
        return NamedTupleNode(kind.__name__, tuple(map(str, entries)), tuple(children), fixed)
    if kind is tuple:
        return TupleNode(tuple(children))
    if kind is list:
        return ListNode(tuple(children))
    raise XformTypeError(
        f"save: in {what} is a {kind.__qualname__}, which a file cannot describe; use tuples, "
        "lists, dicts, named tuples or dataclasses"
    )


def _fixed(kind: type[Any], spec: PyTreeSpec) -> tuple[tuple[str, Plain], ...]:
    level = spec.one_level()
    assert level is not None, "a dataclass is a container"
    node = pytrees.unflatten(level, range(level.num_leaves))
    values = {name: getattr(node, name) for name in pytrees.static_fields(kind)}
    return tuple(
        (name, value)
        for name, value in values.items()
        if type(value) in (str, int, float, bool, type(None))
    )


def _keys(entries: list[Any], what: str) -> list[str | int]:
    for key in entries:
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise XformTypeError(
                f"save: in {what} is a dict with the key {key!r}, but a file keeps only strings "
                "and ints as keys"
            )
    return entries
