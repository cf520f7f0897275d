"""What the shell is told when it completes names; nothing is imported for it that takes long."""

from __future__ import annotations

import ast
from pathlib import Path

import click
from click.shell_completion import CompletionItem

DEVICES = ("cpu", "vulkan", "cuda")


def complete_device(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The devices."""
    return [CompletionItem(name) for name in DEVICES if name.startswith(incomplete)]


def complete_function(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Python files, and behind `file.py:` the functions in it, which is read and not run."""
    file, colon, start = incomplete.partition(":")
    if colon:
        return [
            CompletionItem(f"{file}:{name}") for name in _functions(file) if name.startswith(start)
        ]
    folder = Path(file).parent if "/" in file else Path()
    prefix = file[: file.rfind("/") + 1]
    names = sorted(entry.name + "/" if entry.is_dir() else entry.name for entry in folder.glob("*"))
    return [
        CompletionItem(f"{prefix}{name}{':' if name.endswith('.py') else ''}")
        for name in names
        if f"{prefix}{name}".startswith(file) and name.endswith((".py", "/")) and name[0] != "."
    ]


def _functions(file: str) -> list[str]:
    try:
        tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return []
    return [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


function_argument = click.argument("function", metavar="FUNCTION", shell_complete=complete_function)
