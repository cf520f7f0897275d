"""Options that must be known while tracing, and those that have no meaning here."""

from __future__ import annotations

import operator
from typing import Any

from ....errors import XformTypeError, XformValueError, at_user_line
from ....tracing import traces


def integer(name: str, option: str, value: Any) -> int:
    """An option that must be known while tracing.

    Args:
        name: the function that messages name.
        option: its parameter.
        value: what was given for it.

    Raises:
        XformTypeError: it is no int.
    """
    try:
        if isinstance(value, bool) or traces.is_traced(value):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise XformTypeError(
            at_user_line(f"{name}: {option} must be an int, got {type(value).__name__}")
        ) from None


def refuse(name: str, **options: Any) -> None:
    """Raises an XformValueError for an option of SciPy's that is given and has no meaning here."""
    for option, value in options.items():
        if value is not None and value is not False:
            raise XformValueError(
                at_user_line(
                    f"{name}: {option} is not supported, as the whole computation is compiled; "
                    "leave it out"
                )
            )
