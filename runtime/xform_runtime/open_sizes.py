"""Sizes of arrays that are open until a call: names, what they may be, and checks of calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import XformTypeError, XformValueError


@dataclass(frozen=True, order=True)
class Size:
    """A size that is open until a call; all that have its name are equal.

    Args:
        name: what messages call it.
        minimum: the least that it can be.
        maximum: the most; None for any.
        multiple: what it is a multiple of.

    Raises:
        XformTypeError: the name is no string, or a bound no int.
        XformValueError: an empty name, a negative bound, or bounds that no size keeps to.

    >>> Size("batch", multiple=8)
    size('batch', multiple=8)
    """

    name: str
    minimum: int = 1
    maximum: int | None = None
    multiple: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise XformTypeError(f"size: a name is a string, got {self.name!r}")
        for bound in (self.minimum, self.maximum, self.multiple):
            if bound is not None and (not isinstance(bound, int) or isinstance(bound, bool)):
                raise XformTypeError(f"size {self.name!r}: bounds are ints, got {bound!r}")
        if not self.name:
            raise XformValueError("size: the name is empty")
        if self.minimum < 0 or self.multiple < 1:
            raise XformValueError(
                f"size {self.name!r}: minimum is at least 0 and multiple at least 1, got "
                f"{self.minimum} and {self.multiple}"
            )
        if self.maximum is not None and self.maximum < self.least:
            raise XformValueError(
                f"size {self.name!r}: no multiple of {self.multiple} is from {self.minimum} to "
                f"{self.maximum}"
            )

    @property
    def least(self) -> int:
        """The least multiple that it can be."""
        return -(-self.minimum // self.multiple) * self.multiple

    def check(self, size: int, where: str) -> None:
        """Raises XformValueError if it cannot be `size`."""
        if size < self.minimum:
            raise XformValueError(
                f"{where} is {size}, but {self.name!r} is at least {self.minimum}"
            )
        if self.maximum is not None and size > self.maximum:
            raise XformValueError(f"{where} is {size}, but {self.name!r} is at most {self.maximum}")
        if size % self.multiple:
            raise XformValueError(
                f"{where} is {size}, but {self.name!r} is a multiple of {self.multiple}"
            )

    def __repr__(self) -> str:
        parts = [repr(self.name)]
        if self.minimum != 1:
            parts.append(f"minimum={self.minimum}")
        if self.maximum is not None:
            parts.append(f"maximum={self.maximum}")
        if self.multiple != 1:
            parts.append(f"multiple={self.multiple}")
        return f"size({', '.join(parts)})"


class OpenSizes:
    """The open sizes of an entry point's arguments.

    Args:
        sizes: what they are.
        arguments: for each argument its path, and for each axis the name of its size, "" where it
            is fixed.
    """

    def __init__(
        self, sizes: Iterable[Size], arguments: Iterable[tuple[str, Sequence[str]]]
    ) -> None:
        self._sizes = {size.name: size for size in sizes}
        self._places = [
            (number, axis, name, f"{path}.shape[{axis}]")
            for number, (path, names) in enumerate(arguments)
            for axis, name in enumerate(names)
            if name
        ]

    def check(self, arrays: Sequence[Any]) -> None:
        """Checks the sizes of a call's arguments, whose ranks are right.

        Raises:
            XformValueError: sizes of one name differ, or one is out of its bounds.
        """
        found: dict[str, tuple[int, str]] = {}
        # Sizes without a name are equal to nothing else.
        for number, axis, name, where in self._places:
            size = arrays[number].shape[axis]
            first = found.get(name)
            if first is None:
                self._sizes[name].check(size, where)
                found[name] = (size, where)
            elif first[0] != size:
                raise XformValueError(
                    f"{where} is {size}, but {first[1]}, which is {name!r} as well, is {first[0]}"
                )


def check_sizes(name: str, sizes: OpenSizes, arrays: Sequence[Any]) -> None:
    """`sizes.check`, with the name of what is called in messages."""
    try:
        sizes.check(arrays)
    except XformValueError as error:
        raise XformValueError(f"{name}: {error}") from None


def shape_text(shape: Sequence[int | None], names: Sequence[str]) -> str:
    """A shape with the names of its open sizes.

    >>> shape_text((35, 784), ("batch", ""))
    "('batch', 784)"
    """
    sizes = [_size_text(size, name) for size, name in zip(shape, names, strict=True)]
    return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"


def _size_text(size: int | None, name: str) -> str:
    if name:
        return "?" if name.startswith("?") else repr(name)
    return "?" if size is None else str(size)


__all__ = ["OpenSizes", "Size", "check_sizes", "shape_text"]
