"""Closed-over arrays that are kept beside modules, in an archive of IREE's parameters (.irpa)."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Literal, TypeAlias

import numpy as np
from iree.runtime import ParameterIndex
from xform_runtime import Array, LeafSpec
from xform_runtime.errors import IREE_ERRORS
from xform_runtime.parameters import Parameters

# Where the arrays are that functions close over.
WeightsPlace: TypeAlias = Literal["inside", "beside"]

_KEY_DIGITS = 32


class Weights:
    """Arrays by keys that follow from what they are, so that equal ones are kept once.

    A module asks for its arrays by these keys. So it finds none in an archive with other numbers.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, np.ndarray[Any, np.dtype[np.uint8]]] = {}

    def add(self, arrays: Sequence[np.ndarray[Any, Any] | Array]) -> tuple[LeafSpec, ...]:
        """Takes arrays in; returns their types, with the keys as `path`."""
        return tuple(self._added(np.asarray(array)) for array in arrays)

    def _added(self, array: np.ndarray[Any, Any]) -> LeafSpec:
        dtype = array.dtype.name
        content = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="), copy=False))
        flat = content.reshape(-1).view(np.uint8)
        digest = sha256(f"{dtype}{list(array.shape)}".encode())
        digest.update(flat.data)
        key = digest.hexdigest()[:_KEY_DIGITS]
        self._arrays.setdefault(key, flat)
        return LeafSpec(key, array.shape, dtype)

    def __len__(self) -> int:
        return len(self._arrays)

    def write(self, path: str) -> None:
        """Writes the archive.

        Raises:
            OSError: it cannot be written.
        """
        try:
            self._index().create_archive_file(path)
        except IREE_ERRORS as error:
            raise OSError(errno.EIO, f"IREE cannot write it: {error}", path) from None

    def as_parameters(self) -> Parameters:
        """The arrays for a module that is called before they are written."""
        return Parameters(self._index(), "the closed-over arrays")

    def _index(self) -> ParameterIndex:
        index = ParameterIndex()
        for key, content in self._arrays.items():
            index.add_buffer(key, content)
        return index


__all__ = ["Weights", "WeightsPlace"]
