"""What a checkpoint saves for the backward pass besides the inputs of its function.

The names are those of `jax.checkpoint_policies`; `save_at_most` is of this library. A policy speaks
of values inside the function; what runs in a loop inside of it is computed again as a whole, unless
the loop's body is a checkpoint of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing import traces


@dataclass(frozen=True)
class Policy:
    """What to save; made by the names of this module.

    Attributes:
        kind: its name.
        names: of the values that it speaks of.
        bytes: the limit of `save_at_most`.
    """

    kind: str
    names: tuple[str, ...] | None = None
    bytes: int | None = None

    def __repr__(self) -> str:
        if self.names is not None:
            return f"{self.kind}({', '.join(map(repr, self.names))})"
        return self.kind if self.bytes is None else f"{self.kind}({self.bytes})"


everything_saveable: Final = Policy("everything_saveable")
"""Everything that the derivative needs, as without a checkpoint."""

nothing_saveable: Final = Policy("nothing_saveable")
"""Nothing but the inputs; what `checkpoint` does without a policy."""

dots_saveable: Final = Policy("dots_saveable")
"""Results of contractions and convolutions."""

dots_with_no_batch_dims_saveable: Final = Policy("dots_with_no_batch_dims_saveable")
"""Results of contractions that have no batch dims, such as those of dense layers."""

checkpoint_dots: Final = dots_saveable
checkpoint_dots_with_no_batch_dims: Final = dots_with_no_batch_dims_saveable


def save_only_these_names(*names_which_can_be_saved: str) -> Policy:
    """Values with one of these names, as `checkpoint_name` gives them.

    Raises:
        XformTypeError: a name is not a string.
    """
    return _named("save_only_these_names", names_which_can_be_saved)


def save_any_names_but_these(*names_not_to_save: str) -> Policy:
    """Values with a name that is none of these.

    Raises:
        XformTypeError: a name is not a string.
    """
    return _named("save_any_names_but_these", names_not_to_save)


def save_anything_except_these_names(*names_not_to_save: str) -> Policy:
    """Everything but values with one of these names.

    Raises:
        XformTypeError: a name is not a string.
    """
    return _named("save_anything_except_these_names", names_not_to_save)


def save_at_most(bytes: int) -> Policy:
    """As much as fits into a number of bytes, what costs most to compute again first.

    The inputs of the function, which are kept in any case, do not count. The values are taken
    greedily by the work that saving one more spares, a byte: a multiplication and addition counts
    1, a function such as exp 10 an element, and with a value goes what only it needs. The limit
    holds for the function as it is differentiated: for each step in a loop, for all rows together
    where a vmap is inside of the derivative, for one row where it is outside.

    Raises:
        XformTypeError: `bytes` is not an int.
        XformValueError: it is negative.

    >>> save_at_most(1 << 20)
    save_at_most(1048576)
    """
    if isinstance(bytes, bool) or not hasattr(bytes, "__index__") or traces.is_traced(bytes):
        raise XformTypeError(
            at_user_line(f"save_at_most: bytes must be a Python int, got {type(bytes).__name__}")
        )
    limit = int(bytes.__index__())
    if limit < 0:
        raise XformValueError(
            at_user_line(f"save_at_most: bytes must not be negative, got {bytes}")
        )
    return Policy("save_at_most", bytes=limit)


def _named(kind: str, names: tuple[Any, ...]) -> Policy:
    for name in names:
        if not isinstance(name, str):
            raise XformTypeError(
                at_user_line(f"{kind}: names must be strings, got {type(name).__name__}")
            )
    return Policy(kind, names=names)
