"""What can be done with traced arrays: tables that the functions fill, and arrays look into.

Arrays, their operators and methods and NumPy's protocols are below the functions that are written
in terms of them. So a function is entered here by the module that defines it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

if TYPE_CHECKING:
    from .array import TracedArray

# By ufunc: how it is carried out on traced operands; a tuple where there are several results.
UFUNCS: Final[dict[np.ufunc, Callable[..., TracedArray]]] = {}

# By ufunc: Python's operator, which leaves to the class of the other operand what is no array.
OPERATORS: Final[dict[np.ufunc, Callable[[Any, Any], TracedArray]]] = {}

# By NumPy's function: how it is carried out where an argument is traced.
FUNCTIONS: Final[dict[Callable[..., Any], Callable[..., Any]]] = {}

# By NumPy's function: what users call, which puts errors in the terms of their call. Those that
# are methods of arrays return an array.
PUBLIC: Final[dict[Callable[..., Any], Callable[..., TracedArray]]] = {}

# By the name of the method: what no function of NumPy's is.
METHODS: Final[dict[str, Callable[..., Any]]] = {}

# By the name of the primitive: what it is on complex operands, in primitives on their parts.
COMPLEX_RULES: Final[dict[str, Callable[..., Any]]] = {}


def complex_rule(primitive: str) -> Callable[..., Any] | None:
    """The rule of a primitive for complex operands; None if there is none."""
    import_module("xform.complex_rules")
    return COMPLEX_RULES.get(primitive)


def load() -> None:
    """Fills the tables, where what is above this module was not imported.

    A pickle names the module of a transform or of a class alone, and is loaded without the others.
    """
    import_module("xform.numpy")
    import_module("xform.transforms.module_call")


class Overriding:
    """Base of what is not an array, but carries out functions by NumPy's protocols."""

    __slots__ = ()

    def refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises the user's error for a use that only an array allows."""
        raise NotImplementedError


def overriding(args: Iterable[Any]) -> Any:
    """The first argument that carries out functions itself; None if there is none."""
    for x in args:
        if isinstance(x, Overriding):
            return x
    return None


__all__ = [
    "COMPLEX_RULES",
    "FUNCTIONS",
    "METHODS",
    "OPERATORS",
    "PUBLIC",
    "UFUNCS",
    "Overriding",
    "complex_rule",
    "load",
    "overriding",
]
