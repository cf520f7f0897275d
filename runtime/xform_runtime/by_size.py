"""Compiled code for open sizes: on one core for small arguments, on all for large ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np

from .arrays import Array
from .executable import Executable
from .image import ModuleImage
from .signature import Signature
from .unchanging import Unchanging

# Measured: to hand a call's kernels to other cores costs as much as so many additions.
_SHARED_WORK: Final = 10_000_000


class ExecutableBySize(Unchanging):
    """An entry point of a module with open sizes; used as an `Executable`.

    Args:
        image: the module's.
        signature: the entry's.

    Raises:
        DeviceError: as `Executable`.
    """

    def __init__(self, image: ModuleImage, signature: Signature) -> None:
        self._image = image
        self._signature = signature
        self._sizes = signature.open_sizes()
        self._at_sample = math.prod(signature.sample)
        self._on_one = Executable(image, signature.device)

    @cached_property
    def _on_all(self) -> Executable:
        return Executable(self._image, self._signature.device, work=_SHARED_WORK)

    @property
    def device(self) -> str:
        """The device's name."""
        return self._on_one.device

    def invoke(self, entry: str, args: Sequence[Array | np.ndarray[Any, Any]]) -> list[Array]:
        """As `Executable.invoke`."""
        size = 1 if self._sizes is None else self._sizes.product(args)
        work = self._signature.work * size / self._at_sample
        is_large = work >= _SHARED_WORK and self.device == "cpu"
        return (self._on_all if is_large else self._on_one).invoke(entry, args)

    def hold(
        self, entry: str, args: Sequence[Array | np.ndarray[Any, Any]]
    ) -> list[Array | np.ndarray[Any, Any]]:
        """As `Executable.hold`."""
        return self._on_one.hold(entry, args)

    def apart(self, entry: str, results: list[Array], kept: Sequence[Array]) -> list[Array]:
        """As `Executable.apart`."""
        return self._on_one.apart(entry, results, kept)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return ExecutableBySize, (self._image, self._signature)


def executable_of(image: ModuleImage, signature: Signature) -> Executable | ExecutableBySize:
    """What calls an entry point of a module."""
    if signature.sizes:
        return ExecutableBySize(image, signature)
    is_shared = image.is_shared(signature)
    return Executable(image, signature.device, work=signature.work, is_shared=is_shared)


__all__ = ["ExecutableBySize", "executable_of"]
