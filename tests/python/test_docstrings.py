"""The examples in the docstrings hold, and the docstrings are whole sentences."""

from __future__ import annotations

import doctest
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
import xform
import xform_runtime
from xform.numpy.ufunc import Ufunc


def modules() -> list[str]:
    found: list[str] = []
    for package in (xform, xform_runtime):
        found.append(package.__name__)
        prefix = f"{package.__name__}."
        found += [m.name for m in pkgutil.walk_packages(package.__path__, prefix)]
    return [name for name in found if not name.endswith("._xform")]


def examples(module: ModuleType) -> list[doctest.DocTest]:
    return [test for test in doctest.DocTestFinder().find(module) if test.examples]


def marked(name: str) -> Any:
    """The module's name; the examples of one open all devices."""
    return pytest.param(name, marks=[pytest.mark.vulkan] * (name == "xform_runtime.devices"))


@pytest.mark.parametrize("name", [marked(name) for name in modules()])
def test_examples(name: str) -> None:
    module = import_module(name)
    for test in examples(module):
        runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
        report: list[str] = []
        runner.run(test, out=report.append)
        assert not runner.failures, "".join(report)


def test_there_are_examples() -> None:
    count = sum(len(examples(import_module(name))) for name in modules())
    assert count >= 20


# Style ----------------------------------------------------------------------

# Docstrings of primitives are the summaries of the dialect's records, and those of their rules for
# complex numbers are like them: formulas say what they compute.
FORMULAS = ("xform.primitives.generated", "xform.complex_rules")


def scars(text: str | None, *, formulas: bool = False) -> list[str]:
    """What is wrong with a docstring.

    Args:
        text: the docstring, None if there is none.
        formulas: whether the summary may be a formula.
    """
    if not text:
        return ["no docstring"]
    found = []
    first = text.partition("\n")[0]
    if not formulas and not re.match(r"[A-Z`]", first):
        found.append(f"begins with {first[:1]!r}")
    if not first.endswith((".", "?")):
        found.append("no full stop")
    prose = re.sub(r"^\s*(>>>|\.\.\.).*$", "", text, flags=re.MULTILINE)
    found += [repr(match[0]) for match in re.finditer(r"\b([A-Za-z]{2,})\s+\1\b", prose)]
    found += ["an escaped quote"] * bool(re.search(r"\\['\"]", prose))
    found += ["a tab"] * ("\t" in text)
    found += ["trailing white space"] * bool(re.search(r"[ \t]+$", text, re.MULTILINE))
    found += re.findall(r"\b(?:TODO|FIXME|XXX)\b", text)
    return found


def is_own(value: Any) -> bool:
    """Whether something that can have a docstring is of these packages."""
    module = str(getattr(value, "__module__", "")).partition(".")[0]
    documented = inspect.isroutine(value) or inspect.isclass(value)
    return documented and module in {"xform", "xform_runtime"}


def own_text(value: Any) -> str | None:
    """A docstring as it is written, but for the line of the closing quotes; or an inherited one."""
    text = value.__doc__ or inspect.getdoc(value)
    return text and re.sub(r"\n *$", "", text)


def docstrings() -> Iterator[tuple[str, str | None]]:
    """The docstrings of public modules, their functions and classes, and the methods of these."""
    public = (name for name in modules() if "._" not in name)
    for module in map(import_module, public):
        yield module.__name__, module.__doc__
        exported = set(getattr(module, "__all__", ()))
        for name, value in vars(module).items():
            is_here = getattr(value, "__module__", None) == module.__name__
            if name.startswith("_") or not (name in exported or is_here):
                continue
            if isinstance(value, Ufunc):
                yield f"{module.__name__}.{name}", value.__doc__
            elif is_own(value):
                yield f"{module.__name__}.{name}", own_text(value)
                if inspect.isclass(value) and is_here:
                    yield from of_members(value)


def of_members(owner: type) -> Iterator[tuple[str, str | None]]:
    for name, value in vars(owner).items():
        documented = inspect.isroutine(value) or isinstance(value, property | cached_property)
        if not name.startswith("_") and documented:
            yield f"{owner.__module__}.{owner.__name__}.{name}", own_text(value)


def test_no_docstring_has_scars() -> None:
    found = {
        name: wrong
        for name, text in docstrings()
        if (wrong := scars(text, formulas=name.startswith(FORMULAS)))
    }
    assert not found


def test_all_that_is_public_is_read() -> None:
    names = {name for name, _ in docstrings()}
    assert len(names) > 1500
    assert names >= {
        "xform",
        "xform.frontend.jit",
        "xform.numpy.add",
        "xform.numpy.reductions.sum",
        "xform.tracing.array.TracedArray.shape",
        "xform.random.gumbel",
        "xform_runtime.load",
        "xform_runtime.arrays.Array.numpy",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ["no docstring"]),
        ("", ["no docstring"]),
        ("The view\\'s elements.", ["an escaped quote"]),
        ("exp(x) - 1, exact near 0.", ["begins with 'e'"]),
        ("1 / (1 + exp(-x)).", ["begins with '1'"]),
        ("The sum of the elements", ["no full stop"]),
        ("The sum of the\nelements.", ["no full stop"]),
        ("The sum of of the elements.", ["'of of'"]),
        ("The sum.\n\nMore than there are are\nare wanted.", ["'are are'"]),
        ("The sum.\n\nTODO: say of what.", ["TODO"]),
        ("The sum.\n\n\tOf elements.", ["a tab"]),
        ("The sum. ", ["no full stop", "trailing white space"]),
        ("The sum.\n\nOf elements. \nAnd more.", ["trailing white space"]),
    ],
)
def test_scars_are_found(text: str | None, expected: list[str]) -> None:
    assert scars(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The sum.",
        "`x`, as if it were a constant.",
        "Whether it is one?",
        "The sum.\n\n>>> the the\n... it\\'s",
        "A factor l with l l^T = x.",
    ],
)
def test_what_is_well_written_has_none(text: str) -> None:
    assert not scars(text)


def test_formulas_are_for_primitives() -> None:
    assert scars("x + y.", formulas=True) == []
    assert scars("x + y", formulas=True) == ["no full stop"]
