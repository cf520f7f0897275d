"""Every function of scipy.linalg is covered or missing with its reason, and the page says which."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path
from typing import Any

import pytest
from scipy import linalg as scipy_linalg
from scipy._lib import deprecation
from xform.scipy import linalg
from xform.scipy.linalg.uncovered import DIFFERENCES, REASONS

# What SciPy gives as the default of parameters that will go.
DEPRECATED = deprecation._NoValue
ROOT = Path(__file__).resolve().parents[4]


def load_tool() -> Any:
    path = ROOT / "tools" / "numpy_coverage.py"
    spec = importlib.util.spec_from_file_location("numpy_coverage", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = load_tool()
EVERY = TOOL.functions_of_scipy()
COVERED = [name for name in EVERY if name in linalg.__all__]


def test_page_is_current() -> None:
    written = (ROOT / "docs" / "scipy-coverage.md").read_text(encoding="utf-8")
    assert written == TOOL.scipy_page(), "run make docs"


def test_the_reasons_are_of_what_is_not_covered() -> None:
    assert len(COVERED) >= 30
    assert REASONS.keys() <= set(EVERY) - set(COVERED)
    assert DIFFERENCES.keys() <= set(COVERED)


@pytest.mark.parametrize("name", COVERED)
def test_signatures_are_scipys(name: str) -> None:
    """Names, order, kinds and defaults of parameters, but for those that SciPy deprecates."""
    ours = inspect.signature(getattr(linalg, name)).parameters.values()
    theirs = inspect.signature(getattr(scipy_linalg, name)).parameters.values()
    assert [(p.name, p.kind, p.default) for p in ours] == [
        (p.name, p.kind, p.default) for p in theirs if p.default is not DEPRECATED
    ]


def test_what_is_not_covered_says_why() -> None:
    with pytest.raises(AttributeError, match="'dft': its result is complex"):
        linalg.dft  # noqa: B018
    with pytest.raises(AttributeError, match=r"did you mean .*toeplitz"):
        linalg.toplitz  # noqa: B018
    for name in linalg.__all__:
        assert callable(getattr(linalg, name))
