"""The container around a compiled module: a ZIP archive whose first member is the bytecode.

IREE maps a module and follows the offsets in it, so a damaged file could end the process. The
checksums that the archive carries are cheap to verify first, and cover every byte that is used.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

from .errors import ModuleFileError, XformValueError

if TYPE_CHECKING:
    import zipfile

_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_LOCAL_MAGIC = b"PK\x03\x04"
_CENTRAL_HEADER = struct.Struct("<4s6H3I5H2I")
# Where a checksum is in these.
_LOCAL_CRC, _CENTRAL_CRC = 14, 16
_CRC = struct.Struct("<I")
_BYTECODE_MEMBER = "module.fb"


class _View(io.RawIOBase):
    """A read-only file over a buffer, so that `zipfile` reads the directory without a copy."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: len(self._data)}[whence]
        if start + offset < 0:
            raise OSError("seek before the start of the file")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        end = len(self._data) if size is None or size < 0 else self._position + size
        chunk = bytes(self._data[self._position : end])
        self._position += len(chunk)
        return chunk


def check_archive(data: bytes | memoryview, origin: str) -> list[str]:
    """Checks that `data` is a whole, undamaged module archive.

    Args:
        data: the bytes of a .vmfb.
        origin: what to call it in an error, for example its path.

    Returns:
        The names of what is in it.

    Raises:
        ModuleFileError: it is empty, truncated, damaged or something else.
    """
    import zipfile

    view = memoryview(data).cast("B")
    if len(view) == 0:
        raise ModuleFileError(f"{origin} is empty: expected a compiled module (.vmfb)")
    if bytes(view[:4]) != _LOCAL_MAGIC:
        raise ModuleFileError(
            f"{origin} is not a compiled module: it starts with {bytes(view[:4])!r}, "
            f"a .vmfb starts with {_LOCAL_MAGIC!r}"
        )
    try:
        with zipfile.ZipFile(_View(view)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, struct.error, NotImplementedError) as error:
        raise ModuleFileError(f"{origin} is truncated or damaged: {error}") from None
    members.sort(key=lambda member: member.header_offset)
    if not members or members[0].filename != _BYTECODE_MEMBER or members[0].header_offset != 0:
        raise ModuleFileError(
            f"{origin} is a ZIP archive but not a compiled module: "
            f"its first member is not {_BYTECODE_MEMBER!r}"
        )
    for member in members:
        _check_member(view, member, origin)
    return [member.filename for member in members]


def bytecode_start(data: bytes | memoryview) -> int:
    """Where the bytecode of an archive begins that `check_archive` has found to be whole."""
    *_, name_length, extra_length = _LOCAL_HEADER.unpack_from(data, 0)
    return int(_LOCAL_HEADER.size + name_length + extra_length)


def with_bytecode(data: bytes | memoryview, place: int, new: bytes) -> bytearray:
    """The archive with other bytes in its bytecode, and the checksums that belong to them.

    Args:
        data: an archive that `check_archive` has found to be whole.
        place: where they are in it.
        new: as many as they take the place of.
    """
    import zipfile

    changed = bytearray(data)
    changed[place : place + len(new)] = new
    with zipfile.ZipFile(_View(memoryview(data).cast("B"))) as archive:
        central = archive.start_dir
        size = archive.getinfo(_BYTECODE_MEMBER).file_size
    start = bytecode_start(data)
    crc = zlib.crc32(memoryview(changed)[start : start + size])
    _CRC.pack_into(changed, _LOCAL_CRC, crc)
    wanted = _BYTECODE_MEMBER.encode()
    while True:
        name_length, *others = _CENTRAL_HEADER.unpack_from(data, central)[10:13]
        name = central + _CENTRAL_HEADER.size
        if bytes(changed[name : name + name_length]) == wanted:
            break
        central = name + name_length + sum(others)
    _CRC.pack_into(changed, central + _CENTRAL_CRC, crc)
    return changed


def read_members(data: bytes | memoryview) -> dict[str, memoryview]:
    """What is in an archive that `check_archive` has found to be whole, by its name there."""
    import zipfile

    view = memoryview(data).cast("B")
    with zipfile.ZipFile(_View(view)) as archive:
        members = archive.infolist()
    found = {}
    for member in members:
        *_, name_length, extra_length = _LOCAL_HEADER.unpack_from(view, member.header_offset)
        start = member.header_offset + _LOCAL_HEADER.size + name_length + extra_length
        found[member.filename] = view[start : start + member.file_size]
    return found


def with_member(data: bytes | memoryview, name: str, body: bytes | bytearray) -> bytes:
    """The archive with one more member behind the others, which stay where and what they are.

    Args:
        data: an archive that `check_archive` has found to be whole.
        name: of the member.
        body: its bytes; equal ones make equal archives.

    Raises:
        XformValueError: there is a member of that name.
    """
    import zipfile

    file = io.BytesIO()
    file.write(data)
    with zipfile.ZipFile(file, "a") as archive:
        if name in archive.namelist():
            raise XformValueError(f"the module has a member {name!r} already")
        # A date of its own would make each file another one.
        archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), body)
    return file.getvalue()


def _check_member(view: memoryview, member: zipfile.ZipInfo, origin: str) -> None:
    damaged = ModuleFileError(f"{origin} is damaged: bad checksum in member {member.filename!r}")
    start = member.header_offset + _LOCAL_HEADER.size
    if start > len(view):
        raise damaged
    fields = _LOCAL_HEADER.unpack_from(view, member.header_offset)
    magic, method, crc, packed, size, name_length, extra_length = (
        fields[0],
        fields[3],
        *fields[6:],
    )
    name = bytes(view[start : start + name_length])
    extra = bytes(view[start + name_length : start + name_length + extra_length])
    if packed == 0xFFFFFFFF and size == 0xFFFFFFFF:
        size, packed = _zip64_sizes(extra)
    expected = (_LOCAL_MAGIC, 0, member.CRC, member.file_size, member.file_size)
    if (magic, method, crc, packed, size) != expected or name != member.orig_filename.encode():
        raise damaged
    body_start = start + name_length + extra_length
    body = view[body_start : body_start + member.file_size]
    if len(body) != member.file_size or zlib.crc32(body) != member.CRC:
        raise damaged


def _zip64_sizes(extra: bytes) -> tuple[int, int]:
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind == 1 and length >= 16 and position + 20 <= len(extra):
            size, packed = struct.unpack_from("<QQ", extra, position + 4)
            return int(size), int(packed)
        position += 4 + length
    return -1, -1
