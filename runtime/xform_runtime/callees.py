"""Modules that other modules call: their names, and where a file has them.

IREE finds a function that a module imports by the names of module and function, among the modules
that are in the context already. All modules are called "module" when they are compiled. So one that
is called gets a name that follows from its bytes, of the same length, and is a member of the archive
of the module that calls it: a file of its own, which other programs of IREE's can load too.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from .archive import bytecode_start, with_bytecode
from .errors import ModuleFileError

if TYPE_CHECKING:
    from .image import ModuleImage

CALLEES_FOLDER: Final = "callees/"

# A name takes the place of "module".
_NAME_LENGTH: Final = len("module")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

# Flatbuffers: offsets of four bytes, tables of fields that begin with what a field's place is in.
_OFFSET: Final = struct.Struct("<I")
_TABLE_START: Final = struct.Struct("<i")
_PLACE: Final = struct.Struct("<H")
_FIRST_FIELD: Final = 4


def name_of(content: memoryview) -> str:
    """The name under which others call a module of these bytes."""
    from hashlib import sha256

    number = int.from_bytes(sha256(content).digest(), "big")
    letters = []
    for _ in range(_NAME_LENGTH):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "".join(letters)


def content_named(image: ModuleImage, name: str) -> bytearray:
    """The bytes of a module under another name.

    Args:
        image: of the module.
        name: as `name_of` says.

    Raises:
        ModuleFileError: the module is not called as compilers of xform call theirs.
    """
    try:
        place = _name_place(image.content)
        old = bytes(image.content[place : place + _NAME_LENGTH])
    except struct.error:
        old = b""
    if image.vm_module.name.encode() != old:
        raise ModuleFileError(
            f"{image.origin} cannot be called by another module: its name "
            f"{image.vm_module.name!r} has another length or place than compilers of xform give it"
        )
    return with_bytecode(image.content, place, name.encode())


def _name_place(content: memoryview) -> int:
    """Where the name is, which is the first field of the table that bytecode begins with."""
    # Behind the size of all that follows.
    base = bytecode_start(content) + _OFFSET.size
    table = base + _OFFSET.unpack_from(content, base)[0]
    places = table - _TABLE_START.unpack_from(content, table)[0]
    field = table + _PLACE.unpack_from(content, places + _FIRST_FIELD)[0]
    # Behind the length.
    place: int = field + _OFFSET.unpack_from(content, field)[0] + _OFFSET.size
    return place


def member_of(name: str) -> str:
    """What a callee's file is called in the archive of what calls it."""
    return f"{CALLEES_FOLDER}{name}.vmfb"


__all__ = ["CALLEES_FOLDER", "content_named", "member_of", "name_of"]
