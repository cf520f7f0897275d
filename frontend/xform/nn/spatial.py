"""Arguments that convolutions and pools share: one number, or one for each spatial axis."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, TypeAlias

from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing.array import TracedArray

Sizes: TypeAlias = int | Sequence[int]


def per_axis(value: Any, rank: int, name: str, least: int) -> list[int]:
    """One int for each of `rank` axes, none below `least`.

    Raises:
        XformTypeError: it is neither an int nor a sequence of them.
        XformValueError: there are more or fewer, or one is too small.
    """
    try:
        entries = [operator.index(value)] * rank
    except TypeError:
        try:
            entries = [operator.index(entry) for entry in value]
        except TypeError:
            raise XformTypeError(
                at_user_line(f"{name} is an int or {rank} of them, got {value!r}")
            ) from None
        if len(entries) == 1:
            entries *= rank
    if len(entries) != rank:
        raise XformValueError(at_user_line(f"{name} is an int or {rank} of them, got {value!r}"))
    if any(entry < least for entry in entries):
        raise XformValueError(at_user_line(f"{name} must be at least {least}, got {value!r}"))
    return entries


def check_rank(x: TracedArray, rank: int, name: str) -> None:
    """That `x` has `rank` spatial axes behind its channels, with or without a batch.

    Raises:
        XformValueError: it has not.
    """
    if x.ndim not in (rank + 1, rank + 2):
        axes = ", ".join(f"x{i}" for i in range(1, rank + 1))
        raise XformValueError(
            at_user_line(
                f"{name}: expected input of shape (n, channels, {axes}) or (channels, {axes}), "
                f"got {x.shape}"
            )
        )
