"""Write docs/numpy-coverage.md: which of NumPy's functions work on traced arrays, and why not.

    python tools/numpy_coverage.py > docs/numpy-coverage.md

NumPy is asked which of its functions look for an implementation in their arguments; xform is asked
which of them it implements, and for the reasons of the others.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np
import xform.numpy  # noqa: F401 - fills the tables
from numpy.testing import overrides
from xform.numpy.uncovered import REASONS
from xform.tracing.operations import FUNCTIONS, UFUNCS

MODULES = (
    "numpy",
    "numpy.linalg",
    "numpy.fft",
    "numpy.lib.stride_tricks",
    "numpy.lib.scimath",
    "numpy.lib.recfunctions",
    "numpy.strings",
    "numpy.char",
)

HEADER = """\
# Which of NumPy's functions can be traced

Written by `tools/numpy_coverage.py`; `make docs` writes it again. NumPy's functions and ufuncs ask
their arguments for an implementation; these are all that do, and whether a traced array has one.
What is not covered raises `TypeError` with the function's name and, if there is one, the reason; on
concrete arrays it is NumPy's as ever.
"""


def asks(value: Callable[..., Any]) -> bool:
    """Whether a function of NumPy's lets its arguments, or `like`, carry it out."""
    if isinstance(value, np.ufunc) or value in overrides.get_overridable_numpy_array_functions():
        return True
    try:
        return "like" in inspect.signature(value).parameters
    except ValueError:
        return False


def dispatching(module: str) -> dict[str, Callable[..., Any]]:
    """A module's public functions and ufuncs that ask their arguments, without second names."""
    space = import_module(module)
    found: dict[str, Callable[..., Any]] = {}
    known: set[Any] = set()
    for name in sorted(dir(space), key=lambda n: (n.lower(), n)):
        value = getattr(space, name)
        if name.startswith("_") or not callable(value) or isinstance(value, type):
            continue
        if not asks(value) or value in known:
            continue
        if value.__name__ == name or not hasattr(space, value.__name__):
            found[name] = value
            known.add(value)
    return found


def rows(functions: dict[str, Callable[..., Any]]) -> Iterator[tuple[str, bool, str]]:
    """Name, whether it is covered, and why it is not."""
    for name, function in functions.items():
        covered = function in FUNCTIONS or function in UFUNCS
        yield name, covered, "" if covered else REASONS.get(function, "not written")


def section(title: str, functions: dict[str, Callable[..., Any]]) -> str:
    """A heading with the number of covered functions, these, and a table of the others."""
    entries = list(rows(functions))
    covered = [f"`{name}`" for name, yes, _ in entries if yes]
    lines = [f"## {title}", "", f"{len(covered)} of {len(entries)} covered.", ""]
    if covered:
        lines += [", ".join(covered) + ".", ""]
    reasons: dict[str, list[str]] = {}
    for name, yes, reason in entries:
        if not yes:
            reasons.setdefault(reason, []).append(f"`{name}`")
    if reasons:
        lines += ["| not covered | because |", "|---|---|"]
        lines += [f"| {', '.join(names)} | {reason} |" for reason, names in reasons.items()]
        lines.append("")
    return "\n".join(lines)


def page() -> str:
    """The whole page."""
    parts = [HEADER]
    seen: set[Any] = set()
    for module in MODULES:
        functions = {n: f for n, f in dispatching(module).items() if f not in seen}
        seen.update(functions.values())
        plain = {n: f for n, f in functions.items() if not isinstance(f, np.ufunc)}
        ufuncs = {n: f for n, f in functions.items() if isinstance(f, np.ufunc)}
        if plain:
            parts.append(section(f"Functions of {module}", plain))
        if ufuncs:
            parts.append(section(f"Ufuncs of {module}", ufuncs))
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")
