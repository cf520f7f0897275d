"""What `x.shape` gives where sizes are open: ints that know what they stand for.

A function is traced for some sizes. What it computes with them is followed; what it decides by them
would hold for these alone, so a decision that could be another one is refused at its line.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeAlias

from xform_runtime.open_sizes import Size

from ..errors import XformValueError, at_user_line
from ..source import is_internal

OpenSizes: TypeAlias = Mapping[int, Size]
"""The open sizes of what is traced, by the numbers that stand for them."""

_current: ContextVar[OpenSizes] = ContextVar("open_sizes")
_NONE: Final[OpenSizes] = {}


@contextmanager
def standing_for(sizes: OpenSizes) -> Iterator[None]:
    """Traces with sizes that stand for open ones."""
    token = _current.set(sizes)
    try:
        yield
    finally:
        _current.reset(token)


def current_sizes() -> OpenSizes:
    """The open sizes of what is being traced; empty if there are none."""
    return _current.get(_NONE)


def open_shape(shape: tuple[int, ...], sizes: OpenSizes) -> tuple[int, ...]:
    """A shape whose sizes know which open size they stand for."""
    if sizes.keys().isdisjoint(shape):
        return shape
    return tuple(OpenSize(n, sizes[n]) if n in sizes else n for n in shape)


class OpenSize(int):
    """A number that stands for an open size.

    >>> n = OpenSize(157, Size("n", minimum=2))
    >>> n + 1, n > 1, n == 0
    (158, True, False)
    >>> n > 100  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    xform_runtime.errors.XformValueError: whether 'n' > 100 is open, and ...

    Args:
        value: the number.
        size: what it stands for.
    """

    _size: Size

    def __new__(cls, value: int, size: Size) -> OpenSize:  # noqa: D102
        made = super().__new__(cls, value)
        made._size = size
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return OpenSize, (int(self), self._size)

    __hash__ = int.__hash__


def _comparison(name: str, sign: str) -> Callable[[OpenSize, Any], Any]:
    compare = getattr(operator, name)
    plain = getattr(int, f"__{name}__")

    def decide(self: OpenSize, other: Any) -> Any:
        found = plain(self, other)
        if found is NotImplemented or is_internal(sys._getframe(1).f_code.co_filename):
            return found
        size = self._size
        if isinstance(other, OpenSize) and other._size == size:
            return found
        if isinstance(other, OpenSize) or not _is_decided(size, compare, int(other)):
            said = repr(other._size.name) if isinstance(other, OpenSize) else str(other)
            raise XformValueError(
                at_user_line(
                    f"whether {size.name!r} {sign} {said} is open, and what is computed may depend "
                    f"on it: give size({size.name!r}, minimum=..., maximum=...) bounds that decide "
                    "it, or compare int(...) of it where it makes no difference"
                )
            )
        return found

    return decide


def _is_decided(size: Size, compare: Callable[[int, int], bool], other: int) -> bool:
    """Whether a comparison has one answer for all that a size can be."""
    if size.maximum is None:
        # From one above what it is compared with, nothing changes any more.
        most = max(size.least, other + 1)
        tried = {size.least, most, *(n for n in (other,) if n >= size.least)}
    else:
        tried = {size.least, size.maximum - size.maximum % size.multiple}
        tried |= {n for n in (other,) if size.least <= n <= size.maximum}
    answers = {compare(n, other) for n in tried if n % size.multiple == 0 or n != other}
    return len(answers) == 1


for _name, _sign in (
    ("eq", "=="),
    ("ne", "!="),
    ("lt", "<"),
    ("le", "<="),
    ("gt", ">"),
    ("ge", ">="),
):
    setattr(OpenSize, f"__{_name}__", _comparison(_name, _sign))
