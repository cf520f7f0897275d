"""Which sizes of a jitted function's arguments are open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import EllipsisType
from typing import Any, TypeAlias

from xform_runtime.open_sizes import Size

from .. import pytrees
from ..errors import XformTypeError, XformValueError, at_user_line
from ..tracing import traces
from ..tracing.avals import Spec, is_array, is_python_number
from .jit_arguments import parameters

OpenSize: TypeAlias = str | Size | int | EllipsisType | None
Pattern: TypeAlias = tuple[OpenSize, ...]
OpenSizes: TypeAlias = Mapping[str, OpenSize | Pattern]
"""By the names of arguments the shapes of their arrays, as `jit` takes them."""


class OpenArguments:
    """The arguments of a function whose arrays have open sizes.

    Args:
        func: the function.
        given: what `jit` was given.

    Raises:
        XformTypeError: it is no mapping of names to shapes.
        XformValueError: a name is not a parameter, or `...` stands elsewhere than at the end.
    """

    def __init__(self, func: Callable[..., Any], given: Any) -> None:
        if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
            raise XformTypeError(
                at_user_line(
                    "jit: open_sizes is a dict of shapes by the names of arguments, such as "
                    f"{{'x': ('batch', ...)}}, got {given!r}"
                )
            )
        self._func = func
        self.patterns = {name: _pattern(name, shape) for name, shape in given.items()}
        found = parameters(func)
        if found is None or any(p.kind is p.VAR_KEYWORD for p in found):
            return
        names = [p.name for p in found]
        for name in given:
            if name not in names:
                raise XformValueError(
                    at_user_line(f"jit: open_sizes has {name!r}, which is no parameter: {names}")
                )

    def __bool__(self) -> bool:
        return bool(self.patterns)

    @property
    def key(self) -> tuple[tuple[str, Pattern], ...]:
        """What tells these from others."""
        return tuple(sorted(self.patterns.items(), key=lambda item: item[0]))

    def specs(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of a call, with specs in the place of arrays with open sizes.

        Raises:
            XformValueError: an array is not of the shape that was named.
        """
        names = pytrees.parameter_names(self._func, len(args))
        positional = tuple(map(self._spec, names, args))
        return positional, {name: self._spec(name, value) for name, value in kwargs.items()}

    def _spec(self, name: str, value: Any) -> Any:
        pattern = self.patterns.get(name)
        if pattern is None:
            return value
        return pytrees.map_leaves(lambda leaf: _spec_of(name, pattern, leaf), value)


def _pattern(name: str, shape: Any) -> Pattern:
    sizes = (shape, ...) if shape is None or isinstance(shape, str | Size) else shape
    if not isinstance(sizes, tuple | list) or not all(
        size is None or isinstance(size, str | Size | int | EllipsisType) for size in sizes
    ):
        raise XformTypeError(
            at_user_line(
                f"jit: open_sizes of {name!r} is a shape of names, size(...), None, ints and at "
                f"its end '...', got {shape!r}"
            )
        )
    if ... in sizes[:-1]:
        raise XformValueError(
            at_user_line(f"jit: open_sizes of {name!r} has '...' elsewhere than at its end")
        )
    return tuple(sizes)


def _spec_of(name: str, pattern: Pattern, leaf: Any) -> Any:
    if not is_array(leaf) or is_python_number(leaf):
        return leaf
    aval = traces.aval(leaf, name)
    is_whole = not pattern or pattern[-1] is not ...
    named = pattern if is_whole else pattern[:-1]
    shape = aval.shape
    if len(shape) < len(named) or (is_whole and len(shape) != len(named)):
        raise XformValueError(
            at_user_line(f"jit: {name} has shape {shape}, and its open sizes are {pattern}")
        )
    return Spec([*named, *shape[len(named) :]], aval.dtype)
