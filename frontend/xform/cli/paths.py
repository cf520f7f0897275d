"""How the command line names arguments and the arrays in them: `x`, `params.w`, `rest[0]`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from .failures import CommandError, ExitCode

if TYPE_CHECKING:
    from xform_runtime import Signature
    from xform_runtime.tree import Tree

# The argument's name, or its number, and the keys and numbers inside of it.
Path: TypeAlias = tuple[str | int, ...]

_START: Final = re.compile(r"[^\W\d]\w*|\d+")
_STEP: Final = re.compile(r"\.([^\W\d]\w*|\d+)|\[(-?\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")
_GIVEN: Final = re.compile(
    r"\s*((?:[^\W\d]\w*|\d+)(?:\.\w+|\[-?\d+\]|\['[^']*'\]|\[\"[^\"]*\"\])*)\s*=(?!=)"
)


def parse_path(text: str) -> Path:
    """Reads a path.

    Args:
        text: the name of an argument, then `.key`, `.0`, `[0]` or `['any key']`.

    Raises:
        CommandError: it is none.

    >>> parse_path("params.layers[0]['w']")
    ('params', 'layers', 0, 'w')
    """
    start = _START.match(text)
    steps: list[str | int] = []
    position = 0
    if start is not None:
        steps.append(_key(start.group()))
        position = start.end()
    while position < len(text) and (step := _STEP.match(text, position)):
        name, number, single, double = step.groups()
        if name is not None:
            steps.append(_key(name))
        elif number is not None:
            steps.append(int(number))
        else:
            steps.append(single if single is not None else double)
        position = step.end()
    if not steps or position != len(text):
        raise CommandError(
            ExitCode.USAGE,
            f"{text!r} names no argument: expected a name such as x, params.w, rest[0] or "
            "params['a key']",
        )
    return tuple(steps)


def _key(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


def path_text(path: Sequence[str | int]) -> str:
    """A path as the command line writes it.

    >>> path_text(("params", "layers", 0, "a key"))
    "params.layers[0]['a key']"
    """
    if not path:
        return ""
    parts = [str(path[0])]
    for step in path[1:]:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif step.isidentifier():
            parts.append(f".{step}")
        else:
            parts.append(f"[{step!r}]")
    return "".join(parts)


def split_given(text: str) -> tuple[Path | None, str]:
    """The path of what `--arg` was given, None if it has no name, and the value.

    >>> split_given("x.w = f32[3]"), split_given("f32[3]")
    ((('x', 'w'), 'f32[3]'), (None, 'f32[3]'))
    """
    found = _GIVEN.match(text)
    if found is None:
        return None, text.strip()
    return parse_path(found.group(1)), text[found.end() :].strip()


def argument_paths(signature: Signature) -> list[Path]:
    """The path of each array that an entry point takes, by its number."""
    from xform_runtime.tree import DictNode, TupleNode

    found: list[Path] = [()] * len(signature.args)
    match signature.inputs:
        case DictNode(((_, TupleNode(positional)), (_, DictNode(named)))):
            for i, tree in enumerate(positional):
                name = signature.parameters[i] if signature.parameters else ""
                _walk(tree, parse_path(name) if name else (i,), found)
            for key, tree in named:
                _walk(tree, (key,), found)
    return found


def result_paths(signature: Signature) -> list[Path]:
    """The path of each array that an entry point returns, by its number; () if it is the result."""
    found: list[Path] = [()] * len(signature.results)
    _walk(signature.outputs, (), found)
    return found


def _walk(tree: Tree, path: Path, found: list[Path]) -> None:
    """Writes the paths of the leaves of a tree into a list, by their numbers."""
    from xform_runtime.tree import DictNode, LeafNode, ListNode, NamedTupleNode, TupleNode

    match tree:
        case LeafNode(index):
            found[index] = path
        case TupleNode(items) | ListNode(items):
            for i, item in enumerate(items):
                _walk(item, (*path, i), found)
        case DictNode(pairs):
            for key, item in pairs:
                _walk(item, (*path, key), found)
        case NamedTupleNode(_, fields, children):
            for field, child in zip(fields, children, strict=True):
                _walk(child, (*path, field), found)
