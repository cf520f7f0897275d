"""Dispatch functions in LLVM IR, and libraries of them called as IREE's runtime calls them."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from xform import _codegen

TRIPLE = "x86_64-unknown-unknown-eabi-elf"
PLAIN = {"triple": TRIPLE, "cpu": "x86-64", "features": ""}
"""A processor that has little: no F16C, no SSE 4.1, no FMA."""

STATE = "%state = type { i32, i32, i16, i16, i32, i32, i16, i8, i8, ptr, ptr, ptr }\n"
LLVM = {
    "float16": "half",
    "float32": "float",
    "float64": "double",
    "bfloat16": "bfloat",
    "uint8": "i8",
}


def dispatch(name: str, bindings: int, body: str) -> str:
    """A function whose body finds the bindings as %b0, %b1, ..."""
    loads = "".join(
        f"  %at{i} = getelementptr ptr, ptr %bindings, i64 {i}\n  %b{i} = load ptr, ptr %at{i}\n"
        for i in range(bindings)
    )
    return f"""define i32 @{name}(ptr %environment, ptr %dispatch, ptr %workgroup) {{
entry:
  %field = getelementptr %state, ptr %dispatch, i32 0, i32 10
  %bindings = load ptr, ptr %field
{loads}{body}
}}
"""


def elementwise(name: str, size: int, types: Sequence[str], value: str) -> str:
    """A loop over arrays of the types; `value` makes %y, for the last, of %x0, %x1, ..."""
    *ins, out = (LLVM.get(t, t) for t in types)
    loads = "".join(
        f"  %p{i} = getelementptr {t}, ptr %b{i}, i64 %i\n  %x{i} = load {t}, ptr %p{i}\n"
        for i, t in enumerate(ins)
    )
    body = f"""  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
{loads}{value}
  %p = getelementptr {out}, ptr %b{len(ins)}, i64 %i
  store {out} %y, ptr %p
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, {size}
  br i1 %more, label %loop, label %done
done:
  ret i32 0"""
    return dispatch(name, len(types), body)


class DispatchState(ctypes.Structure):
    _fields_ = [
        ("workgroup_size", ctypes.c_uint32 * 2),
        ("workgroup_size_z", ctypes.c_uint16),
        ("constant_count", ctypes.c_uint16),
        ("workgroup_count", ctypes.c_uint32 * 2),
        ("workgroup_count_z", ctypes.c_uint16),
        ("max_concurrency", ctypes.c_uint8),
        ("binding_count", ctypes.c_uint8),
        ("constants", ctypes.c_void_p),
        ("binding_ptrs", ctypes.c_void_p),
        ("binding_lengths", ctypes.c_void_p),
    ]


class LibraryV0(ctypes.Structure):
    _fields_ = [
        ("header", ctypes.c_void_p),
        ("import_count", ctypes.c_uint32),
        ("import_names", ctypes.c_void_p),
        ("export_count", ctypes.c_uint32),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("attributes", ctypes.POINTER(ctypes.c_uint8 * 64)),
        ("parameters", ctypes.c_void_p),
        ("occupancy", ctypes.c_void_p),
        ("names", ctypes.POINTER(ctypes.c_char_p)),
    ]


FUNCTION = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(DispatchState), ctypes.c_void_p
)


class Loaded:
    """A library that the system's loader has loaded, which asks for no less than IREE's."""

    def __init__(self, library: _codegen.Library) -> None:
        file = os.memfd_create("library")  # stays open: the loader knows libraries by their path
        os.write(file, library.elf)
        query = ctypes.CDLL(f"/proc/self/fd/{file}").iree_hal_executable_library_query
        query.restype = ctypes.POINTER(LibraryV0)
        assert not query(5, None), "of another version it has nothing"
        self.library = query(6, None).contents
        self.names = [self.library.names[i].decode() for i in range(self.library.export_count)]

    def call(self, name: str, *arrays: np.ndarray[Any, Any]) -> None:
        """Calls an entry with the arrays as bindings."""
        pointers = (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
        state = DispatchState(binding_ptrs=ctypes.addressof(pointers))
        function = FUNCTION(self.library.functions[self.names.index(name)])
        assert function(None, ctypes.byref(state), None) == 0


def emit(source: str, entries: dict[str, int], **options: Any) -> _codegen.Library:
    """A library of the entries, given with the number of their bindings."""
    return _codegen.emit_library(
        (STATE + source).encode(),
        entries=[_codegen.Entry(name, bindings) for name, bindings in entries.items()],
        name="test",
        **(PLAIN | options),
    )
