"""Write which functions of NumPy's and SciPy's work on traced arrays, and why the others do not.

    python tools/numpy_coverage.py > docs/numpy-coverage.md
    python tools/numpy_coverage.py scipy > docs/scipy-coverage.md

NumPy is asked which of its functions look for an implementation in their arguments, SciPy which
functions it has; xform is asked which of them it implements, what is different in these, and for
the reasons of the others.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

import numpy as np
import scipy.linalg
import xform.numpy  # noqa: F401 - fills the tables
from numpy.testing import overrides
from xform.numpy.uncovered import DIFFERENCES as DIFFERENCES_OF_NUMPYS
from xform.numpy.uncovered import REASONS
from xform.scipy import linalg
from xform.scipy.linalg.uncovered import DIFFERENCES
from xform.scipy.linalg.uncovered import REASONS as REASONS_OF_SCIPYS
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

SCIPY_HEADER = """\
# Which of SciPy's functions can be traced

Written by `tools/numpy_coverage.py`; `make docs` writes it again. These functions are called from
`xform.scipy.linalg`, as SciPy's own take no traced arrays; there they have SciPy's names and
signatures. `overwrite_a` and its like and `check_finite` are taken and have no effect; where SciPy
raises LinAlgError because of the elements, results are infinite or NaN; axes before the ones that a
function speaks of are a batch. `xform.special` has special functions.
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


def section(title: str, entries: Iterable[tuple[str, bool, str]]) -> str:
    """A heading with the number of covered functions, these, and a table of the others."""
    entries = list(entries)
    covered = [f"`{name}`" for name, yes, _ in entries if yes]
    lines = [f"## {title}", "", f"{len(covered)} of {len(entries)} covered.", ""]
    if covered:
        lines += [", ".join(covered) + ".", ""]
    others = ((name, reason) for name, yes, reason in entries if not yes)
    return "\n".join([*lines, *table("not covered", "because", others)])


def table(names: str, text: str, entries: Iterable[tuple[str, str]]) -> list[str]:
    """The lines of a table with the names that have the same text in one row, if there are any."""
    together: dict[str, list[str]] = {}
    for name, said in entries:
        together.setdefault(said, []).append(f"`{name}`")
    if not together:
        return []
    found = [f"| {', '.join(several)} | {said} |" for said, several in together.items()]
    return [f"| {names} | {text} |", "|---|---|", *found, ""]


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
            parts.append(section(f"Functions of {module}", rows(plain)))
            told = (
                (n, DIFFERENCES_OF_NUMPYS[f])
                for n, f in plain.items()
                if f in DIFFERENCES_OF_NUMPYS
            )
            parts.extend(table("covered", "what is different", told))
        if ufuncs:
            parts.append(section(f"Ufuncs of {module}", rows(ufuncs)))
    return "\n".join(parts)


def functions_of_scipy() -> list[str]:
    """The names of all functions of scipy.linalg."""
    names = sorted(scipy.linalg.__all__, key=lambda n: (n.lower(), n))
    found = {name: getattr(scipy.linalg, name) for name in names}
    return [name for name, value in found.items() if inspect.isroutine(value)]


def scipy_page() -> str:
    """The page of SciPy's functions."""
    names = functions_of_scipy()
    entries = [
        (name, name in linalg.__all__, REASONS_OF_SCIPYS.get(name, "not written")) for name in names
    ]
    own = [f"`{name}`" for name in linalg.__all__ if name not in names]
    lines = [
        f"Beyond SciPy's: {', '.join(own)}.",
        "",
        *table("covered", "what is different", DIFFERENCES.items()),
    ]
    return "\n".join([SCIPY_HEADER, section("Functions of scipy.linalg", entries), *lines])


if __name__ == "__main__":
    print(scipy_page() if sys.argv[1:] == ["scipy"] else page(), end="")
