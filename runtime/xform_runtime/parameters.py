"""Arrays that modules read from an archive of IREE's parameters (.irpa) beside them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .binding import FileHandle, ParameterIndex, create_io_parameters_module
from .devices import vm_instance
from .errors import IREE_ERRORS, ModuleFileError
from .signature import LeafSpec, Signature

_MAGIC = b"IRPA"


class Parameters:
    """The arrays of an archive, by key; a pickle has all of them.

    Args:
        index: IREE's, of the archive.
        origin: its path, or what to call it in an error if it has none.
        content: the archive's bytes, if it is in memory.
    """

    def __init__(self, index: ParameterIndex, origin: str, content: bytes | None = None) -> None:
        self.origin = origin
        self._index: Any = index
        self._content = content

    @staticmethod
    def from_file(path: str) -> Parameters:
        """Those of a file, which is mapped into memory and read where it is used.

        Raises:
            ModuleFileError: it is missing, truncated, or no archive.
        """
        index = ParameterIndex()
        try:
            with Path(path).open("rb") as file:
                start = file.read(len(_MAGIC))
        except OSError as error:
            raise ModuleFileError(f"{path} cannot be read: {error}") from None
        if start != _MAGIC:
            raise ModuleFileError(
                f"{path} is no archive of parameters: it starts with {start!r}, an .irpa starts "
                f"with {_MAGIC!r}"
            )
        try:
            index.load(path, format="irpa")
        except IREE_ERRORS as error:
            raise ModuleFileError(f"{path} is truncated or damaged: {error}") from None
        return Parameters(index, path)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        content = Path(self.origin).read_bytes() if self._content is None else self._content
        return Parameters.from_bytes, (content, self.origin)

    @staticmethod
    def from_bytes(content: bytes, origin: str) -> Parameters:
        """Those of an archive in memory."""
        index = ParameterIndex()
        index.load_from_file_handle(FileHandle.wrap_memory(content), "irpa")
        return Parameters(index, origin, content)

    def module(self) -> Any:
        """IREE's module of functions that give other modules these arrays."""
        return create_io_parameters_module(vm_instance(), self._index.create_provider())

    def sizes(self) -> dict[str, int]:
        """How many bytes the arrays have, by key."""
        return {key: entry.length for key, entry in self._index.items()}

    def check(self, wanted: Iterable[LeafSpec], origin: str) -> None:
        """Checks that all arrays of a module are there.

        Raises:
            ModuleFileError: one is missing, or of another size.
        """
        found = self.sizes()
        for leaf in wanted:
            if found.get(leaf.path) != leaf.nbytes:
                said = "has another size" if leaf.path in found else "is missing"
                raise ModuleFileError(
                    f"{self.origin} is not the file that {origin} was written with: the array "
                    f"{leaf.path} ({leaf}) {said}"
                )


def find_parameters(origin: str, signatures: Iterable[Signature]) -> Parameters:
    """The arrays that a module file needs from a file beside it.

    It is looked for under the name that it was written with, and then under the module's.

    Raises:
        ModuleFileError: it is missing, damaged or another one.
    """
    known = [signature for signature in signatures if signature.weights]
    written = Path(origin).with_name(os.path.basename(known[0].weights_file) or "weights.irpa")
    places = [written, Path(origin).with_suffix(".irpa")]
    found = next((place for place in places if place.exists()), None)
    if found is None:
        raise ModuleFileError(
            f"{origin} reads its weights from {written}, which is not there: it has to lie beside "
            "the module"
        )
    parameters = Parameters.from_file(str(found))
    for signature in known:
        parameters.check(signature.weights, origin)
    return parameters


__all__ = ["Parameters", "find_parameters"]
