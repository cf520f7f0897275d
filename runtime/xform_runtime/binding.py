"""IREE's runtime as its native module has it.

The package `iree.runtime` around it takes longer to import than all of this one, and nothing of it
is used here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iree.runtime import _binding as native
else:
    from iree._runtime.libs import _runtime as native

BufferUsage = native.BufferUsage
FileHandle = native.FileHandle
HalBufferView = native.HalBufferView
HalElementType = native.HalElementType
HalFence = native.HalFence
MemoryType = native.MemoryType
ParameterIndex = native.ParameterIndex
VmContext = native.VmContext
VmInstance = native.VmInstance
VmModule = native.VmModule
VmVariantList = native.VmVariantList
create_hal_driver = native.create_hal_driver
create_hal_module = native.create_hal_module
create_io_parameters_module = native.create_io_parameters_module
parse_flags = native.parse_flags

__all__ = [
    "BufferUsage",
    "FileHandle",
    "HalBufferView",
    "HalElementType",
    "HalFence",
    "MemoryType",
    "ParameterIndex",
    "VmContext",
    "VmInstance",
    "VmModule",
    "VmVariantList",
    "create_hal_driver",
    "create_hal_module",
    "create_io_parameters_module",
    "parse_flags",
]
