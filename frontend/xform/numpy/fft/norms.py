"""What transforms are multiplied with, so that their inverses undo them."""

from __future__ import annotations

from typing import Any, Final

from ...errors import XformValueError, at_user_line

_OPPOSITE: Final = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


def checked_norm(norm: str | None, name: str) -> str:
    """A norm, None being "backward".

    Raises:
        XformValueError: it is unknown to the function of that name.
    """
    found = "backward" if norm is None else norm
    if found not in _OPPOSITE:
        raise XformValueError(
            at_user_line(f'{name}: expected norm "backward", "ortho" or "forward", got {norm!r}')
        )
    return found


def opposite(norm: Any) -> Any:
    """The norm that does for the one direction what another does for the other; if unknown, it."""
    return _OPPOSITE.get("backward" if norm is None else norm, norm)


def scale(norm: str, n: int) -> float:
    """What a transform of n points is multiplied with; an inverse one has the opposite norm."""
    return {"backward": 1.0, "ortho": float(n**-0.5), "forward": 1 / n}[norm]


__all__ = ["checked_norm", "opposite", "scale"]
