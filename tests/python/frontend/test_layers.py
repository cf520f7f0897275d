"""Modules import downwards only: the frontend's by the layers below, the dialect nothing above it.

Imports within functions count, as they are no way around the order; those for types only do not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path

import pytest
import xform

ROOT = Path(xform.__file__).parent
DIALECT = Path(__file__).parents[3] / "dialect"

# From the lowest to the highest. A name stands for a module, or for all modules of a package that
# are not named themselves.
LAYERS: dict[str, Sequence[str]] = {
    "what knows of no program": (
        "source", "errors", "family", "files", "folders", "identity", "knobs", "pickling",
        "pytrees", "runtime", "tree", "units",
    ),
    "compilers": ("compiling", "iree"),
    "tracing": ("tracing",),
    "explanations": ("explanation",),
    "traced programs to compiled ones": (
        "compiling.build", "compiling.lowered", "compiling.selftests", "compiling.signatures",
        "compiling.direct", "compiling.saving", "compiling.shown", "compiling.split",
    ),
    "primitives": ("primitives",),
    "primitives on complex numbers": ("complex_rules",),
    "transforms": ("sparse", "transforms"),
    "NumPy's functions": ("numpy",),
    "functions beyond NumPy's": ("nn", "random", "scipy", "signal", "special"),
    "checks of functions": ("verification",),
    "the public face": ("export", "frontend"),
    "the command line": ("cli", "__main__"),
}  # fmt: skip

Graph = Mapping[str, Set[str]]


def _is_for_types(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def _imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """All imports, at whatever depth, that are not for types only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif not _is_for_types(node):
            yield from _imports(node)


def imported(source: str, package: str, modules: Set[str]) -> set[str]:
    """Which of `modules` a source imports.

    Args:
        source: of a module.
        package: what it is in, or itself if it is a package.
        modules: the names that count.

    Returns:
        The modules, and the packages that Python loads for the sake of what is inside.
    """
    found: set[str] = set()
    for node in _imports(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            parts = package.split(".") if node.level else []
            base = [*parts[: len(parts) + 1 - node.level], *filter(None, [node.module])]
            inside = [".".join([*base, alias.name]) for alias in node.names]
            names = [name if name in modules else ".".join(base) for name in inside]
        found.update(names)
    for name in [*found]:
        parts = name.split(".")
        found.update(".".join(parts[:i]) for i in range(1, len(parts)))
    # The packages around a module are being loaded already.
    around = package.split(".")
    return (found - {".".join(around[: i + 1]) for i in range(len(around))}) & modules


def read_modules(root: Path) -> dict[str, set[str]]:
    """What each module of a package imports of it, by names such as `xform.numpy.views`."""
    files: dict[str, Path] = {}
    for path in root.rglob("*.py"):
        parts = path.relative_to(root.parent).with_suffix("").parts
        files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    modules = set(files)
    return {
        name: imported(
            path.read_text(),
            name if path.name == "__init__.py" else name.rpartition(".")[0],
            modules,
        )
        for name, path in files.items()
    }


def find_cycle(graph: Graph) -> list[str]:
    """Modules each of which imports the next one, and the last one the first; empty if none do."""
    done: set[str] = set()

    def search(name: str, path: list[str]) -> list[str]:
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return []
        for target in sorted(graph[name]):
            if cycle := search(target, [*path, name]):
                return cycle
        done.add(name)
        return []

    return next((cycle for name in sorted(graph) if (cycle := search(name, []))), [])


def layer_of(module: str, layers: Mapping[str, Sequence[str]]) -> int | None:
    """The number of the layer that names a module or, of the packages around it, the closest."""
    number_of = {name: i for i, names in enumerate(layers.values()) for name in names}
    name = module.partition(".")[2]
    while name:
        if name in number_of:
            return number_of[name]
        name = name.rpartition(".")[0]
    return None


def upward(graph: Graph, layers: Mapping[str, Sequence[str]]) -> list[str]:
    """The imports from a layer to one above it."""
    titles = [*layers]
    found = []
    for module in sorted(graph):
        here = layer_of(module, layers)
        for target in sorted(graph[module]):
            there = layer_of(target, layers)
            if here is not None and there is not None and there > here:
                found.append(f"{module} ({titles[here]}) imports {target} ({titles[there]})")
    return found


@pytest.fixture(scope="module")
def graph() -> Graph:
    return read_modules(ROOT)


def test_every_module_has_a_layer(graph: Graph) -> None:
    assert len(graph) > 150
    assert [name for name in graph if layer_of(name, LAYERS) is None] == ["xform"]
    assert not graph["xform"]
    named = {name for names in LAYERS.values() for name in names}
    assert named <= {name.partition(".")[2] for name in graph}


def test_layers_hold(graph: Graph) -> None:
    assert upward(graph, LAYERS) == []


def test_no_module_imports_itself_by_way_of_others(graph: Graph) -> None:
    assert find_cycle(graph) == []


def test_a_cycle_is_found(graph: Graph) -> None:
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": set(), "d": {"a"}}) == []
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == ["b", "c"]
    one_more = {**graph, "xform.tracing.array": {*graph["xform.tracing.array"], "xform.numpy"}}
    assert "xform.numpy" in find_cycle(one_more)
    assert upward(one_more, LAYERS) == [
        "xform.tracing.array (tracing) imports xform.numpy (NumPy's functions)"
    ]


def test_a_named_module_goes_before_its_package() -> None:
    layers = {"low": ("a",), "middle": ("b",), "high": ("a.x",)}
    assert [layer_of(f"p.{name}", layers) for name in ("a", "a.y", "b", "a.x", "c")] == [
        0, 0, 1, 2, None,
    ]  # fmt: skip
    assert upward({"p.a.y": {"p.a.x"}, "p.a.x": {"p.b"}}, layers) == [
        "p.a.y (low) imports p.a.x (high)"
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from . import views", {"p.numpy.views"}),
        ("from .views import write", {"p.numpy.views"}),
        ("from ..tracing import array", {"p.tracing", "p.tracing.array"}),
        ("import p.tracing.array", {"p.tracing", "p.tracing.array"}),
        ("import numpy\nfrom numpy import views", set()),
        ("def f():\n    from .views import write", {"p.numpy.views"}),
        ("if TYPE_CHECKING:\n    from .views import View", set()),
        ("class A:\n    if X:\n        from . import views", {"p.numpy.views"}),
    ],
)
def test_imports_are_read(source: str, expected: set[str]) -> None:
    modules = {"p", "p.numpy", "p.numpy.views", "p.tracing", "p.tracing.array"}
    assert imported(source, "p.numpy", modules) == expected


def _included(text: str) -> list[str]:
    """The headers, and TableGen's files, of this project that a file includes."""
    return re.findall(r'^#?include "(\w+)/[^"]+"', text, re.MULTILINE)


def test_the_dialect_includes_nothing_above_it() -> None:
    assert _included('#include "lowering/A.h"\ninclude "dialect/B.td"\n') == ["lowering", "dialect"]
    files = [f for f in DIALECT.iterdir() if f.suffix in (".cpp", ".h", ".td")]
    assert len(files) > 50
    found = {f.name: _included(f.read_text()) for f in files}
    assert not {name: i for name, i in found.items() if {"lowering", "frontend"} & {*i}}
