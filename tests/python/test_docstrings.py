"""The examples in the docstrings hold."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
import xform
import xform_runtime


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
