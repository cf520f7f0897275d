"""What an array's shape and dtype say of its size."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np


class Sizes:
    """The attributes that follow from shape and dtype, for arrays of all kinds."""

    __slots__ = ()

    if TYPE_CHECKING:
        shape: tuple[int, ...]
        dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    @property
    def itemsize(self) -> int:
        """The bytes of one element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self.size * self.dtype.itemsize


__all__ = ["Sizes"]
