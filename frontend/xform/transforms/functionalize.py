"""`functionalize`: torch's transform that takes writes out of a function; here none are left."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..errors import XformValueError, at_user_line
from .transformed import Transformed

REMOVE = ("mutations", "mutations_and_views")


def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> Callable[..., Any]:
    """`func` itself: what tracing records has neither writes nor views.

    `x[i] = v`, `x += y` and writes through views become operations that return new values while
    they are traced, so this transform has nothing left to do. It is here so that code that
    calls it runs unchanged.

    Args:
        func: any function.
        remove: "mutations" or "mutations_and_views", which make no difference.

    Returns:
        A function with the same arguments and results.

    Raises:
        XformTypeError: `func` is not callable.
        XformValueError: another `remove`.

    >>> import numpy as np
    >>> def written(x):
    ...     y = x.copy()
    ...     y[0] = 5.0
    ...     return y
    >>> functionalize(written)(np.zeros(2)).numpy()
    array([5., 0.])
    """
    if remove not in REMOVE:
        raise XformValueError(
            at_user_line(
                f"functionalize: remove must be one of {', '.join(map(repr, REMOVE))}, "
                f"got {remove!r}"
            )
        )

    def run(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **kwargs)

    made = partial(functionalize, func, remove=remove)
    return Transformed(made, "functionalize", func, run)
