"""How functions that are objects of xform's are pickled: by name, or as what they are made of."""

from __future__ import annotations

import copy
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, NoReturn, Self

from xform_runtime.unchanging import Unchanging

from .errors import XformTypeError


class Named(ABC):
    """A function that is pickled by its name, as Python's are, where that name leads to it.

    So what a decorator made of a function of a module is the same object wherever the module is
    imported. Where the name leads elsewhere, as that of `fast = jit(slow)` does to `slow`, it is
    pickled as what it is made of: by `__getstate__` and `__setstate__`, so that it exists before
    its parts do, which may refer to it.
    """

    def __reduce_ex__(self, protocol: Any) -> str | tuple[Any, ...]:
        return _name(self) or super().__reduce_ex__(protocol)

    @abstractmethod
    def _inner(self) -> Callable[..., Any]:
        """The function that it was made of."""

    @abstractmethod
    def __setstate__(self, state: Any) -> None: ...

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The object, as of a function; another one if it was made of what has a copy.

        That is an object that can be called, or a method of one.
        """
        made = object.__new__(type(self))
        memo[id(self)] = made
        inner = self._inner()
        if copy.deepcopy(inner, memo) is inner:
            memo[id(self)] = self
            return self
        made.__setstate__(copy.deepcopy(self.__getstate__(), memo))
        return made


class Unpicklable(Unchanging):
    """What is bound to the process it was made in; copies are the object itself."""

    # What it is, and what to do.
    _instead: ClassVar[tuple[str, str]]

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        what, instead = self._instead
        raise XformTypeError(f"cannot pickle {what}, which this process alone has: {instead}")


def _name(value: Any) -> str | None:
    """The name under which an object's module has it; None if it has not, or must not be asked."""
    module: Any = getattr(value, "__module__", None)
    name: Any = getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return name if found is value and not _by_value(module) else None


def _by_value(module: str) -> bool:
    """Whether the pickler at work carries the functions of a module along.

    cloudpickle does for scripts and notebooks, whose module the loading process does not have. It
    asks for that by the functions themselves and offers nothing to objects that wrap them, so what
    is left is to see who is calling. Others have copies of it inside, such as joblib's.
    """
    frame = sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    if "cloudpickle" not in str(frame.f_globals.get("__name__")).split("."):
        return False
    registered = frame.f_globals.get("list_registry_pickle_by_value", set)()
    return module == "__main__" or any(f"{module}.".startswith(f"{m}.") for m in registered)


__all__ = ["Named", "Unpicklable"]
