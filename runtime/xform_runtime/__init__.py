"""Loads and calls compiled xform modules; needs NumPy and IREE's runtime, and no compiler.

>>> import xform_runtime
>>> module = xform_runtime.load("model.vmfb")  # doctest: +SKIP
>>> y = module(x)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .arrays import Array, asarray
from .devices import devices
from .errors import (
    DeviceError,
    MissingFileError,
    ModuleFileError,
    XformAttributeError,
    XformError,
    XformIndexError,
    XformRuntimeError,
    XformTypeError,
    XformValueError,
)
from .executable import Executable
from .module import Entry, Module, ModuleInfo, load
from .signature import LeafSpec, Signature

if TYPE_CHECKING:
    from .selftest_report import ResultCheck, SelfTestError, SelfTestReport

# Imported when they are first used.
_OF_SELFTESTS = ("ResultCheck", "SelfTestError", "SelfTestReport")


def __getattr__(name: str) -> Any:
    if name in _OF_SELFTESTS:
        return getattr(import_module(".selftest_report", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_OF_SELFTESTS})


__all__ = [
    "Array",
    "DeviceError",
    "Entry",
    "Executable",
    "LeafSpec",
    "MissingFileError",
    "Module",
    "ModuleFileError",
    "ModuleInfo",
    "ResultCheck",
    "SelfTestError",
    "SelfTestReport",
    "Signature",
    "XformAttributeError",
    "XformError",
    "XformIndexError",
    "XformRuntimeError",
    "XformTypeError",
    "XformValueError",
    "asarray",
    "devices",
    "load",
]
