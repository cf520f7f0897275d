"""Every function of NumPy's that asks its arguments is covered, or says that it is not."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_errors import fails
from xform.errors import XformTypeError
from xform.numpy.uncovered import REASONS
from xform.tracing.operations import FUNCTIONS, UFUNCS

ROOT = Path(__file__).resolve().parents[4]


def load_tool() -> Any:
    path = ROOT / "tools" / "numpy_coverage.py"
    spec = importlib.util.spec_from_file_location("numpy_coverage", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = load_tool()
EVERY = {
    f"{module}.{name}": function
    for module in TOOL.MODULES
    for name, function in TOOL.dispatching(module).items()
}
UNCOVERED = [n for n, f in EVERY.items() if f not in FUNCTIONS and f not in UFUNCS]


def test_page_is_current() -> None:
    written = (ROOT / "docs" / "numpy-coverage.md").read_text(encoding="utf-8")
    assert written == TOOL.page(), "run make docs"


def test_at_least_150_functions_are_covered() -> None:
    functions = {f for f in EVERY.values() if not isinstance(f, np.ufunc)}
    assert len(functions & set(FUNCTIONS)) >= 150


def required(function: Callable[..., Any]) -> int:
    """How many arguments a function cannot do without."""
    if isinstance(function, np.ufunc):
        return function.nin
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        return 1
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    count = sum(p.default is p.empty and p.kind in kinds for p in parameters)
    return count or sum(p.kind is p.VAR_POSITIONAL for p in parameters)


# Where traced arrays in place of all arguments would not be taken for arrays.
CALLS: dict[str, Callable[..., Any]] = {
    "numpy.frombuffer": lambda x: np.frombuffer(b"12345678", like=x),
    "numpy.fromfile": lambda x: np.fromfile("file", like=x),
    "numpy.fromfunction": lambda x: np.fromfunction(lambda i: i, (2,), like=x),
    "numpy.fromiter": lambda x: np.fromiter([1.0], float, like=x),
    "numpy.fromstring": lambda x: np.fromstring("1", sep=" ", like=x),
    "numpy.genfromtxt": lambda x: np.genfromtxt([], like=x),
    "numpy.loadtxt": lambda x: np.loadtxt([], like=x),
    "numpy.require": lambda x: np.require(1.0, like=x),
    "numpy.savez": lambda x: np.savez("file", x),
    "numpy.savez_compressed": lambda x: np.savez_compressed("file", name=x),
}


def plain_call(function: Callable[..., Any]) -> Callable[..., Any]:
    count = required(function)
    return lambda x: function(*[x] * count)


@pytest.mark.parametrize("name", UNCOVERED)
def test_uncovered_functions_say_so(name: str) -> None:
    function = EVERY[name]
    call = CALLS.get(name) or plain_call(function)
    fails(call, XformTypeError, function.__name__, REASONS.get(function, "not supported"))
