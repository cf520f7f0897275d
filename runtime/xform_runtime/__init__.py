"""Loads and calls compiled xform modules; needs NumPy and IREE's runtime, and no compiler.

>>> import xform_runtime
>>> module = xform_runtime.load("model.vmfb")  # doctest: +SKIP
>>> y = module(x)  # doctest: +SKIP
"""

from .arrays import Array, asarray
from .devices import devices
from .errors import (
    DeviceError,
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
from .selftest_report import ResultCheck, SelfTestError, SelfTestReport
from .signature import LeafSpec, Signature

__all__ = [
    "Array",
    "DeviceError",
    "Entry",
    "Executable",
    "LeafSpec",
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
