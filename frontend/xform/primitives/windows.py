"""Where the windows lie of convolutions, and of reductions of each window.

The windows run over the last axes of an array, as many as `strides` has entries. Along each of
these, `low` and `high` elements come before and after the array's own (negative: some are cut),
`base_dilation - 1` between them, and window s reads the elements s * stride + k * window_dilation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .emission import ints

if TYPE_CHECKING:
    from .._xform import Attribute


@dataclass(frozen=True)
class Windows:
    """Where windows lie; one entry in each list for each axis they run over.

    Attributes:
        strides: from one window to the next.
        low: how many elements come before those of the array.
        high: how many come after.
        base_dilation: from one of the array's elements to the next.
        window_dilation: from one of the window's elements to the next.
    """

    strides: Sequence[int]
    low: Sequence[int]
    high: Sequence[int]
    base_dilation: Sequence[int]
    window_dilation: Sequence[int]

    @property
    def attributes(self) -> dict[str, Attribute]:
        """The attributes of an operation with windows."""
        return {
            "strides": ints(self.strides),
            "low": ints(self.low),
            "high": ints(self.high),
            "base_dilation": ints(self.base_dilation),
            "window_dilation": ints(self.window_dilation),
        }


__all__ = ["Windows"]
