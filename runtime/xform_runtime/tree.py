"""Structures of arguments and results: nested containers whose leaves are arrays.

A structure is kept apart from its values, so that it can be written to a file and a value can be
checked against it. `None` is an empty structure, not a leaf.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from functools import cache
from keyword import iskeyword
from typing import Any, TypeAlias

from .errors import XformTypeError, XformValueError

Plain: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True)
class LeafNode:
    """One array: the position of its description among the leaves."""

    index: int


@dataclass(frozen=True)
class TupleNode:
    """A tuple with these items."""

    items: tuple[Tree, ...]


@dataclass(frozen=True)
class ListNode:
    """A list with these items."""

    items: tuple[Tree, ...]


@dataclass(frozen=True)
class DictNode:
    """A dict with these (key, value) pairs; keys are strings or ints."""

    items: tuple[tuple[str | int, Tree], ...]


@dataclass(frozen=True)
class NoneNode:
    """The value None."""


@dataclass(frozen=True)
class NamedTupleNode:
    """A named tuple or dataclass; rebuilt as a named tuple, since its class is not known.

    A field that a named tuple cannot have, such as `_x`, is rebuilt as `_` and its position. The
    function was compiled for the values of the fields in `fixed`, as far as a file can hold them.
    """

    name: str
    fields: tuple[str, ...]
    children: tuple[Tree, ...]
    fixed: tuple[tuple[str, Plain], ...] = ()


Tree: TypeAlias = LeafNode | TupleNode | ListNode | DictNode | NoneNode | NamedTupleNode


def to_data(tree: Tree) -> dict[str, Any]:
    """The structure as JSON data."""
    match tree:
        case LeafNode(index):
            return {"leaf": index}
        case TupleNode(items):
            return {"tuple": [to_data(item) for item in items]}
        case ListNode(items):
            return {"list": [to_data(item) for item in items]}
        case DictNode(pairs):
            return {"dict": [[key, to_data(item)] for key, item in pairs]}
        case NoneNode():
            return {"none": True}
        case NamedTupleNode(name, fields, children, fixed):
            data: dict[str, Any] = {
                "name": name,
                "fields": list(fields),
                "children": [to_data(child) for child in children],
            }
            if fixed:
                data["fixed"] = [list(pair) for pair in fixed]
            return {"namedtuple": data}


def from_data(data: Any) -> Tree:
    """The structure that `to_data` wrote.

    Raises:
        XformValueError: `data` is not the description of a structure.
    """
    if not isinstance(data, dict) or len(data) != 1:
        raise XformValueError(f"expected a tree node with one key, got {short(data)}")
    ((kind, body),) = data.items()
    match kind, body:
        case "leaf", int() if not isinstance(body, bool) and body >= 0:
            return LeafNode(body)
        case "tuple", list():
            return TupleNode(tuple(from_data(item) for item in body))
        case "list", list():
            return ListNode(tuple(from_data(item) for item in body))
        case "none", True:
            return NoneNode()
        case "dict", list():
            return DictNode(tuple(_pair_from_data(pair) for pair in body))
        case "namedtuple", {
            "name": str(name),
            "fields": list(fields),
            "children": list(children),
            **others,
        }:
            if len(fields) != len(children):
                raise XformValueError(
                    f"named tuple {name!r} has {len(fields)} fields and {len(children)} children"
                )
            if iskeyword(name) or not all(
                isinstance(text, str) and text.isidentifier() for text in (name, *fields)
            ):
                raise XformValueError(f"named tuple {name!r} has the fields {fields}")
            return NamedTupleNode(
                name,
                tuple(fields),
                tuple(from_data(c) for c in children),
                _fixed_from_data(others.get("fixed", [])),
            )
    raise XformValueError(f"expected a tree node, got {short(data)}")


def _pair_from_data(pair: Any) -> tuple[str | int, Tree]:
    match pair:
        case [str() | int() as key, node] if not isinstance(key, bool):
            return key, from_data(node)
    raise XformValueError(f"expected a [key, tree] pair of a dict, got {short(pair)}")


def _fixed_from_data(data: Any) -> tuple[tuple[str, Plain], ...]:
    found: list[tuple[str, Plain]] = []
    for pair in data if isinstance(data, list) else [data]:
        match pair:
            case [str() as name, (str() | int() | float() | None) as value]:
                found.append((name, value))
            case _:
                raise XformValueError(f"expected a field and its value, got {short(pair)}")
    return tuple(found)


def leaf_indices(tree: Tree) -> list[int]:
    """The leaf positions of a structure, in the order in which `flatten` meets them."""
    match tree:
        case LeafNode(index):
            return [index]
        case TupleNode(items) | ListNode(items) | NamedTupleNode(children=items):
            return [index for item in items for index in leaf_indices(item)]
        case DictNode(pairs):
            return [index for _, item in pairs for index in leaf_indices(item)]
        case NoneNode():
            return []


def describe(tree: Tree, leaf: Callable[[int], str] = lambda index: "*") -> str:
    """The structure as Python-like text, each leaf written by `leaf`.

    >>> describe(TupleNode((LeafNode(0), NoneNode())))
    '(*, None)'
    """
    match tree:
        case LeafNode(index):
            return leaf(index)
        case TupleNode(items):
            inner = ", ".join(describe(item, leaf) for item in items)
            return f"({inner},)" if len(items) == 1 else f"({inner})"
        case ListNode(items):
            return f"[{', '.join(describe(item, leaf) for item in items)}]"
        case DictNode(pairs):
            return "{" + ", ".join(f"{k!r}: {describe(v, leaf)}" for k, v in pairs) + "}"
        case NoneNode():
            return "None"
        case NamedTupleNode(name, fields, children):
            inner = ", ".join(
                f"{field}={describe(child, leaf)}"
                for field, child in zip(fields, children, strict=True)
            )
            return f"{name}({inner})"


def flatten(tree: Tree, value: Any, path: str = "") -> list[Any]:
    """The leaves of `value`, in order.

    Args:
        tree: the structure that is expected.
        value: nested containers of that structure.
        path: how an error names `value` itself, for example `args[0]`.

    Raises:
        XformValueError: a container has another kind, length or other keys than `tree`.
        XformTypeError: a dict has keys that are neither strings nor ints.

    >>> flatten(DictNode((("w", LeafNode(0)),)), {"w": 1.0})
    [1.0]
    """
    leaves: list[Any] = []
    _flatten_into(leaves, tree, value, path)
    return leaves


def _flatten_into(leaves: list[Any], tree: Tree, value: Any, path: str) -> None:
    match tree:
        case LeafNode():
            if value is None or isinstance(value, tuple | list | Mapping):
                raise _mismatch(path, value, "an array")
            leaves.append(value)
        case TupleNode(items):
            if not isinstance(value, tuple) or hasattr(value, "_fields"):
                raise _mismatch(path, value, f"a tuple of {len(items)}")
            _flatten_items(leaves, items, value, path, "tuple")
        case ListNode(items):
            if not isinstance(value, list):
                raise _mismatch(path, value, f"a list of {len(items)}")
            _flatten_items(leaves, items, value, path, "list")
        case DictNode(pairs):
            _flatten_dict(leaves, pairs, value, path)
        case NoneNode():
            if value is not None:
                raise _mismatch(path, value, "None")
        case NamedTupleNode(name, fields, children, fixed):
            if not _has_fields(value, fields):
                raise _mismatch(path, value, f"a named tuple {name}({', '.join(fields)})")
            for field, wanted in fixed:
                found = getattr(value, field, wanted)
                # By type and sign, which `==` does not look at.
                if type(found) is not type(wanted) or repr(found) != repr(wanted):
                    raise XformValueError(
                        f"{path}.{field} is {found!r}, but the function was compiled for {wanted!r}"
                    )
            for field, child in zip(fields, children, strict=True):
                _flatten_into(leaves, child, getattr(value, field), f"{path}.{field}")


def _has_fields(value: Any, fields: tuple[str, ...]) -> bool:
    if isinstance(value, tuple):
        return getattr(value, "_fields", None) == fields
    return is_dataclass(value) and all(hasattr(value, field) for field in fields)


def _flatten_items(
    leaves: list[Any], items: Sequence[Tree], value: Sequence[Any], path: str, kind: str
) -> None:
    if len(value) != len(items):
        raise XformValueError(
            f"{path or 'value'}: got a {kind} of {len(value)}, expected {len(items)}"
        )
    for position, (item, part) in enumerate(zip(items, value, strict=True)):
        _flatten_into(leaves, item, part, f"{path}[{position}]")


def _flatten_dict(
    leaves: list[Any], pairs: tuple[tuple[str | int, Tree], ...], value: Any, path: str
) -> None:
    if not isinstance(value, Mapping):
        raise _mismatch(path, value, f"a dict with keys {[key for key, _ in pairs]}")
    for key in value:
        if not isinstance(key, str | int) or isinstance(key, bool):
            raise XformTypeError(
                f"{path or 'value'}: dict key {key!r} is a {type(key).__name__}, "
                f"expected a string or an int"
            )
    expected = [key for key, _ in pairs]
    missing = [key for key in expected if key not in value]
    extra = [key for key in value if key not in expected]
    if missing or extra:
        parts = [f"missing keys {missing}"] * bool(missing) + [f"unexpected keys {extra}"] * bool(
            extra
        )
        raise XformValueError(
            f"{path or 'value'}: {' and '.join(parts)}; expected a dict with keys {expected}"
        )
    for key, item in pairs:
        _flatten_into(leaves, item, value[key], f"{path}[{key!r}]")


def unflatten(tree: Tree, leaves: Sequence[Any]) -> Any:
    """Rebuilds a value of structure `tree`; leaf node i takes `leaves[i]`.

    >>> unflatten(ListNode((LeafNode(1), LeafNode(0))), ["a", "b"])
    ['b', 'a']
    """
    match tree:
        case LeafNode(index):
            return leaves[index]
        case TupleNode(items):
            return tuple([unflatten(item, leaves) for item in items])
        case ListNode(items):
            return [unflatten(item, leaves) for item in items]
        case DictNode(pairs):
            return {key: unflatten(item, leaves) for key, item in pairs}
        case NoneNode():
            return None
        case NamedTupleNode(name, fields, children):
            cls = _namedtuple_class(name, fields)
            return cls(*[unflatten(child, leaves) for child in children])


@cache
def _namedtuple_class(name: str, fields: tuple[str, ...]) -> type[Any]:
    return namedtuple(name, fields, rename=True)


def _mismatch(path: str, value: Any, expected: str) -> XformValueError:
    return XformValueError(f"{path or 'value'}: got {short(value)}, expected {expected}")


def short(value: Any) -> str:
    """A few words about a value, for an error message."""
    match value:
        case None:
            return "None"
        case tuple() if hasattr(value, "_fields"):
            return f"a named tuple {type(value).__name__}({', '.join(value._fields)})"
        case tuple() | list():
            return f"a {type(value).__name__} of {len(value)}"
        case Mapping():
            return f"a dict with keys {list(value)[:8]}"
        case str() | int() | float() | bool():
            return f"{value!r}"
    return f"a value of type {type(value).__name__}"
