"""Objects that never change, so that a copy would be the same."""

from __future__ import annotations

from typing import Any, Self


class Unchanging:
    """Copies of an instance, deep ones too, are the instance.

    >>> import copy
    >>> whole = Unchanging()
    >>> copy.deepcopy([whole])[0] is whole
    True
    """

    __slots__ = ()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


__all__ = ["Unchanging"]
