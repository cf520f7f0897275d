"""What the bytes of a module file are: host code, machine code, constants and self-tests."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from .archive import read_members
from .callees import CALLEES_FOLDER
from .selftest import SELFTEST_FOLDER

# IREE's name for the bytecode that calls the machine code, and its ending for constants.
_HOST_MEMBER = "module.fb"
_CONSTANTS_ENDING = ".bin"

_ELF_MAGIC = b"\x7fELF\x02\x01"
_ELF_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_ELF_SECTION = struct.Struct("<IIQQQQIIQQ")
_IN_MEMORY, _EXECUTABLE, _WRITABLE = 2, 4, 1
_PROGRAM_DATA = 1


@dataclass(frozen=True)
class Contents:
    """Bytes of a module file, with those of the modules that it calls.

    Args:
        total: all of them.
        host: of the bytecode that allocates memory and calls the machine code; it has small
            constants of IREE's in it.
        code: of the device's code: shared objects for CPUs but for their constants, SPIR-V, PTX.
        constants: of arrays that the program has in it.
        selftests: of the inputs and results that the module is tested with.
    """

    total: int
    host: int
    code: int
    constants: int
    selftests: int = 0


def read_contents(data: bytes | memoryview) -> Contents:
    """What a module that `ModuleImage` has accepted is made of.

    Args:
        data: the bytes of the .vmfb.
    """
    host = code = constants = selftests = 0
    for name, body in read_members(data).items():
        if name == _HOST_MEMBER:
            host += len(body)
        elif name.startswith(SELFTEST_FOLDER):
            selftests += len(body)
        elif name.startswith(CALLEES_FOLDER):
            callee = read_contents(body)
            host, code = host + callee.host, code + callee.code
            constants, selftests = constants + callee.constants, selftests + callee.selftests
        elif name.endswith(_CONSTANTS_ENDING):
            constants += len(body)
        else:
            inside = sum(_constant_sections(body))
            code, constants = code + len(body) - inside, constants + inside
    return Contents(len(data), host, code, constants, selftests)


def _constant_sections(body: memoryview) -> Iterator[int]:
    """The sizes of the sections of a shared object that hold constants; none of anything else."""
    if bytes(body[: len(_ELF_MAGIC)]) != _ELF_MAGIC or len(body) < _ELF_HEADER.size:
        return
    _, _, _, _, _, _, start, _, _, _, _, size, count, _ = _ELF_HEADER.unpack_from(body)
    for i in range(count):
        offset = start + i * size
        if offset + _ELF_SECTION.size > len(body):
            return
        _, kind, flags, _, _, length, *_ = _ELF_SECTION.unpack_from(body, offset)
        if kind == _PROGRAM_DATA and flags & (_IN_MEMORY | _EXECUTABLE | _WRITABLE) == _IN_MEMORY:
            yield length


__all__ = ["Contents", "read_contents"]
