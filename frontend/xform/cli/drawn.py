"""Arrays of random numbers in the place of arguments that nobody gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def drawn(dtype: str, shape: Sequence[int], seed: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Normal floats and parts of complex numbers, integers from 0 to 9, or bools by a coin.

    Args:
        dtype: its name.
        shape: of the array.
        seed: of a generator of its own, so that giving one argument does not change the others.
    """
    import numpy as np
    from xform_runtime.dtypes import PARTS, numpy_dtype

    generator = np.random.default_rng(seed)
    if dtype == "bool":
        found: Any = generator.random(shape) < 0.5
    elif "int" in dtype:
        found = generator.integers(0, 10, shape)
    elif dtype in PARTS:
        found = generator.standard_normal((*shape, 2)).view(np.complex128).reshape(tuple(shape))
    else:
        found = generator.standard_normal(shape)
    return np.asarray(found).astype(numpy_dtype(dtype))


__all__ = ["drawn"]
